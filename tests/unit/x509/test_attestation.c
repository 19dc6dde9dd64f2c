// A maker's word for a key: what is read of it, what is believed, and what is not.
#include "x509/attestation.h"

#include <stdio.h>
#include <string.h>

#include "attester.h"
#include "check.h"
#include "x509/bag.h"
#include "x509/ossl.h"

static struct attester usual;
static struct soft_key ours, theirs;

static struct attestation_terms terms_for(const struct cert_list *roots)
{
	return (struct attestation_terms){
		.roots = roots, .key = &ours.public_key, .serial = "12345678", .slot = 0x9a
	};
}

static void roots_of(const struct attester *a, struct cert_list *out)
{
	AUTO(cert) struct cert *root = cert_of(a->root.x);
	CHECK_OK(cert_list_add(out, root));
}

static void check_verdict(struct err *e, const char *tag)
{
	const char *is = e ? err_slug(e) : "";
	if (strcmp(is, tag) != 0)
		fprintf(stderr, "\"%s\" and not \"%s\"\n", is, tag);
	CU_ASSERT_STRING_EQUAL(is, tag);
	CU_ASSERT(!e || (err_kind(e) == ERR_POLICY && err_next_step(e)));
	err_free(e);
}

// What is judged of a statement, by the usual maker's root; "" is good.
static void check_judged(const struct attestation_statement *s, const char *tag)
{
	AUTO_CERTS struct cert_list roots = { 0 };
	struct attestation a = { 0 };
	roots_of(&usual, &roots);
	const struct attestation_terms terms = terms_for(&roots);
	check_verdict(attestation_judge(&terms, s, &a), tag);
	CU_ASSERT_EQUAL(a.kind != ATTESTATION_NONE, tag[0] == '\0'); // untouched on failure
}

static void check_said(const struct say *what, const char *tag)
{
	AUTO_STATEMENT struct attestation_statement s = { 0 };
	attester_says(&usual, ours.key, what, &s);
	check_judged(&s, tag);
}

static void test_reads_what_the_maker_says(void)
{
	AUTO_STATEMENT struct attestation_statement s = { 0 };
	AUTO_CERTS struct cert_list roots = { 0 };
	struct attestation a = { 0 };
	char text[ATTESTATION_FIRMWARE_TEXT];
	roots_of(&usual, &roots);
	const struct attestation_terms terms = terms_for(&roots);
	attester_says(&usual, ours.key, &(struct say){ .policy = "0303" }, &s);
	CHECK_OK_OR_END(attestation_judge(&terms, &s, &a));
	CU_ASSERT_EQUAL(a.slot, 0x9a);
	CU_ASSERT_EQUAL(a.serial, 12345678);
	CU_ASSERT_EQUAL(a.form_factor, 1);
	CU_ASSERT_STRING_EQUAL(attestation_firmware(&a, text), "5.4.3");
	CU_ASSERT_STRING_EQUAL(attested_pin_name(a.pin), "always");
	CU_ASSERT_STRING_EQUAL(attested_touch_name(a.touch), "cached");
}

static void test_policies_that_are_not_known_are_said_so(void)
{
	for (unsigned n = 0; n < 256; n++) {
		CU_ASSERT(attested_pin_words((uint8_t)n)[0] && attested_touch_words((uint8_t)n)[0]);
		CU_ASSERT(attested_form_words((uint8_t)n)[0]);
		CU_ASSERT_EQUAL(strcmp(attested_pin_name((uint8_t)n), "unknown") != 0,
				n >= 1 && n <= 5);
		CU_ASSERT_EQUAL(strcmp(attested_touch_name((uint8_t)n), "unknown") != 0,
				n >= 1 && n <= 3);
	}
}

static void test_every_slot_for_keys_and_no_other(void)
{
	for (unsigned slot = 0; slot < 256; slot++) {
		AUTO_STATEMENT struct attestation_statement s = { 0 };
		char name[64];
		struct attestation a = { 0 };
		snprintf(name, sizeof(name), "YubiKey PIV Attestation %02x", slot);
		attester_says(&usual, ours.key, &(struct say){ .subject = name }, &s);
		bool good = slot == 0x9a || slot == 0x9c || slot == 0x9d || slot == 0x9e ||
			    (slot >= 0x82 && slot <= 0x95);
		check_verdict(attestation_read(&s, &a), good ? "" : "attestation-malformed");
		CU_ASSERT_EQUAL(a.slot, good ? slot : 0);
	}
	check_said(&(struct say){ .subject = "YubiKey PIV Attestation 9A" },
		   "attestation-malformed");
	check_said(&(struct say){ .subject = "YubiKey PIV Attestation 9a " },
		   "attestation-malformed");
	check_said(&(struct say){ .subject = "YubiKey PIV Attestation" }, "attestation-malformed");
	check_said(&(struct say){ .subject = "Somebody" }, "attestation-malformed");
}

static void test_another_key_is_refused(void)
{
	AUTO_STATEMENT struct attestation_statement s = { 0 };
	attester_says(&usual, theirs.key, &(struct say){ 0 }, &s);
	check_judged(&s, "attestation-other-key");
}

static void test_another_serial_is_refused(void)
{
	static const struct {
		const char *serial, *tag;
	} rows[] = {
		{ "12345678", "" },
		{ "0012345678", "" },
		{ "12345679", "attestation-other-serial" },
		{ "", "attestation-other-serial" },
		{ "0x123", "attestation-other-serial" },
		{ "12345678 ", "attestation-other-serial" },
		{ "112345678", "attestation-other-serial" },
	};
	AUTO_CERTS struct cert_list roots = { 0 };
	AUTO_STATEMENT struct attestation_statement s = { 0 };
	roots_of(&usual, &roots);
	attester_says(&usual, ours.key, &(struct say){ 0 }, &s);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct attestation_terms terms = terms_for(&roots);
		struct attestation a;
		terms.serial = rows[i].serial;
		check_verdict(attestation_judge(&terms, &s, &a), rows[i].tag);
	}
}

static void test_another_slot_is_refused(void)
{
	check_said(&(struct say){ .subject = "YubiKey PIV Attestation 9c" },
		   "attestation-other-slot");
}

static void test_a_ca_compares_neither_serial_nor_slot(void)
{
	AUTO_CERTS struct cert_list roots = { 0 };
	AUTO_STATEMENT struct attestation_statement s = { 0 };
	struct attestation a = { 0 };
	roots_of(&usual, &roots);
	attester_says(&usual, ours.key,
		      &(struct say){ .subject = "YubiKey PIV Attestation 95", .serial = 5 }, &s);
	const struct attestation_terms terms = { .roots = &roots, .key = &ours.public_key };
	CHECK_OK(attestation_judge(&terms, &s, &a));
	CU_ASSERT(a.slot == 0x95 && a.serial == 5);
}

static void test_firmware_that_makes_weak_keys_is_refused(void)
{
	static const struct {
		const char *firmware, *tag;
	} rows[] = {
		{ "040205", "" },
		{ "040206", "attestation-firmware" },
		{ "0402ff", "attestation-firmware" },
		{ "040300", "attestation-firmware" },
		{ "040304", "attestation-firmware" },
		{ "040305", "" },
		{ "050703", "" },
		{ "0504", "attestation-malformed" },
		{ "05040300", "attestation-malformed" },
		{ "-", "attestation-malformed" },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		check_said(&(struct say){ .firmware = rows[i].firmware }, rows[i].tag);
}

static void test_what_is_missing_or_twice_is_malformed(void)
{
	check_said(&(struct say){ .policy = "-" }, "attestation-malformed");
	check_said(&(struct say){ .policy = "02" }, "attestation-malformed");
	check_said(&(struct say){ .no_serial = true }, "attestation-malformed");
	check_said(&(struct say){ .twice = true }, "attestation-malformed");
	struct attestation_statement none = { .kind = ATTESTATION_YUBIKEY_PIV };
	check_judged(&none, "attestation-malformed");
	none.kind = ATTESTATION_NONE;
	check_judged(&none, "attestation-malformed");
}

static void test_the_policies_have_floors(void)
{
	static const struct {
		const char *policy;
		enum attested_pin_floor pin;
		enum attested_touch_floor touch;
		bool good;
	} rows[] = {
		{ "0101", ATTESTED_PIN_ANY, ATTESTED_TOUCH_ANY, true },
		{ "0101", ATTESTED_PIN_AT_LEAST_ONCE, ATTESTED_TOUCH_ANY, false },
		{ "0201", ATTESTED_PIN_AT_LEAST_ONCE, ATTESTED_TOUCH_ANY, true },
		{ "0401", ATTESTED_PIN_AT_LEAST_ONCE, ATTESTED_TOUCH_ANY, true },
		{ "0201", ATTESTED_PIN_EVERY_TIME, ATTESTED_TOUCH_ANY, false },
		{ "0401", ATTESTED_PIN_EVERY_TIME, ATTESTED_TOUCH_ANY, false },
		{ "0301", ATTESTED_PIN_EVERY_TIME, ATTESTED_TOUCH_ANY, true },
		{ "0501", ATTESTED_PIN_EVERY_TIME, ATTESTED_TOUCH_ANY, true },
		{ "0601", ATTESTED_PIN_AT_LEAST_ONCE, ATTESTED_TOUCH_ANY, false },
		{ "0201", ATTESTED_PIN_ANY, ATTESTED_TOUCH_AT_LEAST_CACHED, false },
		{ "0203", ATTESTED_PIN_ANY, ATTESTED_TOUCH_AT_LEAST_CACHED, true },
		{ "0202", ATTESTED_PIN_ANY, ATTESTED_TOUCH_AT_LEAST_CACHED, true },
		{ "0203", ATTESTED_PIN_ANY, ATTESTED_TOUCH_EVERY_TIME, false },
		{ "0202", ATTESTED_PIN_ANY, ATTESTED_TOUCH_EVERY_TIME, true },
		{ "0204", ATTESTED_PIN_ANY, ATTESTED_TOUCH_AT_LEAST_CACHED, false },
	};
	AUTO_CERTS struct cert_list roots = { 0 };
	roots_of(&usual, &roots);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO_STATEMENT struct attestation_statement s = { 0 };
		struct attestation_terms terms = terms_for(&roots);
		struct attestation a;
		terms.pin = rows[i].pin;
		terms.touch = rows[i].touch;
		attester_says(&usual, ours.key, &(struct say){ .policy = rows[i].policy }, &s);
		check_verdict(attestation_judge(&terms, &s, &a),
			      rows[i].good ? "" : "attestation-policy");
	}
}

// --- the chain

static void test_a_self_made_issuer_is_refused(void)
{
	struct attester forged;
	AUTO_STATEMENT struct attestation_statement s = { 0 }, alone = { 0 }, swapped = { 0 };
	attester_begin(&forged, F9_USUAL); // the same names, other keys
	attester_says(&forged, ours.key, &(struct say){ 0 }, &s);
	check_judged(&s, "attestation-untrusted");
	// Signed by the forger, shown beside the true certificate of F9.
	X509 *leaf = attester_leaf(&forged, ours.key, &(struct say){ 0 });
	statement_of(leaf, usual.f9.x, &swapped);
	check_judged(&swapped, "attestation-untrusted");
	statement_of(leaf, NULL, &alone);
	check_judged(&alone, "attestation-untrusted");
	X509_free(leaf);
	attester_end(&forged);
}

static void test_no_root_trusts_nobody(void)
{
	AUTO_STATEMENT struct attestation_statement s = { 0 };
	struct cert_list none = { 0 };
	struct attestation a;
	const struct attestation_terms terms = terms_for(&none);
	attester_says(&usual, ours.key, &(struct say){ 0 }, &s);
	check_verdict(attestation_judge(&terms, &s, &a), "attestation-untrusted");
}

static void test_weak_or_critical_is_refused(void)
{
	check_said(&(struct say){ .md = EVP_sha1() }, "attestation-untrusted");
	check_said(&(struct say){ .critical_unknown = true }, "attestation-untrusted");
}

static void test_the_old_certificates_pass_and_only_in_their_place(void)
{
	struct attester old;
	AUTO_CERTS struct cert_list roots = { 0 };
	AUTO_STATEMENT struct attestation_statement s = { 0 };
	struct attestation a = { 0 };
	attester_begin(&old, F9_OLD);
	roots_of(&old, &roots);
	const struct attestation_terms terms = terms_for(&roots);
	attester_says(&old, ours.key, &(struct say){ .firmware = "040305" }, &s);
	CHECK_OK(attestation_judge(&terms, &s, &a));
	attester_end(&old);
}

// The key in 9A is the person's: what it signs is nobody's attestation, though its own statement comes from the maker.
static void check_attested_key_attests_nothing(enum f9_kind kind, bool also_f9_root)
{
	struct attester maker;
	AUTO_CERTS struct cert_list roots = { 0 };
	AUTO_STATEMENT struct attestation_statement s = { 0 };
	struct attestation a;
	attester_begin(&maker, kind);
	roots_of(&maker, &roots);
	if (also_f9_root) {
		AUTO(cert) struct cert *f9 = cert_of(maker.f9.x);
		CHECK_OK(cert_list_add(&roots, f9));
	}
	// In another slot, so that the forged one is not taken for self-issued.
	X509 *genuine = attester_leaf(&maker, theirs.key,
				      &(struct say){ .subject = "YubiKey PIV Attestation 9c" });
	const struct maker person = { .key = theirs.key, .x = genuine };
	X509 *forged = attester_leaf(&maker, ours.key, &(struct say){ .issuer = &person });
	statement_of(forged, genuine, &s);
	const struct attestation_terms terms = terms_for(&roots);
	check_verdict(attestation_judge(&terms, &s, &a), "attestation-untrusted");
	X509_free(forged);
	X509_free(genuine);
	attester_end(&maker);
}

static void test_an_attested_key_attests_nothing(void)
{
	check_attested_key_attests_nothing(F9_USUAL, false);
	check_attested_key_attests_nothing(F9_USUAL, true);
	check_attested_key_attests_nothing(F9_OLD, false);
	check_attested_key_attests_nothing(F9_OLD, true);
}

// A longer chain gets no leniency: the institution's own CA below the root, a device below it that is no CA.
static void test_no_leniency_below_another_ca(void)
{
	struct attester old;
	AUTO_CERTS struct cert_list roots = { 0 };
	AUTO_STATEMENT struct attestation_statement s = { 0 };
	struct attestation a = { 0 };
	attester_begin(&old, F9_OLD);
	AUTO(pkey) EVP_PKEY *key = EVP_RSA_gen(2048);
	X509 *not_ca = make_x509(&(struct make){ .issuer = &old.f9,
						 .key = key,
						 .common_name = "Device",
						 .basic = "-",
						 .usage = "-",
						 .extended = "-" });
	const struct maker device = { .key = key, .x = not_ca };
	X509 *leaf = attester_leaf(&old, ours.key, &(struct say){ .issuer = &device });
	statement_of(leaf, not_ca, &s);
	roots_of(&old, &roots);
	const struct attestation_terms terms = terms_for(&roots);
	check_verdict(attestation_judge(&terms, &s, &a), "attestation-untrusted");
	// Nor where the profile names such a certificate itself: what is no CA is no anchor.
	AUTO_CERTS struct cert_list itself = { 0 };
	AUTO_STATEMENT struct attestation_statement by_f9 = { 0 };
	AUTO(cert) struct cert *f9 = cert_of(old.f9.x);
	CHECK_OK(cert_list_add(&itself, f9));
	const struct attestation_terms bare = terms_for(&itself);
	attester_says(&old, ours.key, &(struct say){ 0 }, &by_f9);
	check_verdict(attestation_judge(&bare, &by_f9, &a), "attestation-untrusted");
	X509_free(leaf);
	X509_free(not_ca);
	attester_end(&old);
}

// A CA below the root may be named instead of it (firmware 5.7.4 and later has some between).
static void test_the_chain_may_end_below_the_root(void)
{
	AUTO_CERTS struct cert_list roots = { 0 };
	AUTO_STATEMENT struct attestation_statement s = { 0 }, alone = { 0 };
	struct attestation a = { 0 };
	AUTO(cert) struct cert *f9 = cert_of(usual.f9.x);
	CHECK_OK(cert_list_add(&roots, f9));
	const struct attestation_terms terms = terms_for(&roots);
	attester_says(&usual, ours.key, &(struct say){ 0 }, &s);
	CHECK_OK(attestation_judge(&terms, &s, &a));
	X509 *leaf = attester_leaf(&usual, ours.key, &(struct say){ 0 });
	statement_of(leaf, NULL, &alone);
	CHECK_OK(attestation_judge(&terms, &alone, &a));
	X509_free(leaf);
}

// --- bytes

static void test_cut_at_each_byte_and_garbage_are_malformed(void)
{
	AUTO_STATEMENT struct attestation_statement whole = { 0 };
	attester_says(&usual, ours.key, &(struct say){ 0 }, &whole);
	for (size_t n = 0; n < whole.leaf.len; n++) {
		struct attestation_statement cut = whole;
		struct attestation a;
		cut.leaf.len = n;
		check_verdict(attestation_read(&cut, &a), "attestation-malformed");
	}
	for (size_t n = 1; n < whole.intermediate.len; n++) {
		struct attestation_statement cut = whole;
		struct attestation a;
		cut.intermediate.len = n;
		check_verdict(attestation_read(&cut, &a), "attestation-malformed");
	}
}

static void test_no_byte_of_it_can_be_changed(void)
{
	AUTO_STATEMENT struct attestation_statement s = { 0 };
	AUTO_CERTS struct cert_list roots = { 0 };
	roots_of(&usual, &roots);
	const struct attestation_terms terms = terms_for(&roots);
	attester_says(&usual, ours.key, &(struct say){ 0 }, &s);
	for (size_t i = 0; i < s.leaf.len; i++) {
		struct attestation a = { 0 };
		s.leaf.data[i] ^= 0x01;
		struct err *e = attestation_judge(&terms, &s, &a);
		if (!e)
			fprintf(stderr, "byte %zu\n", i);
		CU_ASSERT(e && err_kind(e) == ERR_POLICY);
		err_free(e);
		s.leaf.data[i] ^= 0x01;
	}
}

// --- with a request

static void sign_request(const struct buf *attributes, struct buf *der)
{
	const struct request_rdn subject = { .type = "CN", .value = "1283" };
	const struct request_terms terms = {
		.subject = &subject,
		.n_subject = 1,
		.extra_attributes = attributes->data,
		.extra_attributes_len = attributes->len,
		.digital_signature = true,
	};
	CHECK_OK(request_sign(&terms, &ours.public_key, &ours.signer, der));
}

static bool same_bytes(const struct buf *a, const struct buf *b)
{
	return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

static void test_it_travels_in_a_request_beside_what_else_is_asked(void)
{
	AUTO_STATEMENT struct attestation_statement s = { 0 }, back = { 0 };
	AUTO_BUF struct buf attribute = { 0 }, der = { 0 };
	attester_says(&usual, ours.key, &(struct say){ 0 }, &s);
	CHECK_OK_OR_END(attestation_attribute(&s, &attribute));
	sign_request(&attribute, &der);
	CHECK_OK_OR_END(attestation_from_request(der.data, der.len, &back));
	CU_ASSERT_EQUAL((int)back.kind, (int)ATTESTATION_YUBIKEY_PIV);
	CU_ASSERT(same_bytes(&s.leaf, &back.leaf) &&
		  same_bytes(&s.intermediate, &back.intermediate));
	check_judged(&back, "");
	const unsigned char *p = der.data;
	AUTO(x509_req) X509_REQ *req = d2i_X509_REQ(NULL, &p, (long)der.len);
	AUTO(extension_stack) STACK_OF(X509_EXTENSION) *list = X509_REQ_get_extensions(req);
	CU_ASSERT_EQUAL(sk_X509_EXTENSION_num(list), 3); // keyUsage in the one extensionRequest
}

static void test_a_request_without_it_has_none(void)
{
	AUTO_STATEMENT struct attestation_statement s = { 0 };
	AUTO_BUF struct buf nothing = { 0 }, der = { 0 };
	sign_request(&nothing, &der);
	CHECK_OK(attestation_from_request(der.data, der.len, &s));
	CU_ASSERT_EQUAL((int)s.kind, (int)ATTESTATION_NONE);
	check_verdict(attestation_from_request("nonsense", 8, &s), "attestation-malformed");
}

static void test_a_request_with_it_twice_is_refused(void)
{
	AUTO_STATEMENT struct attestation_statement s = { 0 }, back = { 0 };
	AUTO_BUF struct buf attributes = { 0 }, der = { 0 }, half = { 0 }, half_der = { 0 };
	attester_says(&usual, ours.key, &(struct say){ 0 }, &s);
	CHECK_OK(attestation_attribute(&s, &attributes));
	CHECK_OK(attestation_attribute(&s, &attributes));
	sign_request(&attributes, &der);
	check_verdict(attestation_from_request(der.data, der.len, &back), "attestation-malformed");
	buf_reset(&s.leaf);
	CHECK_OK(attestation_attribute(&s, &half));
	sign_request(&half, &half_der);
	check_verdict(attestation_from_request(half_der.data, half_der.len, &back),
		      "attestation-malformed");
}

// The certificates of a statement as they go beside a request, in this order.
static void bag_of(const struct buf *first, const struct buf *second, struct buf *out)
{
	AUTO_CERTS struct cert_list list = { 0 };
	const struct buf *const ders[] = { first, second };
	for (size_t i = 0; i < ARRAY_LEN(ders); i++) {
		AUTO(cert) struct cert *c = NULL;
		CHECK_OK_OR_END(cert_parse(ders[i]->data, ders[i]->len, &c));
		CHECK_OK(cert_list_add(&list, c));
	}
	CHECK_OK(bag_attribute(&list, out));
}

static void test_it_travels_in_a_bag_of_certificates_in_any_order(void)
{
	for (int turned = 0; turned < 2; turned++) {
		AUTO_STATEMENT struct attestation_statement s = { 0 }, back = { 0 };
		AUTO_BUF struct buf bag = { 0 }, der = { 0 };
		AUTO_CERTS struct cert_list list = { 0 };
		attester_says(&usual, ours.key, &(struct say){ 0 }, &s);
		bag_of(turned ? &s.intermediate : &s.leaf, turned ? &s.leaf : &s.intermediate,
		       &bag);
		sign_request(&bag, &der);
		CHECK_OK_OR_END(attestation_from_request(der.data, der.len, &back));
		CU_ASSERT_EQUAL((int)back.kind, (int)ATTESTATION_YUBIKEY_PIV);
		CU_ASSERT(same_bytes(&s.leaf, &back.leaf) &&
			  same_bytes(&s.intermediate, &back.intermediate));
		check_judged(&back, "");
		CHECK_OK(bag_from_request(der.data, der.len, &list));
		CU_ASSERT_EQUAL(list.n, 2);
	}
}

static void test_a_bag_with_another_keys_statement_is_refused(void)
{
	AUTO_STATEMENT struct attestation_statement s = { 0 }, back = { 0 };
	AUTO_BUF struct buf bag = { 0 }, der = { 0 };
	attester_says(&usual, theirs.key, &(struct say){ 0 }, &s);
	bag_of(&s.leaf, &s.intermediate, &bag);
	sign_request(&bag, &der);
	CHECK_OK_OR_END(attestation_from_request(der.data, der.len, &back));
	check_judged(&back, "attestation-other-key");
}

static void test_a_bag_that_is_not_clear_is_malformed(void)
{
	AUTO_STATEMENT struct attestation_statement s = { 0 }, back = { 0 };
	AUTO_BUF struct buf bag = { 0 }, two = { 0 }, both = { 0 };
	struct buf unclear[3] = { { 0 } };
	attester_says(&usual, ours.key, &(struct say){ 0 }, &s);
	bag_of(&s.leaf, &s.intermediate, &bag);
	bag_of(&s.leaf, &s.leaf, &two);
	sign_request(&two, &unclear[0]); // two statements
	CHECK_OK(attestation_attribute(&s, &both));
	CHECK_OK(buf_put(&both, bag.data, bag.len));
	sign_request(&both, &unclear[1]); // as extensions, too
	buf_reset(&both);
	CHECK_OK(buf_put(&both, bag.data, bag.len));
	both.data[40] ^= 0xff; // its inside is no PKCS #7
	sign_request(&both, &unclear[2]);
	for (size_t i = 0; i < ARRAY_LEN(unclear); i++) {
		check_verdict(attestation_from_request(unclear[i].data, unclear[i].len, &back),
			      "attestation-malformed");
		buf_free(&unclear[i]);
	}
}

static void test_as_a_file_it_is_two_certificates(void)
{
	AUTO_STATEMENT struct attestation_statement s = { 0 };
	AUTO_BUF struct buf pem = { 0 };
	AUTO_CERTS struct cert_list list = { 0 };
	attester_says(&usual, ours.key, &(struct say){ 0 }, &s);
	CHECK_OK(attestation_pem(&s, &pem));
	CHECK_OK(cert_list_from_pem(pem.data, pem.len, &list));
	CU_ASSERT_EQUAL_FATAL(list.n, 2);
	CU_ASSERT_STRING_EQUAL(cert_common_name(list.certs[0]), "YubiKey PIV Attestation 9a");
	s.leaf.len--;
	check_verdict(attestation_pem(&s, &pem), "attestation-malformed");
}

int main(void)
{
	attester_begin(&usual, F9_USUAL);
	soft_key_make(&ours, 2048);
	soft_key_make(&theirs, 2048);
	int failed = CHECK_MAIN(
		TEST(test_reads_what_the_maker_says),
		TEST(test_policies_that_are_not_known_are_said_so),
		TEST(test_every_slot_for_keys_and_no_other), TEST(test_another_key_is_refused),
		TEST(test_another_serial_is_refused), TEST(test_another_slot_is_refused),
		TEST(test_a_ca_compares_neither_serial_nor_slot),
		TEST(test_firmware_that_makes_weak_keys_is_refused),
		TEST(test_what_is_missing_or_twice_is_malformed),
		TEST(test_the_policies_have_floors), TEST(test_a_self_made_issuer_is_refused),
		TEST(test_no_root_trusts_nobody), TEST(test_weak_or_critical_is_refused),
		TEST(test_the_old_certificates_pass_and_only_in_their_place),
		TEST(test_an_attested_key_attests_nothing), TEST(test_no_leniency_below_another_ca),
		TEST(test_the_chain_may_end_below_the_root),
		TEST(test_cut_at_each_byte_and_garbage_are_malformed),
		TEST(test_no_byte_of_it_can_be_changed),
		TEST(test_it_travels_in_a_request_beside_what_else_is_asked),
		TEST(test_a_request_without_it_has_none),
		TEST(test_a_request_with_it_twice_is_refused),
		TEST(test_it_travels_in_a_bag_of_certificates_in_any_order),
		TEST(test_a_bag_with_another_keys_statement_is_refused),
		TEST(test_a_bag_that_is_not_clear_is_malformed),
		TEST(test_as_a_file_it_is_two_certificates));
	soft_key_free(&theirs);
	soft_key_free(&ours);
	attester_end(&usual);
	return failed;
}
