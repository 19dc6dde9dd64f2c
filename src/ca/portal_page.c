// A page read with libxml2's HTML parser: forms, links, texts. Nothing that it names is loaded, and no script of it runs.
#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <libxml/HTMLparser.h>

#include "base/text.h"
#include "ca/page.h"
#include "ca/portal.h"

enum {
	DEPTH_MAX = 200,
	FORMS_MAX = 32,
	CONTROLS_MAX = 500,
	LINKS_MAX = 500,
	BLOCKS_MAX = 200,
	MARKS_MAX = 2000,
	KEYS_MAX = 128,
	SHOWN_MAX = 300,
	META_LOOK = 1024,
};

static void form_free(struct portal_form *f)
{
	char *texts[] = { f->action, f->method, f->enctype, f->charset, f->id, f->name };
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		free(texts[i]);
	for (size_t i = 0; i < f->n; i++) {
		struct portal_control *c = &f->controls[i];
		char *own[] = { c->name, c->value, c->type, c->id, c->label, c->action };
		for (size_t k = 0; k < ARRAY_LEN(own); k++)
			free(own[k]);
	}
	free(f->controls);
}

void portal_doc_free(struct portal_doc *d)
{
	if (!d)
		return;
	char *texts[] = { d->url, d->content_type, d->charset, d->words, d->shown, d->refresh };
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		free(texts[i]);
	buf_free(&d->body);
	for (size_t i = 0; i < d->n_forms; i++)
		form_free(&d->forms[i]);
	free(d->forms);
	for (size_t i = 0; i < d->n_links; i++) {
		free(d->links[i].href);
		free(d->links[i].id);
		free(d->links[i].text);
	}
	free(d->links);
	for (size_t i = 0; i < d->n_blocks; i++) {
		free(d->blocks[i].id);
		free(d->blocks[i].name);
		free(d->blocks[i].text);
	}
	free(d->blocks);
	for (size_t i = 0; i < d->n_marks; i++)
		free(d->marks[i]);
	free(d->marks);
	xmlFreeDoc(d->tree);
	free(d);
}

// Another entry of a list, zeroed; null when there are `most` or no memory.
static void *one_more(void *list, size_t *n, size_t size, size_t most)
{
	char **at = list;
	if (*n >= most)
		return NULL;
	char *more = reallocarray(*at, *n + 1, size);
	if (!more)
		return NULL;
	*at = more;
	memset(more + *n * size, 0, size);
	return more + (*n)++ * size;
}

static bool is(const xmlNode *n, const char *name)
{
	return n->type == XML_ELEMENT_NODE && strcasecmp((const char *)n->name, name) == 0;
}

// A copy of an attribute; null when it is not there.
static char *attribute(const xmlNode *n, const char *name)
{
	for (const xmlAttr *a = n->properties; a; a = a->next) {
		if (strcasecmp((const char *)a->name, name) != 0)
			continue;
		xmlChar *value = xmlNodeListGetString(n->doc, a->children, 1);
		char *copy = strdup(value ? (const char *)value : "");
		xmlFree(value);
		return copy;
	}
	return NULL;
}

static char *lower_attribute(const xmlNode *n, const char *name)
{
	char *value = attribute(n, name);
	for (char *c = value; c && *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return value;
}

static char *content(const xmlNode *n)
{
	xmlChar *value = xmlNodeGetContent(n);
	char *copy = strdup(value ? (const char *)value : "");
	xmlFree(value);
	return copy;
}

// Text without white space, the ideographic space among it, so that line breaks and indents of a page do not matter.
static struct err *put_flat(const char *text, struct buf *out)
{
	for (const char *p = text; *p;) {
		if (strncmp(p, "\xe3\x80\x80", 3) == 0 || strncmp(p, "\xc2\xa0", 2) == 0) {
			p += *p == '\xe3' ? 3 : 2;
			continue;
		}
		if (!isspace((unsigned char)*p))
			TRY(buf_put(out, p, 1));
		p++;
	}
	return NULL;
}

static struct portal_form *form_of(const struct portal_doc *d, const xmlNode *n)
{
	AUTO_TEXT char *id = attribute(n, "form");
	for (size_t i = 0; id && i < d->n_forms; i++)
		if (d->forms[i].id && strcmp(d->forms[i].id, id) == 0)
			return &d->forms[i];
	return NULL;
}

static char *chosen_option(const xmlNode *select)
{
	const xmlNode *first = NULL, *chosen = NULL;
	for (const xmlNode *n = select->children; n; n = n->next) {
		if (!is(n, "option"))
			continue;
		AUTO_TEXT char *selected = attribute(n, "selected");
		first = first ? first : n;
		chosen = selected ? n : chosen;
	}
	const xmlNode *n = chosen ? chosen : first;
	if (!n)
		return NULL;
	char *value = attribute(n, "value");
	return value ? value : content(n);
}

static void read_input(const xmlNode *n, struct portal_control *c)
{
	static const char *const buttons[] = { "submit", "image", "button", "reset" };
	AUTO_TEXT char *checked = attribute(n, "checked");
	c->type = lower_attribute(n, "type");
	c->value = attribute(n, "value");
	c->checked = checked != NULL;
	if (!c->type)
		c->type = strdup("text");
	for (size_t i = 0; c->type && i < ARRAY_LEN(buttons); i++)
		c->button = c->button || strcmp(c->type, buttons[i]) == 0;
	c->label = c->button && c->value ? strdup(c->value) : attribute(n, "alt");
}

static struct err *read_control(const xmlNode *n, struct portal_form *f)
{
	struct portal_control *c = one_more(&f->controls, &f->n, sizeof(*c), CONTROLS_MAX);
	if (!c)
		return NULL;
	AUTO_TEXT char *disabled = attribute(n, "disabled");
	c->name = attribute(n, "name");
	c->id = attribute(n, "id");
	c->action = attribute(n, "formaction");
	c->disabled = disabled != NULL;
	if (is(n, "input")) {
		read_input(n, c);
	} else if (is(n, "textarea")) {
		c->type = strdup("textarea");
		c->value = content(n);
	} else if (is(n, "select")) {
		c->type = strdup("select");
		c->value = chosen_option(n);
	} else { // a button without a type sends its form
		c->type = lower_attribute(n, "type");
		c->type = c->type ? c->type : strdup("submit");
		c->value = attribute(n, "value");
		c->label = content(n);
		c->button = true;
	}
	return c->type ? NULL : err_no_memory();
}

static struct portal_form *read_form(const xmlNode *n, struct portal_doc *d)
{
	struct portal_form *f = one_more(&d->forms, &d->n_forms, sizeof(*f), FORMS_MAX);
	if (!f)
		return NULL;
	f->action = attribute(n, "action");
	f->method = lower_attribute(n, "method");
	f->enctype = lower_attribute(n, "enctype");
	f->charset = lower_attribute(n, "accept-charset");
	f->id = attribute(n, "id");
	f->name = attribute(n, "name");
	return f;
}

static void read_link(const xmlNode *n, struct portal_doc *d)
{
	char *href = attribute(n, "href");
	struct portal_link *l =
		href ? one_more(&d->links, &d->n_links, sizeof(*l), LINKS_MAX) : NULL;
	if (!l) {
		free(href);
		return;
	}
	l->href = href;
	l->id = attribute(n, "id");
	l->text = content(n);
}

static void read_block(const xmlNode *n, struct portal_doc *d)
{
	struct portal_block *b = one_more(&d->blocks, &d->n_blocks, sizeof(*b), BLOCKS_MAX);
	if (!b)
		return;
	b->id = attribute(n, "id");
	b->name = attribute(n, "name");
	b->text = is(n, "input") ? attribute(n, "value") : content(n);
}

static void read_marks(const xmlNode *n, struct portal_doc *d)
{
	static const char *const names[] = { "id", "name" };
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		char *value = attribute(n, names[i]);
		char **mark = value && *value
				      ? one_more(&d->marks, &d->n_marks, sizeof(*mark), MARKS_MAX)
				      : NULL;
		if (mark)
			*mark = value;
		else
			free(value);
	}
}

// <meta http-equiv="refresh" content="5; url=/x">
static void read_refresh(const xmlNode *n, struct portal_doc *d)
{
	AUTO_TEXT char *what = lower_attribute(n, "http-equiv");
	AUTO_TEXT char *text = attribute(n, "content");
	if (d->refresh || !what || !text || strcmp(what, "refresh") != 0)
		return;
	size_t digits = strspn(text, "0123456789");
	d->refresh_seconds = digits && digits < 7 ? strtoll(text, NULL, 10) : 0;
	const char *url = strcasestr(text, "url=");
	if (!url) {
		d->refresh = strdup("");
		return;
	}
	url += 4;
	url += strspn(url, " '\"");
	d->refresh = strndup(url, strcspn(url, "'\""));
}

static bool is_control(const xmlNode *n)
{
	return is(n, "input") || is(n, "textarea") || is(n, "select") || is(n, "button");
}

static struct err *read_element(const xmlNode *n, struct portal_doc *d, struct portal_form *in)
{
	read_marks(n, d);
	if (is(n, "a") || is(n, "area"))
		read_link(n, d);
	if (is(n, "meta"))
		read_refresh(n, d);
	if (is(n, "textarea") || is(n, "pre") || is(n, "input"))
		read_block(n, d);
	if (is(n, "script"))
		d->scripts = true;
	if (!is_control(n))
		return NULL;
	struct portal_form *other = form_of(d, n);
	return other || in ? read_control(n, other ? other : in) : NULL;
}

// `in` is an index, since the list of forms moves as it grows; SIZE_MAX: in none.
// NOLINTNEXTLINE(misc-no-recursion): as deep as DEPTH_MAX
static struct err *walk(const xmlNode *first, unsigned depth, size_t in, struct portal_doc *d,
			struct buf *words)
{
	for (const xmlNode *n = first; n && depth < DEPTH_MAX; n = n->next) {
		size_t inside = in;
		if (n->type == XML_TEXT_NODE && n->content)
			TRY(put_flat((const char *)n->content, words));
		if (n->type != XML_ELEMENT_NODE)
			continue;
		if (is(n, "form") && in == SIZE_MAX && read_form(n, d))
			inside = d->n_forms - 1;
		TRY(read_element(n, d, inside == SIZE_MAX ? NULL : &d->forms[inside]));
		if (is(n, "script") || is(n, "style") || is(n, "template") || is(n, "textarea"))
			continue;
		TRY(walk(n->children, depth + 1, inside, d, words));
	}
	return NULL;
}

// "charset=" among the first bytes (a <meta> in whatever shape), for a server that does not say it.
static char *charset_inside(const struct buf *body)
{
	size_t len = body->len < META_LOOK ? body->len : META_LOOK;
	AUTO_TEXT char *head = strndup(body->data ? (const char *)body->data : "", len);
	const char *at = head ? strcasestr(head, "charset=") : NULL;
	if (!at)
		return NULL;
	at += strlen("charset=");
	at += strspn(at, " '\"");
	return strndup(at, strcspn(at, " '\"/>;"));
}

static bool looks_like_html(const struct http_answer *a)
{
	const char *type = a->content_type ? a->content_type : "";
	if (strstr(type, "html"))
		return true;
	const char *p = a->body.data ? (const char *)a->body.data : "";
	p += strspn(p, " \t\r\n");
	return !type[0] && *p == '<';
}

static struct err *parse(const struct http_answer *a, struct portal_doc *d)
{
	AUTO_TEXT char *said = a->charset ? strdup(a->charset) : charset_inside(&a->body);
	AUTO_BUF struct buf text = BUF(a->body.len * 4 + 64), words = BUF(a->body.len * 8 + 64);
	const char *body = a->body.data ? (const char *)a->body.data : "";
	const char *charset = said				? portal_charset(said)
			      : text_is_utf8(body, a->body.len) ? "UTF-8"
								: "CP1252";
	d->charset = strdup(charset ? charset : "");
	if (!charset || !d->charset)
		return err_tag(err_new(ERR_CA_REFUSED,
				       N_("The page is in a charset that is not known: %1"),
				       ARG_TEXT(said ? said : "")),
			       "portal-charset");
	TRY(portal_to_utf8(charset, body, a->body.len, &text));
	for (size_t i = 0; i < text.len; i++)
		if (!text.data[i])
			text.data[i] = ' ';
	if (text.len == 0 || text.len > INT_MAX)
		return NULL;
	d->tree = htmlReadMemory((const char *)text.data, (int)text.len, NULL, "UTF-8",
				 HTML_PARSE_RECOVER | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING |
					 HTML_PARSE_NONET | HTML_PARSE_IGNORE_ENC);
	if (!d->tree)
		return NULL;
	TRY(walk(xmlDocGetRootElement(d->tree), 0, SIZE_MAX, d, &words));
	d->words = strdup(words.len ? (const char *)words.data : "");
	AUTO_BUF struct buf shown = BUF(text.len * 4 + 64);
	TRY(page_words(text.data, text.len, "UTF-8", &shown));
	d->shown = text_safe(shown.len ? (const void *)shown.data : "", shown.len, SHOWN_MAX);
	return d->words && d->shown ? NULL : err_no_memory();
}

struct err *portal_doc_read(const char *url, const struct http_answer *a, struct portal_doc **out)
{
	AUTO(portal_doc) struct portal_doc *d = calloc(1, sizeof(*d));
	if (!d)
		return err_no_memory();
	d->url = strdup(url);
	d->status = a->status;
	d->retry_after = a->retry_after;
	d->content_type = strdup(a->content_type ? a->content_type : "");
	if (!d->url || !d->content_type)
		return err_no_memory();
	TRY(buf_copy(&a->body, &d->body));
	d->html = looks_like_html(a);
	if (d->html)
		TRY(parse(a, d));
	*out = d;
	d = NULL;
	return NULL;
}

bool portal_doc_has_text(const struct portal_doc *d, const char *text)
{
	AUTO_BUF struct buf flat = BUF(strlen(text) + 1);
	struct err *e = put_flat(text, &flat);
	err_ignore(e);
	return !e && flat.len && d->words && strstr(d->words, (const char *)flat.data);
}

bool portal_doc_has_element(const struct portal_doc *d, const char *id_or_name)
{
	for (size_t i = 0; i < d->n_marks; i++)
		if (strcmp(d->marks[i], id_or_name) == 0)
			return true;
	return false;
}

void portal_keys_free(struct portal_key *keys, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(keys[i].label);
		free(keys[i].code);
	}
	free(keys);
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as DEPTH_MAX
static const xmlNode *find_id(const xmlNode *first, const char *id, unsigned depth)
{
	for (const xmlNode *n = first; n && depth < DEPTH_MAX; n = n->next) {
		if (n->type != XML_ELEMENT_NODE)
			continue;
		AUTO_TEXT char *own = attribute(n, "id");
		if (own && strcmp(own, id) == 0)
			return n;
		const xmlNode *below = find_id(n->children, id, depth + 1);
		if (below)
			return below;
	}
	return NULL;
}

// Each element with data-code is a key: what stands on it is typed, data-code is sent.
// NOLINTNEXTLINE(misc-no-recursion): as deep as DEPTH_MAX
static struct err *read_keys(const xmlNode *first, unsigned depth, struct portal_key **keys,
			     size_t *n_keys)
{
	for (const xmlNode *n = first; n && depth < DEPTH_MAX; n = n->next) {
		if (n->type != XML_ELEMENT_NODE)
			continue;
		char *code = attribute(n, "data-code");
		if (!code) {
			TRY(read_keys(n->children, depth + 1, keys, n_keys));
			continue;
		}
		struct portal_key *k = one_more(keys, n_keys, sizeof(*k), KEYS_MAX);
		if (!k) {
			free(code);
			return NULL;
		}
		AUTO_TEXT char *label = content(n);
		AUTO_BUF struct buf flat = BUF(4096);
		k->code = code;
		if (label)
			TRY(put_flat(label, &flat));
		k->label = strdup(flat.len ? (const char *)flat.data : "");
		if (!k->label)
			return err_no_memory();
	}
	return NULL;
}

struct err *portal_doc_keypad(const struct portal_doc *d, const char *id, bool *there,
			      struct portal_key **keys, size_t *n)
{
	const xmlNode *root = d->tree ? xmlDocGetRootElement(d->tree) : NULL;
	const xmlNode *table = root ? find_id(root, id, 0) : NULL;
	*there = table != NULL;
	return table ? read_keys(table->children, 0, keys, n) : NULL;
}
