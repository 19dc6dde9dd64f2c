// A form of a page filled in: the profile's fields, what the form brings along, the button that is pressed; encoded as the form wants it.
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <openssl/rand.h>

#include "base/text.h"
#include "ca/portal.h"

void portal_sending_free(struct portal_sending *s)
{
	free(s->method);
	free(s->url);
	free(s->content_type);
	secret_free(s->body);
	*s = (struct portal_sending){ 0 };
}

struct err *portal_changed(const struct portal_page *page, struct msg *what)
{
	struct err *e = err_new(ERR_CA_REFUSED,
				N_("The CA's page “%1” is not as the profile describes it."),
				ARG_TEXT(page->name));
	e = err_caused_by(e, err_make(ERR_CA_REFUSED, what));
	return err_hint(err_tag(e, "portal-page"),
			N_("The CA may have changed its pages. Tell the institution what is said "
			   "here, and ask for a profile of today."));
}

static bool same(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

static const struct portal_control *control_named(const struct portal_form *f, const char *name)
{
	for (size_t i = 0; i < f->n; i++)
		if (same(f->controls[i].name, name) && !f->controls[i].button)
			return &f->controls[i];
	return NULL;
}

static bool has_fields(const struct portal_form *f, const struct portal_page *page)
{
	for (size_t i = 0; i < page->n_fields; i++)
		if (!control_named(f, page->fields[i].type))
			return false;
	return true;
}

static bool is_meant(const struct portal_form *f, const char *by)
{
	return same(f->id, by) || same(f->name, by) || (f->action && strstr(f->action, by)) ||
	       control_named(f, by);
}

// What no form of the page has; null when they all stand somewhere.
static const char *missing_field(const struct portal_doc *d, const struct portal_page *page)
{
	for (size_t i = 0; i < page->n_fields; i++) {
		bool there = false;
		for (size_t k = 0; k < d->n_forms; k++)
			there = there || control_named(&d->forms[k], page->fields[i].type);
		if (!there)
			return page->fields[i].type;
	}
	return NULL;
}

static struct err *needs_script(const struct portal_page *page)
{
	struct err *e = err_new(ERR_CA_REFUSED,
				N_("The CA's page “%1” works only with JavaScript, which inkan "
				   "never runs."),
				ARG_TEXT(page->name));
	return err_hint(err_tag(e, "portal-script"),
			N_("Ask the institution for another way to the certificate (EST, SCEP, "
			   "CMP, or a file)."));
}

static struct err *find_form(const struct portal_doc *d, const struct portal_page *page,
			     const struct portal_form **out)
{
	for (size_t i = 0; i < d->n_forms; i++) {
		bool meant = page->form ? is_meant(&d->forms[i], page->form) : true;
		if (meant && has_fields(&d->forms[i], page)) {
			*out = &d->forms[i];
			return NULL;
		}
	}
	const char *field = missing_field(d, page);
	if (d->n_forms == 0 && d->scripts)
		return needs_script(page);
	if (d->n_forms == 0)
		return portal_changed(page, msg_new(N_("There is no form in it.")));
	if (field)
		return portal_changed(
			page, msg_new(N_("There is no field %1 in its form."), ARG_TEXT(field)));
	return portal_changed(page, msg_new(N_("There is no form %1 in it."),
					    ARG_TEXT(page->form ? page->form : "")));
}

static bool sends(const struct portal_control *c)
{
	return c->button && !c->disabled &&
	       (strcmp(c->type, "submit") == 0 || strcmp(c->type, "image") == 0);
}

static struct err *find_button(const struct portal_doc *d, const struct portal_form *f,
			       const struct portal_page *page, const struct portal_control **out)
{
	for (size_t i = 0; i < f->n; i++) {
		const struct portal_control *c = &f->controls[i];
		if (sends(c) && (!page->press || same(c->name, page->press) ||
				 same(c->id, page->press) || same(c->label, page->press))) {
			*out = c;
			return NULL;
		}
	}
	if (page->press && !d->scripts)
		return portal_changed(page, msg_new(N_("There is no button %1 in its form."),
						    ARG_TEXT(page->press)));
	if (d->scripts)
		return needs_script(page);
	*out = NULL; // Enter sends it
	return NULL;
}

// --- encoding

static struct err *put_escaped(const void *bytes, size_t len, struct secret *out)
{
	static const char plain[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789*-._";
	static const char digits[] = "0123456789ABCDEF";
	const uint8_t *p = bytes;
	for (size_t i = 0; i < len; i++) {
		char hex[3] = { '%', digits[p[i] >> 4], digits[p[i] & 15] };
		if (p[i] == ' ')
			TRY(secret_append(out, "+", 1));
		else if (p[i] && strchr(plain, p[i]))
			TRY(secret_append(out, p + i, 1));
		else
			TRY(secret_append(out, hex, 3));
	}
	return NULL;
}

// Lines of a form end in CR LF.
static struct err *with_line_ends(const void *value, size_t len, struct secret *out)
{
	const char *p = value;
	for (size_t i = 0; i < len; i++) {
		if (p[i] == '\r')
			continue;
		TRY(secret_append(out, p[i] == '\n' ? "\r\n" : p + i, p[i] == '\n' ? 2 : 1));
	}
	return NULL;
}

static struct err *encoded(const char *charset, const void *value, size_t len, struct secret **out)
{
	AUTO(secret) struct secret *lines = NULL;
	AUTO(secret) struct secret *bytes = NULL;
	TRY(secret_new(len * 2 + 1, &lines));
	TRY(secret_new(len * 4 + 16, &bytes));
	TRY(with_line_ends(value, len, lines));
	TRY(portal_from_utf8(charset, secret_bytes(lines), secret_len(lines), bytes));
	*out = bytes;
	bytes = NULL;
	return NULL;
}

struct err *portal_pair(const char *charset, const char *name, const void *value, size_t len,
			struct secret *out)
{
	AUTO(secret) struct secret *key = NULL;
	AUTO(secret) struct secret *bytes = NULL;
	TRY(encoded(charset, name, strlen(name), &key));
	TRY(encoded(charset, value, len, &bytes));
	if (secret_len(out) > 0)
		TRY(secret_append(out, "&", 1));
	TRY(put_escaped(secret_bytes(key), secret_len(key), out));
	TRY(secret_append(out, "=", 1));
	return put_escaped(secret_bytes(bytes), secret_len(bytes), out);
}

static struct err *text_part(struct secret *out, const char *text)
{
	return secret_append(out, text, strlen(text));
}

// RFC 7578: one part. A name is escaped as browsers do.
static struct err *multipart_pair(const char *charset, const char *boundary, const char *name,
				  const void *value, size_t len, struct secret *out)
{
	AUTO(secret) struct secret *key = NULL;
	AUTO(secret) struct secret *bytes = NULL;
	TRY(encoded(charset, name, strlen(name), &key));
	TRY(encoded(charset, value, len, &bytes));
	TRY(text_part(out, "--"));
	TRY(text_part(out, boundary));
	TRY(text_part(out, "\r\nContent-Disposition: form-data; name=\""));
	for (size_t i = 0; i < secret_len(key); i++) {
		uint8_t c = secret_bytes(key)[i];
		if (c == '"')
			TRY(text_part(out, "%22"));
		else if (c != '\r' && c != '\n')
			TRY(secret_append(out, &c, 1));
	}
	TRY(text_part(out, "\"\r\n\r\n"));
	TRY(secret_append(out, secret_bytes(bytes), secret_len(bytes)));
	return text_part(out, "\r\n");
}

struct encoder {
	const char *charset;
	char boundary[44]; // empty: urlencoded
	struct secret *out;
};

static struct err *put_pair(struct encoder *e, const char *name, const void *value, size_t len)
{
	return e->boundary[0] ? multipart_pair(e->charset, e->boundary, name, value, len, e->out)
			      : portal_pair(e->charset, name, value, len, e->out);
}

// --- the on-screen keyboard

static struct err *typed_on(const struct portal_key *keys, size_t n, const struct portal_page *page,
			    const struct secret *value, struct secret **out)
{
	AUTO(secret) struct secret *codes = NULL;
	TRY(secret_new(SECRET_MAX, &codes));
	for (size_t i = 0; i < secret_len(value); i++) {
		const char typed = (char)secret_bytes(value)[i];
		const struct portal_key *key = NULL;
		for (size_t k = 0; k < n; k++)
			if (keys[k].label[0] == typed && !keys[k].label[1])
				key = &keys[k];
		if (!key)
			return portal_changed(page, msg_new(N_("Its on-screen keyboard has not "
							       "all the keys of the answer.")));
		TRY(secret_append(codes, key->code, strlen(key->code)));
	}
	*out = codes;
	codes = NULL;
	return NULL;
}

static struct err *through_keypad(const struct portal_doc *d, const struct portal_page *page,
				  const char *field, struct secret **value)
{
	struct portal_key *keys = NULL;
	struct secret *codes = NULL;
	size_t n = 0;
	bool there = false, typed = false;
	for (size_t i = 0; page->keypad && i < page->n_typed_there; i++)
		typed = typed || strcmp(page->typed_there[i], field) == 0;
	if (!typed)
		return NULL;
	struct err *e = portal_doc_keypad(d, page->keypad, &there, &keys, &n);
	if (!e && !there)
		e = portal_changed(page, msg_new(N_("There is no on-screen keyboard %1 in it."),
						 ARG_TEXT(page->keypad)));
	// A keyboard without codes only saves typing.
	if (!e && n > 0)
		e = typed_on(keys, n, page, *value, &codes);
	portal_keys_free(keys, n);
	if (e || !codes)
		return e;
	secret_free(*value);
	*value = codes;
	return NULL;
}

// --- the whole

static const struct profile_rdn *given(const struct portal_page *page, const char *name)
{
	for (size_t i = 0; i < page->n_fields; i++)
		if (strcmp(page->fields[i].type, name) == 0)
			return &page->fields[i];
	return NULL;
}

struct filling {
	const struct portal_doc *d;
	const struct portal_page *page;
	const struct portal_form *form;
	const struct portal_control *button;
	portal_filler *fill;
	void *ctx;
	struct encoder to;
};

static struct err *put_given(struct filling *x, const struct profile_rdn *field)
{
	AUTO(secret) struct secret *value = NULL;
	TRY(x->fill(x->ctx, field->value, &value));
	TRY(through_keypad(x->d, x->page, field->type, &value));
	return put_pair(&x->to, field->type, secret_bytes(value), secret_len(value));
}

// What the form sends by itself (HTML: "constructing the entry list").
static struct err *put_control(struct filling *x, size_t at)
{
	const struct portal_control *c = &x->form->controls[at];
	const char *value = c->value ? c->value : "";
	bool box = strcmp(c->type, "checkbox") == 0 || strcmp(c->type, "radio") == 0;
	if (!c->name || !c->name[0] || c->disabled)
		return NULL;
	if (c->button) {
		if (c != x->button)
			return NULL;
		if (strcmp(c->type, "image") != 0)
			return put_pair(&x->to, c->name, value, strlen(value));
		AUTO_TEXT char *across = text_format("%s.x", c->name);
		AUTO_TEXT char *down = text_format("%s.y", c->name);
		if (!across || !down)
			return err_no_memory();
		TRY(put_pair(&x->to, across, "0", 1));
		return put_pair(&x->to, down, "0", 1);
	}
	const struct profile_rdn *field = given(x->page, c->name);
	if (field)
		return control_named(x->form, c->name) == c ? put_given(x, field) : NULL;
	if ((box && !c->checked) || strcmp(c->type, "file") == 0)
		return NULL;
	if (box && !c->value)
		value = "on";
	return put_pair(&x->to, c->name, value, strlen(value));
}

static const char *form_charset(const struct portal_doc *d, const struct portal_form *f)
{
	if (f->charset) {
		AUTO_TEXT char *first = strndup(f->charset, strcspn(f->charset, " ,;"));
		const char *known = first ? portal_charset(first) : NULL;
		if (known)
			return known;
	}
	return d->charset && d->charset[0] ? d->charset : "UTF-8";
}

static struct err *choose_encoding(struct filling *x, bool post, struct portal_sending *out)
{
	const char *enctype = x->form->enctype ? x->form->enctype : "";
	x->to.charset = form_charset(x->d, x->form);
	if (post && strcmp(enctype, "text/plain") == 0)
		return portal_changed(x->page, msg_new(N_("Its form is sent as plain text, which "
							  "no CA can read safely.")));
	if (post && strcmp(enctype, "multipart/form-data") == 0) {
		uint8_t random[16];
		if (RAND_bytes(random, sizeof(random)) != 1)
			return err_new(ERR_FAILED, N_("No random number could be had."));
		AUTO_TEXT char *hex = text_hex(random, sizeof(random), 0);
		if (!hex)
			return err_no_memory();
		memcpy(x->to.boundary, "inkan-", 6);
		memcpy(x->to.boundary + 6, hex, strlen(hex) + 1);
		out->content_type = text_format("multipart/form-data; boundary=%s", x->to.boundary);
	} else {
		out->content_type = strdup("application/x-www-form-urlencoded");
	}
	return out->content_type ? NULL : err_no_memory();
}

static struct err *no_secret_in_address(const struct portal_page *page)
{
	for (size_t i = 0; i < page->n_fields; i++)
		if (strchr(page->fields[i].value, '{'))
			return portal_changed(page, msg_new(N_("Its form would put the answers "
							       "into an address, where they are "
							       "logged.")));
	return NULL;
}

// RFC 3986 §5.3: the query of the form's address is replaced.
static struct err *with_query(struct portal_sending *s)
{
	size_t path = strcspn(s->url, "?");
	char *url = text_format("%.*s?%s", (int)path, s->url, secret_text(s->body));
	if (!url)
		return err_no_memory();
	free(s->url);
	s->url = url;
	secret_free(s->body);
	s->body = NULL;
	return NULL;
}

static struct err *resolve(const struct filling *x, struct portal_sending *s)
{
	const char *action = x->button && x->button->action ? x->button->action : x->form->action;
	if (action && strncasecmp(action, "javascript:", 11) == 0)
		return needs_script(x->page);
	return portal_elsewhere(http_resolve(x->d->url, action ? action : "", &s->url),
				x->page->name);
}

static struct err *put_all(struct filling *x, struct portal_sending *s)
{
	TRY(secret_new(SECRET_FORM, &s->body));
	x->to.out = s->body;
	for (size_t i = 0; i < x->form->n; i++)
		TRY(put_control(x, i));
	if (!x->to.boundary[0])
		return NULL;
	TRY(text_part(s->body, "--"));
	TRY(text_part(s->body, x->to.boundary));
	return text_part(s->body, "--\r\n");
}

struct err *portal_fill(const struct portal_doc *d, const struct portal_page *page,
			portal_filler *fill, void *ctx, struct portal_sending *out)
{
	struct filling x = { .d = d, .page = page, .fill = fill, .ctx = ctx };
	AUTO_SENDING struct portal_sending s = { 0 };
	TRY(find_form(d, page, &x.form));
	TRY(find_button(d, x.form, page, &x.button));
	TRY(resolve(&x, &s));
	bool post = x.form->method && strcmp(x.form->method, "post") == 0;
	s.method = strdup(post ? "POST" : "GET");
	if (!s.method)
		return err_no_memory();
	if (!post)
		TRY(no_secret_in_address(page));
	TRY(choose_encoding(&x, post, &s));
	TRY(put_all(&x, &s));
	if (!post)
		TRY(with_query(&s));
	*out = s;
	s = (struct portal_sending){ 0 };
	return NULL;
}
