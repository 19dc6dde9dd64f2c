// XML from outside: libxml2's reader, which keeps one piece of the file at a time.
#include "otp/import_xml.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include <libxml/xmlreader.h>

#include "base/text.h"
#include "otp/import_inside.h"

enum { MEMORY_MAX = 64 * 1024 * 1024, DEPTH_MAX = 32 };

// How much libxml2 holds. A file whose one key is as large as the whole file would otherwise take twenty times its size.
static size_t held;

static void *counted(void *p)
{
	if (p)
		held += malloc_usable_size(p);
	return p;
}

static void *take(size_t size)
{
	return size > MEMORY_MAX || held > MEMORY_MAX - size ? NULL : counted(malloc(size));
}

// What was taken before these functions were set is given back here, too.
static void give_back(void *p)
{
	if (!p)
		return;
	size_t size = malloc_usable_size(p);
	held -= size < held ? size : held;
	wipe(p, size);
	free(p);
}

static void *take_again(void *p, size_t size)
{
	if (!p)
		return take(size);
	void *more = take(size);
	if (!more)
		return NULL;
	size_t old = malloc_usable_size(p);
	memcpy(more, p, old < size ? old : size);
	give_back(p);
	return more;
}

static char *take_copy(const char *s)
{
	size_t size = strlen(s) + 1;
	char *copy = take(size);
	if (copy)
		memcpy(copy, s, size);
	return copy;
}

// How libxml2 was set up for the rest of the process.
struct before {
	xmlFreeFunc free;
	xmlMallocFunc malloc;
	xmlReallocFunc realloc;
	xmlStrdupFunc strdup;
	xmlStructuredErrorFunc told;
	void *told_ctx;
};

static struct err *have_it_sent_again(struct err *e)
{
	return err_tag(err_hint(e, N_("Have the file sent again. If it is whole, ask who made it "
				      "for a PSKC file as RFC 6030 has it.")),
		       "pskc-damaged");
}

static long line_of(const xmlNode *at)
{
	return at ? xmlGetLineNo((xmlNode *)(uintptr_t)at) : 1;
}

struct err *xml_damaged(const xmlNode *at, const char *what)
{
	return have_it_sent_again(err_new(ERR_ANSWER,
					  N_("The PSKC file is damaged in line %1: %2."),
					  ARG_NUM(line_of(at)), ARG_ID(what)));
}

struct err *xml_unknown(const xmlNode *at, const char *what, const char *name)
{
	AUTO_TEXT char *shown = name ? text_safe(name, strlen(name), 200) : NULL;
	struct err *e = shown ? err_new(ERR_ANSWER, N_("In line %1 of the PSKC file %2 (%3)."),
					ARG_NUM(line_of(at)), ARG_ID(what), ARG_TEXT(shown))
			      : err_new(ERR_ANSWER, N_("In line %1 of the PSKC file %2."),
					ARG_NUM(line_of(at)), ARG_ID(what));
	return err_tag(err_hint(e, N_("Ask who made the file for one without it.")),
		       "pskc-unknown");
}

// Says where the parser stopped. libxml2's own words are not passed on: they quote the file.
static void note_line(void *ctx, xmlErrorPtr e)
{
	int *line = ctx;
	if (e && e->level >= XML_ERR_ERROR && *line == 0)
		*line = e->line > 0 ? e->line : 1;
}

static void begin(struct before *b, int *fault)
{
	xmlInitParser();
	xmlMemGet(&b->free, &b->malloc, &b->realloc, &b->strdup);
	b->told = xmlStructuredError;
	b->told_ctx = xmlStructuredErrorContext;
	held = 0;
	xmlMemSetup(give_back, take, take_again, take_copy);
	xmlSetStructuredErrorFunc(fault, note_line); // without it libxml2 prints
}

static void end(const struct before *b)
{
	xmlResetLastError(); // it may quote the file
	xmlSetStructuredErrorFunc(b->told_ctx, b->told);
	xmlMemSetup(b->free, b->malloc, b->realloc, b->strdup);
}

static struct err *no_xml(int line)
{
	return have_it_sent_again(
		err_new(ERR_ANSWER,
			N_("The PSKC file is damaged in line %1: it is no well-formed XML there."),
			ARG_NUM(line)));
}

static bool has(const void *bytes, size_t len, const char *what)
{
	return memmem(bytes, len, what, strlen(what)) != NULL;
}

// What the parser must not even begin with.
static struct err *refuse(const void *bytes, size_t len)
{
	TRY(import_size(len, IMPORT_MAX));
	if (has(bytes, len, "<!DOCTYPE") || has(bytes, len, "<!ENTITY"))
		return have_it_sent_again(
			err_new(ERR_ANSWER,
				N_("The PSKC file has a document type (DOCTYPE). None is read.")));
	if (len > 0 && memchr(bytes, 0, len))
		return have_it_sent_again(
			err_new(ERR_ANSWER, N_("The PSKC file is not in UTF-8.")));
	return NULL;
}

static bool is_deeper(const xmlNode *top, unsigned most)
{
	unsigned depth = 0;
	for (const xmlNode *n = top; n;) {
		if (n->type == XML_ELEMENT_NODE && n->children) {
			if (++depth > most)
				return true;
			n = n->children;
			continue;
		}
		while (n && n != top && !n->next) {
			n = n->parent;
			depth--;
		}
		n = n && n != top ? n->next : NULL;
	}
	return false;
}

// The reader stands at an element: the root alone, or one below it that is taken whole.
static struct err *visit(xmlTextReaderPtr r, xml_each *each, void *ctx, const int *fault)
{
	bool is_root = xmlTextReaderDepth(r) == 0;
	const xmlNode *n = is_root ? xmlTextReaderCurrentNode(r) : xmlTextReaderExpand(r);
	if (!n || *fault)
		return no_xml(*fault ? *fault : xmlTextReaderGetParserLineNumber(r));
	if (!is_root && is_deeper(n, DEPTH_MAX))
		return xml_damaged(n, N_("its elements lie too deep"));
	return each(ctx, n, is_root);
}

static struct err *read_all(xmlTextReaderPtr r, xml_each *each, void *ctx, const int *fault)
{
	int got = xmlTextReaderRead(r);
	while (got == 1 && !*fault) {
		int type = xmlTextReaderNodeType(r), depth = xmlTextReaderDepth(r);
		if (type == XML_READER_TYPE_DOCUMENT_TYPE ||
		    type == XML_READER_TYPE_ENTITY_REFERENCE)
			return no_xml(xmlTextReaderGetParserLineNumber(r));
		if (type == XML_READER_TYPE_ELEMENT)
			TRY(visit(r, each, ctx, fault));
		// What stands below the root was taken whole: on to the next beside it.
		got = depth == 1 ? xmlTextReaderNext(r) : xmlTextReaderRead(r);
	}
	if (got == 0 && !*fault)
		return NULL;
	int line = *fault ? *fault : xmlTextReaderGetParserLineNumber(r);
	return no_xml(line);
}

struct err *xml_walk(const void *bytes, size_t len, xml_each *each, void *ctx)
{
	TRY(refuse(bytes, len));
	struct before before;
	int fault = 0;
	begin(&before, &fault);
	// The encoding is fixed, whatever the file says of it: in another one a DOCTYPE would not have been seen.
	xmlTextReaderPtr r =
		xmlReaderForMemory(bytes, (int)len, NULL, "UTF-8",
				   XML_PARSE_NONET | XML_PARSE_BIG_LINES | XML_PARSE_IGNORE_ENC);
	struct err *e = r ? read_all(r, each, ctx, &fault) : no_xml(1);
	xmlFreeTextReader(r);
	end(&before);
	return e;
}

bool xml_is(const xmlNode *n, const char *ns, const char *name)
{
	if (!n || n->type != XML_ELEMENT_NODE || strcmp((const char *)n->name, name) != 0)
		return false;
	return !ns || (n->ns && n->ns->href && strcmp((const char *)n->ns->href, ns) == 0);
}

static const xmlNode *element_from(const xmlNode *n)
{
	while (n && n->type != XML_ELEMENT_NODE)
		n = n->next;
	return n;
}

const xmlNode *xml_first(const xmlNode *parent)
{
	return parent ? element_from(parent->children) : NULL;
}

const xmlNode *xml_next(const xmlNode *n)
{
	return element_from(n->next);
}

const xmlNode *xml_child(const xmlNode *parent, const char *ns, const char *name)
{
	const xmlNode *n = xml_first(parent);
	while (n && !xml_is(n, ns, name))
		n = xml_next(n);
	return n;
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct err *put_content(const xmlNode *n, struct secret *to)
{
	for (const xmlNode *c = n->children; c; c = c->next) {
		if (c->type == XML_COMMENT_NODE || c->type == XML_PI_NODE)
			continue;
		if (c->type != XML_TEXT_NODE && c->type != XML_CDATA_SECTION_NODE)
			return xml_damaged(n, N_("there is more than a value in an element"));
		const char *text = (const char *)c->content;
		size_t len = text ? strlen(text) : 0;
		if (len > secret_cap(to) - secret_len(to))
			return xml_damaged(n, N_("a value is too long"));
		TRY(secret_append(to, text, len));
	}
	return NULL;
}

static struct err *xml_secret(const xmlNode *n, struct secret **out)
{
	AUTO(secret) struct secret *s = NULL;
	TRY(secret_new(SECRET_MAX, &s));
	TRY(put_content(n, s));
	size_t len = secret_len(s), blank = 0;
	while (len > 0 && is_blank(secret_bytes(s)[len - 1]))
		len--;
	while (blank < len && is_blank(secret_bytes(s)[blank]))
		blank++;
	memmove(secret_room(s), secret_room(s) + blank, len - blank);
	secret_set_len(s, len - blank);
	*out = s;
	s = NULL;
	return NULL;
}

// The text of an element that holds one piece of text and nothing else, as most do; null for another one.
static const char *only_text(const xmlNode *n, size_t *len)
{
	const xmlNode *c = n->children;
	if (!c || c->next || c->type != XML_TEXT_NODE || !c->content)
		return NULL;
	const char *text = (const char *)c->content;
	while (is_blank((uint8_t)*text))
		text++;
	*len = strlen(text);
	while (*len > 0 && is_blank((uint8_t)text[*len - 1]))
		--*len;
	return text;
}

struct err *xml_words(const xmlNode *n, char **out)
{
	if (!n)
		return NULL;
	AUTO(secret) struct secret *s = NULL;
	size_t len = 0;
	const char *text = only_text(n, &len);
	if (!text) {
		TRY(xml_secret(n, &s));
		text = secret_text(s);
		len = secret_len(s);
	}
	bool good;
	TRY(import_words(text, len, &good, out));
	return good ? NULL : xml_damaged(n, N_("a name is too long"));
}

struct err *xml_base64(const xmlNode *n, struct secret **out)
{
	AUTO(secret) struct secret *s = NULL;
	size_t len = 0;
	const char *text = only_text(n, &len);
	if (!text) {
		TRY(xml_secret(n, &s));
		text = secret_text(s);
		len = secret_len(s);
	}
	struct err *e = seed_from_base64(text, len, out);
	if (!e)
		return NULL;
	err_ignore(e);
	return xml_damaged(n, N_("a value is no Base64, or is too long"));
}

struct err *xml_attribute(const xmlNode *n, const char *name, char **out)
{
	xmlNode *owner = (xmlNode *)(uintptr_t)n;
	if (!xmlHasProp(owner, (const xmlChar *)name))
		return NULL;
	xmlChar *value = xmlGetProp(owner, (const xmlChar *)name);
	if (!value)
		return err_no_memory();
	bool good;
	struct err *e = import_words((const char *)value, strlen((const char *)value), &good, out);
	xmlFree(value);
	TRY(e);
	return good ? NULL : xml_damaged(n, N_("a name is too long"));
}
