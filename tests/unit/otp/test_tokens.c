// The tokens that this machine judges: imports that are all or nothing, values that are spent once whatever happens, locks, and the record.
#include "otp/tokens.h"

#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <sqlite3.h>

#include "base/text.h"
#include "otp/value.h"
#include "scratch.h"
#include "seeds.h"

static const int64_t now = 1000000;

struct shop {
	struct scratch *dir;
	char *path;
	struct otp_tokens *tokens;
	struct seal *seal;
	struct judge_rules rules;
};

static void open_it(struct shop *s)
{
	AUTO_TEXT char *key = NULL;
	CHECK_OK(otp_tokens_key_path(s->path, &key));
	CHECK_OK(otp_tokens_open(s->path, &s->tokens));
	CHECK_OK(seal_from_file(key, true, &s->seal));
}
static void close_it(struct shop *s)
{
	otp_tokens_close(s->tokens);
	seal_free(s->seal);
	s->tokens = NULL;
	s->seal = NULL;
}
static void begin(struct shop *s)
{
	*s = (struct shop){ .dir = scratch_new(), .rules = judge_usual };
	s->rules.delay = 0;
	s->path = scratch_path(s->dir, "otp.db");
	open_it(s);
}
static void end(struct shop *s)
{
	close_it(s);
	free(s->path);
	scratch_free(s->dir);
}

static struct err *bring(struct shop *s, enum otp_replace replace, size_t *replaced,
			 const char *const *serials, size_t n)
{
	AUTO_SEEDS struct seeds all = { 0 };
	for (size_t i = 0; i < n; i++) {
		struct seed one = seed_hotp(serials[i]);
		CHECK_OK(seeds_add(&all, &one));
	}
	return otp_import(s->tokens, s->seal, &all, replace, replaced);
}
#define BRING(shop, ...)                                                                           \
	bring(shop, REPLACE_REFUSE, NULL, (const char *const[]){ __VA_ARGS__ },                    \
	      ARRAY_LEN(((const char *const[]){ __VA_ARGS__ })))

static const char *shows(uint64_t n)
{
	static char value[VALUE_MAX + 1];
	struct seed s = seed_hotp("A1");
	CHECK_OK(seed_value(&s, n, value));
	seed_clear(&s);
	return value;
}

static enum judgement checked(struct shop *s, const char *serial, const char *value)
{
	AUTO(secret) struct secret *t = typed(value);
	enum judgement j = JUDGED_LOCKED;
	CHECK_OK(otp_check(s->tokens, s->seal, serial, &s->rules, t, now, "hana", &j, NULL));
	return j;
}

static size_t count(struct shop *s)
{
	struct otp_list l = { 0 };
	CHECK_OK(otp_all(s->tokens, &l));
	size_t n = l.n;
	otp_list_free(&l);
	return n;
}

// The words of the record, joined by blanks.
static char *record(struct shop *s, const char *serial)
{
	static char words[512];
	struct otp_events e = { 0 };
	words[0] = '\0';
	CHECK_OK(otp_history(s->tokens, serial, &e));
	for (size_t i = 0; i < e.n; i++)
		snprintf(words + strlen(words), sizeof(words) - strlen(words), "%s%s", i ? " " : "",
			 e.list[i].what);
	otp_events_free(&e);
	return words;
}

static void test_a_value_is_spent_across_processes_and_restarts(void)
{
	struct shop s;
	begin(&s);
	CHECK_OK(BRING(&s, "A1", "A2"));
	CU_ASSERT_EQUAL(checked(&s, "A1", shows(0)), JUDGED_RIGHT);
	CU_ASSERT_EQUAL(checked(&s, "A1", shows(0)), JUDGED_USED);
	close_it(&s);
	open_it(&s);
	CU_ASSERT_EQUAL(checked(&s, "A1", shows(0)), JUDGED_USED);
	CU_ASSERT_EQUAL(checked(&s, "A1", shows(1)), JUDGED_RIGHT);
	CU_ASSERT_EQUAL(checked(&s, "A2", shows(0)), JUDGED_RIGHT); // a token of its own
	CU_ASSERT_STRING_EQUAL(record(&s, "A1"), "imported checked used-again used-again checked");
	end(&s);
}

static void test_an_import_is_all_or_nothing(void)
{
	struct shop s;
	size_t replaced = 0;
	begin(&s);
	CHECK_OK(BRING(&s, "A1"));
	AUTO(err) struct err *e = BRING(&s, "B1", "B2", "A1", "B3");
	CU_ASSERT(e && err_has_tag(e, "otp-duplicate"));
	CU_ASSERT_EQUAL(count(&s), 1);
	AUTO(err) struct err *twice = BRING(&s, "C1", "C2", "C1");
	CU_ASSERT(twice && err_has_tag(twice, "otp-duplicate"));
	CU_ASSERT_EQUAL(count(&s), 1);
	CU_ASSERT_EQUAL(checked(&s, "A1", shows(2)), JUDGED_RIGHT);
	CHECK_OK(bring(&s, REPLACE_ALL, &replaced, (const char *const[]){ "A1", "B1" }, 2));
	CU_ASSERT_EQUAL(replaced, 1);
	CU_ASSERT_EQUAL(count(&s), 2);
	end(&s);
}

// The same seed once more: what was spent stays spent.
static void test_a_seed_brought_again_brings_no_value_back(void)
{
	struct shop s;
	begin(&s);
	CHECK_OK(BRING(&s, "A1"));
	CU_ASSERT_EQUAL(checked(&s, "A1", shows(3)), JUDGED_RIGHT);
	CHECK_OK(bring(&s, REPLACE_ALL, NULL, (const char *const[]){ "A1" }, 1));
	CU_ASSERT_EQUAL(checked(&s, "A1", shows(3)), JUDGED_USED);
	CU_ASSERT_EQUAL(checked(&s, "A1", shows(4)), JUDGED_RIGHT);
	// Another seed begins where its file says.
	AUTO_SEEDS struct seeds other = { 0 };
	struct seed one = seed_of("A1", SEED_HOTP, SEED_SHA1, 6, 32);
	char first[VALUE_MAX + 1];
	CHECK_OK(seed_value(&one, 0, first));
	CHECK_OK(seeds_add(&other, &one));
	CHECK_OK(otp_import(s.tokens, s.seal, &other, REPLACE_ALL, NULL));
	CU_ASSERT_EQUAL(checked(&s, "A1", first), JUDGED_RIGHT);
	end(&s);
}

static void test_a_lock_is_kept_and_undone_by_name(void)
{
	struct shop s;
	bool was = false;
	begin(&s);
	s.rules.lock_after = 2;
	CHECK_OK(BRING(&s, "A1"));
	CU_ASSERT_EQUAL(checked(&s, "A1", "000000"), JUDGED_WRONG);
	CU_ASSERT_EQUAL(checked(&s, "A1", "000000"), JUDGED_WRONG);
	close_it(&s);
	open_it(&s);
	CU_ASSERT_EQUAL(checked(&s, "A1", shows(0)), JUDGED_LOCKED);
	CHECK_OK(otp_unlock(s.tokens, "A1", "tanaka", &was));
	CU_ASSERT(was);
	CU_ASSERT_EQUAL(checked(&s, "A1", shows(0)), JUDGED_RIGHT);
	struct otp_events e = { 0 };
	CHECK_OK(otp_history(s.tokens, "A1", &e));
	CU_ASSERT_STRING_EQUAL(record(&s, "A1"),
			       "imported refused refused locked unlocked checked");
	CU_ASSERT_STRING_EQUAL(e.list[4].by, "tanaka");
	otp_events_free(&e);
	CHECK_OK(otp_unlock(s.tokens, "A1", "tanaka", &was));
	CU_ASSERT(!was);
	end(&s);
}

static void test_values_in_a_row_are_kept(void)
{
	struct shop s;
	enum judgement j = JUDGED_LOCKED;
	begin(&s);
	CHECK_OK(BRING(&s, "A1"));
	AUTO(secret) struct secret *one = typed(shows(50));
	AUTO(secret) struct secret *two = typed(shows(51));
	const struct secret *row[] = { one, two };
	CHECK_OK(otp_resync(s.tokens, s.seal, "A1", &s.rules, row, 2, now, "hana", &j));
	CU_ASSERT_EQUAL(j, JUDGED_RIGHT);
	CU_ASSERT_EQUAL(checked(&s, "A1", shows(51)), JUDGED_USED);
	CU_ASSERT_EQUAL(checked(&s, "A1", shows(52)), JUDGED_RIGHT);
	CU_ASSERT_STRING_EQUAL(record(&s, "A1"), "imported resynchronised used-again checked");
	end(&s);
}

static void test_a_token_has_one_holder(void)
{
	struct shop s;
	struct otp_list of = { 0 };
	begin(&s);
	CHECK_OK(BRING(&s, "A1", "A2"));
	CHECK_OK(otp_assign(s.tokens, "A1", "sato", false, "hana"));
	CHECK_OK(otp_assign(s.tokens, "A1", "sato", false, "hana"));
	AUTO(err) struct err *e = otp_assign(s.tokens, "A1", "suzuki", false, "hana");
	CU_ASSERT(e && err_has_tag(e, "otp-assigned"));
	CHECK_OK(otp_of_person(s.tokens, "sato", &of));
	CU_ASSERT(of.n == 1 && strcmp(of.list[0]->serial, "A1") == 0);
	otp_list_free(&of);
	CHECK_OK(otp_assign(s.tokens, "A1", "suzuki", true, "hana"));
	CHECK_OK(otp_of_person(s.tokens, "sato", &of));
	CU_ASSERT_EQUAL(of.n, 0);
	otp_list_free(&of);
	CHECK_OK(otp_assign(s.tokens, "A1", NULL, false, "hana"));
	CHECK_OK(otp_of_person(s.tokens, "suzuki", &of));
	CU_ASSERT_EQUAL(of.n, 0);
	otp_list_free(&of);
	AUTO(err) struct err *unknown = otp_assign(s.tokens, "Z9", "sato", false, "hana");
	CU_ASSERT(unknown && err_has_tag(unknown, "otp-unknown"));
	end(&s);
}

static void spoil(const struct shop *s, const char *sql)
{
	sqlite3 *db = NULL;
	CU_ASSERT_EQUAL(sqlite3_open(s->path, &db), SQLITE_OK);
	CU_ASSERT_EQUAL(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static void check_refused(struct shop *s, const char *sql, const char *tag)
{
	AUTO(secret) struct secret *t = typed(shows(0));
	enum judgement j = JUDGED_WRONG;
	struct otp_token *before = NULL;
	spoil(s, sql);
	AUTO(err)
	struct err *e = otp_check(s->tokens, s->seal, "A1", &s->rules, t, now, "hana", &j, NULL);
	CU_ASSERT_STRING_EQUAL(e ? err_slug(e) : "", tag);
	CU_ASSERT_EQUAL(j, JUDGED_WRONG);
	err_ignore(otp_find(s->tokens, "A1", &before));
	otp_token_free(before);
}

// Who can write the database can do much, but nobody is let in by a row that was changed.
static void test_a_row_that_was_changed_lets_nobody_in(void)
{
	static const struct {
		const char *sql, *tag;
	} cases[] = {
		{ "UPDATE otp_tokens SET seed = (SELECT seed FROM otp_tokens WHERE serial = 'A2') "
		  "WHERE serial = 'A1'",
		  "seal-broken" },
		{ "UPDATE otp_tokens SET digits = 7 WHERE serial = 'A1'", "seal-broken" },
		{ "UPDATE otp_tokens SET digits = 600 WHERE serial = 'A1'", "otp-damaged" },
		{ "UPDATE otp_tokens SET kind = 1 WHERE serial = 'A1'", "otp-damaged" },
		{ "UPDATE otp_tokens SET kind = 1, step = 30 WHERE serial = 'A1'", "seal-broken" },
		{ "UPDATE otp_tokens SET hash = 9 WHERE serial = 'A1'", "otp-damaged" },
		{ "UPDATE otp_tokens SET next = -1 WHERE serial = 'A1'", "otp-damaged" },
		{ "UPDATE otp_tokens SET drift = 1 << 40 WHERE serial = 'A1'", "otp-damaged" },
		{ "UPDATE otp_tokens SET seed = x'' WHERE serial = 'A1'", "seal-broken" },
		{ "UPDATE otp_tokens SET serial = 'A3' WHERE serial = 'A1'", "otp-unknown" },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct shop s;
		begin(&s);
		CHECK_OK(BRING(&s, "A1", "A2"));
		check_refused(&s, cases[i].sql, cases[i].tag);
		end(&s);
	}
}

static void test_a_damaged_database_is_not_opened(void)
{
	struct shop s;
	begin(&s);
	CHECK_OK(BRING(&s, "A1"));
	close_it(&s);
	int fd = open(s.path, O_WRONLY | O_CLOEXEC);
	CU_ASSERT_FATAL(fd >= 0);
	CU_ASSERT_EQUAL(pwrite(fd, "this is no database any more", 28, 0), 28);
	close(fd);
	struct otp_tokens *t = NULL;
	AUTO(err) struct err *e = otp_tokens_open(s.path, &t);
	CU_ASSERT(e && (err_has_tag(e, "store-damaged") || err_has_tag(e, "store-foreign")));
	CU_ASSERT_PTR_NULL(t);
	end(&s);
}

// --- many at once

static unsigned how_many(const char *name, unsigned usual)
{
	const char *said = getenv(name);
	unsigned long n = said ? strtoul(said, NULL, 10) : 0;
	return n ? (unsigned)n : usual;
}

// A process of its own gives every value of the row, and counts in shared memory which ones were accepted.
static void race(const struct shop *shop, unsigned values, unsigned *accepted)
{
	struct shop s = { .path = shop->path, .rules = shop->rules };
	s.rules.look_ahead = 0;
	s.rules.lock_after = 0;
	open_it(&s);
	for (unsigned n = 0; n < values; n++)
		if (checked(&s, "A1", shows(n)) == JUDGED_RIGHT)
			__atomic_add_fetch(&accepted[n], 1, __ATOMIC_SEQ_CST);
	close_it(&s);
	_exit(0);
}

static unsigned *shared(unsigned n)
{
	int fd = memfd_create("accepted", MFD_CLOEXEC);
	CU_ASSERT_FATAL(fd >= 0 && ftruncate(fd, (off_t)(n * sizeof(unsigned))) == 0);
	void *p = mmap(NULL, n * sizeof(unsigned), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CU_ASSERT_FATAL(p != MAP_FAILED);
	close(fd);
	return p;
}

// INKAN_TEST_RACE values by 16 processes; each is accepted exactly once, though each process gives all of them as fast as it can.
static void test_of_16_processes_one_is_let_in(void)
{
	enum { PROCESSES = 16 };
	struct shop s;
	unsigned values = how_many("INKAN_TEST_RACE", 40);
	unsigned *accepted = shared(values);
	pid_t pids[PROCESSES];
	begin(&s);
	CHECK_OK(BRING(&s, "A1"));
	for (int i = 0; i < PROCESSES; i++) {
		pids[i] = fork();
		if (pids[i] == 0)
			race(&s, values, accepted);
	}
	for (int i = 0; i < PROCESSES; i++) {
		int status = -1;
		waitpid(pids[i], &status, 0);
		CU_ASSERT_EQUAL(status, 0);
	}
	unsigned wrong = 0;
	for (unsigned n = 0; n < values; n++)
		wrong += accepted[n] != 1;
	CU_ASSERT_EQUAL(wrong, 0);
	munmap(accepted, values * sizeof(unsigned));
	end(&s);
}

// Killed at any moment between being asked and having answered: no value is accepted twice, and nothing is left locked.
static void test_killed_while_it_judges(void)
{
	struct shop s;
	unsigned rounds = how_many("INKAN_TEST_KILLS", 24);
	unsigned *accepted = shared(rounds);
	begin(&s);
	CHECK_OK(BRING(&s, "A1"));
	close_it(&s);
	for (unsigned n = 0; n < rounds; n++) {
		int ready[2];
		char byte = 0;
		CU_ASSERT_FATAL(pipe(ready) == 0);
		pid_t pid = fork();
		if (pid == 0) {
			open_it(&s);
			CU_ASSERT_EQUAL(write(ready[1], "r", 1), 1);
			if (checked(&s, "A1", shows(n)) == JUDGED_RIGHT)
				__atomic_add_fetch(&accepted[n], 1, __ATOMIC_SEQ_CST);
			_exit(0);
		}
		CU_ASSERT_EQUAL(read(ready[0], &byte, 1), 1);
		for (volatile unsigned wait = 0; wait < n * 40000; wait = wait + 1)
			;
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		close(ready[0]);
		close(ready[1]);
		open_it(&s);
		accepted[n] += checked(&s, "A1", shows(n)) == JUDGED_RIGHT;
		// Accepted once, or spent by one who was killed before it could say so.
		CU_ASSERT(accepted[n] <= 1);
		CU_ASSERT_EQUAL(checked(&s, "A1", shows(n)), JUDGED_USED);
		bool was = false;
		CHECK_OK(otp_unlock(s.tokens, "A1", "test", &was));
		close_it(&s);
	}
	munmap(accepted, rounds * sizeof(unsigned));
	end(&s);
}

int main(void)
{
	return CHECK_MAIN(
		TEST(test_a_value_is_spent_across_processes_and_restarts),
		TEST(test_an_import_is_all_or_nothing),
		TEST(test_a_seed_brought_again_brings_no_value_back),
		TEST(test_a_lock_is_kept_and_undone_by_name), TEST(test_values_in_a_row_are_kept),
		TEST(test_a_token_has_one_holder), TEST(test_a_row_that_was_changed_lets_nobody_in),
		TEST(test_a_damaged_database_is_not_opened),
		TEST(test_of_16_processes_one_is_let_in), TEST(test_killed_while_it_judges));
}
