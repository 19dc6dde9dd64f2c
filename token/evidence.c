// Judging what a token says of a key.
#include "token/evidence.h"

#include <inttypes.h>
#include <string.h>

#include "base/buf.h"

static enum custody custody_of(const struct model *m, const struct token_info *t)
{
	// Without the maker's attestation (token/attest.h) the model must be known and the module must say that the token itself makes keys.
	return m->nature == MODEL_HARDWARE && t->hardware ? CUSTODY_DEVICE : CUSTODY_SOFTWARE;
}

// Everything declared, and nothing that belies it.
static bool declares(const struct key_facts *f)
{
	return f->local == TRI_YES && f->always_sensitive == TRI_YES &&
	       f->never_extractable == TRI_YES && f->extractable == TRI_NO &&
	       f->sensitive != TRI_NO && f->private_read_refused;
}

static enum key_attributes attributes_of(const struct key_facts *f)
{
	if (declares(f))
		return KEY_DECLARED;
	if (f->copy_given)
		return KEY_OPEN;
	if (f->extractable == TRI_NO && f->private_read_refused && f->wrap_tried && f->wrap_refused)
		return KEY_WITHHELD;
	return KEY_OPEN;
}

static struct err *other_token_hint(struct err *e, const char *tag)
{
	e = err_hint(e, N_("Do not use this key or this token for the enrolment. Nothing was sent. "
			   "Ask the institution for another token."));
	return err_tag(e, tag);
}

static struct err *check_key(const struct session *s, const struct key_facts *f, unsigned bits)
{
	const char *label = session_token(s)->label;
	if (!f->public_matches)
		return other_token_hint(err_new(ERR_POLICY,
						N_("The two halves of the key on the token %1 do "
						   "not belong together."),
						ARG_TEXT(label)),
					"key-mismatch");
	if (f->bits < bits)
		return other_token_hint(
			err_new(ERR_POLICY,
				N_("The token %1 made a key of %2 bits, but %3 were asked for."),
				ARG_TEXT(label), ARG_NUM(f->bits), ARG_NUM(bits)),
			"key-weak");
	if (f->token == TRI_NO)
		return other_token_hint(
			err_new(ERR_POLICY,
				N_("The token %1 does not keep the key: it would be gone with "
				   "this session."),
				ARG_TEXT(label)),
			"key-not-kept");
	if (f->private_object == TRI_NO)
		return other_token_hint(err_new(ERR_POLICY,
						N_("The key on the token %1 could be used "
						   "without the PIN."),
						ARG_TEXT(label)),
					"key-without-pin");
	if (f->roca)
		return other_token_hint(
			err_new(ERR_POLICY,
				N_("The key on the token %1 has a known weakness (ROCA, "
				   "CVE-2017-15361): it can be computed from its "
				   "public half."),
				ARG_TEXT(label)),
			"key-roca");
	return NULL;
}

struct err *evidence_gather(struct session *s, const struct keypair *k, unsigned bits,
			    struct evidence *out)
{
	const struct token_info *t = session_token(s);
	const struct model *m = model_of(t);
	struct evidence e = { .custody = custody_of(m, t) };
	TRY(keypair_facts(s, k, &e.facts));
	TRY(check_key(s, &e.facts, bits));
	if (!declares(&e.facts) && e.facts.extractable == TRI_NO && e.facts.private_read_refused)
		TRY(keypair_try_wrap(s, k, &e.facts));
	e.attributes = attributes_of(&e.facts);
	e.always_authenticate = e.facts.always_authenticate == TRI_YES;
	strncpy(e.model, m->name, sizeof(e.model) - 1);
	*out = e;
	return NULL;
}

struct err *evidence_try_opening(struct session *s, const struct keypair *k, struct evidence *e)
{
	if (e->attributes != KEY_WITHHELD)
		return NULL;
	TRY(keypair_try_opening(s, k, &e->facts));
	e->attributes = attributes_of(&e->facts);
	return NULL;
}

static struct err *custody_err(const struct evidence *e, const struct profile *p)
{
	struct err *err;
	if (e->custody == CUSTODY_SOFTWARE)
		err = err_new(ERR_POLICY,
			      N_("This token keeps keys in software, or inkan does not know that "
				 "it is a device (%1). %2 asks for a device."),
			      ARG_ID(e->model), ARG_BOTH(p->institution));
	else
		err = err_new(ERR_POLICY,
			      N_("The maker of this token (%1) does not attest the key. %2 asks "
				 "for that."),
			      ARG_ID(e->model), ARG_BOTH(p->institution));
	return err_tag(err_hint(err, N_("Use a token that the institution has approved.")),
		       "evidence-custody");
}

static struct err *attributes_err(const struct evidence *e, const struct profile *p)
{
	struct err *err;
	if (e->attributes == KEY_OPEN)
		err = err_new(ERR_POLICY,
			      N_("The key on this token (%1) could be copied out of it. %2 does "
				 "not accept that."),
			      ARG_ID(e->model), ARG_BOTH(p->institution));
	else
		err = err_new(ERR_POLICY,
			      N_("This token (%1) does not declare that the key was made in it and "
				 "never could leave it. %2 asks for that."),
			      ARG_ID(e->model), ARG_BOTH(p->institution));
	return err_tag(err_hint(err, N_("Use a token that the institution has approved.")),
		       "evidence-attributes");
}

struct err *evidence_judge(const struct evidence *e, const struct profile *p)
{
	if (e->custody < p->key.custody_floor || (e->custody == CUSTODY_SOFTWARE && !p->practice))
		return custody_err(e, p);
	if (e->attributes < p->key.attributes_floor)
		return attributes_err(e, p);
	return NULL;
}

static const char *tri_text(enum tri t)
{
	return t == TRI_YES ? "yes" : t == TRI_NO ? "no" : "missing";
}

// "" where the maker says nothing.
static char *attested_text(const struct evidence *e)
{
	const struct attestation *a = &e->attestation;
	char firmware[ATTESTATION_FIRMWARE_TEXT];
	if (e->custody != CUSTODY_ATTESTED)
		return text_copy("");
	return text_format(" firmware=%s serial=%" PRIu64 " slot=%02x pin=%s touch=%s",
			   attestation_firmware(a, firmware), a->serial, a->slot,
			   attested_pin_name(a->pin), attested_touch_name(a->touch));
}

char *evidence_text(const struct evidence *e)
{
	const struct key_facts *f = &e->facts;
	AUTO_TEXT char *attested = attested_text(e);
	if (!attested)
		return NULL;
	return text_format("custody=%s attributes=%s model=\"%s\" bits=%u local=%s sensitive=%s "
			   "always_sensitive=%s extractable=%s "
			   "never_extractable=%s always_authenticate=%s token=%s private=%s "
			   "read=%s wrap=%s set=%s copy=%s%s",
			   custody_name(e->custody), key_attributes_name(e->attributes), e->model,
			   f->bits, tri_text(f->local), tri_text(f->sensitive),
			   tri_text(f->always_sensitive), tri_text(f->extractable),
			   tri_text(f->never_extractable), tri_text(f->always_authenticate),
			   tri_text(f->token), tri_text(f->private_object),
			   f->private_read_refused ? "refused" : "given",
			   !f->wrap_tried    ? "untried"
			   : f->wrap_refused ? "refused"
					     : "given",
			   !f->set_tried     ? "untried"
			   : f->set_answered ? "answered"
					     : "refused",
			   !f->copy_tried  ? "untried"
			   : f->copy_given ? "given"
					   : "refused",
			   attested);
}
