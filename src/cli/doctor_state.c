// Findings about the files of inkan's own: the state directory, its locks, the journal, and files that hold secrets.
#include "base/proc.h"
#include "cli/doctor.h"
#include "journal/journal.h"
#include "token/lease.h"

static const char no_reader[] = "inkan doctor";

// The lease of a reader that nobody can have: only its file system is of interest.
static void look_at_locks(struct doctor *d)
{
	AUTO(lease) struct lease *l = NULL;
	struct err *e = lease_take_reader(no_reader, "doctor", 0, NULL, NULL, &l);
	if (e && err_has_tag(e, "token-busy"))
		err_ignore(e); // another doctor: there are locks
	else
		doctor_find(d, FAMILY_STATE, FINDING_ERROR, e);
}

// Why a journal cannot be written: its disk is full, or its file system has no locks. Else null.
static struct err *what_the_disk_says(void)
{
	AUTO_TEXT char *dir = NULL;
	AUTO(lease) struct lease *l = NULL;
	struct err *e = proc_state_dir(&dir);
	if (!e)
		e = journal_room_in(dir);
	if (!e)
		e = lease_take_reader(no_reader, "doctor", 0, NULL, NULL, &l);
	if (e && (err_has_tag(e, "journal-no-room") || err_has_tag(e, "lease-no-locks")))
		return e;
	err_ignore(e);
	return NULL;
}

static struct err *not_writable(struct err *e)
{
	struct err *why = what_the_disk_says();
	return why ? err_caused_by(why, e) : e;
}

static void look_at_journal(struct doctor *d)
{
	AUTO(journal) struct journal *j = NULL;
	struct err *e = journal_open(&j);
	if (e && err_has_tag(e, "store-damaged")) {
		struct err *damaged = err_new(ERR_FAILED, N_("The journal cannot be read: its file "
							     "is damaged."));
		damaged = err_hint(err_tag(damaged, "journal-damaged"),
				   N_("Keep a copy of the file for the help desk, then move it "
				      "away: inkan makes a new one. What is unfinished on tokens "
				      "can then no longer be resumed."));
		e = err_caused_by(damaged, e);
	} else if (e && err_has_tag(e, "journal-not-writable")) {
		e = not_writable(e);
	}
	if (!e)
		e = journal_check(j);
	if (!e)
		e = journal_room(j);
	doctor_find(d, FAMILY_STATE, FINDING_ERROR, e);
}

static void look_at_secrets(struct doctor *d)
{
	const char *answers = d->cli->o.answers;
	const char *pin = d->cli->uri ? token_uri_pin_source(d->cli->uri) : NULL;
	if (answers && (answers[0] != '-' || answers[1]))
		doctor_find(d, FAMILY_STATE, FINDING_ERROR, proc_private_file(answers));
	if (pin)
		doctor_find(d, FAMILY_STATE, FINDING_ERROR, proc_private_file(pin));
}

static bool is_found(const struct doctor *d, enum family f)
{
	for (size_t i = 0; i < d->n; i++)
		if (d->list[i].family == f)
			return true;
	return false;
}

void doctor_state(struct doctor *d)
{
	// What the listing met: to open the journal once more can take as long again.
	if (d->unlisted && err_has_tag(d->unlisted, "journal-not-writable")) {
		doctor_find(d, FAMILY_STATE, FINDING_ERROR, not_writable(d->unlisted));
		d->unlisted = NULL;
	} else {
		look_at_journal(d);
	}
	if (!is_found(d, FAMILY_STATE))
		look_at_locks(d);
	if (!is_found(d, FAMILY_STATE)) {
		doctor_find(d, FAMILY_STATE, FINDING_ERROR, d->unlisted);
		d->unlisted = NULL;
	}
	look_at_secrets(d);
}
