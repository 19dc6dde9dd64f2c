// docs/man/inkan-profile.5 describes the keys of the schema table: all of them, no others, with what is required and what
// holds by default; and its example is a profile.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "check.h"
#include "fixture.h"
#include "profile/schema.h"

enum { MAX_KEYS = 200 };
static const char item[] = "\n.It Ic ";

static struct buf manual;

static const char *page(void)
{
	return (const char *)manual.data;
}

// The text of the entry of the key, to the next entry; null when it has none. To be freed.
static char *entry_of(const char *path)
{
	AUTO_TEXT char *head = text_format("%s%s\n", item, path);
	const char *hit = strstr(page(), head);
	if (!hit)
		return NULL;
	hit += strlen(head);
	const char *next = strstr(hit, item), *end = strstr(hit, "\n.El");
	return strndup(hit, (size_t)((next && next < end ? next : end) - hit));
}

static const char *placeholder(const char *key)
{
	if (strcmp(key, "roles") == 0)
		return "ROLE";
	if (strcmp(key, "pages") == 0)
		return "PAGE";
	if (strcmp(key, "says") == 0)
		return "SAYING";
	return strcmp(key, "fields") == 0 ? "FIELD" : "MODEL";
}

static void check_key(const struct schema_key *k, const char *path)
{
	AUTO_TEXT char *entry = entry_of(path);
	if (!entry)
		fprintf(stderr, "inkan-profile(5) does not describe %s\n", path);
	CU_ASSERT_PTR_NOT_NULL_FATAL(entry);
	CU_ASSERT_EQUAL(strstr(entry, "Required.") != NULL, k->required);
	AUTO_TEXT char *fallback = text_format("Default: %s.", k->otherwise ? k->otherwise : "");
	bool told = strstr(entry, fallback) != NULL;
	if (k->otherwise && !told)
		fprintf(stderr, "inkan-profile(5), %s: %s\n", path, fallback);
	CU_ASSERT_EQUAL(told, k->otherwise != NULL);
	// What may stand there, and an example of what is not plain from it.
	CU_ASSERT(strstr(entry, "Allowed: ") || strstr(entry, "Two texts"));
}

static size_t walk(const struct schema_table *t, const char *above)
{
	size_t n = 0;
	for (size_t i = 0; i < t->n_keys; i++) {
		const struct schema_key *k = &t->keys[i];
		AUTO_TEXT char *path = text_format("%s%s", above, k->key);
		check_key(k, path);
		n++;
		if (!k->table)
			continue;
		bool named = k->shape == SHAPE_NAMED;
		AUTO_TEXT char *below = text_format(
			"%s.%s%s", path, named ? placeholder(k->key) : "", named ? "." : "");
		n += walk(k->table, below);
	}
	return n;
}

static size_t described(void)
{
	size_t n = 0;
	for (const char *p = strstr(page(), item); p; p = strstr(p + 1, item))
		n++;
	return n;
}

static void test_every_key_and_no_other_is_described(void)
{
	size_t known = walk(&schema_profile, "");
	CU_ASSERT(known > 50);
	CU_ASSERT_EQUAL(known, described());
}

// Every path that stands in the example profile is a way to write all keys: none may be missing from it.
static void check_in_example(const struct schema_table *t, const char *yaml)
{
	for (size_t i = 0; i < t->n_keys; i++) {
		const struct schema_key *k = &t->keys[i];
		AUTO_TEXT char *head = text_format("%s:", k->key);
		const char *hit = strstr(yaml, head);
		while (hit && hit > yaml && hit[-1] != ' ' && hit[-1] != '\n' && hit[-1] != '{')
			hit = strstr(hit + 1, head);
		if (!hit)
			fprintf(stderr, "profiles/example.yaml has no %s\n", k->key);
		CU_ASSERT_PTR_NOT_NULL(hit);
		if (k->table)
			check_in_example(k->table, yaml);
	}
}

static void test_example_profile_shows_every_key(void)
{
	AUTO_TEXT char *yaml = fixture_profile("example", NULL, NULL);
	check_in_example(&schema_profile, yaml);
}

static void test_example_of_the_page_is_a_profile(void)
{
	static const char begin[] = ".Sh EXAMPLES\nA small profile for one role:\n"
				    ".Bd -literal -offset indent\n";
	AUTO(profile) struct profile *p = NULL;
	AUTO_TEXT char *dir = text_copy(fixture_write("example-root.pem", fixture_pem, 0600));
	*strrchr(dir, '/') = '\0';
	const char *from = strstr(page(), begin);
	CU_ASSERT_PTR_NOT_NULL_FATAL(from);
	from += strlen(begin);
	const char *to = strstr(from, ".Ed\n");
	CU_ASSERT_PTR_NOT_NULL_FATAL(to);
	CHECK_OK_OR_END(profile_parse(from, (size_t)(to - from), "page.yaml", dir, &p));
	CU_ASSERT_EQUAL(p->key.custody_floor, CUSTODY_DEVICE);
	CU_ASSERT_EQUAL(p->key.attributes_floor, KEY_WITHHELD);
	CU_ASSERT_EQUAL(p->window.after, AFTER_CLOSED);
}

int main(void)
{
	fixture_begin();
	manual = BUF(1 << 20);
	int rc = 1;
	struct err *e = buf_read_file(SOURCE_DIR "/docs/man/inkan-profile.5", manual.cap, &manual);
	if (!e)
		rc = CHECK_MAIN(TEST(test_every_key_and_no_other_is_described),
				TEST(test_example_profile_shows_every_key),
				TEST(test_example_of_the_page_is_a_profile));
	err_ignore(e);
	buf_free(&manual);
	fixture_end();
	return rc;
}
