// What inkan help tells besides commands: topics, and errors by their codes.
#include "cli/topics.h"

#include <string.h>

#include "base/buf.h"
#include "cli/errors.h"
#include "cli/print.h"

static const char *const about_tokens[] = {
	N_("A token is a smart card or a USB device that keeps a key and never gives it out. inkan "
	   "reaches it through its maker's driver, a PKCS#11 module."),
	N_("inkan status shows the tokens that are here. With several, name one by its URI: "
	   "--token "
	   "pkcs11:token=USER. A token whose driver is not registered is reached with --module."),
	N_("While inkan says that the token is at work, leave it in. At any other time it may come "
	   "out: nothing is lost."),
	NULL
};
static const char *const about_pins[] = {
	N_("The token's PIN opens the token; it never leaves this machine. The PINs that the "
	   "institution gave you go to its certificate authority, once, encrypted."),
	N_("Both are counted: a few wrong ones lock. inkan never tries one twice, tells how many "
	   "tries are left, and uses the last try only with --last-try."),
	N_("Nothing typed is shown. At a question for a PIN, ? and Enter show a keypad on the "
	   "screen: letters are typed for its digits, other ones each time, so that nobody learns "
	   "the PIN from the keyboard. --keypad shows it at once."),
	N_("Full-width digits are understood in IDs and one-time passwords. In the token's PIN "
	   "they are refused before a try is spent."),
	NULL
};
static const char *const about_profiles[] = {
	N_("A profile holds the rules of an institution: what is asked, where the answers go, how "
	   "a "
	   "key must be protected, when to renew."),
	N_("inkan profile list shows those that can be used by name, inkan profile show NAME tells "
	   "one in words, inkan profile check FILE names its faults."),
	N_("At the first use, and after a change, inkan shows the profile's fingerprint and asks. "
	   "Compare it with the one that your institution gave you."),
	NULL
};
static const char *const about_resume[] = {
	N_("inkan writes down each step before it takes it. Whatever breaks in (^C, a power cut, a "
	   "token pulled out), inkan resume goes on, with the same key."),
	N_("Secrets are not kept: they are asked again, with a new one-time password. inkan status "
	   "shows what is unfinished, inkan abandon ID gives it up and cleans the token up."),
	NULL
};
static const char *const about_errors[] = {
	N_("An error says what happened, what it means, and what to do. Its last line is for the "
	   "help desk: a code in brackets, the call that failed, and the answer of the driver."),
	N_("inkan help CODE explains a code, as in inkan help pin-wrong. All codes stand in "
	   "ERRORS.md, in English and Japanese."),
	NULL
};
static const char *const about_exit_status[] = {
	N_("Exit status: 0 done; 1 failed; 2 usage; 3 the CA says wait; 4 the CA refused; 5 "
	   "refused by policy; "
	   "6 no usable token; 7 PIN wrong or locked; 8 answers or one-time password "
	   "invalid; 9 network; 10 profile "
	   "or configuration invalid; 11 interrupted, resumable. Of status --check: 12 due; 13 "
	   "urgent."),
	NULL
};
static const char *const about_screen_readers[] = {
	N_("With --plain, or where the variable TERM is dumb or ACCESSIBLE is set, nothing on the "
	   "screen changes once it stands there. What takes long is told again every ten seconds."),
	N_("inkan uses no colours, needs no mouse and no arrow keys, and asks one question at a "
	   "time. Choices are typed as numbers."),
	NULL
};

const struct topic topics[] = {
	{ "tokens", about_tokens },
	{ "pins", about_pins },
	{ "profiles", about_profiles },
	{ "resume", about_resume },
	{ "errors", about_errors },
	{ "exit-status", about_exit_status },
	{ "screen-readers", about_screen_readers },
};
const size_t n_topics = ARRAY_LEN(topics);

static void show_paragraphs(FILE *f, const char *const *ids)
{
	for (const char *const *p = ids; *p; p++) {
		if (p != ids)
			print_blank(f);
		print_msg(f, 0, msg_make(*p, NULL, 0));
	}
}

bool topic_show(FILE *f, const char *name)
{
	for (size_t i = 0; i < n_topics; i++) {
		if (strcmp(topics[i].name, name) != 0)
			continue;
		show_paragraphs(f, topics[i].paragraphs);
		return true;
	}
	const struct error_row *row = error_find(name);
	if (!row)
		return false;
	say(f, N_("What it means: %1"), ARG_ID(row->meaning));
	say(f, N_("What to do: %1"), ARG_ID(row->todo));
	return true;
}
