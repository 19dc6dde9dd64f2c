// Watching the readers: SCardGetStatusChange, over whatever happens to pcscd.
#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "token/readers_inside.h"

// SLICE_MS: how long a call waits before `stopped` is asked again; what PC/SC tells comes at once all the same.
// RETRY_MS: how often a pcscd that is not there is looked for.
// CALM_MS: when PC/SC says that something changed and it is nothing that we tell (a program came or went), so that a reader in trouble does not keep us busy.
enum { SLICE_MS = 250, RETRY_MS = 250, CALM_MS = 20 };
static const char NEW_READERS[] = "\\\\?PnP?\\Notification";

struct readers_watch {
	_Atomic(SCARDCONTEXT) context; // 0: none
	atomic_bool cancelled;
	struct readers last, now;
	SCARD_READERSTATE states[READERS_MAX + 1];
	bool looked; // `last` was handed out
};

struct err *readers_watch_new(struct readers_watch **out)
{
	struct readers_watch *w = calloc(1, sizeof(*w));
	if (!w)
		return err_no_memory();
	*out = w;
	return NULL;
}

static void leave(struct readers_watch *w)
{
	SCARDCONTEXT context = atomic_exchange(&w->context, 0);
	if (context)
		SCardReleaseContext(context);
}

void readers_watch_free(struct readers_watch *w)
{
	if (!w)
		return;
	leave(w);
	free(w);
}

void readers_watch_cancel(struct readers_watch *w)
{
	atomic_store(&w->cancelled, true);
	// A call that begins only after this ends with its slice.
	SCARDCONTEXT context = atomic_load(&w->context);
	if (context)
		SCardCancel(context);
}

static bool is_over(struct readers_watch *w, const struct readers_listener *l)
{
	return atomic_load(&w->cancelled) || (l->stopped && l->stopped(l->ctx));
}

struct handing {
	const struct readers_listener *l;
	const struct readers *now;
};

static void hand_on(void *ctx, const struct reader_event *e)
{
	const struct handing *h = ctx;
	h->l->event(h->l->ctx, e, h->now);
}

// w->now is what was seen just now.
static void tell_changes(struct readers_watch *w, const struct readers_listener *l)
{
	if (w->looked) {
		struct handing h = { .l = l, .now = &w->now };
		if (readers_compare(&w->last, &w->now, hand_on, &h) == 0)
			clock_sleep_ms(CALM_MS);
	} else if (l->seen) {
		l->seen(l->ctx, &w->now);
	}
	w->looked = true;
	w->last = w->now;
}

static void tell_down(struct readers_watch *w, const struct readers_listener *l, LONG rv)
{
	leave(w);
	w->now = (struct readers){ .service = pcsc_service_of(rv) };
	tell_changes(w, l);
}

static void pause_between(struct readers_watch *w, const struct readers_listener *l)
{
	if (!is_over(w, l))
		clock_sleep_ms(RETRY_MS);
}

// Until something changes, or the slice is over. The number of readers stands where a state has its counter.
static LONG wait_slice(struct readers_watch *w)
{
	size_t n = w->last.n;
	for (size_t i = 0; i < n; i++) {
		w->states[i].szReader = w->last.list[i].name;
		w->states[i].dwCurrentState =
			w->states[i].dwEventState & ~(DWORD)SCARD_STATE_CHANGED;
	}
	w->states[n] =
		(SCARD_READERSTATE){ .szReader = NEW_READERS, .dwCurrentState = (DWORD)n << 16 };
	return SCardGetStatusChange(atomic_load(&w->context), SLICE_MS, w->states, (DWORD)n + 1);
}

static LONG wait_for_change(struct readers_watch *w, const struct readers_listener *l)
{
	LONG rv = SCARD_E_TIMEOUT;
	while (rv == SCARD_E_TIMEOUT && !is_over(w, l))
		rv = wait_slice(w);
	return rv;
}

static bool is_fine(LONG rv)
{
	return rv == SCARD_S_SUCCESS || rv == SCARD_E_TIMEOUT || rv == SCARD_E_CANCELLED ||
	       rv == SCARD_E_UNKNOWN_READER || rv == SCARD_E_READER_UNAVAILABLE ||
	       rv == SCARD_E_NO_READERS_AVAILABLE;
}

// As long as pcscd is there. Returns what ended it.
static LONG watch_service(struct readers_watch *w, const struct readers_listener *l)
{
	while (!is_over(w, l)) {
		LONG rv = readers_query(atomic_load(&w->context), &w->now, w->states);
		if (rv != SCARD_S_SUCCESS && !is_fine(rv))
			return rv;
		tell_changes(w, l);
		rv = wait_for_change(w, l);
		if (!is_fine(rv))
			return rv;
	}
	return SCARD_S_SUCCESS;
}

struct err *readers_watch_run(struct readers_watch *w, const struct readers_listener *l)
{
	while (!is_over(w, l)) {
		SCARDCONTEXT context = 0;
		LONG rv = SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &context);
		if (rv == SCARD_S_SUCCESS) {
			atomic_store(&w->context, context);
			rv = watch_service(w, l);
		}
		if (rv == SCARD_S_SUCCESS)
			continue;
		if (!pcsc_is_down(rv))
			return pcsc_err("SCardGetStatusChange", rv, NULL);
		tell_down(w, l, rv);
		pause_between(w, l);
	}
	leave(w);
	return NULL;
}
