// What is said when a worker ended without a result.
#include "worker/death.h"

#include <jansson.h>
#include <signal.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "enroll/enroll.h"
#include "journal/journal.h"
#include "worker/worker.h"

enum begun { NOT_BEGUN, UNFINISHED, FINISHED };

// What the journal says of it; one that cannot be asked may well have it.
static enum begun look_up(const char *enrolment)
{
	AUTO(journal) struct journal *j = NULL;
	AUTO(record) struct record *r = NULL;
	AUTO(err) struct err *unknown = enrolment ? journal_open(&j) : NULL;
	if (j && !unknown)
		unknown = journal_read(j, enrolment, &r);
	if (unknown || (r && r->state == ENROLMENT_OPEN))
		return UNFINISHED;
	return r && r->state == ENROLMENT_DONE ? FINISHED : NOT_BEGUN;
}

struct err *death_hint(struct err *e, const char *enrolment)
{
	enum begun begun = look_up(enrolment);
	if (enrolment && begun == FINISHED)
		return err_hint(e,
				N_("The enrolment %1 was finished before that. `inkan status` "
				   "shows its certificate."),
				ARG_TEXT(enrolment));
	if (enrolment && begun == NOT_BEGUN)
		return err_hint(e, N_("Nothing was begun, so there is nothing to resume: run the "
				      "command again."));
	if (enrolment)
		return err_hint(e,
				N_("Nothing is lost: what was done stands in the journal. Go on "
				   "with: inkan resume %1"),
				ARG_TEXT(enrolment));
	return e;
}

// What the signal says to people.
static const char *signal_words(int sig)
{
	switch (sig) {
	case SIGSEGV:
	case SIGBUS:
		return N_("it used memory that is not its own");
	case SIGABRT:
		return N_("it gave up by itself");
	case SIGILL:
	case SIGSYS:
	case SIGTRAP:
		return N_("it did something that is not allowed");
	case SIGFPE:
		return N_("it calculated something impossible");
	case SIGKILL:
		return N_("somebody, or the system for want of memory, ended it");
	case SIGTERM:
	case SIGINT:
	case SIGHUP:
	case SIGQUIT:
		return N_("somebody ended it");
	default:
		return N_("the system ended it");
	}
}

struct err *death_error(struct death d, const char *enrolment)
{
	struct err *e;
	if (d.signal) {
		const char *abbrev = sigabbrev_np(d.signal);
		AUTO_TEXT char *name =
			abbrev ? text_format("SIG%s", abbrev) : text_format("%d", d.signal);
		e = err_new(ERR_TOKEN,
			    N_("The process that talks to the token ended unexpectedly: %1 (%2)."),
			    ARG_ID(signal_words(d.signal)), ARG_TEXT(name ? name : "?"));
		e = err_hint(e,
			     N_("The token's driver (its PKCS#11 module) may be faulty. Try again; "
				"if it happens again, ask the token's maker for another version."));
	} else {
		e = err_new(ERR_FAILED,
			    N_("The process that talks to the token ended without a result (exit "
			       "status %1)."),
			    ARG_NUM(d.status));
	}
	return death_hint(err_tag(e, "worker-died"), enrolment);
}

struct err *hang_error(const char *module, int64_t seconds, const char *enrolment)
{
	struct err *e =
		module ? err_new(ERR_TOKEN,
				 N_("The module %1 did not answer for %2 seconds and was ended."),
				 ARG_TEXT(module), ARG_NUM(seconds))
		       : err_new(ERR_TOKEN,
				 N_("The token did not answer for %1 seconds; its process was "
				    "ended."),
				 ARG_NUM(seconds));
	e = err_hint(e, N_("Take the token out, put it in again, and repeat the command. If it "
			   "hangs again, inkan doctor looks for the cause."));
	return death_hint(err_tag(e, "worker-hangs"), enrolment);
}

struct err *killed_error(const char *enrolment)
{
	struct err *e = err_new(ERR_INTERRUPTED, N_("You stopped it while the token was at work."));
	return death_hint(err_tag(e, "stopped"), enrolment);
}
