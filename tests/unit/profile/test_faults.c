// Profiles that are wrong: each fault names file, line, field and what is allowed, and all are told at once.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/lang.h"
#include "check.h"
#include "wrong.h"

static void test_keys(void)
{
	static const struct wrong list[] = {
		{ "  zone:", "  zome:", "zome", "window.zome", "Did you mean zone?" },
		{ "  zone:", "  zome:", "  zome", "window.zone", "this key is missing" },
		{ "        keypad:", "        keypda:", "keypda",
		  "roles.admin.fields.contract_pin.keypda", "Did you mean keypad?" },
		{ "format: 1", "format: 1\ncolour: red", "colour", "colour",
		  "not known. Remove it." },
		{ "format: 1", "format: 1\nformat: 1", "format: 1\nname", "",
		  "stands here twice; the first is in line 3" },
		{ "  user:\n", "  admin:\n", "  admin:\n    label: {en: User,", "",
		  "roles.admin: this key stands" },
		{ "name: practice\n", "", "format: 1", "name", "this key is missing" },
		{ "ja: 練習信用金庫", "de: Bank", "de: Bank", "institution.name.de", "not known" },
		{ ", ja: 練習信用金庫", "", "name: {en", "institution.name",
		  "both languages are needed" },
		{ "format: 1", "format: 1\n? [a, b]\n: c", "? [a, b]", "",
		  "a key must be a simple name" },
		{ "  admin:", "  Admin:", "  Admin:", "roles.Admin",
		  "a name is 1 to 32 lower-case" },
		{ "institution:\n", "institution: ~\nx:\n", "format", "institution", "is missing" },
	};
	check_all("practice", list, ARRAY_LEN(list));
}

static void test_values(void)
{
	static const struct wrong list[] = {
		{ "format: 1", "format: 2", "format: 2", "format", "Allowed: 1." },
		{ "practice: true", "practice: yes", "practice: yes", "practice",
		  "Allowed: true or false." },
		{ "bits: 2048", "bits: 1024", "bits:", "key.bits", "Allowed: 2048, 3072 or 4096." },
		{ "bits: 2048", "bits: 2047", "bits:", "key.bits", "Did you mean 2048?" },
		{ "type: rsa", "type: ec", "type: ec", "key.type", "Allowed: rsa." },
		{ "custody: software", "custody: sofware", "custody:", "key.custody",
		  "Did you mean software?" },
		{ "attributes: declared", "attributes: [declared]", "attributes:", "key.attributes",
		  "Allowed: open, withheld or declared." },
		{ "pickup_days: 80", "pickup_days: -1", "pickup_days:", "window.pickup_days",
		  "from 0 to 3650" },
		{ "pickup_days: 80", "pickup_days: 8e1", "pickup_days:", "window.pickup_days",
		  "from 0 to 3650" },
		{ "pickup_days: 80", "pickup_days: 99999999999999999999",
		  "pickup_days:", "window.pickup_days", "from 0 to 3650" },
		{ "remind_days: [30, 10]", "remind_days: 30", "remind_days:", "window.remind_days",
		  "a list of whole numbers" },
		{ "remind_days: [30, 10]", "remind_days: [30, x]",
		  "remind_days:", "window.remind_days", "a list of whole numbers" },
		{ "digits: 10", "digits: 10-4", "digits:", "roles.admin.fields.contract_id.digits",
		  "as in 4-12" },
		{ "digits: 10", "digits: 10-", "digits:", "roles.admin.fields.contract_id.digits",
		  "as in 4-12" },
		{ "digits: 10", "digits: 0", "digits:", "roles.admin.fields.contract_id.digits",
		  "as in 4-12" },
		{ "length: 6", "length: 3", "length: 3", "roles.user.otp.length", "from 4 to 16" },
		{ "kind: totp", "kind: topt", "kind:", "roles.user.otp.kind",
		  "Did you mean totp?" },
		{ "name: practice\n", "name: \"pr\\0actice\"\n", "name: \"pr", "name",
		  "lower-case letters" },
		{ "name: practice\n", "name: \"a\\eb\"\n", "name: \"a", "name",
		  "control character or a line break" },
		{ "name: practice\n", "name: ''\n", "name: ''", "name", "lower-case letters" },
		{ "name: practice\n", "name: My Bank\n", "name: My Bank", "name",
		  "lower-case letters" },
		{ "code: \"1283\"", "code: 12-83", "code:", "institution.code",
		  "1 to 16 letters and digits" },
		{ "code: \"1283\"", "code: \"12345678901234567\"", "code:", "institution.code",
		  "too long. Allowed: 16" },
		{ "roles:\n", "module: lib/x.so\nroles:\n", "module:", "module", "absolute path" },
		{ "{en: Administrator, ja: 管理者}", "[a]", "label: [a]", "roles.admin.label",
		  "a text, or the two texts" },
		{ "{en: Administrator, ja: 管理者}", "{en: [a], ja: b}", "label: {en: [a]",
		  "roles.admin.label.en", "a text, or the two texts" },
		{ "consent:\n  key:", "consent: no\nx:\n  key:", "consent:", "consent",
		  "the keys key and store" },
	};
	check_all("practice", list, ARRAY_LEN(list));
}

static void test_fields_and_templates(void)
{
	static const struct wrong list[] = {
		{ "user_name: \"{contract_id}\"", "user_name: \"{contract_di}\"",
		  "user_name: \"{contract_di}\"", "roles.admin.user_name",
		  "there is no field {contract_di} here. Did you mean {contract_id}?" },
		{ "\"{contract_pin}:{confirm_pin}\"", "\"{contract_pin}:{otp}\"",
		  "{contract_pin}:{otp}", "roles.admin.password", "there is no field {otp} here" },
		{ "\"{contract_pin}:{confirm_pin}\"", "\"{contract_pin}\"", "      confirm_pin:",
		  "roles.admin.fields.confirm_pin", "no template of this role uses the field" },
		{ "\"{user_pin}:{otp}\"", "\"{user_pin}\"", "    otp:", "roles.user.otp",
		  "no template of this role uses {otp}" },
		{ "\"{user_pin}:{otp}\"", "\"{user_pin}:{otp\"", "{otp\"", "roles.user.password",
		  "'{' begins the name of a field" },
		{ "common_name: \"{contract_id}{institution_code}\"",
		  "common_name: \"{contract_id}{contract_pin}\"", "{contract_id}{contract_pin}",
		  "roles.admin.common_name",
		  "the secret field {contract_pin} must not stand here" },
		{ "common_name: \"{contract_id}{user_id}{institution_code}\"",
		  "common_name: \"{contract_id}{user_id}{otp}\"", "{user_id}{otp}",
		  "roles.user.common_name", "a one-time password must not stand here" },
		{ "- O: Practice Shinkin Bank", "- O: \"{contract_pin}\"", "- O:",
		  "roles.admin.subject.O", "the secret field {contract_pin} must not stand here" },
		{ "- CN: \"{common_name}\"", "- CN: \"{contract_pin}\"",
		  "- CN:", "roles.admin.subject.CN", "the common name differs from common_name" },
		{ "      - CN: \"{common_name}\"\n", "", "subject:", "roles.admin.subject",
		  "the subject needs one common name" },
		{ "- C: JP", "- C: Japan", "- C: Japan", "roles.admin.subject.C",
		  "two capital letters" },
		{ "- C: JP", "- OO: x", "- OO: x", "roles.admin.subject.OO",
		  "this attribute is not known. Allowed: OU." },
		{ "- C: JP", "- {C: JP, L: x}", "- {C: JP", "roles.admin.subject",
		  "a list of attributes" },
		{ "max_length: 20", "max_length: 60", "common_name: \"{contract_id}{user_id}",
		  "roles.user.common_name", "can become 74 characters long. Allowed: 64." },
		{ "user_name: \"{contract_id}/{user_id}\"",
		  "user_name: \"{contract_id}:{user_id}\"", "{contract_id}:{user_id}",
		  "roles.user.user_name", "a user name holds no colon" },
		{ "    password: \"{user_pin}:{otp}\"\n",
		  "    challenge_password: \"{user_pin}:{otp}\"\n",
		  "  user:", "roles.user.password", "belong together" },
		{ "    password: \"{user_pin}:{otp}\"\n",
		  "    password: \"{user_pin}:{otp}\"\n    challenge_password: "
		  "\"{user_pin}{user_pin}"
		  "{user_pin}{user_pin}{user_pin}{user_pin}{user_pin}{user_pin}{user_pin}{user_pin}"
		  "{user_pin}{user_pin}{user_pin}{user_pin}{user_pin}{user_pin}{user_pin}{user_pin}"
		  "{user_pin}{user_pin}{user_pin}{user_pin}\"\n",
		  "challenge_password:", "roles.user.challenge_password",
		  "can become 264 characters long. Allowed: 255." },
		{ "      user_pin:\n", "      otp:\n", "      otp:\n", "roles.user.fields.otp",
		  "this name has a meaning of its own" },
		{ "      user_id:\n", "      user-id:\n", "      user-id:\n",
		  "roles.user.fields.user-id", "holds no hyphen" },
		{ "pattern: \"[0-9A-Za-z]{1,20}\"", "pattern: \"[0-9\"", "pattern: \"[0-9\"",
		  "roles.user.fields.user_id.pattern", "a POSIX extended regular expression" },
		{ "pattern: \"[0-9A-Za-z]{1,20}\"", "pattern: \"a)|(b\"", "pattern: \"a)",
		  "roles.user.fields.user_id.pattern", "a POSIX extended regular expression" },
		{ "pattern: \"[0-9A-Za-z]{1,20}\"", "pattern: \"((a{1,200}){1,200}){1,200}\"",
		  "pattern: \"((a", "roles.user.fields.user_id.pattern", "great repetitions" },
		{ "pattern: \"[0-9A-Za-z]{1,20}\"", "pattern: '(a*)\\1'", "pattern: '(a",
		  "roles.user.fields.user_id.pattern", "without back references" },
		{ "        max_length: 20\n", "        keypad: true\n        max_length: 20\n",
		  "        keypad: true\n        max_length: 20",
		  "roles.user.fields.user_id.keypad", "for secret fields only" },
		{ "      models:\n", "      models: {}\n      x:\n", "models: {}",
		  "roles.user.otp.models", "names of models" },
		{ "      label: {en: One-time password, ja: ワンタイムパスワード}\n", "",
		  "    otp:", "roles.user.otp.label", "this key is missing" },
	};
	check_all("practice", list, ARRAY_LEN(list));
}

static void test_ca_and_windows(void)
{
	static const struct wrong list[] = {
		{ "https://localhost:8443/", "http://localhost:8443/", "url:", "ca.url",
		  "this is not allowed. Allowed: an address as in https://" },
		{ "https://localhost:8443/", "https://me:pw@localhost:8443/", "url:", "ca.url",
		  "without user name" },
		{ "https://localhost:8443/", "https://localhost:0/", "url:", "ca.url", "https://" },
		{ "https://localhost:8443/", "https://localhost:08443/", "url:", "ca.url",
		  "https://" },
		{ "https://localhost:8443/", "https://-x/", "url:", "ca.url", "https://" },
		{ "https://localhost:8443/", "https:///", "url:", "ca.url", "https://" },
		{ "  url: https://localhost:8443/.well-known/est\n", "", "ca:", "ca.url",
		  "this key is missing" },
		{ "  url: https://localhost:8443/.well-known/est\n", "  url: ~\n", "ca:", "ca.url",
		  "this key is missing" },
		{ "  protocol: est", "  protocol: ets", "protocol:", "ca.protocol",
		  "Did you mean est?" },
		{ "anchors: practice-ca.pem", "anchors: []", "anchors:", "ca.anchors",
		  "or a list of files" },
		{ "anchors: practice-ca.pem",
		  "anchors: practice-ca.pem\n  hosts: [good.example, 'a b']", "hosts:", "ca.hosts",
		  "a b is no host name" },
		{ "anchors: practice-ca.pem",
		  "anchors: practice-ca.pem\n  hosts: ['a.example:99999']", "hosts:", "ca.hosts",
		  "a.example:99999 is no host name" },
		{ "anchors: practice-ca.pem",
		  "anchors: practice-ca.pem\n  hosts: ['https://a.example']", "hosts:", "ca.hosts",
		  "is no host name" },
		{ "login_url: null", "login_url: https://elsewhere.example/", "login_url:",
		  "login_url", "the host elsewhere.example does not stand in ca.hosts" },
		{ "login_url: null", "login_url: ftp://x", "login_url:", "login_url",
		  "begins with https://" },
		{ "zone: Asia/Tokyo", "zone: Asia/Edo", "zone:", "window.zone",
		  "there is no time zone Asia/Edo" },
		{ "zone: Asia/Tokyo", "zone: ../../etc/passwd", "zone:", "window.zone",
		  "there is no time zone" },
		{ "remind_days: [30, 10]", "remind_days: [31, 10]", "remind_days:",
		  "window.remind_days", "comes before the renewal opens (30 days)" },
		{ "remind_days: [30, 10]", "remind_days: [10, 30]",
		  "remind_days:", "window.remind_days", "the greatest first" },
		{ "after_expiry: reacquire", "after_expiry: closed",
		  "reacquire_days:", "window.reacquire_days", "have no meaning" },
		{ "  reacquire_days: 90\n", "", "after_expiry:", "window.after_expiry",
		  "at least 1" },
		{ "practice: true", "practice: false", "custody: software", "key.custody",
		  "software keys pass only in a profile with practice: true" },
	};
	static const struct wrong example[] = {
		{ "attributes: withheld", "attributes: open", "attributes: open", "key.attributes",
		  "open keys pass only in a profile with practice: true" },
		{ "custody: device", "custody: software", "custody: software", "key.custody",
		  "software keys pass only" },
		{ "    roots: maker-roots.pem\n", "", "pin_policy:", "key.attestation.roots",
		  "this key is missing" },
		{ "roots: maker-roots.pem", "roots: elsewhere.pem", "roots: elsewhere.pem",
		  "key.attestation.roots", "is not there" },
		{ "roots: maker-roots.pem", "roots: []", "roots: []", "key.attestation.roots",
		  "or a list of files" },
		{ "pin_policy: once", "pin_policy: twice",
		  "pin_policy:", "key.attestation.pin_policy", "any, once or always" },
		{ "touch_policy: any", "touch_policy: never",
		  "touch_policy:", "key.attestation.touch_policy", "any, cached or always" },
		{ "send: none", "send: mail", "send:", "key.attestation.send",
		  "none, pkcs10-attribute, extra-certificates or file" },
		{ "send: none", "sent: none", "sent:", "key.attestation.sent",
		  "Did you mean send?" },
	};
	static const struct wrong unrooted[] = {
		{ "custody: software", "custody: attested", "custody: attested", "key.custody",
		  "attested needs the roots" },
	};
	check_all("practice", list, ARRAY_LEN(list));
	check_all("example", example, ARRAY_LEN(example));
	check_all("practice", unrooted, ARRAY_LEN(unrooted));
}

static void check_anchors(const char *pem, const char *says)
{
	AUTO(profile) struct profile *p = NULL;
	fixture_write("practice-ca.pem", pem, 0600);
	struct err *e = fixture_parse(NULL, NULL, &p);
	fixture_write("practice-ca.pem", fixture_pem, 0600);
	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	CU_ASSERT_EQUAL(err_kind(e), ERR_PROFILE);
	CU_ASSERT(err_says(e, "ca.anchors"));
	CU_ASSERT(err_says(e, says));
	err_ignore(e);
}

static void test_anchors(void)
{
	AUTO_TEXT char *key = text_format("%s-----BEGIN PRIVATE KEY-----\nAAAA\n", fixture_pem);
	AUTO_TEXT char *cut = strndup(fixture_pem, strlen(fixture_pem) - 20);
	check_anchors("", "holds no certificate");
	check_anchors("hello\n", "holds no certificate");
	check_anchors("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
		      "holds no certificate");
	check_anchors("-----BEGIN CERTIFICATE-----\n<html>\n-----END CERTIFICATE-----\n",
		      "holds no certificate");
	check_anchors(cut, "holds no certificate");
	check_anchors(key, "holds a private key");
}

// The makers' roots are read by the same rules.
static void test_roots_are_read_as_strictly_as_anchors(void)
{
	static const char with_roots[] =
		"custody: device\n  attestation: {roots: [practice-ca.pem, roots.pem]}";
	static const struct {
		const char *pem;
		unsigned mode;
		const char *says;
	} rows[] = {
		{ "hello\n", 0600, "holds no certificate" },
		{ "-----BEGIN PRIVATE KEY-----\nAAAA\n", 0600, "holds a private key" },
		{ fixture_pem, 0666, "the file of certificates cannot be used" },
	};
	AUTO(profile) struct profile *p = NULL;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		fixture_write("roots.pem", rows[i].pem, rows[i].mode);
		struct err *e = fixture_parse("custody: software", with_roots, &p);
		CU_ASSERT(e && err_says(e, "key.attestation.roots") && err_says(e, rows[i].says));
		err_ignore(e);
	}
	fixture_write("roots.pem", fixture_pem, 0600);
	CHECK_OK_OR_END(fixture_parse("custody: software", with_roots, &p));
	CU_ASSERT(p->key.attestation.roots.len > 2 * strlen(fixture_pem));
	CU_ASSERT(p->key.attestation.send == ATTESTATION_SEND_NONE);
}

// What a protocol cannot carry is said when the profile is read, and what it can is no fault.
static void test_certificates_beside_the_request_need_a_place(void)
{
	static const char with_roots[] = "custody: device\n  attestation: {roots: practice-ca.pem, "
					 "send: extra-certificates}";
	static const struct {
		const char *protocol;
		bool has_place;
	} rows[] = {
		{ "est", true },     { "cmp", true },	{ "scep", true },
		{ "portal", false }, { "file", false },
	};
	AUTO_TEXT char *yaml = fixture_profile("practice", "custody: software", with_roots);
	AUTO_TEXT char *dir = text_copy(fixture_write("practice-ca.pem", fixture_pem, 0600));
	*strrchr(dir, '/') = '\0';
	const char *est = strstr(yaml, "protocol: est");
	CU_ASSERT_PTR_NOT_NULL_FATAL(est);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(profile) struct profile *p = NULL;
		AUTO_TEXT char *other =
			text_format("%.*sprotocol: %s%s", (int)(est - yaml), yaml, rows[i].protocol,
				    est + strlen("protocol: est"));
		struct err *e = profile_parse(other, strlen(other), "bank.yaml", dir, &p);
		bool said = e && err_kind(e) == ERR_PROFILE &&
			    err_says(e, "key.attestation.send: extra-certificates have a place "
					"only in EST, CMP and SCEP");
		CU_ASSERT_EQUAL(said, !rows[i].has_place);
		err_ignore(e);
	}
}

static void test_custody_of_the_so_pin(void)
{
	static const struct wrong list[] = {
		{ "factory_secrets: replace", "factory_secrets: perhaps", "perhaps",
		  "token.factory_secrets", "usual, refuse, replace or warn" },
		{ "so_pin: escrow", "so_pin: vault", "vault", "token.so_pin",
		  "show, escrow, derive or typed" },
		{ "  recovery: example-recovery.pem\n", "", "so_pin: escrow", "token.so_pin",
		  "escrow needs recovery" },
		{ "  so_pin: escrow\n  # Who may read an escrowed PIN later: a PEM file beside "
		  "this one, or several.\n  recovery: example-recovery.pem\n  # For derive: a file "
		  "of "
		  "mode 0600 on the machine that initialises tokens.\n  master: "
		  "/etc/inkan/so-master.key\n",
		  "  so_pin: derive\n", "so_pin: derive", "token.so_pin", "derive needs master" },
		{ "master: /etc/inkan/", "master: ", "so-master", "token.master",
		  "the absolute path of a file" },
		{ "example-recovery.pem", "nobody.pem", "nobody.pem", "token.recovery",
		  "is not there" },
	};
	check_all("example", list, ARRAY_LEN(list));
}

// Who may read the PINs later is part of what the person agrees to.
static void test_the_fingerprint_covers_the_recovery_certificates(void)
{
	AUTO(profile) struct profile *a = NULL, *b = NULL;
	AUTO_TEXT char *yaml = fixture_profile("example", NULL, NULL);
	AUTO_TEXT char *dir = text_copy(fixture_write("example-root.pem", fixture_pem, 0600));
	AUTO_TEXT char *two = text_format("%s%s", fixture_pem, fixture_pem);
	*strrchr(dir, '/') = '\0';
	CHECK_OK_OR_END(profile_parse(yaml, strlen(yaml), "bank.yaml", dir, &a));
	fixture_write("example-recovery.pem", two, 0600);
	CHECK_OK_OR_END(profile_parse(yaml, strlen(yaml), "bank.yaml", dir, &b));
	fixture_write("example-recovery.pem", fixture_pem, 0600);
	CU_ASSERT_EQUAL(a->token.so_custody, SO_ESCROW);
	CU_ASSERT(a->token.recovery.len > 0);
	CU_ASSERT_STRING_NOT_EQUAL(a->fingerprint, b->fingerprint);
}

static void test_all_faults_at_once_in_order(void)
{
	AUTO(profile) struct profile *p = NULL;
	AUTO_TEXT char *one = fixture_profile("practice", "bits: 2048", "bits: 1");
	static const char yaml[] =
		"format: 9\n"
		"nmae: practice\n"
		"institution: {name: Bank, code: 1283}\n"
		"practice: maybe\n"
		"roles: []\n"
		"key: {bits: 5}\n"
		"ca: {protocol: est, url: 'http://x', anchors: practice-ca.pem}\n"
		"window: {zone: Mars}\n";
	static const char *const says[] = {
		":1:9: format:", ":1:1: name:",	     ":2:1: nmae:",    ":4:11: practice:",
		":5:8: roles:",	 ":6:13: key.bits:", ":7:21: ca.url:", ":8:10: window.zone:",
	};
	struct err *e = profile_parse(yaml, strlen(yaml), "all.yaml", "/nowhere", &p);
	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	CU_ASSERT_STRING_EQUAL(err_slug(e), "profile-invalid");
	for (size_t i = 0; i < ARRAY_LEN(says); i++) {
		if (!err_says(e, says[i]))
			fprintf(stderr, "missing: %s\n", says[i]);
		CU_ASSERT(err_says(e, says[i]));
	}
	unsigned before = 0;
	for (const struct err *c = err_cause(e); c; c = err_cause(c)) {
		AUTO_TEXT char *text = msg_render(err_what(c));
		unsigned line = (unsigned)strtoul(text + strlen("all.yaml:"), NULL, 10);
		CU_ASSERT(line >= before);
		before = line;
	}
	err_ignore(e);
	e = profile_parse(one, strlen(one), "one.yaml", "/nowhere", &p);
	CU_ASSERT(err_says(e, "The profile one.yaml has 2 faults.")); // the anchors, too
	err_ignore(e);
}

static void test_many_faults_are_counted(void)
{
	AUTO(profile) struct profile *p = NULL;
	AUTO_BUF struct buf yaml = BUF(1 << 16);
	for (int i = 0; i < 100; i++)
		CHECK_OK(buf_printf(&yaml, "unknown_%d: 1\n", i));
	struct err *e = profile_parse(yaml.data, yaml.len, "many.yaml", "/nowhere", &p);
	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	// 100 unknown keys, and the six that are required.
	CU_ASSERT(err_says(e, "The profile many.yaml has 106 faults."));
	CU_ASSERT(err_says(e, "More faults that are not shown: 96."));
	CU_ASSERT(err_depth(e) <= 14);
	err_ignore(e);
}

static void test_secrets_of_a_file_are_not_repeated(void)
{
	AUTO(profile) struct profile *p = NULL;
	// A PIN that somebody wrote where a flag belongs must not reach a log.
	struct err *e = fixture_parse("secret: true", "secret: hunter2", &p);
	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	CU_ASSERT(!err_says(e, "hunter2"));
	err_ignore(e);
}

static void test_faults_are_told_in_japanese_too(void)
{
	AUTO(profile) struct profile *p = NULL;
	struct err *e = fixture_parse("bits: 2048", "bist: 2048", &p);
	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	CHECK_OK(lang_set("ja"));
	CU_ASSERT(err_says(e, "プロファイル practice.yaml に誤りがあります。"));
	CU_ASSERT(err_says(e, "key.bist：このキーは使えません。bits の間違いではありませんか。"));
	err_ignore(e);
	e = fixture_parse("bits: 2048", "bits: 512", &p);
	CU_ASSERT(err_says(
		e, "key.bits：この値は使えません。使える値：2048、3072、4096 のいずれか。"));
	err_ignore(e);
	CHECK_OK(lang_set("en"));
}

// --- hostile files

static void check_hostile(const char *yaml, size_t len, const char *says)
{
	AUTO(profile) struct profile *p = NULL;
	struct err *e = profile_parse(yaml, len, "evil.yaml", "/nowhere", &p);
	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	CU_ASSERT_EQUAL(err_kind(e), ERR_PROFILE);
	if (!err_says(e, says)) {
		AUTO_TEXT char *said = err_render(e);
		fprintf(stderr, "wanted: %s, got:\n%s\n", says, said);
	}
	CU_ASSERT(err_says(e, says));
	CU_ASSERT_PTR_NULL(p);
	err_ignore(e);
}

static void test_aliases_anchors_tags_and_documents(void)
{
	static const struct {
		const char *yaml, *says;
	} list[] = {
		{ "a: &x [1]\nb: *x\n", "evil.yaml:1:4: anchors" },
		{ "a: &x [1]\nb: *x\n", "evil.yaml:2:4: anchors" },
		{ "&x a: *x\n", "anchors (&name) and aliases" },
		{ "a: &x [*x]\n", "anchors (&name) and aliases" },
		{ "format: !!int 1\n", "evil.yaml:1:9: tags (!name) are not allowed" },
		{ "format: !evil {}\n", "tags (!name) are not allowed" },
		{ "format: 1\n---\nformat: 1\n", "evil.yaml:2:1: a second document" },
		{ "format: 1\n\tname: x\n", "this is not YAML" },
		{ "format: [1\n", "this is not YAML" },
		{ "a: \"\\x00\"\n", "a: this key is not known" },
		{ "", "the file is empty" },
		{ "# nothing\n", "the file is empty" },
		{ "---\n", "format: this key is missing" },
		{ "[1, 2]\n", "keys with values are wanted here" },
		{ "hello\n", "keys with values are wanted here" },
		{ "a\xff: 1\n", "not UTF-8 text" },
		{ "a: 1\nb: \x1b[2J\n", "evil.yaml:2:4: the file holds a control character" },
	};
	for (size_t i = 0; i < ARRAY_LEN(list); i++)
		check_hostile(list[i].yaml, strlen(list[i].yaml), list[i].says);
	static const char nul[] = "format: 1\nname: a\0b\n";
	check_hostile(nul, sizeof(nul) - 1, "evil.yaml:2:8: the file holds a control character");
	static const char utf16[] = "\xff\xfe"
				    "f\0o\0r\0m\0a\0t\0";
	check_hostile(utf16, sizeof(utf16) - 1, "the file holds a control character");
}

static void check_repeated(const char *unit, size_t times, const char *says)
{
	AUTO_BUF struct buf b = BUF(12 << 20);
	for (size_t i = 0; i < times; i++)
		CHECK_OK_OR_END(buf_puts(&b, unit));
	check_hostile((const char *)b.data, b.len, says);
}

static void test_deep_and_big(void)
{
	check_repeated("[", 100000, "nested too deep. Allowed: 12");
	check_repeated("{a: ", 50000, "nested too deep");
	check_repeated("- ", 100000, "nested too deep");
	check_repeated("- 1\n", 50000, "too many values");
	check_repeated("0123456789", 1 << 20, "the file is too big. Allowed: 262144");
	check_repeated("a: 1\n", 1900, "stands here twice");
	check_repeated("? ", 100000, "");
}

static void test_ten_megabytes_on_disk(void)
{
	AUTO(profile) struct profile *p = NULL;
	AUTO_BUF struct buf b = BUF(12 << 20);
	for (size_t i = 0; i < 1 << 20; i++)
		CHECK_OK_OR_END(buf_puts(&b, "# comment\n"));
	const char *path = fixture_write("big.yaml", (const char *)b.data, 0600);
	CHECK_ERR(profile_load(path, &p), ERR_PROFILE);
}

// Every byte cut off, and every line left out: a fault or a profile, never a crash (run under the sanitizers).
static void test_cut_and_thinned_files(void)
{
	AUTO_TEXT char *yaml = fixture_profile("practice", NULL, NULL);
	AUTO_TEXT char *dir = text_copy(fixture_write("x", "", 0600));
	*strrchr(dir, '/') = '\0';
	size_t len = strlen(yaml), refused = 0;
	for (size_t n = 0; n < len; n += 37) {
		AUTO(profile) struct profile *p = NULL;
		struct err *e = profile_parse(yaml, n, "cut.yaml", dir, &p);
		CU_ASSERT(!e == (p != NULL));
		refused += e != NULL;
		err_ignore(e);
	}
	CU_ASSERT(refused > 0);
	for (char *line = yaml; *line;) {
		AUTO(profile) struct profile *p = NULL;
		char *end = line + strcspn(line, "\n") + 1;
		AUTO_TEXT char *thin = text_format("%.*s%s", (int)(line - yaml), yaml, end);
		struct err *e = profile_parse(thin, strlen(thin), "thin.yaml", dir, &p);
		CU_ASSERT(!e == (p != NULL));
		err_ignore(e);
		line = end;
	}
}

int main(void)
{
	fixture_begin();
	int rc = CHECK_MAIN(TEST(test_keys), TEST(test_values), TEST(test_fields_and_templates),
			    TEST(test_ca_and_windows), TEST(test_anchors),
			    TEST(test_roots_are_read_as_strictly_as_anchors),
			    TEST(test_certificates_beside_the_request_need_a_place),
			    TEST(test_custody_of_the_so_pin),
			    TEST(test_the_fingerprint_covers_the_recovery_certificates),
			    TEST(test_all_faults_at_once_in_order),
			    TEST(test_many_faults_are_counted),
			    TEST(test_secrets_of_a_file_are_not_repeated),
			    TEST(test_faults_are_told_in_japanese_too),
			    TEST(test_aliases_anchors_tags_and_documents), TEST(test_deep_and_big),
			    TEST(test_ten_megabytes_on_disk), TEST(test_cut_and_thinned_files));
	fixture_end();
	return rc;
}
