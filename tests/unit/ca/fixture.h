// A conversation with the byte server: a profile made in memory, a key in software, answers that are always the same.
#pragma once

#include "byteserver.h"
#include "ca/ca.h"
#include "check.h"
#include "x509/maker.h"

#define FIXTURE_CN "00000011283"
#define EST	   "/.well-known/est"

struct fixture {
	struct byteserver *server;
	struct profile profile;
	struct profile_role role; // user_name {contract_id}, password {user_pin}{otp}
	struct profile_field fields[3];
	char *hosts[1];
	char url[128], host[64];
	struct ca *ca;
	struct answers *answers;
	struct buf request; // signed
	bool stop;
};

// Starts the server with the script and opens a conversation; the key is made once for all.
void fixture_begin(struct fixture *f, const char *script, const char *server);
void fixture_end(struct fixture *f);
// The same profile and server, another conversation, restored from what the first saves.
void fixture_reopen(struct fixture *f);
// ca_authenticate, then ca_submit. *sent as in ca_submit.
struct err *fixture_submit(struct fixture *f, struct ca_outcome *out, bool *sent);
struct err *fixture_poll(struct fixture *f, struct ca_outcome *out);
// The judgement that an enrolment makes of what was issued: the tag, "" when accepted.
const char *fixture_judge(const struct fixture *f, const struct ca_outcome *o);
void fixture_key_free(void);
