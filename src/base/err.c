// Errors: making them, giving them hints, calls and causes, and asking them.
#include "base/err.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err_inside.h"
#include "base/text.h"

// Needs no memory, is never changed and never freed.
static struct err no_memory = { .kind = ERR_FAILED, .slug = "no-memory" };

struct err *err_make(enum err_kind kind, struct msg *what)
{
	struct err *e = calloc(1, sizeof(*e));
	if (!e) {
		msg_free(what);
		return &no_memory;
	}
	e->kind = kind >= ERR_FAILED && kind <= ERR_INTERRUPTED ? kind : ERR_FAILED;
	e->what = what;
	return e;
}

struct err *err_no_memory(void)
{
	return &no_memory;
}

// The reason in words; null for those that happen too seldom for words of our own.
static const char *reason_of(int errnum)
{
	static const struct {
		int errnum;
		const char *id;
	} reasons[] = {
		{ ENOENT, N_("it does not exist") },
		{ EACCES, N_("you are not allowed to use it") },
		{ EPERM, N_("the system does not permit it") },
		{ ENOTDIR, N_("a part of the path is not a directory") },
		{ EISDIR, N_("it is a directory") },
		{ EEXIST, N_("it exists already") },
		{ ELOOP, N_("there are too many symbolic links") },
		{ ENAMETOOLONG, N_("the name is too long") },
		{ ENOSPC, N_("the disk is full") },
		{ EDQUOT, N_("your share of the disk is full") },
		{ EROFS, N_("the file system is read-only") },
		{ EIO, N_("the device reports a read or write error") },
		{ EMFILE, N_("too many files are open") },
		{ ENFILE, N_("too many files are open") },
		{ ENOMEM, N_("there is not enough memory") },
		{ EAGAIN, N_("it is busy") },
		{ EBUSY, N_("it is busy") },
		{ EPIPE, N_("the other side closed the connection") },
		{ ECONNRESET, N_("the other side closed the connection") },
	};
	for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
		if (reasons[i].errnum == errnum)
			return reasons[i].id;
	return NULL;
}

struct err *err_errno(const char *call, const char *path, int errnum)
{
	const char *id = reason_of(errnum);
	// strerrordesc_np is English in every locale; a worker has no language.
	const char *desc = strerrordesc_np(errnum);
	const char *name = strerrorname_np(errnum);
	struct msg_arg why = id ? ARG_ID(id) : ARG_TEXT(desc ? desc : "?");
	struct err *e =
		path ? err_new(ERR_FAILED, N_("%1 cannot be used: %2."), ARG_TEXT(path), why)
		     : err_new(ERR_FAILED, N_("The system refused a call: %1."), why);
	return err_call(e, call, name ? name : "errno", (uint64_t)errnum);
}

struct err *err_hint_msg(struct err *e, struct msg *hint)
{
	if (!e || e == &no_memory) {
		msg_free(hint);
		return e;
	}
	msg_free(e->hint);
	e->hint = hint;
	return e;
}

// Printable ASCII, as the JSON wants it: a library's own words may come in another language.
static void put_name(char *out, size_t room, const char *name)
{
	snprintf(out, room, "%s", name ? name : "");
	for (char *p = out; *p; p++)
		if (*p < 0x20 || *p > 0x7e)
			*p = '?';
}

struct err *err_call(struct err *e, const char *call, const char *code_name, uint64_t code)
{
	if (!e || e == &no_memory)
		return e;
	put_name(e->call, sizeof(e->call), call);
	put_name(e->code_name, sizeof(e->code_name), code_name);
	e->code = code;
	return e;
}

struct err *err_caused_by(struct err *e, struct err *cause)
{
	if (!e || e == &no_memory) {
		err_free(cause);
		return e;
	}
	struct err *last = e;
	while (last->cause)
		last = last->cause;
	if (last == &no_memory)
		err_free(cause);
	else
		last->cause = cause;
	return e;
}

struct err *err_while_msg(struct err *e, struct msg *what)
{
	if (!e) {
		msg_free(what);
		return NULL;
	}
	struct err *outer = err_make(e->kind, what);
	// The tag goes with it: scripts look at the outermost error.
	outer = err_tag(outer, e->slug);
	return err_caused_by(outer, e);
}

struct err *err_as(struct err *e, enum err_kind kind)
{
	if (e && e != &no_memory)
		e->kind = kind;
	return e;
}

struct err *err_tag(struct err *e, const char *slug)
{
	if (e && e != &no_memory)
		snprintf(e->slug, sizeof(e->slug), "%s", slug ? slug : "");
	return e;
}

const char *err_slug(const struct err *e)
{
	return e ? e->slug : "";
}

enum err_kind err_kind(const struct err *e)
{
	return e->kind;
}

const struct msg *err_what(const struct err *e)
{
	return e->what ? e->what : msg_no_memory();
}

const struct msg *err_next_step(const struct err *e)
{
	for (; e; e = e->cause)
		if (e->hint)
			return e->hint;
	return NULL;
}

const char *err_call_name(const struct err *e)
{
	return e->call[0] ? e->call : NULL;
}

const char *err_code_name(const struct err *e)
{
	return e->code_name[0] ? e->code_name : NULL;
}

uint64_t err_code(const struct err *e)
{
	return e->code;
}

const struct err *err_cause(const struct err *e)
{
	return e->cause;
}

bool err_has_code(const struct err *e, const char *code_name)
{
	for (; e; e = e->cause)
		if (strcmp(e->code_name, code_name) == 0)
			return true;
	return false;
}

bool err_has_tag(const struct err *e, const char *slug)
{
	for (; e; e = err_cause(e))
		if (strcmp(err_slug(e), slug) == 0)
			return true;
	return false;
}

void err_free(struct err *e)
{
	while (e && e != &no_memory) {
		struct err *cause = e->cause;
		msg_free(e->what);
		msg_free(e->hint);
		free(e);
		e = cause;
	}
}

void err_ignore(struct err *e)
{
	err_free(e);
}

static void put_paragraph(FILE *f, const struct msg *m)
{
	char *text = msg_render(m);
	if (text && *text)
		fprintf(f, "%s\n", text);
	free(text);
}

const char *err_nearest_slug(const struct err *e)
{
	for (; e; e = e->cause)
		if (*err_slug(e))
			return err_slug(e);
	return "";
}

// "[pin-wrong] C_Login: CKR_PIN_INCORRECT (0xa0)": the nearest tag and the nearest call of the chain.
char *err_codes(const struct err *e)
{
	const char *slug = err_nearest_slug(e);
	while (e && !e->call[0])
		e = e->cause;
	AUTO_TEXT char *tag = *slug ? text_format("[%s]", slug) : text_copy("");
	if (!e || !tag)
		return text_copy(tag);
	const char *space = *slug ? " " : "";
	if (e->code_name[0])
		return text_format("%s%s%s: %s (0x%llx)", tag, space, e->call, e->code_name,
				   (unsigned long long)e->code);
	return text_format("%s%s%s: 0x%llx", tag, space, e->call, (unsigned long long)e->code);
}

char *err_render(const struct err *e)
{
	enum { COLUMNS = 80 };
	AUTO_TEXT char *plain = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&plain, &size);
	if (!f)
		return NULL;
	for (const struct err *c = e; c; c = c->cause)
		put_paragraph(f, err_what(c));
	if (err_next_step(e))
		put_paragraph(f, err_next_step(e));
	AUTO_TEXT char *codes = err_codes(e);
	if (codes && *codes)
		fprintf(f, "%s\n", codes);
	if (fclose(f) != 0)
		return NULL;
	char *out = NULL;
	err_ignore(text_wrap(plain, COLUMNS, 0, &out));
	return out;
}
