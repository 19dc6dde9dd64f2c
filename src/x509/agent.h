// A request that an enrolment agent of Microsoft's vouches for: a PKCS#10 wrapped in a SignedData, with the requester's name beside it
// ([MS-WCCE] §3.1.1.4.3.3.2).
#pragma once

#include <stddef.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"
#include "x509/cert.h"
#include "x509/private_key.h"

// What the agent's certificate must be for: extendedKeyUsage, Certificate Request Agent.
#define AGENT_PURPOSE "1.3.6.1.4.1.311.20.2.1"

enum { AGENT_MAX_REQUESTER = 256 };

struct agent_terms {
	const void *request; // PKCS#10, DER
	size_t len;
	const char *requester;	  // UTF-8: the account that is enrolled, "EXAMPLE\\taro"
	const struct cert *agent; // goes along
	struct private_key *key;  // of the agent; see signed_terms
};
// Whether the name can be written. ERR_ANSWER tagged "requester-wrong" for one that is empty, too long, or not of BMP characters.
MUST struct err *agent_requester_fits(const char *requester);
// DER. The same error. Appends.
MUST struct err *agent_wrap(const struct agent_terms *t, struct buf *der);
