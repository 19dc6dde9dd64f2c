// Connecting to a card and having it for oneself, with a limit of time.
//
// SCardConnect and SCardBeginTransaction wait without one while another program is at work with the card. So they run in a thread; when the time is
// over, the thread is left to itself with what it holds, and gives that back if it ever gets through.
#include "token/pcsc.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "token/holders.h"
#include "token/pcsc_card.h"

enum { AGAIN_MS = 50, TELL_AFTER_MS = 100, TELL_EVERY_MS = 1000 };

static void link_free(struct link *l)
{
	if (l->card && l->begun)
		SCardEndTransaction(l->card, SCARD_LEAVE_CARD);
	if (l->card)
		SCardDisconnect(l->card, SCARD_LEAVE_CARD);
	if (l->context)
		SCardReleaseContext(l->context);
	pthread_mutex_destroy(&l->lock);
	pthread_cond_destroy(&l->ended);
	free(l);
}

static struct link *link_new(const char *reader)
{
	struct link *l = calloc(1, sizeof(*l));
	if (!l)
		return NULL;
	memcpy(l->reader, reader, strnlen(reader, sizeof(l->reader) - 1));
	pthread_condattr_t monotonic;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&l->ended, &monotonic);
	pthread_condattr_destroy(&monotonic);
	pthread_mutex_init(&l->lock, NULL);
	return l;
}

static bool is_left(struct link *l)
{
	pthread_mutex_lock(&l->lock);
	bool left = l->left;
	pthread_mutex_unlock(&l->lock);
	return left;
}

static LONG connect_card(struct link *l)
{
	const DWORD any = SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1;
	LONG rv = SCARD_S_SUCCESS;
	l->call = "SCardEstablishContext";
	if (!l->context)
		rv = SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &l->context);
	if (rv != SCARD_S_SUCCESS)
		return rv;
	l->call = "SCardConnect";
	do {
		rv = SCardConnect(l->context, l->reader, SCARD_SHARE_SHARED, any, &l->card,
				  &l->protocol);
		if (rv == SCARD_E_SHARING_VIOLATION)
			clock_sleep_ms(AGAIN_MS);
	} while (rv == SCARD_E_SHARING_VIOLATION && !is_left(l));
	l->reset = true;
	return rv;
}

static LONG begin(struct link *l)
{
	LONG rv = SCARD_S_SUCCESS;
	for (int again = 0; again < 3; again++) {
		l->call = "SCardBeginTransaction";
		rv = SCardBeginTransaction(l->card);
		if (rv != SCARD_W_RESET_CARD)
			break;
		l->reset = true;
		l->call = "SCardReconnect";
		LONG reconnected = SCardReconnect(l->card, SCARD_SHARE_SHARED,
						  SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1,
						  SCARD_LEAVE_CARD, &l->protocol);
		if (reconnected != SCARD_S_SUCCESS)
			return reconnected;
	}
	l->begun = rv == SCARD_S_SUCCESS;
	return rv;
}

static void *work(void *ctx)
{
	struct link *l = ctx;
	LONG rv = l->card ? SCARD_S_SUCCESS : connect_card(l);
	if (rv == SCARD_S_SUCCESS && l->want_begin)
		rv = begin(l);
	pthread_mutex_lock(&l->lock);
	l->rv = rv;
	l->done = true;
	bool left = l->left;
	pthread_cond_signal(&l->ended);
	pthread_mutex_unlock(&l->lock);
	if (left)
		link_free(l);
	return NULL;
}

// Whether it is done within so many milliseconds.
static bool wait_done(struct link *l, int64_t ms)
{
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += (long)(ms % 1000) * 1000000L;
	until.tv_sec += (time_t)(ms / 1000) + until.tv_nsec / 1000000000L;
	until.tv_nsec %= 1000000000L;
	pthread_mutex_lock(&l->lock);
	while (!l->done && pthread_cond_timedwait(&l->ended, &l->lock, &until) == 0)
		;
	bool done = l->done;
	pthread_mutex_unlock(&l->lock);
	return done;
}

static struct err *held_error(const struct link *l, const char *who)
{
	struct err *e =
		pcsc_err(l->call ? l->call : "SCardConnect", SCARD_E_SHARING_VIOLATION, l->reader);
	if (!*who)
		return e;
	return err_hint(e,
			N_("These programs use the smart card service: %1. End the one that uses "
			   "the card, then repeat the command."),
			ARG_TEXT(who));
}

static struct err *stopped(void)
{
	return err_tag(err_new(ERR_INTERRUPTED, N_("The waiting for the card was stopped.")),
		       "card-wait-stopped");
}

// Null once the thread is done; else why nobody waits any more.
static struct err *wait_for(struct link *l, const struct pcsc_patience *p)
{
	int64_t begun = clock_monotonic_ms(), next = TELL_AFTER_MS;
	for (;;) {
		int64_t left = p->wait_ms - (clock_monotonic_ms() - begun);
		int64_t slice = left < next ? left : next;
		if (wait_done(l, slice > 0 ? slice : 0))
			return NULL;
		struct holders all;
		holders_find(&all);
		AUTO_TEXT char *who = holders_text(&all);
		const char *names = who ? who : "";
		if (left <= slice)
			return held_error(l, names);
		if (p->waiting && p->waiting(p->ctx, names))
			return stopped();
		next = TELL_EVERY_MS;
	}
}

// The thread goes on alone, or has just ended: then it is ours after all.
static bool leave_alone(struct link *l)
{
	pthread_mutex_lock(&l->lock);
	bool done = l->done;
	l->left = !done;
	pthread_mutex_unlock(&l->lock);
	return !done;
}

// Connects, and begins a transaction where that is wanted. After an error the link is gone.
static struct err *run_limited(struct pcsc_card *c, const struct pcsc_patience *p, bool want_begin)
{
	struct link *l = c->link;
	pthread_t thread;
	pthread_attr_t attributes;
	l->want_begin = want_begin;
	l->done = false;
	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	int failed = pthread_create(&thread, &attributes, work, l);
	pthread_attr_destroy(&attributes);
	if (failed)
		return err_errno("pthread_create", NULL, failed);
	struct err *why = wait_for(l, p);
	if (why && leave_alone(l)) {
		c->link = NULL;
		return why;
	}
	err_ignore(why);
	// Until the thread has let go of the lock the link cannot be freed.
	pthread_mutex_lock(&l->lock);
	LONG rv = l->rv;
	pthread_mutex_unlock(&l->lock);
	if (rv == SCARD_S_SUCCESS)
		return NULL;
	struct err *e = pcsc_err(l->call, rv, l->reader);
	link_free(l);
	c->link = NULL;
	return e;
}

static struct err *need_link(struct pcsc_card *c)
{
	if (!c->link)
		c->link = link_new(c->reader);
	return c->link ? NULL : err_no_memory();
}

struct err *pcsc_connect(const char *reader, const struct pcsc_patience *p, struct pcsc_card **out)
{
	AUTO(pcsc_card) struct pcsc_card *c = calloc(1, sizeof(*c));
	if (!c)
		return err_no_memory();
	memcpy(c->reader, reader, strnlen(reader, sizeof(c->reader) - 1));
	TRY(need_link(c));
	TRY(run_limited(c, p, false));
	*out = c;
	c = NULL;
	return NULL;
}

struct err *pcsc_begin(struct pcsc_card *c, const struct pcsc_patience *p, bool *reset)
{
	TRY(need_link(c));
	struct link *l = c->link;
	if (!l->begun)
		TRY(run_limited(c, p, true));
	*reset = l->reset;
	l->reset = false;
	return NULL;
}

void pcsc_end(struct pcsc_card *c)
{
	if (!c || !c->link || !c->link->begun)
		return;
	SCardEndTransaction(c->link->card, SCARD_LEAVE_CARD);
	c->link->begun = false;
}

void pcsc_close(struct pcsc_card *c)
{
	if (!c)
		return;
	if (c->link)
		link_free(c->link);
	free(c);
}
