// Sessions.
#include "practiceca/session.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "practiceca/openssl_error.h"

struct sessions {
	pthread_mutex_t turn;
	int64_t seconds;
	bool keypad;
	struct session list[SESSIONS_MAX]; // an empty id: free
};

struct err *sessions_new(int64_t seconds, bool keypad, struct sessions **out)
{
	struct sessions *s = calloc(1, sizeof *s);
	if (!s)
		return err_no_memory();
	pthread_mutex_init(&s->turn, NULL);
	s->seconds = seconds;
	s->keypad = keypad;
	*out = s;
	return NULL;
}

void session_end(struct session *x)
{
	secret_free(x->first);
	wipe(x, sizeof *x);
}

void sessions_free(struct sessions *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < SESSIONS_MAX; i++)
		session_end(&s->list[i]);
	pthread_mutex_destroy(&s->turn);
	free(s);
}

static struct err *random_name(char out[static SESSION_ID + 1])
{
	uint8_t bytes[SESSION_ID / 2];
	if (RAND_bytes(bytes, sizeof bytes) != 1)
		return openssl_error("RAND_bytes");
	for (size_t i = 0; i < sizeof bytes; i++)
		snprintf(out + 2 * i, 3, "%02x", bytes[i]);
	return NULL;
}

// The digits in another order (Fisher and Yates).
static struct err *shuffle(char codes[static 11])
{
	uint8_t random[10];
	if (RAND_bytes(random, sizeof random) != 1)
		return openssl_error("RAND_bytes");
	memcpy(codes, "0123456789", 11);
	for (size_t i = 9; i > 0; i--) {
		size_t k = random[i] % (i + 1);
		char c = codes[i];
		codes[i] = codes[k];
		codes[k] = c;
	}
	return NULL;
}

static bool is_over(const struct sessions *s, const struct session *x, int64_t now)
{
	return !x->id[0] || now - x->used_at >= s->seconds;
}

static struct err *fill(const struct sessions *s, bool user, bool ja, int64_t now,
			struct session *x)
{
	session_end(x);
	TRY(random_name(x->id));
	x->user = user;
	x->ja = ja;
	x->used_at = now;
	return s->keypad ? shuffle(x->codes) : NULL;
}

struct err *session_begin(struct sessions *s, bool user, bool ja, int64_t now, struct session **out)
{
	struct session *place = NULL;
	pthread_mutex_lock(&s->turn);
	for (size_t i = 0; i < SESSIONS_MAX && !place; i++)
		if (is_over(s, &s->list[i], now))
			place = &s->list[i];
	struct err *e = place ? fill(s, user, ja, now, place)
			      : err_new(ERR_FAILED, N_("There are too many sessions."));
	if (e) {
		pthread_mutex_unlock(&s->turn);
		return e;
	}
	*out = place;
	return NULL;
}

static bool read_cookie(const char *cookie, char id[static SESSION_ID + 1])
{
	static const char name[] = SESSION_COOKIE "=";
	for (const char *p = cookie; p && *p; p += strcspn(p, ";"), p += strspn(p, "; ")) {
		if (strncmp(p, name, sizeof name - 1) != 0)
			continue;
		p += sizeof name - 1;
		if (strcspn(p, "; ") != SESSION_ID)
			return false;
		memcpy(id, p, SESSION_ID);
		id[SESSION_ID] = '\0';
		return true;
	}
	return false;
}

void session_enter(struct sessions *s, const char *cookie, int64_t now, struct session **out)
{
	char id[SESSION_ID + 1];
	*out = NULL;
	if (!read_cookie(cookie, id))
		return;
	pthread_mutex_lock(&s->turn);
	for (size_t i = 0; i < SESSIONS_MAX && !*out; i++) {
		struct session *x = &s->list[i];
		if (!x->id[0] || CRYPTO_memcmp(x->id, id, SESSION_ID) != 0)
			continue;
		if (is_over(s, x, now))
			session_end(x);
		else
			*out = x;
		break;
	}
	if (*out)
		(*out)->used_at = now;
	else
		pthread_mutex_unlock(&s->turn);
}

void session_leave(struct sessions *s)
{
	pthread_mutex_unlock(&s->turn);
}

struct err *session_token(struct session *x)
{
	return random_name(x->token);
}

bool session_spend(struct session *x, const char *token)
{
	bool good = x->token[0] && token && strlen(token) == SESSION_ID &&
		    CRYPTO_memcmp(x->token, token, SESSION_ID) == 0;
	x->token[0] = '\0';
	return good;
}
