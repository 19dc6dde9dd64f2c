// Errors with causes.
//
// A function that can fail returns struct err *; null is success. An error has a kind (which decides
// the exit status and is matched by code, never by its text), what happened, what to do next, the call that
// failed with its code by name and number (C_Login, CKR_PIN_INCORRECT, 0xa0), and a cause below it.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/msg.h"

struct json_t;

// The kind of an error is its exit status.
enum err_kind {
	ERR_FAILED = 1,	      // anything else that failed: disk, memory, a defect
	ERR_USAGE = 2,	      // the command line
	ERR_PENDING = 3,      // the CA says wait
	ERR_CA_REFUSED = 4,   // the CA refused, or answered with what is no certificate
	ERR_POLICY = 5,	      // window, name, evidence, wrong certificate
	ERR_TOKEN = 6,	      // no usable token
	ERR_PIN = 7,	      // PIN wrong, locked, or on its last try
	ERR_ANSWER = 8,	      // answers or one-time password missing or invalid
	ERR_NETWORK = 9,      // TLS, cut line, time-out, too much
	ERR_PROFILE = 10,     // profile or configuration invalid
	ERR_INTERRUPTED = 11, // stopped, resumable
};

struct err;

// err_new(ERR_PIN, N_("The PIN of %1 is wrong."), ARG_TEXT(label)). Never null.
#define err_new(kind, ...) err_make((kind), msg_new(__VA_ARGS__))
// Takes the message.
struct err *err_make(enum err_kind kind, struct msg *what) MUST;

// Out of memory, as an error that needs none.
struct err *err_no_memory(void) MUST;
// From errno: the call ("open"), the path or null. ERR_FAILED.
struct err *err_errno(const char *call, const char *path, int errnum) MUST;

// These return their first argument, so that they nest. All do nothing on null.
// What the person should do next (takes the message); a second hint replaces the first.
struct err *err_hint_msg(struct err *e, struct msg *hint) MUST;
#define err_hint(e, ...) err_hint_msg((e), msg_new(__VA_ARGS__))
// The call that failed, its code by name and number: err_call(e, "C_Login", "CKR_PIN_INCORRECT", 0xa0).
struct err *err_call(struct err *e, const char *call, const char *code_name, uint64_t code) MUST;
// Puts e in front of its cause (takes both).
struct err *err_caused_by(struct err *e, struct err *cause) MUST;
// The same kind, tag and hint, with a sentence about what was being done in front.
#define err_while(e, ...) err_while_msg((e), msg_new(__VA_ARGS__))
struct err *err_while_msg(struct err *e, struct msg *what) MUST;
// Changes the kind (a failure that has become resumable, say).
struct err *err_as(struct err *e, enum err_kind kind) MUST;
// A stable short name of the error for scripts and the help desk ("pin-wrong"): lower-case letters, digits
// and hyphens; static storage. err_slug returns "" where none was set.
struct err *err_tag(struct err *e, const char *slug) MUST;
const char *err_slug(const struct err *e);

enum err_kind err_kind(const struct err *e);
const struct msg *err_what(const struct err *e);
// The nearest hint down the causes; null when none.
const struct msg *err_next_step(const struct err *e);
const char *err_call_name(const struct err *e); // null when none
const char *err_code_name(const struct err *e); // null when none
uint64_t err_code(const struct err *e);
const struct err *err_cause(const struct err *e);
bool err_has_code(const struct err *e, const char *code_name); // anywhere down the causes
bool err_has_tag(const struct err *e, const char *slug);       // the same

void err_free(struct err *e);
DEFINE_CLEANUP(err, struct err, err_free)
// Drops an error on purpose; the name makes the place findable.
void err_ignore(struct err *e);

// Returns from the calling function when EXPR fails.
#define TRY(expr)                                                                                  \
	do {                                                                                       \
		struct err *try_err_ = (expr);                                                     \
		if (try_err_)                                                                      \
			return try_err_;                                                           \
	} while (0)

// {"kind":N,"what":MSG,"hint":MSG,"call":"…","code_name":"…","code":N,"tag":"…","cause":{…}}, at most 16 deep.
struct json_t *err_to_json(const struct err *e);
// Never null: an unreadable object becomes an ERR_FAILED that says so.
struct err *err_from_json(const struct json_t *j);

// The nearest tag of the chain; "" when none was set.
const char *err_nearest_slug(const struct err *e);
// The last line of err_render alone, for the help desk; empty when there is nothing to say. New string; null when memory is out.
char *err_codes(const struct err *e);

// The whole chain in the present language, as paragraphs for a terminal: what happened; why; what to do; the code
// ("[pin-wrong] C_Login: CKR_PIN_INCORRECT (0xa0)"). Lines of at most 80 columns, each ended by \n; null when memory is out.
char *err_render(const struct err *e);

#ifdef __clang_analyzer__
// The static analyser reads one file at a time: without this it takes "return err_tag(err_new(…), …)" for a possible success.
static inline struct err *err_sure(struct err *e)
{
	if (!e)
		__builtin_unreachable();
	return e;
}
#define err_make(...)	   err_sure(err_make(__VA_ARGS__))
#define err_no_memory()	   err_sure(err_no_memory())
#define err_errno(...)	   err_sure(err_errno(__VA_ARGS__))
#define err_hint_msg(...)  err_sure(err_hint_msg(__VA_ARGS__))
#define err_call(...)	   err_sure(err_call(__VA_ARGS__))
#define err_caused_by(...) err_sure(err_caused_by(__VA_ARGS__))
#define err_while_msg(...) err_sure(err_while_msg(__VA_ARGS__))
#define err_as(...)	   err_sure(err_as(__VA_ARGS__))
#define err_tag(...)	   err_sure(err_tag(__VA_ARGS__))
#endif
