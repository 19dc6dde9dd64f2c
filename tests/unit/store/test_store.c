// Statements, rows, transactions and migrations of the store.
#include "check.h"

#include <string.h>
#include <sys/wait.h>

#include "scratch.h"
#include "store/store.h"

static const char *const one[] = {
	"CREATE TABLE person(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, blob BLOB, n "
	"BIGINT);"
	"CREATE TABLE pet(owner INTEGER NOT NULL REFERENCES person(id));",
};
static const char *const two[] = {
	"CREATE TABLE person(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, blob BLOB, n "
	"BIGINT);"
	"CREATE TABLE pet(owner INTEGER NOT NULL REFERENCES person(id));",
	"ALTER TABLE person ADD COLUMN colour TEXT; UPDATE person SET colour='red';",
};

static struct err *open_with(const char *path, const char *const *scripts, size_t n, int64_t busy,
			     struct store **out)
{
	return store_open(
		&(struct store_terms){
			.path = path, .migrations = scripts, .n_migrations = n, .busy_ms = busy },
		out);
}

static int64_t number_of(struct store *s, const char *sql)
{
	AUTO(rows) struct rows *r = NULL;
	bool more = false;
	CHECK_OK(store_query(s, sql, NO_VALUES, &r));
	CHECK_OK(rows_next(r, &more));
	CU_ASSERT(more);
	return rows_int(r, 0);
}

static void test_values_come_back(void)
{
	AUTO(scratch) struct scratch *place = scratch_new();
	AUTO_TEXT char *file = scratch_path(place, "test.db");
	AUTO(store) struct store *s = NULL;
	CHECK_OK_OR_END(open_with(file, one, 1, 1000, &s));
	int64_t changed = 0;
	CHECK_OK(store_run(s, "INSERT INTO person(name, blob, n) VALUES(?,?,?)",
			   VALUES(V_TEXT("印鑑"), V_BYTES("a\0b", 3), V_INT(INT64_MIN)), &changed));
	CU_ASSERT_EQUAL(changed, 1);
	CHECK_OK(store_run(s, "INSERT INTO person(name, blob, n) VALUES(?,?,?)",
			   VALUES(V_TEXT(""), V_BYTES("", 0), V_NULL), NULL));
	AUTO(rows) struct rows *r = NULL;
	bool more = false;
	size_t len = 0;
	CHECK_OK_OR_END(
		store_query(s, "SELECT name, blob, n FROM person WHERE id=? OR id=? ORDER BY id",
			    VALUES(V_INT(1), V_INT(2)), &r));
	CHECK_OK(rows_next(r, &more));
	CU_ASSERT(more);
	CU_ASSERT_STRING_EQUAL(rows_text(r, 0), "印鑑");
	CU_ASSERT(memcmp(rows_bytes(r, 1, &len), "a\0b", 3) == 0 && len == 3);
	CU_ASSERT_EQUAL(rows_int(r, 2), INT64_MIN);
	CHECK_OK(rows_next(r, &more));
	CU_ASSERT(more && rows_null(r, 2) && !rows_null(r, 1));
	CU_ASSERT_STRING_EQUAL(rows_text(r, 2), "");
	CHECK_OK(rows_next(r, &more));
	CU_ASSERT(!more && rows_null(r, 0));
	CHECK_OK(rows_next(r, &more));
	CU_ASSERT(!more);
}

static void test_the_same_statement_nests(void)
{
	AUTO(scratch) struct scratch *place = scratch_new();
	AUTO_TEXT char *file = scratch_path(place, "test.db");
	AUTO(store) struct store *s = NULL;
	CHECK_OK_OR_END(open_with(file, one, 1, 1000, &s));
	for (int i = 0; i < 120; i++) { // more texts than the cache has places
		char sql[96];
		snprintf(sql, sizeof sql, "INSERT INTO person(name, n) VALUES('%d', ?)", i);
		CHECK_OK(store_run(s, sql, VALUES(V_INT(i)), NULL));
	}
	const char *sql = "SELECT n FROM person ORDER BY n";
	AUTO(rows) struct rows *outer = NULL;
	bool more = false;
	CHECK_OK_OR_END(store_query(s, sql, NO_VALUES, &outer));
	CHECK_OK(rows_next(outer, &more));
	CHECK_OK(rows_next(outer, &more));
	CU_ASSERT_EQUAL(number_of(s, sql), 0); // another run of the same text starts anew
	CHECK_OK(rows_next(outer, &more));
	CU_ASSERT_EQUAL(rows_int(outer, 0), 2); // and leaves the first where it was
}

static void test_duplicates_and_foreign_keys_are_refused(void)
{
	AUTO(scratch) struct scratch *place = scratch_new();
	AUTO_TEXT char *file = scratch_path(place, "test.db");
	AUTO(store) struct store *s = NULL;
	CHECK_OK_OR_END(open_with(file, one, 1, 1000, &s));
	const char *add = "INSERT INTO person(name) VALUES(?)";
	CHECK_OK(store_run(s, add, VALUES(V_TEXT("a")), NULL));
	AUTO(err) struct err *e = store_run(s, add, VALUES(V_TEXT("a")), NULL);
	CU_ASSERT(e && strcmp(err_slug(e), "store-duplicate") == 0);
	AUTO(err)
	struct err *orphan = store_run(s, "INSERT INTO pet(owner) VALUES(77)", NO_VALUES, NULL);
	CU_ASSERT(orphan && strcmp(err_slug(orphan), "store-duplicate") != 0);
	CHECK_ERR(store_run(s, add, NO_VALUES, NULL), ERR_FAILED); // a value is missing
	CHECK_ERR(store_run(s, "DELETE FROM pet; DELETE FROM person", NO_VALUES, NULL), ERR_FAILED);
	CU_ASSERT_EQUAL(number_of(s, "SELECT count(*) FROM person"), 1);
}

static void test_a_transaction_is_all_or_nothing(void)
{
	AUTO(scratch) struct scratch *place = scratch_new();
	AUTO_TEXT char *file = scratch_path(place, "test.db");
	AUTO(store) struct store *s = NULL;
	CHECK_OK_OR_END(open_with(file, one, 1, 1000, &s));
	CHECK_OK(store_begin(s));
	CHECK_OK(store_run(s, "INSERT INTO person(name) VALUES('a')", NO_VALUES, NULL));
	store_rollback(s);
	store_rollback(s);
	CU_ASSERT_EQUAL(number_of(s, "SELECT count(*) FROM person"), 0);
	CHECK_OK(store_begin(s));
	CHECK_OK(store_run(s, "INSERT INTO person(name) VALUES('b')", NO_VALUES, NULL));
	CHECK_OK(store_commit(s));
	CHECK_ERR(store_commit(s), ERR_FAILED); // there is none any more
	CU_ASSERT_EQUAL(number_of(s, "SELECT count(*) FROM person"), 1);
}

static void test_a_second_writer_waits_or_says_busy(void)
{
	AUTO(scratch) struct scratch *place = scratch_new();
	AUTO_TEXT char *file = scratch_path(place, "test.db");
	AUTO(store) struct store *first = NULL;
	AUTO(store) struct store *second = NULL;
	CHECK_OK_OR_END(open_with(file, one, 1, 1000, &first));
	CHECK_OK_OR_END(open_with(file, one, 1, 50, &second));
	CHECK_OK(store_begin(first));
	CHECK_OK(store_run(first, "INSERT INTO person(name) VALUES('a')", NO_VALUES, NULL));
	AUTO(err) struct err *e = store_begin(second);
	CU_ASSERT(e && strcmp(err_slug(e), "store-busy") == 0);
	CU_ASSERT_EQUAL(number_of(second, "SELECT count(*) FROM person"),
			0); // reading goes on meanwhile
	CHECK_OK(store_commit(first));
	CHECK_OK(store_begin(second));
	CU_ASSERT_EQUAL(number_of(second, "SELECT count(*) FROM person"), 1);
	CHECK_OK(store_commit(second));
}

static void test_migrations_are_applied_once_in_order(void)
{
	AUTO(scratch) struct scratch *place = scratch_new();
	AUTO_TEXT char *file = scratch_path(place, "test.db");
	AUTO(store) struct store *s = NULL;
	CHECK_OK_OR_END(open_with(file, one, 1, 1000, &s));
	CHECK_OK(store_run(s, "INSERT INTO person(name) VALUES('a')", NO_VALUES, NULL));
	store_close(s);
	s = NULL;
	CHECK_OK_OR_END(open_with(file, two, 2, 1000, &s));
	CU_ASSERT_EQUAL(number_of(s, "SELECT count(*) FROM person WHERE colour='red'"), 1);
	store_close(s);
	s = NULL;
	CHECK_OK_OR_END(open_with(file, two, 2, 1000, &s));
	store_close(s);
	s = NULL;
	AUTO(err) struct err *e = open_with(file, one, 1, 1000, &s);
	CU_ASSERT(e && strcmp(err_slug(e), "store-newer") == 0);
	CU_ASSERT_PTR_NULL(s);
}

static void test_a_failed_migration_leaves_nothing(void)
{
	static const char *const bad[] = {
		"CREATE TABLE a(x); INSERT INTO nowhere VALUES(1);",
	};
	static const char *const good[] = { "CREATE TABLE a(x);" };
	AUTO(scratch) struct scratch *place = scratch_new();
	AUTO_TEXT char *file = scratch_path(place, "test.db");
	AUTO(store) struct store *s = NULL;
	CHECK_ERR(open_with(file, bad, 1, 1000, &s), ERR_FAILED);
	CHECK_OK(open_with(file, good, 1, 1000, &s));
}

// Eight processes open a database that is not there yet: one makes it, none fails.
static void test_first_openers_do_not_collide(void)
{
	AUTO(scratch) struct scratch *place = scratch_new();
	AUTO_TEXT char *file = scratch_path(place, "test.db");
	for (int i = 0; i < 8; i++) {
		if (fork() == 0) {
			struct store *s = NULL;
			struct err *e = open_with(file, two, 2, 10000, &s);
			if (!e)
				e = store_run(s,
					      "INSERT INTO person(name) VALUES(hex(randomblob(8)))",
					      NO_VALUES, NULL);
			bool failed = !check_no_err(e, "open", __FILE__, __LINE__);
			store_close(s);
			_exit(failed ? 1 : 0);
		}
	}
	for (int i = 0; i < 8; i++) {
		int status = 1;
		wait(&status);
		CU_ASSERT_EQUAL(status, 0);
	}
	AUTO(store) struct store *s = NULL;
	CHECK_OK_OR_END(open_with(file, two, 2, 1000, &s));
	CU_ASSERT_EQUAL(number_of(s, "SELECT count(*) FROM person"), 8);
}

int main(void)
{
	return CHECK_MAIN(TEST(test_values_come_back), TEST(test_the_same_statement_nests),
			  TEST(test_duplicates_and_foreign_keys_are_refused),
			  TEST(test_a_transaction_is_all_or_nothing),
			  TEST(test_a_second_writer_waits_or_says_busy),
			  TEST(test_migrations_are_applied_once_in_order),
			  TEST(test_a_failed_migration_leaves_nothing),
			  TEST(test_first_openers_do_not_collide));
}
