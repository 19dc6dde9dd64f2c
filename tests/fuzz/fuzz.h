// What the fuzzers share: an input taken apart, errors carried as they are in earnest, properties that must hold.
//
// A target is one function, LLVMFuzzerTestOneInput. It is linked either with libFuzzer or with replay.c.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// A property that holds for every input; when it does not, the input is a finding.
#define MUST_HOLD(condition)                                                                       \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__,          \
				#condition);                                                       \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

// Takes an error the way a worker's errors go: to JSON, back, and onto a screen. True when there was none.
static inline bool fuzz_fine(struct err *e)
{
	if (!e)
		return true;
	AUTO(json) struct json_t *j = err_to_json(e);
	struct err *back = err_from_json(j);
	MUST_HOLD(err_kind(back) == err_kind(e));
	MUST_HOLD(strcmp(err_slug(back), err_slug(e)) == 0);
	AUTO_TEXT char *text = err_render(e), *text_back = err_render(back);
	MUST_HOLD(text && text_back && text[0] && strcmp(text, text_back) == 0);
	err_free(back);
	err_free(e);
	return false;
}

// The input as a text: a copy, ended at its first zero or its end.
static inline char *fuzz_text(const uint8_t *data, size_t size)
{
	char *text = strndup(size ? (const char *)data : "", size);
	MUST_HOLD(text);
	return text;
}

// A file of this directory, whole; ends the program when it is not there.
static inline void fuzz_file(const char *name, struct buf *out)
{
	AUTO_TEXT char *path = text_format("%s/%s", FUZZ_DIR, name);
	struct err *e = path ? buf_read_file(path, BUF_DEFAULT_CAP, out) : err_no_memory();
	if (e) {
		perror(name);
		exit(2);
	}
}

// An input as a row of lines or as fields with a separator: the next piece, false at the end.
struct pieces {
	const uint8_t *at;
	size_t left;
};
static inline bool fuzz_piece(struct pieces *p, uint8_t separator, const uint8_t **piece,
			      size_t *len)
{
	if (!p->left)
		return false;
	const uint8_t *end = memchr(p->at, separator, p->left);
	*piece = p->at;
	*len = end ? (size_t)(end - p->at) : p->left;
	size_t taken = *len + (end != NULL);
	p->at += taken;
	p->left -= taken;
	return true;
}
