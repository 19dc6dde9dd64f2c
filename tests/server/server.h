// The byte server's parts: its own CA, the script of answers, one connection. Private to tests/server.
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <openssl/ssl.h>
#include <openssl/x509.h>

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

// Prints the message and ends the program with status 2: a test that cannot run must not look like one that ran.
_Noreturn void die(const char *what, const char *detail);
void *must(void *p, const char *what); // dies on null

struct bytes {
	unsigned char *data;
	size_t len, room;
};
void bytes_put(struct bytes *b, const void *data, size_t len);
void bytes_puts(struct bytes *b, const char *text);
void bytes_free(struct bytes *b);
void bytes_base64(struct bytes *to, const void *data, size_t len,
		  const char *shape); // "lines", "one", "crlf"

// pki.c: a root, an issuing CA below it, the server's certificate.
enum server_kind { SERVER_GOOD, SERVER_EXPIRED, SERVER_NOT_YET, SERVER_WRONG_HOST };
struct pki {
	EVP_PKEY *root_key, *issuing_key, *server_key;
	X509 *root, *issuing, *server;
};
void pki_make(struct pki *p, enum server_kind kind);
struct leaf {
	const X509_NAME *subject, *issuer;
	EVP_PKEY *key, *signer;
	long from_days, to_days; // from now
	const EVP_MD *md;
	const char *basic, *usage, *extended, *names; // OpenSSL's extension texts; null: left out
};
X509 *pki_sign(const struct leaf *l);
EVP_PKEY *pki_rsa(void);
X509_NAME *pki_name(const char *common_name);

// issue.c: what a CA would answer to a request, or what a bad one would. False: the request is none, or its signature is wrong.
bool issue_known(const char *variant);
bool issue(const struct pki *p, const char *variant, const struct bytes *csr_base64,
	   struct bytes *pkcs7);
// The same to a request that was read already.
void issue_request(const struct pki *p, const char *variant, X509_REQ *req, struct bytes *pkcs7);
X509 *issue_leaf(const struct pki *p, const char *variant, X509_REQ *req);
void issue_cacerts(const struct pki *p, struct bytes *pkcs7);

// scep.c: CertRep to a pkiMessage; the issuing CA signs and decrypts. Variants of its own, and those of issue.c for what is inside.
bool scep_known(const char *variant);
bool scep(const struct pki *p, const char *variant, const struct bytes *message, struct bytes *out);
void scep_ca(const struct pki *p, struct bytes *der);

// cmp.c: the answer to a p10cr, and to what follows it. Variants of its own, and those of issue.c for the certificate.
bool cmp_known(const char *variant);
bool cmp(const struct pki *p, const char *variant, const struct bytes *message, struct bytes *out);

// ntlm.c: whether a request comes from somebody with this password; if not, the header that asks for NTLM, with a challenge for who begins.
bool ntlm(const char *password, const char *authorization, struct bytes *header);

// script.c
enum ending { END_KEEP, END_CLOSE, END_CUT, END_RESET, END_DROP, END_HANG };
struct rule {
	char method[8], path[256];
	char status[128];
	struct bytes headers, body;
	char issue[32], shape[8];	  // empty: the body above
	char scep[32], cmp[32], ntlm[64]; // empty: none
	bool cacerts, scep_ca, raw;
	enum ending ending;
	size_t end_after; // bytes of the answer, END_CUT and END_RESET
	long delay_ms;
	long slow_ms;	     // -1: all at once
	long claimed_length; // -1: the truth
};
enum { RULES_MAX = 16384 };
struct script {
	struct rule *rules;
	size_t n;
	unsigned used[RULES_MAX];
};
void script_read(const char *path, struct script *s);
// The rule for this request: the first that was not used yet, the last for ever after. Null: none fits.
const struct rule *script_find(struct script *s, const char *method, const char *path);

// serve.c
struct server {
	struct pki pki;
	struct script script;
	SSL_CTX *tls; // null: plain
	FILE *log;    // may be null
	pthread_mutex_t lock;
};
void serve(struct server *s, int fd, unsigned connection);
