// Tokens initialised, their PINs set and changed, everything on them listed: with SoftHSM, with NSS, and with the mock in front.
#include "pkcs11/admin.h"

#include "pkcs11/objlist.h"
#include "pkcs11/quirks.h"
#include "softhsm.h"

static void check_tag(struct err *e, enum err_kind kind, const char *tag)
{
	CU_ASSERT_PTR_NOT_NULL(e);
	CU_ASSERT_EQUAL(e ? (int)err_kind(e) : 0, (int)kind);
	CU_ASSERT_STRING_EQUAL(e ? err_slug(e) : "", tag);
	err_free(e);
}

struct open {
	struct softhsm h;
	struct module *m;
	struct session *s;
	struct token_info t;
};

// A fresh token "alpha"; with `session` a writable session on it.
static void begin(struct open *o, const char *plan, bool session)
{
	*o = (struct open){ 0 };
	softhsm_begin(&o->h);
	softhsm_token(&o->h, "alpha");
	if (plan)
		softhsm_mock(&o->h, plan);
	CHECK_OK_OR_END(module_load(&o->h.source, &o->m));
	CU_ASSERT_FATAL(softhsm_find(o->m, "alpha", &o->t));
	if (session)
		CHECK_OK_OR_END(session_open(o->m, &o->t, true, &o->s));
}

static void end(struct open *o)
{
	session_close(o->s);
	module_unload(o->m);
	softhsm_end(&o->h);
}

static struct err *officer(struct session *s, const char *pin)
{
	AUTO(secret) struct secret *p = softhsm_pin(pin);
	return session_login_officer(s, p, false);
}

static struct err *user(struct session *s, const char *pin)
{
	AUTO(secret) struct secret *p = softhsm_pin(pin);
	return session_login(s, p, false);
}

static struct err *change(struct session *s, const char *old, const char *fresh)
{
	AUTO(secret) struct secret *a = softhsm_pin(old), *b = softhsm_pin(fresh);
	return session_change_pin(s, a, b, false);
}

static void test_the_officer_sets_a_new_pin(void)
{
	struct open o;
	begin(&o, NULL, true);
	AUTO(secret) struct secret *fresh = softhsm_pin("77665544");
	CHECK_OK(officer(o.s, SOFTHSM_SO_PIN));
	CU_ASSERT_FALSE(session_logged_in(o.s)); // not as the user
	CHECK_OK(session_set_first_pin(o.s, fresh));
	CHECK_OK(session_logout(o.s));
	CHECK_OK(user(o.s, "77665544"));
	end(&o);
}

static void test_a_wrong_officers_pin_is_tried_once_and_told_apart(void)
{
	struct open o;
	begin(&o, "", true);
	check_tag(officer(o.s, SOFTHSM_PIN), ERR_PIN, "so-pin-wrong");
	CU_ASSERT_EQUAL(softhsm_logged(&o.h, "C_Login"), 1);
	struct token_info t = o.t;
	CHECK_OK(slot_refresh(o.m, &t));
	CU_ASSERT_EQUAL(t.so_tries, TRIES_LOW);
	CU_ASSERT_EQUAL(t.tries, TRIES_GOOD); // the user's was not touched
	end(&o);
}

static void test_flags_of_the_officers_pin_come_before_a_try(void)
{
	struct open o;
	begin(&o, "token-flags SO_PIN_LOCKED\n", true);
	check_tag(officer(o.s, SOFTHSM_SO_PIN), ERR_PIN, "so-pin-locked");
	CU_ASSERT_EQUAL(softhsm_logged(&o.h, "C_Login"), 0);
	end(&o);
	begin(&o, "token-flags SO_PIN_FINAL_TRY\n", true);
	check_tag(officer(o.s, SOFTHSM_SO_PIN), ERR_PIN, "so-pin-final-try");
	CU_ASSERT_EQUAL(softhsm_logged(&o.h, "C_Login"), 0);
	AUTO(secret) struct secret *pin = softhsm_pin(SOFTHSM_SO_PIN);
	CHECK_OK(session_login_officer(o.s, pin, true));
	end(&o);
}

static void test_the_pin_is_changed_by_who_knows_it(void)
{
	struct open o;
	begin(&o, "", true);
	CHECK_OK(change(o.s, SOFTHSM_PIN, "99887766"));
	check_tag(change(o.s, SOFTHSM_PIN, "11111111"), ERR_PIN, "pin-wrong");
	CU_ASSERT_EQUAL(softhsm_logged(&o.h, "C_SetPIN"), 2);
	CHECK_OK(user(o.s, "99887766"));
	end(&o);
}

// NSS looks at nobody's PIN before somebody is logged in.
static void test_a_module_that_wants_a_login_before_the_change_gets_one(void)
{
	struct open o;
	begin(&o, "C_SetPIN 1 return CKR_USER_NOT_LOGGED_IN\n", true);
	CHECK_OK(change(o.s, SOFTHSM_PIN, "99887766"));
	CU_ASSERT_EQUAL(softhsm_logged(&o.h, "C_Login"), 1);
	CU_ASSERT_EQUAL(softhsm_logged(&o.h, "C_SetPIN"), 2);
	end(&o);
	begin(&o, "C_SetPIN * return CKR_USER_NOT_LOGGED_IN\n", true);
	check_tag(change(o.s, "11111111", "99887766"), ERR_PIN, "pin-wrong");
	CU_ASSERT_EQUAL(softhsm_logged(&o.h, "C_Login"), 1);
	end(&o);
}

static void test_a_new_pin_that_the_token_dislikes_is_no_wrong_pin(void)
{
	static const char *const plans[] = { "C_SetPIN * return CKR_PIN_TOO_WEAK\n",
					     "C_SetPIN * return CKR_PIN_LEN_RANGE\n",
					     "C_SetPIN * return CKR_PIN_INVALID\n" };
	for (size_t i = 0; i < ARRAY_LEN(plans); i++) {
		struct open o;
		begin(&o, plans[i], true);
		check_tag(change(o.s, SOFTHSM_PIN, "99887766"), ERR_PIN, "pin-refused");
		end(&o);
	}
}

static void test_what_cannot_be_a_pin_is_known_before(void)
{
	struct token_info t = { .label = "alpha", .pin_min = 4, .pin_max = 8 };
	static const struct {
		const char *pin, *tag;
	} wrong[] = { { "123", "pin-length" },
		      { "123456789", "pin-length" },
		      { "", "pin-length" },
		      { "１２３４", "pin-characters" },
		      { "12\t45", "pin-characters" } };
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		AUTO(secret) struct secret *pin = softhsm_pin(wrong[i].pin);
		check_tag(pin_could_be(&t, NAME_SO_PIN, 0, 0, pin), ERR_PIN, wrong[i].tag);
	}
	AUTO(secret) struct secret *fine = softhsm_pin("12345678");
	CHECK_OK(pin_could_be(&t, NAME_PIN, 0, 0, fine));
	check_tag(pin_could_be(&t, NAME_SO_PIN, 16, 16, fine), ERR_PIN, "pin-length");
}

static void test_an_initialised_token_is_found_again(void)
{
	struct open o;
	struct token_info after;
	begin(&o, NULL, false);
	softhsm_token(&o.h, "beta");
	AUTO(secret) struct secret *so = softhsm_pin(SOFTHSM_SO_PIN);
	CHECK_OK_OR_END(token_init(o.m, &o.t, so, "gamma", false, &after));
	CU_ASSERT_STRING_EQUAL(after.label, "gamma");
	CU_ASSERT_STRING_EQUAL(after.serial, o.t.serial);
	CU_ASSERT_FALSE(after.user_pin_initialised);
	// Blank: it gets a serial number and another slot.
	struct token_info blank;
	CU_ASSERT_FATAL(softhsm_find(o.m, "", &blank));
	CHECK_OK_OR_END(token_init(o.m, &blank, so, "gamma", false, &after));
	CU_ASSERT_STRING_EQUAL(after.label, "gamma");
	CU_ASSERT_STRING_NOT_EQUAL(after.serial, o.t.serial);
	CU_ASSERT_STRING_NOT_EQUAL(after.serial, "");
	end(&o);
}

static void test_a_wrong_officers_pin_initialises_nothing(void)
{
	struct open o;
	struct token_info after;
	begin(&o, "", false);
	AUTO(secret) struct secret *wrong = softhsm_pin("00000000");
	check_tag(token_init(o.m, &o.t, wrong, "gamma", false, &after), ERR_PIN, "so-pin-wrong");
	CU_ASSERT_EQUAL(softhsm_logged(&o.h, "C_InitToken"), 1);
	CU_ASSERT(softhsm_find(o.m, "alpha", &after));
	end(&o);
}

static void test_a_keypad_is_given_no_pin(void)
{
	struct open o;
	struct token_info after;
	char plan[128], path[128];
	begin(&o, NULL, false);
	module_unload(o.m);
	snprintf(plan, sizeof(plan), "pin-pad %s/keys\n", o.h.dir);
	softhsm_mock(&o.h, plan);
	snprintf(path, sizeof(path), "%s/keys", o.h.dir);
	softhsm_write(path, SOFTHSM_PIN);
	snprintf(path, sizeof(path), "%s/keys.so", o.h.dir);
	softhsm_write(path, SOFTHSM_SO_PIN);
	snprintf(path, sizeof(path), "%s/keys.new", o.h.dir);
	softhsm_write(path, "445566");
	CHECK_OK_OR_END(module_load(&o.h.source, &o.m));
	CU_ASSERT_FATAL(softhsm_find(o.m, "alpha", &o.t));
	CU_ASSERT(o.t.pin_pad);
	CHECK_OK_OR_END(session_open(o.m, &o.t, true, &o.s));
	CHECK_OK(session_change_pin(o.s, NULL, NULL, false));
	CHECK_OK(session_login_officer(o.s, NULL, false));
	CHECK_OK(session_set_first_pin(o.s, NULL));
	session_close(o.s);
	o.s = NULL;
	CHECK_OK(token_init(o.m, &o.t, NULL, "delta", false, &after));
	end(&o);
}

static void test_a_module_that_manages_nothing_says_so(void)
{
	struct open o;
	struct token_info after;
	begin(&o, "C_InitToken * return CKR_FUNCTION_NOT_SUPPORTED\n", false);
	AUTO(secret) struct secret *so = softhsm_pin(SOFTHSM_SO_PIN);
	check_tag(token_init(o.m, &o.t, so, "gamma", false, &after), ERR_TOKEN,
		  "token-cannot-manage");
	end(&o);
}

// NSS: its SO PIN is the empty one.
static void test_nss_with_its_empty_officers_pin(void)
{
	struct softhsm h;
	struct module *m = NULL;
	struct token_list all = { 0 };
	struct token_info after = { 0 };
	char reserved[256];
	static char name[] = "nss", path[] = "/usr/lib/x86_64-linux-gnu/libsoftokn3.so";
	if (access(path, R_OK) != 0)
		return;
	softhsm_begin(&h);
	snprintf(reserved, sizeof(reserved),
		 "configdir='sql:%s' certPrefix='' keyPrefix='' secmod='secmod.db' flags=", h.dir);
	struct module_source source = { .name = name, .path = path, .init_reserved = reserved };
	CHECK_OK_OR_END(module_load(&source, &m));
	CHECK_OK(slot_tokens(m, &all));
	const struct token_info *db = NULL;
	for (size_t i = 0; i < all.n; i++)
		if (!all.list[i].write_protected && all.list[i].login_required)
			db = &all.list[i];
	for (size_t i = 0; !db && i < all.n; i++)
		if (strstr(all.list[i].label, "Certificate DB"))
			db = &all.list[i];
	CU_ASSERT_PTR_NOT_NULL_FATAL(db);
	AUTO(secret) struct secret *fresh = softhsm_pin("55667788");
	AUTO(secret) struct secret *empty = NULL;
	CHECK_OK(secret_new(1, &empty));
	struct session *s = NULL;
	CHECK_OK_OR_END(session_open(m, db, true, &s));
	CHECK_OK(session_login_officer(s, empty, false));
	CHECK_OK(session_set_first_pin(s, fresh));
	CHECK_OK(session_logout(s));
	CHECK_OK(user(s, "55667788"));
	CHECK_OK(session_logout(s));
	CHECK_OK(change(s, "55667788", "99887766"));
	session_close(s);
	(void)after;
	token_list_free(&all);
	module_unload(m);
	softhsm_end(&h);
}

// --- objects

static void make_pair(struct session *s, const char *label, struct key_id *id)
{
	AUTO(keypair) struct keypair *k = NULL;
	CHECK_OK_OR_END(key_id_choose(s, NULL, id));
	struct key_terms terms = { .bits = 2048, .label = label, .id = *id };
	CHECK_OK(keypair_generate(s, &terms, &(struct quirks){ 0 }, &k));
}

static void test_every_object_is_listed_with_what_it_says(void)
{
	struct open o;
	struct key_id id = { 0 };
	AUTO_OBJECTS struct object_list without = { 0 }, with = { 0 };
	begin(&o, NULL, true);
	CHECK_OK(user(o.s, SOFTHSM_PIN));
	make_pair(o.s, "first", &id);
	CHECK_OK(object_list(o.s, &with));
	CU_ASSERT_EQUAL(with.n, 2);
	bool keys[2] = { false, false };
	for (size_t i = 0; i < with.n; i++) {
		const struct object *k = &with.list[i];
		CU_ASSERT(key_id_same(&k->id, &id));
		CU_ASSERT_STRING_EQUAL(k->label, "first");
		CU_ASSERT_STRING_EQUAL(k->type, "RSA");
		CU_ASSERT_EQUAL(k->bits, 2048);
		CU_ASSERT_EQUAL(strlen(k->public_sha256), 64);
		keys[k->kind == OBJECT_PRIVATE_KEY] = true;
		if (k->kind == OBJECT_PRIVATE_KEY)
			CU_ASSERT(k->extractable == TRI_NO && k->local == TRI_YES);
	}
	CU_ASSERT(keys[0] && keys[1]);
	CU_ASSERT_STRING_EQUAL(with.list[0].public_sha256, with.list[1].public_sha256);
	CHECK_OK(session_logout(o.s));
	CHECK_OK(object_list(o.s, &without));
	for (size_t i = 0; i < without.n; i++)
		CU_ASSERT(without.list[i].kind != OBJECT_PRIVATE_KEY);
	end(&o);
}

static void test_objects_are_removed_and_renamed(void)
{
	struct open o;
	struct key_id id = { 0 };
	AUTO_OBJECTS struct object_list l = { 0 }, renamed = { 0 }, left = { 0 };
	begin(&o, NULL, true);
	CHECK_OK(user(o.s, SOFTHSM_PIN));
	make_pair(o.s, "first", &id);
	CHECK_OK(object_list(o.s, &l));
	for (size_t i = 0; i < l.n; i++)
		CHECK_OK(object_rename(o.s, &l.list[i], "second"));
	CHECK_OK(object_list(o.s, &renamed));
	for (size_t i = 0; i < renamed.n; i++) {
		CU_ASSERT_STRING_EQUAL(renamed.list[i].label, "second");
		CHECK_OK(object_remove(o.s, &renamed.list[i]));
		CHECK_OK(object_remove(o.s, &renamed.list[i])); // gone already
	}
	CHECK_OK(object_list(o.s, &left));
	CU_ASSERT_EQUAL(left.n, 0);
	end(&o);
}

// A label of any bytes is shown safely, and a certificate that does not parse is one that is there.
static void test_odd_objects_are_listed(void)
{
	struct open o;
	struct key_id id = { 0 };
	AUTO_OBJECTS struct object_list l = { 0 };
	begin(&o, "lie private LABEL 0xff1b5b324ae28080414243\nhide private MODULUS\n", true);
	CHECK_OK(user(o.s, SOFTHSM_PIN));
	make_pair(o.s, "first", &id);
	CHECK_OK(object_list(o.s, &l));
	CU_ASSERT_EQUAL(l.n, 2);
	for (size_t i = 0; i < l.n; i++)
		if (l.list[i].kind == OBJECT_PRIVATE_KEY) {
			CU_ASSERT_PTR_NULL(strchr(l.list[i].label, '\x1b'));
			CU_ASSERT_PTR_NOT_NULL(strstr(l.list[i].label, "ABC"));
			CU_ASSERT_EQUAL(l.list[i].bits, 0);
		}
	end(&o);
}

int main(void)
{
	return CHECK_MAIN(TEST(test_the_officer_sets_a_new_pin),
			  TEST(test_a_wrong_officers_pin_is_tried_once_and_told_apart),
			  TEST(test_flags_of_the_officers_pin_come_before_a_try),
			  TEST(test_the_pin_is_changed_by_who_knows_it),
			  TEST(test_a_module_that_wants_a_login_before_the_change_gets_one),
			  TEST(test_a_new_pin_that_the_token_dislikes_is_no_wrong_pin),
			  TEST(test_what_cannot_be_a_pin_is_known_before),
			  TEST(test_an_initialised_token_is_found_again),
			  TEST(test_a_wrong_officers_pin_initialises_nothing),
			  TEST(test_a_keypad_is_given_no_pin),
			  TEST(test_a_module_that_manages_nothing_says_so),
			  TEST(test_nss_with_its_empty_officers_pin),
			  TEST(test_every_object_is_listed_with_what_it_says),
			  TEST(test_objects_are_removed_and_renamed),
			  TEST(test_odd_objects_are_listed));
}
