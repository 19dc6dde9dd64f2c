// A CA that takes files: the request is written to one, somebody carries it, and the certificate comes back as another, days later.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "base/json.h"
#include "base/proc.h"
#include "ca/protocol.h"
#include "x509/handed.h"

enum { STATE_VERSION = 1, STATE_MAX = 16384, PEM_MAX = 65536, EVERYBODY_READS = 0644 };

struct file_ca {
	char *path; // of the request
	bool replace;
};

static void file_close(struct ca *c)
{
	struct file_ca *f = c->self;
	if (!f)
		return;
	free(f->path);
	free(f);
	c->self = NULL;
}

static struct err *restore(struct file_ca *f, const void *state, size_t len)
{
	AUTO(json) struct json_t *j = NULL;
	TRY(json_read(state, len, STATE_MAX, ERR_FAILED, "file", &j));
	const char *path = json_text(j, "file");
	if (json_number(j, "version", 0) != STATE_VERSION || !path || path[0] != '/')
		return err_new(ERR_FAILED,
			       N_("What was kept of the conversation with the CA cannot be read."));
	f->path = text_copy(path);
	f->replace = json_flag(j, "replace", false);
	return f->path ? NULL : err_no_memory();
}

static struct err *file_open(struct ca *c, const void *state, size_t state_len)
{
	struct file_ca *f = calloc(1, sizeof(*f));
	if (!f)
		return err_no_memory();
	c->self = f; // file_close frees it whatever happens now
	if (state)
		return restore(f, state, state_len);
	if (!c->terms.request_file)
		return err_new(ERR_FAILED, N_("There is no file for the request."));
	f->path = text_copy(c->terms.request_file);
	f->replace = c->terms.replace_file;
	return f->path ? NULL : err_no_memory();
}

static struct err *file_save(const struct ca *c, struct buf *state)
{
	const struct file_ca *f = c->self;
	AUTO(json)
	struct json_t *j = json_pack("{s:i,s:s,s:b}", "version", STATE_VERSION, "file", f->path,
				     "replace", f->replace);
	AUTO_TEXT char *line = j ? json_line(j) : NULL;
	return line ? buf_puts(state, line) : err_no_memory();
}

static struct err *file_constraints(struct ca *c, struct ca_constraints *out)
{
	const bool decrypt = c->terms.profile->key.decrypt;
	*out = (struct ca_constraints){
		.decrypt = decrypt,
		.key_usage_signature = true,
		.key_usage_encipherment = decrypt,
	};
	return NULL;
}

// Whoever runs the CA finds out by another way who brings the request.
static struct err *file_questions(struct ca *c, const struct ca_constraints *k,
				  struct ca_questions *out)
{
	(void)c;
	(void)k;
	out->n = 0;
	return NULL;
}

static struct err *file_authenticate(struct ca *c, const struct answers *a)
{
	(void)c;
	(void)a;
	return NULL;
}

// This very request is there already: an earlier run wrote it.
static bool is_written(const char *path, const struct buf *pem)
{
	AUTO_BUF struct buf there = BUF(PEM_MAX);
	struct err *e = buf_read_file(path, PEM_MAX, &there);
	bool same = !e && there.len == pem->len && !memcmp(there.data, pem->data, pem->len);
	err_ignore(e);
	return same;
}

static struct err *is_taken(const char *path)
{
	return err_hint(err_tag(err_new(ERR_INTERRUPTED,
					N_("There is another file %1 meanwhile; "
					   "it is not replaced."),
					ARG_TEXT(path)),
				"request-file-taken"),
			N_("Move it away and run `inkan resume`: the request is then written."));
}

// File systems of memory cards know no RENAME_NOREPLACE: there is a look before.
static struct err *put_in_place(const char *beside, const struct file_ca *f)
{
	unsigned how = f->replace ? 0 : RENAME_NOREPLACE;
	if (!renameat2(AT_FDCWD, beside, AT_FDCWD, f->path, how))
		return NULL;
	int why = errno;
	if (how && (why == EINVAL || why == ENOSYS)) {
		why = access(f->path, F_OK) ? 0 : EEXIST;
		if (!why && rename(beside, f->path))
			why = errno;
	}
	if (why == EEXIST)
		return is_taken(f->path);
	return why ? err_errno("rename", f->path, why) : NULL;
}

static struct err *sync_place(const char *path)
{
	AUTO_TEXT char *dir = text_copy(path);
	if (!dir)
		return err_no_memory();
	char *slash = strrchr(dir, '/');
	slash[slash == dir] = '\0';
	return proc_sync_dir(dir);
}

static struct err *write_request(const struct file_ca *f, const char *id, const struct buf *pem)
{
	AUTO_TEXT char *beside = NULL;
	// There is no secret in it.
	TRY(proc_write_beside(f->path, id, EVERYBODY_READS, pem->data, pem->len, &beside));
	struct err *e = put_in_place(beside, f);
	if (e)
		unlink(beside);
	return e ? e : sync_place(f->path);
}

static struct err *file_submit(struct ca *c, const struct ca_request *r, struct ca_outcome *out,
			       bool *sent)
{
	const struct file_ca *f = c->self;
	AUTO_BUF struct buf pem = BUF(PEM_MAX);
	TRY(request_pem(r->der, r->len, &pem));
	if (!is_written(f->path, &pem)) {
		struct err *e = write_request(f, c->terms.transaction, &pem);
		if (e)
			return err_while(e, N_("The request could not be written to %1."),
					 ARG_TEXT(f->path));
	}
	*sent = true;
	*out = (struct ca_outcome){ .state = CA_WAIT };
	return NULL;
}

static struct err *file_poll(struct ca *c, const struct ca_request *r, struct ca_outcome *out,
			     bool *sent)
{
	(void)r;
	(void)sent;
	struct ca_outcome o = { .state = CA_WAIT };
	if (c->terms.answer_file) {
		TRY(cert_list_from_handed_file(c->terms.answer_file, &o.issued));
		o.state = CA_ISSUED;
	}
	*out = o;
	return NULL;
}

static const char *file_request_file(const struct ca *c)
{
	return ((const struct file_ca *)c->self)->path;
}

const struct ca_ops ca_file = {
	.name = "file",
	.open = file_open,
	.constraints = file_constraints,
	.questions = file_questions,
	.authenticate = file_authenticate,
	.submit = file_submit,
	.poll = file_poll,
	.request_file = file_request_file,
	.save = file_save,
	.close = file_close,
};
