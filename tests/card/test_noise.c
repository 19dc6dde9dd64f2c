// Commands at random: whatever comes, the card answers, keeps its rules, and touches no memory that is not its own.
#include "bench.h"

#include <stdlib.h>
#include <string.h>

// Marsaglia's xorshift: the same commands in every run, and the number tells where to look.
static uint32_t state;
static uint32_t next(uint32_t below)
{
	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state % below;
}

static const uint8_t instructions[] = { 0xa4, 0x20, 0x24, 0x2c, 0x47, 0x87, 0xcb, 0xdb, 0xf6, 0xf7,
					0xf8, 0xf9, 0xfa, 0xfd, 0xfe, 0xff, 0xc0, 0x1d, 0x01 };
static const uint8_t places[] = {
	0x00, 0x01, 0x04, 0x03, 0x06, 0x11, 0x14, 0x3f, 0x80, 0x81, 0x82,
	0x9a, 0x9b, 0x9c, 0x9d, 0x9e, 0x95, 0xf9, 0xfe, 0xff, 0x07, 0x0a
};
// Data that mean something, to be bent. No RSA key is ordered: it takes too long.
static const char *const meanings[] = {
	"a000000308",
	"a000000527471117",
	"a000000527200101",
	PIN_RIGHT,
	PIN_WRONG,
	"31323334353637383737373737373737",
	"ac03800111",
	"ac09800114aa0101ab0102",
	"7c028000",
	"7c028100",
	"7c0a82080000000000000000",
	"7c1480080000000000000000810800000000000000 00",
	"7c088200810430313233",
	"7c06820085020402",
	"5c035fc105",
	"5c035fff01",
	"5c017e",
	"5c035fc10553820004010203ff",
	"5c035fc10253023030",
	"039b18010203040506070801020304050607080102030405060708",
	"060101aa0101",
	"010201020202030403020506040205060502 0506",
};

static void put_meaning(struct bytes *to)
{
	char dense[128];
	size_t n = 0, from = to->len;
	for (const char *p = meanings[next(LEN(meanings))]; *p; p++)
		if (*p != ' ')
			dense[n++] = *p;
	dense[n] = '\0';
	hex_read(dense, to);
	if (next(3) == 0)
		to->data[from + next((uint32_t)(to->len - from))] = (uint8_t)next(256);
	if (next(8) == 0)
		to->len -= next((uint32_t)(to->len - from));
}

static void make(struct bytes *to)
{
	struct bytes data = { 0 };
	static const uint8_t classes[] = { 0x00, 0x00, 0x00, 0x00, 0x10, 0x0c, 0x80, 0x01 };
	bytes_byte(to, classes[next(LEN(classes))]);
	bytes_byte(to, next(10) ? instructions[next(LEN(instructions))] : next(256));
	bytes_byte(to, next(4) ? places[next(LEN(places))] : 0);
	bytes_byte(to, places[next(LEN(places))]);
	if (next(5))
		put_meaning(&data);
	else
		for (uint32_t n = next(255); n > 0; n--)
			bytes_byte(&data, next(256));
	bool extended = next(6) == 0;
	if (data.len > 0) {
		bytes_number(to, data.len, extended ? 3 : 1);
		bytes_put(to, data.data, data.len);
	}
	if (next(2))
		bytes_number(to, 0, extended ? (data.len ? 2 : 3) : 1);
	if (next(12) == 0 && to->len > 1)
		to->len = 1 + next((uint32_t)to->len - 1);
	bytes_free(&data);
}

// What may be done is done from time to time, so that what lies behind it is reached.
static void allow(struct bench *b)
{
	struct piv *p = piv_of(&b->card);
	p->pin.tries = p->puk.tries = 3;
	p->pin.total = p->puk.total = 3;
	if (b->card.selected != 0)
		bench_do(b, SELECT_PIV);
	p->managed = next(2);
	p->pin_verified = p->pin_fresh = next(2);
}

static void check(const struct bench *b, const struct bytes *command, unsigned sw, unsigned tries)
{
	const struct piv *p = piv_of(&b->card);
	bool extended = command->len > 5 && command->data[4] == 0;
	unsigned ins = command->len > 1 ? command->data[1] : 0;
	bool fine = (sw >> 12 == 6 || sw == 0x9000) && (extended || b->answer.len <= 256);
	// A try is lost to a secret that was shown, and to nothing else.
	if (p->pin.tries < tries)
		fine = fine && (ins == 0x20 || ins == 0x24 || ins == 0xfa);
	fine = fine && p->pin.tries <= p->pin.total && p->puk.tries <= p->puk.total;
	CU_ASSERT(fine);
	if (!fine) {
		char *text = hex_write(command->data, command->len);
		fprintf(stderr, "%s -> %04x\n", text, sw);
		free(text);
	}
}

static void test_the_card_answers_whatever_comes(void)
{
	struct bench b;
	unsigned done = 0;
	bench_open(&b, FIRMWARE(5, 7, 1));
	b.card.state_file = NULL;
	state = 20240229;
	for (unsigned i = 0; i < 30000; i++) {
		struct bytes command = { 0 };
		if (i % 4 == 0)
			allow(&b);
		if (i % 50 == 0)
			b.card.firmware = next(2) ? FIRMWARE(5, 7, 1) : FIRMWARE(4, 3, 5);
		make(&command);
		unsigned tries = piv_of(&b.card)->pin.tries;
		unsigned sw = bench_send(&b, command.data, command.len);
		check(&b, &command, sw, tries);
		done += sw == 0x9000;
		bytes_free(&command);
	}
	// The noise was not only refused.
	CU_ASSERT(done > 2000);
	b.card.state_file = b.state;
	bench_close(&b);
}

static void test_bytes_without_a_shape(void)
{
	struct bench b;
	uint8_t noise[600];
	bench_open(&b, FIRMWARE(5, 4, 3));
	bench_do(&b, SELECT_PIV);
	state = 7;
	for (unsigned i = 0; i < 20000; i++) {
		size_t n = 1 + next(i % 10 ? 20 : sizeof(noise));
		for (size_t k = 0; k < n; k++)
			noise[k] = (uint8_t)next(256);
		if (next(2))
			noise[0] = 0;
		unsigned sw = bench_send(&b, noise, n);
		CU_ASSERT(sw >> 12 == 6 || sw == 0x9000);
	}
	CU_ASSERT_EQUAL(bench_do(&b, SELECT_PIV), 0x9000);
	bench_close(&b);
}

int main(void)
{
	return CHECK_MAIN(TEST(test_the_card_answers_whatever_comes),
			  TEST(test_bytes_without_a_shape));
}
