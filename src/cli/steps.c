// Where a step stands among the others.
#include "cli/steps.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/lang.h"
#include "base/text.h"
#include "enroll/face.h"

// Waiting, confirming and retiring count with the step before them: not every enrolment has them.
static const struct {
	const char *step;
	int number;
} places[] = {
	{ "prepare", 1 },
	{ "consent-key", 2 },
	{ "generate-key", 3 },
	{ "prove-key", 4 },
	{ "sign-request", 5 },
	{ "authenticate", 6 },
	{ "submit", 7 },
	{ "wait", 7 },
	{ "check-certificate", 8 },
	{ "consent-store", 9 },
	{ "store-certificate", 10 },
	{ "verify-token", 11 },
	{ "confirm", 11 },
	{ "retire-old", 11 },
	{ "receipt", 12 },
};
enum { LAST_PLACE = 12 };

char *step_line(const char *step, bool counted)
{
	AUTO_TEXT char *safe = text_safe(step, strlen(step), 64);
	if (!safe)
		return NULL;
	const char *words = lang_text(step_words(safe));
	for (size_t i = 0; counted && i < ARRAY_LEN(places); i++)
		if (!strcmp(places[i].step, step))
			return text_format("[%2d/%d] %s", places[i].number, LAST_PLACE, words);
	return text_copy(words);
}
