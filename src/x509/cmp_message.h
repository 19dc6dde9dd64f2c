// A PKIMessage of CMP (RFC 9810 §5.1) from outside: what its header says, and the making of those messages that OpenSSL only sends in the
// middle of an exchange of its own. Its protection is not judged here.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"
#include "x509/cert.h"

// A transactionID, nonce or senderKID that is longer than CMP_FIELD_MAX is refused.
enum { CMP_MESSAGE_MAX = 1 << 20, CMP_NONCE_LEN = 16, CMP_FIELD_MAX = 512 };

// The bodies that are looked for (RFC 9810 §5.1.2).
enum cmp_body {
	CMP_IR = 0,
	CMP_IP = 1,
	CMP_CR = 2,
	CMP_CP = 3,
	CMP_P10CR = 4,
	CMP_KUR = 7,
	CMP_KUP = 8,
	CMP_RR = 11,
	CMP_PKICONF = 19,
	CMP_ERROR = 23,
	CMP_CERTCONF = 24,
	CMP_POLLREQ = 25,
};

enum cmp_protection { CMP_PROTECTION_NONE, CMP_PROTECTION_PBM, CMP_PROTECTION_OTHER };

struct cmp_header {
	int64_t pvno;
	int body; // the tag
	enum cmp_protection protection;
	int64_t request_id;	 // certReqId of the first response in an ip, cp or kup; 0 elsewhere
	int64_t time;		 // seconds since 1970; -1: missing or unreadable
	bool implicit_confirm;	 // id-it-implicitConfirm stands in generalInfo
	struct buf transaction;	 // empty: missing
	struct buf sender_nonce; // likewise
	struct buf recipient_nonce;    // likewise
	struct buf sender_kid;	       // likewise
	struct buf der;		       // the header itself
	struct buf content;	       // of the body, below its tag
	struct cert_list certificates; // extraCerts, in their order
};
// ERR_CA_REFUSED tagged "no-certificate" for what is no PKIMessage, or has bytes behind it.
MUST struct err *cmp_header_read(const void *der, size_t len, struct cmp_header *out);
void cmp_header_free(struct cmp_header *h);
static inline void cmp_header_cleanup(struct cmp_header *h)
{
	cmp_header_free(h);
}
#define AUTO_CMP_HEADER __attribute__((cleanup(cmp_header_cleanup)))

// What an error message, or the status in another body, says (RFC 9810 §5.2.3, §5.3.21).
struct cmp_status {
	int64_t status;
	unsigned failures; // bit i is PKIFailureInfo's bit i
	char *text;	   // safe to show; "" when there is none
};
// Of a message with the body CMP_ERROR; ERR_CA_REFUSED for any other.
MUST struct err *cmp_error_read(const void *der, size_t len, struct cmp_status *out);
static inline void cmp_status_cleanup(struct cmp_status *s)
{
	text_cleanup(&s->text);
}
#define AUTO_CMP_STATUS __attribute__((cleanup(cmp_status_cleanup)))

// certHash (RFC 9810 §5.3.18): by the hash of the certificate's own signature.
MUST struct err *cmp_cert_hash(const struct cert *c, struct buf *out);

// A certConf in the making.
struct cmp_confirm {
	// The header (cmp_header.der) of a message that was sent in this transaction: sender, recipient, senderKID, transactionID and the
	// algorithm are as there.
	const void *like;
	size_t like_len;
	const struct buf *recipient_nonce; // the senderNonce of the last answer
	const struct buf *cert_hash;
	int64_t request_id;
	const char
		*rejected; // null: the certificate is accepted; otherwise why it is not, in English
	int64_t now;
	const struct cert *signer; // goes with it in extraCerts; null: none
};
// Protects header and body (RFC 9810 §5.1.3): algorithm() gives the AlgorithmIdentifier for the header in DER, protect() what goes into the
// BIT STRING over the ProtectedPart.
struct cmp_protector {
	// Null: the algorithm stays what it was.
	struct err *(*algorithm)(void *ctx, struct buf *der);
	struct err *(*protect)(void *ctx, const void *part, size_t len, struct buf *bits);
	void *ctx;
};
// nonce: the senderNonce that the answer has to bring back.
MUST struct err *cmp_confirm_make(const struct cmp_confirm *t, const struct cmp_protector *p,
				  struct buf *out, struct buf *nonce);

// An error message (RFC 9810 §5.3.21) to a request: its header gives recipient and transactionID. A server says so what it refuses before
// OpenSSL looks at a message.
struct cmp_error {
	const void *like; // the request's header (cmp_header.der)
	size_t like_len;
	const struct buf *recipient_nonce; // the request's senderNonce
	unsigned failures;
	const char *text;
	int64_t now;
	const struct cert *signer, *issuer; // both go with it
};
MUST struct err *cmp_error_make(const struct cmp_error *t, const struct cmp_protector *p,
				struct buf *out);
