// Modules that will not have the whole template, keep what they refused to make, tell no handles, or lack mechanisms.
#include "pkcs11/keypair.h"

#include <sys/stat.h>

#include "softhsm.h"

static void check_tag(struct err *e, enum err_kind kind, const char *tag)
{
	CU_ASSERT_PTR_NOT_NULL(e);
	CU_ASSERT_EQUAL(e ? (int)err_kind(e) : 0, (int)kind);
	CU_ASSERT_STRING_EQUAL(e ? err_slug(e) : "", tag);
	err_free(e);
}

// A token behind the mock; what was asked of it goes to the file "told".
static bool begin(struct softhsm *h, struct softhsm_open *o, const char *plan)
{
	char whole[1024];
	softhsm_begin(h);
	softhsm_token(h, "alpha");
	snprintf(whole, sizeof(whole), "tell %s/told\n%s", h->dir, plan);
	softhsm_mock(h, whole);
	return softhsm_login(h, "alpha", o);
}

static void end(struct softhsm *h, struct softhsm_open *o)
{
	softhsm_logout(o);
	softhsm_end(h);
}

// Takes the census, as an enrolment does.
static struct err *make_named(struct session *s, const struct quirks *q, const char *label,
			      struct key_id *id, struct keypair **k)
{
	AUTO_TEXT char *census = NULL;
	struct key_terms t = { .bits = 2048, .label = label };
	TRY(key_id_choose(s, q, &t.id));
	TRY(keypair_census(s, &census));
	t.census = census;
	*id = t.id;
	return keypair_generate(s, &t, q, k);
}

static struct err *make(struct session *s, const struct quirks *q, struct key_id *id,
			struct keypair **k)
{
	return make_named(s, q, "inkan test", id, k);
}

static void check_signs(struct session *s, const struct keypair *k)
{
	static const char text[] = "what is to be signed";
	AUTO_BUF struct buf sig = BUF(2048);
	CHECK_OK(keypair_sign(s, k, NULL, text, sizeof(text), &sig));
	CU_ASSERT_EQUAL(sig.len, 256);
	CHECK_OK(rsa_public_check(keypair_public(k), text, sizeof(text), sig.data, sig.len));
}

// How many private keys the token holds.
static size_t private_keys(struct session *s)
{
	AUTO_TEXT char *census = NULL;
	size_t n = 0;
	CHECK_OK(keypair_census(s, &census));
	for (const char *p = census; p && (p = strchr(p, ' ')); p++)
		n++;
	return n;
}

// How many lines of "told" hold both words.
static unsigned told(const struct softhsm *h, const char *one, const char *other)
{
	char path[96], line[1024];
	unsigned n = 0;
	snprintf(path, sizeof(path), "%s/told", h->dir);
	FILE *f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		n += strstr(line, one) && strstr(line, other);
	if (f)
		fclose(f);
	return n;
}

#define REFUSED(name) "reject-attribute " name " CKR_ATTRIBUTE_TYPE_INVALID\n"

struct rung {
	const char *plan;
	unsigned tries;
	const char *gone[4]; // what the private template that was taken does not hold
};

static void check_rung(const struct rung *r, const struct quirks *q)
{
	static const char *const all[] = { "LABEL", "EXTRACTABLE", ",ID", "UNWRAP" };
	struct softhsm h;
	struct softhsm_open o;
	struct key_id id;
	struct key_facts f = { 0 };
	AUTO(keypair) struct keypair *k = NULL;
	AUTO(keypair) struct keypair *found = NULL;
	if (begin(&h, &o, r->plan)) {
		CHECK_OK(make(o.session, q, &id, &k));
		CU_ASSERT_EQUAL(told(&h, "C_GenerateKeyPair ", ""), r->tries);
		CU_ASSERT_EQUAL(told(&h, "private:", ",SENSITIVE"), r->tries);
		for (size_t i = 0; i < ARRAY_LEN(all); i++) {
			bool gone = false;
			for (size_t j = 0; j < ARRAY_LEN(r->gone); j++)
				gone |= r->gone[j] && strcmp(r->gone[j], all[i]) == 0;
			if (told(&h, "C_GenerateKeyPair CKR_OK", all[i]) != !gone)
				fprintf(stderr, "%s: %s\n", r->plan, all[i]);
			CU_ASSERT_EQUAL(told(&h, "C_GenerateKeyPair CKR_OK", all[i]), !gone);
		}
		// Whatever was said, the pair has our CKA_ID in the end, and what it is was read back.
		CHECK_OK(keypair_find(o.session, &id, &found));
		CU_ASSERT(found && keypair_has_private(found) && keypair_has_public(found));
		if (found) {
			CHECK_OK(keypair_facts(o.session, found, &f));
			CU_ASSERT(f.extractable == TRI_NO && f.sensitive == TRI_YES);
			check_signs(o.session, found);
		}
		CU_ASSERT_EQUAL(private_keys(o.session), 1);
	}
	end(&h, &o);
}

static void test_each_rung_of_the_ladder(void)
{
	static const struct rung rungs[] = {
		{ "", 1, { NULL } },
		{ REFUSED("UNWRAP"), 2, { "UNWRAP" } },
		{ REFUSED("LABEL"), 3, { "UNWRAP", "LABEL" } },
		{ REFUSED("EXTRACTABLE"), 4, { "UNWRAP", "EXTRACTABLE" } },
		{ REFUSED("LABEL") REFUSED("EXTRACTABLE"),
		  5,
		  { "UNWRAP", "LABEL", "EXTRACTABLE" } },
		{ REFUSED("ID"), 6, { "UNWRAP", ",ID" } },
		{ REFUSED("public ID"), 6, { "UNWRAP", ",ID" } },
		{ REFUSED("ID") REFUSED("LABEL"), 7, { "UNWRAP", ",ID", "LABEL" } },
		{ REFUSED("ID") REFUSED("EXTRACTABLE"), 8, { "UNWRAP", ",ID", "EXTRACTABLE" } },
		{ REFUSED("ID") REFUSED("LABEL") REFUSED("EXTRACTABLE"),
		  9,
		  { "UNWRAP", ",ID", "LABEL", "EXTRACTABLE" } },
	};
	for (size_t i = 0; i < ARRAY_LEN(rungs); i++)
		check_rung(&rungs[i], NULL);
}

static void test_what_a_model_is_known_to_refuse_goes_at_once(void)
{
	static const struct {
		struct rung rung;
		struct quirks q;
	} cases[] = {
		{ { REFUSED("LABEL") REFUSED("EXTRACTABLE"),
		    2,
		    { "UNWRAP", "LABEL", "EXTRACTABLE" } },
		  { .no_label = true, .no_extractable = true } },
		{ { REFUSED("ID"), 2, { "UNWRAP", ",ID" } }, { .no_id = true } },
		// Known for one thing, found to refuse another.
		{ { REFUSED("LABEL") REFUSED("ID"), 7, { "UNWRAP", ",ID", "LABEL" } },
		  { .no_extractable = true } },
		// Known, and this one takes everything all the same.
		{ { "", 1, { NULL } },
		  { .no_label = true, .no_extractable = true, .no_id = true } },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		check_rung(&cases[i].rung, &cases[i].q);
}

static void test_each_value_that_modules_answer_a_template_with(void)
{
	static const char *const values[] = {
		"CKR_ATTRIBUTE_TYPE_INVALID", "CKR_ATTRIBUTE_VALUE_INVALID",
		"CKR_ATTRIBUTE_READ_ONLY", "CKR_TEMPLATE_INCONSISTENT", "CKR_TEMPLATE_INCOMPLETE"
	};
	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		char plan[128];
		snprintf(plan, sizeof(plan), "reject-attribute UNWRAP %s\n", values[i]);
		check_rung(&(struct rung){ plan, 2, { "UNWRAP" } }, NULL);
	}
}

// tpm2-pkcs11 says CKR_GENERAL_ERROR to a key that is to sign only. A card that is broken says so, too.
static void test_a_general_error_is_worth_one_more_try(void)
{
	struct softhsm h;
	struct softhsm_open o;
	struct key_id id;
	AUTO(keypair) struct keypair *k = NULL;
	check_rung(
		&(struct rung){ "C_GenerateKeyPair 1 return CKR_GENERAL_ERROR\n", 1, { "UNWRAP" } },
		NULL);
	if (begin(&h, &o, "C_GenerateKeyPair * return CKR_GENERAL_ERROR\n")) {
		check_tag(make(o.session, NULL, &id, &k), ERR_TOKEN, "token-fault");
		CU_ASSERT_EQUAL(softhsm_logged(&h, "C_GenerateKeyPair"), 2);
	}
	end(&h, &o);
	if (begin(&h, &o, "C_GenerateKeyPair * return CKR_FUNCTION_FAILED\n")) {
		check_tag(make(o.session, NULL, &id, &k), ERR_TOKEN, "token-fault");
		CU_ASSERT_EQUAL(softhsm_logged(&h, "C_GenerateKeyPair"), 1);
	}
	end(&h, &o);
}

static void test_sensitive_is_never_left_out(void)
{
	struct softhsm h;
	struct softhsm_open o;
	struct key_id id;
	AUTO(keypair) struct keypair *k = NULL;
	if (begin(&h, &o, REFUSED("SENSITIVE"))) {
		check_tag(make(o.session, NULL, &id, &k), ERR_TOKEN, "template-rejected");
		CU_ASSERT_EQUAL(told(&h, "C_GenerateKeyPair ", ""), 9);
		CU_ASSERT_EQUAL(told(&h, "private:", ",SENSITIVE"), 9);
		CU_ASSERT_EQUAL(private_keys(o.session), 0);
	}
	end(&h, &o);
}

// Made and then refused: the next rung's pair must not share its CKA_ID with one that nobody knows of.
static void test_a_key_left_behind_by_a_failed_rung_is_cleared(void)
{
	static const char *const plans[] = {
		"after C_GenerateKeyPair 1 return CKR_ATTRIBUTE_VALUE_INVALID\n",
		"ignore-id\nstrip public ID\nafter C_GenerateKeyPair 1 return "
		"CKR_ATTRIBUTE_READ_ONLY\n",
		"ignore-id\nstrip public ID\nstrip LABEL\nstrip public LABEL\nafter "
		"C_GenerateKeyPair 1 return CKR_TEMPLATE_INCONSISTENT\n",
	};
	for (size_t i = 0; i < ARRAY_LEN(plans); i++) {
		struct softhsm h;
		struct softhsm_open o;
		struct key_id id;
		AUTO(keypair) struct keypair *k = NULL;
		AUTO(keypair) struct keypair *found = NULL;
		if (begin(&h, &o, plans[i])) {
			CHECK_OK(make(o.session, NULL, &id, &k));
			CU_ASSERT_EQUAL(softhsm_logged(&h, "C_GenerateKeyPair"), 2);
			CU_ASSERT_EQUAL(softhsm_logged(&h, "C_DestroyObject"), 2);
			CU_ASSERT_EQUAL(private_keys(o.session), 1);
			CHECK_OK(keypair_find(o.session, &id, &found));
			if (found)
				check_signs(o.session, found);
		}
		end(&h, &o);
	}
}

// With the same label, but there before; and new, but with a name of its own.
static void test_keys_of_others_are_not_cleared(void)
{
	struct softhsm h;
	struct softhsm_open o;
	struct key_id id, others;
	AUTO(keypair) struct keypair *old = NULL;
	AUTO(keypair) struct keypair *stranger = NULL;
	AUTO(keypair) struct keypair *k = NULL;
	AUTO(keypair) struct keypair *found = NULL;
	if (begin(&h, &o, "after C_GenerateKeyPair 3 return CKR_ATTRIBUTE_VALUE_INVALID\n")) {
		AUTO_TEXT char *census = NULL;
		CHECK_OK_OR_END(make(o.session, NULL, &others, &old));
		CHECK_OK_OR_END(keypair_census(o.session, &census));
		CHECK_OK_OR_END(make_named(o.session, NULL, "somebody else", &others, &stranger));
		struct key_terms t = { .bits = 2048, .label = "inkan test", .census = census };
		CHECK_OK_OR_END(key_id_choose(o.session, NULL, &t.id));
		id = t.id;
		CHECK_OK(keypair_generate(o.session, &t, NULL, &k));
		CU_ASSERT_EQUAL(softhsm_logged(&h, "C_DestroyObject"), 2);
		CU_ASSERT_EQUAL(private_keys(o.session), 3);
		CHECK_OK(keypair_find(o.session, &id, &found));
		CU_ASSERT_PTR_NOT_NULL(found);
	}
	end(&h, &o);
}

// A search whose answers do not fit is no reason to destroy anything.
static void test_what_a_search_finds_is_looked_at_before_it_is_destroyed(void)
{
	struct softhsm h;
	struct softhsm_open o;
	struct key_id id;
	AUTO(keypair) struct keypair *k = NULL;
	if (begin(&h, &o,
		  "lie private ID 0x0102\nlie public ID 0x0102\nlie private LABEL other\n"
		  "after C_GenerateKeyPair 1 return CKR_ATTRIBUTE_VALUE_INVALID\n")) {
		err_ignore(make(o.session, NULL, &id, &k));
		CU_ASSERT_EQUAL(softhsm_logged(&h, "C_GenerateKeyPair"), 2);
		CU_ASSERT_EQUAL(softhsm_logged(&h, "C_DestroyObject"), 0);
	}
	end(&h, &o);
}

// A module that died while it wrote leaves a key without numbers and name. Every key looks like one here.
#define ALL_FRAGMENTS                                                                              \
	"hide private MODULUS\nhide private LABEL\nhide private ID\n"                              \
	"hide public MODULUS\nhide public LABEL\nhide public ID\n"

static void again(struct softhsm *h, struct softhsm_open *o, const char *plan)
{
	softhsm_logout(o);
	softhsm_mock(h, plan);
	CU_ASSERT_FATAL(softhsm_login(h, "alpha", o));
}

static void check_cleared(struct session *s, const char *census, size_t expected)
{
	size_t removed = 99;
	CHECK_OK(keypair_clear_fragments(s, census, &removed));
	CU_ASSERT_EQUAL(removed, expected);
}

static void test_what_a_module_left_of_a_key_is_cleared(void)
{
	struct softhsm h;
	struct softhsm_open o;
	struct key_id id;
	AUTO(keypair) struct keypair *k = NULL;
	if (begin(&h, &o, "")) {
		AUTO_TEXT char *before = NULL;
		AUTO_TEXT char *with_it = NULL;
		CHECK_OK(keypair_census(o.session, &before));
		CHECK_OK_OR_END(make(o.session, NULL, &id, &k));
		CHECK_OK(keypair_census(o.session, &with_it));
		check_cleared(o.session, before, 0); // whole keys
		again(&h, &o, ALL_FRAGMENTS);
		check_cleared(o.session, with_it, 0); // it was there before
		check_cleared(o.session, "", 0);      // nobody counted
		check_cleared(o.session, before, 2);
		again(&h, &o, "");
		CU_ASSERT_EQUAL(private_keys(o.session), 0);
	}
	end(&h, &o);
}

// Nothing is concluded from a token that does not read, and of what another program made since nobody says whose it is.
static void test_no_key_of_others_is_cleared_for_a_fragment(void)
{
	static const char *const plans[] = {
		"C_GetAttributeValue 1+ return CKR_GENERAL_ERROR\n",
		"C_GetAttributeValue 1+ return CKR_FUNCTION_FAILED\n",
		"C_GetAttributeValue 1+ return CKR_USER_NOT_LOGGED_IN\n",
		"C_GetAttributeValue 2+ return CKR_GENERAL_ERROR\n",
		"C_GetAttributeValue 1+ return CKR_ATTRIBUTE_SENSITIVE\n",
		ALL_FRAGMENTS
		"lie private KEY_TYPE number 3\nlie public KEY_TYPE number 3\n", // CKK_EC
		ALL_FRAGMENTS "hide private KEY_TYPE\nhide public KEY_TYPE\n",
		"hide private MODULUS\nhide public MODULUS\n",
	};
	struct softhsm h;
	struct softhsm_open o;
	struct key_id id;
	AUTO(keypair) struct keypair *k = NULL;
	AUTO(keypair) struct keypair *other = NULL;
	if (begin(&h, &o, "")) {
		AUTO_TEXT char *before = NULL;
		CHECK_OK(keypair_census(o.session, &before));
		CHECK_OK_OR_END(make(o.session, NULL, &id, &k));
		for (size_t i = 0; i < ARRAY_LEN(plans); i++) {
			size_t removed = 99;
			again(&h, &o, plans[i]);
			err_ignore(keypair_clear_fragments(o.session, before, &removed));
			CU_ASSERT_EQUAL(removed, 0);
		}
		again(&h, &o, "");
		CHECK_OK_OR_END(make(o.session, NULL, &id, &other));
		again(&h, &o, ALL_FRAGMENTS);
		check_cleared(o.session, before, 0); // two came: which is ours?
		again(&h, &o, "");
		CU_ASSERT_EQUAL(private_keys(o.session), 2);
	}
	end(&h, &o);
}

static void test_a_module_that_tells_no_handles(void)
{
	struct softhsm h;
	struct softhsm_open o;
	struct key_id id;
	AUTO(keypair) struct keypair *before = NULL;
	AUTO(keypair) struct keypair *k = NULL;
	if (begin(&h, &o, "no-handles\n")) {
		CHECK_OK(make(o.session, NULL, &id, &before));
		CHECK_OK_OR_END(make(o.session, NULL, &id, &k));
		CU_ASSERT(key_id_same(keypair_id(k), &id));
		CU_ASSERT(keypair_has_private(k) && keypair_has_public(k));
		check_signs(o.session, k);
		CU_ASSERT_EQUAL(private_keys(o.session), 2);
	}
	end(&h, &o);
	keypair_free(k);
	k = NULL;
	// And ignores the CKA_ID, too: it is set on what is new.
	if (begin(&h, &o, "no-handles\nignore-id\nstrip public ID\n")) {
		CHECK_OK_OR_END(make(o.session, NULL, &id, &k));
		CU_ASSERT(key_id_same(keypair_id(k), &id));
		check_signs(o.session, k);
	}
	end(&h, &o);
}

struct signing_case {
	const char *mechanisms, *used;
};
static void check_signing(const char *plan, const char *used)
{
	struct softhsm h;
	struct softhsm_open o;
	struct key_id id;
	AUTO(keypair) struct keypair *k = NULL;
	if (begin(&h, &o, plan)) {
		CHECK_OK(make(o.session, NULL, &id, &k));
		if (k)
			check_signs(o.session, k);
		CU_ASSERT_EQUAL(told(&h, "C_SignInit CKR_OK ", used), 1);
		CU_ASSERT_EQUAL(told(&h, "C_SignInit ", "PSS"), 0);
	}
	end(&h, &o);
}

static void test_a_token_signs_with_whatever_rsa_it_has(void)
{
	static const struct signing_case cases[] = {
		{ "", " SHA256_RSA_PKCS\n" },
		// No PSS, and no raw RSA.
		{ "mechanisms RSA_PKCS_KEY_PAIR_GEN,RSA_PKCS,SHA256_RSA_PKCS\n",
		  " SHA256_RSA_PKCS\n" },
		// No hash.
		{ "mechanisms RSA_PKCS_KEY_PAIR_GEN,RSA_PKCS,RSA_X_509\n", " RSA_PKCS\n" },
		{ "C_SignInit 1 return CKR_MECHANISM_INVALID\n", " RSA_PKCS\n" },
		// Nothing but the bare operation.
		{ "mechanisms RSA_PKCS_KEY_PAIR_GEN,RSA_X_509\n", " RSA_X_509\n" },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		check_signing(cases[i].mechanisms, cases[i].used);
}

// SoftHSM's own list of mechanisms instead of the mock's.
static void test_softhsm_without_its_hashes(void)
{
	struct softhsm h;
	struct softhsm_open o;
	struct key_id id;
	char path[96], text[320];
	AUTO(keypair) struct keypair *k = NULL;
	softhsm_begin(&h);
	softhsm_token(&h, "alpha");
	snprintf(path, sizeof(path), "%s/softhsm2.conf", h.dir);
	snprintf(text, sizeof(text),
		 "directories.tokendir = %s/tokens\nobjectstore.backend = file\nlog.level = ERROR\n"
		 "slots.mechanisms = CKM_RSA_PKCS_KEY_PAIR_GEN,CKM_RSA_PKCS\n",
		 h.dir);
	softhsm_write(path, text);
	if (softhsm_login(&h, "alpha", &o)) {
		const struct token_info *t = session_token(o.session);
		CU_ASSERT(t->makes_rsa && t->signs_rsa && !t->signs_sha256_rsa &&
			  !t->signs_raw_rsa);
		CHECK_OK(make(o.session, NULL, &id, &k));
		if (k)
			check_signs(o.session, k);
	}
	end(&h, &o);
}

static void test_a_token_that_does_not_sign_is_said(void)
{
	struct softhsm h;
	struct softhsm_open o;
	struct key_id id;
	AUTO(keypair) struct keypair *k = NULL;
	AUTO_BUF struct buf sig = BUF(2048);
	if (begin(&h, &o, "mechanisms RSA_PKCS_KEY_PAIR_GEN,RSA_PKCS_PSS\n")) {
		CHECK_OK_OR_END(make(o.session, NULL, &id, &k));
		check_tag(keypair_sign(o.session, k, NULL, "x", 1, &sig), ERR_TOKEN,
			  "token-mechanism");
		CU_ASSERT_EQUAL(sig.len, 0);
	}
	end(&h, &o);
}

int main(void)
{
	return CHECK_MAIN(TEST(test_each_rung_of_the_ladder),
			  TEST(test_what_a_model_is_known_to_refuse_goes_at_once),
			  TEST(test_each_value_that_modules_answer_a_template_with),
			  TEST(test_a_general_error_is_worth_one_more_try),
			  TEST(test_sensitive_is_never_left_out),
			  TEST(test_a_key_left_behind_by_a_failed_rung_is_cleared),
			  TEST(test_keys_of_others_are_not_cleared),
			  TEST(test_what_a_search_finds_is_looked_at_before_it_is_destroyed),
			  TEST(test_what_a_module_left_of_a_key_is_cleared),
			  TEST(test_no_key_of_others_is_cleared_for_a_fragment),
			  TEST(test_a_module_that_tells_no_handles),
			  TEST(test_a_token_signs_with_whatever_rsa_it_has),
			  TEST(test_softhsm_without_its_hashes),
			  TEST(test_a_token_that_does_not_sign_is_said));
}
