// PSKC files of this directory, changed, imported, and looked at.
#pragma once

#include <string.h>

#include "base/buf.h"
#include "check.h"
#include "otp/import.h"

static const char rfc_key[] = "\x12\x34\x56\x78\x90\x12\x34\x56\x78\x90\x12\x34\x56\x78\x90\x12";

// A file of this directory, with words of it replaced by others: pairs, ended by null.
#define file(name, ...) file_changed((name), (const char *const[]){ __VA_ARGS__, NULL })
static inline char *file_changed(const char *name, const char *const *pairs)
{
	AUTO_TEXT char *path = text_format("%s/%s.xml", PSKC_DIR, name);
	AUTO_BUF struct buf b = { 0 };
	if (!check_no_err(buf_read_file(path, BUF_DEFAULT_CAP, &b), path, __FILE__, __LINE__))
		return NULL;
	char *text = text_copy((const char *)b.data);
	for (; pairs[0]; pairs += 2) {
		const char *from = pairs[0], *to = pairs[1];
		char *at = text ? strstr(text, from) : NULL;
		if (!at) {
			fprintf(stderr, "%s has no %s\n", name, from);
			abort();
		}
		char *changed =
			text_format("%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
		free(text);
		text = changed;
	}
	return text;
}

static inline struct err *import(const char *text, const char *key, size_t key_len,
				 const char *passphrase, struct seeds *out)
{
	AUTO(secret) struct secret *preshared = NULL, *typed = NULL;
	if (key)
		TRY(secret_from(key, key_len, &preshared));
	if (passphrase)
		TRY(secret_from(passphrase, strlen(passphrase), &typed));
	const struct import_keys keys = { preshared, typed };
	return import_pskc(text, strlen(text), &keys, out);
}

static inline struct err *plain(const char *text, struct seeds *out)
{
	return import(text, NULL, 0, NULL, out);
}

// Takes text and error: it must have failed with this tag, and have said nothing of a secret.
static inline bool refused(char *text, struct err *e, const char *tag)
{
	free(text);
	AUTO_TEXT char *said = e ? err_render(e) : NULL;
	bool good = e && err_kind(e) == ERR_ANSWER && strcmp(err_nearest_slug(e), tag) == 0 &&
		    err_next_step(e) && said && !strstr(said, "MTIz") &&
		    !strstr(said, "1234567890");
	if (!good)
		fprintf(stderr, "not %s: %s\n", tag, said ? said : "(accepted)");
	err_free(e);
	return good;
}

#define CHECK_REFUSED(text, tag)                                                                   \
	do {                                                                                       \
		AUTO_SEEDS struct seeds refused_ = { 0 };                                          \
		char *bad = (text);                                                                \
		CHECK_OR_END(bad);                                                                 \
		CU_ASSERT(refused(bad, plain(bad, &refused_), (tag)));                             \
		CU_ASSERT_EQUAL(refused_.n, 0);                                                    \
	} while (0)

static inline bool has_secret(const struct seed *s, const char *secret)
{
	return secret_len(s->secret) == strlen(secret) &&
	       memcmp(secret_bytes(s->secret), secret, strlen(secret)) == 0;
}

// What is cut out from one place to another.
static inline char *without(char *text, const char *from, const char *to)
{
	char *a = strstr(text, from), *b = a ? strstr(a, to) : NULL;
	if (!b)
		abort();
	b += strlen(to);
	memmove(a, b, strlen(b) + 1);
	return text;
}
