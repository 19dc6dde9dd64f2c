// A profile in words: above all, what is asked and where it is sent.
#include "cli/profile_show.h"

#include <string.h>

#include "base/buf.h"
#include "base/lang.h"
#include "cli/print.h"
#include "enroll/window.h"
#include "profile/answers.h"

enum { INDENT = 2, DEEPER = 4, LABEL_COLUMNS = 18 };

static const char *both(const struct text2 *t)
{
	return t->en ? lang_pick(t->en, t->ja) : "";
}

static void show_head(const struct profile *p)
{
	print_text(stdout, 0, both(&p->institution));
	print_pair(stdout, LABEL_COLUMNS, msg_new(N_("Profile")), p->name);
	print_pair(stdout, LABEL_COLUMNS, msg_new(N_("File")), p->path);
	print_pair(stdout, LABEL_COLUMNS, msg_new(N_("Fingerprint")), p->fingerprint);
	print_pair(stdout, LABEL_COLUMNS, msg_new(N_("Institution code")),
		   p->institution_code ? p->institution_code : "-");
	if (p->module)
		print_pair(stdout, LABEL_COLUMNS, msg_new(N_("Module")), p->module);
	if (p->login_url)
		print_pair(stdout, LABEL_COLUMNS, msg_new(N_("Login page")), p->login_url);
	if (p->practice)
		say(stdout, N_("This profile is only for practising: keys in software pass, and "
			       "its certificates are worth "
			       "nothing."));
}

// Where the answer to a field goes, in words.
static void show_ways(const struct profile_role *r, const char *field)
{
	if (r->user_name && template_uses(r->user_name, field))
		say_in(stdout, DEEPER, N_("It is sent as the user name."));
	if (r->password && template_uses(r->password, field))
		say_in(stdout, DEEPER, N_("It is sent in the password."));
	if (r->challenge_password && template_uses(r->challenge_password, field))
		say_in(stdout, DEEPER,
		       N_("It is sent inside the request, as its challenge password."));
	if (r->cmp_reference && template_uses(r->cmp_reference, field))
		say_in(stdout, DEEPER, N_("It is sent as the reference of CMP."));
	if (r->cmp_secret && template_uses(r->cmp_secret, field))
		say_in(stdout, DEEPER,
		       N_("It protects what is sent by CMP, and does not leave this machine."));
	if ((r->otp_challenge && template_uses(r->otp_challenge, field)) ||
	    (r->revocation_challenge && template_uses(r->revocation_challenge, field)))
		say_in(stdout, DEEPER, N_("It is sent inside the request."));
	if (template_uses(r->agent.requester, field))
		say_in(stdout, DEEPER,
		       N_("It names the account that is enrolled when somebody vouches."));
	if (template_uses(r->agent.user_name, field) || template_uses(r->agent.password, field))
		say_in(stdout, DEEPER,
		       N_("It is asked of the one who vouches alone, who logs in with it."));
	if (r->common_name && template_uses(r->common_name, field))
		say_in(stdout, DEEPER, N_("It becomes part of the Common Name."));
}

static void show_field(const struct profile_role *r, const struct profile_field *f)
{
	say_in(stdout, INDENT, f->secret ? N_("%1 (%2), secret") : N_("%1 (%2)"),
	       ARG_BOTH(f->label), ARG_TEXT(f->name));
	show_ways(r, f->name);
}

static void show_judge(const struct profile_otp_server *s)
{
	AUTO_BUF struct buf names = BUF(16384);
	for (size_t i = 0; i < s->n_servers; i++)
		err_ignore(buf_printf(&names, "%s%s", i ? ", " : "", s->servers[i]));
	if (!names.data)
		return;
	const char *list = (const char *)names.data;
	if (s->protocol == OTP_BY_RADIUS)
		say_in(stdout, DEEPER, N_("inkan otp check sends it to %1, by RADIUS."),
		       ARG_TEXT(list));
	else
		say_in(stdout, DEEPER, N_("inkan otp check sends it to %1, by /validate/check."),
		       ARG_TEXT(list));
	if (s->protocol == OTP_BY_RADIUS && s->unsigned_answers)
		say_in(stdout, DEEPER,
		       N_("Answers of that server without Message-Authenticator are believed, "
			  "though they can be forged."));
}

static void show_otp(const struct profile_role *r)
{
	if (r->otp.kind == OTP_NONE)
		return;
	static const struct text2 usual = { .en = (char *)(uintptr_t) "One-time password",
					    .ja = (char *)(uintptr_t) "ワンタイムパスワード" };
	say_in(stdout, INDENT, N_("%1 (%2), %3 digits, asked just before it is sent"),
	       ARG_BOTH(r->otp.label.en ? r->otp.label : usual), ARG_TEXT("otp"),
	       ARG_NUM(r->otp.length));
	show_ways(r, "otp");
	show_judge(&r->otp.server);
}

static void show_role(const struct profile_role *r)
{
	print_blank(stdout);
	say(stdout, N_("Role %1: %2"), ARG_TEXT(r->name), ARG_BOTH(r->label));
	for (size_t i = 0; i < r->n_fields; i++)
		show_field(r, &r->fields[i]);
	show_otp(r);
	say_in(stdout, INDENT, N_("Common Name: %1"),
	       ARG_TEXT(r->common_name ? r->common_name : "-"));
	AUTO_BUF struct buf subject = BUF(16384);
	for (size_t i = 0; i < r->n_subject; i++)
		err_ignore(buf_printf(&subject, "%s%s=%s", i ? ", " : "", r->subject[i].type,
				      r->subject[i].value));
	if (subject.data)
		say_in(stdout, INDENT, N_("Subject: %1"), ARG_TEXT((const char *)subject.data));
}

static void show_attestation(const struct profile_attestation *a)
{
	static const char *const sent[] = {
		[ATTESTATION_SEND_NONE] = N_("The attestation is not sent."),
		[ATTESTATION_SEND_PKCS10] =
			N_("The attestation, with the token's serial number in it, is sent inside "
			   "the request."),
		[ATTESTATION_SEND_CERTIFICATES] =
			N_("The attestation, with the token's serial number in it, is sent as "
			   "certificates with the request."),
		[ATTESTATION_SEND_FILE] =
			N_("The attestation, with the token's serial number in it, is written to "
			   "a file for the institution."),
	};
	if (!a->roots.len)
		return;
	say_in(stdout, INDENT,
	       N_("A token that can is asked for its maker's attestation of the key; it must come "
		  "from a maker that the profile names."));
	print_msg(stdout, INDENT, msg_make(sent[a->send], NULL, 0));
}

static void show_key(const struct profile_key *k)
{
	static const char *const custody[] = {
		[CUSTODY_SOFTWARE] = N_("A key kept by software passes."),
		[CUSTODY_DEVICE] = N_("The key must be made in a hardware token of a known model."),
		[CUSTODY_ATTESTED] =
			N_("The token's maker must prove that the key was made in the token."),
	};
	static const char *const attributes[] = {
		[KEY_OPEN] = N_("The token need not keep the key from leaving."),
		[KEY_WITHHELD] = N_("The token must refuse to hand the key out."),
		[KEY_DECLARED] = N_("The token must declare that the key was made in it and can "
				    "never leave it."),
	};
	print_blank(stdout);
	say(stdout, N_("The key: RSA, %1 bits"), ARG_NUM(k->bits));
	print_msg(stdout, INDENT, msg_make(custody[k->custody_floor], NULL, 0));
	print_msg(stdout, INDENT, msg_make(attributes[k->attributes_floor], NULL, 0));
	show_attestation(&k->attestation);
	if (k->retire_destroy)
		say_in(stdout, INDENT,
		       N_("Once a new key is verified, the old one is destroyed; on a card that "
			  "cannot "
			  "delete a key it stays in its slot, without a certificate."));
	else
		say_in(stdout, INDENT, N_("Once a new key is verified, the old one is kept."));
}

static void show_factory(const struct profile *p)
{
	static const char *const words[] = {
		[FACTORY_REFUSE] = N_("No key is made on a token whose PIN, PUK or management key "
				      "is still the maker's."),
		[FACTORY_REPLACE] = N_("A PIN, PUK or management key that is still the maker's is "
				       "replaced before a key is made."),
		[FACTORY_WARN] =
			N_("A PIN, PUK or management key that is still the maker's is only warned "
			   "of."),
	};
	enum factory_policy f = p->token.factory;
	if (f == FACTORY_USUAL)
		f = p->practice ? FACTORY_WARN : FACTORY_REFUSE;
	print_msg(stdout, INDENT, msg_make(words[f], NULL, 0));
}

static void show_token(const struct profile *p)
{
	const struct profile_token *t = &p->token;
	static const char *const custody[] = {
		[SO_SHOW] = N_("The security officer's PIN (PUK) of a token that is initialised is "
			       "random and shown once."),
		[SO_ESCROW] = N_("The security officer's PIN (PUK) of a token that is initialised "
				 "is random and kept encrypted for the institution."),
		[SO_DERIVE] = N_("The security officer's PIN (PUK) of a token that is initialised "
				 "is made of the institution's master secret."),
		[SO_TYPED] =
			N_("The security officer's PIN (PUK) of a token that is initialised is "
			   "typed."),
	};
	static const char *const management[] = {
		[SO_SHOW] = N_("The management key of a card is random and shown once."),
		[SO_ESCROW] =
			N_("The management key of a card is random and kept encrypted for the "
			   "institution."),
		[SO_DERIVE] = N_("The management key of a card is made of the institution's master "
				 "secret."),
		[SO_TYPED] = N_("The management key of a card is typed."),
	};
	print_msg(stdout, INDENT, msg_make(custody[t->so_custody], NULL, 0));
	if (t->management_custody != SO_AS_SO_PIN)
		print_msg(stdout, INDENT, msg_make(management[t->management_custody], NULL, 0));
	if (t->card_identity != IDENTITY_NONE)
		say_in(stdout, INDENT,
		       N_("A PIV card that has no identity for Windows (CHUID and CCC) gets one "
			  "when it is initialised or gets a certificate."));
	if (t->card_identity == IDENTITY_RENEW)
		say_in(stdout, INDENT,
		       N_("With each new certificate that identity is written anew."));
	show_factory(p);
}

static void show_ca(const struct profile_ca *ca)
{
	static const char *const protocols[] = {
		[CA_EST] = "EST",	[CA_SCEP] = "SCEP", [CA_CMP] = "CMP",
		[CA_PORTAL] = "portal", [CA_FILE] = "file",
	};
	print_blank(stdout);
	if (ca->protocol == CA_FILE) {
		say(stdout, N_("Nothing is sent over a network: the request is written to a file, "
			       "and the certificate comes back as one."));
		return;
	}
	say(stdout, N_("Answers and secrets are sent here, and nowhere else (%1):"),
	    ARG_TEXT(protocols[ca->protocol]));
	print_line(stdout, INDENT, ca->url ? ca->url : "-");
	for (size_t i = 0; i < ca->n_hosts; i++)
		print_line(stdout, INDENT, ca->hosts[i]);
}

static void show_rules(const struct profile_window *w, size_t indent)
{
	if (w->pickup_days)
		say_in(stdout, indent, N_("A first certificate is to be fetched within %1 days."),
		       ARG_NUM(w->pickup_days));
	say_in(stdout, indent, N_("It can be renewed in the last %1 days of its validity."),
	       ARG_NUM(w->renew_before_days));
	if (w->reacquire_days && w->after == AFTER_RENEW)
		say_in(stdout, indent,
		       N_("For %1 days after it expired it can still be renewed, with full "
			  "authentication."),
		       ARG_NUM(w->reacquire_days));
	else if (w->reacquire_days && w->after == AFTER_REACQUIRE)
		say_in(stdout, indent,
		       N_("For %1 days after it expired, a new one can be got with full "
			  "authentication."),
		       ARG_NUM(w->reacquire_days));
	AUTO_TEXT char *later = NULL;
	struct msg *words = window_closed_words(w);
	later = msg_render(words);
	msg_free(words);
	say_in(stdout, indent, N_("Later: %1"), ARG_TEXT(later ? later : ""));
}

static bool same_rules(const struct profile_window *a, const struct profile_window *b)
{
	const char *x = a->closed.en ? a->closed.en : "", *y = b->closed.en ? b->closed.en : "";
	return a->pickup_days == b->pickup_days && a->renew_before_days == b->renew_before_days &&
	       a->reacquire_days == b->reacquire_days && a->after == b->after && !strcmp(x, y);
}

static void show_window(const struct profile *p)
{
	print_blank(stdout);
	say(stdout, N_("Days are counted in the time zone %1."), ARG_TEXT(p->window.zone));
	show_rules(&p->window, INDENT);
	for (size_t i = 0; i < p->n_roles; i++) {
		const struct profile_role *r = &p->roles[i];
		if (same_rules(&r->window, &p->window))
			continue;
		say_in(stdout, INDENT, N_("For %1 it is otherwise:"), ARG_BOTH(r->label));
		show_rules(&r->window, (size_t)2 * INDENT);
	}
}

static void show_consents(const struct profile *p)
{
	print_blank(stdout);
	say(stdout, N_("You will be asked to agree twice: before the key is made, and before the "
		       "certificate is stored."));
	if (p->consent_key.en)
		say_in(stdout, INDENT, N_("Before the key: %1"), ARG_BOTH(p->consent_key));
	if (p->consent_store.en)
		say_in(stdout, INDENT, N_("Before storing: %1"), ARG_BOTH(p->consent_store));
}

void profile_show(const struct profile *p)
{
	show_head(p);
	for (size_t i = 0; i < p->n_roles; i++)
		show_role(&p->roles[i]);
	show_key(&p->key);
	show_token(p);
	show_ca(&p->ca);
	show_window(p);
	show_consents(p);
}
