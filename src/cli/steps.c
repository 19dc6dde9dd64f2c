// Where a step stands among the others, how long it usually takes, and what pulling the token would do to it.
#include "cli/steps.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/lang.h"
#include "base/text.h"
#include "enroll/face.h"

// Waiting, confirming and retiring count with the step before them: not every enrolment has them.
static const struct place {
	const char *step;
	int number;
	int usual; // seconds; 0 not known
	bool hold;
} places[] = {
	{ "prepare", 1, 5, false },	      { "consent-key", 2, 0, false },
	{ "generate-key", 3, 30, true },      { "prove-key", 4, 5, true },
	{ "sign-request", 5, 5, true },	      { "authenticate", 6, 5, false },
	{ "submit", 7, 10, false },	      { "wait", 7, 0, false },
	{ "check-certificate", 8, 2, false }, { "consent-store", 9, 0, false },
	{ "store-certificate", 10, 5, true }, { "verify-token", 11, 5, true },
	{ "confirm", 11, 10, false },	      { "login", 11, 10, false },
	{ "retire-old", 11, 5, true },	      { "receipt", 12, 2, false },
	{ "clean-token", 0, 10, true },	      { "token-look", 0, 5, false },
	{ "token-init", 0, 30, true },	      { "token-pins", 0, 5, true },
	{ "token-login", 0, 5, true },	      { "token-label", 0, 5, true },
	{ "token-wipe", 0, 10, true },	      { "revoke", 0, 10, false },
	{ "find-key", 3, 5, true },	      { "write-request", 7, 2, false },
	{ "read-certificate", 7, 2, false },
};
enum { LAST_PLACE = 12 };

static const struct place *place_of(const char *step)
{
	for (size_t i = 0; i < ARRAY_LEN(places); i++)
		if (!strcmp(places[i].step, step))
			return &places[i];
	return NULL;
}

char *step_line(const char *step, enum step_style style)
{
	AUTO_TEXT char *safe = text_safe(step, strlen(step), 64);
	if (!safe)
		return NULL;
	const char *words = lang_text(step_words(safe));
	const struct place *p = place_of(step);
	if (!p || !p->number || style == STEP_NAME_ALONE)
		return text_copy(words);
	if (style == STEP_NUMBERED)
		return text_format("[%2d/%d] %s", p->number, LAST_PLACE, words);
	AUTO(msg)
	struct msg *m = msg_new(N_("Step %1 of %2: %3"), ARG_NUM(p->number), ARG_NUM(LAST_PLACE),
				ARG_TEXT(words));
	return msg_render(m);
}

int step_usual(const char *step)
{
	const struct place *p = place_of(step);
	return p ? p->usual : 0;
}

char *step_pull_words(const char *step)
{
	const struct place *p = place_of(step);
	bool hold = !p || p->hold;
	AUTO(msg)
	struct msg *m = hold ? msg_new(N_("Leave the token in: it is at work."))
			     : msg_new(N_("The token is not at work: if it has to come out, "
					  "nothing is lost."));
	return msg_render(m);
}
