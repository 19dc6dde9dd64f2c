// The program is killed - its worker, its parent, both, or the power goes - before and after each call into the module, each send and receive,
// each file put in its place, each write of the journal; or the disk takes nothing more from there on. Then it is finished: `inkan resume`, by file
// also `inkan install` once more. Key pairs, certificates, issues, one-time passwords and PIN tries are counted, against a practice CA that
// issues a second certificate to whoever asks twice.
//
//	faults-killing [sample|full] [SHARD OF] [est|portal|scep|cmp|file]
//
// sample: of the calls into the module those that change the token, and every few of the rest.
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

#include "base/json.h"
#include "check.h"
#include "enroll/tool.h"
#include "scratch.h"
#include "ways.h"

enum { KILLED = 200, POINT = 120 };

static char program[] = INKAN_BUILD_BINDIR "/bin/inkan";

static const struct stage by_ca = { "enroll", "resume", 0, -1, -1 };
static const struct stage asking = { "request", "resume", 3, 1, 0 };
static const struct stage installing = { "install", "install", 0, -1, -1 };

static struct desk desk;
static struct way way;
static const struct stage *stage = &by_ca;
static struct paths {
	char *out, *cut_log;
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

// What stands on the command line after the common options.
static void add_arguments(const char *command, char **argv)
{
	char *const first[] = { word("--token"),   desk.bank.token, word("--profile"),
				desk.bank.profile, word("--role"),  word("user") };
	bool begins = strcmp(command, "enroll") == 0 || strcmp(command, "request") == 0;
	size_t n = begins ? ARRAY_LEN(first) : strcmp(command, "resume") == 0 ? 2 : 0;
	memcpy(argv, first, n * sizeof(first[0]));
	if (strcmp(command, "request") == 0) {
		argv[n++] = word("--out");
		argv[n++] = way.request;
	}
	if (strcmp(command, "install") == 0)
		argv[n++] = way.certificate;
}

// Runs inkan and waits for it and its worker. `plan`: the mock's; `cut`: CUT_AT, null for none.
static int inkan(const char *command, const char *plan, const char *cut)
{
	char *argv[16] = { program,	  word(command),     word("--json"),
			   word("--yes"), word("--answers"), way.answers };
	add_arguments(command, argv + 6);
	unlink(desk.log);
	AUTO_TEXT char *whole = text_format("%s%s", habit, plan);
	AUTO_TEXT char *path = scratch_file(desk.bank.place, "plan", whole ? whole : "", 0600);
	(void)path; // the mock knows where it lies
	if (!way_answers(&way))
		return -1;
	pid_t pid = fork();
	if (pid == 0)
		nurse(argv, cut);
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
		// One before which somebody was killed came to nothing.
		all += strstr(one, " C_Login ") && strstr(one, " CKR_");
		good += strstr(one, " C_Login ") && strstr(one, " CKR_OK");
	}
	if (all != good || all > 2)
		return complain(point, "logins failed, or are more than two");
	return true;
}

static bool token_holds(const char *point, int keys, int certificates)
{
	struct holdings h;
	char what[100];
	desk_look(&desk, &h);
	if (h.private_keys == keys && h.public_keys == keys && h.certificates == certificates)
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
	struct counted now = way_count(&way);
	int64_t issued = now.issued - before->issued;
	work.second_issues += issued == 2;
	work.otps += (unsigned)(now.otps - before->otps);
	if (now.failures != before->failures)
		return complain(point, "the CA has counted a failure");
	if (issued < 0 || issued > 2 || (issued == 2 && !second_said))
		return complain(point, "issues that nobody speaks of");
	if (way.kind == BY_CMP && now.good - before->good > 1)
		return complain(point, "the CA was left with two good ones");
	// A value may be skipped when it never got there; one that got there issued.
	if (now.otps - before->otps > 2)
		return complain(point, "more than two one-time passwords were spent");
	return true;
}

// A request was to be written: it is there, and its record waits; or nothing is, and the token is as it was.
static bool is_asked_or_untouched(const char *point, int status, int keys, int certificates)
{
	AUTO(record) struct record *r = desk_unfinished();
	if (!r)
		return (status != stage->status || complain(point, "no record waits")) &&
		       token_holds(point, keys, certificates);
	if (inkan(stage->again, "", NULL) != stage->status)
		return complain(point, "resume fails");
	return logins_are_few(point) &&
	       token_holds(point, keys + stage->keys, certificates + stage->certificates) &&
	       (way_request_is_there(&way) || complain(point, "the request is not there"));
}

static bool finish(const char *point, bool *second)
{
	if (inkan(stage->again, "", NULL) != 0)
		return complain(point, "it cannot be finished");
	json_t *result = last_result();
	*second = json_flag(result, "second_issue_possible", false);
	json_decref(result);
	return true;
}

// After the kill. `keys`, `certificates`: on the token before it. False: something is wrong.
static bool comes_to_a_good_end(const char *point, int status, int keys, int certificates,
				const struct counted *before)
{
	AUTO(record) struct record *r = desk_unfinished();
	bool done = status == 0, second = false;
	if (!logins_are_few(point))
		return false;
	if (stage->keys >= 0)
		return is_asked_or_untouched(point, status, keys, certificates);
	if (r) {
		if (!finish(point, &second))
			return false;
		done = true;
	} else if (!done) { // killed after the last write
		done = stage == &installing || way_count(&way).issued > before->issued;
	}
	return logins_are_few(point) &&
	       token_holds(point, done ? 1 : keys, done ? 1 : certificates) &&
	       no_record_is_left(point) && costs_are_right(point, before, second);
}

// A disk that takes nothing more kills nobody: it is said what is wrong, unless all that mattered was written before.
static bool is_told_of_the_disk(const char *point, int status)
{
	json_t *result = last_result();
	const json_t *error = json_object_get(result, "error");
	const char *words = json_text(error, "message");
	bool fine = status == stage->status || (status == 1 && words && *words);
	json_decref(result);
	return fine || complain(point, "not status 1 with words");
}

static bool prepare(const char *state)
{
	return desk_put_back(&desk, state) && way_anew(&way);
}

static void kill_at(const char *state, const char *plan, const char *cut)
{
	char point[2 * POINT];
	struct holdings held;
	if (work.next++ % work.shards != work.shard || work.failed > 20)
		return;
	snprintf(point, sizeof(point), "%s, %s token, %s%s%s", stage->command, state, habit, plan,
		 cut ? cut : "");
	CHECK_OR_END(prepare(state));
	desk_look(&desk, &held);
	struct counted before = way_count(&way);
	int status = inkan(stage->command, plan, cut);
	work.runs++;
	bool disk = cut && (strstr(cut, " full") || strstr(cut, " broken"));
	CU_ASSERT_TRUE(
		(!disk || is_told_of_the_disk(point, status)) &&
		comes_to_a_good_end(point, status, held.private_keys, held.certificates, &before));
}

// The calls, sends, receives, files and writes of one good run.
struct points {
	unsigned long sends, receives, places, journal;
	struct {
		char name[40]; // "C_CreateObject 1"
		bool changes;  // the token
	} calls[300];
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
			      : kind[0] == 'p' ? &p->places
					       : &p->journal;
	if (n > *most)
		*most = n;
}

static bool changes_the_token(const char *name)
{
	static const char *const calls[] = { "C_GenerateKeyPair", "C_SetAttributeValue",
					     "C_CreateObject", "C_DestroyObject" };
	size_t i = 0;
	while (i < ARRAY_LEN(calls) && strcmp(name, calls[i]) != 0)
		i++;
	return i < ARRAY_LEN(calls);
}

static void note_call(struct points *p, const char *line)
{
	char name[32], call[40];
	unsigned n = 0;
	if (sscanf(line, "%*d %31s %u", name, &n) != 2 || p->n_calls == ARRAY_LEN(p->calls))
		return;
	snprintf(call, sizeof(call), "%s %u", name, n);
	for (size_t i = 0; i < p->n_calls; i++)
		if (strcmp(p->calls[i].name, call) == 0) // of another process
			return;
	memcpy(p->calls[p->n_calls].name, call, sizeof(call));
	p->calls[p->n_calls++].changes = changes_the_token(name);
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
	if (!prepare(state) || inkan(stage->command, "", "none 0 before none") != stage->status)
		return complain(state, "a good run is none");
	read_lines(at.cut_log, p, note_cut);
	read_lines(desk.log, p, note_call);
	printf("%s, %s token: %lu sends, %lu receives, %lu files, %lu journal writes and syncs, "
	       "%zu calls, of which these change the token:",
	       stage->command, state, p->sends, p->receives, p->places, p->journal, p->n_calls);
	for (size_t i = 0; i < p->n_calls; i++)
		if (p->calls[i].changes)
			printf(" %s", p->calls[i].name);
	printf("\n");
	fflush(stdout);
	bool line = stage != &by_ca || (p->sends > 2 && p->receives > 2);
	return line && p->journal > 5 && p->n_calls > 10 && (stage != &asking || p->places == 1);
}

static const char *const whens[] = { "before", "after" };

static void kill_at_calls(const char *state, const struct points *p, bool all)
{
	static const char *const whom[] = { "kill", "kill-parent", "kill-both" };
	for (size_t i = 0; i < p->n_calls; i++)
		for (size_t w = 0; w < 2 && (all || p->calls[i].changes); w++)
			for (size_t k = 0; k < ARRAY_LEN(whom); k++) {
				char plan[POINT];
				snprintf(plan, sizeof(plan), "%s %s %s\n", whens[w],
					 p->calls[i].name, whom[k]);
				if (work.full || k == (i + w) % ARRAY_LEN(whom))
					kill_at(state, plan, NULL);
			}
}

static void kill_at_each(const char *state, const char *kind, unsigned long n, unsigned long step)
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
					kill_at(state, "", cut);
			}
}

static void kill_everywhere(const char *state)
{
	struct points p;
	CHECK_OR_END(find_points(state, &p));
	kill_at_calls(state, &p, work.full);
	kill_at_each(state, "send", p.sends, 3);
	kill_at_each(state, "receive", p.receives, 5);
	kill_at_each(state, "place", p.places, 1);
	kill_at_each(state, "journal", p.journal, 5);
}

// By file: the request first, then what comes back for it; the state is kept under both names.
static void kill_by_file(const char *state, const char *asked)
{
	stage = &asking;
	kill_everywhere(state);
	CHECK_OR_END(prepare(state) && inkan("request", "", NULL) == asking.status &&
		     way_issue(&way) && desk_keep(&desk, asked));
	stage = &installing;
	kill_everywhere(asked);
}

static void kill_from(const char *state, const char *asked)
{
	if (way.kind == BY_FILE)
		kill_by_file(state, asked);
	else
		kill_everywhere(state);
}

static bool enrolled(void)
{
	if (way.kind != BY_FILE)
		return inkan("enroll", "", NULL) == 0;
	return inkan("request", "", NULL) == 3 && way_issue(&way) &&
	       inkan("install", "", NULL) == 0;
}

static void test_an_empty_token(void)
{
	kill_from("fresh", "asked");
}

static void test_a_token_with_an_old_pair(void)
{
	CHECK_OR_END(prepare("fresh") && enrolled() && desk_keep(&desk, "enrolled"));
	kill_from("enrolled", "asked-anew");
}

// A module that ignores CKA_ID in a template and takes it afterwards: the pair is named by C_SetAttributeValue.
static void test_a_module_that_takes_the_id_later(void)
{
	struct points p;
	bool named = false;
	habit = "ignore-id\n";
	stage = way.kind == BY_FILE ? &asking : &by_ca;
	if (find_points("fresh", &p)) {
		for (size_t i = 0; i < p.n_calls; i++)
			named = named || strncmp(p.calls[i].name, "C_SetAttributeValue", 19) == 0;
		kill_at_calls("fresh", &p, false);
	}
	habit = "";
	CU_ASSERT_TRUE(named);
}

int main(int argc, char **argv)
{
	enum way_kind kind = argc > 4 ? way_named(argv[4]) : BY_EST;
	work.full = argc > 1 && strcmp(argv[1], "full") == 0;
	if (argc > 3) {
		work.shard = (unsigned)strtoul(argv[2], NULL, 10);
		work.shards = (unsigned)strtoul(argv[3], NULL, 10);
	}
	int rc = 1;
	time_t began = time(NULL);
	setenv("LC_ALL", "C.UTF-8", 1);
	if (kind == WAYS || !work.shards) {
		fprintf(stderr, "faults-killing [sample|full] [SHARD OF] "
				"[est|portal|scep|cmp|file]\n");
		return 2;
	}
	if (way_open(&way, kind, &desk)) {
		at.out = scratch_path(desk.bank.place, "inkan.out");
		at.cut_log = scratch_path(desk.bank.place, "cut.log");
		rc = CHECK_MAIN(TEST(test_an_empty_token),
				TEST(test_a_module_that_takes_the_id_later),
				TEST(test_a_token_with_an_old_pair));
	}
	way_close(&way);
	free(at.out);
	free(at.cut_log);
	printf("%u kills in %lld s, %u not as they should be; second issues (all told of): %u; "
	       "one-time passwords spent: %u\n",
	       work.runs, (long long)(time(NULL) - began), work.failed, work.second_issues,
	       work.otps);
	return rc;
}
