// The bank's portal (/portal/): the pages by which a person of this bank gets a certificate, for programs that fill in forms, and for browsers.
//
// One session a person, in memory, known by a cookie. Every form carries a token that is good once. Nothing is judged before the second page of
// authentication, by the same code as EST's login.
#pragma once

#include "practiceca/est.h"
#include "practiceca/form.h"
#include "practiceca/session.h"

struct err *portal_answer(const struct service *s, const struct call *c, struct answer *out);

// What a page is made of (portal_pages.c). `words` are the bank's own, in the session's language.
enum portal_word {
	SAY_BANK,
	SAY_TOP,
	SAY_ADMIN,
	SAY_USER,
	SAY_PREPARING,
	SAY_AUTHENTICATION,
	SAY_CONTRACT_ID,
	SAY_USER_ID,
	SAY_CONTRACT_PIN,
	SAY_USER_PIN,
	SAY_CONFIRM_PIN,
	SAY_OTP,
	SAY_KEYBOARD,
	SAY_NEXT,
	SAY_ACQUIRE,
	SAY_REQUEST,
	SAY_REQUEST_FIELD,
	SAY_SEND,
	SAY_ISSUING,
	SAY_DONE,
	SAY_CERTIFICATE,
	SAY_NAME,
	SAY_SERIAL,
	SAY_BEGINS,
	SAY_ENDS,
	SAY_DOWNLOAD,
	SAY_NO,
	PORTAL_WORDS
};
// A button's value is its label, in the charset of the page that it stood on.
MUST struct err *portal_pressed(const struct service *s, const struct session *x,
				enum portal_word button, const char *value, enum refusal *no);
MUST struct err *portal_top(const struct service *s, bool ja, struct answer *a);
MUST struct err *portal_preparing(const struct service *s, const struct session *x,
				  struct answer *a);
MUST struct err *portal_page_one(const struct service *s, const struct session *x,
				 struct answer *a);
MUST struct err *portal_page_two(const struct service *s, const struct session *x,
				 struct answer *a);
MUST struct err *portal_page_request(const struct service *s, const struct session *x,
				     struct answer *a);
MUST struct err *portal_issuing(const struct service *s, const struct session *x, int64_t wait,
				struct answer *a);
MUST struct err *portal_done(const struct service *s, const struct session *x, X509 *leaf,
			     struct answer *a);
// A refusal as a page; `id` is that of the element with the words.
MUST struct err *portal_no(const struct service *s, const struct call *c, bool ja, enum refusal r,
			   struct answer *a);
