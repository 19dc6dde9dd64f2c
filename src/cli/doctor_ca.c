// Findings about the profile's CA: its trust, whether it can be reached, and whether the clocks agree.
#include <jansson.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "cli/doctor.h"
#include "cli/finish.h"
#include "worker/worker.h"
#include "x509/cert.h"

// A one-time password of 30 seconds is usually taken one step early or late.
enum { CLOCK_NOTICED_S = 30, CLOCK_WRONG_S = 300, TRUST_SOON_DAYS = 30, DAY_S = 86400 };
static const int64_t SENSIBLE_CLOCK = 1767225600; // 2026-01-01: no inkan is older

static void look_at_anchor(struct doctor *d, const struct cert *c)
{
	char day[48];
	int64_t end = cert_not_after(c), now = clock_now();
	clock_shown(end, NULL, day);
	if (end < now)
		doctor_find(d, FAMILY_CA, FINDING_ERROR,
			    err_hint(err_tag(err_new(ERR_PROFILE,
						     N_("The certificate %1, by which the CA is "
							"recognised, expired on %2."),
						     ARG_TEXT(cert_subject_text(c)), ARG_TEXT(day)),
					     "trust-expired"),
				     N_("Get the institution's new profile and certificates.")));
	else if (end < now + (int64_t)TRUST_SOON_DAYS * DAY_S)
		doctor_find(d, FAMILY_CA, FINDING_WARNING,
			    err_hint(err_tag(err_new(ERR_PROFILE,
						     N_("The certificate %1, by which the CA is "
							"recognised, expires on %2."),
						     ARG_TEXT(cert_subject_text(c)), ARG_TEXT(day)),
					     "trust-expires"),
				     N_("Ask the institution for its new profile in time.")));
}

static void look_at_trust(struct doctor *d)
{
	AUTO_CERTS struct cert_list anchors = { 0 };
	struct err *e = cert_list_from_pem(d->profile->ca.anchors.data, d->profile->ca.anchors.len,
					   &anchors);
	if (e) {
		doctor_find(d, FAMILY_CA, FINDING_ERROR, err_tag(e, "anchors-wrong"));
		return;
	}
	for (size_t i = 0; i < anchors.n; i++)
		look_at_anchor(d, anchors.certs[i]);
}

struct err *doctor_no_trust(struct err *why)
{
	struct err *e = err_tag(
		err_new(ERR_PROFILE, N_("The certificates by which the CA is recognised are not "
					"there, or cannot be read.")),
		"trust-missing");
	const struct msg *hint = err_next_step(why);
	if (hint)
		e = err_hint_msg(e, msg_copy(hint));
	return err_caused_by(e, why);
}

static struct err *clock_differs(int64_t theirs, int64_t off)
{
	char there[48], here[48];
	clock_shown(theirs, NULL, there);
	clock_shown(clock_now(), NULL, here);
	struct err *e = err_new(ERR_FAILED,
				N_("This machine's clock says %1, the certificate authority's %2: "
				   "%3 seconds apart."),
				ARG_TEXT(here), ARG_TEXT(there), ARG_NUM(off < 0 ? -off : off));
	return err_hint(err_tag(e, "clock-off"),
			N_("Set the date and time of this machine; timedatectl shows whether they "
			   "are set by the network."));
}

static void look_at_clock(struct doctor *d, const json_t *seen)
{
	int64_t theirs = finish_time(json_text(seen, "date"));
	int64_t off = theirs < 0 ? 0 : clock_now() - theirs;
	int64_t size = off < 0 ? -off : off;
	if (size > CLOCK_NOTICED_S)
		doctor_find(d, FAMILY_CA, size > CLOCK_WRONG_S ? FINDING_ERROR : FINDING_WARNING,
			    clock_differs(theirs, off));
}

static struct err *unreachable(const struct profile *p, struct err *why)
{
	struct err *e =
		err_new(ERR_NETWORK, N_("The certificate authority at %1 cannot be reached."),
			ARG_TEXT(p->ca.url));
	const char *tag = err_nearest_slug(why);
	const struct msg *hint = err_next_step(why);
	e = err_tag(e, *tag ? tag : "unreachable");
	if (hint)
		e = err_hint_msg(e, msg_copy(hint));
	return err_caused_by(e, why);
}

static void look_at_server(struct doctor *d)
{
	AUTO(job) struct job *job = calloc(1, sizeof(*job));
	struct result r = { 0 };
	if (!job || d->profile->ca.protocol == CA_FILE)
		return;
	job->kind = JOB_CA;
	job->profile = text_copy(d->profile->path);
	worker_run(job, &d->screen->face, &r);
	if (r.err) {
		doctor_find(d, FAMILY_CA, FINDING_ERROR, unreachable(d->profile, r.err));
		r.err = NULL;
	} else {
		look_at_clock(d, r.object);
	}
	result_free(&r);
}

static struct err *clock_long_ago(void)
{
	char now[48];
	clock_shown(clock_now(), NULL, now);
	return err_hint(
		err_tag(err_new(ERR_FAILED, N_("This machine's clock says %1, which cannot be."),
				ARG_TEXT(now)),
			"clock-off"),
		N_("Set the date and time of this machine; timedatectl shows whether they "
		   "are set by the network."));
}

void doctor_ca(struct doctor *d)
{
	if (clock_now() < SENSIBLE_CLOCK)
		doctor_find(d, FAMILY_CA, FINDING_ERROR, clock_long_ago());
	if (!d->profile)
		return;
	look_at_trust(d);
	look_at_server(d);
}
