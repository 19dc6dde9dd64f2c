// Reading YAML: first its events, which cost nothing to refuse, then the document.
//
// libyaml's document resolves aliases out of sight (a cycle would never end, and a few lines can stand for millions),
// so they are refused before it is built, and so is what no profile needs: anchors, tags, several documents.
#include "profile/document.h"

#include <string.h>

#include "base/text.h"

#define WHOLE_FILE ((struct mark){ 0, 0 })

static struct mark mark_of_byte(const unsigned char *bytes, size_t at)
{
	struct mark m = { 1, 1 };
	for (size_t i = 0; i < at; i++) {
		m.column++;
		if (bytes[i] == '\n')
			m = (struct mark){ m.line + 1, 1 };
	}
	return m;
}

// libyaml would guess UTF-16 and stop at control characters without saying where.
static bool bytes_are_text(const unsigned char *bytes, size_t len, struct faults *f)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = bytes[i];
		if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f) {
			FAULT(f, mark_of_byte(bytes, i), "-",
			      N_("%1: the file holds a control character. Only text is allowed."));
			return false;
		}
	}
	if (!text_is_utf8((const char *)bytes, len)) {
		FAULT(f, WHOLE_FILE, "-", N_("%1: the file is not UTF-8 text."));
		return false;
	}
	return true;
}

struct scan {
	struct faults *f;
	unsigned depth, nodes, documents;
	bool stop;
};

static void scan_node(struct scan *s, const yaml_event_t *e, const unsigned char *anchor,
		      const unsigned char *tag)
{
	struct mark m = mark_of(e->start_mark);
	if (anchor)
		FAULT(s->f, m, "-",
		      N_("%1: anchors (&name) and aliases (*name) are not allowed. "
			 "Write the value out."));
	if (tag)
		FAULT(s->f, m, "-", N_("%1: tags (!name) are not allowed. Leave the tag out."));
	if (++s->nodes > DOCUMENT_MAX_NODES) {
		FAULT(s->f, m, "-", N_("%1: the file holds too many values. Allowed: %3."),
		      ARG_NUM(DOCUMENT_MAX_NODES));
		s->stop = true;
	}
}

static void scan_deeper(struct scan *s, const yaml_event_t *e)
{
	if (++s->depth <= DOCUMENT_MAX_DEPTH)
		return;
	FAULT(s->f, mark_of(e->start_mark), "-",
	      N_("%1: the values are nested too deep. Allowed: %3."), ARG_NUM(DOCUMENT_MAX_DEPTH));
	s->stop = true;
}

static void scan_event(struct scan *s, const yaml_event_t *e)
{
	switch (e->type) {
	case YAML_ALIAS_EVENT:
		FAULT(s->f, mark_of(e->start_mark), "-",
		      N_("%1: anchors (&name) and aliases (*name) are not allowed. "
			 "Write the value out."));
		break;
	case YAML_SCALAR_EVENT:
		scan_node(s, e, e->data.scalar.anchor, e->data.scalar.tag);
		break;
	case YAML_SEQUENCE_START_EVENT:
		scan_node(s, e, e->data.sequence_start.anchor, e->data.sequence_start.tag);
		scan_deeper(s, e);
		break;
	case YAML_MAPPING_START_EVENT:
		scan_node(s, e, e->data.mapping_start.anchor, e->data.mapping_start.tag);
		scan_deeper(s, e);
		break;
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		s->depth--;
		break;
	case YAML_DOCUMENT_START_EVENT:
		if (++s->documents > 1) {
			FAULT(s->f, mark_of(e->start_mark), "-",
			      N_("%1: a second document begins here. A profile is one document."));
			s->stop = true;
		}
		break;
	case YAML_STREAM_END_EVENT:
		s->stop = true;
		break;
	default:
		break;
	}
}

static void scan_problem(struct scan *s, const yaml_parser_t *p)
{
	s->stop = true;
	FAULT(s->f, mark_of(p->problem_mark), "-", N_("%1: this is not YAML: %3."),
	      ARG_TEXT(p->problem ? p->problem : "?"));
}

static void scan_events(yaml_parser_t *p, struct faults *f)
{
	struct scan s = { .f = f };
	while (!s.stop) {
		yaml_event_t e;
		if (!yaml_parser_parse(p, &e)) {
			scan_problem(&s, p);
			break;
		}
		scan_event(&s, &e);
		yaml_event_delete(&e);
	}
	if (s.documents == 0 && f->n_all == 0)
		FAULT(f, WHOLE_FILE, "-", N_("%1: the file is empty."));
}

static struct err *with_parser(const void *bytes, size_t len, struct faults *f,
			       yaml_document_t *out, bool *loaded)
{
	yaml_parser_t parser;
	if (!yaml_parser_initialize(&parser))
		return err_no_memory();
	yaml_parser_set_input_string(&parser, bytes, len);
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	bool no_memory = false;
	if (!out) {
		scan_events(&parser, f);
	} else {
		*loaded = yaml_parser_load(&parser, out) == 1;
		no_memory = !*loaded;
	}
	no_memory = no_memory || parser.error == YAML_MEMORY_ERROR;
	yaml_parser_delete(&parser);
	return no_memory ? err_no_memory() : NULL;
}

struct err *document_read(const void *bytes, size_t len, struct faults *f, yaml_document_t *out,
			  bool *loaded)
{
	*loaded = false;
	if (len > DOCUMENT_MAX_BYTES) {
		FAULT(f, WHOLE_FILE, "-", N_("%1: the file is too big. Allowed: %3 bytes."),
		      ARG_NUM(DOCUMENT_MAX_BYTES));
		return NULL;
	}
	if (!bytes_are_text(bytes, len, f))
		return NULL;
	TRY(with_parser(bytes, len, f, NULL, NULL));
	if (f->n_all > 0)
		return NULL;
	return with_parser(bytes, len, f, out, loaded);
}
