// Rules of a portal's pages: their order, their roles, what their templates may name.
#include "profile/check.h"

#include <stdio.h>
#include <string.h>

#include "profile/answers.h"
#include "profile/template.h"

enum { PORTAL_PATH = 400 };

struct portal_path {
	char text[PORTAL_PATH];
};

static struct portal_path path_of(const struct portal_page *page, const char *key, const char *name)
{
	struct portal_path p;
	snprintf(p.text, sizeof(p.text), "ca.portal.pages.%.40s.%s%s%.40s", page->name, key,
		 name ? "." : "", name ? name : "");
	return p;
}

static bool is_for(const struct portal_page *page, const struct profile_role *r)
{
	for (size_t i = 0; i < page->n_roles; i++)
		if (strcmp(page->roles[i], r->name) == 0)
			return true;
	return page->n_roles == 0;
}

static bool is_request(const char *text, size_t len)
{
	return piece_is(text, len, PORTAL_REQUEST_PEM) ||
	       piece_is(text, len, PORTAL_REQUEST_BASE64) ||
	       piece_is(text, len, PORTAL_REQUEST_LINE);
}

static bool role_knows(const struct profile_role *r, const char *text, size_t len)
{
	if (piece_is(text, len, TEMPLATE_OTP))
		return r->otp.kind != OTP_NONE;
	for (size_t i = 0; i < r->n_fields; i++)
		if (piece_is(text, len, r->fields[i].name))
			return true;
	return false;
}

static bool is_secret(const struct profile_role *r, const char *text, size_t len)
{
	if (piece_is(text, len, TEMPLATE_OTP))
		return true;
	for (size_t i = 0; i < r->n_fields; i++)
		if (piece_is(text, len, r->fields[i].name))
			return r->fields[i].secret;
	return false;
}

// One {name} of a template, for every role that comes to this page.
static void check_piece(const struct profile *p, const struct portal_page *page,
			const struct portal_path *here, const char *text, size_t len,
			struct faults *f)
{
	char name[64];
	snprintf(name, sizeof(name), "%.*s", (int)(len < 60 ? len : 60), text);
	if (piece_is(text, len, TEMPLATE_INSTITUTION_CODE))
		return;
	if (is_request(text, len)) {
		if (page->step != PORTAL_REQUEST)
			FAULT_AT(
				f, here->text,
				N_("%1: %2: {%3} has its place only on a page with step: request."),
				ARG_TEXT(name));
		return;
	}
	for (size_t i = 0; i < p->n_roles; i++) {
		const struct profile_role *r = &p->roles[i];
		if (!is_for(page, r))
			continue;
		if (!role_knows(r, text, len))
			FAULT_AT(f, here->text, N_("%1: %2: there is no field {%3} here."),
				 ARG_TEXT(name));
		else if (page->step != PORTAL_LOGIN && is_secret(r, text, len))
			FAULT_AT(f, here->text,
				 N_("%1: %2: the secret field {%3} has its place only on a page "
				    "with step: login."),
				 ARG_TEXT(name));
	}
}

static void check_template(const struct profile *p, const struct portal_page *page,
			   const struct profile_rdn *field, struct faults *f)
{
	struct portal_path here = path_of(page, "fields", field->type);
	const char *at = field->value, *text = NULL;
	size_t len = 0;
	enum piece piece = PIECE_END;
	bool whole = at && at[0] == '{' && strchr(at, '}') && !strchr(at, '}')[1];
	while (at && (piece = template_next(&at, &text, &len)) != PIECE_END) {
		if (piece == PIECE_WRONG) {
			FAULT_AT(
				f, here.text,
				N_("%1: %2: '{' begins the name of a field, as in {user_id}. Write "
				   "'{{' for the sign itself."));
			return;
		}
		if (piece == PIECE_NAME && is_request(text, len) && !whole)
			FAULT_AT(f, here.text,
				 N_("%1: %2: the request stands alone in its field."));
		else if (piece == PIECE_NAME)
			check_piece(p, page, &here, text, len, f);
	}
}

static void check_says(const char *above, const struct portal_saying *says, size_t n,
		       struct faults *f)
{
	for (size_t i = 0; i < n; i++) {
		char path[PORTAL_PATH];
		snprintf(path, sizeof(path), "%s.%.40s", above, says[i].name);
		if (!says[i].n_texts && !says[i].element && !says[i].status)
			FAULT_AT(f, path,
				 N_("%1: %2: nothing tells how this is known. Give texts, an "
				    "element or a status."));
	}
}

static void check_page(const struct profile *p, const struct portal_page *page, struct faults *f)
{
	for (size_t i = 0; i < page->n_roles; i++)
		if (!profile_find_role(p, page->roles[i]))
			FAULT_AT(f, path_of(page, "roles", NULL).text,
				 N_("%1: %2: there is no role %3."), ARG_TEXT(page->roles[i]));
	for (size_t i = 0; i < page->n_fields; i++)
		check_template(p, page, &page->fields[i], f);
	if ((page->next == PORTAL_LINK) != (page->link != NULL))
		FAULT_AT(f, path_of(page, "link", NULL).text,
			 N_("%1: %2: next: link and link: belong together. Give both or "
			    "neither."));
	if (page->next != PORTAL_FORM && page->n_fields > 0)
		FAULT_AT(f, path_of(page, "fields", NULL).text,
			 N_("%1: %2: only a form has fields. Write next: form."));
	if (!page->keypad != !page->n_typed_there)
		FAULT_AT(f, path_of(page, "keypad", NULL).text,
			 N_("%1: %2: keypad and typed_there belong together. Give both or "
			    "neither."));
	if (!page->n_shows && (page->step == PORTAL_WAIT || page->step == PORTAL_ISSUED))
		FAULT_AT(f, path_of(page, "shows", NULL).text,
			 N_("%1: %2: this key is missing. Allowed: %3."),
			 ARG_ID(N_("a text of the page, or a list of texts")));
	check_says(path_of(page, "says", NULL).text, page->says, page->n_says, f);
}

static bool names_request(const struct portal_page *page)
{
	for (size_t i = 0; i < page->n_fields; i++)
		if (template_uses(page->fields[i].value, PORTAL_REQUEST_PEM) ||
		    template_uses(page->fields[i].value, PORTAL_REQUEST_BASE64) ||
		    template_uses(page->fields[i].value, PORTAL_REQUEST_LINE))
			return true;
	return false;
}

// Every role has one page that carries the request, its pages to log in before it, and one that brings the certificate.
static void check_way(const struct profile *p, const struct profile_role *r, struct faults *f)
{
	size_t carrying = 0, issued = 0, last = 0, early = 0;
	for (size_t i = 0; i < p->ca.portal.n_pages; i++) {
		const struct portal_page *page = &p->ca.portal.pages[i];
		if (!is_for(page, r))
			continue;
		early += (size_t)page->step < last;
		last = (size_t)page->step;
		carrying += page->step == PORTAL_REQUEST && names_request(page);
		issued += page->step == PORTAL_ISSUED;
	}
	if (carrying != 1)
		FAULT_AT(f, "ca.portal.pages",
			 N_("%1: %2: the role %3 needs one page with step: request and {request} "
			    "in a field."),
			 ARG_TEXT(r->name));
	if (!issued)
		FAULT_AT(f, "ca.portal.pages",
			 N_("%1: %2: the role %3 needs a page with step: issued."),
			 ARG_TEXT(r->name));
	if (early)
		FAULT_AT(f, "ca.portal.pages",
			 N_("%1: %2: the pages of the role %3 do not stand in the order login, "
			    "request, wait, issued."),
			 ARG_TEXT(r->name));
}

// The bank's own pages name its roles and fields (bank-flow of the practice profile).
static void check_bank(const struct profile *p, struct faults *f)
{
	static const struct {
		const char *role, *fields[4];
	} wanted[] = { { "admin", { "contract_id", "contract_pin", "confirm_pin" } },
		       { "user", { "contract_id", "user_id", "user_pin", TEMPLATE_OTP } } };
	for (size_t i = 0; i < p->n_roles; i++) {
		const struct profile_role *r = &p->roles[i];
		size_t w = 0;
		while (w < ARRAY_LEN(wanted) && strcmp(wanted[w].role, r->name) != 0)
			w++;
		if (w == ARRAY_LEN(wanted))
			FAULT_AT(f, "ca.portal.preset",
				 N_("%1: %2: preset: bank knows the roles admin and user, not %3."),
				 ARG_TEXT(r->name));
		for (size_t k = 0; w < ARRAY_LEN(wanted) && k < 4 && wanted[w].fields[k]; k++)
			if (!role_knows(r, wanted[w].fields[k], strlen(wanted[w].fields[k])))
				FAULT_AT(f, "ca.portal.preset",
					 N_("%1: %2: preset: bank needs {%3} in the role %4."),
					 ARG_TEXT(wanted[w].fields[k]), ARG_TEXT(r->name));
	}
}

static void check_auth(const struct profile *p, struct faults *f)
{
	bool typed =
		p->ca.portal.auth == PORTAL_AUTH_BASIC || p->ca.portal.auth == PORTAL_AUTH_NTLM;
	for (size_t i = 0; typed && i < p->n_roles; i++)
		if (!p->roles[i].user_name)
			FAULT_AT(f, "ca.portal.auth",
				 N_("%1: %2: basic and ntlm need user_name and password in the "
				    "role %3."),
				 ARG_TEXT(p->roles[i].name));
}

// Microsoft's CAs take a request that an agent signed; other pages know the person alone, who types into them.
static void check_on_behalf(const struct profile *p, struct faults *f)
{
	bool typed =
		p->ca.portal.auth == PORTAL_AUTH_BASIC || p->ca.portal.auth == PORTAL_AUTH_NTLM;
	size_t roles = 0;
	if (!p->ca.on_behalf)
		return;
	if (p->ca.portal.preset != PRESET_ADCS) {
		FAULT_AT(
			f, "ca.on_behalf",
			N_("%1: %2: these pages are filled in by the person, and have no place for "
			   "one who vouches; only preset: adcs has. Remove it, or ask the "
			   "institution for EST or CMP."));
		return;
	}
	for (size_t i = 0; i < p->n_roles; i++) {
		const struct profile_agent *a = &p->roles[i].agent;
		roles += a->requester != NULL;
		if (typed && a->requester && !a->user_name)
			FAULT_AT(f, "ca.portal.auth",
				 N_("%1: %2: basic and ntlm need user_name and password of who "
				    "vouches, below on_behalf in the role %3."),
				 ARG_TEXT(p->roles[i].name));
		if (!typed && a->user_name)
			FAULT_AT(f, "ca.portal.auth",
				 N_("%1: %2: user_name and password below on_behalf in the role %3 "
				    "are for basic and ntlm. Remove them."),
				 ARG_TEXT(p->roles[i].name));
	}
	if (!roles)
		FAULT_AT(f, "ca.on_behalf",
			 N_("%1: %2: no role says whom the CA enrols. Give on_behalf: with "
			    "requester: in a role."));
}

struct err *check_portal(struct profile *p, struct faults *f)
{
	struct profile_portal *portal = &p->ca.portal;
	bool pages = place_known(f, "ca.portal.pages");
	if (p->ca.protocol != CA_PORTAL) {
		if (place_known(f, "ca.portal"))
			FAULT_AT(f, "ca.portal",
				 N_("%1: %2: this is for protocol: portal. Remove it."));
		return NULL;
	}
	if (pages == (portal->preset != PRESET_NONE))
		FAULT_AT(f, pages ? "ca.portal.pages" : "ca.portal",
			 N_("%1: %2: a portal has pages of its own or a preset. Give one of the "
			    "two."));
	check_on_behalf(p, f);
	if (portal->certificate_template && portal->preset != PRESET_ADCS)
		FAULT_AT(f, "ca.portal.certificate_template",
			 N_("%1: %2: this is for preset: adcs. Remove it."));
	check_auth(p, f);
	if (portal->preset == PRESET_BANK)
		check_bank(p, f);
	if (portal->preset == PRESET_BANK && !pages)
		return preset_fill(portal);
	for (size_t i = 0; i < portal->n_pages; i++)
		check_page(p, &portal->pages[i], f);
	check_says("ca.portal.says", portal->says, portal->n_says, f);
	for (size_t i = 0; portal->preset == PRESET_NONE && i < p->n_roles && portal->n_pages; i++)
		check_way(p, &p->roles[i], f);
	return NULL;
}
