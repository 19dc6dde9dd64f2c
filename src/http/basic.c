// HTTP Basic (RFC 7617): the header is built here, in locked memory, and libcurl is lent it; given to libcurl as user name and
// password it would be copied four times more.
#include "http/inside.h"

#include <string.h>

#include <openssl/evp.h>

static const char prefix[] = "Authorization: Basic ";

struct err *basic_header(const struct secret *user, const struct secret *password,
			 struct secret **out)
{
	size_t len = secret_len(user) + 1 + secret_len(password);
	if (memchr(secret_bytes(user), ':', secret_len(user)))
		return err_new(ERR_ANSWER,
			       N_("The user name holds a colon, which HTTP cannot carry."));
	if (len > SECRET_MAX / 2)
		return err_new(ERR_ANSWER, N_("User name and password are too long."));
	AUTO(secret) struct secret *pair = NULL;
	AUTO(secret) struct secret *header = NULL;
	TRY(secret_new(len, &pair));
	TRY(secret_append(pair, secret_bytes(user), secret_len(user)));
	TRY(secret_append(pair, ":", 1));
	TRY(secret_append(pair, secret_bytes(password), secret_len(password)));
	size_t start = sizeof(prefix) - 1, encoded = (len + 2) / 3 * 4;
	TRY(secret_new(start + encoded + 1, &header));
	TRY(secret_append(header, prefix, start));
	EVP_EncodeBlock(secret_room(header) + start, secret_bytes(pair),
			(int)len); // ends with a zero
	secret_set_len(header, start + encoded);
	*out = header;
	header = NULL;
	return NULL;
}
