// Collecting what is wrong with a profile, so that the person corrects it in one go.
#include "profile/fault.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

enum { NEAR_MAX_WORD = 40, NEAR_MAX_SLIPS = 2 };

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

bool place_known(const struct faults *f, const char *path)
{
	return place_exact(f, path, strlen(path));
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
		chain = err_new(ERR_PROFILE, N_("More faults that are not shown: %1."),
				ARG_NUM(f->n_all - f->n));
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

static unsigned lesser(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

static bool same_letter(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

// How many slips make b of a: a letter too many, too few, wrong, or two that changed places. Both at most NEAR_MAX_WORD bytes.
static unsigned slips(const char *a, const char *b)
{
	size_t la = strlen(a), lb = strlen(b);
	unsigned d[NEAR_MAX_WORD + 1][NEAR_MAX_WORD + 1];
	for (size_t i = 0; i <= la; i++)
		d[i][0] = (unsigned)i;
	for (size_t j = 0; j <= lb; j++)
		d[0][j] = (unsigned)j;
	for (size_t i = 1; i <= la; i++)
		for (size_t j = 1; j <= lb; j++) {
			unsigned n = d[i - 1][j - 1] + !same_letter(a[i - 1], b[j - 1]);
			n = lesser(n, lesser(d[i - 1][j], d[i][j - 1]) + 1);
			if (i > 1 && j > 1 && same_letter(a[i - 1], b[j - 2]) &&
			    same_letter(a[i - 2], b[j - 1]))
				n = lesser(n, d[i - 2][j - 2] + 1);
			d[i][j] = n;
		}
	return d[la][lb];
}

const char *near_word(const char *word, const char *const *words)
{
	const char *best = NULL;
	unsigned best_slips = NEAR_MAX_SLIPS + 1;
	if (strlen(word) > NEAR_MAX_WORD)
		return NULL;
	for (; *words; words++) {
		if (strlen(*words) > NEAR_MAX_WORD)
			continue;
		unsigned n = slips(word, *words);
		// Two letters of three are another word, not a slip.
		if (n < best_slips && (size_t)2 * n <= strlen(*words)) {
			best = *words;
			best_slips = n;
		}
	}
	return best;
}
