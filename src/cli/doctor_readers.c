// Findings about readers and the service that looks after them.
#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "cli/doctor.h"
#include "worker/worker.h"

// Without a card in a reader a software token may be all that is wanted.
static enum severity weight(const struct doctor *d)
{
	return d->tokens ? FINDING_NOTE : FINDING_ERROR;
}

static struct err *absent(void)
{
	return err_hint(
		err_tag(err_new(ERR_TOKEN, N_("The smart card service (pcscd) does not run, "
					      "so no reader can be used.")),
			"pcsc-absent"),
		N_("Start it: systemctl start pcscd.socket (as root). If it is not "
		   "installed, install the package pcscd."));
}

// The socket itself keeps us out, or polkit does behind it.
static struct err *denied(void)
{
	static const char path[] = "/run/pcscd/pcscd.comm";
	if (access(path, W_OK) != 0 && errno == EACCES)
		return err_hint(
			err_tag(err_new(ERR_TOKEN,
					N_("You may not open the socket of the smart card service, "
					   "%1."),
					ARG_TEXT(path)),
				"pcsc-socket-denied"),
			N_("Ask the machine's administrator: the socket is usually open to all "
			   "(mode 0666), and polkit decides."));
	return err_hint(err_tag(err_new(ERR_TOKEN, N_("polkit does not let you use the smart card "
						      "service (pcscd).")),
				"pcsc-denied"),
			N_("Work at the machine itself, or ask its administrator for a polkit rule "
			   "for org.debian.pcsc-lite.access_pcsc."));
}

// USB devices with an interface of class 0x0b (Smart Card, USB CCID 1.1 §4.1): readers that should be seen.
static size_t usb_readers(void)
{
	static const char dir[] = "/sys/bus/usb/devices";
	DIR *d = opendir(dir);
	size_t n = 0;
	const struct dirent *entry;
	while (d && (entry = readdir(d))) {
		char class_[8] = { 0 };
		AUTO_TEXT char *path = text_format("%s/%s/bInterfaceClass", dir, entry->d_name);
		FILE *f = path ? fopen(path, "re") : NULL;
		if (f && fgets(class_, sizeof(class_), f))
			n += !strncmp(class_, "0b", 2);
		if (f)
			fclose(f);
	}
	if (d)
		closedir(d);
	return n;
}

static struct err *no_reader(void)
{
	size_t there = usb_readers();
	if (there)
		return err_hint(
			err_tag(err_new(ERR_TOKEN,
					N_("%1 smart card readers are plugged in, but the smart "
					   "card service does not see them."),
					ARG_NUM(there)),
				"reader-not-seen"),
			N_("Install the package libccid. If it is installed, another program may "
			   "have the reader (scdaemon of GnuPG does): end it, then unplug the "
			   "reader and plug it in again."));
	return err_hint(
		err_tag(err_new(ERR_TOKEN, N_("No smart card reader is there.")), "reader-none"),
		N_("Plug the reader or the token in. If it is in, try another USB port."));
}

static char *programs(const json_t *seen)
{
	const json_t *list = json_object_get(seen, "programs");
	AUTO_BUF struct buf b = BUF(4096);
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *p = json_array_get(list, i);
		const char *name = json_text(p, "program");
		err_ignore(buf_printf(&b, "%s%s (%lld)", b.len ? ", " : "", name ? name : "?",
				      (long long)json_number(p, "pid", 0)));
	}
	return text_copy(b.data ? (const char *)b.data : "");
}

static struct err *held(const char *reader, const json_t *seen)
{
	AUTO_TEXT char *who = programs(seen);
	struct err *e = err_tag(err_new(ERR_TOKEN,
					N_("A program has the card in the reader %1 for itself."),
					ARG_TEXT(reader)),
				"card-held");
	if (who && *who)
		return err_hint(e,
				N_("These programs use the smart card service: %1. End the one "
				   "that uses the card."),
				ARG_TEXT(who));
	return err_hint(e, N_("End the other program. Its name cannot be seen without root."));
}

static struct err *mute(const char *reader)
{
	return err_hint(err_tag(err_new(ERR_TOKEN, N_("The card in the reader %1 does not answer."),
					ARG_TEXT(reader)),
				"card-mute"),
			N_("Take the card out, look that the chip faces the contacts and is clean, "
			   "and put it in again."));
}

static struct err *stuck(const char *reader)
{
	return err_hint(
		err_tag(err_new(ERR_TOKEN,
				N_("The smart card service keeps the reader %1 for a program that "
				   "has ended."),
				ARG_TEXT(reader)),
			"reader-stuck"),
		N_("Take the card out and put it in again. If that does not help, restart the "
		   "service: systemctl restart pcscd (as root)."));
}

static void look_at(struct doctor *d, const json_t *seen, const json_t *r)
{
	const char *name = json_text(r, "name"), *state = json_text(r, "state");
	if (json_flag(r, "exclusive", false))
		doctor_find(d, FAMILY_READERS, FINDING_ERROR, held(name ? name : "-", seen));
	if (state && !strcmp(state, "mute"))
		doctor_find(d, FAMILY_READERS, FINDING_ERROR, mute(name ? name : "-"));
	if (state && !strcmp(state, "unavailable"))
		doctor_find(
			d, FAMILY_READERS, FINDING_ERROR,
			err_hint(err_tag(err_new(ERR_TOKEN, N_("The reader %1 does not answer."),
						 ARG_TEXT(name ? name : "-")),
					 "reader-gone"),
				 N_("Unplug the reader and plug it in again.")));
}

// In use, and nobody is there who could use it: the other workers of this look have ended.
static bool is_stuck(const json_t *seen, const json_t *r)
{
	return json_flag(r, "in_use", false) && !json_flag(r, "exclusive", false) &&
	       json_array_size(json_object_get(seen, "programs")) == 0 &&
	       !json_flag(seen, "unseen", false);
}

static size_t count_stuck(const json_t *seen)
{
	const json_t *readers = json_object_get(seen, "readers");
	size_t n = 0;
	for (size_t i = 0; i < json_array_size(readers); i++)
		n += is_stuck(seen, json_array_get(readers, i));
	return n;
}

// A program that breaks off in the middle of a command to the card, and asks for the card again before pcscd has seen its reader go, waits for itself:
// pcsc-lite (1.9.9, SCardConnect in src/winscard.c) waits without end for the transaction that the same program has open, so neither is ever
// let go, and whoever comes next waits as well. OpenSC does so (0.23, pcsc_internal_transmit). What the service is about to forget is gone in
// a moment: only what stays is told.
static void find_stuck(struct doctor *d, const json_t *first)
{
	enum { TRIES = 5, PAUSE_MS = 200 };
	const struct job job = { .kind = JOB_READERS };
	const struct job *const jobs[] = { &job };
	struct result r = { 0 };
	const json_t *seen = first;
	for (int i = 0; i < TRIES && count_stuck(seen) > 0; i++) {
		clock_sleep_ms(PAUSE_MS);
		result_free(&r);
		worker_run_all(jobs, 1, &d->screen->face, &r);
		seen = r.object;
	}
	const json_t *readers = json_object_get(seen, "readers");
	for (size_t i = 0; i < json_array_size(readers); i++) {
		const json_t *one = json_array_get(readers, i);
		const char *name = json_text(one, "name");
		if (is_stuck(seen, one))
			doctor_find(d, FAMILY_READERS, FINDING_WARNING, stuck(name ? name : "-"));
	}
	result_free(&r);
}

void doctor_readers(struct doctor *d)
{
	struct result *r = &d->listings[0].readers;
	const char *pcsc = json_text(r->object, "pcsc");
	const json_t *readers = json_object_get(r->object, "readers");
	doctor_find(d, FAMILY_READERS, FINDING_ERROR, r->err);
	r->err = NULL;
	if (!pcsc)
		return;
	if (!strcmp(pcsc, "absent"))
		doctor_find(d, FAMILY_READERS, weight(d), absent());
	else if (!strcmp(pcsc, "denied"))
		doctor_find(d, FAMILY_READERS, weight(d), denied());
	else if (json_array_size(readers) == 0)
		doctor_find(d, FAMILY_READERS, weight(d), no_reader());
	for (size_t i = 0; i < json_array_size(readers); i++)
		look_at(d, r->object, json_array_get(readers, i));
	find_stuck(d, r->object);
}
