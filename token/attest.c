// The maker's word for a key.
#include "token/attest.h"

#include "token/models.h"

static enum attested_pin_floor pin_floor(enum attestation_pin pin)
{
	return pin == ATTESTATION_PIN_ALWAYS ? ATTESTED_PIN_EVERY_TIME
	       : pin == ATTESTATION_PIN_ONCE ? ATTESTED_PIN_AT_LEAST_ONCE
					     : ATTESTED_PIN_ANY;
}

static enum attested_touch_floor touch_floor(enum attestation_touch touch)
{
	return touch == ATTESTATION_TOUCH_ALWAYS   ? ATTESTED_TOUCH_EVERY_TIME
	       : touch == ATTESTATION_TOUCH_CACHED ? ATTESTED_TOUCH_AT_LEAST_CACHED
						   : ATTESTED_TOUCH_ANY;
}

static struct err *judge(const struct session *s, const struct keypair *k, const struct profile *p,
			 const struct attestation_statement *said, struct attestation *out)
{
	const struct profile_attestation *wanted = &p->key.attestation;
	AUTO_CERTS struct cert_list roots = { 0 };
	TRY(cert_list_from_pem(wanted->roots.data, wanted->roots.len, &roots));
	const struct attestation_terms terms = {
		.roots = &roots,
		.key = keypair_public(k),
		.serial = session_token(s)->serial,
		.slot = attest_slot(keypair_id(k)),
		.pin = pin_floor(wanted->pin),
		.touch = touch_floor(wanted->touch),
	};
	return attestation_judge(&terms, said, out);
}

struct err *evidence_attest(struct session *s, const struct keypair *k, const struct profile *p,
			    struct evidence *e, struct attestation_statement *said)
{
	AUTO_STATEMENT struct attestation_statement st = { 0 };
	struct attestation a = { 0 };
	*said = st;
	if (!p->key.attestation.roots.len)
		return NULL;
	TRY(attest_fetch(s, k, &model_of(session_token(s))->quirks, &st));
	if (st.kind == ATTESTATION_NONE)
		return NULL;
	TRY(judge(s, k, p, &st, &a));
	e->custody = CUSTODY_ATTESTED;
	e->attestation = a;
	*said = st;
	st = (struct attestation_statement){ 0 };
	return NULL;
}
