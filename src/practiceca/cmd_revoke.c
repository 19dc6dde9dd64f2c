// revoke: the counter takes a certificate back. It works while the server runs.
#include "base/clock.h"
#include "practiceca/commands.h"
#include "practiceca/crl.h"
#include "practiceca/files.h"
#include "practiceca/request.h"

static struct err *wrong_reason(const char *reason)
{
	return err_hint(
		err_new(ERR_USAGE, N_("The option --reason does not know %1."), ARG_TEXT(reason)),
		N_("It takes unspecified, keyCompromise, cACompromise, affiliationChanged, "
		   "superseded, cessationOfOperation, certificateHold, privilegeWithdrawn or "
		   "aACompromise (RFC 5280, section 5.3.1)."));
}

// Who calls to have it revoked says what the request carried for that (RFC 7894 §3.2).
static struct err *check_challenge(struct store *s, const char *serial,
				   const struct secret *challenge)
{
	struct pin_hash kept = { 0 };
	bool right = false;
	if (!challenge)
		return NULL;
	TRY(crl_revocation_challenge(s, serial, &kept));
	if (kept.cost)
		TRY(pin_hash_check(&kept, secret_bytes(challenge), secret_len(challenge), &right));
	return right ? NULL
		     : err_new(ERR_ANSWER,
			       N_("The revocation challenge is not that of the certificate %1; it "
				  "was not revoked."),
			       ARG_TEXT(serial));
}

static struct err *revoke(const struct given *g)
{
	AUTO(database) struct database *d = NULL;
	const char *text = NULL;
	const char *reason = given_text(g, "reason");
	char serial[SERIAL_HEX_MAX + 1];
	AUTO(secret) struct secret *challenge = NULL;
	int number = 0;
	TRY(given_needed(g, "serial", &text));
	if (!reason)
		reason = "unspecified";
	if (!crl_reason(reason, &number))
		return wrong_reason(reason);
	if (!crl_serial(text, serial))
		return err_hint(
			err_new(ERR_USAGE, N_("%1 is not a serial number."), ARG_TEXT(text)),
			N_("It is hexadecimal, two digits a byte, as inkan-practice-ca "
			   "issued shows it."));
	TRY(files_first_line(given_text(g, "challenge-file"), REQUEST_CHALLENGE_MAX, &challenge));
	TRY(database_open_existing(g, &d));
	struct store *s = database_take(d);
	struct err *e = check_challenge(s, serial, challenge);
	if (!e)
		e = crl_revoke(s, serial, reason, clock_now());
	database_give(d);
	if (e)
		return e;
	return say_done(msg_new(N_("The certificate %1 is revoked."), ARG_TEXT(serial)));
}

static const struct option_row options[] = {
	{ "dir", "DIR", N_("Directory of the CA.") },
	{ "serial", "HEX", N_("Serial number of the certificate, as issued shows it.") },
	{ "reason", "WORD", N_("Why, by the names of RFC 5280: unspecified if not given.") },
	{ "challenge-file", "FILE",
	  N_("Only if the first line of this file is the revocationChallenge of its request.") },
};

const struct command command_revoke = {
	.name = "revoke",
	.example = "inkan-practice-ca revoke --dir ~/practice-ca --serial 4a1c09…",
	.summary = N_("Revoke a certificate that was issued."),
	.options = options,
	.n_options = ARRAY_LEN(options),
	.run = revoke,
};
