// The one-time password tokens that this machine judges: sealed seeds, counters, who holds which, and what was done, in one database.
//
// A value is judged and spent in one durable transaction: of two processes that are given the same value one accepts it. What the database
// says is on the disk before a caller is told.
#pragma once

#include "otp/judge.h"
#include "otp/seal.h"

struct otp_tokens;

// `path` null: otp.db in the state directory. Errors as of store_open, tagged "otp-store" too.
MUST struct err *otp_tokens_open(const char *path, struct otp_tokens **out);
void otp_tokens_close(struct otp_tokens *t);
DEFINE_CLEANUP(otp_tokens, struct otp_tokens, otp_tokens_close)
// The file beside the database that has the key (otp.key). New string.
MUST struct err *otp_tokens_key_path(const char *path, char **out);

struct otp_token {
	char *serial, *issuer, *maker, *model, *person; // null: not said
	enum seed_kind kind;
	enum seed_hash hash;
	unsigned digits, step;
	struct judge_state state;
	int64_t imported, used; // seconds since 1970; used 0: never
};
void otp_token_free(struct otp_token *t);
DEFINE_CLEANUP(otp_token, struct otp_token, otp_token_free)

struct otp_list {
	struct otp_token **list;
	size_t n;
};
void otp_list_free(struct otp_list *l);

enum otp_replace {
	REPLACE_REFUSE, // a serial that is there already: nothing is imported, ERR_ANSWER tagged "otp-duplicate"
	REPLACE_ALL, // takes the new seed, and its counter begins where the file says
};
// All or nothing. *replaced (may be null) counts those that were there.
MUST struct err *otp_import(struct otp_tokens *t, const struct seal *seal, const struct seeds *s,
			    enum otp_replace replace, size_t *replaced);
// *out null: there is none. One that is there, whole.
MUST struct err *otp_find(struct otp_tokens *t, const char *serial, struct otp_token **out);
MUST struct err *otp_of_person(struct otp_tokens *t, const char *person, struct otp_list *out);
MUST struct err *otp_all(struct otp_tokens *t, struct otp_list *out);
MUST struct err *otp_is_empty(struct otp_tokens *t, bool *empty);

// ERR_ANSWER tagged "otp-unknown" for a serial that is not there. `by`: who judges, for the record (a user's name).
MUST struct err *otp_check(struct otp_tokens *t, const struct seal *seal, const char *serial,
			   const struct judge_rules *r, const struct secret *typed, int64_t now,
			   const char *by, enum judgement *out, struct judge_state *state);
MUST struct err *otp_resync(struct otp_tokens *t, const struct seal *seal, const char *serial,
			    const struct judge_rules *r, const struct secret *const *typed,
			    size_t n, int64_t now, const char *by, enum judgement *out);
// Failures and lock are forgotten, and the record says by whom. *was false: it was not locked.
MUST struct err *otp_unlock(struct otp_tokens *t, const char *serial, const char *by, bool *was);
// person null: nobody holds it any more. ERR_ANSWER tagged "otp-assigned" where somebody else holds it and `replace` is false.
MUST struct err *otp_assign(struct otp_tokens *t, const char *serial, const char *person,
			    bool replace, const char *by);

// What was done, oldest first: "checked", "refused", "locked", "unlocked", "resynchronised", "imported", "assigned".
struct otp_event {
	int64_t at;
	char *serial, *what, *by, *detail;
};
struct otp_events {
	struct otp_event *list;
	size_t n;
};
void otp_events_free(struct otp_events *e);
MUST struct err *otp_history(struct otp_tokens *t, const char *serial, struct otp_events *out);
