// Requests and certificates that somebody carries.
#include "enroll/by_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "enroll/ask.h"
#include "enroll/say.h"

static bool takes_files(const struct enrolment *e)
{
	return e->profile->ca.protocol == CA_FILE;
}

struct err *by_file_fits(const struct enrolment *e)
{
	if (takes_files(e))
		return NULL;
	if (e->job->answer)
		return err_hint(err_tag(err_new(ERR_USAGE,
						N_("The enrolment %1 gets its certificate over the "
						   "network, not from a file."),
						ARG_TEXT(e->record->id)),
					"not-by-file"),
				N_("`inkan resume %1` asks the certificate authority for it."),
				ARG_TEXT(e->record->id));
	if (!e->job->by_file)
		return NULL;
	return err_hint(
		err_tag(err_new(ERR_USAGE,
				N_("The profile %1 gets certificates over the network, so its "
				   "requests are not carried as files."),
				ARG_TEXT(e->profile->name)),
			"not-by-file"),
		N_("Use `inkan enroll` or `inkan renew`. Where a file is wanted, ask the "
		   "institution for a profile with protocol: file."));
}

static struct err *unwritable(const char *path, const struct msg_arg why)
{
	return err_hint(err_tag(err_new(ERR_USAGE, N_("The request cannot be written to %1: %2."),
					ARG_TEXT(path), why),
				"file-unwritable"),
			N_("Name another file with --out. No key was made."));
}

// The directory as it is called for good, and the file in it: the request may be written by a later run, from somewhere else.
static struct err *absolute(const char *path, char **out)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	AUTO_TEXT char *dir = !slash	      ? text_copy(".")
			      : slash == path ? text_copy("/")
					      : strndup(path, (size_t)(slash - path));
	if (!dir)
		return err_no_memory();
	if (!*name || !strcmp(name, ".") || !strcmp(name, ".."))
		return unwritable(path, ARG_ID(N_("it is a directory")));
	AUTO_TEXT char *real = realpath(dir, NULL);
	if (!real)
		return unwritable(path, ARG_TEXT(strerror(errno)));
	*out = text_format("%s/%s", strcmp(real, "/") != 0 ? real : "", name);
	return *out ? NULL : err_no_memory();
}

// *there: something that may be replaced is.
static struct err *look_at_place(const char *path, bool *there)
{
	struct stat st;
	AUTO_TEXT char *dir = text_copy(path);
	if (!dir)
		return err_no_memory();
	char *slash = strrchr(dir, '/');
	slash[slash == dir] = '\0';
	if (access(dir, W_OK | X_OK))
		return unwritable(path, ARG_TEXT(strerror(errno)));
	*there = !lstat(path, &st);
	if (*there && S_ISDIR(st.st_mode))
		return unwritable(path, ARG_ID(N_("it is a directory")));
	if (*there && !S_ISREG(st.st_mode))
		return unwritable(path, ARG_ID(N_("it is not a regular file")));
	return NULL;
}

static struct err *agree_to_replace(struct enrolment *e)
{
	TRY(ask_consent(e, "overwrite",
			msg_new(N_("There is a file %1 already. Shall the request take its place?"),
				ARG_TEXT(e->request_file)),
			&e->replace_file));
	if (e->replace_file)
		return NULL;
	return err_hint(err_tag(err_new(ERR_INTERRUPTED, N_("Nothing was begun, and the file is "
							    "as it was.")),
				"consent-refused"),
			N_("Name another file with --out."));
}

struct err *by_file_choose(struct enrolment *e)
{
	bool there = false;
	if (!takes_files(e) || e->written)
		return NULL;
	AUTO_TEXT char *own = text_format("inkan-%s.csr.pem", e->record->id);
	if (!own)
		return err_no_memory();
	free(e->request_file);
	e->request_file = NULL;
	TRY(absolute(e->job->out ? e->job->out : own, &e->request_file));
	TRY(look_at_place(e->request_file, &there));
	return there ? agree_to_replace(e) : NULL;
}

struct err *by_file_remember(struct enrolment *e)
{
	if (e->written || !ca_request_file(e->ca))
		return NULL;
	buf_reset(&e->record->ca_state);
	return ca_save(e->ca, &e->record->ca_state);
}

void by_file_tell(struct enrolment *e)
{
	const char *path = ca_request_file(e->ca);
	if (path)
		say_note(e, msg_new(N_("The request was written to the file %1. Nothing was sent "
				       "over a network."),
				    ARG_TEXT(path)));
}

// Somebody lost it, or cleared it away.
static struct err *write_again(struct enrolment *e)
{
	struct ca_outcome o = { 0 };
	bool sent = false;
	const struct buf *request = &e->record->request;
	if (!request->len || !access(ca_request_file(e->ca), F_OK))
		return NULL;
	const struct ca_request again = { .der = request->data, .len = request->len };
	TRY(ca_submit(e->ca, &again, &o, &sent));
	ca_outcome_free(&o);
	say_note(e, msg_new(N_("The file of the request was gone. It was written again.")));
	return NULL;
}

struct err *by_file_awaits(struct enrolment *e)
{
	if (e->record->mark != MARK_WAITING || e->job->answer || !ca_request_file(e->ca))
		return NULL;
	TRY(write_again(e));
	return err_hint(
		err_tag(err_new(ERR_PENDING,
				N_("The request is in the file %1. The certificate for it has "
				   "not come yet."),
				ARG_TEXT(ca_request_file(e->ca))),
			"file-awaited"),
		N_("Give this file to %1, and compare the SHA-256 of the request there. When you "
		   "get the certificate, as a file, run `inkan install FILE` (enrolment %2). "
		   "The key stays on the token until then."),
		ARG_BOTH(e->profile->institution), ARG_TEXT(e->record->id));
}

struct err *by_file_refused(struct enrolment *e, struct err *why)
{
	buf_reset(&e->record->certificates);
	cert_list_free(&e->issued);
	AUTO(err) struct err *unwritten = enrolment_mark(e, MARK_WAITING);
	if (unwritten)
		say_note(e, msg_copy(err_what(unwritten)));
	say_note(e, msg_new(N_("Nothing was changed on the token. The enrolment %1 goes on waiting "
			       "for the certificate that belongs to its request."),
			    ARG_TEXT(e->record->id)));
	if (err_next_step(why))
		return why;
	return err_hint(why,
			N_("Tell %1 what is wrong, ask for a certificate for the request in %2, "
			   "and run `inkan install FILE` with it (enrolment %3)."),
			ARG_BOTH(e->profile->institution), ARG_TEXT(ca_request_file(e->ca)),
			ARG_TEXT(e->record->id));
}
