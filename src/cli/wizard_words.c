// What the guide says before each screen.
#include <string.h>

#include "base/buf.h"
#include "base/lang.h"
#include "cli/print.h"
#include "cli/prompt.h"
#include "cli/wizard.h"
#include "profile/profile.h"

enum { ITEM_INDENT = 2 };

void wizard_welcome(void)
{
	say(stderr, N_("inkan registers a key that never leaves a smart card or USB token."));
	print_blank(stderr);
	say(stderr, N_("inkan asks one thing at a time: type the answer and press Enter. To leave, "
		       "hold Ctrl and press C (^C): nothing is lost, and you can come back."));
}

struct err *wizard_stopped(void)
{
	return err_hint(err_tag(err_new(ERR_INTERRUPTED, N_("Stopped as you asked.")), "stopped"),
			N_("Nothing is lost. Type inkan to come back."));
}

static struct err *enter(void)
{
	bool stopped = false;
	print_blank(stderr);
	TRY(prompt_enter(&stopped));
	return stopped ? wizard_stopped() : NULL;
}

struct err *wizard_before_enrolling(void)
{
	say(stderr, N_("What happens next:"));
	say_in(stderr, ITEM_INDENT,
	       N_("1. You say which institution it is, and for whom the certificate is."));
	say_in(stderr, ITEM_INDENT,
	       N_("2. inkan asks who you are, and whether it may act for you."));
	say_in(stderr, ITEM_INDENT,
	       N_("3. The token makes a key. On a card this can take 30 seconds."));
	say_in(stderr, ITEM_INDENT,
	       N_("4. The certificate authority checks your answers and issues the certificate."));
	say_in(stderr, ITEM_INDENT,
	       N_("5. inkan asks, stores the certificate on the token, and tries it out."));
	print_blank(stderr);
	say(stderr, N_("If something goes wrong, inkan says what happened and what to do. Nothing "
		       "is lost: type inkan again, and it offers to go on."));
	return enter();
}

struct err *wizard_at_hand(const struct profile_role *role)
{
	print_blank(stderr);
	say(stderr, N_("Please have these at hand:"));
	for (size_t i = 0; i < role->n_fields; i++) {
		const struct text2 *label = &role->fields[i].label;
		say_in(stderr, ITEM_INDENT, N_("- %1"), ARG_BOTH(*label));
	}
	if (role->otp.kind != OTP_NONE)
		say_in(stderr, ITEM_INDENT,
		       N_("- what shows you one-time passwords; look at it only when asked"));
	say_in(stderr, ITEM_INDENT, N_("- the token's PIN; a few wrong ones lock it"));
	return enter();
}

// The screens of an enrolment, each begins with a step.
static const struct page {
	const char *step, *title, *next, *wrong;
} pages[] = {
	{ "prepare", N_("Who you are"),
	  N_("inkan opens the token and asks for your IDs and PINs. At the first use of an "
	     "institution it shows you where your answers will go."),
	  N_("What is typed wrong is asked again. Nothing is sent yet.") },
	{ "consent-key", N_("May inkan act for you?"),
	  N_("You read which site it is, what will be done, and how the key is protected, and say "
	     "yes or no."),
	  N_("If you do not know the site, say no: nothing is made, and nothing is sent.") },
	{ "generate-key", N_("The key"),
	  N_("The token makes the key and shows that it cannot leave. A PIN may be asked for."),
	  N_("A wrong PIN costs a try: ask for help before you guess. If it stops here, nothing "
	     "has been sent.") },
	{ "authenticate", N_("The certificate authority"),
	  N_("What is still missing is asked for, the one-time password for instance. Your answers "
	     "are sent once, encrypted; the certificate authority issues the certificate, or lets "
	     "you wait."),
	  N_("If it refuses, it says why. A one-time password is good only once: use a new one "
	     "each time.") },
	{ "consent-store", N_("May it be stored?"),
	  N_("You see the certificate, compare the Common Name, and say yes or no. Then it is "
	     "stored on the token and tried out."),
	  N_("If the name is not yours, say no and tell the institution.") },
};

void wizard_explain(struct screen *s, const char *step)
{
	for (size_t i = 0; i < ARRAY_LEN(pages); i++) {
		const struct page *p = &pages[i];
		if (strcmp(p->step, step) != 0)
			continue;
		running_break(&s->running);
		print_blank(stderr);
		say(stderr, N_("Screen %1 of %2: %3"), ARG_NUM(i + 1), ARG_NUM(ARRAY_LEN(pages)),
		    ARG_ID(p->title));
		say_in(stderr, ITEM_INDENT, N_("Next: %1"), ARG_ID(p->next));
		say_in(stderr, ITEM_INDENT, N_("If it goes wrong: %1"), ARG_ID(p->wrong));
		say_in(stderr, ITEM_INDENT,
		       N_("To leave: press ^C at any question, then take the token out."));
		print_blank(stderr);
	}
}
