// A request that an enrolment agent signed for another, as Microsoft's CAs take it ([MS-WCCE] §3.1.1.4.3.3.2).
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "practiceca/est.h"

// The names of accounts here: this domain, and the Common Name of the account's certificates. "PRACTICE\1234567890taro1283".
#define AGENT_DOMAIN "PRACTICE\\"

struct agent_request {
	struct buf pkcs10;	// DER
	struct client agent;	// who signed
	struct account account; // who is enrolled
	char common_name[COMMON_NAME_MAX + 1];
};
void agent_request_free(struct agent_request *r);
static inline void agent_request_cleanup(struct agent_request *r)
{
	agent_request_free(r);
}
#define AUTO_AGENT_REQUEST __attribute__((cleanup(agent_request_cleanup)))
// Judged but for the PKCS#10 inside: one SignedData with one signature, by a certificate of this CA's for an enrolment agent who may vouch for the
// requester.
MUST struct err *agent_judge(const struct service *s, const struct buf *der, int64_t now,
			     struct agent_request *out, enum refusal *no);

// Whether the certificates that an account gets from now on are those of an agent.
MUST struct err *account_set_agent(struct store *s, int64_t id, bool agent);
MUST struct err *account_is_agent(struct store *s, int64_t id, bool *is);
