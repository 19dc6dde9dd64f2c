// Walking the document along the table: unknown, repeated and missing keys, and every value by its shape.
#include "profile/read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "profile/document.h"
#include "profile/names.h"
#include "profile/value.h"

enum { PATH_ROOM = 400, TABLE_MAX_KEYS = 16 };

struct reader {
	yaml_document_t *doc;
	struct faults *f;
};

// A path that grows by one name; deep ones cannot come (document.h), long names are cut.
struct path {
	char text[PATH_ROOM];
};

static struct path path_below(const char *above, const char *name)
{
	struct path p;
	if (above[0])
		snprintf(p.text, sizeof(p.text), "%s.%.40s", above, name);
	else
		snprintf(p.text, sizeof(p.text), "%.40s", name);
	return p;
}

static yaml_node_t *node_at(const struct reader *r, int index)
{
	return yaml_document_get_node(r->doc, index);
}

// The text of a scalar; null for anything else.
static const char *scalar_text(const yaml_node_t *n)
{
	if (!n || n->type != YAML_SCALAR_NODE)
		return NULL;
	return (const char *)n->data.scalar.value;
}

// "key:", "key: ~" and "key: null" say that nothing is given.
static bool node_is_null(const yaml_node_t *n)
{
	const char *t = scalar_text(n);
	return t && n->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
	       (t[0] == '\0' || strcmp(t, "~") == 0 || strcmp(t, "null") == 0);
}

static struct err *read_group(const struct reader *r, yaml_node_t *node, const char *path,
			      const struct schema_table *t, void *base);

// --- keys of a mapping

static const yaml_node_t *earlier_key(const struct reader *r, const yaml_node_t *map,
				      const yaml_node_pair_t *pair)
{
	const char *name = scalar_text(node_at(r, pair->key));
	for (const yaml_node_pair_t *p = map->data.mapping.pairs.start; name && p < pair; p++) {
		const yaml_node_t *n = node_at(r, p->key);
		const char *other = scalar_text(n);
		if (other && strcmp(name, other) == 0)
			return n;
	}
	return NULL;
}

// The key's text when it is a plain name that stands here for the first time; null and a fault otherwise.
static const char *pair_name(const struct reader *r, const yaml_node_t *map,
			     const yaml_node_pair_t *pair, const char *path)
{
	const yaml_node_t *key = node_at(r, pair->key);
	const char *name = scalar_text(key);
	if (!name || strlen(name) != key->data.scalar.length) {
		FAULT(r->f, mark_of(key->start_mark), path,
		      N_("%1: %2: a key must be a simple name."));
		return NULL;
	}
	const yaml_node_t *before = earlier_key(r, map, pair);
	if (before) {
		FAULT(r->f, mark_of(key->start_mark), path_below(path, name).text,
		      N_("%1: %2: this key stands here twice; the first is in line %3."),
		      ARG_NUM(before->start_mark.line + 1));
		return NULL;
	}
	return name;
}

static const struct schema_key *find_key(const struct schema_table *t, const char *name)
{
	for (size_t i = 0; i < t->n_keys; i++)
		if (strcmp(t->keys[i].key, name) == 0)
			return &t->keys[i];
	return NULL;
}

static void unknown_key(const struct reader *r, struct mark m, const char *path, const char *name,
			const char *const *words)
{
	const char *guess = near_word(name, words);
	if (guess)
		FAULT(r->f, m, path, N_("%1: %2: this key is not known. Did you mean %3?"),
		      ARG_TEXT(guess));
	else
		FAULT(r->f, m, path, N_("%1: %2: this key is not known. Remove it."));
}

static void unknown_in_table(const struct reader *r, struct mark m, const char *path,
			     const char *name, const struct schema_table *t)
{
	const char *words[TABLE_MAX_KEYS + 1] = { NULL };
	for (size_t i = 0; i < t->n_keys && i < TABLE_MAX_KEYS; i++)
		words[i] = t->keys[i].key;
	unknown_key(r, m, path, name, words);
}

// --- values that are more than a scalar

static struct err *read_text2(const struct reader *r, const yaml_node_t *node, const char *path,
			      const struct schema_key *k, struct text2 *out)
{
	static const char *const words[] = { "en", "ja", NULL };
	const yaml_node_pair_t *p = node->data.mapping.pairs.start;
	size_t given = 0;
	for (; p < node->data.mapping.pairs.top; p++) {
		const char *name = pair_name(r, node, p, path);
		if (!name)
			continue;
		struct path below = path_below(path, name);
		bool en = strcmp(name, "en") == 0;
		if (!en && strcmp(name, "ja") != 0) {
			unknown_key(r, mark_of(node_at(r, p->key)->start_mark), below.text, name,
				    words);
			continue;
		}
		given++;
		const yaml_node_t *v = node_at(r, p->value);
		const char *text = scalar_text(v);
		struct spot s = { r->f, mark_of(v->start_mark), below.text };
		if (!text || node_is_null(v) || strlen(text) != v->data.scalar.length)
			value_refuse(&s, k);
		else
			TRY(value_text(&s, k, text, strlen(text), true, en ? &out->en : &out->ja));
	}
	if (given < 2)
		FAULT(r->f, mark_of(node->start_mark), path,
		      N_("%1: %2: both languages are needed. Allowed: %3."), ARG_ID(k->allowed));
	return NULL;
}

// Room for the entries of a list or of a mapping of names; null and a fault when there are too many or none.
static struct err *entries_new(const struct spot *s, const struct schema_key *k, size_t n,
			       size_t most, size_t size, void *base)
{
	void **array = (void **)(void *)((char *)base + k->at);
	if (n == 0) {
		value_refuse(s, k);
		return NULL;
	}
	if (n > most) {
		FAULT(s->f, s->mark, s->path, N_("%1: %2: too many entries. Allowed: %3."),
		      ARG_NUM(most));
		return NULL;
	}
	*array = calloc(n, size);
	return *array ? NULL : err_no_memory();
}

static size_t *count_of(const struct schema_key *k, void *base)
{
	return (size_t *)(void *)((char *)base + k->also_at);
}

static struct err *read_named(const struct reader *r, const yaml_node_t *node, const char *path,
			      const struct schema_key *k, void *base)
{
	const yaml_node_pair_t *start = node->data.mapping.pairs.start;
	const yaml_node_pair_t *end = node->data.mapping.pairs.top;
	struct spot s = { r->f, mark_of(node->start_mark), path };
	TRY(entries_new(&s, k, (size_t)(end - start), k->max, k->table->size, base));
	char *array = *(char **)(void *)((char *)base + k->at);
	for (const yaml_node_pair_t *p = start; array && p < end; p++) {
		const char *name = pair_name(r, node, p, path);
		if (!name)
			continue;
		struct path below = path_below(path, name);
		struct mark m = mark_of(node_at(r, p->key)->start_mark);
		if (!name_is_plain(name)) {
			FAULT(r->f, m, below.text,
			      N_("%1: %2: a name is 1 to 32 lower-case letters, digits, '_' and "
				 "'-', "
				 "and begins with a letter."));
			continue;
		}
		TRY(place_put(r->f, below.text, m));
		char *entry = array + *count_of(k, base) * k->table->size;
		*(char **)(void *)entry = text_copy(name);
		if (!*(char **)(void *)entry)
			return err_no_memory();
		++*count_of(k, base);
		TRY(read_group(r, node_at(r, p->value), below.text, k->table, entry));
	}
	return NULL;
}

static struct err *read_subject(const struct reader *r, const yaml_node_t *node, const char *path,
				const struct schema_key *k, void *base)
{
	const yaml_node_item_t *start = node->data.sequence.items.start;
	const yaml_node_item_t *end = node->data.sequence.items.top;
	struct spot whole = { r->f, mark_of(node->start_mark), path };
	TRY(entries_new(&whole, k, (size_t)(end - start), k->max, sizeof(struct profile_rdn),
			base));
	struct profile_rdn *array = *(struct profile_rdn **)(void *)((char *)base + k->at);
	const struct schema_key value = { .key = "", .max = 500, .allowed = k->allowed };
	for (const yaml_node_item_t *i = start; array && i < end; i++) {
		const yaml_node_t *item = node_at(r, *i);
		struct spot s = { r->f, mark_of(item->start_mark), path };
		if (item->type != YAML_MAPPING_NODE ||
		    item->data.mapping.pairs.top - item->data.mapping.pairs.start != 1) {
			value_refuse(&s, k);
			continue;
		}
		const yaml_node_pair_t *p = item->data.mapping.pairs.start;
		const char *type = scalar_text(node_at(r, p->key));
		const yaml_node_t *v = node_at(r, p->value);
		const char *text = scalar_text(v);
		if (!type || !text || strlen(text) != v->data.scalar.length) {
			value_refuse(&s, k);
			continue;
		}
		struct path below = path_below(path, type);
		s.path = below.text;
		TRY(place_put(r->f, below.text, s.mark));
		struct profile_rdn *rdn = &array[(*count_of(k, base))++];
		rdn->type = text_safe(type, strlen(type), 120);
		if (!rdn->type)
			return err_no_memory();
		TRY(value_text(&s, &value, text, strlen(text), false, &rdn->value));
	}
	return NULL;
}

static struct err *read_texts(const struct reader *r, yaml_node_t *node, const char *path,
			      const struct schema_key *k, void *base)
{
	bool list = node->type == YAML_SEQUENCE_NODE;
	size_t n = list ? (size_t)(node->data.sequence.items.top - node->data.sequence.items.start)
			: 1;
	struct spot whole = { r->f, mark_of(node->start_mark), path };
	// One more, for the host that is added by itself (check_ca.c).
	TRY(entries_new(&whole, k, n, k->max, sizeof(char *), base));
	char **array = *(char ***)(void *)((char *)base + k->at);
	const struct schema_key value = { .key = "", .max = 1000, .allowed = k->allowed };
	for (size_t i = 0; array && i < n; i++) {
		const yaml_node_t *item =
			list ? node_at(r, node->data.sequence.items.start[i]) : node;
		const char *text = scalar_text(item);
		struct spot s = { r->f, mark_of(item->start_mark), path };
		if (!text || node_is_null(item) || strlen(text) != item->data.scalar.length) {
			value_refuse(&s, k);
			continue;
		}
		char *copy = NULL;
		TRY(value_text(&s, &value, text, strlen(text), false, &copy));
		if (copy)
			array[(*count_of(k, base))++] = copy;
	}
	return NULL;
}

static struct err *read_numbers(const struct reader *r, const yaml_node_t *node, const char *path,
				const struct schema_key *k, void *base)
{
	enum { MOST = 16 };
	size_t n = (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
	struct spot s = { r->f, mark_of(node->start_mark), path };
	TRY(entries_new(&s, k, n, MOST, sizeof(unsigned), base));
	unsigned *array = *(unsigned **)(void *)((char *)base + k->at);
	for (size_t i = 0; array && i < n; i++) {
		const yaml_node_t *item = node_at(r, node->data.sequence.items.start[i]);
		const char *text = scalar_text(item);
		unsigned value;
		s.mark = mark_of(item->start_mark);
		if (!text)
			value_refuse(&s, k);
		else if (value_number(&s, k, text, &value))
			array[(*count_of(k, base))++] = value;
	}
	return NULL;
}

static yaml_node_type_t wanted_type(enum shape shape, yaml_node_type_t given)
{
	switch (shape) {
	case SHAPE_GROUP:
	case SHAPE_NAMED:
		return YAML_MAPPING_NODE;
	case SHAPE_SUBJECT:
	case SHAPE_NUMBERS:
		return YAML_SEQUENCE_NODE;
	case SHAPE_TEXT2:
		return given == YAML_MAPPING_NODE ? given : YAML_SCALAR_NODE;
	case SHAPE_TEXTS:
		return given == YAML_SEQUENCE_NODE ? given : YAML_SCALAR_NODE;
	default:
		return YAML_SCALAR_NODE;
	}
}

static struct err *read_value(const struct reader *r, yaml_node_t *node, const char *path,
			      const struct schema_key *k, void *base)
{
	struct spot s = { r->f, mark_of(node->start_mark), path };
	if (node->type != wanted_type(k->shape, node->type)) {
		value_refuse(&s, k);
		return NULL;
	}
	switch (k->shape) {
	case SHAPE_GROUP:
		return read_group(r, node, path, k->table, base);
	case SHAPE_NAMED:
		return read_named(r, node, path, k, base);
	case SHAPE_SUBJECT:
		return read_subject(r, node, path, k, base);
	case SHAPE_NUMBERS:
		return read_numbers(r, node, path, k, base);
	case SHAPE_TEXTS:
		return read_texts(r, node, path, k, base);
	default:
		break;
	}
	if (node->type == YAML_MAPPING_NODE)
		return read_text2(r, node, path, k, (struct text2 *)(void *)((char *)base + k->at));
	return value_store(&s, k, (const char *)node->data.scalar.value, node->data.scalar.length,
			   base);
}

// --- a mapping with known keys

// What holds where nothing is said; the defaults of a whole group that is left out, too.
static struct err *set_defaults(const struct reader *r, const struct schema_table *t, void *base)
{
	for (size_t i = 0; i < t->n_keys; i++) {
		const struct schema_key *k = &t->keys[i];
		struct spot s = { r->f, { 0, 0 }, k->key };
		if (k->shape == SHAPE_GROUP)
			TRY(set_defaults(r, k->table, base));
		else if (k->otherwise)
			TRY(value_store(&s, k, k->otherwise, strlen(k->otherwise), base));
	}
	return NULL;
}

static struct err *read_pair(const struct reader *r, const yaml_node_t *map,
			     const yaml_node_pair_t *p, const char *path,
			     const struct schema_table *t, void *base, bool *seen)
{
	const char *name = pair_name(r, map, p, path);
	if (!name)
		return NULL;
	struct path below = path_below(path, name);
	struct mark m = mark_of(node_at(r, p->key)->start_mark);
	const struct schema_key *k = find_key(t, name);
	if (!k) {
		unknown_in_table(r, m, below.text, name, t);
		return NULL;
	}
	yaml_node_t *value = node_at(r, p->value);
	if (node_is_null(value))
		return NULL;
	TRY(place_put(r->f, below.text, m));
	seen[k - t->keys] = true;
	return read_value(r, value, below.text, k, base);
}

static struct err *read_group(const struct reader *r, yaml_node_t *node, const char *path,
			      const struct schema_table *t, void *base)
{
	bool seen[TABLE_MAX_KEYS] = { false };
	struct mark m = mark_of(node->start_mark);
	TRY(set_defaults(r, t, base));
	if (node->type == YAML_MAPPING_NODE) {
		const yaml_node_pair_t *p = node->data.mapping.pairs.start;
		for (; p < node->data.mapping.pairs.top; p++)
			TRY(read_pair(r, node, p, path, t, base, seen));
	} else if (!node_is_null(node)) {
		FAULT(r->f, m, path[0] ? path : "-",
		      N_("%1: %2: keys with values are wanted here, as in name: value."));
		return NULL;
	}
	for (size_t i = 0; i < t->n_keys; i++)
		if (t->keys[i].required && !seen[i])
			FAULT(r->f, m, path_below(path, t->keys[i].key).text,
			      N_("%1: %2: this key is missing. Allowed: %3."),
			      ARG_ID(t->keys[i].allowed));
	return NULL;
}

struct err *document_fill(yaml_document_t *doc, struct faults *f, struct draft *out)
{
	struct reader r = { doc, f };
	yaml_node_t *root = yaml_document_get_root_node(doc);
	if (!root) {
		FAULT(f, ((struct mark){ 0, 0 }), "-", N_("%1: the file is empty."));
		return NULL;
	}
	return read_group(&r, root, "", &schema_profile, out);
}

struct err *document_fill_table(yaml_document_t *doc, struct faults *f,
				const struct schema_table *t, void *base)
{
	struct reader r = { doc, f };
	yaml_node_t *root = yaml_document_get_root_node(doc);
	return root ? read_group(&r, root, "", t, base) : NULL;
}
