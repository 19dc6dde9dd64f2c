// A message for a person, before it has a language.
//
// A message is an id (an English text with %1 to %9 for its arguments, marked N_("…") where it is
// written) and arguments. Rooms, errors and events carry messages; only the process that talks to
// the person renders them (base/lang.h). Messages cross from a worker to that process as JSON
// (msg_to_json), so that a worker needs no language. No argument may ever be a secret.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct json_t;

enum { MSG_MAX_ARGS = 9, MSG_MAX_TEXT = 4096 };

enum msg_arg_kind {
	MSG_ARG_TEXT, // the same in every language: a name, a number, a path
	MSG_ARG_ID,   // another message id without arguments, translated when shown
	MSG_ARG_BOTH, // a text that comes in both languages, from a profile
};

// One argument. Texts are borrowed here and copied by msg_new.
struct msg_arg {
	enum msg_arg_kind kind;
	const char *text; // the text, the id, or the English text
	const char *ja;	  // MSG_ARG_BOTH only; null: as the English
};

struct msg;

// Text in both languages, as a profile gives it. `ja` may be null. Borrowed unless said otherwise.
struct text2 {
	char *en;
	char *ja;
};

#define ARG_TEXT(s) ((struct msg_arg){ .kind = MSG_ARG_TEXT, .text = (s) })
#define ARG_ID(s)   ((struct msg_arg){ .kind = MSG_ARG_ID, .text = (s) })
#define ARG_BOTH(t) ((struct msg_arg){ .kind = MSG_ARG_BOTH, .text = (t).en, .ja = (t).ja })
// A number as an argument; the text lives until the end of the full expression.
#define ARG_NUM(n) ARG_TEXT(msg_number((char[24]){ 0 }, (int64_t)(n)))

char *msg_number(char out[static 24], int64_t n);

// msg_new("…%1…", ARG_TEXT(name), ARG_NUM(3)): a new message; texts over MSG_MAX_TEXT bytes are cut
// at a character, bytes that are not UTF-8 are replaced (U+FFFD). Never null: when memory is out, a
// static message that says so. Free with msg_free.
#define msg_new(...) MSG_PICK_(__VA_ARGS__)
struct msg *msg_make(const char *id, const struct msg_arg *args, size_t n_args);
#define MSG_PICK_(id, ...)                                                                         \
	msg_make((id), (const struct msg_arg[]){ { 0 }, ##__VA_ARGS__ } + 1,                       \
		 sizeof((const struct msg_arg[]){ { 0 }, ##__VA_ARGS__ }) /                        \
				 sizeof(struct msg_arg) -                                          \
			 1)

struct msg *msg_copy(const struct msg *m); // null in, null out
void msg_free(struct msg *m);
DEFINE_CLEANUP(msg, struct msg, msg_free)

const char *msg_id(const struct msg *m);

// The message in the language chosen by lang_set (English when none was): a new UTF-8 string to be
// freed. Control characters of arguments are shown as U+FFFD, so that a server's words cannot drive a
// terminal; line breaks stay, except in a MSG_ARG_TEXT. A %N without its argument is left as it stands.
// Never null unless memory is out.
char *msg_render(const struct msg *m);
// The same in English, whatever the language: for the log.
char *msg_render_english(const struct msg *m);

// The static message that says that memory is out. msg_free leaves it alone.
struct msg *msg_no_memory(void);

// {"id":"…","args":["text",{"id":"…"},{"en":"…","ja":"…"}]}. msg_from_json refuses other shapes,
// more arguments than MSG_MAX_ARGS and texts over MSG_MAX_TEXT with null.
struct json_t *msg_to_json(const struct msg *m);
struct msg *msg_from_json(const struct json_t *j);
