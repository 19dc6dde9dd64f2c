// Modules, tokens, sessions and the PIN, with SoftHSM and with the mock in front of it.
#include "softhsm.h"

static void check_tag(struct err *e, enum err_kind kind, const char *tag)
{
	CU_ASSERT_PTR_NOT_NULL(e);
	CU_ASSERT_EQUAL(e ? (int)err_kind(e) : 0, (int)kind);
	CU_ASSERT_STRING_EQUAL(e ? err_slug(e) : "", tag);
	err_free(e);
}

// A session on a fresh token "alpha", not logged in.
struct open {
	struct softhsm h;
	struct module *m;
	struct session *s;
};

static void begin(struct open *o, const char *plan)
{
	struct token_info t;
	o->m = NULL;
	o->s = NULL;
	softhsm_begin(&o->h);
	softhsm_token(&o->h, "alpha");
	if (plan)
		softhsm_mock(&o->h, plan);
	CHECK_OK_OR_END(module_load(&o->h.source, &o->m));
	CU_ASSERT_FATAL(softhsm_find(o->m, "alpha", &t));
	CHECK_OK_OR_END(session_open(o->m, &t, true, &o->s));
}

static void end(struct open *o)
{
	session_close(o->s);
	module_unload(o->m);
	softhsm_end(&o->h);
}

static struct err *login(struct session *s, const char *pin, bool last_try)
{
	AUTO(secret) struct secret *p = softhsm_pin(pin);
	return session_login(s, p, last_try);
}

static void test_what_is_no_module_is_refused(void)
{
	static char name[] = "x", text[] = "/etc/passwd",
		    library[] = "/lib/x86_64-linux-gnu/libz.so.1";
	struct module_source s = { .name = name, .path = text };
	struct module *m = NULL;
	check_tag(module_load(&s, &m), ERR_PROFILE, "module-not-a-module");
	s.path = library;
	check_tag(module_load(&s, &m), ERR_PROFILE, "module-not-a-module");
	CU_ASSERT_PTR_NULL(m);
}

static void test_a_module_whose_daemon_is_down_says_so(void)
{
	struct softhsm h;
	struct module *m = NULL;
	softhsm_begin(&h);
	softhsm_mock(&h, "C_Initialize * return CKR_HOST_MEMORY\n");
	struct err *e = module_load(&h.source, &m);
	CU_ASSERT(e && strstr(msg_id(err_what(e)), "daemon"));
	CU_ASSERT(e && err_has_code(e, "CKR_HOST_MEMORY"));
	check_tag(e, ERR_TOKEN, "module-start");
	softhsm_mock(&h, "C_Initialize 1 return CKR_CRYPTOKI_ALREADY_INITIALIZED\n");
	struct err *late =
		module_load(&h.source, &m); // the module behind was not initialised: GetInfo tells
	check_tag(late, ERR_TOKEN, "module-fault");
	softhsm_end(&h);
}

static void test_tokens_are_listed_with_what_they_can_do(void)
{
	struct open o;
	begin(&o, NULL);
	const struct token_info *t = session_token(o.s);
	CU_ASSERT_STRING_EQUAL(t->label, "alpha");
	CU_ASSERT_STRING_EQUAL(t->manufacturer, "SoftHSM project");
	CU_ASSERT_STRING_EQUAL(t->model, "SoftHSM v2");
	CU_ASSERT_EQUAL(strlen(t->serial), 16);
	CU_ASSERT(t->initialised && t->user_pin_initialised && t->login_required && !t->pin_pad);
	CU_ASSERT(t->makes_rsa && t->signs_rsa && t->signs_sha256_rsa && !t->hardware);
	CU_ASSERT(t->rsa_max >= 4096 && t->rsa_min <= 2048);
	CU_ASSERT(t->pin_min == 4 && t->pin_max == 255 && t->tries == TRIES_GOOD);
	CU_ASSERT(strstr(module_description(o.m), "PKCS11") != NULL);
	end(&o);
}

static void test_labels_that_begin_alike_are_two_tokens(void)
{
	struct open o;
	struct token_info t;
	begin(&o, NULL);
	softhsm_token(&o.h, "alpha two");
	session_close(o.s);
	module_unload(o.m);
	o.s = NULL;
	CHECK_OK(module_load(&o.h.source, &o.m));
	CU_ASSERT_FATAL(softhsm_find(o.m, "alpha two", &t));
	CHECK_OK(session_open(o.m, &t, false, &o.s));
	CU_ASSERT_STRING_EQUAL(session_token(o.s)->label, "alpha two");
	end(&o);
}

static void test_a_token_is_found_again_under_another_slot_number(void)
{
	struct open o;
	begin(&o, NULL);
	struct token_info t = *session_token(o.s);
	unsigned long slot = t.slot;
	session_close(o.s);
	o.s = NULL;
	t.slot = 4711;
	CHECK_OK(session_open(o.m, &t, false, &o.s));
	CU_ASSERT(o.s && session_token(o.s)->slot == slot);
	session_close(o.s);
	o.s = NULL;
	t.raw_serial[0] ^= 1;
	check_tag(session_open(o.m, &t, false, &o.s), ERR_TOKEN, "token-absent");
	end(&o);
}

static size_t count(const struct open *o, const char *call)
{
	char line[128];
	size_t n = 0;
	FILE *log = fopen(o->h.log, "r");
	while (log && fgets(line, sizeof(line), log))
		n += strstr(line, call) != NULL;
	if (log)
		fclose(log);
	return n;
}

static void test_a_token_just_listed_is_opened_without_another_look_at_the_slots(void)
{
	struct open o;
	struct token_info t = { 0 }, other = { 0 };
	begin(&o, "");
	softhsm_token(&o.h, "beta");
	session_close(o.s);
	module_unload(o.m);
	o.s = NULL;
	CHECK_OK(module_load(&o.h.source, &o.m));
	CU_ASSERT_FATAL(softhsm_find(o.m, "alpha", &t) && softhsm_find(o.m, "beta", &other));
	size_t looks = count(&o, "C_GetSlotList");
	CHECK_OK(session_open_listed(o.m, &t, &o.s));
	CU_ASSERT_EQUAL(count(&o, "C_GetSlotList"), looks);
	CU_ASSERT_STRING_EQUAL(o.s ? session_token(o.s)->label : "", "alpha");
	session_close(o.s);
	o.s = NULL;
	// It is asked who it is all the same.
	unsigned long slot = t.slot;
	t.slot = other.slot;
	CHECK_OK(session_open_listed(o.m, &t, &o.s));
	CU_ASSERT(o.s && session_token(o.s)->slot == slot);
	session_close(o.s);
	o.s = NULL;
	t.raw_serial[0] ^= 1;
	check_tag(session_open_listed(o.m, &t, &o.s), ERR_TOKEN, "token-absent");
	end(&o);
}

static void test_a_module_that_shows_its_slots_late_is_asked_to_look(void)
{
	struct open o;
	begin(&o, "late-slots\n");
	CU_ASSERT_STRING_EQUAL(session_token(o.s)->label, "alpha");
	end(&o);
}

static void test_one_look_at_the_slots_is_enough_for_a_fresh_module_and_later_ones_are_new(void)
{
	struct token_info t;
	struct open o;
	begin(&o, "");
	session_close(o.s);
	module_unload(o.m);
	o.s = NULL;
	CHECK_OK(module_load(&o.h.source, &o.m));
	size_t before = count(&o, "C_GetSlotList");
	CU_ASSERT(softhsm_find(o.m, "alpha", &t));
	CU_ASSERT_EQUAL(count(&o, "C_GetSlotList"), before + 1);
	CU_ASSERT(softhsm_find(o.m, "alpha", &t));
	CU_ASSERT_EQUAL(count(&o, "C_GetSlotList"), before + 3);
	end(&o);
}

static void test_a_token_that_stops_answering_is_gone_and_says_why(void)
{
	struct open o;
	begin(&o, "C_GetTokenInfo 4+ return CKR_DEVICE_ERROR\n");
	struct token_info t = *session_token(o.s);
	session_close(o.s);
	o.s = NULL;
	struct err *e = session_open(o.m, &t, false, &o.s);
	CU_ASSERT(e && err_has_code(e, "CKR_DEVICE_ERROR"));
	check_tag(e, ERR_TOKEN, "token-absent");
	end(&o);
}

static void test_login_and_logout(void)
{
	struct open o;
	begin(&o, NULL);
	CU_ASSERT(!session_logged_in(o.s));
	CHECK_OK(login(o.s, SOFTHSM_PIN, false));
	CU_ASSERT(session_logged_in(o.s));
	CHECK_OK(login(o.s, SOFTHSM_PIN, false));
	CHECK_OK(session_logout(o.s));
	CU_ASSERT(!session_logged_in(o.s));
	end(&o);
}

static void test_a_wrong_pin_is_one_try_and_says_what_is_left(void)
{
	struct open o;
	begin(&o, "");
	struct err *e = login(o.s, "9999", false);
	CU_ASSERT(e && err_has_code(e, "CKR_PIN_INCORRECT"));
	AUTO_TEXT char *text = e ? err_render(e) : NULL;
	CU_ASSERT(text && strstr(text, "fewer than before"));
	CU_ASSERT(text && !strstr(text, "9999"));
	check_tag(e, ERR_PIN, "pin-wrong");
	CU_ASSERT_EQUAL(softhsm_logged(&o.h, "C_Login"), 1);
	CU_ASSERT_EQUAL(softhsm_logged(&o.h, "9999"), 0);
	CHECK_OK(login(o.s, SOFTHSM_PIN, false));
	end(&o);
}

static void test_a_token_that_does_not_count_says_so(void)
{
	struct open o;
	begin(&o, "token-flags -USER_PIN_COUNT_LOW\n");
	struct err *e = login(o.s, "9999", false);
	AUTO_TEXT char *text = e ? err_render(e) : NULL;
	CU_ASSERT(text && strstr(text, "does not say how many"));
	check_tag(e, ERR_PIN, "pin-wrong");
	end(&o);
}

static void test_locked_and_final_try_are_refused_before_login(void)
{
	struct open o;
	begin(&o, "token-flags +USER_PIN_FINAL_TRY\n");
	check_tag(login(o.s, SOFTHSM_PIN, false), ERR_PIN, "pin-final-try");
	CU_ASSERT_EQUAL(softhsm_logged(&o.h, "C_Login"), 0);
	CHECK_OK(login(o.s, SOFTHSM_PIN, true));
	CU_ASSERT_EQUAL(softhsm_logged(&o.h, "C_Login"), 1);
	end(&o);
	begin(&o, "token-flags +USER_PIN_LOCKED\n");
	check_tag(login(o.s, SOFTHSM_PIN, true), ERR_PIN, "pin-locked");
	CU_ASSERT_EQUAL(softhsm_logged(&o.h, "C_Login"), 0);
	end(&o);
	begin(&o, "token-flags -USER_PIN_INITIALIZED\n");
	check_tag(login(o.s, SOFTHSM_PIN, false), ERR_TOKEN, "pin-not-set");
	end(&o);
}

static void test_a_pin_that_cannot_be_right_costs_no_try(void)
{
	struct open o;
	begin(&o, "pin-length 4 8\n");
	check_tag(login(o.s, "123", false), ERR_PIN, "pin-length");
	check_tag(login(o.s, "123456789", false), ERR_PIN, "pin-length");
	check_tag(login(o.s, "", false), ERR_PIN, "pin-length");
	check_tag(login(o.s, "\xef\xbc\x91\xef\xbc\x92", false), ERR_PIN,
		  "pin-characters"); // full-width 12
	check_tag(login(o.s, "12\t4", false), ERR_PIN, "pin-characters");
	CU_ASSERT_EQUAL(softhsm_logged(&o.h, "C_Login"), 0);
	check_tag(session_login(o.s, NULL, false), ERR_ANSWER, "pin-needed");
	end(&o);
}

static void test_a_keypad_gets_no_pin_from_us(void)
{
	struct open o;
	char file[64], plan[96];
	snprintf(file, sizeof(file), "/tmp/inkan-test-pin-%ld", (long)getpid());
	snprintf(plan, sizeof(plan), "pin-pad %s\n", file);
	softhsm_write(file, SOFTHSM_PIN "\n");
	begin(&o, plan);
	CU_ASSERT(session_token(o.s)->pin_pad);
	CHECK_OK(session_login(o.s, NULL, false));
	CU_ASSERT(session_logged_in(o.s));
	end(&o);
	unlink(file); // nobody types
	begin(&o, plan);
	check_tag(session_login(o.s, NULL, false), ERR_INTERRUPTED, "pin-cancelled");
	end(&o);
}

static void test_what_login_answers_is_told_apart(void)
{
	static const struct {
		const char *plan;
		enum err_kind kind;
		const char *tag;
	} cases[] = {
		{ "C_Login 1 return PIN_LOCKED\n", ERR_PIN, "pin-locked" },
		{ "C_Login 1 return PIN_EXPIRED\n", ERR_PIN, "pin-expired" },
		{ "C_Login 1 return PIN_LEN_RANGE\n", ERR_PIN, "pin-wrong" },
		{ "C_Login 1 return USER_PIN_NOT_INITIALIZED\n", ERR_TOKEN, "pin-not-set" },
		{ "C_Login 1 return USER_ANOTHER_ALREADY_LOGGED_IN\n", ERR_TOKEN, "token-busy" },
		{ "C_Login 1 return DEVICE_REMOVED\n", ERR_TOKEN, "token-absent" },
		{ "C_Login 1 return FUNCTION_CANCELED\n", ERR_INTERRUPTED, "pin-cancelled" },
		{ "C_Login 1 return 0x80000001\n", ERR_TOKEN, "token-refused" },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct open o;
		begin(&o, cases[i].plan);
		check_tag(login(o.s, SOFTHSM_PIN, false), cases[i].kind, cases[i].tag);
		CU_ASSERT(!session_logged_in(o.s));
		CU_ASSERT_EQUAL(softhsm_logged(&o.h, "C_Login"), 1);
		end(&o);
	}
	struct open o;
	begin(&o, "C_Login 1 return USER_ALREADY_LOGGED_IN\n");
	CHECK_OK(login(o.s, SOFTHSM_PIN, false));
	end(&o);
}

int main(void)
{
	return CHECK_MAIN(
		TEST(test_what_is_no_module_is_refused),
		TEST(test_a_module_whose_daemon_is_down_says_so),
		TEST(test_tokens_are_listed_with_what_they_can_do),
		TEST(test_labels_that_begin_alike_are_two_tokens),
		TEST(test_a_token_is_found_again_under_another_slot_number),
		TEST(test_a_token_just_listed_is_opened_without_another_look_at_the_slots),
		TEST(test_a_module_that_shows_its_slots_late_is_asked_to_look),
		TEST(test_one_look_at_the_slots_is_enough_for_a_fresh_module_and_later_ones_are_new),
		TEST(test_a_token_that_stops_answering_is_gone_and_says_why),
		TEST(test_login_and_logout),
		TEST(test_a_wrong_pin_is_one_try_and_says_what_is_left),
		TEST(test_a_token_that_does_not_count_says_so),
		TEST(test_locked_and_final_try_are_refused_before_login),
		TEST(test_a_pin_that_cannot_be_right_costs_no_try),
		TEST(test_a_keypad_gets_no_pin_from_us),
		TEST(test_what_login_answers_is_told_apart));
}
