// Collecting what is wrong with a profile, so that the person corrects it in one go.
#include "profile/fault.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

enum { NEAR_MAX_WORD = 40, NEAR_MAX_EDITS = 2 };

void faults_free(struct faults *f)
{
	for (size_t i = 0; i < f->n; i++)
		err_free(f->list[i].err);
	for (size_t i = 0; i < f->n_places; i++)
		free(f->places[i].path);
	free(f->places);
	*f = (struct faults){ .origin = f->origin };
}

static const struct place *place_exact(const struct faults *f, const char *path, size_t len)
{
	for (size_t i = 0; i < f->n_places; i++) {
		const char *have = f->places[i].path;
		if (strncmp(have, path, len) == 0 && have[len] == '\0')
			return &f->places[i];
	}
	return NULL;
}

struct err *place_put(struct faults *f, const char *path, struct mark mark)
{
	if (place_exact(f, path, strlen(path)))
		return NULL;
	if (f->n_places == f->places_room) {
		size_t room = f->places_room ? 2 * f->places_room : 64;
		struct place *more = reallocarray(f->places, room, sizeof(*more));
		if (!more)
			return err_no_memory();
		f->places = more;
		f->places_room = room;
	}
	char *copy = text_copy(path);
	if (!copy)
		return err_no_memory();
	f->places[f->n_places++] = (struct place){ .path = copy, .mark = mark };
	return NULL;
}

struct mark place_find(const struct faults *f, const char *path)
{
	size_t len = strlen(path);
	while (len > 0) {
		const struct place *p = place_exact(f, path, len);
		if (p)
			return p->mark;
		while (len > 0 && path[len - 1] != '.')
			len--;
		if (len > 0)
			len--;
	}
	return (struct mark){ 1, 1 };
}

const char *fault_where(const struct faults *f, struct mark mark, char out[static FAULT_WHERE])
{
	if (mark.line == 0)
		snprintf(out, FAULT_WHERE, "%.200s", f->origin);
	else
		snprintf(out, FAULT_WHERE, "%.200s:%u:%u", f->origin, mark.line, mark.column);
	return out;
}

static bool before(struct mark a, struct mark b)
{
	return a.line < b.line || (a.line == b.line && a.column < b.column);
}

// Keeps the first ones of the file, in its order.
void fault_put_err(struct faults *f, struct mark mark, struct err *e)
{
	f->n_all++;
	if (f->n == FAULTS_TOLD) {
		if (!before(mark, f->list[f->n - 1].mark)) {
			err_free(e);
			return;
		}
		err_free(f->list[--f->n].err);
	}
	size_t at = f->n;
	while (at > 0 && before(mark, f->list[at - 1].mark))
		at--;
	memmove(&f->list[at + 1], &f->list[at], (f->n - at) * sizeof(f->list[0]));
	f->list[at] = (struct fault){ .mark = mark, .err = e };
	f->n++;
}

void fault_put(struct faults *f, struct mark mark, struct msg *what, struct msg *hint)
{
	struct err *e = err_make(ERR_PROFILE, what);
	fault_put_err(f, mark, hint ? err_hint_msg(e, hint) : e);
}

static struct err *faults_chain(struct faults *f)
{
	struct err *chain = NULL;
	if (f->n_all > f->n)
		chain = err_new(ERR_PROFILE, N_("And %1 more faults."), ARG_NUM(f->n_all - f->n));
	while (f->n > 0) {
		struct err *e = f->list[--f->n].err;
		chain = chain ? err_caused_by(e, chain) : e;
	}
	return chain;
}

struct err *faults_take(struct faults *f)
{
	if (f->n_all == 0)
		return NULL;
	size_t n = f->n_all;
	struct err *chain = faults_chain(f);
	struct err *top = n == 1 ? err_new(ERR_PROFILE, N_("The profile %1 has a fault."),
					   ARG_TEXT(f->origin))
				 : err_new(ERR_PROFILE, N_("The profile %1 has %2 faults."),
					   ARG_TEXT(f->origin), ARG_NUM(n));
	if (!err_next_step(chain))
		top = err_hint(top,
			       N_("Correct the file and check it with: inkan profile check %1"),
			       ARG_TEXT(f->origin));
	f->n_all = 0;
	return err_tag(err_caused_by(top, chain), "profile-invalid");
}

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
	unsigned m = a < b ? a : b;
	return m < c ? m : c;
}

// The Levenshtein distance of two words of at most NEAR_MAX_WORD bytes.
static unsigned edits(const char *a, const char *b)
{
	size_t la = strlen(a), lb = strlen(b);
	unsigned row[NEAR_MAX_WORD + 1];
	for (size_t j = 0; j <= lb; j++)
		row[j] = (unsigned)j;
	for (size_t i = 1; i <= la; i++) {
		unsigned diagonal = row[0];
		row[0] = (unsigned)i;
		for (size_t j = 1; j <= lb; j++) {
			unsigned above = row[j];
			unsigned change = diagonal + (a[i - 1] != b[j - 1]);
			row[j] = min3(change, above + 1, row[j - 1] + 1);
			diagonal = above;
		}
	}
	return row[lb];
}

const char *near_word(const char *word, const char *const *words)
{
	const char *best = NULL;
	unsigned best_edits = NEAR_MAX_EDITS + 1;
	if (strlen(word) > NEAR_MAX_WORD)
		return NULL;
	for (; *words; words++) {
		if (strlen(*words) > NEAR_MAX_WORD)
			continue;
		unsigned n = edits(word, *words);
		// Two letters of three are another word, not a slip.
		if (n < best_edits && 2 * n <= strlen(*words)) {
			best = *words;
			best_edits = n;
		}
	}
	return best;
}
