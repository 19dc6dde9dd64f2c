// The card in a reader of vsmartcard-vpcd: a TCP connection to the driver, each message with its length in two bytes before it.
// One byte is the reader's own word (power, reset, ATR), anything longer a command. Private to tests/card.
#pragma once

#include "card.h"

// A pull that was ordered: at the nth command with this INS from now on.
struct pull {
	bool on, after; // after: the command is done, the answer never comes
	uint8_t ins;
	unsigned long n;
};

struct reader {
	struct card *card;
	uint16_t port;
	FILE *log;	    // null: none
	unsigned keygen_ms; // how long the card takes to make a key
	unsigned delay_ms;  // before every answer
	bool mute;	    // no answer, until it is over
	struct pull pull;
	bool inserted;

	// Private to reader.c.
	int fd;		      // -1: not in the reader, or no reader there
	bool powered;	      // the reader has asked who is there
	bool unmissed;	      // it was taken out, and pcscd may not have looked since
	struct bytes in;      // what came, not yet a whole message
	struct bytes command; // not empty: taken, to be answered when it is due
	long long begun, due; // milliseconds
};

void reader_insert(struct reader *r);
void reader_remove(struct reader *r);
// What poll shall wait for: descriptor (-1: none), and at most how many milliseconds (-1: any).
int reader_waits_ms(const struct reader *r);
// To be called after poll; readable: the descriptor was.
void reader_work(struct reader *r, bool readable);
long long now_ms(void);
