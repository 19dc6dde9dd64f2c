// opencryptoki's soft token: no CKM_SHA256_RSA_PKCS, EXTRACTABLE true unless said otherwise, short PINs, counted tries.
//
// Runs itself under tests/fixtures/opencryptoki, which makes the token; where that cannot be, it is skipped.
#include "pkcs11/certobj.h"
#include "softhsm.h"
#include "token/evidence.h"

static const char *env(const char *name)
{
	const char *v = getenv(name);
	return v ? v : "";
}

struct open {
	struct module *m;
	struct session *s;
};

static struct err *begin(struct open *o)
{
	static char name[] = "opencryptoki", path[256];
	struct token_list all __attribute__((cleanup(token_list_cleanup))) = { 0 };
	AUTO(token_uri) struct token_uri *uri = NULL;
	*o = (struct open){ 0 };
	snprintf(path, sizeof(path), "%s", env("OCK_MODULE"));
	struct module_source source = { .name = name, .path = path };
	TRY(module_load(&source, &o->m));
	TRY(slot_tokens(o->m, &all));
	TRY(token_uri_parse(env("OCK_URI"), &uri));
	for (size_t i = 0; i < all.n; i++)
		if (token_uri_matches(uri, &all.list[i]))
			return session_open(o->m, &all.list[i], true, &o->s);
	return err_new(ERR_TOKEN, "no such token");
}

static void end(struct open *o)
{
	session_close(o->s);
	module_unload(o->m);
}

static struct err *login(struct session *s, const char *text)
{
	AUTO(secret) struct secret *pin = softhsm_pin(text);
	return session_login(s, pin, false);
}

static void test_the_token_is_what_the_table_says(void)
{
	struct open o;
	CHECK_OK_OR_END(begin(&o));
	const struct token_info *t = session_token(o.s);
	CU_ASSERT_STRING_EQUAL(t->serial, "123");
	CU_ASSERT_STRING_EQUAL(t->label, env("OCK_LABEL"));
	CU_ASSERT(t->pin_min == 4 && t->pin_max == 8);
	CU_ASSERT(t->makes_rsa && t->signs_rsa && !t->hardware);
	CU_ASSERT_EQUAL(model_of(t)->nature, MODEL_SOFTWARE);
	CU_ASSERT(model_of(t)->quirks.serial_not_unique);
	end(&o);
}

static void test_a_key_is_made_declared_used_and_removed(void)
{
	static const char text[] = "to be signed";
	struct open o;
	struct key_terms terms = { .bits = 2048, .label = "inkan" };
	struct evidence e = { 0 };
	AUTO(keypair) struct keypair *k = NULL;
	AUTO(keypair) struct keypair *found = NULL;
	AUTO_BUF struct buf sig = BUF(2048);
	CHECK_OK_OR_END(begin(&o));
	CHECK_OK_OR_END(login(o.s, env("OCK_PIN")));
	CHECK_OK_OR_END(key_id_choose(o.s, NULL, &terms.id));
	CHECK_OK_OR_END(keypair_generate(o.s, &terms, &model_of(session_token(o.s))->quirks, &k));
	CHECK_OK(evidence_gather(o.s, k, 2048, &e));
	CU_ASSERT_EQUAL((int)e.attributes, (int)KEY_DECLARED);
	CU_ASSERT_EQUAL((int)e.custody, (int)CUSTODY_SOFTWARE);
	CHECK_OK(keypair_try_wrap(o.s, k, &e.facts));
	CU_ASSERT(e.facts.wrap_tried && e.facts.wrap_refused);
	CHECK_OK(keypair_find(o.s, &terms.id, &found));
	CU_ASSERT_PTR_NOT_NULL_FATAL(found);
	CHECK_OK(keypair_sign(o.s, found, NULL, text, sizeof(text), &sig));
	CHECK_OK(rsa_public_check(keypair_public(found), text, sizeof(text), sig.data, sig.len));
	CHECK_OK(keypair_destroy(o.s, found));
	end(&o);
}

// Left to itself this token makes keys that can be wrapped out: the reason why the template says everything.
static void test_a_key_whose_template_did_not_say_extractable_is_open(void)
{
	struct softhsm h;
	struct open o;
	struct key_terms terms = { .bits = 2048, .label = "inkan" };
	struct evidence e = { 0 };
	AUTO(keypair) struct keypair *k = NULL;
	char module[256];
	softhsm_begin(&h);
	softhsm_mock(&h, "strip EXTRACTABLE\n");
	snprintf(module, sizeof(module), "%s", env("OCK_MODULE"));
	setenv("MOCK_MODULE", module, 1);
	setenv("OCK_MODULE", INKAN_MOCK_MODULE, 1);
	CHECK_OK(begin(&o));
	if (o.s) {
		CHECK_OK(login(o.s, env("OCK_PIN")));
		CHECK_OK(key_id_choose(o.s, NULL, &terms.id));
		CHECK_OK(keypair_generate(o.s, &terms, NULL, &k));
		CHECK_OK(evidence_gather(o.s, k, 2048, &e));
		CU_ASSERT_EQUAL((int)e.attributes, (int)KEY_OPEN);
		CHECK_OK(keypair_try_wrap(o.s, k, &e.facts));
		CU_ASSERT(e.facts.wrap_tried && !e.facts.wrap_refused);
		CHECK_OK(keypair_destroy(o.s, k));
	}
	end(&o);
	setenv("OCK_MODULE", module, 1);
	softhsm_end(&h);
}

// The last of all: it uses up tries (three are left of the token's own count, then the right PIN sets it back).
static void test_wrong_pins_are_counted_in_words(void)
{
	struct open o;
	CHECK_OK_OR_END(begin(&o));
	struct err *e = login(o.s, "999999999");
	CU_ASSERT_STRING_EQUAL(e ? err_slug(e) : "", "pin-length");
	err_free(e);
	enum pin_tries last = TRIES_GOOD;
	for (int i = 0; i < 8 && last != TRIES_FINAL && last != TRIES_LOCKED; i++) {
		e = login(o.s, "99999999");
		CU_ASSERT_STRING_EQUAL(e ? err_slug(e) : "", "pin-wrong");
		err_free(e);
		last = session_token(o.s)->tries;
		CU_ASSERT(last != TRIES_GOOD);
	}
	CU_ASSERT_EQUAL((int)last, (int)TRIES_FINAL);
	e = login(o.s, env("OCK_PIN"));
	CU_ASSERT_STRING_EQUAL(e ? err_slug(e) : "", "pin-final-try");
	err_free(e);
	AUTO(secret) struct secret *pin = softhsm_pin(env("OCK_PIN"));
	CHECK_OK(session_login(o.s, pin, true));
	end(&o);
}

int main(int argc, char **argv)
{
	if (!getenv("OCK_MODULE") && argc > 0) {
		execl(OPENCRYPTOKI_FIXTURE, OPENCRYPTOKI_FIXTURE, "run", argv[0], (char *)NULL);
		perror(OPENCRYPTOKI_FIXTURE);
		return 1;
	}
	return CHECK_MAIN(TEST(test_the_token_is_what_the_table_says),
			  TEST(test_a_key_is_made_declared_used_and_removed),
			  TEST(test_a_key_whose_template_did_not_say_extractable_is_open),
			  TEST(test_wrong_pins_are_counted_in_words));
}
