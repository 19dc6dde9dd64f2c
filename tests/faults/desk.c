// The desk: enrolments in forked processes, with the mock before the token.
#include "desk.h"

#include <signal.h>
#include <sys/wait.h>

#include "check.h"
#include "enroll/tool.h"
#include "scratch.h"

#define LEAK_STATUS 98

// The sanitizer's own, where there is one: a child ends by _exit, which skips its usual look.
extern int __lsan_do_recoverable_leak_check(void) __attribute__((weak));

static char *word(const char *s)
{
	union {
		const char *in;
		char *out;
	} u = { .in = s };
	return u.out;
}

bool desk_open(struct desk *d)
{
	*d = (struct desk){ .mock = text_copy(INKAN_MOCK_MODULE) };
	if (!bank_open_with(&d->bank, d->mock))
		return false;
	d->plan = scratch_path(d->bank.place, "plan");
	d->log = scratch_path(d->bank.place, "mock.log");
	d->said = scratch_path(d->bank.place, "said");
	return desk_keep(d, "fresh");
}

void desk_close(struct desk *d)
{
	bank_close(&d->bank);
	free(d->mock);
	free(d->plan);
	free(d->log);
	free(d->said);
}

static bool copy_tree(const char *from, const char *to)
{
	char *argv[] = { word("cp"), word("-a"), word(from), word(to), NULL };
	nftw(to, scratch_remove_one, 16, FTW_DEPTH | FTW_PHYS);
	return tool_run(NULL, argv) == 0;
}

static bool copy_both(struct desk *d, const char *name, bool back)
{
	static const char *const what[] = { "tokens", "state" };
	bool fine = true;
	for (size_t i = 0; i < ARRAY_LEN(what); i++) {
		AUTO_TEXT char *kept_name = text_format("%s.%s", what[i], name);
		AUTO_TEXT char *kept = scratch_path(d->bank.place, kept_name);
		AUTO_TEXT char *used = scratch_path(d->bank.place, what[i]);
		fine = fine && (back ? copy_tree(kept, used) : copy_tree(used, kept));
	}
	return fine;
}

bool desk_keep(struct desk *d, const char *name)
{
	return copy_both(d, name, false);
}

bool desk_put_back(struct desk *d, const char *name)
{
	return copy_both(d, name, true);
}

static void hear(void *ctx, const struct event *e)
{
	(void)ctx;
	(void)e;
}

static struct err *answer(void *ctx, const struct question *q, struct answer *out)
{
	const struct bank *bank = ctx;
	const struct {
		const char *name, *value;
	} known[] = {
		{ "token_pin", bank->pin },
		{ "contract_id", bank->contract_id },
		{ "contract_pin", bank->contract_pin },
		{ "confirm_pin", bank->confirm_pin },
	};
	*out = (struct answer){ .state = ANSWER_MISSING };
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		if (strcmp(known[i].name, q->name) != 0)
			continue;
		out->state = ANSWER_GIVEN;
		return secret_from(known[i].value, strlen(known[i].value), &out->value);
	}
	return NULL;
}

static bool go_on_always(void *ctx)
{
	(void)ctx;
	return false;
}

static bool has_code(const struct err *e)
{
	for (; e; e = err_cause(e))
		if (err_code_name(e))
			return true;
	return false;
}

static void say(const struct desk *d, const struct err *e)
{
	FILE *f = fopen(d->said, "we");
	AUTO_TEXT char *message = msg_render_english(err_what(e));
	bool advice = err_next_step(e) || has_code(e);
	if (!f)
		_exit(97);
	fprintf(f, "%s\n%d\n%s\n", err_slug(e), advice, message ? message : "");
	fclose(f);
}

// In the forked process.
static _Noreturn void work(struct desk *d, struct job *j)
{
	struct face f = { .ctx = &d->bank, .event = hear, .ask = answer, .stopped = go_on_always };
	struct result r = { 0 };
	setenv("MOCK_PLAN", d->plan, 1);
	setenv("MOCK_LOG", d->log, 1);
	unsetenv("MOCK_MODULE");
	j->token = d->bank.token;
	j->yes = true;
	job_run(j, &f, &r);
	int status = r.err ? (int)err_kind(r.err) : 0;
	if (r.err)
		say(d, r.err);
	result_free(&r);
	if (__lsan_do_recoverable_leak_check && __lsan_do_recoverable_leak_check())
		status = LEAK_STATUS;
	_exit(status);
}

static void read_said(const struct desk *d, struct ending *out)
{
	FILE *f = fopen(d->said, "re");
	int advice = 0;
	if (!f)
		return;
	// A tag may be empty, a line never missing.
	if (fgets(out->tag, sizeof(out->tag), f)) {
		out->tag[strcspn(out->tag, "\n")] = '\0';
		if (fscanf(f, "%d\n", &advice) == 1 && fgets(out->message, sizeof(out->message), f))
			out->message[strcspn(out->message, "\n")] = '\0';
	}
	out->advice = advice == 1;
	fclose(f);
}

static void read_log(const struct desk *d, struct ending *out)
{
	FILE *f = fopen(d->log, "re");
	char line[256];
	while (f && fgets(line, sizeof(line), f)) {
		if (!strstr(line, " C_Login "))
			continue;
		if (out->wrong_pins)
			out->pin_again = true;
		if (!strstr(line, " CKR_OK"))
			out->wrong_pins++;
	}
	if (f)
		fclose(f);
}

static void run(struct desk *d, struct job *j, const char *plan, struct ending *out)
{
	*out = (struct ending){ 0 };
	unlink(d->said);
	unlink(d->log);
	FILE *f = fopen(d->plan, "we");
	if (!f || fputs(plan, f) < 0 || fclose(f) != 0) {
		perror("the mock's plan");
		exit(1);
	}
	pid_t pid = fork();
	if (pid == 0)
		work(d, j);
	out->status = tool_wait(pid);
	d->leak_found = d->leak_found || out->status == LEAK_STATUS;
	read_said(d, out);
	read_log(d, out);
}

void desk_enroll(struct desk *d, const char *plan, struct ending *out)
{
	struct job j = { .kind = JOB_ENROLL,
			 .module = d->mock,
			 .module_from_profile = true,
			 .profile = d->bank.profile,
			 .role = word("admin"),
			 .anew = true };
	run(d, &j, plan, out);
}

void desk_resume(struct desk *d, const char *id, const char *plan, struct ending *out)
{
	struct job j = { .kind = JOB_RESUME,
			 .module = d->mock,
			 .module_from_profile = true,
			 .enrolment = word(id) };
	run(d, &j, plan, out);
}

struct record *desk_unfinished(void)
{
	AUTO(journal) struct journal *j = NULL;
	AUTO_RECORDS struct records list = { 0 };
	CHECK_OK(journal_open(&j));
	if (j)
		CHECK_OK(journal_unfinished(j, NULL, &list));
	CU_ASSERT(list.n <= 1);
	if (list.n != 1)
		return NULL;
	struct record *r = list.list[0];
	list.list[0] = NULL;
	return r;
}

static int lines_with(const char *text, const char *words)
{
	int n = 0;
	for (const char *at = text; at && (at = strstr(at, words)); at++)
		n++;
	return n;
}

void desk_look(struct desk *d, struct holdings *out)
{
	static const char *const behind[] = {
		"/usr/lib/softhsm/libsofthsm2.so",
		"/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
		"/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
	};
	const char *module = behind[0];
	for (size_t i = 1; i < ARRAY_LEN(behind) && access(module, R_OK) != 0; i++)
		module = behind[i];
	AUTO_TEXT char *path = scratch_path(d->bank.place, "objects");
	AUTO_BUF struct buf text = BUF(1 << 20);
	char *argv[] = { word("pkcs11-tool"),	 word("--module"),
			 word(module),		 word("--login"),
			 word("--pin"),		 d->bank.pin,
			 word("--token-label"),	 word("inkan-test"),
			 word("--list-objects"), NULL };
	*out = (struct holdings){ -1, -1, -1 };
	if (tool_run(path, argv) != 0 || buf_read_file(path, 1 << 20, &text))
		return;
	const char *all = text.data ? (const char *)text.data : "";
	*out = (struct holdings){ lines_with(all, "Private Key Object"),
				  lines_with(all, "Public Key Object"),
				  lines_with(all, "Certificate Object") };
}
