// The store's file: its mode, what else may stand there, what death leaves behind.
#include "check.h"

#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "scratch.h"
#include "store/store.h"

static const char *const schema[] = { "CREATE TABLE t(x);" };

static struct err *open_path(const char *path, struct store **out)
{
	return store_open(
		&(struct store_terms){
			.path = path, .migrations = schema, .n_migrations = 1, .busy_ms = 1000 },
		out);
}

static void write_file(const char *path, const char *bytes, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	CU_ASSERT_EQUAL(write(fd, bytes, len), (ssize_t)len);
	close(fd);
}

static void check_fails(const char *path, const char *slug)
{
	struct store *s = NULL;
	AUTO(err) struct err *e = open_path(path, &s);
	CU_ASSERT(e && strcmp(err_slug(e), slug) == 0);
	if (e && strcmp(err_slug(e), slug) != 0)
		fprintf(stderr, "%s: \"%s\" and not \"%s\"\n", path, err_slug(e), slug);
	CU_ASSERT_PTR_NULL(s);
	store_close(s);
}

static mode_t mode_of(const char *path, const char *suffix)
{
	AUTO_TEXT char *name = text_format("%s%s", path, suffix);
	struct stat st = { 0 };
	CU_ASSERT_EQUAL(stat(name, &st), 0);
	return st.st_mode & 07777;
}

static void test_files_are_for_their_owner_alone(void)
{
	AUTO(scratch) struct scratch *place = scratch_new();
	AUTO_TEXT char *file = scratch_path(place, "test.db");
	mode_t before = umask(0);
	AUTO(store) struct store *s = NULL;
	CHECK_OK_OR_END(open_path(file, &s));
	CHECK_OK(store_run(s, "INSERT INTO t VALUES(1)", NO_VALUES, NULL));
	CU_ASSERT_EQUAL(mode_of(file, ""), 0600);
	CU_ASSERT_EQUAL(mode_of(file, "-wal"), 0600);
	CU_ASSERT_EQUAL(mode_of(file, "-shm"), 0600);
	store_close(s);
	s = NULL;
	CU_ASSERT_EQUAL(chmod(file, 0644), 0);
	CHECK_OK_OR_END(open_path(file, &s));
	CU_ASSERT_EQUAL(mode_of(file, ""), 0600);
	umask(before);
}

static void test_a_path_that_cannot_be_written(void)
{
	AUTO(scratch) struct scratch *place = scratch_new();
	AUTO_TEXT char *file = scratch_path(place, "test.db");
	char path[300];
	write_file(file, "x", 1);
	snprintf(path, sizeof path, "%s/below.db", file); // its directory is a file
	check_fails(path, "store-not-writable");
	snprintf(path, sizeof path, "%s/missing/below.db", place->dir);
	check_fails(path, "store-not-writable");
	check_fails(place->dir, "store-not-writable"); // the file is a directory
	snprintf(path, sizeof path, "%s/link.db", place->dir);
	CU_ASSERT_EQUAL(symlink("elsewhere", path), 0);
	check_fails(path, "store-not-writable");
	check_fails("/proc/inkan.db", "store-not-writable");
}

static void test_what_is_no_database_of_ours(void)
{
	AUTO(scratch) struct scratch *place = scratch_new();
	AUTO_TEXT char *file = scratch_path(place, "test.db");
	char noise[8192];
	memset(noise, 'x', sizeof noise);
	write_file(file, noise, sizeof noise);
	check_fails(file, "store-damaged");
}

// Another program's database: ours in all but the application id (bytes 68 to 71 of the header, SQLite's file format §1.3).
static void test_another_programs_database(void)
{
	AUTO(scratch) struct scratch *place = scratch_new();
	AUTO_TEXT char *file = scratch_path(place, "test.db");
	AUTO(store) struct store *s = NULL;
	CHECK_OK_OR_END(open_path(file, &s));
	store_close(s);
	s = NULL;
	int fd = open(file, O_WRONLY);
	CU_ASSERT_EQUAL(pwrite(fd, "\0\0\0\7", 4, 68), 4);
	close(fd);
	check_fails(file, "store-foreign");
}

static void test_a_damaged_page_is_found(void)
{
	AUTO(scratch) struct scratch *place = scratch_new();
	AUTO_TEXT char *file = scratch_path(place, "test.db");
	AUTO(store) struct store *s = NULL;
	CHECK_OK_OR_END(open_path(file, &s));
	CHECK_OK(store_begin(s));
	for (int i = 0; i < 2000; i++)
		CHECK_OK(
			store_run(s, "INSERT INTO t VALUES(hex(randomblob(20)))", NO_VALUES, NULL));
	CHECK_OK(store_commit(s));
	store_close(s);
	s = NULL;
	char noise[512];
	memset(noise, 0xa5, sizeof noise);
	int fd = open(file, O_WRONLY);
	CU_ASSERT_EQUAL(pwrite(fd, noise, sizeof noise, 12288), (ssize_t)sizeof noise);
	close(fd);
	check_fails(file, "store-damaged");
}

// A process is killed in a transaction after a committed one: the committed one stands, the other is gone.
static void test_death_keeps_what_was_committed(void)
{
	AUTO(scratch) struct scratch *place = scratch_new();
	AUTO_TEXT char *file = scratch_path(place, "test.db");
	pid_t child = fork();
	if (child == 0) {
		struct store *s = NULL;
		struct err *e = open_path(file, &s);
		if (!e)
			e = store_run(s, "INSERT INTO t VALUES(1)", NO_VALUES, NULL);
		if (!e)
			e = store_begin(s);
		if (!e)
			e = store_run(s, "INSERT INTO t VALUES(2)", NO_VALUES, NULL);
		if (!e)
			raise(SIGKILL);
		_exit(1);
	}
	int status = 0;
	CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
	CU_ASSERT(WIFSIGNALED(status));
	AUTO(store) struct store *s = NULL;
	CHECK_OK_OR_END(open_path(file, &s));
	AUTO(rows) struct rows *r = NULL;
	bool more = false;
	CHECK_OK_OR_END(store_query(s, "SELECT sum(x) FROM t", NO_VALUES, &r));
	CHECK_OK(rows_next(r, &more));
	CU_ASSERT_EQUAL(rows_int(r, 0), 1);
}

int main(void)
{
	return CHECK_MAIN(TEST(test_files_are_for_their_owner_alone),
			  TEST(test_a_path_that_cannot_be_written),
			  TEST(test_what_is_no_database_of_ours),
			  TEST(test_another_programs_database), TEST(test_a_damaged_page_is_found),
			  TEST(test_death_keeps_what_was_committed));
}
