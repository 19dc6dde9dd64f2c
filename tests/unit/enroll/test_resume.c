// An enrolment killed at each of its events is finished by a resume: one key pair, one certificate, no orphan.
#include "enroll/enroll.h"

#include <jansson.h>
#include <signal.h>
#include <sys/wait.h>

#include "bank.h"
#include "base/json.h"
#include "check.h"
#include "journal/journal.h"
#include "profile/profile.h"
#include "tool.h"

static struct bank bank;

// A face that answers as the account's holder would, and dies at its n-th call.
struct script {
	int calls;
	int die_at; // 0: never
};

static void count(struct script *s)
{
	if (++s->calls == s->die_at)
		kill(getpid(), SIGKILL);
}

static void hear(void *ctx, const struct event *e)
{
	if (e->kind == EVENT_STEP)
		count(ctx);
}

static struct err *answer(void *ctx, const struct question *q, struct answer *out)
{
	const struct {
		const char *name, *value;
	} known[] = {
		{ "token_pin", bank.pin },
		{ "contract_id", bank.contract_id },
		{ "contract_pin", bank.contract_pin },
		{ "confirm_pin", bank.confirm_pin },
	};
	if (!q->check_only)
		count(ctx);
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

// Runs the job in a process of its own; its exit status, or -1 when it was killed.
static int run_job(struct job j, int die_at)
{
	pid_t pid = fork();
	if (pid == 0) {
		struct script s = { .die_at = die_at };
		struct face f = {
			.ctx = &s, .event = hear, .ask = answer, .stopped = go_on_always
		};
		struct result r = { 0 };
		j.token = bank.token;
		j.yes = true;
		job_run(&j, &f, &r);
		int status = r.err ? (int)err_kind(r.err) : 0;
		char *why = r.err ? err_render(r.err) : NULL;
		if (why)
			fprintf(stderr, "%s\n", why);
		free(why);
		result_free(&r);
		_exit(status);
	}
	return tool_wait(pid);
}

static char *module_of_profile(void)
{
	struct profile *p = NULL;
	CHECK_OK(profile_load(bank.profile, &p));
	char *module = p ? text_copy(p->module) : NULL;
	profile_free(p);
	return module;
}

static int enroll(char *module, int die_at)
{
	char role[] = "admin";
	return run_job((struct job){ .kind = JOB_ENROLL,
				     .module = module,
				     .module_from_profile = true,
				     .profile = bank.profile,
				     .role = role },
		       die_at);
}

// The record of the enrolment that was killed; null when it had not come so far, or was over.
static struct record *unfinished(void)
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

static int lines_with(const struct buf *text, const char *words)
{
	int n = 0;
	for (const char *at = (const char *)text->data; at && (at = strstr(at, words)); at++)
		n++;
	return n;
}

// What an independent program sees on the token.
static void look(char *module, int *private_keys, int *public_keys, int *certificates)
{
	AUTO_TEXT char *out = scratch_path(bank.place, "objects");
	AUTO_BUF struct buf text = BUF(1 << 20);
	char tool[] = "pkcs11-tool";
	char m[] = "--module";
	char l[] = "--login";
	char p[] = "--pin";
	char t[] = "--token-label";
	char label[] = "inkan-test";
	char o[] = "--list-objects";
	char *argv[] = { tool, m, module, l, p, bank.pin, t, label, o, NULL };
	CU_ASSERT_EQUAL(tool_run(out, argv), 0);
	CHECK_OK(buf_read_file(out, 1 << 20, &text));
	*private_keys = lines_with(&text, "Private Key Object");
	*public_keys = lines_with(&text, "Public Key Object");
	*certificates = lines_with(&text, "Certificate Object");
}

static void expect_on_token(char *module, int pairs, int certificates)
{
	int private_keys = -1;
	int public_keys = -1;
	int certs = -1;
	look(module, &private_keys, &public_keys, &certs);
	CU_ASSERT_EQUAL(private_keys, pairs);
	CU_ASSERT_EQUAL(public_keys, pairs);
	CU_ASSERT_EQUAL(certs, certificates);
}

static void resume(char *module, struct record *r)
{
	int status = run_job((struct job){ .kind = JOB_RESUME,
					   .module = module,
					   .module_from_profile = true,
					   .enrolment = r->id },
			     0);
	CU_ASSERT_EQUAL(status, 0);
}

// False when the enrolment came to its end before its n-th event.
static bool killed_at(char *module, int n)
{
	CU_ASSERT_TRUE(bank_fresh(&bank));
	int issued_before = bank_issued(&bank);
	CU_ASSERT(issued_before >= 0);
	int status = enroll(module, n);
	if (status == 0)
		return false;
	CU_ASSERT_EQUAL(status, -1);
	struct record *r = unfinished();
	bool begun = r != NULL;
	if (begun)
		resume(module, r);
	int issued = bank_issued(&bank) - issued_before;
	if (begun || issued)
		expect_on_token(module, 1, 1);
	else
		expect_on_token(module, 0, 0);
	CU_ASSERT(issued <= 1 || (issued == 2 && begun && r->submits == 1));
	if (CU_get_number_of_failures())
		fprintf(stderr, "when killed at event %d\n", n);
	record_free(r);
	return true;
}

static int first_cut;
static int stride;

static void test_killed_at_each_event_and_resumed(void)
{
	AUTO_TEXT char *module = module_of_profile();
	int n = first_cut;
	while (killed_at(module, n) && CU_get_number_of_failures() == 0)
		n += stride;
	CU_ASSERT(n > 25); // an enrolment has more events than this
}

// test-enroll-resume [FIRST STRIDE]: so that several share the work.
int main(int argc, char **argv)
{
	first_cut = argc > 2 ? (int)strtol(argv[1], NULL, 10) : 1;
	stride = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 1;
	int rc = 1;
	if (bank_open(&bank))
		rc = CHECK_MAIN(TEST(test_killed_at_each_event_and_resumed));
	bank_close(&bank);
	return rc;
}
