// HTML to plain text, with libxml2's parser.
#include "ca/page.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <libxml/HTMLparser.h>

#include "base/text.h"

enum { DEPTH_MAX = 200 };

static bool is_among(const xmlNode *n, const char *const *names, size_t n_names)
{
	for (size_t i = 0; i < n_names; i++)
		if (!xmlStrcasecmp(n->name, (const xmlChar *)names[i]))
			return true;
	return false;
}

// What a person does not read.
static bool is_hidden(const xmlNode *n)
{
	static const char *const names[] = { "script", "style",	   "head",  "template",
					     "select", "textarea", "button" };
	return n->type != XML_ELEMENT_NODE || is_among(n, names, ARRAY_LEN(names));
}

static bool is_block(const xmlNode *n)
{
	static const char *const names[] = {
		"p",  "div", "br",  "li",   "tr",      "table", "h1",	  "h2",
		"h3", "h4",  "h5",  "h6",   "ul",      "ol",	"dl",	  "dt",
		"dd", "hr",  "pre", "form", "section", "title", "header", "footer"
	};
	return is_among(n, names, ARRAY_LEN(names));
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f';
}

static bool ends_in(const struct buf *b, char c)
{
	return b->len && b->data[b->len - 1] == (uint8_t)c;
}

static struct err *end_line(struct buf *out)
{
	while (ends_in(out, ' '))
		out->data[--out->len] = '\0';
	return out->len && !ends_in(out, '\n') ? buf_put(out, "\n", 1) : NULL;
}

// White space of any length is one blank, and none at the beginning of a line. As it stands (pre): lines end where they end.
static struct err *put_words(const char *text, bool as_it_stands, struct buf *out)
{
	for (const char *p = text; *p; p++) {
		if (!is_blank(*p))
			TRY(buf_put(out, p, 1));
		else if (as_it_stands && *p == '\n')
			TRY(end_line(out));
		else if (out->len && !ends_in(out, ' ') && !ends_in(out, '\n'))
			TRY(buf_put(out, " ", 1));
	}
	return NULL;
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as DEPTH_MAX
static struct err *walk(const xmlNode *first, unsigned depth, bool as_it_stands, struct buf *out)
{
	for (const xmlNode *n = first; n && depth < DEPTH_MAX; n = n->next) {
		if (n->type == XML_TEXT_NODE && n->content) {
			TRY(put_words((const char *)n->content, as_it_stands, out));
			continue;
		}
		if (is_hidden(n))
			continue;
		bool block = is_block(n);
		if (block)
			TRY(end_line(out));
		bool pre = as_it_stands || is_among(n, (const char *const[]){ "pre" }, 1);
		TRY(walk(n->children, depth + 1, pre, out));
		// The cells of a row stand on one line.
		if (!block && is_among(n, (const char *const[]){ "td", "th" }, 2))
			TRY(put_words(" ", false, out));
		if (block)
			TRY(end_line(out));
	}
	return NULL;
}

struct err *page_words(const void *html, size_t len, const char *charset, struct buf *out)
{
	if (len == 0 || len > INT_MAX)
		return NULL;
	htmlDocPtr doc = htmlReadMemory(html, (int)len, NULL, charset,
					HTML_PARSE_RECOVER | HTML_PARSE_NOERROR |
						HTML_PARSE_NOWARNING | HTML_PARSE_NONET);
	if (!doc)
		return NULL;
	AUTO_BUF struct buf words = BUF(len * 4 + 64);
	struct err *err = walk(xmlDocGetRootElement(doc), 0, false, &words);
	xmlFreeDoc(doc);
	if (err || !words.len)
		return err;
	AUTO_TEXT char *safe = text_safe_lines(words.data, words.len, words.len);
	return safe ? buf_puts(out, safe) : err_no_memory();
}
