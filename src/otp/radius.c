// The RADIUS client: who is asked, how often, whom it believes, and what it says when nobody answers (RFC 2865, RFC 5080 §2.2).
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/rand.h>

#include "base/clock.h"
#include "base/log.h"
#include "otp/server_inside.h"

enum { TRIES_AT_ALL = OTP_SERVERS_MAX * RADIUS_ADDRESSES_MAX, LOOK_MS = 200, LONGEST_MS = 16000 };

// One question, from the first server to the last.
struct ask {
	struct otp_server *server;
	const char *user;
	const struct secret *value;
	struct radius_try *tries; // all that were begun; each goes on listening until the end
	size_t n;
	struct err *fault; // why one of them was not even begun
	struct radius_answer answer;
	size_t answered; // which of the tries, once there is an answer
	bool done;
};

static void ask_end(struct ask *a)
{
	for (size_t i = 0; i < a->n; i++)
		radius_try_close(&a->tries[i]);
	free(a->tries);
	err_ignore(a->fault);
	radius_answer_clear(&a->answer);
}

static bool stopped(const struct otp_server *s)
{
	return s->stop && s->stop(s->stop_ctx);
}

// All that has come to one try. a->done: it was the answer.
static struct err *look_at(struct ask *a, size_t which, int64_t until)
{
	struct radius_try *t = &a->tries[which];
	uint8_t bytes[RADIUS_PACKET_MAX];
	size_t len = 0;
	while (!a->done && radius_try_receive(t, bytes, &len)) {
		enum radius_flaw flaw = RADIUS_DAMAGED;
		TRY(radius_read(&t->request, a->server->shared, a->server->unsigned_answers, bytes,
				len, &flaw, &a->answer));
		t->flaws[flaw]++;
		a->done = flaw == RADIUS_GOOD;
		a->answered = which;
		if (clock_monotonic_ms() >= until)
			break;
	}
	return NULL;
}

// Listens at every port of this question until an answer, the time, or the word that the last one cannot be reached.
static struct err *wait_for_answer(struct ask *a, int64_t until)
{
	struct pollfd p[TRIES_AT_ALL];
	const struct radius_try *last = &a->tries[a->n - 1];
	for (;;) {
		int64_t left = until - clock_monotonic_ms();
		if (a->done || last->unreachable || left <= 0)
			return NULL;
		for (size_t i = 0; i < a->n; i++)
			p[i] = (struct pollfd){ .fd = a->tries[i].fd, .events = POLLIN };
		int n = poll(p, a->n, left < LOOK_MS ? (int)left : LOOK_MS);
		if (n < 0 && errno != EINTR)
			return err_as(err_errno("poll", NULL, errno), ERR_NETWORK);
		if (stopped(a->server))
			return otp_stopped();
		for (size_t i = 0; n > 0 && i < a->n && !a->done; i++)
			if (p[i].revents)
				TRY(look_at(a, i, until));
	}
}

// Up to a tenth more or less (RFC 5080 §2.2.1): many clients do not repeat at the same moment.
static int64_t jitter(int64_t ms)
{
	uint16_t random = 0;
	if (RAND_bytes((unsigned char *)&random, sizeof(random)) != 1)
		return 0;
	return ms / 10 * ((int64_t)random - 32768) / 32768;
}

// Begins a try and repeats it, byte for byte, waiting longer each time.
static struct err *ask_address(struct ask *a, size_t place, const struct radius_address *to)
{
	const struct otp_server *s = a->server;
	const struct radius_question q = { s->shared, a->user, a->value, s->nas,
					   s->challenge.there ? &s->challenge.state : NULL };
	struct radius_try *t = &a->tries[a->n];
	if (a->n == TRIES_AT_ALL)
		return NULL;
	struct err *e = radius_try_open(to, t);
	if (e) { // an address family that this machine does not have: the next one
		err_ignore(a->fault);
		a->fault = e;
		return NULL;
	}
	a->n++;
	t->place = place;
	TRY(radius_request(&q, &t->request));
	int64_t ms = (int64_t)s->seconds * 1000;
	for (unsigned i = 0; i < s->tries && !a->done && !t->unreachable; i++) {
		int64_t wait = ms + jitter(ms);
		log_debug("otp", N_("RADIUS: %1 is asked (%2)."), ARG_TEXT(to->shown),
			  ARG_NUM(i + 1));
		radius_try_send(t);
		TRY(wait_for_answer(a, clock_monotonic_ms() + wait));
		ms = wait * 2 > LONGEST_MS ? LONGEST_MS : wait * 2;
	}
	return NULL;
}

static struct err *ask_place(struct ask *a, size_t which)
{
	struct radius_address addresses[RADIUS_ADDRESSES_MAX];
	size_t n = 0;
	struct err *e = radius_resolve(&a->server->places[which].name, addresses, &n);
	if (e) {
		err_ignore(a->fault);
		a->fault = e;
		return NULL;
	}
	for (size_t i = 0; i < n && !a->done; i++)
		TRY(ask_address(a, which, &addresses[i]));
	return NULL;
}

// --- nobody answered ---

static struct err *told(const char *slug, struct msg *what, struct msg *hint)
{
	return err_hint_msg(err_tag(err_make(ERR_NETWORK, what), slug), hint);
}

static struct err *forged(const struct radius_try *t)
{
	return told("radius-forged",
		    msg_new(N_("What answered for the RADIUS server %1 does not know the shared "
			       "secret."),
			    ARG_TEXT(t->to.shown)),
		    msg_new(N_("It was not believed. Compare the shared secret with the server's; "
			       "if they are the same, somebody is in between: tell the "
			       "administrator.")));
}

static struct err *without_signature(const struct radius_try *t)
{
	return told("radius-unsigned",
		    msg_new(N_("The RADIUS server %1 answers without Message-Authenticator."),
			    ARG_TEXT(t->to.shown)),
		    msg_new(N_("It was not believed, for such an answer can be forged "
			       "(CVE-2024-3596). Have the server send it in Access-Accept, "
			       "Access-Reject and Access-Challenge, as inkan-profile(5) shows.")));
}

static struct err *from_elsewhere(const struct radius_try *t)
{
	return told("radius-elsewhere",
		    msg_new(N_("%1 was asked, and %2 answered."), ARG_TEXT(t->to.shown),
			    ARG_TEXT(t->other.shown)),
		    msg_new(N_("It was not believed. Where it is the same server, name that "
			       "address in the profile, or have the server answer from the "
			       "address that is asked.")));
}

static struct err *damaged(const struct radius_try *t)
{
	return told("radius-damaged",
		    msg_new(N_("What came from the RADIUS server %1 is no answer to what it was "
			       "asked."),
			    ARG_TEXT(t->to.shown)),
		    msg_new(N_("Check the server's address and port in the profile; tell the "
			       "administrator.")));
}

static struct err *unreachable(const struct radius_try *t)
{
	return told("radius-unreachable",
		    msg_new(N_("No RADIUS server can be reached at %1."), ARG_TEXT(t->to.shown)),
		    msg_new(N_("The value was not judged. Check that the server runs, its port, "
			       "and the network.")));
}

static struct err *silent(const struct radius_try *t)
{
	return told("radius-silent",
		    msg_new(N_("The RADIUS server %1 does not answer (asked %2 times)."),
			    ARG_TEXT(t->to.shown), ARG_NUM(t->sent)),
		    msg_new(N_("Nobody says whether the value was judged: use the next one. The "
			       "server is down, does not know this machine as a client, or has "
			       "another shared secret; its log says which.")));
}

// What a try says for itself; the lower, the more it tells.
static unsigned worth(const struct radius_try *t)
{
	if (t->flaws[RADIUS_FORGED])
		return 0;
	if (t->flaws[RADIUS_UNSIGNED])
		return 1;
	if (t->elsewhere)
		return 2;
	if (t->flaws[RADIUS_DAMAGED] || t->flaws[RADIUS_STRANGE] || t->flaws[RADIUS_LATE])
		return 3;
	return t->unreachable ? 5 : 4;
}

static struct err *fault_of(const struct radius_try *t)
{
	static struct err *(*const faults[])(const struct radius_try *) = {
		forged, without_signature, from_elsewhere, damaged, silent, unreachable
	};
	return faults[worth(t)](t);
}

// The one that tells most in front, the others as its causes.
static struct err *nobody_answered(struct ask *a)
{
	size_t best = 0;
	if (a->n == 0) {
		struct err *only = a->fault;
		a->fault = NULL;
		return only ? only : err_new(ERR_FAILED, N_("No RADIUS server was asked."));
	}
	for (size_t i = 1; i < a->n; i++)
		if (worth(&a->tries[i]) < worth(&a->tries[best]))
			best = i;
	struct err *causes = a->fault;
	a->fault = NULL;
	for (size_t i = a->n; i-- > 0;)
		if (i != best)
			causes = err_caused_by(fault_of(&a->tries[i]), causes);
	return err_caused_by(fault_of(&a->tries[best]), causes);
}

// --- somebody did ---

static bool may_be_spent(const struct ask *a)
{
	for (size_t i = 0; i < a->n; i++)
		if (i != a->answered && a->tries[i].sent && !a->tries[i].unreachable)
			return true;
	return false;
}

// The answer to a challenge belongs to the server that made it, at the address where it did.
static struct err *keep_challenge(struct ask *a)
{
	struct otp_server *s = a->server;
	char *user = text_copy(a->user);
	if (!user)
		return err_no_memory();
	otp_server_forget(s);
	s->challenge = (struct otp_challenge){ .there = true,
					       .user = user,
					       .place = s->first,
					       .at = a->tries[a->answered].to,
					       .state = a->answer.state };
	return NULL;
}

static struct err *take_answer(struct ask *a, struct otp_reply *out)
{
	a->server->first = a->tries[a->answered].place;
	switch (a->answer.code) {
	case RADIUS_ACCESS_ACCEPT:
		out->verdict = OTP_ACCEPTED;
		break;
	case RADIUS_ACCESS_CHALLENGE:
		TRY(keep_challenge(a));
		out->verdict = OTP_CHALLENGED;
		out->shown = a->answer.shown;
		break;
	default:
		out->verdict = OTP_REJECTED;
		out->unsure = may_be_spent(a);
	}
	if (out->verdict != OTP_CHALLENGED)
		otp_server_forget(a->server);
	out->words = a->answer.words;
	a->answer.words = NULL;
	return NULL;
}

static struct err *ask_all(struct ask *a)
{
	struct otp_server *s = a->server;
	if (s->challenge.there)
		return ask_address(a, s->challenge.place, &s->challenge.at);
	size_t begin = s->first;
	for (size_t i = 0; i < s->n_places && !a->done; i++)
		TRY(ask_place(a, (begin + i) % s->n_places));
	return NULL;
}

struct err *radius_ask(struct otp_server *s, const char *user, const struct secret *value,
		       struct otp_reply *out)
{
	struct ask a = { .server = s, .user = user, .value = value };
	a.tries = calloc(TRIES_AT_ALL, sizeof(*a.tries));
	if (!a.tries)
		return err_no_memory();
	struct err *e = ask_all(&a);
	if (!e)
		e = a.done ? take_answer(&a, out) : nobody_answered(&a);
	ask_end(&a);
	return e;
}
