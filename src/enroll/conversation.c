// The request and the token's keys, for one exchange with the CA.
#include "enroll/conversation.h"

#include "enroll/on_behalf.h"
#include "enroll/renewal.h"
#include "enroll/request.h"

static struct err *lend(struct enrolment *e, struct conversation *c, const struct keypair *pair,
			const struct cert *cert, struct lent_key *lent, struct ca_key *out)
{
	lent->use = (struct keypair_use){ e->session, pair, &c->pin };
	TRY(keypair_private_key(&lent->use, &lent->key));
	*out = (struct ca_key){ .key = lent->key,
				.cert = cert,
				.pss = keypair_signs_pss(e->session) };
	return NULL;
}

struct err *conversation_begin(struct enrolment *e, struct conversation *c)
{
	c->pin = (struct pin_asker){ .ask = pin_for_signature, .ctx = e };
	c->request = (struct ca_request){
		.der = e->request.data,
		.len = e->request.len,
		.resign = request_resign,
		.ctx = e,
	};
	if (ca_needs_own_key(e->ca))
		TRY(lend(e, c, e->key, NULL, &c->own, &c->request.own));
	if (e->ra) {
		TRY(on_behalf_key(e, &c->ra));
		c->request.ra =
			(struct ca_key){ .key = c->ra, .cert = e->ra, .pss = e->job->ra_pss };
	}
	TRY(renewal_find_pair(e, &c->old_pair));
	if (c->old_pair && !e->old_cert)
		return err_tag(err_new(ERR_TOKEN, N_("The certificate that is to be renewed is no "
						     "longer on the token.")),
			       "renewal-missing");
	return c->old_pair ? lend(e, c, c->old_pair, e->old_cert, &c->old, &c->request.old) : NULL;
}

void conversation_end(struct conversation *c)
{
	private_key_free(c->own.key);
	private_key_free(c->old.key);
	private_key_free(c->ra);
	keypair_free(c->old_pair);
	*c = (struct conversation){ 0 };
}
