// The schema of a profile as a table: every key, what may stand there, and where it goes.
//
// The reader (read.c) knows shapes and no keys; the manual page inkan-profile(5) is held against this table by a test.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "profile/profile.h"

enum shape {
	SHAPE_TEXT,   // char *: one line
	SHAPE_TEXT2,  // struct text2: a text, or a mapping of en and ja
	SHAPE_FLAG,   // bool: true or false
	SHAPE_NUMBER, // unsigned, from min to max
	SHAPE_SIZE,   // size_t, from min to max
	SHAPE_RANGE,  // two size_t at `at` and `also_at`: "10", or "4-12", from min to max
	SHAPE_CHOICE, // int: which of `choices`
	SHAPE_GROUP,  // a mapping with the keys of `table`, in the same struct
	SHAPE_NAMED, // a mapping of free names: an array of structs that begin with char *name; its length at `also_at`
	SHAPE_NUMBERS, // a list: unsigned *, its length at `also_at`
	SHAPE_TEXTS,   // a list, or one text: char **, its length at `also_at`
	SHAPE_SUBJECT, // a list of one-key mappings: struct profile_rdn *, its length at `also_at`
};

struct schema_table;

struct schema_key {
	const char *key;
	enum shape shape;
	bool required;
	size_t at, also_at;		  // offsets
	unsigned min, max;		  // of the number; bytes of a text; entries of a list
	const char *const *choices;	  // ended by null
	const char *otherwise;		  // what holds when the key is left out; null: nothing
	const struct schema_table *table; // of a group, and of the entries of SHAPE_NAMED
	const char *allowed;		  // message id: what may stand there
};

struct schema_table {
	size_t size; // of the struct of one entry; 0 for a group
	const struct schema_key *keys;
	size_t n_keys;
};

// schema_portal.c: the entries of ca.portal.pages and says.
extern const struct schema_table schema_portal_page, schema_portal_saying;
// All of ca.portal, at struct draft.
extern const struct schema_table schema_portal;
// The keys pages and says alone, at struct profile_portal.
extern const struct schema_table schema_portal_ways;

// What is read before it is checked. The profile comes first, so that its offsets are the draft's.
struct draft {
	struct profile profile;
	unsigned format;
	int key_type, retire;
	char **anchors;
	size_t n_anchors;
	char **roots; // of attestations
	size_t n_roots;
	char **recovery;
	size_t n_recovery;
	char *cmp_server; // file; null: none
	bool may_miss;	  // the file of the anchors, if it is one, may not be there yet:
	char *missing;	  // its path
};

extern const struct schema_table
	schema_otp_server; // of roles.ROLE.otp.server, at struct profile_role
extern const struct schema_table schema_est, schema_scep; // of ca.est, ca.scep
extern const struct schema_table schema_profile;	  // at struct draft
extern const struct schema_table schema_ca;		  // a part of it

// The short names of what a subject may hold, ended by null.
extern const char *const schema_subject_types[];
