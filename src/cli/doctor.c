// inkan doctor: runs the examinations, and shows what they found.
#include "cli/doctor.h"

#include <ctype.h>
#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/lang.h"
#include "cli/commands.h"
#include "cli/errors.h"
#include "cli/print.h"

enum { FINDING_INDENT = 4 };

const char *severity_name(enum severity s)
{
	static const char *const names[] = {
		[FINDING_NOTE] = "note",
		[FINDING_WARNING] = "warning",
		[FINDING_ERROR] = "error",
	};
	return names[s];
}

const char *family_name(enum family f)
{
	static const char *const names[N_FAMILIES] = {
		[FAMILY_READERS] = "readers", [FAMILY_DRIVERS] = "drivers",
		[FAMILY_TOKENS] = "tokens",   [FAMILY_CA] = "ca",
		[FAMILY_STATE] = "state",
	};
	return names[f];
}

void doctor_find(struct doctor *d, enum family f, enum severity s, struct err *e)
{
	if (!e)
		return;
	if (d->n == MAX_FINDINGS) {
		err_free(e);
		return;
	}
	d->list[d->n++] = (struct finding){ .family = f, .severity = s, .err = e };
}

bool doctor_runs(const char *program)
{
	DIR *proc = opendir("/proc");
	const struct dirent *entry;
	bool runs = false;
	while (proc && !runs && (entry = readdir(proc))) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		char comm[32] = { 0 };
		AUTO_TEXT char *path = text_format("/proc/%s/comm", entry->d_name);
		FILE *f = path ? fopen(path, "re") : NULL;
		if (f && fgets(comm, sizeof(comm), f))
			comm[strcspn(comm, "\n")] = '\0';
		if (f)
			fclose(f);
		runs = !strcmp(comm, program);
	}
	if (proc)
		closedir(proc);
	return runs;
}

// --- For people ------------------------------------------------------------------------------------------------------

static const char *family_words(enum family f)
{
	static const char *const words[N_FAMILIES] = {
		[FAMILY_READERS] = N_("Readers and the smart card service"),
		[FAMILY_DRIVERS] = N_("Drivers (PKCS#11 modules)"),
		[FAMILY_TOKENS] = N_("Tokens"),
		[FAMILY_CA] = N_("Certificate authority and clock"),
		[FAMILY_STATE] = N_("inkan's own files"),
	};
	return words[f];
}

static const char *severity_words(enum severity s)
{
	static const char *const words[] = {
		[FINDING_NOTE] = N_("good to know"),
		[FINDING_WARNING] = N_("warning"),
		[FINDING_ERROR] = N_("error"),
	};
	return words[s];
}

static void say_finding(const struct finding *f)
{
	const struct error_row *row = error_find(err_nearest_slug(f->err));
	const struct msg *hint = err_next_step(f->err);
	AUTO_TEXT char *what = msg_render(err_what(f->err));
	AUTO_TEXT char *todo = hint ? msg_render(hint) : NULL;
	AUTO_TEXT char *codes = err_codes(f->err);
	const struct text2 text = { .en = what }, next = { .en = todo };
	say_in(stdout, 2, N_("%1: %2"), ARG_ID(severity_words(f->severity)), ARG_BOTH(text));
	for (const struct err *c = err_cause(f->err); c; c = err_cause(c))
		print_msg(stdout, FINDING_INDENT, msg_copy(err_what(c)));
	if (todo)
		say_in(stdout, FINDING_INDENT, N_("What to do: %1"), ARG_BOTH(next));
	else if (row)
		say_in(stdout, FINDING_INDENT, N_("What to do: %1"), ARG_ID(row->todo));
	if (codes && *codes)
		print_text(stdout, FINDING_INDENT, codes);
}

static size_t count(const struct doctor *d, enum family f)
{
	size_t n = 0;
	for (size_t i = 0; i < d->n; i++)
		n += d->list[i].family == f;
	return n;
}

static void say_family(const struct doctor *d, enum family f)
{
	if (count(d, f) == 0) {
		say(stdout, N_("%1: nothing is wrong."), ARG_ID(family_words(f)));
		return;
	}
	say(stdout, N_("%1:"), ARG_ID(family_words(f)));
	for (size_t i = 0; i < d->n; i++)
		if (d->list[i].family == f)
			say_finding(&d->list[i]);
}

static size_t errors_in(const struct doctor *d)
{
	size_t n = 0;
	for (size_t i = 0; i < d->n; i++)
		n += d->list[i].severity == FINDING_ERROR;
	return n;
}

static void say_all(const struct doctor *d)
{
	for (int f = 0; f < N_FAMILIES; f++)
		say_family(d, (enum family)f);
	print_blank(stdout);
	size_t errors = errors_in(d);
	if (errors)
		say(stdout, N_("To be mended: %1."), ARG_NUM(errors));
	else if (d->n)
		say(stdout, N_("Nothing hinders inkan, but look at what is told above."));
	else
		say(stdout, N_("Nothing has to be mended."));
	if (!d->cli->o.profile)
		say(stdout, N_("With --profile the certificate authority is looked at, too."));
}

// --- For programs ----------------------------------------------------------------------------------------------------

static json_t *finding_object(const struct finding *f)
{
	const struct error_row *row = error_find(err_nearest_slug(f->err));
	const struct msg *hint = err_next_step(f->err);
	AUTO_TEXT char *text = msg_render_english(err_what(f->err));
	AUTO_TEXT char *todo = hint ? msg_render_english(hint) : text_copy(row ? row->todo : "");
	json_t *o = json_object();
	json_object_set_new(o, "code", json_string(err_nearest_slug(f->err)));
	json_object_set_new(o, "severity", json_string(severity_name(f->severity)));
	json_object_set_new(o, "family", json_string(family_name(f->family)));
	json_object_set_new(o, "text", json_string(text ? text : ""));
	json_object_set_new(o, "todo", json_string(todo ? todo : ""));
	return o;
}

static void print_findings(const struct doctor *d)
{
	AUTO(json) json_t *o = json_object();
	json_t *list = json_array();
	json_object_set_new(o, "findings", list);
	for (size_t i = 0; i < d->n; i++)
		json_array_append_new(list, finding_object(&d->list[i]));
	json_object_set_new(o, "errors", json_integer((json_int_t)errors_in(d)));
	print_json(stdout, o);
}

// --- The examination -------------------------------------------------------------------------------------------------

static bool asks_already(const struct listing *l, const char *path)
{
	for (size_t i = 0; i < l->n; i++)
		if (!strcmp(l->jobs[i]->module, path))
			return true;
	return false;
}

// The profile's module, where nobody registered it.
static struct err *list_profile_module(struct doctor *d)
{
	if (!d->profile || !d->profile->module || d->cli->o.module)
		return NULL;
	struct module_source source = { 0 };
	struct err *e = module_find(d->profile->module, true, &source);
	if (e) {
		doctor_find(d, FAMILY_DRIVERS, FINDING_ERROR, e);
		return NULL;
	}
	bool asked = asks_already(&d->listings[0], source.path);
	module_source_free(&source);
	return asked ? NULL
		     : listing_make(d->cli, d->profile->module, &d->screen->face, &d->listings[1]);
}

// Blank ones do not count: SoftHSM always shows one that could still be made.
static void count_tokens(struct doctor *d)
{
	for (size_t i = 0; i < DOCTOR_LISTINGS; i++) {
		for (size_t k = 0; k < d->listings[i].n; k++) {
			const json_t *list =
				json_object_get(d->listings[i].results[k].object, "tokens");
			for (size_t n = 0; n < json_array_size(list); n++)
				d->tokens +=
					json_flag(json_array_get(list, n), "initialised", true);
		}
	}
}

static struct err *was_stopped(struct doctor *d)
{
	for (size_t i = 0; i < DOCTOR_LISTINGS; i++) {
		for (size_t k = 0; k < d->listings[i].n; k++) {
			struct err *e = d->listings[i].results[k].err;
			if (!e || err_kind(e) != ERR_INTERRUPTED)
				continue;
			d->listings[i].results[k].err = NULL;
			return e;
		}
	}
	return NULL;
}

static void load_profile(struct doctor *d)
{
	struct err *e = profile_load(d->cli->o.profile, &d->profile);
	doctor_find(d, FAMILY_CA, FINDING_ERROR,
		    err_has_tag(e, "trust-missing") ? doctor_no_trust(e) : e);
}

static struct err *examine(struct doctor *d)
{
	if (d->cli->o.profile)
		load_profile(d);
	// A journal that cannot be opened is a finding, and the modules that it knows are then not asked.
	struct err *e = listing_make_readers(d->cli, &d->screen->face, &d->listings[0]);
	if (e && err_kind(e) == ERR_FAILED)
		d->unlisted = e;
	else if (e)
		return e;
	TRY(list_profile_module(d));
	TRY(was_stopped(d));
	count_tokens(d);
	doctor_readers(d);
	doctor_modules(d);
	doctor_tokens(d);
	doctor_ca(d);
	doctor_state(d);
	return NULL;
}

static struct err *doctor(struct doctor *d)
{
	running_begin(&d->screen->running, lang_text(N_("Looking")), 0);
	struct err *e = examine(d);
	running_drop(&d->screen->running);
	TRY(e);
	if (d->cli->o.bundle)
		TRY(doctor_bundle(d, d->cli->o.bundle, d->cli->o.names));
	if (d->cli->o.json)
		print_findings(d);
	else
		say_all(d);
	if (d->cli->o.bundle && !d->cli->o.json)
		say(stdout, N_("For the help desk: %1"), ARG_TEXT(d->cli->o.bundle));
	return NULL;
}

static void doctor_free(struct doctor *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < d->n; i++)
		err_free(d->list[i].err);
	for (size_t i = 0; i < DOCTOR_LISTINGS; i++)
		listing_free(&d->listings[i]);
	err_free(d->unlisted);
	profile_free(d->profile);
	free(d);
}

int run_doctor(struct cli *cli)
{
	AUTO_SCREEN struct screen screen;
	screen_open(&screen, cli);
	struct doctor *d = calloc(1, sizeof(*d));
	struct err *e = d ? NULL : err_no_memory();
	if (!e) {
		*d = (struct doctor){ .cli = cli, .screen = &screen };
		e = doctor(d);
	}
	int status = e ? cli_fail(cli, e, NULL) : errors_in(d) ? (int)ERR_FAILED : 0;
	doctor_free(d);
	return status;
}
