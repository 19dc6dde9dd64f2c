// The keys of a profile that one protocol alone has.
#include "profile/schema.h"

_Static_assert(sizeof(enum scep_answers) == sizeof(int), "an enum is as wide as an int");
_Static_assert(sizeof(enum scep_signatures) == sizeof(int), "an enum is as wide as an int");

#define TABLE(entry_size, list)                                                                    \
	{                                                                                          \
		.size = (entry_size), .keys = (list), .n_keys = ARRAY_LEN(list)                    \
	}

#define DRAFT(member) offsetof(struct draft, member)

static const char *const est_links[] = { "asked", "always", "never", NULL };
static const char *const est_auths[] = { "basic", "digest", NULL };
static const char *const scep_answers[] = { "none", "3des", "des", NULL };
static const char *const scep_signatures[] = { "none", "sha1", "md5", NULL };

#define EST(member) DRAFT(profile.ca.est.member)
static const struct schema_key est_keys[] = {
	{ .key = "link",
	  .shape = SHAPE_CHOICE,
	  .at = EST(link),
	  .choices = est_links,
	  .otherwise = "asked",
	  .allowed = N_("asked, always or never") },
	{ .key = "auth",
	  .shape = SHAPE_CHOICE,
	  .at = EST(auth),
	  .choices = est_auths,
	  .otherwise = "basic",
	  .allowed = N_("basic or digest") },
};
const struct schema_table schema_est = TABLE(0, est_keys);

#define SCEP(member) DRAFT(profile.ca.scep.member)
static const struct schema_key scep_keys[] = {
	{ .key = "fingerprint",
	  .shape = SHAPE_TEXTS,
	  .max = 8,
	  .at = SCEP(fingerprints),
	  .also_at = SCEP(n_fingerprints),
	  .allowed = N_("a SHA-256 fingerprint of 64 hexadecimal digits, or a list of them") },
	{ .key = "identifier",
	  .shape = SHAPE_TEXT,
	  .max = 100,
	  .at = SCEP(identifier),
	  .allowed = N_("1 to 100 letters, digits, '-', '.' and '_'") },
	{ .key = "weak_answers",
	  .shape = SHAPE_CHOICE,
	  .at = SCEP(weak_answers),
	  .choices = scep_answers,
	  .otherwise = "none",
	  .allowed = N_("none, 3des or des") },
	{ .key = "weak_signatures",
	  .shape = SHAPE_CHOICE,
	  .at = SCEP(weak_signatures),
	  .choices = scep_signatures,
	  .otherwise = "none",
	  .allowed = N_("none, sha1 or md5") },
};
const struct schema_table schema_scep = TABLE(0, scep_keys);
