// SCEP (RFC 8894) without HTTP: a call in, an answer out.
//
// challengePassword is what HTTP Basic carries for EST: "user_pin:otp" or "contract_pin:confirm_pin". Whose it is says the Common Name, which
// is made of the IDs. So lock and one-time password are those of EST, and nothing new has to be handed out.
#pragma once

#include <openssl/cms.h>

#include "practiceca/est.h"
#include "practiceca/request.h"

enum { SCEP_TRANSACTION_MAX = 128, SCEP_NONCE = 16 };

// GetCACaps, GetCACert, GetNextCACert, PKIOperation.
MUST struct err *scep_answer(const struct service *s, const struct call *c, struct answer *out);
// One pkiMessage, as DER.
MUST struct err *scep_operate(const struct service *s, const struct call *c, const struct buf *der,
			      struct answer *out);

// scep_read.c: what came, read strictly.
struct scep_message {
	CMS_ContentInfo *cms;
	CMS_SignerInfo *signer; // in cms
	X509 *certificate;	// of the signer
	char transaction[SCEP_TRANSACTION_MAX + 1];
	uint8_t nonce[SCEP_NONCE];
	char type[4]; // "19"
	int cipher;   // NID of what the content is encrypted with
	struct buf content;
};
void scep_message_free(struct scep_message *m);
static inline void scep_message_cleanup(struct scep_message *m)
{
	scep_message_free(m);
}
#define AUTO_SCEP_MESSAGE __attribute__((cleanup(scep_message_cleanup)))
// One message in DER and nothing else, with a signer and the attributes that an answer needs.
MUST struct err *scep_read(const struct buf *der, struct scep_message *m, enum refusal *no);
// Then: signature, algorithms, type, and the content decrypted.
MUST struct err *scep_open(const struct service *s, struct scep_message *m, enum refusal *no);

// scep_enroll.c: what is answered to it. Leaf and refusal both empty: wait.
struct scep_verdict {
	enum refusal no;
	X509 *leaf;
	int64_t retry_after;
};
MUST struct err *scep_decide(const struct service *s, const struct scep_message *m,
			     struct scep_verdict *out);

// scep_reply.c: CertRep, signed; SUCCESS is encrypted to the message's signer as the message was.
MUST struct err *scep_reply(const struct service *s, const struct call *c,
			    const struct scep_message *m, const struct scep_verdict *v,
			    struct answer *out);
// Whose certificate and key SCEP works with.
X509 *scep_certificate(const struct service *s);
EVP_PKEY *scep_key(const struct service *s);

// scep_transaction.c, inside the caller's write transaction.
enum scep_state { SCEP_NEW, SCEP_OTHER, SCEP_WAIT, SCEP_READY, SCEP_DONE };
struct scep_transaction {
	enum scep_state state;
	int64_t account, issued, retry_after;
	struct request
		request; // as much of it as is needed to issue: key, hash, attestation, renews
};
static inline void scep_transaction_cleanup(struct scep_transaction *t)
{
	request_free(&t->request);
}
#define AUTO_SCEP_TRANSACTION __attribute__((cleanup(scep_transaction_cleanup)))
// The transaction of this ID for this signer of the message; a poll is counted. SCEP_OTHER: of another key, or another request (null: any).
MUST struct err *scep_transaction_find(struct store *s, const struct scep_message *m,
				       const struct request *r, int64_t renews, int64_t now,
				       int64_t retry_after, struct scep_transaction *out);
MUST struct err *scep_transaction_begin(struct store *s, const char *id, const struct account *who,
					const struct request *r, int64_t now, int64_t retry_after,
					struct scep_transaction *out);
MUST struct err *scep_transaction_done(struct store *s, const char *id, int64_t issued);
