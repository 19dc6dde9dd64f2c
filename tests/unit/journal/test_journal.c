// The journal: what is written is there for the next process, and nothing else is.
#include "journal/journal.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"

static char dir[64];

static void fresh_place(void)
{
	strncpy(dir, "/tmp/inkan-journal.XXXXXX", sizeof dir - 1);
	CU_ASSERT_FATAL(mkdtemp(dir) != NULL);
	setenv("XDG_STATE_HOME", dir, 1);
}

static void clear_place(void)
{
	static const char *const names[] = { "inkan/journal.db", "inkan/journal.db-wal",
					     "inkan/journal.db-shm" };
	char path[128];
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		snprintf(path, sizeof path, "%s/%s", dir, names[i]);
		unlink(path);
	}
	snprintf(path, sizeof path, "%s/inkan", dir);
	rmdir(path);
	rmdir(dir);
}

static struct record *sample(struct journal *j)
{
	struct record *r = calloc(1, sizeof *r);
	char id[16];
	CHECK_OK(journal_new_id(j, id));
	r->id = text_copy(id);
	r->profile_name = text_copy("practice");
	r->profile_path = text_copy("/etc/inkan/profiles/practice.yaml");
	r->role = text_copy("user");
	r->fields = text_copy("{\"contract_id\":\"1234567890\"}");
	r->token_uri = text_copy("pkcs11:token=A");
	r->key_id = text_copy("00ff");
	r->submits = 1;
	r->retry_at = 1234567890123;
	CHECK_OK(buf_put(&r->request, "\0\1\2", 3));
	return r;
}

static void test_a_record_survives_the_process(void)
{
	fresh_place();
	struct journal *j = NULL;
	CHECK_OK_OR_END(journal_open(&j));
	struct record *r = sample(j);
	r->mark = MARK_SUBMIT_BEGUN;
	CHECK_OK(journal_write(j, r));
	journal_close(j);
	CHECK_OK_OR_END(journal_open(&j));
	struct record *back = NULL;
	CHECK_OK_OR_END(journal_read(j, r->id, &back));
	CU_ASSERT_PTR_NOT_NULL_FATAL(back);
	CU_ASSERT_EQUAL(back->mark, MARK_SUBMIT_BEGUN);
	CU_ASSERT_EQUAL(back->state, ENROLMENT_OPEN);
	CU_ASSERT_STRING_EQUAL(back->fields, r->fields);
	CU_ASSERT_STRING_EQUAL(back->key_id, "00ff");
	CU_ASSERT_PTR_NULL(back->old_key_id);
	CU_ASSERT_EQUAL(back->request.len, 3);
	CU_ASSERT_EQUAL(memcmp(back->request.data, "\0\1\2", 3), 0);
	CU_ASSERT_EQUAL(back->retry_at, 1234567890123);
	CU_ASSERT(back->created > 0 && back->updated >= back->created);
	record_free(back);
	record_free(r);
	journal_close(j);
	clear_place();
}

// Whatever the clock says: two keys that one slot of a card held are both of one second in a quick run.
static void test_the_later_of_one_second_is_told(void)
{
	fresh_place();
	struct journal *j = NULL;
	CHECK_OK_OR_END(journal_open(&j));
	for (int turn = 0; turn < 8; turn++) {
		struct record *r = sample(j), *by_slot = NULL, *by_key = NULL;
		r->sha256 = text_format("%064x", turn);
		r->state = ENROLMENT_DONE;
		CHECK_OK(journal_write(j, r));
		CHECK_OK(journal_by_slot(j, r->token_uri, r->key_id, &by_slot));
		CHECK_OK(journal_by_key(j, r->key_id, &by_key));
		CU_ASSERT_PTR_NOT_NULL_FATAL(by_slot);
		CU_ASSERT_PTR_NOT_NULL_FATAL(by_key);
		CU_ASSERT_STRING_EQUAL(by_slot->id, r->id);
		CU_ASSERT_STRING_EQUAL(by_key->id, r->id);
		record_free(by_slot);
		record_free(by_key);
		record_free(r);
	}
	journal_close(j);
	clear_place();
}

static void test_unfinished_ones_are_told_by_token(void)
{
	fresh_place();
	struct journal *j = NULL;
	CHECK_OK_OR_END(journal_open(&j));
	struct record *a = sample(j);
	struct record *b = sample(j);
	struct record *done = sample(j);
	free(b->token_uri);
	b->token_uri = text_copy("pkcs11:token=B");
	done->state = ENROLMENT_DONE;
	CHECK_OK(journal_write(j, a));
	CHECK_OK(journal_write(j, b));
	CHECK_OK(journal_write(j, done));
	struct records of_b = { 0 };
	struct records all = { 0 };
	CHECK_OK(journal_unfinished(j, "pkcs11:token=B", &of_b));
	CHECK_OK(journal_unfinished(j, NULL, &all));
	CU_ASSERT_EQUAL_FATAL(of_b.n, 1);
	CU_ASSERT_STRING_EQUAL(of_b.list[0]->id, b->id);
	CU_ASSERT_EQUAL(all.n, 2);
	records_free(&of_b);
	records_free(&all);
	record_free(a);
	record_free(b);
	record_free(done);
	journal_close(j);
	clear_place();
}

static void test_a_certificate_recalls_its_enrolment(void)
{
	fresh_place();
	struct journal *j = NULL;
	CHECK_OK_OR_END(journal_open(&j));
	struct record *r = sample(j);
	struct record *found = NULL;
	r->sha256 = text_copy("aa11");
	CHECK_OK(journal_write(j, r));
	CHECK_OK(journal_by_certificate(j, "aa11", &found));
	CU_ASSERT_PTR_NOT_NULL_FATAL(found);
	CU_ASSERT_STRING_EQUAL(found->id, r->id);
	record_free(found);
	found = NULL;
	CHECK_OK(journal_by_certificate(j, "bb22", &found));
	CU_ASSERT_PTR_NULL(found);
	record_free(r);
	journal_close(j);
	clear_place();
}

static void test_a_changed_profile_is_not_known(void)
{
	fresh_place();
	struct journal *j = NULL;
	bool known = true;
	CHECK_OK_OR_END(journal_open(&j));
	CHECK_OK(journal_profile_known(j, "/p.yaml", "1", &known));
	CU_ASSERT_FALSE(known);
	CHECK_OK(journal_profile_accept(j, "/p.yaml", "1"));
	CHECK_OK(journal_profile_known(j, "/p.yaml", "1", &known));
	CU_ASSERT_TRUE(known);
	CHECK_OK(journal_profile_known(j, "/p.yaml", "2", &known));
	CU_ASSERT_FALSE(known);
	journal_close(j);
	clear_place();
}

static void test_a_state_path_that_is_no_directory_is_told(void)
{
	fresh_place();
	char path[128];
	snprintf(path, sizeof path, "%s/inkan", dir);
	int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	CU_ASSERT_FATAL(fd >= 0);
	close(fd);
	struct journal *j = NULL;
	struct err *e = journal_open(&j);
	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	CU_ASSERT_EQUAL(err_kind(e), ERR_FAILED);
	CU_ASSERT(err_has_tag(e, "journal-not-writable"));
	CU_ASSERT_PTR_NOT_NULL(err_next_step(e));
	err_free(e);
	unlink(path);
	rmdir(dir);
}

static void test_ids_are_short_and_differ(void)
{
	fresh_place();
	struct journal *j = NULL;
	char a[16];
	char b[16];
	CHECK_OK_OR_END(journal_open(&j));
	CHECK_OK(journal_new_id(j, a));
	CHECK_OK(journal_new_id(j, b));
	CU_ASSERT_EQUAL(strlen(a), 9);
	CU_ASSERT_EQUAL(a[4], '-');
	CU_ASSERT_STRING_NOT_EQUAL(a, b);
	CU_ASSERT_EQUAL(strspn(a, "23456789abcdefghjkmnpqrstuvwxyz-"), 9);
	journal_close(j);
	clear_place();
}

int main(void)
{
	return CHECK_MAIN(TEST(test_a_record_survives_the_process),
			  TEST(test_the_later_of_one_second_is_told),
			  TEST(test_unfinished_ones_are_told_by_token),
			  TEST(test_a_certificate_recalls_its_enrolment),
			  TEST(test_a_changed_profile_is_not_known),
			  TEST(test_a_state_path_that_is_no_directory_is_told),
			  TEST(test_ids_are_short_and_differ));
}
