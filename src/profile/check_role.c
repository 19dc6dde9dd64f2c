// Rules of a role: its fields, its one-time password, and what its templates may name.
#include "profile/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "profile/answers.h"
#include "profile/pattern.h"
#include "profile/template.h"

enum { ROLE_PATH = 400, CN_MAX = 64, CHALLENGE_MAX = 255, REQUESTER_MAX = 256 };

// "roles.admin.fields.contract_id.digits"
struct role_path {
	char text[ROLE_PATH];
};

static struct role_path role_path(const struct profile_role *r, const char *below, const char *name,
				  const char *key)
{
	struct role_path p;
	snprintf(p.text, sizeof(p.text), "roles.%s.%s%s%s%s%s", r->name, below, name ? "." : "",
		 name ? name : "", key ? "." : "", key ? key : "");
	return p;
}

// --- fields

static bool is_reserved(const char *name)
{
	return strcmp(name, TEMPLATE_OTP) == 0 || strcmp(name, TEMPLATE_INSTITUTION_CODE) == 0 ||
	       strcmp(name, TEMPLATE_COMMON_NAME) == 0 || strcmp(name, "token_pin") == 0 ||
	       strcmp(name, "management_key") == 0;
}

static void check_field(const struct profile_role *r, struct profile_field *d, struct faults *f)
{
	struct role_path here = role_path(r, "fields", d->name, NULL);
	if (is_reserved(d->name))
		FAULT_AT(f, here.text,
			 N_("%1: %2: this name has a meaning of its own. Use another one."));
	if (strchr(d->name, '-'))
		FAULT_AT(f, here.text,
			 N_("%1: %2: the name of a field holds no hyphen. Use '_' instead."));
	if (d->pattern && !pattern_is_fine(d->pattern))
		FAULT_AT(
			f, role_path(r, "fields", d->name, "pattern").text,
			N_("%1: %2: this is not allowed. Allowed: %3."),
			ARG_ID(N_("a POSIX extended regular expression without back references and "
				  "great repetitions")));
	if (d->keypad && !d->secret)
		FAULT_AT(f, role_path(r, "fields", d->name, "keypad").text,
			 N_("%1: %2: an on-screen keypad is for secret fields only."));
	// The digits say how long it can be.
	if (d->digits_max)
		d->max_length = d->digits_max;
}

static bool role_uses(const struct profile_role *r, const char *name)
{
	return template_uses(r->common_name, name) || template_uses(r->user_name, name) ||
	       template_uses(r->password, name) || template_uses(r->challenge_password, name) ||
	       template_uses(r->cmp_reference, name) || template_uses(r->cmp_secret, name) ||
	       template_uses(r->otp_challenge, name) ||
	       template_uses(r->revocation_challenge, name);
}

static bool subject_uses(const struct profile_role *r, const char *name)
{
	for (size_t i = 0; i < r->n_subject; i++)
		if (template_uses(r->subject[i].value, name))
			return true;
	return false;
}

// Asking for what goes nowhere would be a typo in a template. A portal's forms name fields too, so it is left alone.
static void check_uses(const struct profile *p, const struct profile_role *r, struct faults *f)
{
	if (p->ca.protocol == CA_PORTAL)
		return;
	for (size_t i = 0; i < r->n_fields; i++) {
		const char *name = r->fields[i].name;
		if (!role_uses(r, name) && !subject_uses(r, name))
			FAULT_AT(
				f, role_path(r, "fields", name, NULL).text,
				N_("%1: %2: no template of this role uses the field. Remove it, or "
				   "write it into a template."));
	}
	if (r->otp.kind != OTP_NONE && !role_uses(r, TEMPLATE_OTP))
		FAULT_AT(f, role_path(r, "otp", NULL, NULL).text,
			 N_("%1: %2: no template of this role uses {otp}. Remove the one-time "
			    "password, or write {otp} into a template."));
}

// Nothing is sent to such a CA, and its request can be read by everybody.
static void check_by_file(const struct profile *p, const struct profile_role *r, struct faults *f)
{
	const struct {
		const char *key, *given;
	} rest[] = { { "user_name", r->user_name },
		     { "password", r->password },
		     { "challenge_password", r->challenge_password } };
	if (p->ca.protocol != CA_FILE)
		return;
	for (size_t i = 0; i < ARRAY_LEN(rest); i++)
		if (rest[i].given)
			FAULT_AT(f, role_path(r, rest[i].key, NULL, NULL).text,
				 N_("%1: %2: a CA that takes files is sent no credentials. "
				    "Remove it."));
}

static void check_otp(const struct profile_role *r, struct faults *f)
{
	if (r->otp.kind == OTP_NONE)
		return;
	struct role_path label = role_path(r, "otp", "label", NULL);
	struct role_path models = role_path(r, "otp", "models", NULL);
	if (!r->otp.label.en && !place_known(f, label.text))
		FAULT_AT(f, label.text, N_("%1: %2: this key is missing. Allowed: %3."),
			 ARG_ID(N_("a text, or the two texts en: and ja:")));
	if (r->otp.n_models == 0 && !place_known(f, models.text))
		FAULT_AT(f, models.text, N_("%1: %2: this key is missing. Allowed: %3."),
			 ARG_ID(N_("names of models, each with label: and instruction:")));
}

// --- templates

struct judged {
	bool secret_allowed, otp_allowed;
	size_t longest; // out: characters the filled template can have
};

static void unknown_name(const struct profile_role *r, const char *path, const char *text,
			 size_t len, struct faults *f)
{
	const char *words[40] = { TEMPLATE_INSTITUTION_CODE };
	size_t n = 1;
	if (r->otp.kind != OTP_NONE)
		words[n++] = TEMPLATE_OTP;
	for (size_t i = 0; i < r->n_fields && n + 1 < ARRAY_LEN(words); i++)
		words[n++] = r->fields[i].name;
	char name[64];
	snprintf(name, sizeof(name), "%.*s", (int)(len < 60 ? len : 60), text);
	const char *guess = near_word(name, words);
	if (guess)
		FAULT_AT(f, path, N_("%1: %2: there is no field {%3} here. Did you mean {%4}?"),
			 ARG_TEXT(name), ARG_TEXT(guess));
	else
		FAULT_AT(f, path, N_("%1: %2: there is no field {%3} here."), ARG_TEXT(name));
}

static void check_name(const struct profile *p, const struct profile_role *r, const char *path,
		       const char *text, size_t len, struct judged *j, struct faults *f)
{
	if (piece_is(text, len, TEMPLATE_INSTITUTION_CODE)) {
		j->longest += p->institution_code ? strlen(p->institution_code) : 0;
		return;
	}
	if (piece_is(text, len, TEMPLATE_OTP) && r->otp.kind != OTP_NONE) {
		j->longest += r->otp.length;
		if (!j->otp_allowed)
			FAULT_AT(f, path,
				 N_("%1: %2: a one-time password must not stand here, where others "
				    "can read it."));
		return;
	}
	for (size_t i = 0; i < r->n_fields; i++) {
		const struct profile_field *d = &r->fields[i];
		if (!piece_is(text, len, d->name))
			continue;
		j->longest += d->max_length;
		if (d->secret && !j->secret_allowed)
			FAULT_AT(f, path,
				 N_("%1: %2: the secret field {%3} must not stand here, where "
				    "others can read it."),
				 ARG_TEXT(d->name));
		return;
	}
	unknown_name(r, path, text, len, f);
}

static size_t count_characters(const char *text, size_t len)
{
	size_t n = 0;
	for (size_t i = 0; i < len; i++)
		n += ((unsigned char)text[i] & 0xc0) != 0x80;
	return n;
}

static void check_template(const struct profile *p, const struct profile_role *r,
			   const char *template_text, const char *path, struct judged *j,
			   struct faults *f)
{
	const char *at = template_text, *text = NULL;
	size_t len = 0;
	j->longest = 0;
	if (!template_text)
		return;
	for (;;) {
		switch (template_next(&at, &text, &len)) {
		case PIECE_END:
			return;
		case PIECE_TEXT:
			j->longest += count_characters(text, len);
			break;
		case PIECE_NAME:
			check_name(p, r, path, text, len, j, f);
			break;
		case PIECE_WRONG:
			FAULT_AT(
				f, path,
				N_("%1: %2: '{' begins the name of a field, as in {user_id}. Write "
				   "'{{' for the sign itself."));
			return;
		}
	}
}

static void too_long(const char *path, size_t longest, size_t most, struct faults *f)
{
	FAULT_AT(f, path,
		 N_("%1: %2: this can become %3 characters long. Allowed: %4. Give the fields "
		    "digits or a smaller max_length."),
		 ARG_NUM(longest), ARG_NUM(most));
}

// What of a field nobody but the person knows, at least.
static size_t shortest_secret(const struct profile_role *r, const char *text, size_t len)
{
	if (piece_is(text, len, TEMPLATE_OTP))
		return r->otp.length;
	for (size_t i = 0; i < r->n_fields; i++) {
		const struct profile_field *d = &r->fields[i];
		if (!d->secret || !piece_is(text, len, d->name))
			continue;
		size_t by_pattern = d->pattern ? pattern_shortest(d->pattern) : 0;
		return by_pattern > d->digits_min ? by_pattern : d->digits_min;
	}
	return 0;
}

// A MAC under the secret stands in each message: who records one on an open line tries secrets at leisure until one fits.
static void check_guessable(const struct profile *p, const struct profile_role *r, struct faults *f)
{
	enum { LONG_ENOUGH = 16 };
	const char *at = r->cmp_secret, *text = NULL;
	size_t len = 0, shortest = 0;
	if (p->ca.protocol != CA_CMP || !at || p->ca.cmp.short_secret || !p->ca.url ||
	    strncasecmp(p->ca.url, "http://", 7) != 0)
		return;
	for (enum piece piece; (piece = template_next(&at, &text, &len)) != PIECE_END;) {
		if (piece == PIECE_WRONG)
			return;
		if (piece == PIECE_NAME)
			shortest += shortest_secret(r, text, len);
	}
	if (shortest < LONG_ENOUGH)
		FAULT_AT(f, role_path(r, "cmp", NULL, "secret").text,
			 N_("%1: %2: this secret may be as short as %3 characters. Over http:// "
			    "whoever records one message can find it by trying. Give its fields a "
			    "pattern or digits of at least %4 characters, use an address with "
			    "https://, or accept it with ca.cmp.short_secret: true."),
			 ARG_NUM(shortest), ARG_NUM(LONG_ENOUGH));
}

// A first certificate is asked for under the secret; the renewals sign.
static void check_cmp(const struct profile *p, const struct profile_role *r, struct faults *f)
{
	struct judged j = { .secret_allowed = true, .otp_allowed = true };
	struct role_path here = role_path(r, "cmp", NULL, NULL);
	check_template(p, r, r->cmp_secret, role_path(r, "cmp", NULL, "secret").text, &j, f);
	j = (struct judged){ .secret_allowed = false };
	check_template(p, r, r->cmp_reference, role_path(r, "cmp", NULL, "reference").text, &j, f);
	check_guessable(p, r, f);
	if (p->ca.protocol == CA_CMP && !place_known(f, here.text))
		FAULT_AT(f, here.text, N_("%1: %2: this key is missing. Allowed: %3."),
			 ARG_ID(N_("the keys reference and secret")));
	if (p->ca.protocol == CA_CMP && (r->user_name || r->challenge_password))
		FAULT_AT(f,
			 role_path(r, r->user_name ? "user_name" : "challenge_password", NULL, NULL)
				 .text,
			 N_("%1: %2: CMP has no place for this. Give cmp: reference and secret."));
}

static void check_challenge(const struct profile *p, const struct profile_role *r, const char *key,
			    const char *template_text, struct faults *f)
{
	struct judged j = { .secret_allowed = true, .otp_allowed = true };
	struct role_path here = role_path(r, key, NULL, NULL);
	check_template(p, r, template_text, here.text, &j, f);
	if (j.longest > CHALLENGE_MAX)
		too_long(here.text, j.longest, CHALLENGE_MAX, f);
}

// Both or neither, and no colon in the name: RFC 7617 §2, the server would end it at the first one.
static void check_pair(const struct role_path *user, const struct role_path *password,
		       const char *user_name, const char *secret, struct faults *f)
{
	if (user_name && strchr(user_name, ':'))
		FAULT_AT(f, user->text, N_("%1: %2: a user name holds no colon."));
	if (!user_name != !secret)
		FAULT_AT(f, user_name ? password->text : user->text,
			 N_("%1: %2: user_name and password belong together. Give both or "
			    "neither."));
}
static void check_credentials(const struct profile *p, const struct profile_role *r,
			      struct faults *f)
{
	struct judged j = { .secret_allowed = true, .otp_allowed = true };
	struct role_path user = role_path(r, "user_name", NULL, NULL);
	struct role_path password = role_path(r, "password", NULL, NULL);
	check_template(p, r, r->user_name, user.text, &j, f);
	check_template(p, r, r->password, password.text, &j, f);
	check_challenge(p, r, "challenge_password", r->challenge_password, f);
	check_challenge(p, r, "otp_challenge", r->otp_challenge, f);
	check_challenge(p, r, "revocation_challenge", r->revocation_challenge, f);
	check_cmp(p, r, f);
	check_pair(&user, &password, r->user_name, r->password, f);
}

// Who is enrolled stands where everybody reads it; what the agent logs in with is the agent's, so the person's one-time password is none of it.
static void check_agent(const struct profile *p, const struct profile_role *r, struct faults *f)
{
	const struct profile_agent *a = &r->agent;
	struct judged j = { .secret_allowed = false };
	struct role_path here = role_path(r, "on_behalf", NULL, NULL);
	struct role_path requester = role_path(r, "on_behalf", NULL, "requester");
	struct role_path user = role_path(r, "on_behalf", NULL, "user_name");
	struct role_path password = role_path(r, "on_behalf", NULL, "password");
	if (!place_known(f, here.text))
		return;
	if (p->ca.protocol != CA_PORTAL || p->ca.portal.preset != PRESET_ADCS || !p->ca.on_behalf)
		FAULT_AT(f, here.text,
			 N_("%1: %2: this has a meaning with preset: adcs and ca.on_behalf: true "
			    "alone."));
	check_template(p, r, a->requester, requester.text, &j, f);
	if (j.longest > REQUESTER_MAX)
		too_long(requester.text, j.longest, REQUESTER_MAX, f);
	j = (struct judged){ .secret_allowed = true, .otp_allowed = true };
	check_template(p, r, a->user_name, user.text, &j, f);
	check_template(p, r, a->password, password.text, &j, f);
	if (template_uses(a->user_name, TEMPLATE_OTP) || template_uses(a->password, TEMPLATE_OTP))
		FAULT_AT(f, here.text,
			 N_("%1: %2: the one-time password is the person's, and who vouches does "
			    "not have it."));
	check_pair(&user, &password, a->user_name, a->password, f);
}

// --- subject

const char *const schema_subject_types[] = {
	"C",  "ST",  "L", "O", "OU", "CN", "title", "SN", "GN", "serialNumber", "emailAddress",
	"DC", "UID", NULL
};

static bool is_subject_type(const char *type)
{
	for (const char *const *t = schema_subject_types; *t; t++)
		if (strcmp(*t, type) == 0)
			return true;
	return false;
}

static bool is_country(const char *value)
{
	return strlen(value) == 2 && value[0] >= 'A' && value[0] <= 'Z' && value[1] >= 'A' &&
	       value[1] <= 'Z';
}

static struct err *resolve_common_name(const struct profile_role *r, struct profile_rdn *rdn)
{
	if (strcmp(rdn->value, "{" TEMPLATE_COMMON_NAME "}") != 0 || !r->common_name)
		return NULL;
	char *copy = text_copy(r->common_name);
	if (!copy)
		return err_no_memory();
	free(rdn->value);
	rdn->value = copy;
	return NULL;
}

static struct err *check_rdn(const struct profile *p, const struct profile_role *r,
			     struct profile_rdn *rdn, struct faults *f)
{
	struct role_path here = role_path(r, "subject", rdn->type, NULL);
	struct judged j = { .secret_allowed = false };
	if (!is_subject_type(rdn->type)) {
		const char *guess = near_word(rdn->type, schema_subject_types);
		FAULT_AT(f, here.text, N_("%1: %2: this attribute is not known. Allowed: %3."),
			 ARG_TEXT(guess ? guess
					: "C ST L O OU CN title SN GN serialNumber "
					  "emailAddress DC UID"));
		return NULL;
	}
	if (!rdn->value)
		return NULL;
	if (strcmp(rdn->type, "CN") == 0) {
		TRY(resolve_common_name(r, rdn));
		if (r->common_name && strcmp(rdn->value, r->common_name) != 0)
			FAULT_AT(f, here.text,
				 N_("%1: %2: the common name differs from common_name. Write "
				    "\"{common_name}\"."));
		return NULL;
	}
	if (strcmp(rdn->type, "C") == 0 && !is_country(rdn->value))
		FAULT_AT(f, here.text, N_("%1: %2: a country is two capital letters, as in JP."));
	check_template(p, r, rdn->value, here.text, &j, f);
	return NULL;
}

static struct err *check_subject(const struct profile *p, struct profile_role *r, struct faults *f)
{
	struct judged j = { .secret_allowed = false };
	struct role_path cn = role_path(r, "common_name", NULL, NULL);
	size_t names = 0;
	check_template(p, r, r->common_name, cn.text, &j, f);
	if (j.longest > CN_MAX)
		too_long(cn.text, j.longest, CN_MAX, f);
	for (size_t i = 0; i < r->n_subject; i++) {
		names += strcmp(r->subject[i].type, "CN") == 0;
		TRY(check_rdn(p, r, &r->subject[i], f));
	}
	if (r->n_subject > 0 && names != 1)
		FAULT_AT(f, role_path(r, "subject", NULL, NULL).text,
			 N_("%1: %2: the subject needs one common name. Write: - CN: "
			    "\"{common_name}\""));
	return NULL;
}

struct err *check_role(struct profile *p, struct profile_role *r, struct faults *f)
{
	for (size_t i = 0; i < r->n_fields; i++)
		check_field(r, &r->fields[i], f);
	check_otp(r, f);
	TRY(check_subject(p, r, f));
	check_credentials(p, r, f);
	check_agent(p, r, f);
	check_by_file(p, r, f);
	check_uses(p, r, f);
	return NULL;
}
