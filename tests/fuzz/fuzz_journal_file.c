// A journal's file with any bytes in it: refused, or read, and nothing worse.
#include "journal/journal.h"
#include "state_dir.h"

static void clear(void)
{
	static const char *const ends[] = { "", "-wal", "-shm", "-journal" };
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		AUTO_TEXT char *path = text_format("%s/journal.db%s", state_path, ends[i]);
		MUST_HOLD(path);
		unlink(path);
	}
}

static void put_file(const uint8_t *data, size_t size)
{
	AUTO_TEXT char *path = text_format("%s/journal.db", state_path);
	int fd = path ? open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600) : -1;
	MUST_HOLD(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	close(fd);
}

static void write_again(struct journal *j, struct record *r)
{
	AUTO(record) struct record *again = NULL;
	if (!r->id || !fuzz_fine(journal_write(j, r)))
		return;
	(void)fuzz_fine(journal_read(j, r->id, &again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	state_begin();
	put_file(data, size);
	AUTO(journal) struct journal *j = NULL;
	if (fuzz_fine(journal_open(&j))) {
		AUTO_RECORDS struct records all = { 0 };
		AUTO(record) struct record *one = NULL, *made = NULL;
		AUTO_TEXT char *module = NULL;
		bool known = false;
		(void)fuzz_fine(journal_unfinished(j, NULL, &all));
		(void)fuzz_fine(journal_read(j, "k7qf-3m2x", &one));
		(void)fuzz_fine(journal_by_certificate(j, "00ff", &made));
		(void)fuzz_fine(journal_profile_module(j, 0, &module));
		(void)fuzz_fine(journal_profile_known(j, "/p.yaml", "aa", &known));
		for (size_t i = 0; i < all.n && i < 3; i++)
			write_again(j, all.list[i]);
	}
	journal_close(j);
	j = NULL;
	clear();
	return 0;
}
