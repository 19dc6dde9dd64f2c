// A CSV of seeds from any bytes: the first byte chooses a mapping. What is accepted can be written as CSV again, and says the same.
#include "otp/import_csv.h"
#include "otp_seeds.h"

static const struct import_columns by_number = {
	.of = { [CSV_SERIAL] = { .number = 1 },
		[CSV_SECRET] = { .number = 2 },
		[CSV_KIND] = { .number = 3 } },
	.encoding = CSV_BASE64,
	.kind = SEED_HOTP,
	.digits = 7,
};
static const struct import_columns by_name = {
	.of = { [CSV_SERIAL] = { .name = "a" },
		[CSV_SECRET] = { .name = "b" },
		[CSV_COUNTER] = { .name = "c" } },
	.encoding = CSV_BASE32,
	.separator = ';',
	.header = true,
	.kind = SEED_TOTP,
};
static const struct import_columns written = {
	.of = { [CSV_SERIAL] = { .number = 1 },
		[CSV_SECRET] = { .number = 2 },
		[CSV_KIND] = { .number = 3 },
		[CSV_HASH] = { .number = 4 },
		[CSV_DIGITS] = { .number = 5 },
		[CSV_STEP] = { .number = 6 },
		[CSV_COUNTER] = { .number = 7 },
		[CSV_MODEL] = { .number = 8 },
		[CSV_MAKER] = { .number = 9 },
		[CSV_ISSUER] = { .number = 10 },
		[CSV_PERSON] = { .number = 11 } },
	.encoding = CSV_HEX,
	.separator = ',',
};

static void put_words(struct buf *b, const char *text)
{
	MUST_HOLD(!buf_puts(b, ",\""));
	for (const char *p = text ? text : ""; *p; p++)
		MUST_HOLD(!buf_put(b, "\"\"", *p == '"' ? 2 : 0) &&
			  (*p == '"' || !buf_put(b, p, 1)));
	MUST_HOLD(!buf_puts(b, "\""));
}

static void write_row(const struct seed *s, struct buf *b)
{
	put_words(b, s->serial);
	MUST_HOLD(!buf_puts(b, ","));
	for (size_t i = 0; i < secret_len(s->secret); i++)
		MUST_HOLD(!buf_printf(b, "%02X", (unsigned)secret_bytes(s->secret)[i]));
	MUST_HOLD(!buf_printf(b, ",%s,%s,%u,", seed_kind_name(s->kind), seed_hash_name(s->hash),
			      s->digits));
	if (s->kind == SEED_TOTP)
		MUST_HOLD(!buf_printf(b, "%u", s->step));
	MUST_HOLD(!buf_printf(b, ",%llu", (unsigned long long)s->counter));
	put_words(b, s->model);
	put_words(b, s->maker);
	put_words(b, s->issuer);
	put_words(b, s->person);
	MUST_HOLD(!buf_puts(b, "\r\n"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct import_columns *const mappings[] = { NULL, &by_number, &by_name,
								 &written };
	if (size == 0)
		return 0;
	const struct import_columns *c = mappings[data[0] % ARRAY_LEN(mappings)];
	AUTO_SEEDS struct seeds s = { 0 };
	bool fine = fuzz_fine(import_csv(data + 1, size - 1, c, &s));
	MUST_HOLD(fine || s.n == 0);
	if (!fine)
		return 0;
	seeds_must_hold(&s);
	for (size_t i = 0; i < s.n; i++) {
		AUTO_BUF struct buf b = { 0 };
		AUTO_SEEDS struct seeds again = { 0 };
		write_row(&s.list[i], &b);
		// Without the separator before the first field.
		MUST_HOLD(fuzz_fine(import_csv(b.data + 1, b.len - 1, &written, &again)));
		MUST_HOLD(again.n == 1 && same_seed(&s.list[i], &again.list[0]));
	}
	return 0;
}
