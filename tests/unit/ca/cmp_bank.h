// The practice CA in this process, with somebody between it and its clients who changes answers. Apart from the tests, for its headers and the
// client's do not bear each other.
#pragma once

#include "base/buf.h"

struct bank_answer {
	struct buf *body;
	const char **type;
	unsigned *status;
};
extern void (*bank_change)(struct bank_answer *a); // null: nobody
extern int bank_change_body;			   // the tag of the bodies that are changed

void bank_start(const char *dir);
void bank_stop(void);
unsigned bank_port(void);
const struct buf *bank_anchors(void);
// The account's reference, and a new secret.
const char *bank_reference(void);
const char *bank_new_secret(void);
// Why a certificate is revoked: "" when it is not. New string.
char *bank_revoked_for(const char *sha256);
