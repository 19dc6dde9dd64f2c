// Bytes that grow, spans that are read, and BER-TLV as cards use it. Private to tests/card.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

// Prints the message and ends the program with status 2: a test without its card must not look like one that ran.
_Noreturn void die(const char *what, const char *detail);
void *must(void *p, const char *what); // dies on null

struct bytes {
	uint8_t *data;
	size_t len, room;
};
void bytes_put(struct bytes *b, const void *data, size_t len);
void bytes_byte(struct bytes *b, unsigned byte);
void bytes_number(struct bytes *b, unsigned long number, size_t width); // big-endian
void bytes_tlv(struct bytes *b, unsigned tag, const void *data, size_t len);
// One value in the template of GENERAL AUTHENTICATE (tag 7C).
void bytes_authenticate(struct bytes *b, unsigned tag, const void *data, size_t len);
void bytes_drop(struct bytes *b, size_t n); // the first n
void bytes_empty(struct bytes *b);	    // wiped, the room is kept
void bytes_free(struct bytes *b);

// What belongs to somebody else and is read from the front.
struct span {
	const uint8_t *data;
	size_t len;
};
// The first n bytes; false, and nothing is taken, when there are fewer.
bool span_take(struct span *from, size_t n, struct span *taken);
// The next tag (up to two bytes) with its value. False at the end and at what is no TLV.
bool tlv_next(struct span *from, unsigned *tag, struct span *value);
// The first value with this tag among its neighbours.
bool tlv_find(struct span in, unsigned tag, struct span *value);

bool hex_read(const char *text, struct bytes *to); // false: no hexadecimal
char *hex_write(const uint8_t *data, size_t len);  // to be freed
