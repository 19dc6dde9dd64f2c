// The table of commands.
#include "cli/commands.h"

#include <string.h>

#include "base/buf.h"
#include "cli/options.h"

enum {
	FIND_TOKEN = OPT_TOKEN | OPT_MODULE,
	ASKS = OPT_ANSWERS | OPT_YES | OPT_LAST_TRY | OPT_NO_WAIT | OPT_JSON | OPT_KEYPAD,
};

static const char *const about_enroll[] = {
	N_("Makes a key pair on the token and shows how it is protected, proves who you are, gets "
	   "a certificate, stores it there and tries it out."),
	N_("What is not given is asked. After an interruption inkan resume goes on."),
	N_("With --on-behalf another token vouches, and the person's PINs are not asked."), NULL
};
static const char *const about_renew[] = {
	N_("Makes a new key on the token and gets a new certificate for the name that is there. "
	   "The present certificate vouches for it, so only the token's PIN is asked. Key and "
	   "certificate stay until the new ones are seen to work."),
	N_("When it may be renewed the profile says, and `inkan status` shows it. A certificate "
	   "that has expired cannot vouch: everything is asked then, as for the first. The ID "
	   "names a certificate where the token has several."),
	NULL
};
static const char *const about_request[] = {
	N_("Makes a key on the token and writes its request to a file, which somebody carries to "
	   "the CA; with --renew for the name that is there (ID: of which certificate). inkan "
	   "install takes what comes back."),
	NULL
};
static const char *const about_install[] = {
	N_("Takes the certificate for a request that inkan request wrote, from a file: PEM, DER or "
	   "PKCS #7, with or without its chain. The enrolment is found by the key; the "
	   "certificate is judged, stored and tried out as in every enrolment."),
	N_("A file that is wrong changes nothing: the enrolment goes on waiting for the right "
	   "one."),
	NULL
};
static const char *const about_resume[] = {
	N_("Goes on with an enrolment that was interrupted, or that the certificate authority said "
	   "to wait for. "
	   "Secrets are asked again. Without an ID it takes the one that fits."),
	NULL
};
static const char *const about_abandon[] = {
	N_("Gives up an unfinished enrolment: after asking, what it left on the token is removed."),
	NULL
};
static const char *const about_status[] = {
	N_("Shows the certificates on the tokens, when they can be renewed, and what is "
	   "unfinished. It needs neither a "
	   "PIN nor a profile."),
	N_("With --check, --nagios and --remind no token has to be in: they go by what this "
	   "machine got. Status of --check: 0 nothing is due, 12 something is, 13 it is urgent or "
	   "has expired."),
	NULL
};
static const char *const about_verify[] = {
	N_("Signs with the key on the token and checks it with the certificate there."),
	N_("With --applications: do browsers reach the token? Sets them up when asked."), NULL
};
static const char *const about_login[] = {
	N_("Opens the page that the profile names (login_url) with the certificate and the key on "
	   "the token, and shows what the server said, whom it took you for, and how the "
	   "connection was secured."),
	N_("The ID names a certificate where the token has several."), NULL
};
static const char *const about_revoke[] = {
	N_("Asks the certificate authority to revoke a certificate on the token, which signs for "
	   "it. It stays on the token, and status shows it as revoked. Where the profile's way to "
	   "the authority has no place for that, it says whom to ask."),
	N_("The reason is unspecified, keyCompromise, affiliationChanged, superseded or "
	   "cessationOfOperation. The ID names a certificate where the token "
	   "has several."),
	NULL
};
static const char *const about_token_list[] = {
	N_("Shows the readers, empty ones too, and the tokens: model, serial number, PIN, room "
	   "and certificates with the days they are still good for. It needs no PIN."),
	N_("With --watch it goes on and tells what is put in and taken out, until ^C."), NULL
};
static const char *const about_doctor[] = {
	N_("Looks for what may be wrong: readers, the smart card service, drivers, tokens, the "
	   "clock, inkan's own files, and with --profile the certificate authority. Each finding "
	   "says what to do."),
	N_("No PIN is used and nothing is changed. The status is 1 when something has to be "
	   "mended."),
	NULL
};
static const char *const about_token_show[] = {
	N_("Shows the token's state and every object on it, what belongs together, and what inkan "
	   "made. Without the PIN only what is public can be seen."),
	NULL
};
static const char *const about_token_init[] = {
	N_("Wipes the token and gives it a label, a security officer's PIN (the PUK) and a PIN. It "
	   "names what will be lost and asks twice."),
	N_("A script gives --yes and in its answers label, confirm (the label or serial number of "
	   "the token as it is), so_pin, new_pin, and new_so_pin where it is to be another one."),
	NULL
};
static const char *const about_token_pin[] = {
	N_("Changes the PIN, or what the options name. A new PUK or management key is random "
	   "unless the answers have one, and kept as --custody or the profile says."),
	NULL
};
static const char *const about_token_unblock[] = {
	N_("Sets a new PIN with the security officer's PIN (the PUK), when the PIN is locked or "
	   "forgotten. Keys and certificates stay."),
	N_("With --challenge no PUK is needed: a card that can do it (GIDS) shows a challenge, the "
	   "help desk answers it over the telephone, and the key that it answers with is never "
	   "spoken."),
	NULL
};
static const char *const about_token_respond[] = {
	N_("For the help desk: computes the answer to the challenge that a person at `inkan token "
	   "unblock --challenge` reads out, with the administrator's key of that token, which is "
	   "asked for. No token is needed here."),
	N_("Make sure who is calling before you answer: with the answer they set a new PIN."), NULL
};
static const char *const about_token_label[] = {
	N_("Gives the key and certificate with this ID, which inkan made, another label; inkan "
	   "token "
	   "show tells the ID."),
	N_("Without an ID the token itself is meant: most tokens take a label only when they are "
	   "initialised, and then inkan says so and changes nothing."),
	NULL
};
static const char *const about_token_wipe[] = {
	N_("Removes the keys and certificates that inkan made, after naming them. What others made "
	   "stays, unless --all is given. If it is cut off, the same command goes on."),
	NULL
};
static const char *const about_otp_check[] = {
	N_("Judges a value of a one-time password token whose seed was imported here, and spends "
	   "it: a value that was right once is never right again, on this machine. The value is "
	   "asked for, or is a line of standard input."),
	N_("Which token: by --serial, or by the person who holds it. A value that the certificate "
	   "authority judges itself is not to be checked here first: it would be spent nowhere."),
	N_("With --profile a server judges it instead, if the profile's role names one: RADIUS, or "
	   "/validate/check as privacyIDEA has it. PERSON is the name that the server knows. A "
	   "server that is down is told from a value that is wrong (exit status 9, and 8)."),
	NULL
};
static const char *const about_otp_import[] = {
	N_("Brings the seeds of one-time password tokens from the file that came with them: PSKC "
	   "(RFC 6030), CSV, otpauth:// addresses, or a picture (PNG) of such an address as a QR "
	   "code. All of the file or nothing."),
	N_("The seeds are kept encrypted, with a key that is made at the first import (otp.key "
	   "beside otp.db in the state directory: keep a copy of both, apart). A file with one "
	   "token may be given another serial number with --serial."),
	NULL
};
static const char *const about_otp_list[] = {
	N_("Shows the one-time password tokens that are known here: who holds which, when it was "
	   "last right, and whether it is locked. No seed and no value is shown."),
	NULL
};
static const char *const about_otp_assign[] = {
	N_("Notes who holds a one-time password token. The token in your hand has to show a value "
	   "of this serial number first, so that nobody is given another's. Without a name it is "
	   "taken back."),
	NULL
};
static const char *const about_otp_resync[] = {
	N_("Finds a token again whose button was pressed too often, or whose clock is wrong, by "
	   "two values in a row. Both are spent."),
	NULL
};
static const char *const about_otp_unlock[] = {
	N_("Unlocks a token that was locked after too many wrong values, and notes who did so. "
	   "Make sure of the person first."),
	NULL
};
static const char *const about_profile_list[] = {
	N_("Lists the profiles that can be used by name, and those that are faulty."), NULL
};
static const char *const about_profile_check[] = {
	N_("Reads a profile and names all its faults, each with its line and what is allowed "
	   "there."),
	NULL
};
static const char *const about_profile_show[] = {
	N_("Shows a profile in words: what is asked, where secrets are sent, how a key must be "
	   "protected, and what you will "
	   "be asked to agree to."),
	NULL
};
static const char *const about_profile_trust[] = {
	N_("Gets the CA's root certificate from its own server, for a profile that came without "
	   "it. The server cannot be recognised yet, so nothing but this question is sent, and the "
	   "certificate counts only once its fingerprint is the one that the institution gave you "
	   "by another way: in a letter, say, or at the counter."),
	N_("On a terminal it is shown and asked about; elsewhere give it with --fingerprint. The "
	   "certificate is written where the profile's ca.anchors says."),
	NULL
};
static const char *const about_help[] = {
	N_("Shows what a command does and its options, or tells about a topic or an error's code."),
	NULL
};
static const char *const about_completion[] = {
	N_("Prints a script for the shell. Installations bring it along."), NULL
};
static const char *const about_errors[] = {
	N_("Prints each error's codes, meaning and remedy as a JSON object a line."), NULL
};
static const char *const about_udev_rules[] = {
	N_("Prints the rules for udev that installations bring along."), NULL
};
static const char *const about_version[] = { N_("Shows the version of inkan."), NULL };

const struct command commands[] = {
	{ "enroll", NULL, 0, 0, N_("Make a key on the token and get its certificate"), about_enroll,
	  "inkan enroll --profile practice --role user",
	  OPT_PROFILE | OPT_ROLE | FIND_TOKEN | ASKS | OPT_WAIT | OPT_ON_BEHALF, run_enroll,
	  false },
	{ "renew", "[ID]", 0, 1, N_("Get a new certificate before the present one ends"),
	  about_renew, "inkan renew", OPT_PROFILE | OPT_ROLE | FIND_TOKEN | ASKS | OPT_WAIT,
	  run_renew, false },
	{ "request", "[ID]", 0, 1, N_("Write a request to a file, for a CA that takes files"),
	  about_request, "inkan request --profile my-bank.yaml --out request.pem",
	  OPT_PROFILE | OPT_ROLE | FIND_TOKEN | ASKS | OPT_WAIT | OPT_OUT | OPT_RENEW, run_request,
	  false },
	{ "install", "FILE [ID]", 1, 2, N_("Put a certificate that came as a file on the token"),
	  about_install, "inkan install certificate.pem", ASKS | OPT_WAIT, run_install, false },
	{ "resume", "[ID]", 0, 1, N_("Go on with an unfinished enrolment"), about_resume,
	  "inkan resume", FIND_TOKEN | ASKS | OPT_WAIT | OPT_ON_BEHALF, run_resume, false },
	{ "abandon", "ID", 1, 1, N_("Give up an unfinished enrolment and clean the token up"),
	  about_abandon, "inkan abandon k7qf-3m2x", FIND_TOKEN | ASKS, run_abandon, false },
	{ "status", NULL, 0, 0, N_("Show certificates, when to renew, what is unfinished"),
	  about_status, "inkan status",
	  FIND_TOKEN | OPT_JSON | OPT_CHECK | OPT_WARN | OPT_NAGIOS | OPT_REMIND, run_status,
	  false },
	{ "verify", NULL, 0, 0, N_("Try out token, key and certificate together"), about_verify,
	  "inkan verify",
	  OPT_PROFILE | FIND_TOKEN | ASKS | OPT_WAIT | OPT_APPLICATIONS | OPT_SET_UP | OPT_REMOVE |
		  OPT_LOGIN,
	  run_verify, false },
	{ "login", "[ID]", 0, 1, N_("Log in at the institution with the token, and show how"),
	  about_login, "inkan login", OPT_PROFILE | OPT_ROLE | FIND_TOKEN | ASKS | OPT_WAIT,
	  run_login, false },
	{ "revoke", "[ID]", 0, 1, N_("Have a certificate on the token revoked"), about_revoke,
	  "inkan revoke --reason superseded",
	  OPT_PROFILE | OPT_ROLE | OPT_REASON | FIND_TOKEN | ASKS | OPT_WAIT, run_revoke, false },
	{ "token list", NULL, 0, 0, N_("Show readers, tokens and what is on them"),
	  about_token_list, "inkan token list", FIND_TOKEN | OPT_JSON | OPT_WATCH, run_token_list,
	  false },
	{ "token show", NULL, 0, 0, N_("Show a token and every object on it"), about_token_show,
	  "inkan token show", OPT_PROFILE | FIND_TOKEN | ASKS | OPT_LOGIN, run_token_show, false },
	{ "token init", "[LABEL]", 0, 1, N_("Wipe a token, and give it a label and PINs"),
	  about_token_init, "inkan token init USER", OPT_PROFILE | OPT_CUSTODY | FIND_TOKEN | ASKS,
	  run_token_init, false },
	{ "token pin", NULL, 0, 0, N_("Change the PIN of a token"), about_token_pin,
	  "inkan token pin",
	  OPT_PROFILE | OPT_CUSTODY | OPT_PUK | OPT_MANAGEMENT | OPT_ALL | FIND_TOKEN | ASKS,
	  run_token_pin, false },
	{ "token unblock", NULL, 0, 0, N_("Set a new PIN with the PUK"), about_token_unblock,
	  "inkan token unblock", OPT_PROFILE | FIND_TOKEN | ASKS | OPT_CHALLENGE, run_token_unblock,
	  false },
	{ "token respond", "CHALLENGE", 1, 1, N_("Answer a token's challenge, as its help desk"),
	  about_token_respond, "inkan token respond A1B2C3D4E5F60718", OPT_ANSWERS,
	  run_token_respond, false },
	{ "token label", "LABEL [ID]", 1, 2, N_("Change the label of a key and certificate"),
	  about_token_label, "inkan token label OFFICE 0f1e2d3c4b5a69788796a5b4c3d2e1f0",
	  OPT_PROFILE | FIND_TOKEN | ASKS, run_token_label, false },
	{ "token wipe", NULL, 0, 0, N_("Remove what inkan made from a token"), about_token_wipe,
	  "inkan token wipe", OPT_PROFILE | FIND_TOKEN | ASKS | OPT_ALL, run_token_wipe, false },
	{ "doctor", NULL, 0, 0, N_("Look for what may be wrong, and say what to do"), about_doctor,
	  "inkan doctor",
	  FIND_TOKEN | OPT_PROFILE | OPT_ANSWERS | OPT_JSON | OPT_BUNDLE | OPT_NAMES, run_doctor,
	  false },
	{ "otp check", "[PERSON]", 0, 1, N_("Judge and spend a one-time password"), about_otp_check,
	  "inkan otp check --serial 83012457",
	  OPT_SERIAL | OPT_PROFILE | OPT_ROLE | OPT_ANSWERS | OPT_YES | OPT_JSON, run_otp_check,
	  false },
	{ "otp import", "FILE", 1, 1, N_("Bring the seeds of one-time password tokens"),
	  about_otp_import, "inkan otp import tokens.pskc.xml",
	  OPT_SERIAL | OPT_REPLACE | OPT_ANSWERS | OPT_YES | OPT_JSON, run_otp_import, false },
	{ "otp list", NULL, 0, 0, N_("Show the one-time password tokens that are known"),
	  about_otp_list, "inkan otp list", OPT_JSON, run_otp_list, false },
	{ "otp assign", "[PERSON]", 0, 1, N_("Note who holds a one-time password token"),
	  about_otp_assign, "inkan otp assign tanaka --serial 83012457",
	  OPT_SERIAL | OPT_REPLACE | OPT_ANSWERS | OPT_JSON, run_otp_assign, false },
	{ "otp resync", "[PERSON]", 0, 1, N_("Find a token again by two values in a row"),
	  about_otp_resync, "inkan otp resync --serial 83012457",
	  OPT_SERIAL | OPT_ANSWERS | OPT_JSON, run_otp_resync, false },
	{ "otp unlock", "[PERSON]", 0, 1, N_("Unlock a one-time password token"), about_otp_unlock,
	  "inkan otp unlock --serial 83012457", OPT_SERIAL | OPT_JSON, run_otp_unlock, false },
	{ "profile list", NULL, 0, 0, N_("List the profiles that can be used by name"),
	  about_profile_list, "inkan profile list", 0, run_profile_list, false },
	{ "profile check", "FILE", 1, 1, N_("Name all faults of a profile"), about_profile_check,
	  "inkan profile check my-bank.yaml", 0, run_profile_check, false },
	{ "profile show", "NAME|FILE", 1, 1, N_("Show in words what a profile says"),
	  about_profile_show, "inkan profile show practice", 0, run_profile_show, false },
	{ "profile trust", "NAME|FILE", 1, 1, N_("Get the root certificate of a profile's CA"),
	  about_profile_trust, "inkan profile trust my-bank.yaml", OPT_FINGERPRINT,
	  run_profile_trust, false },
	{ "help", "[COMMAND|TOPIC]", 0, 2, N_("Show the help of a command or a topic"), about_help,
	  "inkan help enroll", 0, run_help, false },
	{ "version", NULL, 0, 0, N_("Show the version"), about_version, "inkan version", 0,
	  run_version, false },
	{ "completion", "bash|zsh", 1, 1, N_("Print what a shell needs to complete commands"),
	  about_completion, "inkan completion bash", 0, run_completion, true },
	{ "udev-rules", NULL, 0, 0, N_("Print rules for udev, for installations"), about_udev_rules,
	  "inkan udev-rules", 0, run_udev_rules, true },
	{ "errors", NULL, 0, 0, N_("Print the table of errors for the help desk"), about_errors,
	  "inkan errors", 0, run_errors, true },
};
const size_t n_commands = ARRAY_LEN(commands);

char *command_group(const char *word)
{
	AUTO_BUF struct buf b = BUF(1024);
	size_t len = strlen(word);
	for (size_t i = 0; i < n_commands; i++)
		if (!commands[i].hidden && !strncmp(commands[i].name, word, len) &&
		    commands[i].name[len] == ' ')
			err_ignore(buf_printf(&b, "%s%s", b.len ? ", " : "",
					      commands[i].name + len + 1));
	return b.data ? text_copy((const char *)b.data) : NULL;
}

const struct command *command_find(char *const *words, size_t n, size_t *used)
{
	AUTO_TEXT char *two = n > 1 ? text_format("%s %s", words[0], words[1]) : NULL;
	for (size_t i = 0; i < n_commands; i++) {
		if (n > 0 && !strcmp(commands[i].name, words[0])) {
			*used = 1;
			return &commands[i];
		}
		if (two && !strcmp(commands[i].name, two)) {
			*used = 2;
			return &commands[i];
		}
	}
	return NULL;
}
