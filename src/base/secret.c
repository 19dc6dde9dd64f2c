// Secrets: each in pages of its own, locked, out of core dumps, zero in a forked child, wiped when freed.
//
// The head of a secret lies in the same pages as its bytes. A forked child therefore sees a secret of
// no length and no capacity, which every function here handles, rather than a length over wiped bytes.
#include "base/secret.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct secret {
	size_t mapped; // bytes of the whole mapping
	size_t cap;
	size_t len;
	bool locked;
	uint8_t bytes[]; // cap + 1: a zero always follows
};

void wipe(void *p, size_t len)
{
	if (p && len > 0)
		explicit_bzero(p, len);
}

void wipe_free_text(char *s)
{
	if (!s)
		return;
	wipe(s, strlen(s));
	free(s);
}

static size_t whole_pages(size_t bytes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	return (bytes + page - 1) / page * page;
}

struct err *secret_new(size_t cap, struct secret **out)
{
	if (cap > SECRET_FORM)
		return err_tag(err_new(ERR_FAILED,
				       N_("A secret of %1 bytes is more than %2 bytes."),
				       ARG_NUM(cap), ARG_NUM(SECRET_FORM)),
			       "too-large");
	size_t mapped = whole_pages(sizeof(struct secret) + cap + 1);
	struct secret *s =
		mmap(NULL, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (s == MAP_FAILED)
		return err_errno("mmap", NULL, errno);
	if (madvise(s, mapped, MADV_DONTDUMP) != 0 || madvise(s, mapped, MADV_WIPEONFORK) != 0) {
		int e = errno;
		munmap(s, mapped);
		return err_errno("madvise", NULL, e);
	}
	// mlock2, since the sanitizers replace mlock by a function that locks nothing.
	s->locked = mlock2(s, mapped, 0) == 0;
	s->mapped = mapped;
	s->cap = cap;
	*out = s;
	return NULL;
}

struct err *secret_from(const void *bytes, size_t len, struct secret **out)
{
	if (len > SECRET_MAX)
		return err_tag(err_new(ERR_ANSWER,
				       N_("What was typed is too long: at most %1 bytes fit."),
				       ARG_NUM(SECRET_MAX)),
			       "too-large");
	AUTO(secret) struct secret *s = NULL;
	TRY(secret_new(len, &s));
	TRY(secret_append(s, bytes, len));
	*out = s;
	s = NULL;
	return NULL;
}

struct err *secret_copy(const struct secret *s, struct secret **out)
{
	AUTO(secret) struct secret *copy = NULL;
	TRY(secret_new(secret_cap(s), &copy));
	TRY(secret_append(copy, secret_bytes(s), secret_len(s)));
	*out = copy;
	copy = NULL;
	return NULL;
}

void secret_free(struct secret *s)
{
	if (!s)
		return;
	// In a forked child the head reads zero, and so does all the rest: its pages go with the child.
	size_t mapped = s->mapped;
	if (mapped == 0)
		return;
	wipe(s, mapped);
	munmap(s, mapped);
}

struct err *secret_append(struct secret *s, const void *bytes, size_t len)
{
	if (len > s->cap - s->len)
		return err_tag(err_new(ERR_ANSWER,
				       N_("What was typed is too long: at most %1 bytes fit."),
				       ARG_NUM(s->cap)),
			       "too-large");
	if (len > 0)
		memcpy(s->bytes + s->len, bytes, len);
	s->len += len;
	s->bytes[s->len] = 0;
	return NULL;
}

void secret_wipe(struct secret *s)
{
	secret_chop(s, 0);
}

void secret_chop(struct secret *s, size_t len)
{
	if (!s || len > s->len)
		return;
	secret_set_len(s, len);
}

const uint8_t *secret_bytes(const struct secret *s)
{
	return s ? s->bytes : (const uint8_t *)"";
}

uint8_t *secret_room(struct secret *s)
{
	return s->bytes;
}

void secret_set_len(struct secret *s, size_t len)
{
	if (len > s->cap)
		len = s->cap;
	s->len = len;
	// What was read into the room past the length is no part of the secret and does not stay.
	wipe(s->bytes + len, s->cap + 1 - len);
}

size_t secret_len(const struct secret *s)
{
	return s ? s->len : 0;
}

size_t secret_cap(const struct secret *s)
{
	return s ? s->cap : 0;
}

const char *secret_text(const struct secret *s)
{
	return (const char *)secret_bytes(s);
}

bool secret_locked(const struct secret *s)
{
	return s && s->locked;
}

bool secret_equal(const struct secret *a, const struct secret *b)
{
	if (!a || !b || a->len != b->len)
		return false;
	volatile uint8_t differ = 0;
	for (size_t i = 0; i < a->len; i++)
		differ = (uint8_t)(differ | (a->bytes[i] ^ b->bytes[i]));
	return differ == 0;
}
