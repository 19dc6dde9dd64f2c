// otpauth URIs, pictures of them, and vendors' CSV.
#include <string.h>

#include "base/buf.h"
#include "check.h"
#include "otp/import_csv.h"

#define SECRET "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" // 12345678901234567890
#define HEX    "3132333435363738393031323334353637383930"

// Takes the error: it must have this tag and a hint, and have said nothing of the secret.
static bool refused(struct err *e, const char *tag, const char *text)
{
	AUTO_TEXT char *said = e ? err_render(e) : NULL;
	bool good = e && err_kind(e) == ERR_ANSWER && strcmp(err_nearest_slug(e), tag) == 0 &&
		    err_next_step(e) && said && !strstr(said, "GEZDGNB") &&
		    !strstr(said, "31323334");
	if (!good)
		fprintf(stderr, "not %s: %s\n%s\n", tag, text, said ? said : "(accepted)");
	err_free(e);
	return good;
}

static bool has_secret(const struct seed *s)
{
	return secret_len(s->secret) == 20 &&
	       memcmp(secret_bytes(s->secret), "12345678901234567890", 20) == 0;
}

static bool says(struct err *e, const char *words)
{
	AUTO_TEXT char *said = e ? err_render(e) : NULL;
	// Lines are broken somewhere.
	for (char *p = said; p && *p; p++)
		if (*p == '\n')
			*p = ' ';
	bool good = said && strstr(said, words);
	if (!good)
		fprintf(stderr, "not said: %s\n%s\n", words, said ? said : "(accepted)");
	err_free(e);
	return good;
}

static void test_the_kind_of_file_is_seen_by_its_beginning(void)
{
	static const struct {
		const char *text;
		enum import_kind kind;
	} files[] = { { "<?xml version=\"1.0\"?>", IMPORT_PSKC },
		      { "\xef\xbb\xbf\r\n <KeyContainer", IMPORT_PSKC },
		      { "\xff\xfe<", IMPORT_PSKC },
		      { "otpauth://totp/a", IMPORT_OTPAUTH },
		      { "OTPAUTH://totp/a", IMPORT_OTPAUTH },
		      { "\x89PNG\r\n\x1a\n", IMPORT_PICTURE },
		      { "\x89PNG", IMPORT_CSV },
		      { "serial,secret", IMPORT_CSV },
		      { "", IMPORT_CSV } };
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		CU_ASSERT_EQUAL(import_guess(files[i].text, strlen(files[i].text)), files[i].kind);
}

// --- otpauth ---

static struct err *uri(const char *text, struct seeds *out)
{
	return import_otpauth(text, strlen(text), out);
}

static void test_an_otpauth_uri_says_everything(void)
{
	AUTO_SEEDS struct seeds s = { 0 };
	CHECK_OK_OR_END(
		uri("otpauth://totp/Big%20Bank:%20hanako%40bank.example?secret=" SECRET
		    "&issuer=Big%20Bank&algorithm=SHA512&digits=8&period=60&image=https%3A%2F%2Fx",
		    &s));
	CHECK_OR_END(s.n == 1);
	CU_ASSERT_STRING_EQUAL(s.list[0].serial, "hanako@bank.example");
	CU_ASSERT_STRING_EQUAL(s.list[0].person, "hanako@bank.example");
	CU_ASSERT_STRING_EQUAL(s.list[0].issuer, "Big Bank");
	CU_ASSERT_EQUAL(s.list[0].kind, SEED_TOTP);
	CU_ASSERT_EQUAL(s.list[0].hash, SEED_SHA512);
	CU_ASSERT_EQUAL(s.list[0].digits, 8);
	CU_ASSERT_EQUAL(s.list[0].step, 60);
	CU_ASSERT(has_secret(&s.list[0]));
}

static void test_an_otpauth_uri_says_little(void)
{
	AUTO_SEEDS struct seeds s = { 0 };
	CHECK_OK_OR_END(
		uri("\xef\xbb\xbfotpauth://totp/a?secret=gezd%20gnbv-gy3tqojqgezdgnbvgy3tqojq\r\n\n"
		    "  OTPAUTH://HOTP/Bank:b?counter=7&secret=" SECRET "\n"
		    "otpauth://hotp/c?counter=0&serial=OATH0001&secret=" SECRET "AE======\n"
		    "otpauth://totp/%E8%8A%B1%E5%AD%90%20%25?secret=" SECRET,
		    &s));
	CHECK_OR_END(s.n == 4);
	CU_ASSERT_EQUAL(s.list[0].digits, 6);
	CU_ASSERT_EQUAL(s.list[0].step, 30);
	CU_ASSERT_EQUAL(s.list[0].hash, SEED_SHA1);
	CU_ASSERT_PTR_NULL(s.list[0].issuer);
	CU_ASSERT(has_secret(&s.list[0]));
	CU_ASSERT_EQUAL(s.list[1].kind, SEED_HOTP);
	CU_ASSERT_EQUAL(s.list[1].counter, 7);
	CU_ASSERT_STRING_EQUAL(s.list[1].issuer, "Bank");
	CU_ASSERT_STRING_EQUAL(s.list[2].serial, "OATH0001");
	CU_ASSERT_EQUAL(secret_len(s.list[2].secret), 21);
	CU_ASSERT_STRING_EQUAL(s.list[2].person, "c");
	// What a serial cannot have stays encoded.
	CU_ASSERT_STRING_EQUAL(s.list[3].serial, "%E8%8A%B1%E5%AD%90%20%25");
	CU_ASSERT_STRING_EQUAL(s.list[3].person, "花子 %");
}

static void test_otpauth_uris_with_faults_are_refused(void)
{
	static const char *const bad[][2] = {
		{ "otpauth://totp/a", "otpauth-wrong" },
		{ "otpauth://totp?secret=" SECRET, "otpauth-wrong" },
		{ "otpauth://totp/?secret=" SECRET, "otpauth-wrong" },
		{ "otpauth://totp/Bank:?secret=" SECRET, "otpauth-wrong" },
		{ "otpauth://totp/a?issuer=b", "otpauth-wrong" },
		{ "otpauth://totp/a?secret=", "otpauth-wrong" },
		{ "otpauth://totp/a?secret=GEZDGNB1", "otpauth-wrong" },
		{ "otpauth://totp/a?secret=" SECRET "&secret=" SECRET, "otpauth-wrong" },
		{ "otpauth://totp/a?secret=" SECRET "&encoder=steam", "otpauth-wrong" },
		{ "otpauth://totp/a?secret=" SECRET "&algorithm=MD5", "otpauth-wrong" },
		{ "otpauth://totp/a?secret=" SECRET "&algorithm=SHA1%00", "otpauth-wrong" },
		{ "otpauth://totp/a?secret=" SECRET "&digits=９", "otpauth-wrong" },
		{ "otpauth://totp/a?secret=" SECRET "&digits=-6", "otpauth-wrong" },
		{ "otpauth://totp/a?secret=" SECRET "&digits=9", "seed-wrong" },
		{ "otpauth://totp/a?secret=" SECRET "&digits=", "otpauth-wrong" },
		{ "otpauth://totp/a?secret=" SECRET "&period=0", "seed-wrong" },
		{ "otpauth://totp/a?secret=" SECRET "&period=99999999999", "otpauth-wrong" },
		{ "otpauth://totp/a?secret=" SECRET "&counter=0", "otpauth-wrong" },
		{ "otpauth://hotp/a?secret=" SECRET, "otpauth-wrong" },
		{ "otpauth://hotp/a?secret=" SECRET "&counter=9223372036854775808",
		  "otpauth-wrong" },
		{ "otpauth://hotp/a?secret=" SECRET "&counter=1&period=30", "otpauth-wrong" },
		{ "otpauth://steam/a?secret=" SECRET, "otpauth-wrong" },
		{ "otpauth://totp/a%?secret=" SECRET, "otpauth-wrong" },
		{ "otpauth://totp/a%4?secret=" SECRET, "otpauth-wrong" },
		{ "otpauth://totp/a%4g?secret=" SECRET, "otpauth-wrong" },
		{ "otpauth://totp/a%0a?secret=" SECRET, "otpauth-wrong" },
		{ "otpauth://totp/a%ff?secret=" SECRET, "otpauth-wrong" },
		{ "otpauth://totp/a?secret=" SECRET "#x", "otpauth-wrong" },
		{ "otpauth://totp/a?secret=" SECRET "&serial=a%20b", "seed-wrong" },
		{ "otpauth://totp/a?secret=" SECRET "\notpauth://totp/B:a?secret=" SECRET,
		  "import-duplicate" },
		{ "otpauth://totp/"
		  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa?"
		  "secret=" SECRET,
		  "otpauth-wrong" },
		{ "https://bank.example/", "otpauth-wrong" },
		{ "\n \n", "import-empty" },
		{ "", "import-empty" },
	};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		AUTO_SEEDS struct seeds none = { 0 };
		CU_ASSERT(refused(uri(bad[i][0], &none), bad[i][1], bad[i][0]));
		CU_ASSERT_EQUAL(none.n, 0);
	}
	AUTO_SEEDS struct seeds none = { 0 };
	CU_ASSERT(says(uri("otpauth://totp/a?secret=" SECRET "\n\notpauth://totp/b?secret=" SECRET
			   "&lock=1",
			   &none),
		       "line 3"));
	AUTO_BUF struct buf longest = { 0 };
	CHECK_OK(buf_puts(&longest, "otpauth://totp/a?secret=" SECRET "&issuer="));
	CHECK_OK(buf_printf(&longest, "%05000d", 0));
	CU_ASSERT(refused(uri((const char *)longest.data, &none), "otpauth-wrong", "(a long one)"));
}

// --- pictures ---

static struct err *picture(const char *name, size_t cut, struct seeds *out)
{
	AUTO_TEXT char *path = text_format("%s/%s.png", PICTURES_DIR, name);
	AUTO_BUF struct buf b = { 0 };
	TRY(buf_read_file(path, BUF_DEFAULT_CAP, &b));
	return import_picture(b.data, cut && cut < b.len ? cut : b.len, out);
}

static void test_qr_codes_in_pictures_are_read(void)
{
	static const char *const names[] = { "usual", "small", "no-margin", "inverted", "clear" };
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		AUTO_SEEDS struct seeds s = { 0 };
		CHECK_OK(picture(names[i], 0, &s));
		CU_ASSERT(s.n == 1 && has_secret(&s.list[0]) && s.list[0].step == 60 &&
			  s.list[0].digits == 8 && s.list[0].hash == SEED_SHA256 &&
			  strcmp(s.list[0].serial, "hanako@bank.example") == 0);
	}
	AUTO_SEEDS struct seeds two = { 0 };
	CHECK_OK(picture("two", 0, &two));
	CU_ASSERT_EQUAL(two.n, 2);
}

static void test_pictures_without_a_usable_code_are_refused(void)
{
	static const char *const bad[][2] = { { "other", "picture-wrong" },
					      { "migration", "picture-wrong" },
					      { "nothing", "picture-wrong" },
					      { "wrong", "seed-wrong" } };
	AUTO_SEEDS struct seeds none = { 0 };
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		CU_ASSERT(refused(picture(bad[i][0], 0, &none), bad[i][1], bad[i][0]));
	for (size_t cut = 1; cut < 600; cut += 7)
		CU_ASSERT(refused(picture("usual", cut, &none), "picture-wrong", "cut"));
	CU_ASSERT(refused(import_picture("GIF89a", 6, &none), "picture-wrong", "GIF"));
	CU_ASSERT(refused(import_picture("", 0, &none), "picture-wrong", "empty"));
}

// Headers alone: neither 100 000 pixels a side nor 64 million in all are begun with.
static void test_huge_pictures_are_refused_at_once(void)
{
	static const uint8_t wide[] =
		"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\x01\x86\xa0\0\x01\x86\xa0\x08\0\0\0\0"
		"\x8d\x39\x54\x14";
	static const uint8_t big[] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x20\0\0\0\x20\0\x08\0\0\0\0"
				     "\x57\xc1\x95\x85";
	AUTO_SEEDS struct seeds none = { 0 };
	CU_ASSERT(refused(import_picture(wide, sizeof(wide) - 1, &none), "picture-wrong", "wide"));
	CU_ASSERT(refused(import_picture(big, sizeof(big) - 1, &none), "picture-wrong", "big"));
	CU_ASSERT(
		refused(import_picture(wide, PICTURE_MAX + 1, &none), "import-too-large", "long"));
}

// --- CSV ---

static struct err *csv(const char *text, const struct import_columns *c, struct seeds *out)
{
	return import_csv(text, strlen(text), c, out);
}

static void test_csv_with_usual_names(void)
{
	static const char *const same[] = {
		"upn,serial number,secret key,time interval,manufacturer,model\r\n"
		"hanako@bank.example,A-1," SECRET ",60,Maker,Model\r\n",
		"\xef\xbb\xbfUPN;Serial_Number;Secret Key;Time-Interval;Manufacturer;MODEL\n"
		"hanako@bank.example;A-1;" HEX ";60;Maker;Model",
		"\"upn\"\t\"serial number\"\t\"secret key\"\t\"time "
		"interval\"\t\"manufacturer\"\t\"model\"\n\n"
		" hanako@bank.example \tA-1\t" SECRET "\t60\t\"Maker\"\t\"Model\"\n\t\t\t\t\t\n",
	};
	for (size_t i = 0; i < ARRAY_LEN(same); i++) {
		AUTO_SEEDS struct seeds s = { 0 };
		CHECK_OK(csv(same[i], NULL, &s));
		CHECK_OR_END(s.n == 1);
		CU_ASSERT_STRING_EQUAL(s.list[0].serial, "A-1");
		CU_ASSERT_STRING_EQUAL(s.list[0].person, "hanako@bank.example");
		CU_ASSERT_STRING_EQUAL(s.list[0].maker, "Maker");
		CU_ASSERT_STRING_EQUAL(s.list[0].model, "Model");
		CU_ASSERT_EQUAL(s.list[0].kind, SEED_TOTP);
		CU_ASSERT_EQUAL(s.list[0].step, 60);
		CU_ASSERT_EQUAL(s.list[0].digits, 6);
		CU_ASSERT(has_secret(&s.list[0]));
	}
}

static void test_csv_says_how_values_are_made(void)
{
	AUTO_SEEDS struct seeds t = { 0 };
	CHECK_OK_OR_END(csv("serial,seed,type,algorithm,digits,timestep,counter,user\n"
			    "1," HEX ",HOTP,SHA1,6,,5,\"Yamada, \"\"Hana\"\"\"\n"
			    "2," HEX ",TOTP,HMAC-SHA256,8,60,0,\n"
			    "3," HEX ",event-based,,,,9,x\n"
			    "4," HEX ",,SHA512,7,,,x\n"
			    "5," HEX ",,,,,3",
			    NULL, &t));
	CHECK_OR_END(t.n == 5);
	CU_ASSERT_EQUAL(t.list[0].kind, SEED_HOTP);
	CU_ASSERT_EQUAL(t.list[0].counter, 5);
	CU_ASSERT_STRING_EQUAL(t.list[0].person, "Yamada, \"Hana\"");
	CU_ASSERT_EQUAL(t.list[1].kind, SEED_TOTP);
	CU_ASSERT_EQUAL(t.list[1].hash, SEED_SHA256);
	CU_ASSERT_EQUAL(t.list[1].digits, 8);
	CU_ASSERT_EQUAL(t.list[1].step, 60);
	CU_ASSERT_EQUAL(t.list[2].kind, SEED_HOTP);
	CU_ASSERT_EQUAL(t.list[2].counter, 9);
	CU_ASSERT_EQUAL(t.list[3].kind, SEED_TOTP);
	CU_ASSERT_EQUAL(t.list[3].hash, SEED_SHA512);
	CU_ASSERT_EQUAL(t.list[3].digits, 7);
	CU_ASSERT_EQUAL(t.list[4].kind, SEED_HOTP); // a counter and no time step
	CU_ASSERT_EQUAL(t.list[4].counter, 3);
}

static void test_csv_by_a_mapping(void)
{
	// privacyIDEA's form: no names, hexadecimal.
	const struct import_columns numbers = {
		.of = { [CSV_SERIAL] = { .number = 1 },
			[CSV_SECRET] = { .number = 2 },
			[CSV_KIND] = { .number = 3 },
			[CSV_DIGITS] = { .number = 4 } },
		.encoding = CSV_HEX,
		.kind = SEED_HOTP,
		.hash = SEED_SHA256,
		.step = 60,
	};
	AUTO_SEEDS struct seeds s = { 0 };
	CHECK_OK_OR_END(
		csv("OATH1, " HEX ", hotp, 8\nOATH2," HEX ",,\nOATH3," HEX ",totp", &numbers, &s));
	CHECK_OR_END(s.n == 3);
	CU_ASSERT_EQUAL(s.list[0].digits, 8);
	CU_ASSERT_EQUAL(s.list[1].kind, SEED_HOTP);
	CU_ASSERT_EQUAL(s.list[1].hash, SEED_SHA256);
	CU_ASSERT_EQUAL(s.list[2].kind, SEED_TOTP);
	CU_ASSERT_EQUAL(s.list[2].step, 60);
	const struct import_columns names = {
		.of = { [CSV_SERIAL] = { .name = "番号" }, [CSV_SECRET] = { .name = "SEED" } },
		.encoding = CSV_BASE64,
		.separator = '|',
		.header = true,
		.kind = SEED_TOTP,
	};
	AUTO_SEEDS struct seeds t = { 0 };
	CHECK_OK_OR_END(csv("seed|x|番号\nMTIzNDU2Nzg5MDEyMzQ1Njc4OTA=|,|7\n", &names, &t));
	CHECK_OR_END(t.n == 1);
	CU_ASSERT_STRING_EQUAL(t.list[0].serial, "7");
	CU_ASSERT(has_secret(&t.list[0]));
	AUTO_SEEDS struct seeds none = { 0 };
	CU_ASSERT(refused(csv("seed|x|number\nx|y|z", &names, &none), "csv-columns", "no column"));
}

static void test_csv_faults_name_line_and_column(void)
{
	static const char *const bad[][3] = {
		{ "serial,secret\n1," SECRET "\n2,GEZDGNB1\n", "csv-wrong", "line 3, column 2" },
		{ "serial,secret\n\n\n," SECRET "\n", "csv-wrong", "line 4, column 1" },
		{ "serial,secret\n1,\n", "csv-wrong", "line 2, column 2" },
		{ "serial,secret\n1\n", "csv-wrong", "column 2" },
		{ "serial,secret\n1," SECRET ",3\n", "csv-wrong", "line 2, column 3" },
		{ "serial,secret,digits\n1," SECRET ",six\n", "csv-wrong", "line 2, column 3" },
		{ "serial,secret,digits\n1," SECRET ",６\n", "csv-wrong", "line 2, column 3" },
		{ "serial,secret,digits\n1," SECRET ",-6\n", "csv-wrong", "line 2, column 3" },
		{ "serial,secret,counter\n1," SECRET ",9223372036854775808\n", "csv-wrong",
		  "column 3" },
		{ "serial,secret,digits\n1," SECRET ",9\n", "seed-wrong", "line 2" },
		{ "serial,secret,type\n1," SECRET ",ocra\n", "csv-wrong", "line 2, column 3" },
		{ "serial,secret,type\n1," SECRET ",MD5\n", "csv-wrong", "line 2, column 3" },
		{ "serial,secret\n\"a\nb\"," SECRET "\n\"1," SECRET "\n", "csv-wrong",
		  "line 2, column 1" },
		{ "serial,secret\n1," SECRET "\n\"2," SECRET "\n", "csv-wrong",
		  "line 3, column 1" },
		{ "serial,secret\n1\"2," SECRET "\n", "csv-wrong", "line 2, column 1" },
		{ "serial,secret\n\"1\"2," SECRET "\n", "csv-wrong", "line 2, column 1" },
		{ "serial,secret\n1 2," SECRET "\n", "seed-wrong", "serial" },
		{ "serial,secret\n1," SECRET "\n2," SECRET "\n1," SECRET "\n", "import-duplicate",
		  "1" },
		{ "serial,serial number,secret\n1,1," SECRET "\n", "csv-columns", "serial" },
		{ "1," SECRET "\n2," SECRET "\n", "csv-columns", "serial" },
		{ "serial\n1\n", "csv-columns", "secret" },
		{ "serial,secret\n", "import-empty", "seed" },
		{ "", "import-empty", "seed" },
		{ "serial,secret\n\xe9," SECRET "\n", "csv-wrong", "UTF-8" },
		{ "serial,secret,user\n1," SECRET ",\x01\n", "csv-wrong", "column 3" },
	};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		AUTO_SEEDS struct seeds none = { 0 };
		CU_ASSERT(refused(csv(bad[i][0], NULL, &none), bad[i][1], bad[i][0]));
		CU_ASSERT(says(csv(bad[i][0], NULL, &none), bad[i][2]));
		CU_ASSERT_EQUAL(none.n, 0);
	}
	AUTO_BUF struct buf text = { 0 };
	for (int i = 0; i < 200; i++)
		CHECK_OK(buf_puts(&text, ","));
	AUTO_SEEDS struct seeds none = { 0 };
	CU_ASSERT(
		refused(csv((const char *)text.data, NULL, &none), "csv-wrong", "(many columns)"));
	CHECK_OK(buf_printf(&text, "%040000d", 0));
	CU_ASSERT(refused(csv((const char *)text.data + 200, NULL, &none), "csv-wrong",
			  "(a long line)"));
	CU_ASSERT(refused(import_csv("x", IMPORT_MAX + 1, NULL, &none), "import-too-large",
			  "(large)"));
}

int main(void)
{
	return CHECK_MAIN(TEST(test_the_kind_of_file_is_seen_by_its_beginning),
			  TEST(test_an_otpauth_uri_says_everything),
			  TEST(test_an_otpauth_uri_says_little),
			  TEST(test_otpauth_uris_with_faults_are_refused),
			  TEST(test_qr_codes_in_pictures_are_read),
			  TEST(test_pictures_without_a_usable_code_are_refused),
			  TEST(test_huge_pictures_are_refused_at_once),
			  TEST(test_csv_with_usual_names), TEST(test_csv_says_how_values_are_made),
			  TEST(test_csv_by_a_mapping), TEST(test_csv_faults_name_line_and_column));
}
