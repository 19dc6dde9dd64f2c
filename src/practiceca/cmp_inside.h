// What the files of CMP share. Private to them.
#pragma once

#include <openssl/cmp.h>
#include <pthread.h>

#include "practiceca/cmp.h"
#include "practiceca/request.h"
#include "x509/cmp_message.h"

// PKIFailureInfo (RFC 9810 §5.2.3), as masks.
enum {
	FAIL_BAD_MESSAGE_CHECK = 1U << 1,
	FAIL_BAD_REQUEST = 1U << 2,
	FAIL_BAD_TIME = 1U << 3,
	FAIL_BAD_CERT_ID = 1U << 4,
	FAIL_BAD_DATA_FORMAT = 1U << 5,
	FAIL_CERT_REVOKED = 1U << 10,
	FAIL_CERT_CONFIRMED = 1U << 11,
	FAIL_WRONG_INTEGRITY = 1U << 12,
	FAIL_BAD_RECIPIENT_NONCE = 1U << 13,
	FAIL_UNACCEPTED_EXTENSION = 1U << 16,
	FAIL_BAD_SENDER_NONCE = 1U << 18,
	FAIL_BAD_CERT_TEMPLATE = 1U << 19,
	FAIL_SIGNER_NOT_TRUSTED = 1U << 20,
	FAIL_TRANSACTION_IN_USE = 1U << 21,
	FAIL_UNSUPPORTED_VERSION = 1U << 22,
	FAIL_NOT_AUTHORIZED = 1U << 23,
	FAIL_SYSTEM_FAILURE = 1U << 25,
};

// A no: what it means, and the words, with the clause that says so.
struct no {
	unsigned failures;
	const char *words; // null: no no
};

struct cmp_desk {
	const struct service *service;
	pthread_mutex_t turn;
	X509 *signer; // protects what is not protected by a secret
	EVP_PKEY *signer_key;
	struct cert *signer_cert, *issuing_cert; // the same for messages that are made here
	struct transaction *list;
};

// One exchange with one person.
struct transaction {
	struct transaction *next;
	struct cmp_desk *desk;
	OSSL_CMP_SRV_CTX *srv;
	char id[2 * CMP_NONCE_LEN + 1]; // hexadecimal
	int64_t touched;
	int first;			// the body it began with
	enum cmp_protection protection; // ... and how it was protected
	struct buf nonce;		// of our last answer
	// who asks
	struct account account;
	bool known;	      // there is such an account, and its secret or its certificate is good
	struct client client; // by a certificate
	int64_t vouched_by; // it is an RA's (its row in the log), and account is the person's that it vouches for; 0: its own
	// what becomes of it
	struct buf waiting; // the request that waits
	int64_t polls_left, ready_at;
	int64_t reason; // of a revocation (RFC 5280 §5.3.1)
	bool taken;	// its number is written down
	bool implicit;
	X509 *leaf;
	int64_t issued; // 0: nothing
	bool told;	// certConf has come
	struct no no;	// what a callback that can only fail has to say
};

// cmp_judge.c: what OpenSSL does not look at. Nothing: then it may look.
struct no judge_message(const struct cmp_desk *d, const struct transaction *t,
			const struct cmp_header *h, int64_t now);
// Who asks, at the first message of a transaction: account and secret, or certificate, into the transaction and OpenSSL's context.
MUST struct err *judge_sender(struct transaction *t, const struct cmp_header *h, int64_t now,
			      struct no *no);

// cmp_issue.c
MUST struct err *transaction_callbacks(struct transaction *t);
