// A card after the Generic Identity Device Specification (version 2) as far as its PIN goes: tries told, PIN shown and changed, the
// administrator's key shown mutually or by answering the card's challenge, and then a new PIN set. It has no keys and no certificates.
//
// What OpenSC and its gids-tool want to read before they believe in the card - master file, container map, card identifier - is there.
#include "gids.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

enum {
	ADMIN_LEN = 24,
	PIN_MOST = 16,
	PIN_LEAST = 4,
	TRIES = 3,
	REF = 0x80,
	CHALLENGE = 8,
	MUTUAL = 40
};

struct gids {
	uint8_t pin[PIN_MOST], admin[ADMIN_LEN];
	unsigned pin_len, tries;
	// Until the applet is left.
	bool verified, admitted, chosen;
	uint8_t challenge[16], theirs[16];
	unsigned asked; // 0: nothing; CHALLENGE; 16: mutual
};

static void forget_challenge(struct gids *g)
{
	OPENSSL_cleanse(g->challenge, sizeof(g->challenge));
	g->asked = 0;
}

static void forget(struct gids *g)
{
	g->verified = g->admitted = g->chosen = false;
	forget_challenge(g);
}

static void *birth(struct card *card)
{
	(void)card;
	return must(calloc(1, sizeof(struct gids)), "calloc");
}

static void put_pin(struct gids *g, struct span value)
{
	memset(g->pin, 0, sizeof(g->pin));
	memcpy(g->pin, value.data, value.len);
	g->pin_len = (unsigned)value.len;
	g->tries = TRIES;
}

static void factory(struct card *card, void *self)
{
	struct gids *g = self;
	(void)card;
	put_pin(g, (struct span){ (const uint8_t *)GIDS_PIN, strlen(GIDS_PIN) });
	for (unsigned i = 0; i < ADMIN_LEN; i++)
		g->admin[i] = (uint8_t)(i % 8 + 1);
}

static void leave(struct card *card, void *self)
{
	(void)card;
	forget(self);
}

static const uint8_t aid[] = { 0xa0, 0x00, 0x00, 0x03, 0x97, 0x42, 0x54, 0x46, 0x59, 0x02, 0x01 };

// The application's template: its identifier, and the class that it is interoperable with.
static enum sw select_it(struct card *card, void *self, struct bytes *out)
{
	struct bytes inner = { 0 };
	(void)card;
	forget(self);
	bytes_tlv(&inner, 0x4f, aid, sizeof(aid));
	bytes_tlv(out, 0x61, inner.data, inner.len);
	bytes_free(&inner);
	return SW_OK;
}

// --- what can be read

enum { FILE_MASTER = 0xa000, FILE_USER = 0xa010, FILE_ADMIN = 0xa012, FILE_APPLET = 0x3fff };
enum {
	DO_MASTER = 0xdf1f,
	DO_CARDID = 0xdf20,
	DO_CARDCF = 0xdf22,
	DO_CMAP = 0xdf23,
	DO_PIN = 0x7f71
};

// A row of the master file: directory and name in nine bytes each, two to fill up, then where it lies, the low byte first.
static void put_row(struct bytes *to, const char *directory, const char *name, unsigned object,
		    unsigned file)
{
	char row[28] = { 0 };
	memcpy(row, directory, strlen(directory));
	memcpy(row + 9, name, strlen(name));
	row[20] = (char)object;
	row[21] = (char)(object >> 8);
	row[24] = (char)file;
	row[25] = (char)(file >> 8);
	bytes_put(to, row, sizeof(row));
}

static void put_master(struct bytes *to)
{
	bytes_byte(to, 1);
	put_row(to, "mscp", "", 0, FILE_MASTER);
	put_row(to, "", "cardid", DO_CARDID, FILE_ADMIN);
	put_row(to, "", "cardcf", DO_CARDCF, FILE_USER);
	put_row(to, "mscp", "cmapfile", DO_CMAP, FILE_USER);
}

static bool read_object(const struct card *card, const struct gids *g, unsigned file,
			unsigned object, struct bytes *to)
{
	if (file == FILE_MASTER && object == DO_MASTER) {
		put_master(to);
	} else if (file == FILE_ADMIN && object == DO_CARDID) {
		static const uint8_t front[12];
		bytes_put(to, front, sizeof(front));
		bytes_number(to, card->serial, 4);
	} else if (file == FILE_USER && object == DO_CARDCF) {
		bytes_number(to, 0, 6);
	} else if (file == FILE_APPLET && object == DO_PIN) {
		const uint8_t left = (uint8_t)g->tries, most = TRIES;
		bytes_tlv(to, 0x97, &left, 1);
		bytes_tlv(to, 0x93, &most, 1);
	} else {
		return file == FILE_USER && object == DO_CMAP; // no containers: empty
	}
	return true;
}

static enum sw get_data(const struct card *card, const struct gids *g, const struct apdu *a,
			struct bytes *out)
{
	struct bytes value = { 0 };
	struct span in = a->data, name;
	unsigned tag;
	if (!tlv_next(&in, &tag, &name) || tag != 0x5c || name.len != 2)
		return SW_NO_KEY;
	unsigned object = (unsigned)(name.data[0] << 8 | name.data[1]);
	if (!read_object(card, g, (unsigned)(a->p1 << 8 | a->p2), object, &value))
		return SW_NO_KEY;
	bytes_tlv(out, object, value.data, value.len);
	bytes_free(&value);
	return SW_OK;
}

// --- the PIN

static bool is_pin(const struct gids *g, const uint8_t *data, size_t len)
{
	return len == g->pin_len && CRYPTO_memcmp(g->pin, data, len) == 0;
}

static enum sw try_pin(struct card *card, struct gids *g, const uint8_t *data, size_t len)
{
	if (g->tries == 0)
		return SW_BLOCKED;
	g->tries--;
	card_changed(card);
	g->verified = is_pin(g, data, len);
	if (!g->verified)
		return SW_TRIES | g->tries;
	g->tries = TRIES;
	return SW_OK;
}

static enum sw verify(struct card *card, struct gids *g, const struct apdu *a)
{
	if (a->p1 == 0 && a->p2 == 0x82) { // all logins end
		forget(g);
		return SW_OK;
	}
	if (a->p1 != 0 || a->p2 != REF)
		return SW_NO_KEY;
	if (a->data.len == 0)
		return g->tries ? SW_TRIES | g->tries : SW_BLOCKED;
	card->counts.verify++;
	if (a->data.len < PIN_LEAST || a->data.len > PIN_MOST)
		return SW_TRIES | g->tries;
	return try_pin(card, g, a->data.data, a->data.len);
}

static enum sw change(struct card *card, struct gids *g, const struct apdu *a)
{
	if (a->p1 != 0 || a->p2 != REF)
		return SW_WRONG_P1P2;
	card->counts.change++;
	size_t old = g->pin_len < a->data.len ? g->pin_len : a->data.len;
	enum sw sw = try_pin(card, g, a->data.data, old);
	if (sw != SW_OK)
		return sw;
	struct span fresh = { a->data.data + old, a->data.len - old };
	if (fresh.len < PIN_LEAST || fresh.len > PIN_MOST)
		return SW_WRONG_LENGTH;
	put_pin(g, fresh);
	return SW_OK;
}

// A new PIN, for the administrator; who is none any more after it.
static enum sw reset(struct card *card, struct gids *g, const struct apdu *a)
{
	if (a->p1 != 2 || a->p2 != REF)
		return SW_WRONG_P1P2;
	card->counts.unblock++;
	if (!g->admitted)
		return SW_SECURITY;
	if (a->data.len < PIN_LEAST || a->data.len > PIN_MOST)
		return SW_WRONG_LENGTH;
	put_pin(g, a->data);
	card_changed(card);
	forget(g);
	return SW_OK;
}

// --- the administrator's key

static void cipher(const struct gids *g, bool encrypt, const uint8_t *in, size_t len, uint8_t *out)
{
	static const uint8_t start[8];
	EVP_CIPHER_CTX *ctx = must(EVP_CIPHER_CTX_new(), "EVP_CIPHER_CTX_new");
	int n = 0;
	if (EVP_CipherInit_ex(ctx, EVP_des_ede3_cbc(), NULL, g->admin, start, encrypt) != 1 ||
	    EVP_CIPHER_CTX_set_padding(ctx, 0) != 1 ||
	    EVP_CipherUpdate(ctx, out, &n, in, (int)len) != 1)
		die("the administrator's key", "does not work");
	EVP_CIPHER_CTX_free(ctx);
}

// Asked with nothing for a challenge, with 16 bytes for one of the same length that is to be answered mutually.
static enum sw ask(struct gids *g, struct span theirs, struct bytes *out)
{
	if (theirs.len != 0 && theirs.len != sizeof(g->theirs))
		return SW_WRONG_DATA;
	g->admitted = false;
	g->asked = theirs.len ? sizeof(g->theirs) : CHALLENGE;
	if (theirs.len)
		memcpy(g->theirs, theirs.data, theirs.len);
	if (RAND_bytes(g->challenge, (int)g->asked) != 1)
		die("RAND_bytes", "failed");
	bytes_authenticate(out, 0x81, g->challenge, g->asked);
	return SW_OK;
}

static bool fits(const struct gids *g, const uint8_t *shown)
{
	if (CRYPTO_memcmp(shown, g->challenge, g->asked) != 0)
		return false;
	return g->asked == CHALLENGE ||
	       (CRYPTO_memcmp(shown + 16, g->theirs, 16) == 0 && shown[MUTUAL - 1] == 0x80);
}

static void answer_mutually(const struct gids *g, struct bytes *out)
{
	uint8_t plain[MUTUAL], sealed[MUTUAL];
	memcpy(plain, g->theirs, 16);
	memcpy(plain + 16, g->challenge, 16);
	if (RAND_bytes(plain + 32, 7) != 1)
		die("RAND_bytes", "failed");
	plain[MUTUAL - 1] = 0x80;
	cipher(g, true, plain, sizeof(plain), sealed);
	bytes_authenticate(out, 0x82, sealed, sizeof(sealed));
}

// A challenge is answered once, rightly or not.
static enum sw judge(struct card *card, struct gids *g, struct span given, struct bytes *out)
{
	uint8_t shown[MUTUAL];
	size_t len = g->asked == CHALLENGE ? CHALLENGE : MUTUAL;
	if (!g->asked)
		return SW_CONDITIONS;
	card->counts.management++;
	g->admitted = false;
	if (given.len == len) {
		cipher(g, false, given.data, len, shown);
		g->admitted = fits(g, shown);
	}
	if (!g->admitted)
		card->counts.management_failed++;
	else if (g->asked != CHALLENGE)
		answer_mutually(g, out);
	forget_challenge(g);
	return g->admitted ? SW_OK : SW_SECURITY;
}

static enum sw authenticate(struct card *card, struct gids *g, const struct apdu *a,
			    struct bytes *out)
{
	struct span in = a->data, template, value;
	unsigned tag;
	if (a->p1 != 0 || a->p2 != 0)
		return SW_WRONG_P1P2;
	if (!g->chosen)
		return SW_CONDITIONS;
	if (!tlv_next(&in, &tag, &template) || tag != 0x7c)
		return SW_WRONG_DATA;
	if (tlv_find(template, 0x81, &value))
		return ask(g, value, out);
	return tlv_find(template, 0x82, &value) ? judge(card, g, value, out) : SW_WRONG_DATA;
}

// Which key the next GENERAL AUTHENTICATE is about: there is one.
static enum sw choose(struct gids *g, const struct apdu *a)
{
	static const uint8_t admin[] = { 0x83, 0x01, 0x80 };
	if (a->p1 != 0xc1 || a->p2 != 0xa4)
		return SW_WRONG_P1P2;
	g->chosen = a->data.len == sizeof(admin) && memcmp(a->data.data, admin, sizeof(admin)) == 0;
	return g->chosen ? SW_OK : SW_NO_KEY;
}

static enum sw command(struct card *card, void *self, const struct apdu *a, struct bytes *out)
{
	struct gids *g = self;
	switch (a->ins) {
	case 0x20:
		return verify(card, g, a);
	case 0x22:
		return choose(g, a);
	case 0x24:
		return change(card, g, a);
	case 0x2c:
		return reset(card, g, a);
	case 0x87:
		return authenticate(card, g, a, out);
	case 0xcb:
		return get_data(card, g, a, out);
	default:
		return SW_UNKNOWN_INS;
	}
}

// --- state

static void save(const struct card *card, const void *self, FILE *to)
{
	const struct gids *g = self;
	(void)card;
	char *pin = hex_write(g->pin, g->pin_len), *admin = hex_write(g->admin, ADMIN_LEN);
	fprintf(to, "gids %u %s %s\n", g->tries, pin, admin);
	free(pin);
	free(admin);
}

static bool load(struct card *card, void *self, char *line)
{
	struct gids *g = self;
	char pin_hex[2 * PIN_MOST + 1], admin_hex[2 * ADMIN_LEN + 1];
	struct bytes pin = { 0 }, admin = { 0 };
	unsigned tries;
	(void)card;
	if (sscanf(line, "gids %2u %32s %48s", &tries, pin_hex, admin_hex) != 3)
		return false;
	bool good =
		hex_read(pin_hex, &pin) && hex_read(admin_hex, &admin) && admin.len == ADMIN_LEN;
	if (good) {
		put_pin(g, (struct span){ pin.data, pin.len });
		memcpy(g->admin, admin.data, ADMIN_LEN);
		g->tries = tries;
	}
	bytes_free(&pin);
	bytes_free(&admin);
	return good;
}

static const struct applet gids_applet = {
	.name = "GIDS",
	.aid = aid,
	.aid_len = sizeof(aid),
	.aid_least = 9,
	.birth = birth,
	.factory = factory,
	.death = free,
	.select = select_it,
	.leave = leave,
	.command = command,
	.save = save,
	.load = load,
};
const struct applet *const gids_applets[] = { &gids_applet, NULL };

unsigned gids_tries(const struct card *card)
{
	const struct gids *g = card_applet_state(card, &gids_applet);
	return g->tries;
}
