// Keeping the answers given ahead of time, and reading their files.
#include "cli/inputs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/proc.h"

struct entry {
	char name[INPUTS_MAX_NAME];
	struct secret *value;
};

struct inputs {
	struct entry entries[INPUTS_MAX_ENTRIES];
	size_t n;
};

struct err *inputs_new(struct inputs **out)
{
	struct inputs *in = calloc(1, sizeof(*in));
	if (!in)
		return err_no_memory();
	*out = in;
	return NULL;
}

void inputs_free(struct inputs *in)
{
	if (!in)
		return;
	for (size_t i = 0; i < in->n; i++)
		secret_free(in->entries[i].value);
	free(in);
}

static struct entry *find(const struct inputs *in, const char *name)
{
	for (size_t i = 0; in && i < in->n; i++)
		if (in->entries[i].value && !strcmp(in->entries[i].name, name))
			return (struct entry *)(uintptr_t)&in->entries[i];
	return NULL;
}

const struct secret *inputs_get(const struct inputs *in, const char *name)
{
	const struct entry *e = find(in, name);
	return e ? e->value : NULL;
}

void inputs_drop(struct inputs *in, const char *name)
{
	struct entry *e = find(in, name);
	if (!e)
		return;
	secret_free(e->value);
	e->value = NULL;
}

void inputs_refill(struct inputs *in, struct inputs *again)
{
	for (size_t i = 0; i < in->n; i++) {
		struct entry *gone = &in->entries[i];
		struct entry *e =
			gone->value || !strcmp(gone->name, "otp") ? NULL : find(again, gone->name);
		if (!e)
			continue;
		gone->value = e->value;
		e->value = NULL;
	}
}

struct err *inputs_put(struct inputs *in, const char *name, struct secret *value)
{
	AUTO(secret) struct secret *owned = value;
	if (find(in, name))
		return err_tag(
			err_new(ERR_ANSWER, N_("The answers name %1 twice."), ARG_TEXT(name)),
			"answers-unreadable");
	if (in->n == INPUTS_MAX_ENTRIES || strlen(name) >= INPUTS_MAX_NAME)
		return err_tag(err_new(ERR_ANSWER, N_("These are too many answers.")),
			       "answers-unreadable");
	struct entry *e = &in->entries[in->n++];
	memcpy(e->name, name, strlen(name) + 1);
	e->value = owned;
	owned = NULL;
	return NULL;
}

// Memory for a whole file of secrets: locked, out of core dumps, wiped.
struct room {
	uint8_t *bytes;
	size_t size, len;
};

static struct err *room_open(struct room *r)
{
	r->size = INPUTS_MAX_FILE + 1; // one more, to see that a file is too long
	void *p = mmap(NULL, r->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return err_errno("mmap", NULL, errno);
	r->bytes = p;
	// As with a struct secret: memory that cannot be locked is still used.
	(void)!mlock2(p, r->size, 0);
	(void)!madvise(p, r->size, MADV_DONTDUMP);
	(void)!madvise(p, r->size, MADV_WIPEONFORK);
	return NULL;
}

static void room_cleanup(struct room *r)
{
	if (!r->bytes)
		return;
	wipe(r->bytes, r->size);
	munmap(r->bytes, r->size);
}

static struct err *read_room(struct room *r, int fd, const char *path)
{
	while (r->len < r->size) {
		ssize_t n = read(fd, r->bytes + r->len, r->size - r->len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_as(err_errno("read", path, errno), ERR_ANSWER);
		if (n == 0)
			return NULL;
		r->len += (size_t)n;
	}
	return err_tag(err_new(ERR_ANSWER, N_("%1 is larger than the limit of %2 bytes."),
			       ARG_TEXT(path), ARG_NUM(INPUTS_MAX_FILE)),
		       "too-large");
}

static void fd_cleanup(int *fd)
{
	if (*fd > STDERR_FILENO)
		close(*fd);
}

// Opens a file of secrets, and looks at what was opened: between a look and an opening it could be exchanged.
static struct err *open_private(const char *path, int *out)
{
	TRY(proc_private_file(path));
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return err_as(err_errno("open", path, errno), ERR_ANSWER);
	char opened[32];
	snprintf(opened, sizeof(opened), "/proc/self/fd/%d", fd);
	struct err *e = proc_private_file(opened);
	if (e) {
		close(fd);
		return e;
	}
	*out = fd;
	return NULL;
}

struct err *inputs_read(struct inputs *in, const char *path)
{
	bool standard = !strcmp(path, "-");
	__attribute__((cleanup(fd_cleanup))) int fd = STDIN_FILENO;
	struct err *e = standard ? NULL : open_private(path, &fd);
	if (e && !err_next_step(e))
		return err_hint(e, N_("Check the path that follows --answers."));
	if (e)
		return e;
	__attribute__((cleanup(room_cleanup))) struct room r = { 0 };
	TRY(room_open(&r));
	TRY(read_room(&r, fd, standard ? "stdin" : path));
	return inputs_scan(in, r.bytes, r.len);
}

struct err *inputs_read_pin(struct inputs *in, const char *path)
{
	if (find(in, "token_pin"))
		return NULL;
	__attribute__((cleanup(fd_cleanup))) int fd = -1;
	TRY(open_private(path, &fd));
	__attribute__((cleanup(room_cleanup))) struct room r = { 0 };
	TRY(room_open(&r));
	TRY(read_room(&r, fd, path));
	size_t len = 0;
	while (len < r.len && r.bytes[len] != '\n' && r.bytes[len] != '\r')
		len++;
	if (len == 0)
		return err_tag(err_new(ERR_ANSWER, N_("The first line of %1 holds no PIN."),
				       ARG_TEXT(path)),
			       "answers-unreadable");
	AUTO(secret) struct secret *pin = NULL;
	TRY(secret_from(r.bytes, len, &pin));
	struct secret *given = pin;
	pin = NULL;
	return inputs_put(in, "token_pin", given);
}
