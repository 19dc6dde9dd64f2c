// Every bad answer that a server can give to the request for a certificate: the right exit status and tag, words, and the token as it was,
// byte by byte. One enrolment is brought to where its request was sent; each case takes it up from there, with a server of tests/server.
//
//	faults-answers [sample|full] [SHARD OF] [est|portal|scep|cmp]
//
// sample: every shape (est), every third (the others), and the good answer cut at each 97th byte or fewer. full: cut, and reset, at each byte.
#include <time.h>

#include "answers.h"
#include "byteserver.h"
#include "check.h"
#include "desk.h"
#include "enroll/tool.h"
#include "scratch.h"

static struct desk desk;
static const struct answer_way *way = &answer_ways[0];
static struct {
	bool full;
	unsigned shard, shards, next, runs, failed, by_status[16];
} work = { .shards = 1 };

static bool complain(const char *name, const char *what, const struct ending *e)
{
	fprintf(stderr, "[%s]: %s (status %d, %s: %s)\n", name, what, e->status, e->tag,
		e->message);
	work.failed++;
	return false;
}

// A bank that asks for little: what the way says stands below its one role and below ca.
static char *plain_profile(const struct byteserver *b, const char *path)
{
	return text_format(
		"format: 1\nname: answers\ninstitution: {name: Practice Shinkin Bank, code: "
		"\"1283\"}\n"
		"practice: true\nmodule: %s\nroles:\n  admin:\n    label: Administrator\n"
		"    fields:\n      contract_id: {label: Contract ID, digits: 10}\n"
		"    common_name: \"{contract_id}{institution_code}\"\n"
		"    subject: [{C: JP}, {O: Practice Shinkin Bank}, {CN: \"{common_name}\"}]\n%s"
		"key: {custody: software, attributes: withheld, retire: destroy}\n"
		"ca:\n  url: https://localhost:%u%s/\n  connect_seconds: 2\n  answer_seconds: 2\n"
		"  max_wait_seconds: 0\n  anchors: byte-anchors.pem\n%s"
		"window: {zone: Asia/Tokyo, renew_before_days: 30, reacquire_days: 90, "
		"after_expiry: reacquire, remind_days: [30, 10]}\n",
		desk.mock, way->role, b->port, path, way->ca);
}

static char *practice_profile(const struct byteserver *b, const char *path)
{
	AUTO_BUF struct buf practice = BUF(65536);
	if (buf_read_file(INKAN_BUILD_PROFILEDIR "/practice.yaml", 65536, &practice))
		return NULL;
	char *text = (char *)practice.data;
	char *url = strstr(text, "  url: ");
	char *after = url ? strchr(url, '\n') : NULL;
	char *file = after ? strstr(after, "practice-ca.pem") : NULL;
	if (!file)
		return NULL;
	*url = *after = *file = '\0';
	return text_format(
		"%s  url: https://localhost:%u%s\n  connect_seconds: 2\n  answer_seconds: 2\n"
		"  max_wait_seconds: 0\n%sbyte-anchors.pem%s\nmodule: %s\n",
		text, b->port, path, after + 1, file + strlen("practice-ca.pem"), desk.mock);
}

// At this server and path; nobody waits long.
static bool write_profile(const struct byteserver *b, const char *path)
{
	AUTO_TEXT char *anchors = scratch_file(desk.bank.place, "byte-anchors.pem",
					       (const char *)b->anchors.data, 0600);
	(void)anchors; // the profile knows where they lie
	AUTO_TEXT char *all = way->ca ? plain_profile(b, path) : practice_profile(b, path);
	free(desk.bank.profile);
	desk.bank.profile = all ? scratch_file(desk.bank.place, "byte.yaml", all, 0600) : NULL;
	return desk.bank.profile != NULL;
}

// The text with the place where one case's CA lives.
static void put_rules(struct buf *all, const char *rules, const char *path)
{
	for (const char *at = rules; *at; at++) {
		struct err *e = *at == '@' ? buf_puts(all, path) : buf_put(all, at, 1);
		CHECK_OK(e);
	}
}

// One CA's rules: the request is answered as `script` says.
static void put_ca(struct buf *all, const char *path, const char *script)
{
	bool typed = strstr(script, "Content-Type") || strncmp(script, "status", 6) == 0 ||
		     strncmp(script, "raw", 3) == 0;
	put_rules(all, way->before, path);
	put_rules(all, way->asks, path);
	CHECK_OK(buf_printf(all, "%s%s\n", typed ? "" : way->header, script));
	put_rules(all, way->later, path);
}

static bool is_object(const char *name)
{
	size_t len = strlen(name);
	return len > 7 && strcmp(name + len - 7, ".object") == 0 &&
	       strcmp(name, "token.object") != 0;
}

static char *compared; // the directory that the walk's files are looked up in
static size_t compared_from, compared_files;
static bool compared_same;

static int compare_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st;
	AUTO_BUF struct buf a = BUF(1 << 20);
	AUTO_BUF struct buf b = BUF(1 << 20);
	if (type != FTW_F || !is_object(path + where->base))
		return 0;
	AUTO_TEXT char *other = text_format("%s%s", compared, path + compared_from);
	compared_files++;
	if (access(other, R_OK) != 0 || buf_read_file(path, 1 << 20, &a) ||
	    buf_read_file(other, 1 << 20, &b) || a.len != b.len ||
	    memcmp(a.data, b.data, a.len) != 0)
		compared_same = false;
	return 0;
}

static size_t compare_with(const char *one, const char *other)
{
	AUTO_TEXT char *from = scratch_path(desk.bank.place, one);
	compared = scratch_path(desk.bank.place, other);
	compared_from = strlen(from);
	compared_files = 0;
	nftw(from, compare_one, 16, FTW_PHYS);
	free(compared);
	return compared_files;
}

// Every object's file, byte by byte, and no other.
static bool token_is(const char *kept)
{
	compared_same = true;
	return compare_with("tokens", kept) == compare_with(kept, "tokens") && compared_same;
}

static bool token_is_right(const char *name, enum after after, const struct ending *e)
{
	struct holdings h;
	if (after == AS_SENT)
		return token_is("tokens.sent") || complain(name, "the token has changed", e);
	if (after == AS_FIRST)
		return token_is("tokens.fresh") || complain(name, "the token is not as it was", e);
	desk_look(&desk, &h);
	return (h.private_keys == 1 && h.public_keys == 1 && h.certificates == 1) ||
	       complain(name, "the token holds no whole pair", e);
}

// The record stays open as long as its key waits, with a time to ask again that can be.
static bool record_is_right(const char *name, enum after after, const struct ending *e)
{
	AUTO(record) struct record *r = desk_unfinished();
	if ((r != NULL) != (after == AS_SENT))
		return complain(name, r ? "the record is left open" : "the record is closed", e);
	if (r && r->retry_at != 0 && e->status == 3 &&
	    (r->retry_at < time(NULL) - 5 || r->retry_at < 0))
		return complain(name, "the time to ask again lies in the past", e);
	return true;
}

static bool judge(const char *name, const struct answer_case *c, const struct ending *e)
{
	work.runs++;
	work.by_status[e->status >= 0 && e->status < 15 ? e->status : 15]++;
	if (e->status != c->status || (c->tag[0] && strcmp(e->tag, c->tag) != 0))
		return complain(name, "another end was expected", e);
	if (e->status != 0 && (!e->message[0] || !e->tag[0]))
		return complain(name, "without words", e);
	return token_is_right(name, c->after, e) && record_is_right(name, c->after, e);
}

static char *first_id;

static bool run_case(const char *name, const struct answer_case *c)
{
	struct ending e;
	CU_ASSERT_TRUE(desk_put_back(&desk, "sent"));
	desk_resume(&desk, first_id, "", &e);
	bool fine = judge(name, c, &e);
	CU_ASSERT_TRUE(fine);
	return fine;
}

// An enrolment whose request was sent, and whose line dropped then: kept as "sent".
static bool send_once(void)
{
	struct ending e;
	AUTO_BUF struct buf script = BUF(65536);
	put_ca(&script, "/est", "drop");
	AUTO(byteserver) struct byteserver *b = byteserver_start((char *)script.data, NULL);
	if (!write_profile(b, "/est"))
		return false;
	desk_enroll(&desk, "", &e);
	AUTO(record) struct record *r = desk_unfinished();
	if (e.status != 9 || !r)
		return complain("a line that drops", "nothing was sent", &e);
	first_id = text_copy(r->id);
	return desk_keep(&desk, "sent");
}

// In a sample those of EST are all run, and of the others each third: what they have in common is tried there.
static bool is_mine(size_t i)
{
	if (!work.full && way != &answer_ways[0] && i % 3 != 0)
		return false;
	return work.next++ % work.shards == work.shard;
}

// Each case has a path of its own at one server.
static char *script_of_all(void)
{
	struct buf all = BUF(1 << 20);
	for (size_t i = 0; i < way->n_cases; i++) {
		const char *s = way->cases[i].script;
		AUTO_TEXT char *path = text_format("/c%zu", i);
		AUTO_TEXT char *name = text_format("raw-%zu", i);
		AUTO_TEXT char *raw =
			s[0] == '\f' ? scratch_file(desk.bank.place, name, s + 1, 0600) : NULL;
		AUTO_TEXT char *file = text_format("raw\nclose\nfile %s", raw ? raw : "");
		put_ca(&all, path, raw ? file : s);
	}
	char *text = text_copy((char *)all.data);
	buf_free(&all);
	return text;
}

static void test_every_shape_of_answer(void)
{
	AUTO_TEXT char *script = script_of_all();
	AUTO(byteserver) struct byteserver *b = byteserver_start(script, NULL);
	for (size_t i = 0; i < way->n_cases; i++) {
		AUTO_TEXT char *path = text_format("/c%zu", i);
		if (is_mine(i) && write_profile(b, path))
			(void)run_case(way->cases[i].script, &way->cases[i]);
	}
}

// The good answer ends after so many bytes, for every number of bytes until it is whole.
static void cut_everywhere(const char *how, unsigned step)
{
	static const struct answer_case cut = { "", 9, "line-cut", AS_SENT };
	enum { LONGEST = 6000 };
	struct buf all = BUF(1 << 20);
	put_rules(&all, way->before, "/est");
	for (unsigned at = work.shard; at < LONGEST; at += step * work.shards) {
		put_rules(&all, way->asks, "/est");
		CHECK_OK(buf_printf(&all, "%s%s\n%s %u\n", way->header, way->good, how, at));
	}
	put_rules(&all, way->later, "/est");
	AUTO(byteserver) struct byteserver *b = byteserver_start((char *)all.data, NULL);
	buf_free(&all);
	CHECK_OR_END(write_profile(b, "/est"));
	unsigned cuts = 0;
	for (unsigned at = work.shard; at < LONGEST && work.failed < 20; at += step * work.shards) {
		struct ending e;
		char name[40];
		snprintf(name, sizeof(name), "%s at byte %u", how, at);
		CU_ASSERT_TRUE(desk_put_back(&desk, "sent"));
		desk_resume(&desk, first_id, "", &e);
		if (e.status == 0)
			break; // it was whole
		CU_ASSERT_TRUE(judge(name, &cut, &e));
		cuts++;
	}
	CU_ASSERT(cuts * step * work.shards > (unsigned)way->good_bytes);
	printf("%s: %u places\n", how, cuts);
}

static void test_cut_at_each_byte(void)
{
	cut_everywhere("cut", work.full ? 1 : way == &answer_ways[0] ? 97 : 397);
}

static void test_reset_at_each_byte(void)
{
	cut_everywhere("reset", work.full ? 7 : way == &answer_ways[0] ? 211 : 997);
}

static void test_a_request_is_sent_first(void)
{
	CU_ASSERT_TRUE(send_once());
}

int main(int argc, char **argv)
{
	work.full = argc > 1 && strcmp(argv[1], "full") == 0;
	if (argc > 3) {
		work.shard = (unsigned)strtoul(argv[2], NULL, 10);
		work.shards = (unsigned)strtoul(argv[3], NULL, 10);
	}
	for (size_t i = 0; argc > 4 && i < n_answer_ways; i++)
		if (strcmp(argv[4], answer_ways[i].name) == 0)
			way = &answer_ways[i];
	int rc = 1;
	time_t began = time(NULL);
	if (argc > 4 && strcmp(argv[4], way->name) != 0)
		fprintf(stderr, "faults-answers [sample|full] [SHARD OF] [est|portal|scep|cmp]\n");
	else if (work.shards && desk_open(&desk))
		rc = CHECK_MAIN(TEST(test_a_request_is_sent_first),
				TEST(test_every_shape_of_answer), TEST(test_cut_at_each_byte),
				TEST(test_reset_at_each_byte));
	desk_close(&desk);
	free(first_id);
	printf("%u answers in %lld s, %u not as they should be; exit statuses:", work.runs,
	       (long long)(time(NULL) - began), work.failed);
	for (size_t i = 0; i < ARRAY_LEN(work.by_status); i++)
		if (work.by_status[i])
			printf(" %zu: %u", i, work.by_status[i]);
	printf("\n");
	return rc || desk.leak_found;
}
