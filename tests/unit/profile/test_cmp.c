// Profiles by CMP: the one that is there to start from, and secrets that can be guessed.
#include "fixture.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "check.h"
#include "profile/pattern.h"

static void test_the_profile_to_start_from(void)
{
	AUTO(profile) struct profile *p = NULL;
	AUTO_TEXT char *yaml = fixture_profile("ejbca-cmp", NULL, NULL);
	AUTO_TEXT char *dir = text_copy(fixture_write("ejbca-root.pem", fixture_pem, 0600));
	*strrchr(dir, '/') = '\0';
	CHECK_OK_OR_END(profile_parse(yaml, strlen(yaml), "ejbca-cmp.yaml", dir, &p));
	CU_ASSERT_EQUAL(p->ca.protocol, CA_CMP);
	CU_ASSERT_FALSE(p->ca.cmp.short_secret || p->ca.cmp.unprotected_errors);
}

static char *replaced(const char *in, const char *from, const char *to)
{
	const char *at = strstr(in, from);
	CU_ASSERT_PTR_NOT_NULL_FATAL(at);
	return text_format("%.*s%s%s", (int)(at - in), in, to, at + strlen(from));
}

// What nothing hides on its way must not be short.
static bool goes(const char *url, const char *field, const char *secret, const char *word)
{
	AUTO(profile) struct profile *p = NULL;
	AUTO_TEXT char *one = fixture_profile("ejbca-cmp", "url: https://ejbca.example", url);
	AUTO_TEXT char *dir = text_copy(fixture_write("ejbca-root.pem", fixture_pem, 0600));
	*strrchr(dir, '/') = '\0';
	AUTO_TEXT char *two = replaced(one, "max_length: 64\n        secret: true", field);
	AUTO_TEXT char *three = replaced(two, "secret: \"{enrolment_code}\"", secret);
	AUTO_TEXT char *yaml = replaced(three, "unprotected_errors: false", word);
	AUTO(err) struct err *e = profile_parse(yaml, strlen(yaml), "cmp.yaml", dir, &p);
	AUTO_TEXT char *text = e ? err_render(e) : NULL;
	CU_ASSERT(!e || (err_kind(e) == ERR_PROFILE && strstr(text, "short_secret")));
	return !e;
}

static void test_a_short_secret_does_not_go_over_an_open_line(void)
{
	static const char
		open[] = "url: http://ejbca.example",
		tls[] = "url: https://ejbca.example",
		any[] = "max_length: 64\n        secret: true",
		some[] = "pattern: \"[0-9A-Z]{4}(-[0-9A-Z]{4}){2,3}\"\n        secret: true",
		digits[] = "digits: 16-20\n        secret: true",
		few[] = "digits: 12-20\n        secret: true",
		alone[] = "secret: \"{enrolment_code}\"",
		longer[] = "secret: \"{enrolment_code}-{user_name}-and-some-words\"",
		no[] = "unprotected_errors: false", yes[] = "short_secret: true";
	CU_ASSERT_TRUE(goes(tls, any, alone, no));
	CU_ASSERT_FALSE(goes(open, any, alone, no));
	CU_ASSERT_FALSE(goes(open, few, alone, no));
	CU_ASSERT_FALSE(goes(open, few, longer, no)); // what others know hides nothing
	CU_ASSERT_FALSE(goes(open, some, alone, no)); // 14
	CU_ASSERT_TRUE(goes(open, digits, alone, no));
	CU_ASSERT_TRUE(goes(open, any, alone, yes));
}

static void test_the_shortest_text_that_fits(void)
{
	static const struct {
		const char *pattern;
		size_t shortest;
	} rows[] = {
		{ "", 0 },
		{ "abc", 3 },
		{ "[0-9A-Za-z]{16,40}", 16 },
		{ "[]a]{3}", 3 },
		{ "[^]a[:digit:]]+", 1 },
		{ "a*b?c+", 1 },
		{ "(ab|cde)x", 3 },
		{ "(ab|)x", 1 },
		{ "[0-9A-Z]{4}(-[0-9A-Z]{4}){3}", 19 },
		{ "\\.\\{", 2 },
		{ "鍵{2}", 2 },
		{ "^a$", 1 },
		{ "(a{2,3}){0,5}", 0 },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CU_ASSERT_TRUE(pattern_is_fine(rows[i].pattern));
		CU_ASSERT_EQUAL(pattern_shortest(rows[i].pattern), rows[i].shortest);
	}
}

int main(void)
{
	fixture_begin();
	int rc = CHECK_MAIN(TEST(test_the_profile_to_start_from),
			    TEST(test_a_short_secret_does_not_go_over_an_open_line),
			    TEST(test_the_shortest_text_that_fits));
	fixture_end();
	return rc;
}
