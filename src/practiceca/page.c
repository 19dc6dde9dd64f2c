// The login page.
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/lang.h"
#include "base/text.h"
#include "practiceca/certificates.h"
#include "practiceca/page.h"

enum { VALUE_MAX = 512 };

enum word {
	WORD_IN,
	WORD_OUT,
	WORD_NAME,
	WORD_ROLE,
	WORD_ADMIN,
	WORD_USER,
	WORD_SERIAL,
	WORD_BEGINS,
	WORD_ENDS,
	WORD_TLS,
	WORD_CIPHER,
	WORD_CHAIN,
	WORDS
};

static const char *const english[WORDS] = {
	[WORD_IN] = N_("You are logged in with your certificate"),
	[WORD_OUT] = N_("You are not logged in"),
	[WORD_NAME] = N_("Name (Common Name)"),
	[WORD_ROLE] = N_("Role"),
	[WORD_ADMIN] = N_("administrator"),
	[WORD_USER] = N_("user"),
	[WORD_SERIAL] = N_("Serial number"),
	[WORD_BEGINS] = N_("Valid from"),
	[WORD_ENDS] = N_("Valid until"),
	[WORD_TLS] = N_("TLS version"),
	[WORD_CIPHER] = N_("Cipher suite"),
	[WORD_CHAIN] = N_("Chain"),
};
static const char *japanese[WORDS];

// What is shown, gathered once for both languages.
struct shown {
	const struct client *who;
	const struct call *call;
	char *name;	// of the certificate
	char *chain[3]; // from the certificate to the root
	char begins[48], ends[48];
	int64_t not_before, not_after;
};
static void shown_cleanup(struct shown *s)
{
	free(s->name);
	for (size_t i = 0; i < ARRAY_LEN(s->chain); i++)
		free(s->chain[i]);
}

void page_prepare(void)
{
	enum lang before = lang_now();
	err_ignore(lang_set("ja"));
	for (size_t i = 0; i < WORDS; i++)
		japanese[i] = lang_text(english[i]);
	err_ignore(lang_set(before == LANG_JA ? "ja" : "en"));
}

static const char *in(bool ja, enum word w)
{
	return ja && japanese[w] ? japanese[w] : english[w];
}

struct err *page_escape(struct buf *out, const char *text)
{
	static const char *const entities[] = {
		['&'] = "&amp;", ['<'] = "&lt;", ['>'] = "&gt;", ['"'] = "&quot;", ['\''] = "&#39;"
	};
	for (const char *p = text; *p; p++) {
		unsigned char c = (unsigned char)*p;
		const char *entity = c < ARRAY_LEN(entities) ? entities[c] : NULL;
		TRY(entity ? buf_puts(out, entity) : buf_put(out, p, 1));
	}
	return NULL;
}

static struct err *common_name(X509 *cert, char **out)
{
	const X509_NAME *subject = X509_get_subject_name(cert);
	int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
	unsigned char *text = NULL;
	int len = at < 0 ? 0
			 : ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(
							      X509_NAME_get_entry(subject, at)));
	*out = text_safe(text, len > 0 ? (size_t)len : 0, VALUE_MAX);
	OPENSSL_free(text);
	return *out ? NULL : err_no_memory();
}

static struct err *gather(const struct service *s, const struct call *c, const struct client *who,
			  struct shown *out)
{
	X509 *const chain[] = { who->certificate, s->authority->issuing, s->authority->root };
	out->who = who;
	out->call = c;
	out->not_before = certificate_not_before(who->certificate);
	out->not_after = certificate_not_after(who->certificate);
	TRY(common_name(who->certificate, &out->name));
	for (size_t i = 0; i < ARRAY_LEN(chain); i++)
		TRY(common_name(chain[i], &out->chain[i]));
	TRY(clock_local(out->not_before, "Asia/Tokyo", out->begins));
	return clock_local(out->not_after, "Asia/Tokyo", out->ends);
}

// <li>Label: value</li>, which reads well as text, too.
static struct err *item(struct buf *b, const char *label, const char *value)
{
	TRY(buf_puts(b, "<li>"));
	TRY(page_escape(b, label));
	TRY(buf_puts(b, ": "));
	TRY(page_escape(b, value));
	return buf_puts(b, "</li>\n");
}

static struct err *section(struct buf *b, bool ja, const char *heading)
{
	TRY(buf_printf(b, "<section lang=\"%s\">\n<h1>", ja ? "ja" : "en"));
	TRY(page_escape(b, heading));
	return buf_puts(b, "</h1>\n");
}

static struct err *who_it_is(struct buf *b, bool ja, const struct shown *s)
{
	bool user = strcmp(s->who->role, "user") == 0;
	AUTO_TEXT char *chain = text_format("%s < %s < %s", s->chain[0], s->chain[1], s->chain[2]);
	if (!chain)
		return err_no_memory();
	TRY(section(b, ja, in(ja, WORD_IN)));
	TRY(buf_puts(b, "<ul>\n"));
	TRY(item(b, in(ja, WORD_NAME), s->name));
	TRY(item(b, in(ja, WORD_ROLE), in(ja, user ? WORD_USER : WORD_ADMIN)));
	TRY(item(b, in(ja, WORD_SERIAL), s->who->serial));
	TRY(item(b, in(ja, WORD_BEGINS), s->begins));
	TRY(item(b, in(ja, WORD_ENDS), s->ends));
	TRY(item(b, in(ja, WORD_TLS), s->call->tls_version));
	TRY(item(b, in(ja, WORD_CIPHER), s->call->cipher));
	TRY(item(b, in(ja, WORD_CHAIN), chain));
	return buf_puts(b, "</ul>\n</section>\n");
}

static struct err *why_not(struct buf *b, bool ja, enum refusal no)
{
	TRY(section(b, ja, in(ja, WORD_OUT)));
	TRY(buf_puts(b, "<p>"));
	TRY(page_escape(b, refusal_words(no, ja ? "ja" : "en")));
	return buf_puts(b, "</p>\n</section>\n");
}

// With s whom it is, without why not; in one language or both.
static struct err *as_html(const struct call *c, const struct shown *s, enum refusal no,
			   struct answer *a)
{
	struct wanted languages = call_languages(c);
	a->content_type = "text/html; charset=utf-8";
	TRY(buf_printf(&a->body,
		       "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n"
		       "<title>Practice Shinkin Bank</title>\n</head>\n<body>\n",
		       languages.en ? "en" : "ja"));
	for (int ja = 0; ja < 2; ja++) {
		if (ja ? !languages.ja : !languages.en)
			continue;
		TRY(s ? who_it_is(&a->body, ja, s) : why_not(&a->body, ja, no));
	}
	return buf_puts(&a->body, "</body>\n</html>\n");
}

static struct err *put_json(json_t *j, struct answer *a)
{
	char *line = j ? json_line(j) : NULL;
	json_drop(j);
	if (!line)
		return err_no_memory();
	a->content_type = "application/json";
	struct err *e = buf_printf(&a->body, "%s\n", line);
	free(line);
	return e;
}

static struct err *who_as_json(const struct shown *s, struct answer *a)
{
	char begins[24], ends[24];
	clock_utc(s->not_before, begins);
	clock_utc(s->not_after, ends);
	return put_json(json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:[s,s,s]}", "common_name", s->name,
				  "role", s->who->role, "serial", s->who->serial, "not_before",
				  begins, "not_after", ends, "tls", s->call->tls_version, "cipher",
				  s->call->cipher, "chain", s->chain[0], s->chain[1], s->chain[2]),
			a);
}

static struct err *why_not_as_json(const struct call *c, enum refusal no, struct answer *a)
{
	struct wanted languages = call_languages(c);
	const char *en = refusal_words(no, "en"), *ja = refusal_words(no, "ja");
	AUTO_TEXT char *words =
		text_format("%s%s%s", languages.en ? en : "",
			    languages.en && languages.ja ? " " : "", languages.ja ? ja : "");
	return words ? put_json(json_pack("{s:s}", "error", words), a) : err_no_memory();
}

static struct err *refuse(const struct call *c, bool json, enum refusal no, struct answer *a)
{
	a->refusal = no;
	a->status = refusal_status(no);
	return json ? why_not_as_json(c, no, a) : as_html(c, NULL, no, a);
}

struct err *page_answer(const struct service *s, const struct call *c, struct answer *out)
{
	AUTO_CLIENT struct client who = { 0 };
	__attribute__((cleanup(shown_cleanup))) struct shown shown = { 0 };
	enum refusal no = REFUSE_NOTHING;
	bool json = strcmp(c->path, "/login.json") == 0;
	if (!json && strcmp(c->path, "/") != 0)
		return refuse(c, false, REFUSE_NOT_FOUND, out);
	if (strcmp(c->method, "GET") != 0 && strcmp(c->method, "HEAD") != 0) {
		out->allow = "GET, HEAD";
		return refuse(c, json, REFUSE_METHOD, out);
	}
	TRY(client_judge(s->database, s->authority, &c->certificate, clock_now(), &who, &no));
	if (no)
		return refuse(c, json, no, out);
	TRY(gather(s, c, &who, &shown));
	out->status = 200;
	return json ? who_as_json(&shown, out) : as_html(c, &shown, REFUSE_NOTHING, out);
}
