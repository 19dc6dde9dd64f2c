// otpauth URIs from any bytes: what is accepted can be written as a URI again, and that one says the same.
#include "otp_seeds.h"

static void put_encoded(struct buf *b, const char *text)
{
	for (const char *p = text; *p; p++)
		MUST_HOLD(!buf_printf(b, "%%%02x", (unsigned)(uint8_t)*p));
}

static void put_base32(struct buf *b, const struct secret *s)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
	size_t len = secret_len(s);
	for (size_t bit = 0; bit < 8 * len; bit += 5) {
		unsigned two = (unsigned)secret_bytes(s)[bit / 8] << 8;
		if (bit / 8 + 1 < len)
			two |= secret_bytes(s)[bit / 8 + 1];
		MUST_HOLD(!buf_put(b, &digits[two >> (11 - bit % 8) & 31], 1));
	}
}

static void write_uri(const struct seed *s, struct buf *b)
{
	MUST_HOLD(!buf_printf(b, "otpauth://%s/", seed_kind_name(s->kind)));
	put_encoded(b, s->person);
	MUST_HOLD(!buf_puts(b, "?secret="));
	put_base32(b, s->secret);
	MUST_HOLD(!buf_puts(b, "&serial="));
	put_encoded(b, s->serial);
	if (s->issuer) {
		MUST_HOLD(!buf_puts(b, "&issuer="));
		put_encoded(b, s->issuer);
	}
	MUST_HOLD(!buf_printf(b, "&algorithm=%s&digits=%u", seed_hash_name(s->hash), s->digits));
	if (s->kind == SEED_TOTP)
		MUST_HOLD(!buf_printf(b, "&period=%u", s->step));
	else
		MUST_HOLD(!buf_printf(b, "&counter=%llu", (unsigned long long)s->counter));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_SEEDS struct seeds s = { 0 };
	bool fine = fuzz_fine(import_otpauth((const char *)data, size, &s));
	MUST_HOLD(fine || s.n == 0);
	if (!fine)
		return 0;
	seeds_must_hold(&s);
	for (size_t i = 0; i < s.n; i++) {
		const struct seed *one = &s.list[i];
		MUST_HOLD(one->person && one->kind != SEED_OCRA);
		if (strchr(one->person, ':') || one->person[0] == ' ')
			continue; // would be an issuer's; blanks that lead are not kept
		AUTO_BUF struct buf b = { 0 };
		AUTO_SEEDS struct seeds again = { 0 };
		write_uri(one, &b);
		MUST_HOLD(b.len > 4096 ||
			  fuzz_fine(import_otpauth((const char *)b.data, b.len, &again)));
		MUST_HOLD(b.len > 4096 || (again.n == 1 && same_seed(one, &again.list[0])));
	}
	return 0;
}
