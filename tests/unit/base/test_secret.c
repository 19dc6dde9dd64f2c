// Secrets: where their memory lies, what a child and a core dump get of it, and what stays after use.
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/secret.h"
#include "check.h"

static const char pin[] = "PIN-123456";
enum { PIN_LEN = sizeof(pin) - 1 };

// --wrap=munmap (CMakeLists.txt): what is about to be given back is looked at first.
static size_t unmapped, unmapped_dirty;

static bool all_zero(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] != 0)
			return false;
	return true;
}

int __real_munmap(void *start, size_t len);
int __wrap_munmap(void *start, size_t len);

int __wrap_munmap(void *start, size_t len)
{
	unmapped++;
	if (!all_zero(start, len))
		unmapped_dirty++;
	return __real_munmap(start, len);
}

// The VmFlags line of the mapping that holds the address, from /proc/self/smaps.
static void flags_of(const void *address, char out[static 256])
{
	uintptr_t at = (uintptr_t)address;
	char line[1024];
	bool inside = false;
	out[0] = 0;
	FILE *f = fopen("/proc/self/smaps", "re");
	while (f && fgets(line, sizeof(line), f)) {
		unsigned long from, to;
		char *end;
		from = strtoul(line, &end, 16);
		if (*end == '-') {
			to = strtoul(end + 1, &end, 16);
			if (*end == ' ')
				inside = at >= from && at < to;
		}
		if (inside && strncmp(line, "VmFlags:", 8) == 0)
			snprintf(out, 256, "%.255s", line + 8);
	}
	if (f)
		fclose(f);
}

static void test_memory_is_locked_and_kept_out_of_dumps(void)
{
	AUTO(secret) struct secret *s = NULL;
	CHECK_OK_OR_END(secret_from(pin, PIN_LEN, &s));
	char flags[256];
	flags_of(secret_bytes(s), flags);
	CU_ASSERT_PTR_NOT_NULL(strstr(flags, " dd")); // do not include in a core dump
	CU_ASSERT_PTR_NOT_NULL(strstr(flags, " wf")); // wipe on fork
	CU_ASSERT(secret_locked(s));
	CU_ASSERT_PTR_NOT_NULL(strstr(flags, " lo"));
}

static void test_two_secrets_share_no_page(void)
{
	AUTO(secret) struct secret *a = NULL;
	AUTO(secret) struct secret *b = NULL;
	CHECK_OK_OR_END(secret_from(pin, PIN_LEN, &a));
	CHECK_OK_OR_END(secret_from(pin, PIN_LEN, &b));
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	CU_ASSERT_NOT_EQUAL((uintptr_t)secret_bytes(a) / page, (uintptr_t)secret_bytes(b) / page);
	secret_free(a);
	a = NULL;
	CU_ASSERT_STRING_EQUAL(secret_text(b), pin);
}

static void test_memory_goes_back_wiped_when_freed(void)
{
	unmapped = unmapped_dirty = 0;
	struct secret *s = NULL;
	CHECK_OK_OR_END(secret_from(pin, PIN_LEN, &s));
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	void *start = (void *)((uintptr_t)secret_bytes(s) / page * page);
	unsigned char there;
	CU_ASSERT_EQUAL(mincore(start, page, &there), 0);
	secret_free(s);
	CU_ASSERT(mincore(start, page, &there) != 0 && errno == ENOMEM);
	CU_ASSERT_EQUAL(unmapped, 1);
	CU_ASSERT_EQUAL(unmapped_dirty, 0);
	secret_free(NULL);
}

static void test_forked_child_sees_an_empty_secret(void)
{
	AUTO(secret) struct secret *s = NULL;
	CHECK_OK_OR_END(secret_from(pin, PIN_LEN, &s));
	pid_t child = fork();
	if (child == 0) {
		bool empty = secret_len(s) == 0 && secret_cap(s) == 0 &&
			     all_zero(secret_bytes(s), PIN_LEN) && secret_text(s)[0] == 0;
		struct err *e = secret_append(s, "x", 1);
		bool refused = e && err_kind(e) == ERR_ANSWER;
		secret_free(s);
		_exit(empty && refused ? 0 : 1);
	}
	int status = -1;
	CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
	CU_ASSERT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	CU_ASSERT_STRING_EQUAL(secret_text(s), pin);
}

static void test_without_lockable_memory_it_works_and_says_so(void)
{
	pid_t child = fork();
	if (child == 0) {
		struct rlimit none = { 0 };
		// Root may lock without limit, so the child must not be root.
		bool ready = setrlimit(RLIMIT_MEMLOCK, &none) == 0 &&
			     (geteuid() != 0 || setresuid(65534, 65534, 65534) == 0);
		struct secret *s = NULL;
		struct err *e = secret_from(pin, PIN_LEN, &s);
		_exit(ready && !e && !secret_locked(s) && strcmp(secret_text(s), pin) == 0 ? 0 : 1);
	}
	int status = -1;
	CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
	CU_ASSERT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void test_wiping_leaves_no_byte_and_keeps_the_room(void)
{
	AUTO(secret) struct secret *s = NULL;
	CHECK_OK_OR_END(secret_new(64, &s));
	CHECK_OK(secret_append(s, pin, PIN_LEN));
	secret_wipe(s);
	CU_ASSERT_EQUAL(secret_len(s), 0);
	CU_ASSERT_EQUAL(secret_cap(s), 64);
	CU_ASSERT(all_zero(secret_room(s), 65));
	CHECK_OK(secret_append(s, "42", 2));
	CU_ASSERT_STRING_EQUAL(secret_text(s), "42");
}

static void test_chopping_wipes_the_rest(void)
{
	AUTO(secret) struct secret *s = NULL;
	CHECK_OK_OR_END(secret_from(pin, PIN_LEN, &s));
	secret_chop(s, 3);
	CU_ASSERT_STRING_EQUAL(secret_text(s), "PIN");
	CU_ASSERT(all_zero(secret_bytes(s) + 3, PIN_LEN - 3));
	secret_chop(s, 8);
	CU_ASSERT_EQUAL(secret_len(s), 3);
}

static void test_reading_into_the_room_keeps_only_the_length(void)
{
	AUTO(secret) struct secret *s = NULL;
	CHECK_OK_OR_END(secret_new(32, &s));
	memset(secret_room(s), 'x', 32);
	secret_set_len(s, 5);
	CU_ASSERT_STRING_EQUAL(secret_text(s), "xxxxx");
	CU_ASSERT(all_zero(secret_room(s) + 5, 28));
	secret_set_len(s, 1000);
	CU_ASSERT_EQUAL(secret_len(s), 32);
}

static void test_too_much_is_refused_and_appends_nothing(void)
{
	AUTO(secret) struct secret *s = NULL;
	CHECK_OK_OR_END(secret_new(8, &s));
	CHECK_OK(secret_append(s, "12345", 5));
	CHECK_ERR(secret_append(s, "6789", 4), ERR_ANSWER);
	CU_ASSERT_STRING_EQUAL(secret_text(s), "12345");
	CHECK_OK(secret_append(s, "678", 3));
	CU_ASSERT_EQUAL(secret_len(s), 8);

	struct secret *untouched = s;
	static const uint8_t big[SECRET_MAX + 1];
	CHECK_ERR(secret_from(big, sizeof(big), &untouched), ERR_ANSWER);
	CHECK_ERR(secret_new(SECRET_FORM + 1, &untouched), ERR_FAILED);
	CU_ASSERT_PTR_EQUAL(untouched, s);
}

static void test_the_largest_secret_is_whole(void)
{
	static uint8_t big[SECRET_MAX];
	memset(big, 'z', sizeof(big));
	AUTO(secret) struct secret *s = NULL;
	CHECK_OK_OR_END(secret_from(big, sizeof(big), &s));
	CU_ASSERT_EQUAL(strlen(secret_text(s)), SECRET_MAX);
	CU_ASSERT_EQUAL(memcmp(secret_bytes(s), big, sizeof(big)), 0);
}

static void test_copies_are_apart_and_equal(void)
{
	AUTO(secret) struct secret *a = NULL;
	AUTO(secret) struct secret *b = NULL;
	AUTO(secret) struct secret *c = NULL;
	CHECK_OK_OR_END(secret_from("a\0b", 3, &a));
	CHECK_OK_OR_END(secret_copy(a, &b));
	CHECK_OK_OR_END(secret_from("a\0c", 3, &c));
	CU_ASSERT(secret_equal(a, b));
	CU_ASSERT(!secret_equal(a, c));
	secret_chop(b, 2);
	CU_ASSERT(!secret_equal(a, b));
	CU_ASSERT_EQUAL(secret_len(a), 3);
	CU_ASSERT(!secret_equal(a, NULL));
}

static void test_nothing_reads_as_empty(void)
{
	CU_ASSERT_STRING_EQUAL(secret_text(NULL), "");
	CU_ASSERT_EQUAL(secret_len(NULL), 0);
	CU_ASSERT(!secret_locked(NULL));
}

static void test_wipe_zeroes_any_memory(void)
{
	uint8_t bytes[16];
	memset(bytes, 0xa5, sizeof(bytes));
	wipe(bytes, sizeof(bytes));
	CU_ASSERT(all_zero(bytes, sizeof(bytes)));
	wipe(NULL, 4);
	wipe_free_text(text_copy("secret"));
	wipe_free_text(NULL);
}

int main(void)
{
	return CHECK_MAIN(
		TEST(test_memory_is_locked_and_kept_out_of_dumps),
		TEST(test_two_secrets_share_no_page), TEST(test_memory_goes_back_wiped_when_freed),
		TEST(test_forked_child_sees_an_empty_secret),
		TEST(test_without_lockable_memory_it_works_and_says_so),
		TEST(test_wiping_leaves_no_byte_and_keeps_the_room),
		TEST(test_chopping_wipes_the_rest),
		TEST(test_reading_into_the_room_keeps_only_the_length),
		TEST(test_too_much_is_refused_and_appends_nothing),
		TEST(test_the_largest_secret_is_whole), TEST(test_copies_are_apart_and_equal),
		TEST(test_nothing_reads_as_empty), TEST(test_wipe_zeroes_any_memory));
}
