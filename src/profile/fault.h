// What is wrong with a profile: faults with their places, collected, and told all at once.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/msg.h"

// Counted from 1; 0 0 is "the file as a whole".
struct mark {
	unsigned line, column;
};

// How many faults are told one by one; the rest is counted. An error's causes travel at most 16 deep.
enum { FAULTS_TOLD = 10 };

struct fault {
	struct mark mark;
	struct err *err;
};

// Where a path of the profile ("roles.admin.common_name") stands in the file.
struct place {
	char *path;
	struct mark mark;
};

struct faults {
	const char *origin; // what messages call the file; borrowed
	struct fault list[FAULTS_TOLD];
	size_t n;     // told ones
	size_t n_all; // all
	struct place *places;
	size_t n_places, places_room;
};

void faults_free(struct faults *f);
static inline void faults_cleanup(struct faults *f)
{
	faults_free(f);
}
#define AUTO_FAULTS __attribute__((cleanup(faults_cleanup)))

// Remembers where a path stands; the first one holds. Errors: memory only.
MUST struct err *place_put(struct faults *f, const char *path, struct mark mark);
// Whether the file says anything there, be it wrong.
bool place_known(const struct faults *f, const char *path);
// The place of the path, or of the nearest one above it.
struct mark place_find(const struct faults *f, const char *path);

// "practice.yaml:12:5", cut when the origin is very long.
enum { FAULT_WHERE = 300 };
const char *fault_where(const struct faults *f, struct mark mark, char out[static FAULT_WHERE]);
// Takes the error, which may have a cause and a hint.
void fault_put_err(struct faults *f, struct mark mark, struct err *e);
// Takes both messages; the hint may be null.
void fault_put(struct faults *f, struct mark mark, struct msg *what, struct msg *hint);

// %1 of the message is the place, %2 the path; the arguments follow from %3.
#define FAULT(f, mark, path, ...) FAULT_((f), (mark), (path), __VA_ARGS__)
#define FAULT_(f, mark, path, id, ...)                                                             \
	fault_put((f), (mark),                                                                     \
		  msg_new((id), ARG_TEXT(fault_where((f), (mark), (char[FAULT_WHERE]){ 0 })),      \
			  ARG_TEXT(path), ##__VA_ARGS__),                                          \
		  NULL)
// The same at the place of the path.
#define FAULT_AT(f, path, ...) FAULT_((f), place_find((f), (path)), (path), __VA_ARGS__)

// Null when there is no fault; else one ERR_PROFILE with the faults as its causes, in the order of the file. Empties f.
MUST struct err *faults_take(struct faults *f);

// The word of the list that the person probably meant; null when none is near. words is ended by null.
const char *near_word(const char *word, const char *const *words);
