// The parent's patience. Private to the room and its tests, which shorten it.
#pragma once

#include <stdint.h>

struct worker_patience {
	int64_t list_ms;   // for a whole listing
	int64_t silent_ms; // without a word, besides the seconds that its last event announced
	int64_t stop_ms;   // from "stop" to the end
	int64_t exit_ms;   // from the result to the end of the process
	unsigned frames;   // in one job
};
extern struct worker_patience worker_patience;
