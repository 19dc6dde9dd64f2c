// HTTP Digest.
#include "practiceca/digest.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "practiceca/openssl_error.h"

#define REALM "inkan practice CA"
enum { NONCES = 256, NONCE_BYTES = 16, NONCE_SECONDS = 300, PART_MAX = 300, HEX_LEN = 64 };

struct nonce {
	char text[2 * NONCE_BYTES + 1]; // "": used
	int64_t at;
};

struct digest {
	pthread_mutex_t turn;
	struct nonce nonces[NONCES];
	size_t next;
};

struct err *digest_new(struct digest **out)
{
	struct digest *d = calloc(1, sizeof *d);
	if (!d)
		return err_no_memory();
	pthread_mutex_init(&d->turn, NULL);
	*out = d;
	return NULL;
}

void digest_free(struct digest *d)
{
	if (d)
		pthread_mutex_destroy(&d->turn);
	free(d);
}

struct err *digest_challenge(struct digest *d, int64_t now, char out[static DIGEST_CHALLENGE_MAX])
{
	uint8_t bytes[NONCE_BYTES];
	if (RAND_bytes(bytes, sizeof bytes) != 1)
		return openssl_error("RAND_bytes");
	AUTO_TEXT char *hex = text_hex(bytes, sizeof bytes, 0);
	if (!hex)
		return err_no_memory();
	pthread_mutex_lock(&d->turn);
	struct nonce *n = &d->nonces[d->next++ % NONCES]; // the oldest goes
	snprintf(n->text, sizeof n->text, "%s", hex);
	n->at = now;
	pthread_mutex_unlock(&d->turn);
	snprintf(out, DIGEST_CHALLENGE_MAX,
		 "Digest realm=\"" REALM "\", qop=\"auth\", algorithm=SHA-256, nonce=\"%s\", "
		 "charset=UTF-8",
		 hex);
	return NULL;
}

static bool use_nonce(struct digest *d, const char *text, int64_t now)
{
	bool known = false;
	pthread_mutex_lock(&d->turn);
	for (size_t i = 0; i < NONCES && text[0]; i++) {
		struct nonce *n = &d->nonces[i];
		if (strcmp(n->text, text) != 0)
			continue;
		known = now - n->at <= NONCE_SECONDS;
		n->text[0] = '\0';
	}
	pthread_mutex_unlock(&d->turn);
	return known;
}

// --- the header

enum part { USERNAME, PART_REALM, NONCE, URI, RESPONSE, ALGORITHM, CNONCE, NC, QOP, PARTS };
struct parts {
	char text[PARTS][PART_MAX];
};

// One NAME=VALUE or NAME="VALUE" at *at, which moves behind it and its comma. False: not one, or too long.
static bool read_part(const char **at, struct parts *p)
{
	static const char *const names[PARTS] = { "username",  "realm",	 "nonce", "uri", "response",
						  "algorithm", "cnonce", "nc",	  "qop" };
	char value[PART_MAX];
	size_t n = 0;
	const char *name = *at + strspn(*at, " \t,");
	size_t len = strcspn(name, "=");
	if (!name[len])
		return false;
	const char *c = name + len + 1;
	bool quoted = *c == '"';
	for (c += quoted; *c && *c != (quoted ? '"' : ','); c++) {
		if (quoted && *c == '\\' && c[1])
			c++;
		if (n + 1 >= sizeof value)
			return false;
		value[n++] = *c;
	}
	value[n] = '\0';
	if (quoted && *c++ != '"')
		return false;
	for (size_t i = 0; i < PARTS; i++)
		if (strlen(names[i]) == len && strncasecmp(names[i], name, len) == 0)
			memcpy(p->text[i], value, n + 1);
	*at = c + strspn(c, " \t,");
	return true;
}

static bool read_parts(const char *authorization, struct parts *p)
{
	if (!authorization || strncasecmp(authorization, "Digest ", 7) != 0)
		return false;
	const char *at = authorization + 7;
	while (*at)
		if (!read_part(&at, p))
			return false;
	return strcmp(p->text[PART_REALM], REALM) == 0 && strcmp(p->text[QOP], "auth") == 0 &&
	       strcasecmp(p->text[ALGORITHM], "SHA-256") == 0 &&
	       strcmp(p->text[NC], "00000001") == 0 && strlen(p->text[RESPONSE]) == HEX_LEN;
}

// --- the response

static void hash_text(const char *text, char out[static HEX_LEN + 1])
{
	uint8_t hash[SHA256_DIGEST_LENGTH];
	SHA256((const unsigned char *)text, strlen(text), hash);
	for (size_t i = 0; i < sizeof hash; i++)
		snprintf(out + 2 * i, 3, "%02x", hash[i]);
}

// RFC 7616 §3.4.1
static struct err *fits(const struct parts *p, const char *method, const char *password,
			bool *right)
{
	char first[HEX_LEN + 1], second[HEX_LEN + 1], wanted[HEX_LEN + 1];
	char *a1 = text_format("%s:%s:%s", p->text[USERNAME], REALM, password);
	AUTO_TEXT char *a2 = text_format("%s:%s", method, p->text[URI]);
	if (a1)
		hash_text(a1, first);
	wipe_free_text(a1);
	if (!a1 || !a2)
		return err_no_memory();
	hash_text(a2, second);
	AUTO_TEXT char *whole = text_format("%s:%s:%s:%s:%s:%s", first, p->text[NONCE], p->text[NC],
					    p->text[CNONCE], p->text[QOP], second);
	wipe(first, sizeof first);
	if (!whole)
		return err_no_memory();
	hash_text(whole, wanted);
	*right = CRYPTO_memcmp(wanted, p->text[RESPONSE], HEX_LEN) == 0;
	return NULL;
}

// --- what it was made of

struct readable {
	struct account account;
	char pin[PIN_MAX + 1], confirm[PIN_MAX + 1];
	bool there;
};

static void readable_cleanup(struct readable *r)
{
	wipe(r, sizeof *r);
}

static struct err *recall(struct store *s, const struct holder *h, struct readable *out)
{
	AUTO(rows) struct rows *r = NULL;
	bool more = false;
	TRY(account_find(s, h, &more, &out->account));
	if (!more)
		return NULL;
	TRY(store_query(s, "SELECT digest_pin, digest_confirm FROM account WHERE id=?",
			VALUES(V_INT(out->account.id)), &r));
	TRY(rows_next(r, &more));
	snprintf(out->pin, sizeof out->pin, "%s", rows_text(r, 0));
	snprintf(out->confirm, sizeof out->confirm, "%s", rows_text(r, 1));
	out->there = out->pin[0] != '\0';
	return NULL;
}

// The password with this second half, if the response is of it.
static struct err *try_second(const struct parts *p, const char *method, const struct readable *r,
			      const char *second, struct basic *out, bool *right)
{
	char password[2 * PIN_MAX + 2];
	snprintf(password, sizeof password, "%s:%s", r->pin, second);
	struct err *e = fits(p, method, password, right);
	if (!e && !*right && !second[0]) // the one-time password may stand in the request
		e = fits(p, method, r->pin, right);
	wipe(password, sizeof password);
	if (e || !*right)
		return e;
	TRY(secret_from(r->pin, strlen(r->pin), &out->first));
	return secret_from(second, strlen(second), &out->second);
}

static struct err *try_all(const struct parts *p, const char *method, const struct readable *r,
			   const struct login_rules *rules, int64_t now, struct basic *out)
{
	bool right = false;
	if (!holder_is_user(&out->holder))
		return try_second(p, method, r, r->confirm, out, &right);
	TRY(try_second(p, method, r, "", out, &right));
	uint64_t first = 0, last = 0;
	bool any = otp_range(&r->account.otp, now, rules->hotp_look_ahead, &first, &last);
	for (uint64_t n = first; any && !right && n <= last; n++) {
		char otp[OTP_DIGITS + 1];
		TRY(otp_value(&r->account.otp, n, otp));
		struct err *e = try_second(p, method, r, otp, out, &right);
		wipe(otp, sizeof otp);
		TRY(e);
	}
	return NULL;
}

struct err *digest_read(struct digest *d, struct database *db, const struct login_rules *rules,
			const struct digest_call *c, int64_t now, struct basic *out)
{
	struct parts p = { 0 };
	__attribute__((cleanup(readable_cleanup))) struct readable r = { 0 };
	AUTO_BASIC struct basic b = { 0 };
	if (!read_parts(c->authorization, &p) || strcmp(p.text[URI], c->path) != 0 ||
	    !use_nonce(d, p.text[NONCE], now))
		return NULL;
	b.given = true;
	b.shaped = holder_read(p.text[USERNAME], strlen(p.text[USERNAME]), &b.holder);
	if (b.shaped) {
		struct err *e = recall(database_take(db), &b.holder, &r);
		database_give(db);
		TRY(e);
	}
	if (r.there)
		TRY(try_all(&p, c->method, &r, rules, now, &b));
	if (!b.first) {
		TRY(secret_from("", 0, &b.first));
		TRY(secret_from("", 0, &b.second));
	}
	*out = b;
	b = (struct basic){ 0 };
	return NULL;
}

struct err *digest_keep(struct store *s, const struct holder *h, const struct secret *pin,
			const struct secret *confirm)
{
	return store_run(s,
			 "UPDATE account SET digest_pin=?, digest_confirm=? WHERE contract_id=? "
			 "AND user_id=?",
			 VALUES(V_TEXT(secret_text(pin)),
				V_TEXT(confirm ? secret_text(confirm) : ""), V_TEXT(h->contract_id),
				V_TEXT(h->user_id)),
			 NULL);
}
