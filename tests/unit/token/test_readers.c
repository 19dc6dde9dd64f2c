// Comparing two looks at the readers.
#include <string.h>

#include "check.h"
#include "token/readers.h"
#include <stdio.h>

static struct readers seen(enum pcsc_service service)
{
	return (struct readers){ .service = service };
}

static void put(struct readers *all, const char *name, enum reader_state state, unsigned counter,
		char atr)
{
	struct reader *r = &all->list[all->n++];
	*r = (struct reader){ .state = state, .counter = counter };
	memcpy(r->name, name, strlen(name));
	if (state == READER_CARD) {
		r->atr[0] = (uint8_t)atr;
		r->atr_len = 1;
	}
}

static char told[256];

static void tell(void *ctx, const struct reader_event *e)
{
	(void)ctx;
	size_t n = strlen(told);
	snprintf(told + n, sizeof(told) - n, "%s%s:%s", n ? " " : "", reader_change_name(e->change),
		 e->reader ? e->reader->name : pcsc_service_name(e->service));
}

static const char *changes(const struct readers *before, const struct readers *now)
{
	told[0] = '\0';
	readers_compare(before, now, tell, NULL);
	return told;
}

static void test_nothing_happened(void)
{
	struct readers a = seen(PCSC_UP);
	put(&a, "one", READER_CARD, 3, 'x');
	struct readers b = a;
	b.list[0].in_use = b.list[0].exclusive = true;
	CU_ASSERT_EQUAL(readers_compare(&a, &b, NULL, NULL), 0);
}

static void test_a_card_goes_in_and_out(void)
{
	struct readers empty = seen(PCSC_UP), full = seen(PCSC_UP);
	put(&empty, "one", READER_EMPTY, 0, 0);
	put(&full, "one", READER_CARD, 1, 'x');
	CU_ASSERT_STRING_EQUAL(changes(&empty, &full), "card-in:one");
	CU_ASSERT_STRING_EQUAL(changes(&full, &empty), "card-out:one");
}

static void test_another_card_between_two_looks(void)
{
	struct readers a = seen(PCSC_UP), same = seen(PCSC_UP), other = seen(PCSC_UP);
	put(&a, "one", READER_CARD, 1, 'x');
	put(&same, "one", READER_CARD, 3, 'x');
	put(&other, "one", READER_CARD, 3, 'y');
	CU_ASSERT_STRING_EQUAL(changes(&a, &same), "card-swapped:one");
	CU_ASSERT_STRING_EQUAL(changes(&a, &other), "card-swapped:one");
}

static void test_a_card_that_does_not_answer(void)
{
	struct readers empty = seen(PCSC_UP), mute = seen(PCSC_UP), well = seen(PCSC_UP);
	put(&empty, "one", READER_EMPTY, 0, 0);
	put(&mute, "one", READER_MUTE, 1, 0);
	put(&well, "one", READER_CARD, 1, 'x');
	CU_ASSERT_STRING_EQUAL(changes(&empty, &mute), "card-mute:one");
	CU_ASSERT_STRING_EQUAL(changes(&well, &mute), "card-mute:one");
	CU_ASSERT_STRING_EQUAL(changes(&mute, &well), "card-swapped:one");
	CU_ASSERT_STRING_EQUAL(changes(&mute, &empty), "card-out:one");
}

static void test_readers_come_and_go_with_their_cards(void)
{
	struct readers none = seen(PCSC_UP), two = seen(PCSC_UP);
	put(&two, "one", READER_CARD, 1, 'x');
	put(&two, "two", READER_EMPTY, 0, 0);
	CU_ASSERT_STRING_EQUAL(changes(&none, &two),
			       "reader-added:one card-in:one reader-added:two");
	CU_ASSERT_STRING_EQUAL(changes(&two, &none),
			       "card-out:one reader-removed:one reader-removed:two");
}

static void test_the_service_stops_and_starts(void)
{
	struct readers up = seen(PCSC_UP), down = seen(PCSC_ABSENT);
	put(&up, "one", READER_EMPTY, 0, 0);
	CU_ASSERT_STRING_EQUAL(changes(&up, &down), "reader-removed:one service:absent");
	CU_ASSERT_STRING_EQUAL(changes(&down, &up), "service:up reader-added:one");
}

int main(void)
{
	return CHECK_MAIN(TEST(test_nothing_happened), TEST(test_a_card_goes_in_and_out),
			  TEST(test_another_card_between_two_looks),
			  TEST(test_a_card_that_does_not_answer),
			  TEST(test_readers_come_and_go_with_their_cards),
			  TEST(test_the_service_stops_and_starts));
}
