// Commands on the wire: lengths, chaining, long answers, selection, objects.
#include "bench.h"

#include <string.h>

static void test_the_four_shapes_of_a_command_are_read(void)
{
	struct apdu a;
	const uint8_t one[] = { 0, 0xfd, 0, 0 };
	CU_ASSERT(apdu_read(one, 4, &a) && a.data.len == 0 && a.le == 0);
	const uint8_t two[] = { 0, 0xfd, 0, 0, 0 };
	CU_ASSERT(apdu_read(two, 5, &a) && a.data.len == 0 && a.le == 256);
	const uint8_t three[] = { 0, 0xa4, 4, 0, 2, 0xa0, 0 };
	CU_ASSERT(apdu_read(three, 7, &a) && a.data.len == 2 && a.le == 0);
	const uint8_t four[] = { 0, 0xa4, 4, 0, 2, 0xa0, 0, 9 };
	CU_ASSERT(apdu_read(four, 8, &a) && a.data.len == 2 && a.le == 9);
	const uint8_t long_two[] = { 0, 0xfd, 0, 0, 0, 0x01, 0x00 };
	CU_ASSERT(apdu_read(long_two, 7, &a) && a.data.len == 0 && a.le == 256);
	const uint8_t long_three[] = { 0, 0xa4, 4, 0, 0, 0, 2, 0xa0, 0 };
	CU_ASSERT(apdu_read(long_three, 9, &a) && a.data.len == 2 && a.le == 0);
	const uint8_t long_four[] = { 0, 0xa4, 4, 0, 0, 0, 2, 0xa0, 0, 0, 0 };
	CU_ASSERT(apdu_read(long_four, 11, &a) && a.data.len == 2 && a.le == 65536);
}

static void test_lengths_that_do_not_fit_are_refused(void)
{
	static const char *const wrong[] = {
		"00",
		"00a404",
		"00a40400 05 a0000003",
		"00a40400 05 a000000308 0000",
		"00a40400 0000",
		"00a40400 000005 a0000003",
		"00a40400 000005 a000000308 00",
		"00a40400 000000 00",
	};
	struct bench b;
	bench_open(&b, FIRMWARE(5, 4, 3));
	for (size_t i = 0; i < LEN(wrong); i++)
		CU_ASSERT_EQUAL(bench_do(&b, wrong[i]), 0x6700);
	bench_close(&b);
}

static void test_the_class_of_a_command_is_judged(void)
{
	struct bench b;
	bench_open(&b, FIRMWARE(5, 4, 3));
	bench_do(&b, SELECT_PIV);
	CU_ASSERT_EQUAL(bench_do(&b, "80fd000000"), 0x6e00);
	CU_ASSERT_EQUAL(bench_do(&b, "0cfd000000"), 0x6882);
	CU_ASSERT_EQUAL(bench_do(&b, "01fd000000"), 0x6881);
	CU_ASSERT_EQUAL(bench_do(&b, "00ee000000"), 0x6d00);
	CU_ASSERT_EQUAL(bench_do(&b, "00fd000000"), 0x9000);
	bench_close(&b);
}

static void test_selection_by_the_whole_name_or_its_beginning(void)
{
	struct bench b;
	bench_open(&b, FIRMWARE(5, 4, 3));
	const char *property = "61114f0600001000010079074f05a000000308";
	CU_ASSERT_EQUAL(bench_do(&b, "00fd000000"), 0x6d00);
	CU_ASSERT_EQUAL(bench_do(&b, SELECT_PIV "00"), 0x9000);
	CU_ASSERT(bench_got(&b, property));
	CU_ASSERT_EQUAL(bench_do(&b, "00a404000ba0000003080000100001 0000"), 0x9000);
	CU_ASSERT(bench_got(&b, property));
	CU_ASSERT_EQUAL(bench_do(&b, "00a4040004a0000003"), 0x6a82);
	CU_ASSERT_EQUAL(bench_do(&b, "00a404000ca000000308000010000100ff"), 0x6a82);
	CU_ASSERT_EQUAL(bench_do(&b, "00a4000002 3f00"), 0x6a86);
	bench_close(&b);
}

static void test_version_and_serial_number(void)
{
	struct bench b;
	bench_open(&b, FIRMWARE(5, 4, 3));
	bench_do(&b, SELECT_PIV);
	CU_ASSERT_EQUAL(bench_do(&b, "00fd000000"), 0x9000);
	CU_ASSERT(bench_got(&b, "050403"));
	CU_ASSERT_EQUAL(bench_do(&b, "00f8000000"), 0x9000);
	CU_ASSERT(bench_got(&b, "0074cbb1"));
	bench_do(&b, "00a4040008a000000527471117 00");
	CU_ASSERT(memmem(b.answer.data, b.answer.len, "5.4.3", 5) != NULL);
	CU_ASSERT_EQUAL(bench_do(&b, "001d000000"), 0x9000);
	CU_ASSERT(memmem(b.answer.data, b.answer.len, "\x02\x04\x00\x74\xcb\xb1", 6) != NULL);
	// Firmware before 5 tells its serial number in the OTP applet.
	b.card.firmware = FIRMWARE(4, 3, 1);
	bench_do(&b, SELECT_PIV);
	CU_ASSERT_EQUAL(bench_do(&b, "00f8000000"), 0x6d00);
	CU_ASSERT_EQUAL(bench_do(&b, "00f7008000"), 0x6d00);
	CU_ASSERT_EQUAL(bench_do(&b, "00a4040008a000000527200101 00"), 0x9000);
	CU_ASSERT_EQUAL(bench_do(&b, "0001100000"), 0x9000);
	CU_ASSERT(bench_got(&b, "0074cbb1"));
	CU_ASSERT_EQUAL(card_atr(&b.card).len, 18);
	bench_close(&b);
}

// 5C name 53 content
static void put_data(struct bytes *to, const char *name, size_t len)
{
	struct bytes content = { 0 };
	hex_read(name, to);
	for (size_t i = 0; i < len; i++)
		bytes_byte(&content, i & 0xff);
	bytes_tlv(to, 0x53, content.data, content.len);
	bytes_free(&content);
}

static void test_a_long_object_goes_in_and_out_in_links(void)
{
	struct bench b;
	struct bytes data = { 0 };
	bench_open(&b, FIRMWARE(5, 4, 3));
	bench_do(&b, SELECT_PIV);
	put_data(&data, "5c035fc105", 2500);
	CU_ASSERT_EQUAL(bench_long(&b, "00db3fff", &data), 0x6982);
	bench_manage(&b);
	CU_ASSERT_EQUAL(bench_long(&b, "00db3fff", &data), 0x9000);
	// 256 bytes an answer, and 61xx says how many are left: 00 for 256 and more.
	CU_ASSERT_EQUAL(bench_do(&b, "00cb3fff 05 5c035fc105 00"), 0x6100);
	CU_ASSERT_EQUAL(b.answer.len, 256);
	unsigned sw, parts = 1;
	size_t sum = b.answer.len;
	do {
		sw = bench_do(&b, "00c0000000");
		sum += b.answer.len;
		parts++;
	} while (sw == 0x6100);
	CU_ASSERT_EQUAL(sw >> 8, 0x61);
	CU_ASSERT_EQUAL(bench_do(&b, "00c0000000"), 0x9000);
	sum += b.answer.len;
	CU_ASSERT_EQUAL(sum, 2504);
	CU_ASSERT_EQUAL(bench_do(&b, "00c0000000"), 0x6985);
	// All at once, for whom can.
	CU_ASSERT_EQUAL(bench_do(&b, "00cb3fff 000005 5c035fc105 0000"), 0x9000);
	CU_ASSERT_EQUAL(b.answer.len, 2504);
	CU_ASSERT(memcmp(b.answer.data, data.data + 5, 2504) == 0);
	bytes_free(&data);
	bench_close(&b);
}

static void test_a_chain_is_not_mixed_with_another_command(void)
{
	struct bench b;
	bench_open(&b, FIRMWARE(5, 4, 3));
	bench_do(&b, SELECT_PIV);
	bench_manage(&b);
	CU_ASSERT_EQUAL(bench_do(&b, "10db3fff 05 5c035fc105"), 0x9000);
	CU_ASSERT_EQUAL(bench_do(&b, "00fd000000"), 0x6883);
	CU_ASSERT_EQUAL(bench_do(&b, "00fd000000"), 0x9000);
	CU_ASSERT_EQUAL(bench_do(&b, "10db3fff 05 5c035fc105"), 0x9000);
	card_power(&b.card);
	bench_do(&b, SELECT_PIV);
	bench_manage(&b);
	CU_ASSERT_EQUAL(bench_do(&b, "00db3fff 04 53023030"), 0x6a80);
	// Nor does it grow without end.
	struct bytes data = { 0 };
	put_data(&data, "5c035fc105", 3100);
	CU_ASSERT_EQUAL(bench_long(&b, "00db3fff", &data), 0x6700);
	bytes_free(&data);
	bench_close(&b);
}

static void test_objects_are_what_was_stored(void)
{
	struct bench b;
	bench_open(&b, FIRMWARE(5, 4, 3));
	bench_do(&b, SELECT_PIV);
	bench_manage(&b);
	CU_ASSERT_EQUAL(bench_do(&b, "00cb3fff 05 5c035fc102 00"), 0x6a82);
	CU_ASSERT_EQUAL(bench_do(&b, "00db3fff 09 5c035fc102 53023030"), 0x9000);
	CU_ASSERT_EQUAL(bench_do(&b, "00db3fff 09 5c035fc109 53023131"), 0x9000);
	bench_restart(&b);
	bench_do(&b, SELECT_PIV);
	CU_ASSERT_EQUAL(bench_do(&b, "00cb3fff 05 5c035fc102 00"), 0x9000);
	CU_ASSERT(bench_got(&b, "53023030"));
	// Printed information is private.
	CU_ASSERT_EQUAL(bench_do(&b, "00cb3fff 05 5c035fc109 00"), 0x6982);
	bench_do(&b, "00200080 08" PIN_RIGHT);
	CU_ASSERT_EQUAL(bench_do(&b, "00cb3fff 05 5c035fc109 00"), 0x9000);
	CU_ASSERT(bench_got(&b, "53023131"));
	bench_manage(&b);
	CU_ASSERT_EQUAL(bench_do(&b, "00db3fff 07 5c035fc102 5300"), 0x9000);
	CU_ASSERT_EQUAL(bench_do(&b, "00cb3fff 05 5c035fc102 00"), 0x6a82);
	CU_ASSERT_EQUAL(bench_do(&b, "00cb3fff 03 5c017e 00"), 0x9000);
	CU_ASSERT(bench_got(&b, "7e124f0ba0000003080000100001005f2f024000"));
	CU_ASSERT_EQUAL(bench_do(&b, "00db3fff 07 5c017e 53023030"), 0x6a80);
	CU_ASSERT_EQUAL(bench_do(&b, "00cb3fff 02 5c00 00"), 0x6a80);
	CU_ASSERT_EQUAL(bench_do(&b, "00cb0000 05 5c035fc102 00"), 0x6a86);
	bench_close(&b);
}

static void test_the_store_is_finite(void)
{
	struct bench b;
	bench_open(&b, FIRMWARE(5, 4, 3));
	bench_do(&b, SELECT_PIV);
	bench_manage(&b);
	unsigned sw = 0x9000, stored = 0;
	while (sw == 0x9000 && stored < 40) {
		struct bytes data = { 0 };
		char name[16];
		snprintf(name, sizeof(name), "5c035fc1%02x", 0x05 + stored);
		put_data(&data, name, 3000);
		sw = bench_long(&b, "00db3fff", &data);
		bytes_free(&data);
		stored++;
	}
	CU_ASSERT_EQUAL(sw, 0x6a84);
	CU_ASSERT(stored > 10 && stored < 20);
	bench_close(&b);
}

static void test_faults_spoil_the_answer_only(void)
{
	struct bench b;
	bench_open(&b, FIRMWARE(5, 4, 3));
	b.card.faults.sw = SW_NO_DIAGNOSIS;
	CU_ASSERT_EQUAL(bench_do(&b, SELECT_PIV), 0x6f00);
	CU_ASSERT_EQUAL(b.answer.len, 0);
	b.card.faults.sw = SW_NONE;
	bench_do(&b, SELECT_PIV);
	b.card.faults.cut = true;
	card_transmit(&b.card, (const uint8_t *)"\0\xfd\0\0\0", 5, &b.answer);
	CU_ASSERT_EQUAL(b.answer.len, 3);
	b.card.faults.cut = false;
	b.card.faults.garbage = true;
	size_t lengths = 0;
	for (int i = 0; i < 20; i++) {
		card_transmit(&b.card, (const uint8_t *)"\0\xfd\0\0\0", 5, &b.answer);
		CU_ASSERT(b.answer.len > 0 && b.answer.len < 300);
		lengths += b.answer.len != 5;
	}
	CU_ASSERT(lengths > 10);
	b.card.faults.garbage = false;
	CU_ASSERT_EQUAL(bench_do(&b, "00fd000000"), 0x9000);
	CU_ASSERT_EQUAL(b.card.counts.apdus, 24);
	bench_close(&b);
}

int main(void)
{
	return CHECK_MAIN(TEST(test_the_four_shapes_of_a_command_are_read),
			  TEST(test_lengths_that_do_not_fit_are_refused),
			  TEST(test_the_class_of_a_command_is_judged),
			  TEST(test_selection_by_the_whole_name_or_its_beginning),
			  TEST(test_version_and_serial_number),
			  TEST(test_a_long_object_goes_in_and_out_in_links),
			  TEST(test_a_chain_is_not_mixed_with_another_command),
			  TEST(test_objects_are_what_was_stored), TEST(test_the_store_is_finite),
			  TEST(test_faults_spoil_the_answer_only));
}
