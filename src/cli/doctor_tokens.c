// Findings about the tokens that were seen, and what their certificates say of the clock.
#include <jansson.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "cli/doctor.h"
#include "cli/finish.h"

static void look_at_pin(struct doctor *d, const char *name, const char *pin)
{
	static const struct {
		const char *state, *slug, *what, *hint;
		enum severity severity;
	} table[] = {
		{ .state = "locked",
		  .slug = "pin-locked",
		  .what = N_("The PIN of the token %1 is locked."),
		  .hint = N_("Ask whoever gave you the token to unblock it."),
		  .severity = FINDING_ERROR },
		{ .state = "final",
		  .slug = "pin-final-try",
		  .what = N_("The PIN of the token %1 is on its last try."),
		  N_("Look the PIN up before you type it. One more wrong one locks the token."),
		  FINDING_WARNING },
		{ .state = "low",
		  .slug = "pin-low",
		  .what = N_("A wrong PIN was typed for the token %1, so fewer tries are left."),
		  N_("Look the PIN up before you type it; the right one gives all tries back."),
		  FINDING_WARNING },
		{ .state = "not-set",
		  .slug = "pin-not-set",
		  .what = N_("The token %1 has no PIN yet."),
		  .hint = N_("Set a PIN before you enrol."),
		  .severity = FINDING_WARNING },
	};
	for (size_t i = 0; pin && i < ARRAY_LEN(table); i++)
		if (!strcmp(table[i].state, pin))
			doctor_find(
				d, FAMILY_TOKENS, table[i].severity,
				err_hint(err_tag(err_new(ERR_PIN, table[i].what, ARG_TEXT(name)),
						 table[i].slug),
					 table[i].hint));
}

static struct err *clock_behind(const char *name, int64_t begin)
{
	char from[48], now[48];
	clock_shown(begin, NULL, from);
	clock_shown(clock_now(), NULL, now);
	struct err *e = err_new(ERR_FAILED,
				N_("A certificate on the token %1 is valid only from %2, and this "
				   "machine's clock says %3."),
				ARG_TEXT(name), ARG_TEXT(from), ARG_TEXT(now));
	return err_hint(err_tag(e, "clock-off"),
			N_("Set the date and time of this machine; timedatectl shows whether they "
			   "are set by the network."));
}

static struct err *expired(const char *name, int64_t end)
{
	char until[48];
	clock_shown(end, NULL, until);
	struct err *e = err_new(ERR_FAILED, N_("A certificate on the token %1 expired on %2."),
				ARG_TEXT(name), ARG_TEXT(until));
	return err_hint(err_tag(e, "certificate-expired"),
			N_("inkan status shows whether it can be renewed."));
}

static void look_at_certificate(struct doctor *d, const char *name, const json_t *c)
{
	int64_t begin = finish_time(json_text(c, "not_before")),
		end = finish_time(json_text(c, "not_after"));
	if (begin > clock_now())
		doctor_find(d, FAMILY_TOKENS, FINDING_ERROR, clock_behind(name, begin));
	if (end >= 0 && end < clock_now())
		doctor_find(d, FAMILY_TOKENS, FINDING_WARNING, expired(name, end));
}

static void look_at(struct doctor *d, const json_t *t)
{
	const char *label = json_text(t, "label"), *reader = json_text(t, "reader");
	const char *name = label && *label ? label : reader ? reader : "-";
	if (!json_flag(t, "initialised", true))
		return; // SoftHSM always shows one that could still be made
	look_at_pin(d, name, json_text(t, "pin"));
	const json_t *unreadable = json_object_get(t, "unreadable");
	if (unreadable)
		doctor_find(d, FAMILY_TOKENS, FINDING_ERROR, err_from_json(unreadable));
	const json_t *list = json_object_get(t, "certificates");
	for (size_t i = 0; i < json_array_size(list); i++)
		look_at_certificate(d, name, json_array_get(list, i));
}

void doctor_tokens(struct doctor *d)
{
	for (size_t i = 0; i < DOCTOR_LISTINGS; i++) {
		for (size_t k = 0; k < d->listings[i].n; k++) {
			const json_t *list =
				json_object_get(d->listings[i].results[k].object, "tokens");
			for (size_t n = 0; n < json_array_size(list); n++) {
				look_at(d, json_array_get(list, n));
			}
		}
	}
	if (d->tokens == 0)
		doctor_find(d, FAMILY_TOKENS, FINDING_WARNING,
			    err_hint(err_tag(err_new(ERR_TOKEN, N_("No token was found that could "
								   "be used.")),
					     "token-none"),
				     N_("Put the token in and run inkan doctor again: what is "
					"wrong with it can be seen only then.")));
}
