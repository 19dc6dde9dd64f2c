// Looking at readers, and comparing two looks.
#include "token/readers.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "token/readers_inside.h"

const char *pcsc_service_name(enum pcsc_service s)
{
	static const char *const names[] = {
		[PCSC_UP] = "up",
		[PCSC_ABSENT] = "absent",
		[PCSC_DENIED] = "denied",
	};
	return names[s];
}

const char *reader_state_name(enum reader_state s)
{
	static const char *const names[] = {
		[READER_EMPTY] = "empty",
		[READER_CARD] = "card",
		[READER_MUTE] = "mute",
		[READER_UNAVAILABLE] = "unavailable",
	};
	return names[s];
}

const char *reader_change_name(enum reader_change c)
{
	static const char *const names[] = {
		[SERVICE_CHANGED] = "service",
		[READER_ADDED] = "reader-added",
		[READER_REMOVED] = "reader-removed",
		[CARD_IN] = "card-in",
		[CARD_OUT] = "card-out",
		[CARD_SWAPPED] = "card-swapped",
		[CARD_SILENT] = "card-mute",
	};
	return names[c];
}

// PC/SC's list of names: each ended by a zero byte, the list by another one.
static void take_names(struct readers *out, const char *names, size_t len)
{
	const char *at = names, *end = names + len;
	while (at < end && *at && out->n < READERS_MAX) {
		size_t n = strnlen(at, (size_t)(end - at));
		if (n < READER_NAME_MAX) {
			struct reader *r = &out->list[out->n++];
			*r = (struct reader){ .state = READER_EMPTY };
			memcpy(r->name, at, n);
		}
		at += n + 1;
	}
}

static LONG list_names(SCARDCONTEXT context, struct readers *out)
{
	char names[READERS_MAX * READER_NAME_MAX + 1];
	DWORD len = sizeof(names);
	LONG rv = SCardListReaders(context, NULL, names, &len);
	if (rv == SCARD_E_NO_READERS_AVAILABLE)
		return SCARD_S_SUCCESS;
	if (rv == SCARD_S_SUCCESS)
		take_names(out, names, len < sizeof(names) ? len : sizeof(names));
	return rv;
}

static enum reader_state state_of(DWORD bits)
{
	if (bits & (SCARD_STATE_UNKNOWN | SCARD_STATE_UNAVAILABLE))
		return READER_UNAVAILABLE;
	if (bits & SCARD_STATE_MUTE)
		return READER_MUTE;
	return bits & SCARD_STATE_PRESENT ? READER_CARD : READER_EMPTY;
}

static void take_state(struct reader *r, const SCARD_READERSTATE *s)
{
	r->state = state_of(s->dwEventState);
	r->exclusive = s->dwEventState & SCARD_STATE_EXCLUSIVE;
	r->in_use = r->exclusive || (s->dwEventState & SCARD_STATE_INUSE);
	r->counter = (unsigned)(s->dwEventState >> 16) & 0xffff;
	r->atr_len = s->cbAtr < READER_ATR_MAX ? s->cbAtr : READER_ATR_MAX;
	if (r->state != READER_CARD)
		r->atr_len = 0;
	memcpy(r->atr, s->rgbAtr, r->atr_len);
}

LONG readers_query(SCARDCONTEXT context, struct readers *out, SCARD_READERSTATE *states)
{
	*out = (struct readers){ .service = PCSC_UP };
	LONG rv = list_names(context, out);
	if (rv != SCARD_S_SUCCESS || out->n == 0)
		return rv;
	for (size_t i = 0; i < out->n; i++)
		states[i] = (SCARD_READERSTATE){ .szReader = out->list[i].name,
						 .dwCurrentState = SCARD_STATE_UNAWARE };
	rv = SCardGetStatusChange(context, 0, states, (DWORD)out->n);
	if (rv == SCARD_E_TIMEOUT || rv == SCARD_E_UNKNOWN_READER)
		rv = SCARD_S_SUCCESS; // a reader that went just now shows as unavailable
	for (size_t i = 0; rv == SCARD_S_SUCCESS && i < out->n; i++)
		take_state(&out->list[i], &states[i]);
	return rv;
}

struct err *readers_look(struct readers *out)
{
	SCARD_READERSTATE states[READERS_MAX];
	struct readers *seen = calloc(1, sizeof(*seen));
	SCARDCONTEXT context = 0;
	if (!seen)
		return err_no_memory();
	LONG rv = SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &context);
	const char *call = "SCardEstablishContext";
	if (rv == SCARD_S_SUCCESS) {
		call = "SCardGetStatusChange";
		rv = readers_query(context, seen, states);
		SCardReleaseContext(context);
	}
	if (pcsc_is_down(rv))
		*seen = (struct readers){ .service = pcsc_service_of(rv) };
	if (rv == SCARD_S_SUCCESS || pcsc_is_down(rv))
		*out = *seen;
	free(seen);
	return rv == SCARD_S_SUCCESS || pcsc_is_down(rv) ? NULL : pcsc_err(call, rv, NULL);
}

static const struct reader *find(const struct readers *all, const char *name)
{
	for (size_t i = 0; i < all->n; i++)
		if (!strcmp(all->list[i].name, name))
			return &all->list[i];
	return NULL;
}

struct telling {
	void (*tell)(void *ctx, const struct reader_event *e);
	void *ctx;
	enum pcsc_service service;
	size_t n;
};

static void tell(struct telling *t, enum reader_change change, const struct reader *r)
{
	t->n++;
	if (t->tell)
		t->tell(t->ctx, &(struct reader_event){
					.change = change, .reader = r, .service = t->service });
}

static bool holds_card(const struct reader *r)
{
	return r->state == READER_CARD || r->state == READER_MUTE;
}

static void tell_arrival(struct telling *t, const struct reader *r)
{
	if (holds_card(r))
		tell(t, r->state == READER_MUTE ? CARD_SILENT : CARD_IN, r);
}

static bool same_card(const struct reader *a, const struct reader *b)
{
	return a->counter == b->counter && a->atr_len == b->atr_len &&
	       memcmp(a->atr, b->atr, a->atr_len) == 0;
}

static void compare_reader(struct telling *t, const struct reader *was, const struct reader *is)
{
	if (!holds_card(was))
		tell_arrival(t, is);
	else if (!holds_card(is))
		tell(t, CARD_OUT, is);
	else if (is->state == READER_MUTE && was->state == READER_CARD)
		tell(t, CARD_SILENT, is);
	else if (is->state == READER_CARD && (was->state == READER_MUTE || !same_card(was, is)))
		tell(t, CARD_SWAPPED, is);
}

size_t readers_compare(const struct readers *before, const struct readers *now,
		       void (*tell_to)(void *ctx, const struct reader_event *e), void *ctx)
{
	struct telling t = { .tell = tell_to, .ctx = ctx, .service = now->service };
	for (size_t i = 0; i < before->n; i++) {
		const struct reader *was = &before->list[i];
		if (find(now, was->name))
			continue;
		if (holds_card(was))
			tell(&t, CARD_OUT, was);
		tell(&t, READER_REMOVED, was);
	}
	if (before->service != now->service)
		tell(&t, SERVICE_CHANGED, NULL);
	for (size_t i = 0; i < now->n; i++) {
		const struct reader *is = &now->list[i], *was = find(before, is->name);
		if (!was) {
			tell(&t, READER_ADDED, is);
			tell_arrival(&t, is);
		} else {
			compare_reader(&t, was, is);
		}
	}
	return t.n;
}

enum { DESCRIPTION_MAX = 64 };

// A module shows what has room of the name, padded with blanks; one that the name itself has at its end there cannot be told from them.
bool reader_is_called(const struct reader *r, const char *description)
{
	size_t n = strnlen(r->name, DESCRIPTION_MAX);
	while (n && r->name[n - 1] == ' ')
		n--;
	return strlen(description) == n && memcmp(description, r->name, n) == 0;
}

size_t readers_called(const char *description)
{
	size_t n = 0;
	if (strlen(description) < DESCRIPTION_MAX - 1)
		return 1;
	struct readers *now = calloc(1, sizeof(*now));
	struct err *e = now ? readers_look(now) : NULL;
	for (size_t i = 0; now && !e && i < now->n; i++)
		n += reader_is_called(&now->list[i], description);
	err_ignore(e);
	free(now);
	return n;
}

static struct err *no_such_reader(const char *description)
{
	return err_hint(
		err_tag(err_new(ERR_TOKEN, N_("Which reader the token is in cannot be told: %1."),
				ARG_TEXT(description)),
			"reader-unknown"),
		N_("Leave only this reader connected, then try again."));
}

struct err *reader_of_slot(const char *description, char name[READER_NAME_MAX])
{
	struct readers *now = calloc(1, sizeof(*now));
	const struct reader *found = NULL;
	size_t n = 0;
	if (!now)
		return err_no_memory();
	struct err *e = readers_look(now);
	for (size_t i = 0; !e && i < now->n; i++)
		if (reader_is_called(&now->list[i], description)) {
			found = &now->list[i];
			n++;
		}
	if (!e && n != 1)
		e = no_such_reader(description);
	if (!e)
		memcpy(name, found->name, READER_NAME_MAX);
	free(now);
	return e;
}
