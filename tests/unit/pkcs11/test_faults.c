// A module that fails: every call once, and the ways of dying, as a process around it sees them.
#include <signal.h>
#include <sys/wait.h>

#include "base/proc.h"
#include "pkcs11/certobj.h"
#include "softhsm.h"

// Everything that this room does with a token, up to the first error.
static struct err *whole_round(const struct softhsm *h, bool *slots_seen)
{
	AUTO(module) struct module *m = NULL;
	AUTO(session) struct session *s = NULL;
	AUTO(keypair) struct keypair *k = NULL;
	AUTO(keypair) struct keypair *found = NULL;
	AUTO(secret) struct secret *pin = NULL;
	AUTO_BUF struct buf sig = BUF(2048);
	struct token_list all __attribute__((cleanup(token_list_cleanup))) = { 0 };
	struct key_terms t = { .bits = 2048, .label = "round" };
	struct key_facts f = { 0 };
	TRY(module_load(&h->source, &m));
	TRY(slot_tokens(m, &all));
	*slots_seen = all.n > 0;
	if (!all.n)
		return err_tag(err_new(ERR_TOKEN, "no token"), "none-listed");
	TRY(session_open(m, &all.list[0], true, &s));
	TRY(secret_from(SOFTHSM_PIN, 4, &pin));
	TRY(session_login(s, pin, false));
	TRY(key_id_choose(s, NULL, &t.id));
	TRY(keypair_generate(s, &t, NULL, &k));
	TRY(keypair_facts(s, k, &f));
	TRY(keypair_try_wrap(s, k, &f));
	TRY(keypair_sign(s, k, NULL, "x", 1, &sig));
	TRY(keypair_find(s, &t.id, &found));
	return keypair_destroy(s, found);
}

static struct err *round_with(const char *plan, unsigned *calls)
{
	struct softhsm h;
	bool listed = false;
	softhsm_begin(&h);
	char label[] = "alpha";
	softhsm_token(&h, label);
	softhsm_mock(&h, plan);
	struct err *e = whole_round(&h, &listed);
	if (calls)
		*calls = softhsm_logged(&h, " C_");
	softhsm_end(&h);
	return e;
}

static void test_the_round_passes_without_faults(void)
{
	unsigned calls = 0;
	CHECK_OK(round_with("# nothing\n", &calls));
	printf("calls of a whole round: %u\n", calls);
	CU_ASSERT(calls > 20 && calls <= 60);
}

static void test_each_call_that_fails_is_an_error_of_the_token(void)
{
	static const char *const calls[] = {
		"C_Initialize",	       "C_GetInfo",	    "C_GetSlotList",	 "C_OpenSession",
		"C_GetSessionInfo",    "C_Login",	    "C_FindObjectsInit", "C_FindObjects",
		"C_FindObjectsFinal",  "C_GenerateKeyPair", "C_SignInit",	 "C_Sign",
		"C_GetAttributeValue", "C_DestroyObject",   "C_GenerateKey",	 "C_WrapKey"
	};
	for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
		char plan[128];
		snprintf(plan, sizeof(plan), "%s 1 return CKR_DEVICE_REMOVED\n", calls[i]);
		struct err *e = round_with(plan, NULL);
		bool as_it_should =
			e && err_kind(e) == ERR_TOKEN && err_has_code(e, "CKR_DEVICE_REMOVED");
		if (!as_it_should)
			fprintf(stderr, "%s", plan);
		CU_ASSERT(as_it_should);
		err_free(e);
	}
}

static void test_a_token_that_cannot_be_read_is_left_out(void)
{
	static const char *const plans[] = { "C_GetTokenInfo * return CKR_DEVICE_ERROR\n",
					     "C_GetSlotInfo * return CKR_GENERAL_ERROR\n" };
	for (size_t i = 0; i < ARRAY_LEN(plans); i++) {
		struct err *e = round_with(plans[i], NULL);
		CU_ASSERT_STRING_EQUAL(e ? err_slug(e) : "", "none-listed");
		err_free(e);
	}
}

// Runs the round in a child; its wait status.
static int round_in_child(const char *plan, struct softhsm *h)
{
	bool listed = false;
	int status = 0;
	softhsm_begin(h);
	softhsm_token(h, "alpha");
	softhsm_mock(h, plan);
	pid_t pid = fork();
	if (pid == 0) {
		struct err *e = whole_round(h, &listed);
		_exit(e ? 41 : 40);
	}
	waitpid(pid, &status, 0);
	return status;
}

static void test_a_module_can_crash_end_or_be_killed(void)
{
	static const struct {
		const char *plan;
		int signal, status;
	} cases[] = {
		{ "C_Sign 1 segfault\n", SIGSEGV, 0 },
		{ "C_Login 1 abort\n", SIGABRT, 0 },
		{ "after C_GenerateKeyPair 1 kill\n", SIGKILL, 0 },
		{ "C_Sign 1 exit 3\n", 0, 3 },
		{ "C_Sigh 1 exit 3\n", 0, 40 },
		{ "C_Sign one exit 3\n", 0, 99 },
		{ "colour red\n", 0, 99 },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct softhsm h;
		int status = round_in_child(cases[i].plan, &h);
		if (cases[i].signal)
			CU_ASSERT(WIFSIGNALED(status) && WTERMSIG(status) == cases[i].signal);
		if (!cases[i].signal)
			CU_ASSERT(WIFEXITED(status) && WEXITSTATUS(status) == cases[i].status);
		softhsm_end(&h);
	}
}

// A key that was made before the death is there for the next process: "after" lets the call through.
static void test_the_key_made_before_the_death_is_found_again(void)
{
	struct softhsm h;
	int status = round_in_child("after C_GenerateKeyPair 1 kill\n", &h);
	CU_ASSERT(WIFSIGNALED(status));
	CU_ASSERT_EQUAL(softhsm_logged(&h, "C_GenerateKeyPair 1 kill"), 1);
	struct softhsm_open o;
	softhsm_mock(&h, "");
	if (softhsm_login(&h, "alpha", &o)) {
		struct key_id any;
		CHECK_OK(key_id_choose(o.session, &(struct quirks){ .slot_ids = true }, &any));
		CU_ASSERT_EQUAL(any.bytes[0], 1);
	}
	softhsm_logout(&o);
	softhsm_end(&h);
}

static void test_a_stop_waits_until_its_file_is_removed(void)
{
	struct softhsm h;
	bool listed = false;
	char plan[128], file[96];
	softhsm_begin(&h);
	softhsm_token(&h, "alpha");
	snprintf(file, sizeof(file), "%s/stopped", h.dir);
	snprintf(plan, sizeof(plan), "before C_Login 1 stop %s\n", file);
	softhsm_mock(&h, plan);
	pid_t pid = fork();
	if (pid == 0) {
		struct err *e = whole_round(&h, &listed);
		_exit(e ? 41 : 40);
	}
	for (int i = 0; i < 1000 && access(file, F_OK) != 0; i++)
		usleep(10000);
	int status = 0;
	CU_ASSERT(waitpid(pid, &status, WNOHANG) == 0);
	CU_ASSERT(unlink(file) == 0);
	waitpid(pid, &status, 0);
	CU_ASSERT(WIFEXITED(status) && WEXITSTATUS(status) == 40);
	softhsm_end(&h);
}

int main(void)
{
	return CHECK_MAIN(TEST(test_the_round_passes_without_faults),
			  TEST(test_each_call_that_fails_is_an_error_of_the_token),
			  TEST(test_a_token_that_cannot_be_read_is_left_out),
			  TEST(test_a_module_can_crash_end_or_be_killed),
			  TEST(test_the_key_made_before_the_death_is_found_again),
			  TEST(test_a_stop_waits_until_its_file_is_removed));
}
