// PSKC files: the examples of RFC 6030, and what is made of them by changing a word.
#include "pskc_files.h"

static void test_rfc_6030_figure_2_has_a_key_alone(void)
{
	AUTO_TEXT char *text = file("figure2", NULL);
	AUTO_SEEDS struct seeds s = { 0 };
	CHECK_OK_OR_END(plain(text, &s));
	CHECK_OR_END(s.n == 1);
	CU_ASSERT_STRING_EQUAL(s.list[0].serial, "12345678"); // no device: the key's Id
	CU_ASSERT_STRING_EQUAL(s.list[0].issuer, "Issuer-A");
	CU_ASSERT_PTR_NULL(s.list[0].person);
	CU_ASSERT_EQUAL(s.list[0].kind, SEED_HOTP);
	CU_ASSERT_EQUAL(s.list[0].digits, 6);
	CU_ASSERT(has_secret(&s.list[0], "1234"));
	CU_ASSERT(seed_is_weak(&s.list[0]));
}

static void test_rfc_6030_figure_3_names_device_and_person(void)
{
	AUTO_TEXT char *text =
		file("figure3", "<Counter><PlainValue>0", "<Counter><PlainValue>7", NULL);
	AUTO_SEEDS struct seeds s = { 0 };
	CHECK_OK_OR_END(plain(text, &s));
	CHECK_OR_END(s.n == 1);
	const struct seed *one = &s.list[0];
	CU_ASSERT_STRING_EQUAL(one->serial, "987654321");
	CU_ASSERT_STRING_EQUAL(one->maker, "Manufacturer");
	CU_ASSERT_STRING_EQUAL(one->issuer, "Issuer");
	CU_ASSERT_STRING_EQUAL(one->person, "UID=jsmith,DC=example-bank,DC=net");
	CU_ASSERT_EQUAL(one->digits, 8);
	CU_ASSERT_EQUAL(one->hash, SEED_SHA1);
	CU_ASSERT_EQUAL(one->counter, 7);
	CU_ASSERT(has_secret(one, "12345678901234567890"));
	CU_ASSERT(!seed_is_weak(one));
}

static void test_rfc_6030_figure_4_has_no_secret_and_is_refused(void)
{
	CHECK_REFUSED(file("figure4", NULL), "pskc-unknown");
}

static void test_rfc_6030_figure_5_leaves_the_tokens_own_pin_to_it(void)
{
	AUTO_TEXT char *text = file("figure5", NULL);
	AUTO_SEEDS struct seeds s = { 0 };
	CHECK_OK_OR_END(plain(text, &s));
	CHECK_OR_END(s.n == 1);
	CU_ASSERT_STRING_EQUAL(s.list[0].serial, "987654321");
	CU_ASSERT(has_secret(&s.list[0], "12345678901234567890"));
	CHECK_REFUSED(file("figure5", "\"Local\"", "\"Append\"", NULL), "pskc-unknown");
	CHECK_REFUSED(file("figure5", "\"Local\"", "\"Algorithmic\"", NULL), "pskc-unknown");
	CHECK_REFUSED(file("figure5", " PINUsageMode=\"Local\"", "", NULL), "pskc-unknown");
	CHECK_REFUSED(file("figure5", ">OTP<", ">Encrypt<", NULL), "pskc-unknown");
	CHECK_REFUSED(file("figure5", "<KeyUsage>OTP</KeyUsage>",
			   "<NumberOfTransactions>5</NumberOfTransactions>", NULL),
		      "pskc-unknown");
}

static void test_rfc_6030_figure_6_opens_with_the_preshared_key(void)
{
	AUTO_TEXT char *text = file("figure6", NULL);
	AUTO_SEEDS struct seeds s = { 0 };
	CHECK_OK_OR_END(import(text, rfc_key, 16, NULL, &s));
	CHECK_OR_END(s.n == 1);
	CU_ASSERT(has_secret(&s.list[0], "12345678901234567890"));

	AUTO_SEEDS struct seeds none = { 0 };
	CU_ASSERT(refused(NULL, plain(text, &none), "pskc-key-wanted"));
	CU_ASSERT(refused(NULL, import(text, NULL, 0, "qwerty", &none), "pskc-key-wanted"));
	// Of another length; another one, which opens the MAC's key to nonsense or not at all.
	CU_ASSERT(refused(NULL, import(text, rfc_key, 15, NULL, &none), "pskc-key-wrong"));
	struct err *e = import(text, "0123456789abcdef", 16, NULL, &none);
	CU_ASSERT(err_has_tag(e, "pskc-key-wrong") || err_has_tag(e, "pskc-mac"));
	err_free(e);
}

static void test_a_changed_value_or_mac_is_refused(void)
{
	static const char *const changes[][3] = {
		{ "Su+Nvt", "Tu+Nvt", "pskc-mac" },			  // the MAC
		{ "AAECAwQF", "AQECAwQF", "pskc-mac" },			  // the IV
		{ "VmNPCMl8jwZqIUqGv", "VmNPCMl8jwZqIUqGw", "pskc-mac" }, // the last block
		{ "Su+NvtQfmvfJzF6bmQiJqoLRExc=", "", "pskc-damaged" },
		{ "Su+NvtQfmvfJzF6bmQiJqoLRExc=", "Su+NvtQfmvfJzF6bmQiJqg==", "pskc-mac" },
		{ "xmldsig#hmac-sha1", "xmldsig#hmac-zha1", "pskc-unknown" },
		{ "xmlenc#aes128-cbc", "xmlenc#tripledes-cbc", "pskc-unknown" },
		{ "ESIzRFVmd4iZABEiM0RVZgKn6WjLaTC1sbeBMSvIhRejN9vJa2BOlSaMrR7I5wSX",
		  "ESIzRFVmd4iZABEiM0RVZgKn6WjLaTC1sbeBMSvIhRejN9vJa2BOlSaMrR7I5wS=",
		  "pskc-damaged" },
		{ "<ds:KeyName>Pre-shared-key</ds:KeyName>", "", "pskc-damaged" },
	};
	for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
		AUTO_SEEDS struct seeds none = { 0 };
		char *text = file("figure6", changes[i][0], changes[i][1], NULL);
		CU_ASSERT(refused(text, import(text, rfc_key, 16, NULL, &none), changes[i][2]));
		CU_ASSERT_EQUAL(none.n, 0);
	}
}

static void test_a_value_without_mac_is_refused(void)
{
	AUTO_SEEDS struct seeds none = { 0 };
	char *text = without(file("figure6", NULL), "<ValueMAC>", "</ValueMAC>");
	CU_ASSERT(refused(text, import(text, rfc_key, 16, NULL, &none), "pskc-mac"));
	text = without(file("figure6", NULL), "<MACMethod", "</MACMethod>");
	CU_ASSERT(refused(text, import(text, rfc_key, 16, NULL, &none), "pskc-damaged"));
	text = without(file("figure6", NULL), "<MACKey>", "</MACKey>");
	CU_ASSERT(refused(text, import(text, rfc_key, 16, NULL, &none), "pskc-unknown"));
	text = without(file("figure6", NULL), "<EncryptionKey>", "</EncryptionKey>");
	CU_ASSERT(refused(text, import(text, rfc_key, 16, NULL, &none), "pskc-damaged"));
}

static void test_rfc_6030_figure_7_opens_with_the_passphrase(void)
{
	AUTO_TEXT char *text = file("figure7", NULL);
	AUTO_SEEDS struct seeds s = { 0 }, none = { 0 };
	CHECK_OK_OR_END(import(text, NULL, 0, "qwerty", &s));
	CHECK_OR_END(s.n == 1);
	CU_ASSERT_STRING_EQUAL(s.list[0].maker, "TokenVendorAcme");
	CU_ASSERT(has_secret(&s.list[0], "12345678901234567890"));
	struct err *e = import(text, NULL, 0, "querty", &none);
	CU_ASSERT(err_has_tag(e, "pskc-key-wrong") || err_has_tag(e, "pskc-mac"));
	err_free(e);
	CU_ASSERT(refused(NULL, import(text, rfc_key, 16, NULL, &none), "pskc-key-wanted"));

	static const char *const changes[][3] = {
		{ ">1000<", ">10000001<", "pskc-damaged" }, // ten million rounds are the most
		{ ">1000<", ">0<", "pskc-damaged" },
		{ ">16<", ">24<", "pskc-key-wrong" },
		{ "<PRF/>", "<PRF Algorithm=\"urn:md5\"/>", "pskc-unknown" },
		{ "pkcs-5v2-0#pbkdf2", "pkcs-5v2-0#pbkdf1", "pskc-unknown" },
		{ "Ej7/PEpyEpw=", "", "pskc-damaged" },
	};
	for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
		char *bad = file("figure7", changes[i][0], changes[i][1], NULL);
		CU_ASSERT(refused(bad, import(bad, NULL, 0, "qwerty", &none), changes[i][2]));
	}
}

static void test_rfc_6030_figures_8_and_9_are_refused_by_name(void)
{
	CHECK_REFUSED(file("figure8", NULL), "pskc-unknown");
	CHECK_REFUSED(file("figure9", NULL), "pskc-unknown");
	AUTO_TEXT char *unsigned_one =
		without(file("figure9", NULL), "<Signature>", "</Signature>");
	AUTO_SEEDS struct seeds s = { 0 };
	CHECK_OK(plain(unsigned_one, &s));
}

static void test_rfc_6030_figure_10_has_one_device_twice(void)
{
	CHECK_REFUSED(file("figure10", NULL), "import-duplicate");
	AUTO_TEXT char *text = file("figure10", "<SerialNo>9999999", "<SerialNo>9999998", NULL);
	AUTO_SEEDS struct seeds s = { 0 };
	CHECK_OK_OR_END(plain(text, &s));
	CHECK_OR_END(s.n == 4);
	CU_ASSERT_STRING_EQUAL(s.list[1].serial, "123456");
	CU_ASSERT_EQUAL(s.list[1].not_before, 1146441600); // 2006-05-01
	CU_ASSERT_EQUAL(s.list[1].not_after, 1149033600);  // 2006-05-31
	CU_ASSERT_EQUAL(s.list[3].not_after, 1146355200);  // 2006-04-30
}

static void test_dates_are_understood_or_refused(void)
{
	static const struct {
		const char *date;
		int64_t is; // 0: refused
	} dates[] = {
		{ "2006-05-01T00:00:00Z", 1146441600 },
		{ "2006-05-01T09:00:00+09:00", 1146441600 },
		{ "2006-05-01T00:00:00.5Z", 1146441600 },
		{ "2006-05-01", 1146441600 },
		{ "2006-02-29T00:00:00Z", 0 },
		{ "2006-13-01T00:00:00Z", 0 },
		{ "2006-05-01T24:00:00Z", 0 },
		{ "2006-05-01T00:00:00+9", 0 },
		{ "20060501", 0 },
		{ "2006-05- 1T00:00:00Z", 0 },
		{ "1969-12-31T00:00:00Z", 0 },
		{ "", 0 },
		{ "2006-05-01T00:00", 0 },
		{ "2006-05-01T00:00:00Zulu", 0 },
	};
	for (size_t i = 0; i < ARRAY_LEN(dates); i++) {
		char *text = file("figure10", "2006-05-31T00:00:00Z", "2037-01-01T00:00:00Z",
				  "2006-05-01T00:00:00Z", dates[i].date, "<SerialNo>9999999",
				  "<SerialNo>9999998", NULL);
		AUTO_SEEDS struct seeds s = { 0 };
		if (dates[i].is == 0) {
			CU_ASSERT(refused(text, plain(text, &s), "pskc-damaged"));
			continue;
		}
		CHECK_OK(plain(text, &s));
		free(text);
		CU_ASSERT(s.n > 0 && s.list[0].not_before == dates[i].is);
	}
	CHECK_REFUSED(file("figure10", "2006-05-31", "2006-04-01", NULL), "seed-wrong");
}

static void test_totp_has_step_time_and_drift(void)
{
	static const char times[] = "<Time><PlainValue>40000000</PlainValue></Time>"
				    "<TimeInterval><PlainValue>60</PlainValue></TimeInterval>"
				    "<TimeDrift><PlainValue>-4</PlainValue></TimeDrift>";
	AUTO_TEXT char *text =
		file("figure3", "pskc:hotp", "pskc:totp",
		     "<Counter><PlainValue>0</PlainValue></Counter>", times, "<ResponseFormat",
		     "<Suite>HMAC-SHA256</Suite><ResponseFormat", NULL);
	AUTO_SEEDS struct seeds s = { 0 };
	CHECK_OK_OR_END(plain(text, &s));
	CHECK_OR_END(s.n == 1);
	CU_ASSERT_EQUAL(s.list[0].kind, SEED_TOTP);
	CU_ASSERT_EQUAL(s.list[0].hash, SEED_SHA256);
	CU_ASSERT_EQUAL(s.list[0].step, 60);
	CU_ASSERT_EQUAL(s.list[0].counter, 40000000);
	CU_ASSERT_EQUAL(s.list[0].drift, -4);
	AUTO_TEXT char *usual = file("figure3", "pskc:hotp", "pskc:totp#hmac-sha512",
				     "<Counter><PlainValue>0</PlainValue></Counter>", "", NULL);
	AUTO_SEEDS struct seeds u = { 0 };
	CHECK_OK_OR_END(plain(usual, &u));
	CU_ASSERT_EQUAL(u.list[0].step, 30);
	CU_ASSERT_EQUAL(u.list[0].hash, SEED_SHA512);
	CU_ASSERT_EQUAL(u.list[0].counter, 0);
}

static void test_ocra_takes_hash_and_digits_from_its_suite(void)
{
	static const char suite[] =
		"<Suite>OCRA-1:HOTP-SHA512-8:C-QN08</Suite>"
		"<ChallengeFormat Encoding=\"DECIMAL\" Min=\"8\" Max=\"8\"/><ResponseFormat";
	AUTO_TEXT char *text =
		file("figure3", "pskc:hotp", "pskc:ocra-1", "<ResponseFormat", suite, NULL);
	AUTO_SEEDS struct seeds s = { 0 };
	CHECK_OK_OR_END(plain(text, &s));
	CHECK_OR_END(s.n == 1);
	CU_ASSERT_EQUAL(s.list[0].kind, SEED_OCRA);
	CU_ASSERT_EQUAL(s.list[0].hash, SEED_SHA512);
	CU_ASSERT_EQUAL(s.list[0].digits, 8);
	CU_ASSERT_STRING_EQUAL(s.list[0].suite, "OCRA-1:HOTP-SHA512-8:C-QN08");
	CHECK_REFUSED(file("figure3", "pskc:hotp", "pskc:ocra-1", NULL), "pskc-unknown");
	CHECK_REFUSED(file("figure3", "pskc:hotp", "pskc:ocra-1", "<ResponseFormat",
			   "<Suite>OCRA-1:HOTP-SHA512-6:C-QN08</Suite><ResponseFormat", NULL),
		      "pskc-damaged");
	CHECK_REFUSED(file("figure3", "pskc:hotp", "pskc:ocra-1", "<ResponseFormat",
			   "<Suite>OCRA-2:HOTP-SHA512-8:C-QN08</Suite><ResponseFormat", NULL),
		      "pskc-unknown");
}

static void test_numbers_that_are_none_or_too_large_are_refused(void)
{
	static const char *const numbers[] = {
		"9223372036854775808",
		"18446744073709551616",
		"-1",
		"+1",
		"",
		"1e3",
		"0x10",
		"９",
		" 1 2",
		"99999999999999999999999999",
		"9223372036854775807",
	};
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		AUTO_TEXT char *counter = text_format("<Counter><PlainValue>%s<", numbers[i]);
		CHECK_REFUSED(file("figure3", "<Counter><PlainValue>0<", counter, NULL),
			      "pskc-damaged");
	}
	AUTO_TEXT char *largest =
		text_format("<Counter><PlainValue>%llu<", (unsigned long long)SEED_COUNTER_MAX);
	AUTO_TEXT char *text = file("figure3", "<Counter><PlainValue>0<", largest, NULL);
	AUTO_SEEDS struct seeds s = { 0 };
	CHECK_OK_OR_END(plain(text, &s));
	CU_ASSERT_EQUAL(s.list[0].counter, SEED_COUNTER_MAX);
	static const char *const steps[][2] = { { "0", "seed-wrong" },
						{ "4", "seed-wrong" },
						{ "3601", "pskc-damaged" },
						{ "-30", "pskc-damaged" } };
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		AUTO_TEXT char *interval = text_format(
			"<TimeInterval><PlainValue>%s</PlainValue></TimeInterval>", steps[i][0]);
		CHECK_REFUSED(file("figure3", "pskc:hotp", "pskc:totp",
				   "<Counter><PlainValue>0</PlainValue></Counter>", interval, NULL),
			      steps[i][1]);
	}
}

static void test_what_is_not_known_is_refused_by_name(void)
{
	static const char *const changes[][3] = {
		{ "pskc:hotp", "pskc:securid-aes", "pskc-unknown" },
		{ "pskc:hotp", "pskc:hotp#hmac-md5", "pskc-unknown" },
		{ "pskc:hotp", "pskc:hot", "pskc-unknown" },
		{ "Version=\"1.0\"", "Version=\"2.0\"", "pskc-unknown" },
		{ "DECIMAL", "HEXADECIMAL", "pskc-unknown" },
		{ "Encoding=\"DECIMAL\"", "Encoding=\"DECIMAL\" CheckDigits=\"true\"",
		  "pskc-unknown" },
		{ "Length=\"8\"", "Length=\"9\"", "seed-wrong" },
		{ "Length=\"8\"", "Length=\"5\"", "seed-wrong" },
		{ "Length=\"8\"", "Length=\"８\"", "pskc-damaged" },
		{ "<ResponseFormat", "<Suite>HMAC-MD5</Suite><ResponseFormat", "pskc-unknown" },
		{ "<Counter>", "<Answer/><Counter>", "pskc-unknown" },
		{ "<Counter>", "<TimeInterval/><Counter>", "pskc-unknown" },
		{ "<CryptoModuleInfo>", "<Novelty/><CryptoModuleInfo>", "pskc-unknown" },
		{ "MTIzNDU2", "MTIz*DU2", "pskc-damaged" },
		{ "<SerialNo>987654321", "<SerialNo>98 76", "seed-wrong" },
		{ "<SerialNo>987654321", "<SerialNo>９８７", "seed-wrong" },
		{ "<KeyContainer", "<KeyBox", "pskc-damaged" },
		{ "keyprov:pskc\"", "keyprov:pskc:1.0\"", "pskc-damaged" },
	};
	for (size_t i = 0; i < ARRAY_LEN(changes); i++)
		CHECK_REFUSED(file("figure3", changes[i][0], changes[i][1], NULL), changes[i][2]);
	CHECK_REFUSED(without(file("figure3", NULL), "<KeyPackage>", "</KeyPackage>"),
		      "import-empty");
}

static void test_document_types_and_other_encodings_are_refused(void)
{
	static const char *const doctypes[] = {
		"?>\n<!DOCTYPE a [<!ENTITY b \"c\">]>",
		"?>\n<!DOCTYPE a SYSTEM \"file:///etc/passwd\">",
		"?>\n<!DOCTYPE a [<!ENTITY x0 \"x\"><!ENTITY x1 \"&x0;&x0;\">]>",
	};
	for (size_t i = 0; i < ARRAY_LEN(doctypes); i++)
		CHECK_REFUSED(file("figure3", "?>", doctypes[i], NULL), "pskc-damaged");
	CHECK_REFUSED(file("figure3", ">Issuer<", ">&xxe;<", NULL), "pskc-damaged");
	// UTF-7, in which a DOCTYPE would look otherwise, is read as UTF-8 and is no XML.
	CHECK_REFUSED(file("figure3", "encoding=\"UTF-8\"?>",
			   "encoding=\"UTF-7\"?>+ADwAIQ-DOCTYPE a+AD4-", NULL),
		      "pskc-damaged");
	AUTO_SEEDS struct seeds none = { 0 };
	CU_ASSERT(refused(NULL, import_pskc("\xff\xfe<\0?\0", 6, NULL, &none), "pskc-damaged"));
	CHECK_REFUSED(file("figure3", ">Issuer<", ">\xe9<", NULL), "pskc-damaged"); // Latin-1
}

static void test_size_and_depth_have_an_end(void)
{
	AUTO_SEEDS struct seeds none = { 0 };
	size_t huge = 100u * 1024 * 1024;
	char *blanks = malloc(huge);
	CHECK_OR_END(blanks);
	memset(blanks, ' ', huge);
	CU_ASSERT(refused(NULL, import_pskc(blanks, huge, NULL, &none), "import-too-large"));
	free(blanks);
	char deep[300 * 3 + 1] = "";
	for (size_t i = 0; i < 300; i++)
		memcpy(deep + 3 * i, "<a>", 4);
	CHECK_REFUSED(file("figure3", "<Issuer>", deep, NULL), "pskc-damaged");
	deep[60 * 3] = 0;
	AUTO_TEXT char *opened = text_format("<Extensions>%s<x/>", deep);
	CHECK_REFUSED(file("figure3", "<Issuer>", opened, NULL), "pskc-damaged");
	// One key as large as its file: libxml2's tree of it is not let grow without end, though all of it is well-formed.
	size_t n = 8u * 1024 * 1024;
	AUTO_TEXT char *small = file("figure3", NULL), *many = malloc(n + 1);
	CHECK_OR_END(small && many);
	for (size_t i = 0; i < n; i += 4)
		memcpy(many + i, "<a/>", 4);
	many[n] = 0;
	char *place = strstr(small, "<Key Id");
	CHECK_OR_END(place);
	AUTO_TEXT char *large = text_format("%.*s<Extensions>%s</Extensions>%s",
					    (int)(place - small), small, many, place);
	many[4] = 0;
	AUTO_TEXT char *fine = text_format("%.*s<Extensions>%s</Extensions>%s",
					   (int)(place - small), small, many, place);
	AUTO_SEEDS struct seeds s = { 0 };
	CHECK_OK(plain(fine, &s));
	CU_ASSERT(refused(NULL, plain(large, &none), "pskc-damaged"));
}

static void test_a_file_cut_off_anywhere_is_refused(void)
{
	static const char *const names[] = { "figure5", "figure6" };
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		AUTO_TEXT char *text = file(names[i], NULL);
		AUTO(secret) struct secret *key = NULL;
		CHECK_OK_OR_END(secret_from(rfc_key, 16, &key));
		const struct import_keys keys = { .preshared = key };
		// The last two bytes are ">\n".
		for (size_t len = 0; len < strlen(text) - 1; len++) {
			AUTO_SEEDS struct seeds none = { 0 };
			struct err *e = import_pskc(text, len, &keys, &none);
			CU_ASSERT(err_has_tag(e, "pskc-damaged"));
			CU_ASSERT_EQUAL(none.n, 0);
			err_free(e);
		}
	}
}

int main(void)
{
	return CHECK_MAIN(TEST(test_rfc_6030_figure_2_has_a_key_alone),
			  TEST(test_rfc_6030_figure_3_names_device_and_person),
			  TEST(test_rfc_6030_figure_4_has_no_secret_and_is_refused),
			  TEST(test_rfc_6030_figure_5_leaves_the_tokens_own_pin_to_it),
			  TEST(test_rfc_6030_figure_6_opens_with_the_preshared_key),
			  TEST(test_a_changed_value_or_mac_is_refused),
			  TEST(test_a_value_without_mac_is_refused),
			  TEST(test_rfc_6030_figure_7_opens_with_the_passphrase),
			  TEST(test_rfc_6030_figures_8_and_9_are_refused_by_name),
			  TEST(test_rfc_6030_figure_10_has_one_device_twice),
			  TEST(test_dates_are_understood_or_refused),
			  TEST(test_totp_has_step_time_and_drift),
			  TEST(test_ocra_takes_hash_and_digits_from_its_suite),
			  TEST(test_numbers_that_are_none_or_too_large_are_refused),
			  TEST(test_what_is_not_known_is_refused_by_name),
			  TEST(test_document_types_and_other_encodings_are_refused),
			  TEST(test_size_and_depth_have_an_end),
			  TEST(test_a_file_cut_off_anywhere_is_refused));
}
