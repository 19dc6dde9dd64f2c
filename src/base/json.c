// JSON in and out, with what was read wiped when it is dropped.
#include "base/json.h"

#include <jansson.h>
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"

// Answers carry PINs: what jansson held is wiped before it goes back to the heap.
static void wiping_free(void *p)
{
	if (p)
		wipe(p, malloc_usable_size(p));
	free(p);
}

static void use_wiping_free(void)
{
	json_set_alloc_funcs(malloc, wiping_free);
}

static void set_up_once(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, use_wiping_free);
}

char *json_line(const json_t *j)
{
	return json_dumps(j, JSON_COMPACT | JSON_ENCODE_ANY);
}

// jansson's own words are left out: they quote the input, which may be a secret.
static struct err *bad_json(enum err_kind kind, const char *name, const json_error_t *why)
{
	if (json_error_code(why) == json_error_out_of_memory)
		return err_no_memory();
	if (json_error_code(why) == json_error_duplicate_key)
		return err_tag(err_new(kind, N_("%1 names the same key twice (line %2)."),
				       ARG_TEXT(name), ARG_NUM(why->line)),
			       "bad-json");
	return err_tag(err_new(kind, N_("%1 is not valid JSON (line %2, column %3)."),
			       ARG_TEXT(name), ARG_NUM(why->line), ARG_NUM(why->column)),
		       "bad-json");
}

struct err *json_read(const void *bytes, size_t len, size_t cap, enum err_kind kind,
		      const char *name, json_t **out)
{
	if (len > cap)
		return err_tag(err_new(kind, N_("%1 is larger than the limit of %2 bytes."),
				       ARG_TEXT(name), ARG_NUM(cap)),
			       "too-large");
	set_up_once();
	json_error_t why;
	json_t *j = json_loadb(bytes, len, JSON_REJECT_DUPLICATES, &why);
	if (!j)
		return bad_json(kind, name, &why);
	*out = j;
	return NULL;
}

const char *json_text(const json_t *obj, const char *key)
{
	return json_string_value(json_object_get(obj, key));
}

int64_t json_number(const json_t *obj, const char *key, int64_t otherwise)
{
	const json_t *j = json_object_get(obj, key);
	return json_is_integer(j) ? (int64_t)json_integer_value(j) : otherwise;
}

bool json_flag(const json_t *obj, const char *key, bool otherwise)
{
	const json_t *j = json_object_get(obj, key);
	return json_is_boolean(j) ? json_is_true(j) : otherwise;
}

void json_drop(json_t *j)
{
	json_decref(j);
}
