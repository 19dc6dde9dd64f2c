// Which module and which token. Private to the room.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/err.h"
#include "cli/inside.h"
#include "enroll/enroll.h"
#include "enroll/face.h"

// One token that a listing worker saw.
struct seen {
	char *uri, *label, *module;
	bool from_profile; // the module is the one that the profile names
	bool blank;	   // not initialised
	bool usable;	   // initialised, and can make RSA keys
};
struct seen_list {
	struct seen *list;
	size_t n;
};
void seen_list_free(struct seen_list *l);
static inline void seen_list_cleanup(struct seen_list *l)
{
	seen_list_free(l);
}
#define AUTO_SEEN __attribute__((cleanup(seen_list_cleanup)))
// Adds what one module's listing shows ({"tokens":[…]}). A token that is there already through another registered module is added too;
// one that a registered module shows is not added again for a module that only a profile names.
MUST struct err *seen_add(struct seen_list *l, const struct json_t *listing, const struct job *j);
// Drops those that cannot be used when another one can.
void seen_keep_usable(struct seen_list *l);
// As much of the URI as tells it from the others: serial number and label, or all of it, or even the module ("?module-path=…").
// New string.
char *seen_name(const struct seen_list *l, size_t i);
// The error when none or several are left. `wanted`: what --token said, or null.
struct err *seen_none(const char *wanted, const struct seen_list *all, struct err *why) MUST;
struct err *seen_several(const struct seen_list *l) MUST;

// The listing of modules: one job and one result a module.
struct listing {
	struct job **jobs;
	struct result *results;
	size_t n;
	struct result readers; // of JOB_READERS, where it was wanted
};
void listing_free(struct listing *l);
static inline void listing_cleanup(struct listing *l)
{
	listing_free(l);
}
#define AUTO_LISTING __attribute__((cleanup(listing_cleanup)))
// Asks the module that --module, the URI or the profile's name (profile_module, may be null) says, else all of them at once. The token's URI is
// handed on, so that only tokens that fit it are shown.
MUST struct err *listing_make(struct cli *cli, const char *profile_module, struct face *f,
			      struct listing *out);

// The same, and looks at the readers meanwhile.
MUST struct err *listing_make_readers(struct cli *cli, struct face *f, struct listing *out);

// The one token that is meant.
struct target {
	char *module, *uri;
	bool module_from_profile;
	bool unlisted; // as it was named: nobody has looked yet
};
void target_free(struct target *t);
static inline void target_cleanup(struct target *t)
{
	target_free(t);
}
#define AUTO_TARGET __attribute__((cleanup(target_cleanup)))
// Exactly one: it. None: ERR_TOKEN that says what was seen. Several: asked on a terminal, else ERR_TOKEN with the list.
MUST struct err *pick_token(struct cli *cli, const char *profile_module, struct target *out);
// The same (with --wait after waiting until one is there), but where module and token are both named nothing is listed: the target is as it was said, and `unlisted`. The job's own worker finds
// out; job_finish lists after all when it does not find exactly one.
MUST struct err *name_token(struct cli *cli, const char *profile_module, struct target *out);
