// The program is killed - its worker, its parent, both, or the power goes - before and after each call that changes the token,
// each send and receive, each write of the journal; or the disk takes nothing more from there on. Then `inkan resume`. Key pairs, certificates, issues, one-time passwords
// and PIN tries are counted, against a practice CA that issues a second certificate to whoever asks twice.
//
//	faults-killing [sample|full] [SHARD OF]
#include "desk.h"

#include <fcntl.h>
#include <jansson.h>
#include <liboath/oath.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

#include "base/json.h"
#include "check.h"
#include "enroll/tool.h"
#include "scratch.h"

enum { KILLED = 200, POINTS_MAX = 1500, POINT = 120 };

static char program[] = INKAN_BUILD_BINDIR "/bin/inkan";
static char practice_ca[] = INKAN_BUILD_BINDIR "/bin/inkan-practice-ca";

// A person of the role "user" with a one-time password token that counts.
static struct person {
	char *contract_id, *user_id, *user_pin, *hotp;
	uint64_t counter; // the next value that the token shows
} person;

// What the CA has counted.
struct counted {
	int64_t issued, otps, failures;
};

static struct desk desk;
static struct paths {
	char *out, *answers, *cut_log, *ca_db;
} at;
static struct {
	bool full;
	unsigned shard, shards, next, runs, failed, second_issues, otps;
} work = { .shards = 1 };

static char *word(const char *s)
{
	union {
		const char *in;
		char *out;
	} u = { .in = s };
	return u.out;
}

static bool make_person(void)
{
	AUTO_TEXT char *dir = scratch_path(desk.bank.place, "ca");
	AUTO_BUF struct buf text = BUF(65536);
	char *argv[] = { practice_ca, word("account"), word("add"),  word("--dir"),
			 dir,	      word("--role"),  word("user"), word("--random"),
			 word("1"),   word("--otp"),   word("hotp"), word("--json"),
			 NULL };
	if (tool_run(at.out, argv) != 0 || buf_read_file(at.out, 65536, &text))
		return false;
	json_t *list = json_loadb((const char *)text.data, text.len, 0, NULL);
	const json_t *one = json_array_get(list, 0);
	const json_t *fields = json_object_get(one, "fields");
	person.contract_id = text_copy(json_text(fields, "contract_id"));
	person.user_id = text_copy(json_text(fields, "user_id"));
	person.user_pin = text_copy(json_text(fields, "user_pin"));
	person.hotp = text_copy(json_text(one, "hotp"));
	json_decref(list);
	return person.contract_id && person.user_id && person.user_pin && person.hotp;
}

static int64_t number_from(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *s = NULL;
	int64_t n = -1;
	if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW)
		n = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	return n;
}

// -1 in a field: the CA's book cannot be read.
static struct counted count(void)
{
	sqlite3 *db = NULL;
	struct counted c = { -1, -1, -1 };
	if (sqlite3_open_v2(at.ca_db, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK) {
		sqlite3_busy_timeout(db, 5000);
		c.issued = number_from(db, "SELECT count(*) FROM issued");
		c.otps = number_from(db, "SELECT otp_next FROM account WHERE role = 'user'");
		c.failures = number_from(db, "SELECT coalesce(sum(count), 0) FROM failure");
	}
	sqlite3_close(db);
	return c;
}

// A new value of the person's token each time.
static bool write_answers(void)
{
	char otp[8] = "", *secret = NULL;
	size_t len = 0;
	if (oath_base32_decode(person.hotp, strlen(person.hotp), &secret, &len) != OATH_OK ||
	    oath_hotp_generate(secret, len, person.counter++, 6, false,
			       OATH_HOTP_DYNAMIC_TRUNCATION, otp) != OATH_OK)
		return false;
	free(secret); // no secret: of an account made for this test
	AUTO_TEXT char *text = text_format(
		"{\"contract_id\":\"%s\",\"user_id\":\"%s\",\"user_pin\":\"%s\","
		"\"otp\":\"%s\",\"token_pin\":\"%s\"}",
		person.contract_id, person.user_id, person.user_pin, otp, desk.bank.pin);
	AUTO_TEXT char *path = scratch_file(desk.bank.place, "answers.json", text, 0600);
	return path != NULL;
}

// Becomes the parent of whoever loses its own, and ends when all have ended.
static _Noreturn void nurse(char *const argv[], const char *cut)
{
	int first = 0, status = 0;
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setenv("MOCK_PLAN", desk.plan, 1);
	setenv("MOCK_LOG", desk.log, 1);
	if (cut) {
		setenv("CUT_AT", cut, 1);
		setenv("CUT_LOG", at.cut_log, 1);
		const char *other = getenv("LD_PRELOAD");
		AUTO_TEXT char *both =
			text_format("%s%s%s", INKAN_CUT, other ? ":" : "", other ? other : "");
		setenv("LD_PRELOAD", both, 1);
		setenv("ASAN_OPTIONS", "verify_asan_link_order=0", 1);
	}
	pid_t pid = fork();
	if (pid == 0) {
		int in = open("/dev/null", O_RDONLY);
		int out = open(at.out, O_WRONLY | O_CREAT | O_TRUNC, 0600);
		dup2(in, STDIN_FILENO);
		dup2(out, STDOUT_FILENO);
		dup2(out, STDERR_FILENO);
		execv(argv[0], argv);
		_exit(127);
	}
	for (pid_t one = 0; (one = waitpid(-1, &status, 0)) > 0;)
		if (one == pid)
			first = WIFEXITED(status) ? WEXITSTATUS(status) : KILLED;
	_exit(first);
}

// What the module does in every run, besides the plan of one.
static const char *habit = "";

// Runs inkan and waits for it and its worker. `plan`: the mock's; `cut`: CUT_AT, null for none.
static int inkan(const char *command, const char *plan, const char *cut)
{
	char *enroll[] = { program,
			   word(command),
			   word("--json"),
			   word("--yes"),
			   word("--token"),
			   desk.bank.token,
			   word("--answers"),
			   at.answers,
			   word("--profile"),
			   desk.bank.profile,
			   word("--role"),
			   word("user"),
			   NULL };
	if (strcmp(command, "enroll") != 0)
		enroll[8] = NULL;
	unlink(desk.log);
	AUTO_TEXT char *whole = text_format("%s%s", habit, plan);
	AUTO_TEXT char *path = scratch_file(desk.bank.place, "plan", whole ? whole : "", 0600);
	(void)path; // the mock knows where it lies
	if (!write_answers())
		return -1;
	pid_t pid = fork();
	if (pid == 0)
		nurse(enroll, cut);
	return tool_wait(pid);
}

// A field of the last line that was printed; null when it is no JSON object. To be dropped.
static json_t *last_result(void)
{
	AUTO_BUF struct buf text = BUF(1 << 20);
	json_t *found = NULL;
	if (buf_read_file(at.out, 1 << 20, &text) || !text.data)
		return NULL;
	char *rest = (char *)text.data, *line = NULL;
	while ((line = strsep(&rest, "\n")) != NULL) {
		json_t *j = json_loads(line, 0, NULL);
		if (json_text(j, "event") && strcmp(json_text(j, "event"), "result") == 0) {
			json_decref(found);
			found = j;
		} else {
			json_decref(j);
		}
	}
	return found;
}

static bool complain(const char *point, const char *what)
{
	AUTO_BUF struct buf text = BUF(1 << 20);
	fprintf(stderr, "%s: %s\n", point, what);
	if (!buf_read_file(at.out, 1 << 20, &text) && text.data)
		fprintf(stderr, "  last said: %.1500s\n",
			text.len > 1500 ? (char *)text.data + text.len - 1500 : (char *)text.data);
	work.failed++;
	return false;
}

// The PIN was right each time: no login may have failed, and none is made more often than the steps need it.
static bool logins_are_few(const char *point)
{
	AUTO_BUF struct buf text = BUF(1 << 20);
	if (access(desk.log, R_OK) != 0)
		return true;
	if (buf_read_file(desk.log, 1 << 20, &text))
		return complain(point, "the mock's log cannot be read");
	int good = 0, all = 0;
	for (char *line = (char *)text.data; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		const char *end = strchrnul(line, '\n');
		AUTO_TEXT char *one = strndup(line, (size_t)(end - line));
		all += strstr(one, " C_Login ") != NULL;
		good += strstr(one, " C_Login ") && strstr(one, " CKR_OK");
	}
	if (all != good || all > 2)
		return complain(point, "logins failed, or are more than two");
	return true;
}

static bool token_holds(const char *point, int n)
{
	struct holdings h;
	char what[100];
	desk_look(&desk, &h);
	if (h.private_keys == n && h.public_keys == n && h.certificates == n)
		return true;
	snprintf(what, sizeof(what), "the token holds %d private, %d public, %d certificates",
		 h.private_keys, h.public_keys, h.certificates);
	return complain(point, what);
}

static bool no_record_is_left(const char *point)
{
	AUTO(record) struct record *r = desk_unfinished();
	return r ? complain(point, "a record is left open") : true;
}

// One issue for one enrolment; two only when it is said, each for a one-time password of its own, and no PIN refused.
static bool costs_are_right(const char *point, const struct counted *before, bool second_said)
{
	struct counted now = count();
	int64_t issued = now.issued - before->issued;
	work.second_issues += issued == 2;
	work.otps += (unsigned)(now.otps - before->otps);
	if (now.failures != before->failures)
		return complain(point, "the CA has counted a failure");
	if (issued < 0 || issued > 2 || (issued == 2 && !second_said))
		return complain(point, "issues that nobody speaks of");
	// A value may be skipped when it never got there; one that got there issued.
	if (now.otps - before->otps > 2)
		return complain(point, "more than two one-time passwords were spent");
	return true;
}

// After the kill. `held`: pairs on the token before it. False: something is wrong.
static bool comes_to_a_good_end(const char *point, int status, int held,
				const struct counted *before)
{
	AUTO(record) struct record *r = desk_unfinished();
	bool done = status == 0, second = false;
	if (!logins_are_few(point))
		return false;
	if (r) {
		if (inkan("resume", "", NULL) != 0)
			return complain(point, "resume fails");
		json_t *result = last_result();
		second = json_flag(result, "second_issue_possible", false);
		json_decref(result);
		done = true;
	} else if (!done) {
		done = count().issued > before->issued; // killed after the last write
	}
	return logins_are_few(point) && token_holds(point, done ? 1 : held) &&
	       no_record_is_left(point) && costs_are_right(point, before, second);
}

// A disk that takes nothing more kills nobody: it is said what is wrong, unless all that mattered was written before.
static bool is_told_of_the_disk(const char *point, int status)
{
	json_t *result = last_result();
	const json_t *error = json_object_get(result, "error");
	const char *words = json_text(error, "message");
	bool fine = status == 0 || (status == 1 && words && *words);
	json_decref(result);
	return fine || complain(point, "not status 1 with words");
}

static bool prepare(const char *state)
{
	bool fine = desk_put_back(&desk, state);
	int64_t next = count().otps;
	if (next >= 0)
		person.counter = (uint64_t)next;
	return fine && next >= 0;
}

static void kill_at(const char *state, int held, const char *plan, const char *cut)
{
	char point[2 * POINT];
	if (work.next++ % work.shards != work.shard || work.failed > 20)
		return;
	snprintf(point, sizeof(point), "%s token, %s%s%s", state, habit, plan, cut ? cut : "");
	CHECK_OR_END(prepare(state));
	struct counted before = count();
	int status = inkan("enroll", plan, cut);
	work.runs++;
	bool disk = cut && (strstr(cut, " full") || strstr(cut, " broken"));
	CU_ASSERT_TRUE((!disk || is_told_of_the_disk(point, status)) &&
		       comes_to_a_good_end(point, status, held, &before));
}

// The calls, sends, receives and writes of one good run.
struct points {
	unsigned long sends, receives, journal;
	char calls[64][40]; // "C_CreateObject 1"
	size_t n_calls;
};

static void note_cut(struct points *p, const char *line)
{
	unsigned long n = 0;
	char kind[16];
	if (sscanf(line, "%*d %15s %lu", kind, &n) != 2)
		return;
	unsigned long *most = kind[0] == 's'   ? &p->sends
			      : kind[0] == 'r' ? &p->receives
					       : &p->journal;
	if (n > *most)
		*most = n;
}

static void note_call(struct points *p, const char *line)
{
	static const char *const calls[] = { "C_GenerateKeyPair", "C_SetAttributeValue",
					     "C_CreateObject", "C_DestroyObject" };
	char name[32];
	unsigned n = 0;
	if (sscanf(line, "%*d %31s %u", name, &n) != 2)
		return;
	for (size_t i = 0; i < ARRAY_LEN(calls); i++)
		if (strcmp(name, calls[i]) == 0 && p->n_calls < ARRAY_LEN(p->calls))
			snprintf(p->calls[p->n_calls++], sizeof(p->calls[0]), "%s %u", name, n);
}

static void read_lines(const char *path, struct points *p,
		       void (*take)(struct points *, const char *))
{
	FILE *f = fopen(path, "re");
	char line[256];
	while (f && fgets(line, sizeof(line), f))
		take(p, line);
	if (f)
		fclose(f);
}

static bool find_points(const char *state, struct points *p)
{
	*p = (struct points){ 0 };
	unlink(at.cut_log);
	if (!prepare(state) || inkan("enroll", "", "none 0 before none") != 0)
		return complain(state, "a good run is none");
	read_lines(at.cut_log, p, note_cut);
	read_lines(desk.log, p, note_call);
	printf("%s token: %lu sends, %lu receives, %lu journal writes and syncs, calls that change "
	       "the token:",
	       state, p->sends, p->receives, p->journal);
	for (size_t i = 0; i < p->n_calls; i++)
		printf(" %s", p->calls[i]);
	printf("\n");
	fflush(stdout);
	return p->sends > 2 && p->receives > 2 && p->journal > 10 && p->n_calls >= 2;
}

static const char *const whens[] = { "before", "after" };

static void kill_at_calls(const char *state, int held, const struct points *p)
{
	static const char *const whom[] = { "kill", "kill-parent", "kill-both" };
	for (size_t i = 0; i < p->n_calls; i++)
		for (size_t w = 0; w < 2; w++)
			for (size_t k = 0; k < ARRAY_LEN(whom); k++) {
				char plan[POINT];
				snprintf(plan, sizeof(plan), "%s %s %s\n", whens[w], p->calls[i],
					 whom[k]);
				if (work.full || k == (i + w) % ARRAY_LEN(whom))
					kill_at(state, held, plan, NULL);
			}
}

static void kill_at_each(const char *state, int held, const char *kind, unsigned long n,
			 unsigned long step)
{
	static const char *const acts[] = { "power", "worker", "both", "parent", "full", "broken" };
	size_t n_acts = kind[0] == 'j' ? ARRAY_LEN(acts) : 4;
	for (unsigned long i = 1; i <= n; i += work.full ? 1 : step)
		for (size_t w = 0; w < 2; w++)
			for (size_t k = 0; k < n_acts; k++) {
				char cut[POINT];
				bool now = w == i % 2 && k == (i / step) % n_acts;
				snprintf(cut, sizeof(cut), "%s %lu %s %s", kind, i, whens[w],
					 acts[k]);
				if (work.full || now)
					kill_at(state, held, "", cut);
			}
}

static void kill_everywhere(const char *state, int held)
{
	struct points p;
	CHECK_OR_END(find_points(state, &p));
	kill_at_calls(state, held, &p);
	kill_at_each(state, held, "send", p.sends, 3);
	kill_at_each(state, held, "receive", p.receives, 5);
	kill_at_each(state, held, "journal", p.journal, 5);
}

static void test_an_empty_token(void)
{
	kill_everywhere("fresh", 0);
}

static void test_a_token_with_an_old_pair(void)
{
	CHECK_OR_END(prepare("fresh") && inkan("enroll", "", NULL) == 0 &&
		     desk_keep(&desk, "enrolled"));
	kill_everywhere("enrolled", 1);
}

// A module that ignores CKA_ID in a template and takes it afterwards: the pair is named by C_SetAttributeValue.
static void test_a_module_that_takes_the_id_later(void)
{
	struct points p;
	bool named = false;
	habit = "ignore-id\n";
	if (find_points("fresh", &p)) {
		for (size_t i = 0; i < p.n_calls; i++)
			named = named || strncmp(p.calls[i], "C_SetAttributeValue", 19) == 0;
		kill_at_calls("fresh", 0, &p);
	}
	habit = "";
	CU_ASSERT_TRUE(named);
}

static bool set_out(void)
{
	if (!desk_open(&desk))
		return false;
	at = (struct paths){ .out = scratch_path(desk.bank.place, "inkan.out"),
			     .answers = scratch_path(desk.bank.place, "answers.json"),
			     .cut_log = scratch_path(desk.bank.place, "cut.log"),
			     .ca_db = scratch_path(desk.bank.place, "ca/practice-ca.db") };
	return make_person();
}

int main(int argc, char **argv)
{
	work.full = argc > 1 && strcmp(argv[1], "full") == 0;
	if (argc > 3) {
		work.shard = (unsigned)strtoul(argv[2], NULL, 10);
		work.shards = (unsigned)strtoul(argv[3], NULL, 10);
	}
	int rc = 1;
	time_t began = time(NULL);
	setenv("LC_ALL", "C.UTF-8", 1);
	if (work.shards && set_out())
		rc = CHECK_MAIN(TEST(test_an_empty_token),
				TEST(test_a_module_that_takes_the_id_later),
				TEST(test_a_token_with_an_old_pair));
	desk_close(&desk);
	free(at.out);
	free(at.answers);
	free(at.cut_log);
	free(at.ca_db);
	printf("%u kills in %lld s, %u not as they should be; second issues (all told of): %u; "
	       "one-time passwords spent: %u\n",
	       work.runs, (long long)(time(NULL) - began), work.failed, work.second_issues,
	       work.otps);
	return rc;
}
