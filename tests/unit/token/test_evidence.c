// What is believed of a key, and what is not.
#include "token/evidence.h"

#include "token/attest.h"

#include "softhsm.h"

static void check_tag(struct err *e, enum err_kind kind, const char *tag)
{
	CU_ASSERT_PTR_NOT_NULL(e);
	CU_ASSERT_EQUAL(e ? (int)err_kind(e) : 0, (int)kind);
	CU_ASSERT_STRING_EQUAL(e ? err_slug(e) : "", tag);
	err_free(e);
}

// Makes a key of 2048 bits on a token that behaves by the plan, and gathers.
static struct err *gather(const char *plan, unsigned bits, struct evidence *out)
{
	struct softhsm h;
	struct softhsm_open o;
	struct err *e = NULL;
	AUTO(keypair) struct keypair *k = NULL;
	softhsm_begin(&h);
	softhsm_token(&h, "alpha");
	softhsm_mock(&h, plan);
	char label[] = "alpha";
	if (softhsm_login(&h, label, &o)) {
		struct key_terms t = { .bits = 2048, .label = "k" };
		e = key_id_choose(o.session, NULL, &t.id);
		if (!e)
			e = keypair_generate(o.session, &t, NULL, &k);
		if (!e)
			e = evidence_gather(o.session, k, bits, out);
		if (!e)
			e = evidence_try_opening(o.session, k, out);
	}
	softhsm_logout(&o);
	softhsm_end(&h);
	return e;
}

static void check_attributes(const char *plan, enum key_attributes wanted)
{
	struct evidence e = { 0 };
	CHECK_OK(gather(plan, 2048, &e));
	if (e.attributes != wanted)
		fprintf(stderr, "%s", plan);
	CU_ASSERT_EQUAL((int)e.attributes, (int)wanted);
}

static void test_softhsm_declares_everything_but_is_software(void)
{
	struct evidence e = { 0 };
	CHECK_OK(gather("", 2048, &e));
	CU_ASSERT_EQUAL((int)e.custody, (int)CUSTODY_SOFTWARE);
	CU_ASSERT_EQUAL((int)e.attributes, (int)KEY_DECLARED);
	CU_ASSERT_STRING_EQUAL(e.model, "SoftHSM");
	CU_ASSERT(!e.facts.wrap_tried && !e.always_authenticate && e.facts.bits == 2048);
}

static void test_a_key_that_is_refused_but_not_declared_is_withheld(void)
{
	check_attributes("lie LOCAL 0\n", KEY_WITHHELD); // NSS
	check_attributes(
		"lie SENSITIVE 0\nlie LOCAL 0\nlie NEVER_EXTRACTABLE 0\nlie ALWAYS_SENSITIVE 0\n",
		KEY_WITHHELD); // OpenSC
	check_attributes("hide ALWAYS_SENSITIVE\n", KEY_WITHHELD);
	check_attributes("lie LOCAL 0\nmechanisms RSA_PKCS,RSA_PKCS_KEY_PAIR_GEN,SHA256_RSA_PKCS\n",
			 KEY_WITHHELD);
}

static void test_a_key_that_could_leave_is_open(void)
{
	check_attributes("template EXTRACTABLE 1\n", KEY_OPEN);
	check_attributes("template EXTRACTABLE 1\nlie EXTRACTABLE 0\n",
			 KEY_OPEN); // NEVER_EXTRACTABLE is missing, C_WrapKey works
	check_attributes("lie EXTRACTABLE 1\n", KEY_OPEN);
	check_attributes("hide EXTRACTABLE\n", KEY_OPEN);
	check_attributes("lie PRIVATE_EXPONENT 0x0102030405060708\n",
			 KEY_OPEN); // all declared, and readable
	check_attributes("lie PRIME_2 0x0102030405060708\n", KEY_OPEN);
	check_attributes("lie LOCAL 0\nC_WrapKey 1 return CKR_OK\n", KEY_OPEN);
	check_attributes("lie LOCAL 0\nC_WrapKey 2 return CKR_OK\n", KEY_OPEN);
	// Nothing to wrap with, or no answer whether: not tried, so not refused.
	check_attributes("lie LOCAL 0\nC_GetMechanismInfo * return "
			 "CKR_GENERAL_ERROR\nC_GenerateKey * return CKR_GENERAL_ERROR\n"
			 "C_CreateObject * return CKR_GENERAL_ERROR\n",
			 KEY_OPEN);
	check_attributes("lie LOCAL 0\nC_GenerateKey * return "
			 "CKR_MECHANISM_INVALID\nC_CreateObject * return CKR_MECHANISM_INVALID\n",
			 KEY_OPEN);
}

// What counts is what can be had of the key, not what C_SetAttributeValue answers.
static void test_an_answer_to_set_attribute_is_seen_through(void)
{
	struct evidence e = { 0 };
	// Declared: it is left alone.
	CHECK_OK(gather("set-shows\n", 2048, &e));
	CU_ASSERT(e.attributes == KEY_DECLARED && !e.facts.set_tried);
	// Not all declared: tried, and refused.
	CHECK_OK(gather("lie LOCAL 0\n", 2048, &e));
	CU_ASSERT(e.attributes == KEY_WITHHELD && e.facts.set_tried && !e.facts.set_answered);
	// Answered and shown, and nothing came of it; set back, it says what it said before.
	CHECK_OK(gather("lie LOCAL 0\nset-shows\n", 2048, &e));
	CU_ASSERT(e.attributes == KEY_WITHHELD && e.facts.set_answered);
	CU_ASSERT(e.facts.extractable == TRI_NO && e.facts.sensitive == TRI_YES);
	AUTO_TEXT char *kept = evidence_text(&e);
	CU_ASSERT(kept && strstr(kept, " set=answered"));
	// It cannot be set back: from now on the key says that it is open, and nobody can tell it from one that is.
	check_attributes("lie LOCAL 0\nset-shows\nset-sticks\n", KEY_OPEN);
	// Answered and obeyed.
	check_attributes("lie LOCAL 0\nset-lets-read\n", KEY_OPEN);
	check_attributes("template EXTRACTABLE 1\nlie EXTRACTABLE 0\nset-lets-wrap\n", KEY_OPEN);
	// The same key, had C_SetAttributeValue not been tried: wrapping is refused.
	check_attributes("template EXTRACTABLE 1\nlie EXTRACTABLE 0\n"
			 "C_WrapKey * return CKR_KEY_UNEXTRACTABLE\n",
			 KEY_WITHHELD);
	// A token that goes in the middle is no answer.
	check_tag(
		gather("lie LOCAL 0\nC_SetAttributeValue 1 return CKR_DEVICE_REMOVED\n", 2048, &e),
		ERR_TOKEN, "token-absent");
}

// It says that it stays, nothing gives it out, and yet a copy of it may go.
static void test_a_key_of_which_an_open_copy_is_made_is_open(void)
{
	static const char plan[] = "template SENSITIVE 0\ntemplate EXTRACTABLE 1\n"
				   "lie SENSITIVE 1\nlie EXTRACTABLE 0\n"
				   "C_WrapKey * return CKR_KEY_UNEXTRACTABLE\n"
				   "hide PRIVATE_EXPONENT\nhide PRIME_1\nhide PRIME_2\n"
				   "hide EXPONENT_1\nhide EXPONENT_2\nhide COEFFICIENT\n%s";
	struct evidence e = { 0 };
	char with[sizeof(plan) + 64];
	snprintf(with, sizeof(with), plan, "");
	CHECK_OK(gather(with, 2048, &e));
	CU_ASSERT(e.attributes == KEY_OPEN && e.facts.copy_given);
	snprintf(with, sizeof(with), plan, "C_CopyObject * return CKR_FUNCTION_NOT_SUPPORTED\n");
	CHECK_OK(gather(with, 2048, &e));
	CU_ASSERT(e.attributes == KEY_WITHHELD && e.facts.copy_tried && !e.facts.copy_given);
}

// A module that answers with the handle of another key: that one is not destroyed.
static void test_a_copy_that_is_another_key_destroys_nothing(void)
{
	struct softhsm h;
	struct softhsm_open o;
	struct evidence e = { 0 };
	struct keypair *k[2] = { 0 };
	AUTO(keypair) struct keypair *seen = NULL;
	softhsm_begin(&h);
	softhsm_token(&h, "alpha");
	softhsm_mock(&h, "lie LOCAL 0\ncopy-lies\n");
	char label[] = "alpha";
	if (softhsm_login(&h, label, &o)) {
		struct key_terms t[2] = { { .bits = 2048, .label = "other" },
					  { .bits = 2048, .label = "k" } };
		for (size_t i = 0; i < 2; i++) {
			CHECK_OK(key_id_choose(o.session, NULL, &t[i].id));
			CHECK_OK(keypair_generate(o.session, &t[i], NULL, &k[i]));
		}
		CHECK_OK(evidence_gather(o.session, k[1], 2048, &e));
		CHECK_OK(evidence_try_opening(o.session, k[1], &e));
		CU_ASSERT(e.facts.copy_given && e.attributes == KEY_OPEN);
		CHECK_OK(keypair_find(o.session, &t[0].id, &seen));
		CU_ASSERT(seen && keypair_has_private(seen));
	}
	for (size_t i = 0; i < 2; i++)
		keypair_free(k[i]);
	softhsm_logout(&o);
	softhsm_end(&h);
}

// EXTRACTABLE=false left out because the module will not have it: what came of it is read back.
static void test_without_extractable_in_the_template_the_read_back_decides(void)
{
	check_attributes("reject-attribute EXTRACTABLE CKR_ATTRIBUTE_TYPE_INVALID\n", KEY_DECLARED);
	check_attributes("reject-attribute EXTRACTABLE CKR_ATTRIBUTE_TYPE_INVALID\n"
			 "template EXTRACTABLE 1\n",
			 KEY_OPEN);
}

static void test_a_device_is_a_known_model_that_says_hardware(void)
{
	struct evidence e = { 0 };
	CHECK_OK(gather("hardware\ntoken-field manufacturer Yubico (www.yubico.com)\ntoken-field "
			"model YubiKey YK5\n",
			2048, &e));
	CU_ASSERT_EQUAL((int)e.custody, (int)CUSTODY_DEVICE);
	CHECK_OK(gather(
		"token-field manufacturer Yubico (www.yubico.com)\ntoken-field model YubiKey YK5\n",
		2048, &e));
	CU_ASSERT_EQUAL((int)e.custody, (int)CUSTODY_SOFTWARE);
	CHECK_OK(gather("hardware\ntoken-field manufacturer Somebody\ntoken-field model Card\n",
			2048, &e));
	CU_ASSERT_EQUAL((int)e.custody, (int)CUSTODY_SOFTWARE);
	CHECK_OK(gather("hardware\n", 2048, &e));
	CU_ASSERT_EQUAL((int)e.custody, (int)CUSTODY_SOFTWARE);
}

static void test_a_key_that_cannot_be_right_is_refused_at_once(void)
{
	struct evidence e = { 0 };
	check_tag(gather("public-key-other\n", 2048, &e), ERR_POLICY, "key-mismatch");
	check_tag(gather("", 3072, &e), ERR_POLICY, "key-weak");
	check_tag(gather("template PRIVATE 0\n", 2048, &e), ERR_POLICY, "key-without-pin");
	check_tag(gather("template TOKEN 0\n", 2048, &e), ERR_POLICY, "key-not-kept");
	check_tag(gather("C_GetAttributeValue 3 return CKR_DEVICE_REMOVED\n", 2048, &e), ERR_TOKEN,
		  "token-absent");
}

static void test_always_authenticate_is_told(void)
{
	struct evidence e = { 0 };
	CHECK_OK(gather("always-authenticate\n", 2048, &e));
	CU_ASSERT(e.always_authenticate);
}

static void test_the_profiles_floors_decide(void)
{
	struct profile p = { .institution = { .en = (char[]){ "Bank" } }, .practice = true };
	struct evidence e = { .custody = CUSTODY_SOFTWARE,
			      .attributes = KEY_WITHHELD,
			      .model = "SoftHSM" };
	p.key.custody_floor = CUSTODY_SOFTWARE;
	p.key.attributes_floor = KEY_WITHHELD;
	CHECK_OK(evidence_judge(&e, &p));
	p.practice = false;
	check_tag(evidence_judge(&e, &p), ERR_POLICY, "evidence-custody");
	e.custody = CUSTODY_DEVICE;
	CHECK_OK(evidence_judge(&e, &p));
	p.key.attributes_floor = KEY_DECLARED;
	check_tag(evidence_judge(&e, &p), ERR_POLICY, "evidence-attributes");
	e.attributes = KEY_DECLARED;
	CHECK_OK(evidence_judge(&e, &p));
	p.key.custody_floor = CUSTODY_ATTESTED;
	check_tag(evidence_judge(&e, &p), ERR_POLICY, "evidence-custody");
	p.key.custody_floor = CUSTODY_DEVICE;
	p.key.attributes_floor = KEY_WITHHELD;
	e.attributes = KEY_OPEN;
	check_tag(evidence_judge(&e, &p), ERR_POLICY, "evidence-attributes");
}

static void test_evidence_is_said_in_words_and_kept_as_text(void)
{
	struct evidence e = { .custody = CUSTODY_DEVICE,
			      .attributes = KEY_DECLARED,
			      .model = "YubiKey" };
	struct token_info t = { .label = "alpha",
				.manufacturer = "SoftHSM project",
				.model = "SoftHSM v2" };
	struct profile p = { .key = { .bits = 3072 } };
	e.facts.bits = 2048;
	AUTO(msg) struct msg *words = evidence_words(&e);
	AUTO_TEXT char *text = msg_render(words);
	CU_ASSERT(text && strstr(text, "2048") && strstr(text, "device") &&
		  strstr(text, "never could be taken out"));
	AUTO(msg) struct msg *before = protection_words(&t, &p);
	AUTO_TEXT char *planned = msg_render(before);
	CU_ASSERT(planned && strstr(planned, "3072") && strstr(planned, "alpha") &&
		  strstr(planned, "software"));
	AUTO_TEXT char *kept = evidence_text(&e);
	CU_ASSERT(kept &&
		  strncmp(kept, "custody=device attributes=declared model=\"YubiKey\" bits=2048 ",
			  60) == 0);
}

static void test_what_the_maker_attests_is_said_and_kept(void)
{
	struct evidence e = { .custody = CUSTODY_ATTESTED,
			      .attributes = KEY_DECLARED,
			      .model = "YubiKey",
			      .attestation = { .kind = ATTESTATION_YUBIKEY_PIV,
					       .firmware = { 5, 7, 1 },
					       .serial = 12345678,
					       .slot = 0x82,
					       .pin = ATTESTED_PIN_ALWAYS,
					       .touch = ATTESTED_TOUCH_CACHED,
					       .form_factor = 0x83 } };
	e.facts.bits = 2048;
	AUTO(msg) struct msg *words = evidence_words(&e);
	AUTO_TEXT char *text = msg_render(words);
	CU_ASSERT(text && strstr(text, "serial number 12345678 (USB-C, for the key ring), "
				       "firmware 5.7.1, slot 82. PIN: asked for at each use. "
				       "Touch: at a use, then good for 15 seconds."));
	AUTO_TEXT char *kept = evidence_text(&e);
	CU_ASSERT(kept && strstr(kept, "custody=attested") &&
		  strstr(kept, " firmware=5.7.1 serial=12345678 slot=82 pin=always touch=cached"));
}

static void test_a_slots_number_is_its_cka_id(void)
{
	for (unsigned n = 0; n < 256; n++) {
		const struct key_id one = { .bytes = { (uint8_t)n }, .len = 1 };
		const struct key_id two = { .bytes = { (uint8_t)n }, .len = 2 };
		unsigned slot = attest_slot(&one);
		CU_ASSERT_EQUAL(slot != 0, n >= 1 && n <= 24);
		CU_ASSERT(n != 1 || slot == 0x9a);
		CU_ASSERT(n != 4 || slot == 0x9e);
		CU_ASSERT(n < 5 || n > 24 || slot == 0x82 + n - 5);
		CU_ASSERT_EQUAL(attest_slot(&two), 0);
	}
}

int main(void)
{
	return CHECK_MAIN(TEST(test_softhsm_declares_everything_but_is_software),
			  TEST(test_a_key_that_is_refused_but_not_declared_is_withheld),
			  TEST(test_a_key_that_could_leave_is_open),
			  TEST(test_an_answer_to_set_attribute_is_seen_through),
			  TEST(test_a_key_of_which_an_open_copy_is_made_is_open),
			  TEST(test_a_copy_that_is_another_key_destroys_nothing),
			  TEST(test_without_extractable_in_the_template_the_read_back_decides),
			  TEST(test_a_device_is_a_known_model_that_says_hardware),
			  TEST(test_a_key_that_cannot_be_right_is_refused_at_once),
			  TEST(test_always_authenticate_is_told),
			  TEST(test_the_profiles_floors_decide),
			  TEST(test_evidence_is_said_in_words_and_kept_as_text),
			  TEST(test_what_the_maker_attests_is_said_and_kept),
			  TEST(test_a_slots_number_is_its_cka_id));
}
