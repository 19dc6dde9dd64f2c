// What holds of all seeds that an importer gives back.
#pragma once

#include "fuzz.h"
#include "otp/import.h"

static inline struct err *count_seed(void *ctx, const struct seed *s)
{
	MUST_HOLD(!seed_check(s));
	++*(size_t *)ctx;
	return NULL;
}

static inline bool same_words(const char *a, const char *b)
{
	return (!a && !b) || (a && b && strcmp(a, b) == 0);
}

static inline bool same_seed(const struct seed *a, const struct seed *b)
{
	return same_words(a->serial, b->serial) && same_words(a->issuer, b->issuer) &&
	       same_words(a->person, b->person) && same_words(a->model, b->model) &&
	       same_words(a->maker, b->maker) && same_words(a->suite, b->suite) &&
	       a->kind == b->kind && a->hash == b->hash && a->digits == b->digits &&
	       a->step == b->step && a->counter == b->counter && a->drift == b->drift &&
	       a->not_before == b->not_before && a->not_after == b->not_after &&
	       secret_equal(a->secret, b->secret);
}

// They can be used, there is one at least, and no serial is there twice.
static inline void seeds_must_hold(const struct seeds *s)
{
	MUST_HOLD(s->n > 0);
	for (size_t i = 0; i < s->n; i++) {
		MUST_HOLD(!seed_check(&s->list[i]));
		for (size_t j = 0; j < i && i < 100; j++)
			MUST_HOLD(strcmp(s->list[i].serial, s->list[j].serial) != 0);
	}
}
