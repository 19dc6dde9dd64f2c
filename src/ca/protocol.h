// What one protocol gives: the table behind ca.h. Private to the room.
#pragma once

#include "ca/ca.h"
#include "http/http.h"

struct ca_ops {
	const char *name;
	bool own_key;	  // it signs or decrypts with the request's own key
	bool polls_alone; // a poll needs no request
	struct err *(*open)(struct ca *c, const void *state, size_t state_len); // fills c->self
	struct err *(*constraints)(struct ca *c, struct ca_constraints *out);
	struct err *(*questions)(struct ca *c, const struct ca_constraints *k,
				 struct ca_questions *out);
	struct err *(*warm)(struct ca *c); // may be null
	struct err *(*challenge)(struct ca *c, const struct answers *a,
				 struct secret **out); // may be null: none
	struct err *(*challenges)(struct ca *c, const struct answers *a,
				  struct ca_challenges *out); // may be null: none
	bool (*secret)(const struct ca *c); // may be null: where the role has a challenge password
	struct err *(*beside)(struct ca *c, const struct cert_list *certs,
			      struct buf *out); // may be null: no place for them
	struct err *(*authenticate)(struct ca *c, const struct answers *a);
	struct err *(*submit)(struct ca *c, const struct ca_request *r, struct ca_outcome *out,
			      bool *sent);
	struct err *(*poll)(struct ca *c, const struct ca_request *r, struct ca_outcome *out,
			    bool *sent);
	bool (*polls)(const struct ca *c); // may be null: always
	struct err *(*confirm)(struct ca *c, const struct ca_request *r,
			       bool *told); // may be null
	struct err *(*reject)(struct ca *c, const struct ca_request *r, const struct err *why,
			      bool *told);		 // may be null
	bool (*word_leaves)(struct ca *c);		 // may be null: nothing to keep
	enum ca_word (*word)(const struct ca *c);	 // may be null: any run can give it
	const char *(*request_file)(const struct ca *c); // may be null: over the network
	struct err *(*revoke)(struct ca *c, const struct ca_request *r, const struct cert *cert,
			      int reason, bool *sent); // may be null
	struct err *(*save)(const struct ca *c, struct buf *state);
	unsigned (*handshakes)(const struct ca *c);  // may be null
	const char *(*weakness)(const struct ca *c); // may be null: never weak
	void (*close)(struct ca *c);
	struct err *(*show)(const struct ca_terms *t, struct cert_list *out); // may be null
};

struct ca {
	const struct ca_ops *ops;
	struct ca_terms terms;
	void *self;   // the protocol's own
	bool open_no; // see ca_no_is_open
};

// What several protocols have in common: the fields of the templates are asked for in one go, the one-time password as late as its place allows; the
// profile's challenge password, which a renewal has none of.
MUST struct err *ca_usual_questions(struct ca *c, const struct ca_constraints *k,
				    struct ca_questions *out);
MUST struct err *ca_usual_challenge(struct ca *c, const struct answers *a, struct secret **out);

// Their parts: whether a template names a field (null: none does); whether the certificate's name is made of it; one question more.
bool ca_template_uses(const char *template_text, const char *field);
bool ca_in_subject(const struct profile_role *r, const char *field);
void ca_ask(struct ca_questions *q, const char *field, enum profile_ask when);
// An enrolment on behalf of another that got no key of who vouches: ERR_ANSWER tagged "ra-missing".
struct err *ca_ra_missing(const struct ca *c);
// How a protocol speaks HTTP, as the profile says: hosts, trust, times and sizes. Borrowed from the terms.
struct http_terms ca_http_terms(const struct ca_terms *t);

extern const struct ca_ops ca_est, ca_scep, ca_cmp, ca_portal, ca_file;
