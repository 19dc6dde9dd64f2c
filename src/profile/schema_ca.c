// The table of the keys below ca: see schema.c.
#include "profile/schema.h"

#define TABLE(entry_size, list)                                                                    \
	{                                                                                          \
		.size = (entry_size), .keys = (list), .n_keys = ARRAY_LEN(list)                    \
	}

#define DRAFT(member) offsetof(struct draft, member)

#define ALLOWED_FLAG N_("true or false")

static const char *const protocols[] = { "est", "scep", "cmp", "portal", "file", NULL };
static const char *const cmp_requests[] = { "ir", "cr", "p10cr", NULL };
static const char *const est_links[] = { "asked", "always", "never", NULL };
static const char *const est_auths[] = { "basic", "digest", NULL };
static const char *const revocations[] = { "none", "crl", "ocsp", "either", NULL };

#define CMP(member) DRAFT(profile.ca.cmp.member)
static const struct schema_key cmp_keys[] = {
	{ .key = "request",
	  .shape = SHAPE_CHOICE,
	  .at = CMP(request),
	  .choices = cmp_requests,
	  .otherwise = "ir",
	  .allowed = N_("ir, cr or p10cr") },
	{ .key = "implicit_confirm",
	  .shape = SHAPE_FLAG,
	  .at = CMP(implicit_confirm),
	  .otherwise = "false",
	  .allowed = ALLOWED_FLAG },
	{ .key = "recipient",
	  .shape = SHAPE_SUBJECT,
	  .max = 16,
	  .at = CMP(recipient),
	  .also_at = CMP(n_recipient),
	  .allowed = N_("a list of attributes in their order, as in: - O: Some Bank") },
	{ .key = "server_certificate",
	  .shape = SHAPE_TEXT,
	  .max = 1000,
	  .at = DRAFT(cmp_server),
	  .allowed = N_("one file with one certificate (PEM)") },
	{ .key = "unprotected_errors",
	  .shape = SHAPE_FLAG,
	  .at = CMP(unprotected_errors),
	  .otherwise = "false",
	  .allowed = ALLOWED_FLAG },
};
static const struct schema_table cmp_table = TABLE(0, cmp_keys);
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
static const struct schema_table est_table = TABLE(0, est_keys);

static const struct schema_key ca_keys[] = {
	{ .key = "protocol",
	  .shape = SHAPE_CHOICE,
	  .required = true,
	  .at = DRAFT(profile.ca.protocol),
	  .choices = protocols,
	  .allowed = N_("est, scep, cmp, portal or file") },
	{ .key = "url",
	  .shape = SHAPE_TEXT,
	  .max = 1000,
	  .at = DRAFT(profile.ca.url),
	  .allowed = N_("an address that begins with https://") },
	{ .key = "anchors",
	  .shape = SHAPE_TEXTS,
	  .required = true,
	  .max = 8,
	  .at = DRAFT(anchors),
	  .also_at = DRAFT(n_anchors),
	  .allowed = N_("one file of certificates (PEM), or a list of files") },
	{ .key = "on_behalf",
	  .shape = SHAPE_FLAG,
	  .at = DRAFT(profile.ca.on_behalf),
	  .otherwise = "false",
	  .allowed = N_("true or false") },
	{ .key = "hosts",
	  .shape = SHAPE_TEXTS,
	  .max = 16,
	  .at = DRAFT(profile.ca.hosts),
	  .also_at = DRAFT(profile.ca.n_hosts),
	  .allowed = N_("a list of host names, each with or without :port") },
	{ .key = "connect_seconds",
	  .shape = SHAPE_NUMBER,
	  .min = 1,
	  .max = 300,
	  .at = DRAFT(profile.ca.connect_seconds),
	  .otherwise = "15",
	  .allowed = N_("a whole number of seconds from 1 to 300") },
	{ .key = "answer_seconds",
	  .shape = SHAPE_NUMBER,
	  .min = 1,
	  .max = 600,
	  .at = DRAFT(profile.ca.answer_seconds),
	  .otherwise = "60",
	  .allowed = N_("a whole number of seconds from 1 to 600") },
	{ .key = "max_answer",
	  .shape = SHAPE_SIZE,
	  .min = 4096,
	  .max = 16777216,
	  .at = DRAFT(profile.ca.max_answer),
	  .otherwise = "1048576",
	  .allowed = N_("a whole number of bytes from 4096 to 16777216") },
	{ .key = "max_wait_seconds",
	  .shape = SHAPE_NUMBER,
	  .min = 0,
	  .max = 86400,
	  .at = DRAFT(profile.ca.max_wait_seconds),
	  .otherwise = "120",
	  .allowed = N_("a whole number of seconds from 0 to 86400") },
	{ .key = "cmp",
	  .shape = SHAPE_GROUP,
	  .table = &cmp_table,
	  .allowed = N_("the keys request, implicit_confirm, recipient, server_certificate and "
			"unprotected_errors") },
	{ .key = "revocation",
	  .shape = SHAPE_CHOICE,
	  .at = DRAFT(profile.ca.revocation),
	  .choices = revocations,
	  .otherwise = "none",
	  .allowed = N_("none, crl, ocsp or either") },
	{ .key = "est",
	  .shape = SHAPE_GROUP,
	  .table = &est_table,
	  .allowed = N_("the keys link and auth") },
};
const struct schema_table schema_ca = TABLE(0, ca_keys);
