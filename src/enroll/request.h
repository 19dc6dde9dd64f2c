// The request and the credentials, for the steps that send them. Private to the room.
#pragma once

#include "enroll/enrolment.h"

// A struct signer's sign and a struct ca_request's resign; ctx is the enrolment.
MUST struct err *sign_on_token(void *ctx, const void *data, size_t len, struct buf *sig);
MUST struct err *request_resign(void *ctx, const struct secret *channel, struct buf *der);
// Asks what the CA wants before sending, hands it over, and wipes it here.
MUST struct err *authenticate_now(struct enrolment *e);
