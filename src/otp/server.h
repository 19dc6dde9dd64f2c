// A server that judges one-time passwords in our place: RADIUS, or HTTP as privacyIDEA speaks it.
//
// A conversation is one person's: ask with a PIN or a value; when the server has a question of its own (a challenge), show its words and ask
// again with the answer. A value that is wrong is an answer; a server that is down, or somebody else who answers for it, is an error.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/secret.h"

enum {
	OTP_SERVERS_MAX = 8,
	OTP_USER_MAX = 253,   // bytes (RFC 2865 §5)
	OTP_VALUE_MAX = 128,  // bytes (RFC 2865 §5.2)
	OTP_REALM_MAX = 128,  // bytes
	OTP_WORDS_MAX = 1024, // of a server, shown
	OTP_SHARED_MAX = 256, // bytes of a shared secret
	OTP_SHARED_GOOD = 16, // RFC 2865 §3
	OTP_SECONDS_MAX = 60,
	OTP_TRIES_MAX = 10,
};

enum otp_server_protocol { OTP_SERVER_RADIUS, OTP_SERVER_VALIDATE };

struct otp_server_terms {
	enum otp_server_protocol protocol;
	// In this order, until one answers; in a conversation the one that answered last comes first. RADIUS: "host", "host:port", "address",
	// "[IPv6]:port", the port 1812 where none is said. Validate: "https://host[:port][/path]", to which /validate/check is added.
	const char *const *servers;
	size_t n_servers;
	// RADIUS: seconds until a request is repeated, twice as long each time, at most 16 (RFC 5080 §2.2.1); how often it is sent to a server.
	// Validate: seconds for connecting and for the answer; a request is sent once to a server.
	unsigned seconds, tries;
	// RADIUS:
	const struct secret *shared; // otp_shared_secret
	const char *nas;	     // NAS-Identifier; null: "inkan"
	bool unsigned_answers; // answers without Message-Authenticator are believed, too: whoever is on the line can then forge them (CVE-2024-3596)
	// Validate:
	const char *realm; // null: the server's own
	const void *anchors_pem;
	size_t anchors_len;
	// Called about every 200 ms while waiting; true stops (ERR_INTERRUPTED). May be null. Looking up a name cannot be stopped.
	bool (*stop)(void *ctx);
	void *stop_ctx;
};

struct otp_server;

// Copies what it needs; nothing is sent. ERR_PROFILE tagged "otp-server-wrong" for terms that cannot be met.
MUST struct err *otp_server_open(const struct otp_server_terms *t, struct otp_server **out);
void otp_server_close(struct otp_server *s); // wipes
DEFINE_CLEANUP(otp_server, struct otp_server, otp_server_close)
// What the person who set it up should know: a shared secret under OTP_SHARED_GOOD bytes, answers that need no Message-Authenticator. Null:
// nothing. The caller frees.
struct msg *otp_server_warning(const struct otp_server *s);

enum otp_ruling { OTP_ACCEPTED, OTP_REJECTED, OTP_CHALLENGED };

struct otp_reply {
	enum otp_ruling verdict;
	char *words; // of the server, as safe text, perhaps several lines; "" where it says nothing
	bool shown; // OTP_CHALLENGED: the answer may be shown while it is typed (RADIUS: Prompt = Echo)
	// OTP_REJECTED: an earlier server was sent the value and did not answer. It may have spent it, so that the next one rightly refused a
	// value that had been right.
	bool unsure;
};
void otp_reply_clear(struct otp_reply *r);
static inline void otp_reply_cleanup(struct otp_reply *r)
{
	otp_reply_clear(r);
}
#define AUTO_REPLY __attribute__((cleanup(otp_reply_cleanup)))

// A PIN, a value, a PIN with the value behind it: whatever the server takes for a password, UTF-8, at most OTP_VALUE_MAX bytes. After
// OTP_CHALLENGED the same user's next one answers the challenge, at the server that asked; another user's begins anew.
//
// ERR_NETWORK, and nobody judged the value: RADIUS "radius-silent" (no answer; also what a server does that has another shared secret),
// "radius-unreachable", "radius-forged" (answers that the shared secret does not fit), "radius-unsigned" (answers without
// Message-Authenticator), "radius-elsewhere" (from another address than was asked), "radius-damaged"; what those tags say is told only when
// no good answer came in time. Validate: as of http_do, and "validate-trouble" (5xx, or no answer that can be read). ERR_CA_REFUSED tagged
// "validate-cannot" where the server says that it could not judge (result.status is false: an unknown person, say). ERR_ANSWER tagged
// "otp-user-wrong" or "otp-value-wrong" for what cannot be sent.
MUST struct err *otp_server_ask(struct otp_server *s, const char *user, const struct secret *value,
				struct otp_reply *out);
// Whether the next value answers a challenge; otp_server_forget gives it up.
bool otp_server_challenged(const struct otp_server *s);
void otp_server_forget(struct otp_server *s);

// A shared secret from its file, which must be the user's alone (proc_private_file); one line, without its end. ERR_ANSWER tagged "not-private",
// "radius-secret" where it is empty, of several lines, too long, or cannot be read.
MUST struct err *otp_shared_secret(const char *path, struct secret **out);
