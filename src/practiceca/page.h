// The page that a person logs in to with the certificate: whom the CA takes the client for, and over what connection.
#pragma once

#include "practiceca/est.h"

// Looks the Japanese words up, once, before there are threads.
void page_prepare(void);
// GET / as HTML, GET /login.json as JSON; 403 with words for a certificate that client_judge refuses, as HTML or {"error":…}.
MUST struct err *page_answer(const struct service *s, const struct call *c, struct answer *out);
// Appends text with what HTML would read as its own written out.
MUST struct err *page_escape(struct buf *out, const char *text);
