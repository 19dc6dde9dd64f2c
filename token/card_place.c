// Whether a card was taken out of its reader since.
#include "token/card_place.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "token/readers_inside.h"

struct card_place {
	SCARDCONTEXT context; // kept: that it ends tells that pcscd did
	char reader[READER_NAME_MAX];
	DWORD state; // as PC/SC has it, the counter of cards in and out among it
};

enum { COUNTER_SHIFT = 16 };

// Of two readers that the slot may mean, the one to watch cannot be told.
static bool find(struct card_place *p, const char *slot)
{
	struct readers *seen = calloc(1, sizeof(*seen));
	SCARD_READERSTATE states[READERS_MAX];
	size_t n = 0;
	if (seen && readers_query(p->context, seen, states) == SCARD_S_SUCCESS) {
		for (size_t i = 0; i < seen->n; i++) {
			if (!reader_is_called(&seen->list[i], slot) ||
			    !(states[i].dwEventState & SCARD_STATE_PRESENT))
				continue;
			memcpy(p->reader, seen->list[i].name, sizeof(p->reader));
			p->state = states[i].dwEventState & ~(DWORD)SCARD_STATE_CHANGED;
			n++;
		}
	}
	free(seen);
	return n == 1;
}

struct card_place *card_place_take(const struct token_info *t)
{
	if (!t->removable || !t->slot_description[0])
		return NULL;
	struct card_place *p = calloc(1, sizeof(*p));
	if (p &&
	    SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &p->context) == SCARD_S_SUCCESS) {
		if (find(p, t->slot_description))
			return p;
		SCardReleaseContext(p->context);
	}
	free(p);
	return NULL;
}

void card_place_free(struct card_place *p)
{
	if (!p)
		return;
	SCardReleaseContext(p->context);
	free(p);
}

static enum place_state judge(const struct card_place *p, DWORD now)
{
	bool out = !(now & SCARD_STATE_PRESENT) ||
		   (now & (SCARD_STATE_UNKNOWN | SCARD_STATE_UNAVAILABLE));
	return out || now >> COUNTER_SHIFT != p->state >> COUNTER_SHIFT ? PLACE_LEFT : PLACE_SAME;
}

enum place_state card_place_look(const struct card_place *p, unsigned wait_ms)
{
	if (!p)
		return PLACE_SAME;
	// PC/SC tells of programs that come and go, too: so it is asked again until the time is over.
	SCARD_READERSTATE s = { .szReader = p->reader, .dwCurrentState = SCARD_STATE_UNAWARE };
	LONG rv = SCardGetStatusChange(p->context, 0, &s, 1);
	int64_t until = clock_monotonic_ms() + wait_ms;
	while (rv == SCARD_S_SUCCESS && judge(p, s.dwEventState) == PLACE_SAME) {
		int64_t left = until - clock_monotonic_ms();
		if (left <= 0)
			return PLACE_SAME;
		s.dwCurrentState = s.dwEventState & ~(DWORD)SCARD_STATE_CHANGED;
		rv = SCardGetStatusChange(p->context, (DWORD)left, &s, 1);
	}
	if (rv == SCARD_E_TIMEOUT)
		return PLACE_SAME;
	if (rv == SCARD_S_SUCCESS || rv == SCARD_E_UNKNOWN_READER ||
	    rv == SCARD_E_READER_UNAVAILABLE)
		return PLACE_LEFT;
	return PLACE_SERVICE_ENDED;
}
