// OpenSSL's error queue as an error of ours.
#include <openssl/err.h>

#include "practiceca/openssl_error.h"

struct err *openssl_error(const char *call)
{
	unsigned long code = ERR_peek_last_error();
	const char *reason = code ? ERR_reason_error_string(code) : NULL;
	struct err *e =
		err_new(ERR_FAILED, N_("The cryptographic library refused an operation: %1"),
			ARG_TEXT(reason ? reason : "?"));
	ERR_clear_error();
	return err_call(e, call, NULL, code);
}
