// What an RA's key is to sign, as text: nothing is lost on the way, and nothing else is taken for it.
#include "enroll/vouch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "enroll/on_behalf.h"

static void comes_back(const struct signing_terms *t)
{
	AUTO_TEXT char *line = NULL;
	AUTO_BUF struct buf data = { 0 };
	struct signing_terms back;
	CHECK_OK(vouch_write(t, &line));
	CHECK_OK(vouch_read(line, &data, &back));
	CU_ASSERT(back.pss == t->pss && back.hash == t->hash && back.hashed == t->hashed);
	CU_ASSERT_EQUAL(back.salt_len, t->pss ? t->salt_len : 0);
	CU_ASSERT(back.len == t->len && memcmp(back.data, t->data, t->len) == 0);
}

static void test_terms_come_back_as_they_were(void)
{
	const uint8_t bytes[] = { 0, 1, 0xfe, 0xff, '"', '\n' };
	uint8_t digest[48] = { 7 };
	comes_back(&(struct signing_terms){
		.hash = SIGNING_SHA256, .data = bytes, .len = sizeof bytes });
	comes_back(&(struct signing_terms){ .pss = true,
					    .hash = SIGNING_SHA384,
					    .salt_len = 48,
					    .hashed = true,
					    .data = digest,
					    .len = sizeof digest });
	comes_back(&(struct signing_terms){
		.pss = true, .hash = SIGNING_SHA512, .salt_len = 0, .data = bytes, .len = 1 });
}

static void test_what_is_no_terms_is_refused(void)
{
	static const char *const wrong[] = {
		"",
		"pss",
		"pss SHA256 32 message",
		"pss SHA256 32 message ",
		"pss SHA256 32 message 0g",
		"pss SHA256 32 message 012",
		"pss SHA256 32 message 01 02",
		"raw SHA256 32 message 01",
		"pss MD5 32 message 01",
		"pss SHA256 65 message 01",
		"pss SHA256 32 thing 01",
		"pss SHA256 -1 message 01",
		"a-word-that-is-far-too-long SHA256 32 message 01",
	};
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		AUTO_BUF struct buf data = { 0 };
		struct signing_terms t = { .len = 77 };
		AUTO(err) struct err *e = vouch_read(wrong[i], &data, &t);
		if (!e)
			fprintf(stderr, "taken: %s\n", wrong[i]);
		CU_ASSERT_PTR_NOT_NULL(e);
		CU_ASSERT_EQUAL(t.len, 77);
	}
}

static void test_one_token_is_known_by_what_was_found(void)
{
	struct token_info t = { .label = "desk", .raw_label = "desk", .serial = "1" };
	AUTO_TEXT char *uri = token_info_uri(&t);
	CU_ASSERT_TRUE(on_behalf_same_token(&t, uri, NULL));
	CU_ASSERT_FALSE(on_behalf_same_token(&t, "pkcs11:token=person", NULL));
	CU_ASSERT_FALSE(on_behalf_same_token(&t, NULL, NULL));
	// Another module's name for it does not make it two.
	snprintf(t.slot_description, sizeof t.slot_description, "Reader 00 00");
	CU_ASSERT_FALSE(on_behalf_same_token(&t, "pkcs11:token=other", "Reader 00 00"));
	t.removable = true;
	CU_ASSERT_TRUE(on_behalf_same_token(&t, "pkcs11:token=other", "Reader 00 00"));
	CU_ASSERT_FALSE(on_behalf_same_token(&t, "pkcs11:token=other", "Reader 01 00"));
}

// A module shows 64 bytes of the name, the stand-in's readers differ behind them.
static void test_two_readers_with_long_names_are_two(void)
{
	struct token_info t = { .label = "desk", .raw_label = "desk", .serial = "1" };
	t.removable = true;
	memset(t.slot_description, 'x', sizeof t.slot_description - 1);
	setenv("STAND_IN_NAME", t.slot_description, 1);
	setenv("STAND_IN_READERS", "2", 1);
	CU_ASSERT_FALSE(on_behalf_same_token(&t, "pkcs11:token=other", t.slot_description));
	setenv("STAND_IN_READERS", "1", 1);
	CU_ASSERT_TRUE(on_behalf_same_token(&t, "pkcs11:token=other", t.slot_description));
	// The 64th is a blank: it looks like 63.
	t.slot_description[63] = '\0';
	setenv("STAND_IN_NAME", t.slot_description, 1);
	CU_ASSERT_TRUE(on_behalf_same_token(&t, "pkcs11:token=other", t.slot_description));
	setenv("STAND_IN_READERS", "2", 1);
	CU_ASSERT_FALSE(on_behalf_same_token(&t, "pkcs11:token=other", t.slot_description));
}

int main(void)
{
	return CHECK_MAIN(TEST(test_terms_come_back_as_they_were),
			  TEST(test_what_is_no_terms_is_refused),
			  TEST(test_one_token_is_known_by_what_was_found),
			  TEST(test_two_readers_with_long_names_are_two));
}
