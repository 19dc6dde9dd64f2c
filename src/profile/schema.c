// The table of every key of a profile. docs/man/inkan-profile.5 describes the same keys; a test compares the two.
#include "profile/schema.h"

// The reader writes enums through an int.
_Static_assert(sizeof(enum otp_kind) == sizeof(int), "an enum is as wide as an int");
_Static_assert(sizeof(enum ca_protocol) == sizeof(int), "an enum is as wide as an int");
_Static_assert(sizeof(enum cmp_request) == sizeof(int), "an enum is as wide as an int");
_Static_assert(sizeof(enum attestation_send) == sizeof(int), "an enum is as wide as an int");
_Static_assert(sizeof(enum factory_policy) == sizeof(int), "an enum is as wide as an int");
_Static_assert(sizeof(enum so_custody) == sizeof(int), "an enum is as wide as an int");

#define TABLE(entry_size, list)                                                                    \
	{                                                                                          \
		.size = (entry_size), .keys = (list), .n_keys = ARRAY_LEN(list)                    \
	}

static const char *const otp_kinds[] = { "none", "totp", "hotp", "other", NULL };
static const char *const key_types[] = { "rsa", NULL };
static const char *const key_sizes[] = { "2048", "3072", "4096", NULL };
static const char *const custodies[] = { "software", "device", "attested", NULL };
static const char *const attributes[] = { "open", "withheld", "declared", NULL };
static const char *const retirements[] = { "keep", "destroy", NULL };
static const char *const so_custodies[] = { "show", "escrow", "derive", "typed", NULL };
static const char *const management_custodies[] = { "show",  "escrow",	  "derive",
						    "typed", "as-so-pin", NULL };
static const char *const identities[] = { "none", "missing", "renew", NULL };
static const char *const factory_policies[] = { "usual", "refuse", "replace", "warn", NULL };
static const char *const attested_pins[] = { "any", "once", "always", NULL };
static const char *const attested_touches[] = { "any", "cached", "always", NULL };
static const char *const attested_ways[] = { "none", "pkcs10-attribute", "extra-certificates",
					     "file", NULL };
static const char *const afters[] = { "renew",	"reacquire", "counter", "ask-administrator",
				      "closed", NULL };

#define ALLOWED_TEXT2	 N_("a text, or the two texts en: and ja:")
#define ALLOWED_FLAG	 N_("true or false")
#define ALLOWED_DAYS	 N_("a whole number of days from 0 to 3650")
#define ALLOWED_AFTER	 N_("renew, reacquire, counter, ask-administrator or closed")
#define ALLOWED_PAGE	 N_("1 or 2")
#define ALLOWED_TEMPLATE N_("a text with {names} of fields in it")

// --- one field of a role

static const struct schema_key field_keys[] = {
	{ .key = "label",
	  .shape = SHAPE_TEXT2,
	  .required = true,
	  .max = 200,
	  .at = offsetof(struct profile_field, label),
	  .allowed = ALLOWED_TEXT2 },
	{ .key = "help",
	  .shape = SHAPE_TEXT2,
	  .max = 2000,
	  .at = offsetof(struct profile_field, help),
	  .allowed = ALLOWED_TEXT2 },
	{ .key = "digits",
	  .shape = SHAPE_RANGE,
	  .min = 1,
	  .max = 64,
	  .at = offsetof(struct profile_field, digits_min),
	  .also_at = offsetof(struct profile_field, digits_max),
	  .allowed = N_("how many digits: a number from 1 to 64, or two of them as in 4-12") },
	{ .key = "max_length",
	  .shape = SHAPE_SIZE,
	  .min = 1,
	  .max = 128,
	  .otherwise = "64",
	  .at = offsetof(struct profile_field, max_length),
	  .allowed = N_("a whole number from 1 to 128") },
	{ .key = "pattern",
	  .shape = SHAPE_TEXT,
	  .max = 200,
	  .at = offsetof(struct profile_field, pattern),
	  .allowed = N_("a POSIX extended regular expression of at most 200 characters") },
	{ .key = "secret",
	  .shape = SHAPE_FLAG,
	  .otherwise = "false",
	  .at = offsetof(struct profile_field, secret),
	  .allowed = ALLOWED_FLAG },
	{ .key = "keypad",
	  .shape = SHAPE_FLAG,
	  .otherwise = "false",
	  .at = offsetof(struct profile_field, keypad),
	  .allowed = ALLOWED_FLAG },
	{ .key = "page",
	  .shape = SHAPE_NUMBER,
	  .min = 1,
	  .max = 2,
	  .otherwise = "1",
	  .at = offsetof(struct profile_field, page),
	  .allowed = ALLOWED_PAGE },
};
static const struct schema_table field_table = TABLE(sizeof(struct profile_field), field_keys);

// --- the one-time password of a role

static const struct schema_key model_keys[] = {
	{ .key = "label",
	  .shape = SHAPE_TEXT2,
	  .required = true,
	  .max = 200,
	  .at = offsetof(struct profile_otp_model, label),
	  .allowed = ALLOWED_TEXT2 },
	{ .key = "instruction",
	  .shape = SHAPE_TEXT2,
	  .required = true,
	  .max = 2000,
	  .at = offsetof(struct profile_otp_model, instruction),
	  .allowed = ALLOWED_TEXT2 },
};
static const struct schema_table model_table = TABLE(sizeof(struct profile_otp_model), model_keys);

#define OTP(member) offsetof(struct profile_role, otp.member)
static const struct schema_key otp_keys[] = {
	{ .key = "kind",
	  .shape = SHAPE_CHOICE,
	  .at = OTP(kind),
	  .choices = otp_kinds,
	  .otherwise = "none",
	  .allowed = N_("none, totp, hotp or other") },
	{ .key = "length",
	  .shape = SHAPE_SIZE,
	  .min = 4,
	  .max = 16,
	  .at = OTP(length),
	  .otherwise = "6",
	  .allowed = N_("a whole number from 4 to 16") },
	{ .key = "step",
	  .shape = SHAPE_NUMBER,
	  .min = 10,
	  .max = 300,
	  .at = OTP(step),
	  .otherwise = "30",
	  .allowed = N_("a whole number of seconds from 10 to 300") },
	{ .key = "echo",
	  .shape = SHAPE_FLAG,
	  .at = OTP(echo),
	  .otherwise = "true",
	  .allowed = ALLOWED_FLAG },
	{ .key = "page",
	  .shape = SHAPE_NUMBER,
	  .min = 1,
	  .max = 2,
	  .at = OTP(page),
	  .otherwise = "2",
	  .allowed = ALLOWED_PAGE },
	{ .key = "label",
	  .shape = SHAPE_TEXT2,
	  .max = 200,
	  .at = OTP(label),
	  .allowed = ALLOWED_TEXT2 },
	{ .key = "models",
	  .shape = SHAPE_NAMED,
	  .max = 32,
	  .at = OTP(models),
	  .also_at = OTP(n_models),
	  .table = &model_table,
	  .allowed = N_("names of models, each with label: and instruction:") },
	{ .key = "server",
	  .shape = SHAPE_GROUP,
	  .table = &schema_otp_server,
	  .allowed = N_("the keys protocol, servers and others") },
};
static const struct schema_table otp_table = TABLE(0, otp_keys);

// --- one role

#define ROLE(member) offsetof(struct profile_role, member)
static const struct schema_key role_cmp_keys[] = {
	{ .key = "reference",
	  .shape = SHAPE_TEXT,
	  .required = true,
	  .max = 500,
	  .at = ROLE(cmp_reference),
	  .allowed = ALLOWED_TEMPLATE },
	{ .key = "secret",
	  .shape = SHAPE_TEXT,
	  .required = true,
	  .max = 500,
	  .at = ROLE(cmp_secret),
	  .allowed = ALLOWED_TEMPLATE },
};
static const struct schema_table role_cmp_table = TABLE(0, role_cmp_keys);

static const struct schema_key role_agent_keys[] = {
	{ .key = "requester",
	  .shape = SHAPE_TEXT,
	  .required = true,
	  .max = 500,
	  .at = ROLE(agent.requester),
	  .allowed = ALLOWED_TEMPLATE },
	{ .key = "user_name",
	  .shape = SHAPE_TEXT,
	  .max = 500,
	  .at = ROLE(agent.user_name),
	  .allowed = ALLOWED_TEMPLATE },
	{ .key = "password",
	  .shape = SHAPE_TEXT,
	  .max = 500,
	  .at = ROLE(agent.password),
	  .allowed = ALLOWED_TEMPLATE },
};
static const struct schema_table role_agent_table = TABLE(0, role_agent_keys);
// clang-format off
#define DAYS_KEY(name, offset, usual) { .key = (name), .shape = SHAPE_NUMBER, .max = 3650, .at = (offset), .otherwise = (usual), .allowed = ALLOWED_DAYS }
// clang-format on
// What is left out there is as window: says; the zone is the institution's.
static const struct schema_key role_window_keys[] = {
	DAYS_KEY("pickup_days", ROLE(window.pickup_days), NULL),
	DAYS_KEY("renew_before_days", ROLE(window.renew_before_days), NULL),
	DAYS_KEY("reacquire_days", ROLE(window.reacquire_days), NULL),
	{ .key = "after_expiry",
	  .shape = SHAPE_CHOICE,
	  .at = ROLE(window.after),
	  .choices = afters,
	  .allowed = ALLOWED_AFTER },
	{ .key = "closed",
	  .shape = SHAPE_TEXT2,
	  .max = 2000,
	  .at = ROLE(window.closed),
	  .allowed = ALLOWED_TEXT2 },
	{ .key = "remind_days",
	  .shape = SHAPE_NUMBERS,
	  .min = 1,
	  .max = 3650,
	  .at = ROLE(window.remind_days),
	  .also_at = ROLE(window.n_remind),
	  .allowed = N_("a list of whole numbers of days, the greatest first") },
};
static const struct schema_table role_window_table = TABLE(0, role_window_keys);

static const struct schema_key role_keys[] = {
	{ .key = "label",
	  .shape = SHAPE_TEXT2,
	  .required = true,
	  .max = 200,
	  .at = ROLE(label),
	  .allowed = ALLOWED_TEXT2 },
	{ .key = "fields",
	  .shape = SHAPE_NAMED,
	  .required = true,
	  .max = 31,
	  .at = ROLE(fields),
	  .also_at = ROLE(n_fields),
	  .table = &field_table,
	  .allowed = N_("names of fields, each with label: and what else it needs") },
	{ .key = "otp",
	  .shape = SHAPE_GROUP,
	  .table = &otp_table,
	  .allowed = N_("the keys of a one-time password: kind, length, models and others") },
	{ .key = "common_name",
	  .shape = SHAPE_TEXT,
	  .required = true,
	  .max = 500,
	  .at = ROLE(common_name),
	  .allowed = ALLOWED_TEMPLATE },
	{ .key = "subject",
	  .shape = SHAPE_SUBJECT,
	  .required = true,
	  .max = 16,
	  .at = ROLE(subject),
	  .also_at = ROLE(n_subject),
	  .allowed = N_("a list of attributes in their order, as in: - O: Some Bank") },
	{ .key = "user_name",
	  .shape = SHAPE_TEXT,
	  .max = 500,
	  .at = ROLE(user_name),
	  .allowed = ALLOWED_TEMPLATE },
	{ .key = "password",
	  .shape = SHAPE_TEXT,
	  .max = 500,
	  .at = ROLE(password),
	  .allowed = ALLOWED_TEMPLATE },
	{ .key = "challenge_password",
	  .shape = SHAPE_TEXT,
	  .max = 500,
	  .at = ROLE(challenge_password),
	  .allowed = ALLOWED_TEMPLATE },
	{ .key = "cmp",
	  .shape = SHAPE_GROUP,
	  .table = &role_cmp_table,
	  .allowed = N_("the keys reference and secret") },
	{ .key = "on_behalf",
	  .shape = SHAPE_GROUP,
	  .table = &role_agent_table,
	  .allowed = N_("the keys requester, user_name and password") },
	{ .key = "window",
	  .shape = SHAPE_GROUP,
	  .table = &role_window_table,
	  .allowed = N_("the keys of window: that are another for this role, without zone") },
	{ .key = "otp_challenge",
	  .shape = SHAPE_TEXT,
	  .max = 500,
	  .at = ROLE(otp_challenge),
	  .allowed = ALLOWED_TEMPLATE },
	{ .key = "revocation_challenge",
	  .shape = SHAPE_TEXT,
	  .max = 500,
	  .at = ROLE(revocation_challenge),
	  .allowed = ALLOWED_TEMPLATE },
};
static const struct schema_table role_table = TABLE(sizeof(struct profile_role), role_keys);

// --- the groups of the whole

#define DRAFT(member) offsetof(struct draft, member)
static const struct schema_key institution_keys[] = {
	{ .key = "name",
	  .shape = SHAPE_TEXT2,
	  .required = true,
	  .max = 200,
	  .at = DRAFT(profile.institution),
	  .allowed = ALLOWED_TEXT2 },
	{ .key = "code",
	  .shape = SHAPE_TEXT,
	  .required = true,
	  .max = 16,
	  .at = DRAFT(profile.institution_code),
	  .allowed = N_("1 to 16 letters and digits") },
};
static const struct schema_table institution_table = TABLE(0, institution_keys);

#define ATTESTATION(member) DRAFT(profile.key.attestation.member)
static const struct schema_key attestation_keys[] = {
	{ .key = "roots",
	  .shape = SHAPE_TEXTS,
	  .required = true,
	  .max = 8,
	  .at = DRAFT(roots),
	  .also_at = DRAFT(n_roots),
	  .allowed = N_("one file of certificates (PEM), or a list of files") },
	{ .key = "pin_policy",
	  .shape = SHAPE_CHOICE,
	  .at = ATTESTATION(pin),
	  .choices = attested_pins,
	  .otherwise = "any",
	  .allowed = N_("any, once or always") },
	{ .key = "touch_policy",
	  .shape = SHAPE_CHOICE,
	  .at = ATTESTATION(touch),
	  .choices = attested_touches,
	  .otherwise = "any",
	  .allowed = N_("any, cached or always") },
	{ .key = "send",
	  .shape = SHAPE_CHOICE,
	  .at = ATTESTATION(send),
	  .choices = attested_ways,
	  .otherwise = "none",
	  .allowed = N_("none, pkcs10-attribute, extra-certificates or file") },
};
static const struct schema_table attestation_table = TABLE(0, attestation_keys);

static const struct schema_key key_keys[] = {
	{ .key = "type",
	  .shape = SHAPE_CHOICE,
	  .at = DRAFT(key_type),
	  .choices = key_types,
	  .otherwise = "rsa",
	  .allowed = N_("rsa") },
	{ .key = "bits",
	  .shape = SHAPE_NUMBER,
	  .min = 2048,
	  .max = 4096,
	  .at = DRAFT(profile.key.bits),
	  .choices = key_sizes,
	  .otherwise = "2048",
	  .allowed = N_("2048, 3072 or 4096") },
	{ .key = "custody",
	  .shape = SHAPE_CHOICE,
	  .at = DRAFT(profile.key.custody_floor),
	  .choices = custodies,
	  .otherwise = "device",
	  .allowed = N_("software, device or attested") },
	{ .key = "attributes",
	  .shape = SHAPE_CHOICE,
	  .at = DRAFT(profile.key.attributes_floor),
	  .choices = attributes,
	  .otherwise = "withheld",
	  .allowed = N_("open, withheld or declared") },
	{ .key = "decrypt",
	  .shape = SHAPE_FLAG,
	  .at = DRAFT(profile.key.decrypt),
	  .otherwise = "false",
	  .allowed = ALLOWED_FLAG },
	{ .key = "retire",
	  .shape = SHAPE_CHOICE,
	  .at = DRAFT(retire),
	  .choices = retirements,
	  .otherwise = "keep",
	  .allowed = N_("keep or destroy") },
	{ .key = "attestation",
	  .shape = SHAPE_GROUP,
	  .table = &attestation_table,
	  .allowed = N_("the keys roots, pin_policy, touch_policy and send") },
};
static const struct schema_table key_table = TABLE(0, key_keys);

static const struct schema_key token_keys[] = {
	{ .key = "so_pin",
	  .shape = SHAPE_CHOICE,
	  .at = DRAFT(profile.token.so_custody),
	  .choices = so_custodies,
	  .otherwise = "show",
	  .allowed = N_("show, escrow, derive or typed") },
	{ .key = "management_key",
	  .shape = SHAPE_CHOICE,
	  .at = DRAFT(profile.token.management_custody),
	  .choices = management_custodies,
	  .otherwise = "as-so-pin",
	  .allowed = N_("show, escrow, derive, typed or as-so-pin") },
	{ .key = "card_identity",
	  .shape = SHAPE_CHOICE,
	  .at = DRAFT(profile.token.card_identity),
	  .choices = identities,
	  .otherwise = "none",
	  .allowed = N_("none, missing or renew") },
	{ .key = "factory_secrets",
	  .shape = SHAPE_CHOICE,
	  .at = DRAFT(profile.token.factory),
	  .choices = factory_policies,
	  .otherwise = "usual",
	  .allowed = N_("usual, refuse, replace or warn") },
	{ .key = "recovery",
	  .shape = SHAPE_TEXTS,
	  .max = 8,
	  .at = DRAFT(recovery),
	  .also_at = DRAFT(n_recovery),
	  .allowed = N_("one file of certificates (PEM), or a list of files") },
	{ .key = "master",
	  .shape = SHAPE_TEXT,
	  .max = 1000,
	  .at = DRAFT(profile.token.master),
	  .allowed = N_("the absolute path of a file of mode 0600") },
};
static const struct schema_table token_table = TABLE(0, token_keys);

#define WINDOW(member) DRAFT(profile.window.member)
static const struct schema_key window_keys[] = {
	{ .key = "zone",
	  .shape = SHAPE_TEXT,
	  .required = true,
	  .max = 64,
	  .at = WINDOW(zone),
	  .allowed = N_("a time zone as in Asia/Tokyo") },
	DAYS_KEY("pickup_days", WINDOW(pickup_days), "0"),
	DAYS_KEY("renew_before_days", WINDOW(renew_before_days), "30"),
	DAYS_KEY("reacquire_days", WINDOW(reacquire_days), "0"),
	{ .key = "after_expiry",
	  .shape = SHAPE_CHOICE,
	  .at = WINDOW(after),
	  .choices = afters,
	  .otherwise = "closed",
	  .allowed = ALLOWED_AFTER },
	{ .key = "closed",
	  .shape = SHAPE_TEXT2,
	  .max = 2000,
	  .at = WINDOW(closed),
	  .allowed = ALLOWED_TEXT2 },
	{ .key = "remind_days",
	  .shape = SHAPE_NUMBERS,
	  .min = 1,
	  .max = 3650,
	  .at = WINDOW(remind_days),
	  .also_at = WINDOW(n_remind),
	  .allowed = N_("a list of whole numbers of days, the greatest first") },
};
static const struct schema_table window_table = TABLE(0, window_keys);

static const struct schema_key consent_keys[] = {
	{ .key = "key",
	  .shape = SHAPE_TEXT2,
	  .max = 2000,
	  .at = DRAFT(profile.consent_key),
	  .allowed = ALLOWED_TEXT2 },
	{ .key = "store",
	  .shape = SHAPE_TEXT2,
	  .max = 2000,
	  .at = DRAFT(profile.consent_store),
	  .allowed = ALLOWED_TEXT2 },
};
static const struct schema_table consent_table = TABLE(0, consent_keys);

static const struct schema_key profile_keys[] = {
	{ .key = "format",
	  .shape = SHAPE_NUMBER,
	  .required = true,
	  .min = 1,
	  .max = 1,
	  .at = DRAFT(format),
	  .allowed = N_("1") },
	{ .key = "name",
	  .shape = SHAPE_TEXT,
	  .required = true,
	  .max = 32,
	  .at = DRAFT(profile.name),
	  .allowed = N_("1 to 32 lower-case letters, digits and hyphens") },
	{ .key = "institution",
	  .shape = SHAPE_GROUP,
	  .required = true,
	  .table = &institution_table,
	  .allowed = N_("the keys name and code") },
	{ .key = "practice",
	  .shape = SHAPE_FLAG,
	  .at = DRAFT(profile.practice),
	  .otherwise = "false",
	  .allowed = ALLOWED_FLAG },
	{ .key = "module",
	  .shape = SHAPE_TEXT,
	  .max = 1000,
	  .at = DRAFT(profile.module),
	  .allowed = N_("the name of a PKCS#11 module, or its absolute path") },
	{ .key = "roles",
	  .shape = SHAPE_NAMED,
	  .required = true,
	  .max = 16,
	  .at = DRAFT(profile.roles),
	  .also_at = DRAFT(profile.n_roles),
	  .table = &role_table,
	  .allowed = N_("names of roles, each with label:, fields:, common_name: and others") },
	{ .key = "key",
	  .shape = SHAPE_GROUP,
	  .table = &key_table,
	  .allowed =
		  N_("the keys type, bits, custody, attributes, decrypt, retire and attestation") },
	{ .key = "token",
	  .shape = SHAPE_GROUP,
	  .table = &token_table,
	  .allowed = N_(
		  "the keys so_pin, management_key, card_identity, factory_secrets, recovery and "
		  "master") },
	{ .key = "ca",
	  .shape = SHAPE_GROUP,
	  .required = true,
	  .table = &schema_ca,
	  .allowed = N_("the keys protocol, url, anchors and others") },
	{ .key = "window",
	  .shape = SHAPE_GROUP,
	  .required = true,
	  .table = &window_table,
	  .allowed = N_("the keys zone, renew_before_days and others") },
	{ .key = "consent",
	  .shape = SHAPE_GROUP,
	  .table = &consent_table,
	  .allowed = N_("the keys key and store") },
	{ .key = "login_url",
	  .shape = SHAPE_TEXT,
	  .max = 1000,
	  .at = DRAFT(profile.login_url),
	  .allowed = N_("an address that begins with https://") },
};
const struct schema_table schema_profile = TABLE(0, profile_keys);
