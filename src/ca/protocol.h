// What one protocol gives: the table behind ca.h. Private to the room.
#pragma once

#include "ca/ca.h"

struct ca_ops {
	const char *name;
	bool own_key; // it signs or decrypts with the request's own key
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
	struct err *(*confirm)(struct ca *c, const struct ca_request *r,
			       bool *told); // may be null
	struct err *(*reject)(struct ca *c, const struct ca_request *r, const struct err *why,
			      bool *told);		 // may be null
	const char *(*request_file)(const struct ca *c); // may be null: over the network
	struct err *(*save)(const struct ca *c, struct buf *state);
	unsigned (*handshakes)(const struct ca *c); // may be null
	void (*close)(struct ca *c);
	struct err *(*show)(const struct ca_terms *t, struct cert_list *out); // may be null
};

struct ca {
	const struct ca_ops *ops;
	struct ca_terms terms;
	void *self; // the protocol's own
};

extern const struct ca_ops ca_est, ca_file, ca_portal;
