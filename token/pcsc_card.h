// The inside of a card. Private to the room.
#pragma once

#include <pthread.h>

#include "token/pcsc.h"
#include "token/pcsc_inside.h"

enum { PCSC_ANSWER_MAX = 65536 + 2 };

// What a thread that waits works on: it belongs to that thread once it is left.
struct link {
	char reader[READER_NAME_MAX];
	SCARDCONTEXT context;
	SCARDHANDLE card;
	DWORD protocol;
	bool want_begin, begun;
	bool reset;	      // the card was reset (or is new) since the last transaction
	pthread_mutex_t lock; // of what follows
	pthread_cond_t ended;
	bool done, left;
	LONG rv;
	const char *_Atomic call; // the last one
};

struct pcsc_card {
	char reader[READER_NAME_MAX];
	struct link *link; // null: not connected
	uint8_t in[PCSC_ANSWER_MAX];
};
