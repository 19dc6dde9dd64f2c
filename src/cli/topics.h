// inkan help TOPIC. Private to the room.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct topic {
	const char *name;
	const char *const *paragraphs; // message ids, up to a null
};
extern const struct topic topics[];
extern const size_t n_topics;

// A topic, or an error's code; false when it is neither.
bool topic_show(FILE *f, const char *name);
