// What an EST server wants of key and request (/csrattrs, RFC 7030 §4.5).
#include <string.h>

#include "base/log.h"
#include "ca/est.h"
#include "x509/csrattrs.h"

static struct err *cannot(const char *slug, struct msg *what)
{
	return err_hint(err_tag(err_make(ERR_POLICY, what), slug),
			N_("No key was made and nothing was sent. Tell the institution what is "
			   "said here."));
}

// Sizes that tokens make and that profile and RFC 8017 know as whole.
static bool is_usual_size(unsigned bits)
{
	return bits == 2048 || bits == 3072 || bits == 4096;
}

static struct err *check_wishes(const struct csrattrs *w, const struct profile_role *role)
{
	if (w->other_key_type)
		return cannot("key-type", msg_new(N_("The CA wants a key that is not RSA. This "
						     "version of inkan makes RSA keys only.")));
	if (w->rsa_bits != 0 && !is_usual_size(w->rsa_bits))
		return cannot("key-size", msg_new(N_("The CA wants an RSA key of %1 bits. 2048, "
						     "3072 and 4096 can be made."),
						  ARG_NUM(w->rsa_bits)));
	if (w->weak_hash)
		return cannot("signature-hash", msg_new(N_("The CA wants the request signed in "
							   "another way than RSA with SHA-256.")));
	if (w->tls_unique)
		return cannot("tls-unique",
			      msg_new(N_("The CA wants the request bound to the TLS connection "
					 "(tls-unique). This version of inkan cannot do that.")));
	if (w->challenge_password && !role->challenge_password)
		return cannot(
			"challenge-password",
			msg_new(N_("The CA wants a challenge password in the request: the profile "
				   "does not say what goes there, and binding to the TLS "
				   "connection (tls-unique) is not in this version of inkan.")));
	return NULL;
}

static void log_unknown(const struct csrattrs *w)
{
	for (size_t i = 0; i < w->n_unknown; i++)
		log_info("ca", N_("The CA's wish %1 is not known and is passed over."),
			 ARG_TEXT(w->unknown[i]));
}

static struct err *take_wishes(struct ca *c, struct csrattrs *w, struct ca_constraints *out)
{
	log_unknown(w);
	TRY(check_wishes(w, c->terms.role));
	bool encipherment =
		w->has_key_usage ? w->key_usage_encipherment : c->terms.profile->key.decrypt;
	*out = (struct ca_constraints){
		.rsa_bits = w->rsa_bits,
		.decrypt = encipherment,
		.key_usage_signature = w->has_key_usage ? w->key_usage_signature : true,
		.key_usage_encipherment = encipherment,
		.challenge_password = w->challenge_password,
		.certified_encipherment = encipherment,
		.request_attributes = w->attributes,
	};
	w->attributes = (struct buf){ 0 };
	return NULL;
}

static struct err *read_wishes(const struct http_answer *a, struct csrattrs *w)
{
	AUTO_BUF struct buf der = BUF(a->body.len + 1);
	struct err *e = est_decode(&a->body, &der);
	if (!e)
		e = csrattrs_parse(der.data, der.len, w);
	if (e)
		return err_while(e, N_("The CA was asked what it wants in a request (csrattrs)."));
	return NULL;
}

// 204 and 404 mean that there are none. A server that wants a login even for this (401, 403) is not given one: the request
// will tell.
static bool has_none(int status)
{
	return status == 204 || status == 404 || status == 401 || status == 403 || status == 405 ||
	       status == 501;
}

struct err *est_constraints(struct ca *c, struct ca_constraints *out)
{
	AUTO_ANSWER struct http_answer a = { 0 };
	TRY(est_get(c->self, "/csrattrs", &a));
	__attribute__((cleanup(csrattrs_free))) struct csrattrs w = { 0 };
	if (has_none(a.status)) {
		log_info("ca", N_("The CA has no wishes for the request (csrattrs: status %1)."),
			 ARG_NUM(a.status));
	} else {
		struct err *e = est_refusal(&a);
		if (e)
			return err_while(
				e, N_("The CA was asked what it wants in a request (csrattrs)."));
		TRY(read_wishes(&a, &w));
	}
	return take_wishes(c, &w, out);
}
