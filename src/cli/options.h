// The command line: commands, their options, and where both stand. Private to the room.
//
// One table of commands and one of options make the parser and --help, so that they cannot disagree.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"

struct cli;

enum {
	OPT_PROFILE = 1 << 0,
	OPT_ROLE = 1 << 1,
	OPT_TOKEN = 1 << 2,
	OPT_MODULE = 1 << 3,
	OPT_ANSWERS = 1 << 4,
	OPT_YES = 1 << 5,
	OPT_JSON = 1 << 6,
	OPT_LAST_TRY = 1 << 7,
	OPT_NO_WAIT = 1 << 8,
	OPT_LANG = 1 << 9,
	OPT_DEBUG = 1 << 10,
	OPT_HELP = 1 << 11,
	OPT_VERSION = 1 << 12, // without a command only
	OPT_PLAIN = 1 << 13,
	OPT_KEYPAD = 1 << 14,
	OPT_APPLICATIONS = 1 << 15,
	OPT_SET_UP = 1 << 16,
	OPT_REMOVE = 1 << 17,
	OPT_WATCH = 1 << 24,
	OPT_WAIT = 1 << 25,
	OPT_BUNDLE = 1 << 26,
	OPT_NAMES = 1 << 27,
	OPT_FINGERPRINT = 1 << 28,
	OPT_PUK = 1 << 18,
	OPT_MANAGEMENT = 1 << 19,
	OPT_LOGIN = 1 << 20,
	OPT_ALL = 1 << 21,
	OPT_CUSTODY = 1 << 22,
	OPT_CHALLENGE = 1 << 23,
	OPT_REASON = 1 << 29,
	OPT_ALWAYS = OPT_PLAIN | OPT_LANG | OPT_DEBUG | OPT_HELP,
	// Without a command: the wizard's.
	OPT_ALONE = OPT_ALWAYS | OPT_VERSION | OPT_PROFILE | OPT_ROLE | OPT_TOKEN | OPT_MODULE |
		    OPT_LAST_TRY | OPT_KEYPAD,
};
// An enum is an int: what does not fit there stands here.
#define OPT_OUT	      (UINT64_C(1) << 32)
#define OPT_RENEW     (UINT64_C(1) << 33)
#define OPT_CHECK     (UINT64_C(1) << 34)
#define OPT_WARN      (UINT64_C(1) << 35)
#define OPT_NAGIOS    (UINT64_C(1) << 36)
#define OPT_REMIND    (UINT64_C(1) << 37)
#define OPT_ON_BEHALF (UINT64_C(1) << 40)
#define OPT_SERIAL    (UINT64_C(1) << 41)
#define OPT_REPLACE   (UINT64_C(1) << 42)

struct option_row {
	uint64_t id;
	const char *name;    // "--profile"
	const char *brief;   // "-h"; null: none
	const char *value;   // "NAME|FILE"; null: takes none
	const char *summary; // message id
};
extern const struct option_row option_rows[];
extern const size_t n_option_rows;

struct command {
	const char *name;     // "enroll", "profile list"
	const char *operands; // "[ID]"; null: none
	size_t min_operands, max_operands;
	const char *summary;	  // message id
	const char *const *about; // message ids of paragraphs, up to a null
	const char *example;	  // the usual one, as typed
	uint64_t options;	  // besides OPT_ALWAYS
	int (*run)(struct cli *cli);
	bool hidden; // not shown by --help: for programs
};
extern const struct command commands[];
extern const size_t n_commands;
// Null when there is none; *words is how many words of argv the name has.
const struct command *command_find(char *const *words, size_t n, size_t *used);

// A first word of several commands ("profile", "token"): null, or their second words ("list, check, show"). New string.
char *command_group(const char *word);

enum { MAX_OPERANDS = 8 };

// What was typed. The texts are argv's.
struct options {
	const struct command *command; // null: none
	const char *profile, *role, *token, *module, *answers, *lang, *bundle, *custody, *out,
		*warn;
	const char *on_behalf, *reason, *fingerprint, *serial;
	bool yes, json, last_try, no_wait, plain, keypad, debug, help, version;
	bool watch, wait, names, login, all, puk, management, challenge;
	bool applications, set_up, remove, renew, replace;
	bool check, nagios, remind;
	char *operands[MAX_OPERANDS + 1];
	size_t n_operands;
};
// ERR_USAGE with a hint.
MUST struct err *options_parse(int argc, char **argv, struct options *out);
// The language alone, looked for ahead of everything so that errors come in it; null when not given.
const char *options_language(int argc, char **argv);
