// After an import nothing of a seed is left in memory: not where libxml2 had it, nor in what this program freed. (Pictures are left out: zbar frees what
// it decoded as it is.)
//
// What is looked for is kept upside down, so that it is found only where somebody left it.
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "check.h"
#include "otp/import_csv.h"

enum { STEP = 1 << 20 };

// The seed as bytes, in Base64, Base32 and hexadecimal, each reversed.
static const char *const reversed[] = { "6543210987654321", "yEDM5gzN2UDNzITM", "JOQT3YGVBNGDZEG",
					"8373635343332313" };

static char *window;

static bool holds(const char *bytes, size_t len)
{
	for (size_t w = 0; w < ARRAY_LEN(reversed); w++) {
		const char *word = reversed[w];
		size_t n = strlen(word), i;
		for (const char *at = bytes;
		     (at = memchr(at, word[n - 1], len - (size_t)(at - bytes))); at++) {
			for (i = 0; i < n && at + n <= bytes + len && at[i] == word[n - 1 - i]; i++)
				;
			if (i == n)
				return true;
		}
	}
	return false;
}

static bool mapping_holds(int memory, unsigned long from, unsigned long to)
{
	for (unsigned long at = from; at < to; at += STEP - 64) {
		size_t want = to - at < STEP ? to - at : STEP;
		ssize_t got = pread(memory, window, want, (off_t)at);
		if (got <= 0)
			return false;
		if (holds(window, (size_t)got))
			return true;
	}
	return false;
}

// Of all writable mappings, without the window itself and what is too large to be anything but a sanitizer's.
static bool memory_holds_a_seed(void)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	char line[512], *rest;
	bool found = false;
	CU_ASSERT(maps && memory >= 0);
	while (maps && memory >= 0 && fgets(line, sizeof(line), maps)) {
		unsigned long from = strtoul(line, &rest, 16), to = strtoul(rest + 1, &rest, 16);
		bool own = from <= (unsigned long)window && (unsigned long)window < to;
		if (strncmp(rest, " rw", 3) != 0 || to - from > (64ul << 20) || own)
			continue;
		found = found || mapping_holds(memory, from, to);
	}
	if (maps)
		fclose(maps);
	close(memory);
	return found;
}

static struct err *import(const struct buf *b, const struct import_keys *keys, struct seeds *out)
{
	switch (import_guess(b->data, b->len)) {
	case IMPORT_PSKC:
		return import_pskc(b->data, b->len, keys, out);
	case IMPORT_OTPAUTH:
		return import_otpauth((const char *)b->data, b->len, out);
	default:
		return import_csv(b->data, b->len, NULL, out);
	}
}

static void test_memory_is_looked_through(void)
{
	AUTO_BUF struct buf b = { 0 };
	AUTO_TEXT char *path = text_format("%s/pskc/figure3.xml", OTP_DIR);
	CHECK_OK_OR_END(buf_read_file(path, BUF_DEFAULT_CAP, &b));
	CU_ASSERT(memory_holds_a_seed()); // the file itself
	buf_free(&b);
	CU_ASSERT(!memory_holds_a_seed());
}

static void test_nothing_of_a_seed_is_left(void)
{
	static const char *const files[] = { "pskc/figure3.xml",  "pskc/figure6.xml",
					     "pskc/figure7.xml",  "pskc/figure9.xml",
					     "pskc/figure10.xml", "seeds.csv",
					     "seeds.txt" };
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		AUTO_BUF struct buf b = { 0 };
		AUTO(secret) struct secret *key = NULL, *passphrase = NULL;
		AUTO_SEEDS struct seeds s = { 0 };
		AUTO_TEXT char *path = text_format("%s/%s", OTP_DIR, files[i]);
		CHECK_OK_OR_END(buf_read_file(path, BUF_DEFAULT_CAP, &b));
		CHECK_OK_OR_END(secret_from(
			"\x12\x34\x56\x78\x90\x12\x34\x56\x78\x90\x12\x34\x56\x78\x90\x12", 16,
			&key));
		CHECK_OK_OR_END(secret_from("qwerty", 6, &passphrase));
		const struct import_keys keys = { key, passphrase };
		err_free(import(&b, &keys, &s)); // some are refused: they were read nevertheless
		seeds_free(&s);
		buf_free(&b);
		bool left = memory_holds_a_seed();
		CU_ASSERT(!left);
		if (left)
			fprintf(stderr, "%s is left\n", files[i]);
	}
}

int main(void)
{
	window = malloc(STEP);
	if (!window)
		return 1;
	int status = CHECK_MAIN(TEST(test_memory_is_looked_through),
				TEST(test_nothing_of_a_seed_is_left));
	free(window);
	return status;
}
