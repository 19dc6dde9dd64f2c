// A portal inside: a CA's web pages, their forms filled in as the profile describes. Parsed, never executed. Private to the room.
#pragma once

#include "ca/protocol.h"
#include "http/http.h"

// --- a page that came (portal_page.c)

struct portal_control {
	char *name, *value, *type, *id, *label,
		*action; // type in lower case; action: a button's own (formaction)
	bool checked, disabled, button;
};
struct portal_form {
	char *action, *method, *enctype, *charset, *id, *name;
	struct portal_control *controls; // in the order of the page
	size_t n;
};
struct portal_link {
	char *href, *id, *text;
};
// What holds text of its own: textarea, pre, hidden input.
struct portal_block {
	char *id, *name, *text;
};
struct portal_key {
	char *label, *code; // of an on-screen keyboard: what is typed, what is sent
};
struct portal_doc {
	char *url;
	int status;
	char *content_type, *charset;
	int64_t retry_after;
	struct buf body; // as it came
	char *words;	 // of the whole page, without any white space
	char *shown;	 // for a person: some of them, safe
	char *refresh;	 // where <meta http-equiv=refresh> leads; null: nowhere
	int64_t refresh_seconds;
	bool html, scripts;
	struct portal_form *forms;
	size_t n_forms;
	struct portal_link *links;
	size_t n_links;
	struct portal_block *blocks;
	size_t n_blocks;
	char **marks; // ids and names of all elements
	size_t n_marks;
	void *tree; // libxml2's
};
void portal_doc_free(struct portal_doc *d);
DEFINE_CLEANUP(portal_doc, struct portal_doc, portal_doc_free)
// Of a body in whatever charset (null: as the page says), fetched from url. A body that is no HTML is kept as it is. ERR_CA_REFUSED tagged
// "portal-charset" for a charset that is not known.
MUST struct err *portal_doc_read(const char *url, const struct http_answer *a,
				 struct portal_doc **out);
bool portal_doc_has_text(const struct portal_doc *d, const char *text); // white space apart
bool portal_doc_has_element(const struct portal_doc *d, const char *id_or_name);
// The keys of the table of this id; *there false when there is no such element.
MUST struct err *portal_doc_keypad(const struct portal_doc *d, const char *id, bool *there,
				   struct portal_key **keys, size_t *n);
void portal_keys_free(struct portal_key *keys, size_t n);

// --- charsets (portal_charset.c)

// UTF-8, Shift_JIS (as CP932), EUC-JP, ISO-2022-JP, Latin-1 and what else iconv has, under the labels of the web. Null: not known.
const char *portal_charset(const char *label);
MUST struct err *portal_to_utf8(const char *charset, const void *bytes, size_t len,
				struct buf *out);
// ERR_PROFILE tagged "portal-characters" when the charset has no such character: it is never guessed at.
MUST struct err *portal_from_utf8(const char *charset, const void *bytes, size_t len,
				  struct secret *out);

// --- cookies (portal_cookies.c), RFC 6265: for this conversation, in memory alone

enum { COOKIES_MAX = 32 };
struct portal_cookies {
	struct portal_cookie {
		char *name, *value, *domain, *path;
		bool host_only;
	} list[COOKIES_MAX];
	size_t n;
};
void portal_cookies_free(struct portal_cookies *c);
// lines: http_answer.cookies, set by the answer from url.
MUST struct err *portal_cookies_take(struct portal_cookies *c, const char *url, const char *lines);
// The Cookie header for url; null when there is none.
MUST struct err *portal_cookies_header(const struct portal_cookies *c, const char *url, char **out);

// --- a form filled in (portal_form.c)

// What goes out. The body may hold PINs.
struct portal_sending {
	char *method, *url, *content_type;
	struct secret *body; // null for GET
};
void portal_sending_free(struct portal_sending *s);
static inline void portal_sending_cleanup(struct portal_sending *s)
{
	portal_sending_free(s);
}
#define AUTO_SENDING __attribute__((cleanup(portal_sending_cleanup)))
// What a template of the profile stands for, from the answers or from the request.
typedef struct err *portal_filler(void *ctx, const char *template_text, struct secret **out);
MUST struct err *portal_fill(const struct portal_doc *d, const struct portal_page *page,
			     portal_filler *fill, void *ctx, struct portal_sending *out);
// The page is not as the profile describes it: `what` says what was missed.
struct err *portal_changed(const struct portal_page *page, struct msg *what);

// --- going from page to page (portal_walk.c)

struct portal {
	struct http *http;
	char *base;
	const struct profile_ca *ca;
	const struct profile_role *role;
	const struct profile *profile;
	struct portal_cookies cookies;
	struct portal_doc *here; // the page that we are at; null: none yet
	struct secret *user,
		*password; // HTTP authentication, from ca_authenticate to the end of the next call
	const struct answers *typing; // what a login under way types; borrowed. Null: none is
	struct answers *known;	      // what is no secret, for the pages after the login
	bool fresh;		      // the page here came with the login
	bool ready;		      // logged in, or with the credentials for it
	bool led_on; // the request had left before the server was asked for the page here: a status tells nothing of the request
	bool has_issued;  // a page said so: what goes wrong after it is no no to the request
	bool asking;	  // nothing is handed in, so likewise; but 401 is said of us
	bool on_behalf;	  // an agent logs in and signs, and the person does neither
	char *requester;  // then: the account that is enrolled, from ca_authenticate on
	char *request_id; // of a CA of Microsoft's
};
// Where a page leads to a host that the profile does not name, or to no https address at all, that is the page's fault and not the profile's:
// ERR_CA_REFUSED tagged "portal-elsewhere". Takes the error; others are left alone.
struct err *portal_elsewhere(struct err *e, const char *page);
MUST struct err *portal_open_page(struct portal *p, const char *url); // GET, and its redirections
MUST struct err *portal_send(struct portal *p, const struct portal_page *page,
			     const struct portal_sending *s, bool *sent);
// Into the log, without the page's own words: they may hold the person's IDs.
void portal_log(const struct err *e);
// What the page here says, by the profile's words for this page and for all; false: nothing that it knows.
bool portal_meaning(const struct portal *p, const struct portal_page *page,
		    enum portal_meaning *out);
// The same as an error, and what a status says by itself; null for pending and for nothing.
struct err *portal_refusal(const struct portal *p, const struct portal_page *page);
bool portal_shows(const struct portal_doc *d, const struct portal_page *page);

// --- the certificate (portal_certificate.c)

// PEM, DER or base64 of certificates or PKCS#7. ERR_CA_REFUSED tagged "no-certificate".
MUST struct err *portal_certificates(const void *bytes, size_t len, struct cert_list *out);
// One of them is for the key of the request. ERR_POLICY tagged "certificate-earlier" otherwise: a page can lead to what an earlier request got.
MUST struct err *portal_answers(const struct cert_list *certs, const struct ca_request *r);
// From the page here: an element, or a download.
MUST struct err *portal_take_certificates(struct portal *p, const struct portal_page *page,
					  struct cert_list *out);

// --- a CA of Microsoft's (portal_adcs.c)

struct adcs_reply {
	enum { ADCS_ISSUED, ADCS_PENDING, ADCS_DENIED, ADCS_OTHER } kind;
	char id[24];
};
// What a page of certfnsh.asp says, in whatever language the server has.
void adcs_read(const struct portal_doc *d, struct adcs_reply *out);
MUST struct err *adcs_submit(struct portal *p, const struct ca_request *r, struct ca_outcome *out,
			     bool *sent);
MUST struct err *adcs_poll(struct portal *p, const struct ca_request *r, struct ca_outcome *out);
// Base64 between the lines of a PEM of this kind. Appends.
MUST struct err *portal_pem(const char *kind, const void *der, size_t len, struct buf *out);
// The request as the templates name it. False: no such name.
MUST struct err *portal_request_text(const struct ca_request *r, const char *name, size_t len,
				     struct buf *out, bool *known);
// application/x-www-form-urlencoded (URL Standard), one pair.
MUST struct err *portal_pair(const char *charset, const char *name, const void *value, size_t len,
			     struct secret *out);
