// The jobs a worker can do with one token. Each runs in a worker process, speaks through a face, and ends in a result.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "enroll/face.h"

struct json_t;

enum job_kind {
	JOB_ENROLL,  // a new enrolment
	JOB_RENEW,   // a new certificate for the name that is on the token
	JOB_RESUME,  // finish `enrolment`
	JOB_ABANDON, // clean up after `enrolment`
	JOB_VOUCH, // sign with the key of an RA; without anything to sign: which certificate it has
	JOB_LOGIN, // log in with what is on the token at the profile's page
	JOB_REVOKE,	   // the CA is asked to revoke a certificate on the token
	JOB_VERIFY,	   // sign and check with what is on the token
	JOB_TOKEN_SHOW,	   // every object; the PIN only when asked for
	JOB_TOKEN_INIT,	   // everything on the token goes, its PINs are set
	JOB_TOKEN_PIN,	   // the user's PIN is changed
	JOB_TOKEN_UNBLOCK, // the user's PIN is set by the security officer
	JOB_TOKEN_LABEL,   // the token's label, or those of a pair of ours
	JOB_TOKEN_WIPE,	   // what inkan made goes, or all
	JOB_LIST,	   // tokens of the module, their certificates; no PIN, no lease
	JOB_READERS,	   // the readers of this machine as they are now; no module
	JOB_WATCH, // tells of readers and cards (EVENT_READER) until it is stopped; no module
	JOB_TRUST, // what the profile's CA shows of itself before it is trusted; no module
	JOB_CA,	   // an unauthenticated look at the profile's CA; no module
};

struct job {
	enum job_kind kind;
	char *module;		  // name or canonical path; null: the job needs none
	bool module_from_profile; // a trusted profile names it
	char *token; // RFC 7512 URI that fits exactly one token of the module (JOB_LIST: null or any)
	bool unlisted; // nobody has looked yet whether the token is there: that comes first, before any event
	char *profile;	 // path; enroll
	char *role;	 // enroll
	char *enrolment; // id: resume, abandon
	char *out; // enroll, renew: where the request goes when the CA takes files; null: a name of its own in the present directory
	char *answer; // resume: the file with what such a CA answered
	char *label;  // token init, label: the new one; null: asked
	char *object; // renew, login, revoke: the CKA_ID in hexadecimal of the certificate that is meant; token label: the CKA_ID in hexadecimal of the pair that gets it; null: the token
	char *reason; // revoke: by its name in RFC 5280 §5.3.1; null: unspecified
	char *custody; // token init: what becomes of the SO PIN: "typed", "show", "escrow", "derive"; null: as the profile says
	char *change; // token pin: "puk", "management-key", "puk-management-key", "all"; null: the PIN
	char *ra_certificate; // enroll, resume: PEM of the RA's that vouches, whose key answers ASK_VOUCH; null: the person's answers do
	char *ra_token;	      // the canonical URI of its token, as it was found
	char *ra_reader;      // the reader that it stands in; null: none
	bool ra_pss;	      // it makes PSS signatures
	char *vouch;	      // vouch: what is to be signed (enroll/vouch.h)
	bool all;	      // token wipe: what others made, too
	bool challenge;	      // token unblock: over the telephone
	bool brief;	      // JOB_LIST: who is there, and nothing of what is on them
	bool by_file;	      // enroll, renew: only where the CA takes files
	bool login;	      // token show: with the PIN; verify: log in, too
	bool yes;	      // every consent is given
	bool last_try;	      // the PIN's last try may be used
	bool anew;	      // enroll: do not offer an unfinished enrolment
	bool interactive;
	bool wait_for_ca; // wait with a countdown, else end pending at once
	int64_t lease_wait_ms;
};
void job_free(struct job *j);
DEFINE_CLEANUP(job, struct job, job_free)
struct json_t *job_to_json(const struct job *j);
MUST struct err *job_from_json(const struct json_t *j, struct job **out);

// The end of a job: the public result object of --json ({"event":"result",…}) and the error with its causes (null when done).
// For JOB_VOUCH the object has "vouch": {"id","certificate" (PEM),"token" (its canonical URI),"reader" (where it stands in one),"pss","asks_pin","signature" (hexadecimal, where there was something to sign)}.
// For JOB_TOKEN_SHOW the object has "state" and "objects" besides.
// For JOB_LIST the object is {"tokens":[…]} as `inkan status --json` wants them, without windows; each also has "initialised" and
// "makes_rsa" (true or false), and where the token says so "room"; a brief one opens no token, so "certificates" is empty. For JOB_READERS it is {"pcsc":WORD,"readers":[…]} (enroll/readers.h). For JOB_CA {"status":N,"date":"…Z"}, the HTTP status and
// the server's clock where it says. For JOB_TRUST {"pem":TEXT}, all certificates that came, one after the other.
// Only tokens that fit the job's URI are in it; null fits all. Never fails: when it cannot do better, the result says so.
struct result {
	struct json_t *object; // owned
	struct err *err;       // owned; its kind is the exit status
};
void result_free(struct result *r);
// The result of a job that ended with this error before it had one of its own: {"event":"result","outcome":…,"exit":N,"enrolment":ID,
// "error":{…}}. Takes the error; the id may be null.
void result_of_error(struct err *e, const char *enrolment, struct result *out);

void job_run(const struct job *j, struct face *f, struct result *out);
