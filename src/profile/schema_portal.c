// The part of the table about the pages of a portal.
#include "profile/schema.h"

_Static_assert(sizeof(enum portal_step) == sizeof(int), "an enum is as wide as an int");
_Static_assert(sizeof(enum portal_next) == sizeof(int), "an enum is as wide as an int");
_Static_assert(sizeof(enum portal_meaning) == sizeof(int), "an enum is as wide as an int");

static const char *const steps[] = { "login", "request", "wait", "issued", NULL };
static const char *const nexts[] = { "form", "link", "refresh", NULL };
static const char *const meanings[] = { "wrong", "locked", "refused", "pending", "expired", NULL };

#define ALLOWED_ELEMENT N_("the id or the name of an element")
#define ALLOWED_TEXTS	N_("a text of the page, or a list of texts")

#define SAYING(member) offsetof(struct portal_saying, member)
static const struct schema_key saying_keys[] = {
	{ .key = "texts",
	  .shape = SHAPE_TEXTS,
	  .max = 16,
	  .at = SAYING(texts),
	  .also_at = SAYING(n_texts),
	  .allowed = ALLOWED_TEXTS },
	{ .key = "element",
	  .shape = SHAPE_TEXT,
	  .max = 100,
	  .at = SAYING(element),
	  .allowed = ALLOWED_ELEMENT },
	{ .key = "status",
	  .shape = SHAPE_NUMBER,
	  .min = 200,
	  .max = 599,
	  .at = SAYING(status),
	  .allowed = N_("a status of HTTP from 200 to 599") },
	{ .key = "means",
	  .shape = SHAPE_CHOICE,
	  .required = true,
	  .at = SAYING(means),
	  .choices = meanings,
	  .allowed = N_("wrong, locked, refused, pending or expired") },
};
const struct schema_table schema_portal_saying = { .size = sizeof(struct portal_saying),
						   .keys = saying_keys,
						   .n_keys = ARRAY_LEN(saying_keys) };

#define PAGE(member) offsetof(struct portal_page, member)
static const struct schema_key page_keys[] = {
	{ .key = "step",
	  .shape = SHAPE_CHOICE,
	  .required = true,
	  .at = PAGE(step),
	  .choices = steps,
	  .allowed = N_("login, request, wait or issued") },
	{ .key = "roles",
	  .shape = SHAPE_TEXTS,
	  .max = 16,
	  .at = PAGE(roles),
	  .also_at = PAGE(n_roles),
	  .allowed = N_("the name of a role, or a list of names") },
	{ .key = "shows",
	  .shape = SHAPE_TEXTS,
	  .max = 16,
	  .at = PAGE(shows),
	  .also_at = PAGE(n_shows),
	  .allowed = ALLOWED_TEXTS },
	{ .key = "next",
	  .shape = SHAPE_CHOICE,
	  .at = PAGE(next),
	  .choices = nexts,
	  .otherwise = "form",
	  .allowed = N_("form, link or refresh") },
	{ .key = "link",
	  .shape = SHAPE_TEXT,
	  .max = 200,
	  .at = PAGE(link),
	  .allowed = N_("the text or the id of a link, or a part of its address") },
	{ .key = "form",
	  .shape = SHAPE_TEXT,
	  .max = 200,
	  .at = PAGE(form),
	  .allowed = N_("the id or name of a form, a part of its address, or the name of a field "
			"in it") },
	{ .key = "fields",
	  .shape = SHAPE_SUBJECT,
	  .max = 32,
	  .at = PAGE(fields),
	  .also_at = PAGE(n_fields),
	  .allowed = N_("a list of the form's fields, as in: - PIN: \"{user_pin}\"") },
	{ .key = "press",
	  .shape = SHAPE_TEXT,
	  .max = 200,
	  .at = PAGE(press),
	  .allowed = N_("the name, the id or the label of a button") },
	{ .key = "keypad",
	  .shape = SHAPE_TEXT,
	  .max = 100,
	  .at = PAGE(keypad),
	  .allowed = N_("the id of a table of keys") },
	{ .key = "typed_there",
	  .shape = SHAPE_TEXTS,
	  .max = 16,
	  .at = PAGE(typed_there),
	  .also_at = PAGE(n_typed_there),
	  .allowed = N_("the name of a field of the form, or a list of names") },
	{ .key = "certificate",
	  .shape = SHAPE_TEXT,
	  .max = 200,
	  .at = PAGE(certificate),
	  .allowed = N_("the id or the name of an element, or of a link") },
	{ .key = "says",
	  .shape = SHAPE_NAMED,
	  .max = 24,
	  .at = PAGE(says),
	  .also_at = PAGE(n_says),
	  .table = &schema_portal_saying,
	  .allowed = N_("names of what a page says, each with means: and how it is known") },
};
const struct schema_table schema_portal_page = { .size = sizeof(struct portal_page),
						 .keys = page_keys,
						 .n_keys = ARRAY_LEN(page_keys) };

static const struct schema_key ways_keys[] = {
	{ .key = "pages",
	  .shape = SHAPE_NAMED,
	  .max = 24,
	  .at = offsetof(struct profile_portal, pages),
	  .also_at = offsetof(struct profile_portal, n_pages),
	  .table = &schema_portal_page,
	  .allowed = N_("names of pages in their order, each with step: and what else it needs") },
	{ .key = "says",
	  .shape = SHAPE_NAMED,
	  .max = 24,
	  .at = offsetof(struct profile_portal, says),
	  .also_at = offsetof(struct profile_portal, n_says),
	  .table = &schema_portal_saying,
	  .allowed = N_("names of what a page says, each with means: and how it is known") },
};
const struct schema_table schema_portal_ways = { .keys = ways_keys,
						 .n_keys = ARRAY_LEN(ways_keys) };

static const char *const languages[] = { "ja", "en", NULL };
static const char *const auths[] = { "none", "basic", "ntlm", "negotiate", NULL };
static const char *const presets[] = { "none", "bank", "adcs", NULL };
#define PORTAL(member) offsetof(struct draft, profile.ca.portal.member)
static const struct schema_key portal_keys[] = {
	{ .key = "preset",
	  .shape = SHAPE_CHOICE,
	  .at = PORTAL(preset),
	  .choices = presets,
	  .otherwise = "none",
	  .allowed = N_("none, bank or adcs") },
	{ .key = "auth",
	  .shape = SHAPE_CHOICE,
	  .at = PORTAL(auth),
	  .choices = auths,
	  .otherwise = "none",
	  .allowed = N_("none, basic, ntlm or negotiate") },
	{ .key = "language",
	  .shape = SHAPE_CHOICE,
	  .at = PORTAL(language),
	  .choices = languages,
	  .otherwise = "ja",
	  .allowed = N_("ja or en") },
	{ .key = "certificate_template",
	  .shape = SHAPE_TEXT,
	  .max = 64,
	  .at = PORTAL(certificate_template),
	  .allowed = N_("the name of a certificate template of the CA") },
	{ .key = "pages",
	  .shape = SHAPE_NAMED,
	  .max = 24,
	  .at = PORTAL(pages),
	  .also_at = PORTAL(n_pages),
	  .table = &schema_portal_page,
	  .allowed = N_("names of pages in their order, each with step: and what else it needs") },
	{ .key = "says",
	  .shape = SHAPE_NAMED,
	  .max = 24,
	  .at = PORTAL(says),
	  .also_at = PORTAL(n_says),
	  .table = &schema_portal_saying,
	  .allowed = N_("names of what a page says, each with means: and how it is known") },
};
const struct schema_table schema_portal = { .keys = portal_keys, .n_keys = ARRAY_LEN(portal_keys) };
