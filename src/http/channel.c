// The connection's own value, for requests that are bound to it: tls-unique (RFC 5929 §3), which TLS 1.2 has and TLS 1.3 has not.
#include "http/inside.h"

#include <string.h>

#include <openssl/evp.h>

void channel_prepare(SSL_CTX *ctx, const struct http *h)
{
	if (!h->bound)
		return;
	SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION);
	SSL_CTX_set_options(ctx,
			    SSL_OP_NO_RENEGOTIATION); // it would change the value under a request
}

void channel_of(SSL *ssl, char out[static CHANNEL_ROOM])
{
	unsigned char finished[EVP_MAX_MD_SIZE];
	out[0] = '\0';
	// Without the extended master secret (RFC 7627) somebody in between can make two connections of one value.
	if (SSL_version(ssl) != TLS1_2_VERSION || SSL_get_extms_support(ssl) != 1)
		return;
	// The first Finished of the handshake: the client's, but for a session that is resumed the server's.
	size_t len = SSL_session_reused(ssl)
			     ? SSL_get_peer_finished(ssl, finished, sizeof(finished))
			     : SSL_get_finished(ssl, finished, sizeof(finished));
	if (len > 0 && len <= sizeof(finished))
		EVP_EncodeBlock((unsigned char *)out, finished, (int)len);
}

const char *http_channel(const struct http *h)
{
	return h->channel;
}
