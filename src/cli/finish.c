// The end of a job: the completion screen, or the result line.
#include "cli/finish.h"

#include <jansson.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "cli/print.h"
#include "cli/qr.h"
#include "x509/attestation.h"

enum { LABEL_COLUMNS = 12 }; // a SHA-256 in hexadecimal still fits into 80

int64_t finish_time(const char *utc)
{
	struct tm tm = { 0 };
	const char *end = utc ? strptime(utc, "%Y-%m-%dT%H:%M:%SZ", &tm) : NULL;
	return end && !*end ? (int64_t)timegm(&tm) : -1;
}

static void pair_text(struct msg *label, const json_t *o, const char *key)
{
	const char *value = json_text(o, key);
	if (value)
		print_pair(stdout, LABEL_COLUMNS, label, value);
	else
		msg_free(label);
}

static void pair_time(struct msg *label, const json_t *o, const char *key, const char *zone)
{
	char local[48];
	int64_t t = finish_time(json_text(o, key));
	if (t < 0) {
		pair_text(label, o, key);
		return;
	}
	clock_shown(t, zone, local);
	print_pair(stdout, LABEL_COLUMNS, label, local);
}

static void show_certificate(const json_t *c, const char *zone)
{
	pair_text(msg_new(N_("Common Name")), c, "common_name");
	pair_text(msg_new(N_("Subject")), c, "subject");
	pair_text(msg_new(N_("Serial")), c, "serial");
	pair_time(msg_new(N_("Valid from")), c, "not_before", zone);
	pair_time(msg_new(N_("Valid until")), c, "not_after", zone);
	pair_text(msg_new(N_("SHA-256")), c, "sha256");
}

struct words {
	const char *name, *id;
};

static void say_one_of(const struct words *table, size_t n, const char *name)
{
	for (size_t i = 0; name && i < n; i++)
		if (!strcmp(table[i].name, name))
			print_msg(stdout, 2, msg_make(table[i].id, NULL, 0));
}

static void show_attested(const json_t *evidence)
{
	const char *firmware = json_text(evidence, "firmware");
	const char *serial = json_text(evidence, "serial"), *slot = json_text(evidence, "slot");
	const char *touch = json_text(evidence, "touch_policy");
	if (!firmware || !serial || !slot)
		return;
	print_msg(stdout, 2,
		  msg_new(N_("Attested: serial number %1, firmware %2, slot %3. PIN: %4. Touch: "
			     "%5."),
			  ARG_TEXT(serial), ARG_TEXT(firmware), ARG_TEXT(slot),
			  ARG_ID(attested_pin_words_of(json_text(evidence, "pin_policy"))),
			  ARG_ID(attested_touch_words_of(touch))));
}

static void show_evidence(const json_t *evidence)
{
	static const struct words custody[] = {
		{ "attested",
		  N_("The maker's signature says that this key was made in this device.") },
		{ "device", N_("The key was made in a hardware token of a known model.") },
		{ "software", N_("The key is kept by software, not by a hardware token.") },
	};
	static const struct words attributes[] = {
		{ "declared", N_("The token declares that the key was made in it, has always been "
				 "secret, and can never "
				 "leave it.") },
		{ "withheld", N_("The token refuses to hand the key out; that it was made in it, "
				 "the token does not declare.") },
		{ "open", N_("The token does not keep the key from leaving.") },
	};
	say_one_of(custody, ARRAY_LEN(custody), json_text(evidence, "custody"));
	show_attested(evidence);
	say_one_of(attributes, ARRAY_LEN(attributes), json_text(evidence, "attributes"));
}

static void headline(const char *outcome)
{
	static const struct words outcomes[] = {
		{ "enrolled", N_("The certificate is on the token, and token, key and certificate "
				 "work together.") },
		{ "renewed", N_("The new certificate is on the token, and token, key and "
				"certificate work together.") },
		{ "logged-in", N_("The server let you in with the certificate and the key on the "
				  "token.") },
		{ "verified", N_("Token, key and certificate work together.") },
		{ "abandoned", N_("The enrolment is given up.") },
		{ "initialised", N_("The token is initialised, and its PIN works.") },
		{ "pin-changed", N_("The PIN is changed.") },
		{ "puk-changed", N_("The security officer's PIN (the PUK) is changed.") },
		{ "management-key-changed", N_("The management key is changed.") },
		{ "puk-management-key-changed", N_("The PUK and the management key are changed.") },
		{ "pin-puk-management-key-changed",
		  N_("The PIN, the PUK and the management key are changed, and the PIN works.") },
		{ "unblocked",
		  N_("The token has a new PIN. Its keys and certificates are as before.") },
		{ "labelled", N_("The label is changed.") },
		{ "wiped", N_("What was named is gone from the token.") },
		{ "nothing", N_("There was nothing to remove.") },
	};
	for (size_t i = 0; outcome && i < ARRAY_LEN(outcomes); i++)
		if (!strcmp(outcomes[i].name, outcome))
			print_msg(stdout, 0, msg_make(outcomes[i].id, NULL, 0));
}

// What the server said stands between lines of its own: it is not inkan that says it.
static void show_login(const json_t *login)
{
	const char *words = json_text(login, "words"), *tls = json_text(login, "tls");
	if (!login)
		return;
	print_blank(stdout);
	pair_text(msg_new(N_("Page")), login, "url");
	if (tls)
		print_pair(stdout, LABEL_COLUMNS, msg_new(N_("Secured by")), tls);
	pair_text(msg_new(N_("Cipher")), login, "cipher");
	if (!words || !*words)
		return;
	say(stdout, N_("The server says:"));
	// A message has one line: each of the page's is one.
	AUTO_TEXT char *lines = text_copy(words);
	for (char *rest = lines, *line = NULL; rest && (line = strsep(&rest, "\n"));)
		if (*line)
			print_msg(stdout, 4, msg_new("%1", ARG_TEXT(line)));
}

// Of verify: one for each certificate that logged in.
static void show_logins(const json_t *certificates)
{
	for (size_t i = 0; i < json_array_size(certificates); i++)
		show_login(json_object_get(json_array_get(certificates, i), "login"));
}

static void show_practice(const json_t *o)
{
	if (!json_flag(o, "practice", false))
		return;
	print_blank(stdout);
	say(stdout,
	    N_("This is a practice certificate: it is worth nothing outside of practising."));
}

static void show_done(const json_t *o, const char *zone)
{
	headline(json_text(o, "outcome"));
	const json_t *certificate = json_object_get(o, "certificate");
	if (certificate) {
		print_blank(stdout);
		show_certificate(certificate, zone);
		pair_text(msg_new(N_("Token")), o, "token");
		const json_t *by = json_object_get(o, "vouched_by");
		if (by)
			pair_text(msg_new(N_("Vouched by")), by, "common_name");
	}
	show_login(json_object_get(o, "login"));
	show_logins(json_object_get(o, "certificates"));
	const json_t *evidence = json_object_get(o, "evidence");
	if (evidence) {
		print_blank(stdout);
		show_evidence(evidence);
	}
	if (json_flag(o, "second_issue_possible", false)) {
		print_blank(stdout);
		say(stdout, N_("The request left more than once, so a second certificate may have "
			       "been issued. Tell the "
			       "institution its Common Name, so that it can be revoked."));
	}
	show_practice(o);
	fflush(stdout);
}

// What somebody carries to the CA, and by what it is known there.
static void show_request(const struct cli *cli, const json_t *request)
{
	const char *sha256 = json_text(request, "sha256");
	if (!sha256)
		return;
	pair_text(msg_new(N_("Request")), request, "file");
	pair_text(msg_new(N_("SHA-256")), request, "sha256");
	print_blank(stdout);
	if (!cli->plain && qr_print(stdout, sha256))
		print_blank(stdout);
	fflush(stdout);
}

// What to do about an enrolment that is not finished, unless the error's own hint says it already.
static void say_resumable(const json_t *o, const struct err *e)
{
	const char *id = json_text(o, "enrolment");
	if (!id || !json_flag(o, "resumable", false))
		return;
	AUTO_TEXT char *hint = err_next_step(e) ? msg_render(err_next_step(e)) : NULL;
	if (hint && strstr(hint, id))
		return;
	if (json_object_get(o, "request"))
		say(stderr, N_("The enrolment %1 waits for its certificate: inkan install FILE"),
		    ARG_TEXT(id));
	else if (err_kind(e) == ERR_CA_REFUSED)
		say(stderr,
		    N_("If the institution changes its mind, go on with: inkan resume %1. If not, "
		       "remove the key from the token with: inkan abandon %1"),
		    ARG_TEXT(id));
	else
		say(stderr, N_("The enrolment %1 can be finished with: inkan resume %1"),
		    ARG_TEXT(id));
}

int finish(struct cli *cli, const struct result *r, const char *zone)
{
	if (cli->o.json && r->object)
		print_json(stdout, r->object);
	if (r->err && !cli->o.json && err_kind(r->err) == ERR_PENDING)
		show_request(cli, json_object_get(r->object, "request"));
	if (r->err) {
		print_err(stderr, r->err);
		say_resumable(r->object, r->err);
		return (int)err_kind(r->err);
	}
	if (!cli->o.json)
		show_done(r->object, zone ? zone : json_text(r->object, "zone"));
	return 0;
}
