// OpenSSL's error queue as our error, and keys from DER.
#include "x509/ossl.h"

#include <limits.h>

#include <openssl/err.h>

struct err *ossl_reason(struct err *e, const char *call)
{
	unsigned long code = ERR_get_error();
	const char *reason = code ? ERR_reason_error_string(code) : NULL;
	e = err_call(e, call, reason ? reason : "", code);
	ERR_clear_error();
	return e;
}

struct err *ossl_failed(const char *call)
{
	return ossl_reason(err_new(ERR_FAILED, N_("A cryptographic operation failed.")), call);
}

struct err *ossl_public_key(const void *der, size_t len, EVP_PKEY **out)
{
	const unsigned char *p = der;
	if (len > LONG_MAX)
		return err_new(ERR_FAILED, N_("The public key cannot be read."));
	EVP_PKEY *key = d2i_PUBKEY(NULL, &p, (long)len);
	if (!key)
		return ossl_reason(err_new(ERR_FAILED, N_("The public key cannot be read.")),
				   "d2i_PUBKEY");
	if (p != (const unsigned char *)der + len) {
		EVP_PKEY_free(key);
		return err_new(ERR_FAILED, N_("The public key cannot be read."));
	}
	*out = key;
	return NULL;
}

void ossl_clear(void)
{
	ERR_clear_error();
}
