// RFC 7512 URIs, by p11-kit's parser.
#include <p11-kit/uri.h>

#include <stdlib.h>
#include <string.h>

#include "pkcs11/internal.h"

struct token_uri {
	P11KitUri *uri;
	char *pin_source;
};

void token_uri_free(struct token_uri *u)
{
	if (!u)
		return;
	p11_kit_uri_free(u->uri);
	free(u->pin_source);
	free(u);
}

static struct err *bad_uri(const char *why)
{
	struct err *e =
		err_new(ERR_USAGE, N_("The token's PKCS#11 URI cannot be used: %1"), ARG_ID(why));
	e = err_hint(e, N_("Write it like \"pkcs11:token=LABEL;serial=NUMBER\" (RFC 7512). \"inkan "
			   "status\" shows the URI of every token."));
	return err_tag(e, "token-uri");
}

// pin-source is a file: a path, "file:/path" or "file:///path". p11-kit gives it unescaped.
static struct err *take_pin_source(struct token_uri *u)
{
	const char *source = p11_kit_uri_get_pin_source(u->uri);
	if (!source)
		return NULL;
	if (strncmp(source, "file:", 5) == 0) {
		source += 5;
		if (strncmp(source, "//", 2) == 0)
			source += 2;
	}
	if (source[0] != '/')
		return bad_uri(N_("its pin-source is not the absolute path of a file."));
	u->pin_source = text_copy(source);
	return u->pin_source ? NULL : err_no_memory();
}

static struct err *check_parts(const struct token_uri *u)
{
	if (p11_kit_uri_get_pin_value(u->uri))
		return err_tag(bad_uri(N_("it holds the PIN itself (pin-value), which everybody on "
					  "this machine could read.")),
			       "token-uri-pin-value");
	if (p11_kit_uri_any_unrecognized(u->uri))
		return bad_uri(N_("it holds an attribute that inkan does not know, or a value that "
				  "is too long."));
	if (p11_kit_uri_get_slot_info(u->uri)->manufacturerID[0] ||
	    p11_kit_uri_get_module_info(u->uri)->libraryDescription[0] ||
	    p11_kit_uri_get_module_info(u->uri)->manufacturerID[0])
		return bad_uri(
			N_("it names a library or the maker of a slot; name the token itself."));
	return NULL;
}

// p11-kit stops at an empty attribute and forgets all that follows: the URI would fit other tokens, and hide a pin-value.
static bool has_empty_attribute(const char *text)
{
	const char *path = strchr(text, ':');
	for (const char *p = path; p && *p && *p != '?'; p++)
		if ((*p == ';' || p == path) && p[1] == ';')
			return true;
	return false;
}

struct err *token_uri_parse(const char *text, struct token_uri **out)
{
	AUTO(token_uri) struct token_uri *u = calloc(1, sizeof(*u));
	if (!u || !(u->uri = p11_kit_uri_new()))
		return err_no_memory();
	if (strlen(text) > 4096)
		return bad_uri(N_("it is too long."));
	int rc = p11_kit_uri_parse(text, P11_KIT_URI_FOR_ANY, u->uri);
	if (rc == P11_KIT_URI_BAD_SCHEME)
		return bad_uri(N_("it does not begin with \"pkcs11:\"."));
	if (rc != P11_KIT_URI_OK || has_empty_attribute(text))
		return bad_uri(N_("it is not written as RFC 7512 says."));
	TRY(check_parts(u));
	TRY(take_pin_source(u));
	*out = u;
	u = NULL;
	return NULL;
}

// As CK_TOKEN_INFO, which is what p11-kit compares, whole fields.
static void as_token(const struct token_info *t, CK_TOKEN_INFO *out)
{
	memcpy(out->label, t->raw_label, sizeof(t->raw_label));
	memcpy(out->manufacturerID, t->raw_manufacturer, sizeof(t->raw_manufacturer));
	memcpy(out->model, t->raw_model, sizeof(t->raw_model));
	memcpy(out->serialNumber, t->raw_serial, sizeof(t->raw_serial));
}

// What can be said without C_GetSlotInfo.
bool token_uri_matches_token(const struct token_uri *u, const struct token_info *t)
{
	if (!u)
		return true;
	CK_SLOT_ID slot = p11_kit_uri_get_slot_id(u->uri);
	CK_TOKEN_INFO token = { 0 };
	as_token(t, &token);
	return (slot == (CK_SLOT_ID)-1 || slot == t->slot) &&
	       p11_kit_uri_match_token_info(u->uri, &token);
}

bool token_uri_matches(const struct token_uri *u, const struct token_info *t)
{
	if (!u)
		return true;
	CK_SLOT_INFO where = { 0 };
	memset(where.slotDescription, ' ', sizeof(where.slotDescription));
	memcpy(where.slotDescription, t->slot_description, strlen(t->slot_description));
	return token_uri_matches_token(u, t) && p11_kit_uri_match_slot_info(u->uri, &where);
}

const char *token_uri_pin_source(const struct token_uri *u)
{
	return u ? u->pin_source : NULL;
}

const char *token_uri_module_path(const struct token_uri *u)
{
	return u ? p11_kit_uri_get_module_path(u->uri) : NULL;
}

const char *token_uri_module_name(const struct token_uri *u)
{
	return u ? p11_kit_uri_get_module_name(u->uri) : NULL;
}

char *token_info_uri(const struct token_info *t)
{
	P11KitUri *uri = p11_kit_uri_new();
	if (!uri)
		return NULL;
	as_token(t, p11_kit_uri_get_token_info(uri));
	char *made = NULL, *text = NULL;
	if (p11_kit_uri_format(uri, P11_KIT_URI_FOR_TOKEN, &made) == P11_KIT_URI_OK)
		text = text_copy(made);
	free(made);
	p11_kit_uri_free(uri);
	return text;
}
