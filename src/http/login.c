// TLS client authentication: our certificate for a server that asks, and what the server said to it.
#include "http/inside.h"

#include <stdio.h>
#include <string.h>

static X509 *read_certificate(const struct http_der *der)
{
	const unsigned char *p = der->bytes;
	return d2i_X509(NULL, &p, (long)der->len);
}

static struct err *unusable(void)
{
	return err_new(ERR_FAILED, N_("The certificate on the token cannot be used for TLS."));
}

struct err *login_open(const struct http_login *l, struct http *h)
{
	if (!l->key)
		return NULL;
	h->login.pss = l->pss;
	h->login.certificate = read_certificate(&l->certificate);
	h->login.chain = sk_X509_new_null();
	if (!h->login.certificate || !h->login.chain)
		return unusable();
	for (size_t i = 0; i < l->n_chain; i++) {
		X509 *x = read_certificate(&l->chain[i]);
		if (!x || !sk_X509_push(h->login.chain, x)) {
			X509_free(x);
			return unusable();
		}
	}
	if (!EVP_PKEY_up_ref(l->key))
		return unusable();
	h->login.key = l->key;
	return NULL;
}

void login_close(struct http *h)
{
	EVP_PKEY_free(h->login.key);
	X509_free(h->login.certificate);
	sk_X509_pop_free(h->login.chain, X509_free);
	h->login = (struct login){ 0 };
}

// The server asks who we are.
static int on_asked(SSL *ssl, void *arg)
{
	struct http *h = arg;
	const struct login *l = &h->login;
	h->tls.login_asked = true;
	if (!l->key)
		return 1;
	h->tls.login_given = SSL_use_cert_and_key(ssl, l->certificate, l->key, l->chain, 1) == 1;
	return h->tls.login_given;
}

static void on_info(const SSL *ssl, int where, int value)
{
	enum { LEVEL_SHIFT = 8, ALERT = 0xff };
	struct http *h = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
	bool fatal = value >> LEVEL_SHIFT == SSL3_AL_FATAL;
	if (h && (where & SSL_CB_ALERT) && (where & SSL_CB_READ) && fatal)
		h->login.alert = value & ALERT;
}

void login_offer(SSL_CTX *ctx, struct http *h)
{
	SSL_CTX_set_cert_cb(ctx, on_asked, h);
	SSL_CTX_set_info_callback(ctx, on_info);
	if (!h->login.key || h->login.pss)
		return;
	// RFC 8446 §4.2.3: PKCS#1 v1.5 signs no handshake of TLS 1.3.
	SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION);
	char algorithms[] = "RSA+SHA256:RSA+SHA384:RSA+SHA512"; // OpenSSL's macro casts const away
	SSL_CTX_set1_client_sigalgs_list(ctx, algorithms);
}

static CURLcode on_context(CURL *easy, void *context, void *arg)
{
	(void)easy;
	SSL_CTX *ctx = context;
	SSL_CTX_set_app_data(ctx, arg);
	verdict_watch(ctx);
	login_offer(ctx, arg);
	channel_prepare(ctx, arg);
	return CURLE_OK;
}

bool handshake_watch(CURL *easy, struct http *h)
{
	return curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, on_context) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, h) == CURLE_OK;
}

static void take(const char *text, char *out, size_t room)
{
	if (text && strlen(text) < room)
		snprintf(out, room, "%s", text);
}

void login_look(CURL *easy, struct http *h)
{
	struct curl_tlssessioninfo *info = NULL;
	h->channel[0] = '\0';
	if (curl_easy_getinfo(easy, CURLINFO_TLS_SSL_PTR, &info) != CURLE_OK || !info ||
	    info->backend != CURLSSLBACKEND_OPENSSL || !info->internals)
		return;
	SSL *ssl = info->internals;
	take(SSL_get_version(ssl), h->tls.version, sizeof(h->tls.version));
	take(SSL_get_cipher_name(ssl), h->tls.cipher, sizeof(h->tls.cipher));
	channel_of(ssl, h->channel);
}

static bool about_certificates(int alert)
{
	switch (alert) {
	case SSL_AD_BAD_CERTIFICATE:
	case SSL_AD_UNSUPPORTED_CERTIFICATE:
	case SSL_AD_CERTIFICATE_REVOKED:
	case SSL_AD_CERTIFICATE_EXPIRED:
	case SSL_AD_CERTIFICATE_UNKNOWN:
	case SSL_AD_UNKNOWN_CA:
	case SSL_AD_ACCESS_DENIED:
		return true;
	default:
		return false;
	}
}

static struct err *with_alert(struct err *e, int alert)
{
	return err_call(e, "TLS alert", SSL_alert_desc_string_long(alert), (uint64_t)alert);
}

struct err *login_fault(const struct http *h, const char *host)
{
	int alert = h->login.alert;
	bool wants = alert == SSL_AD_CERTIFICATE_REQUIRED ||
		     (alert == SSL_AD_HANDSHAKE_FAILURE && h->tls.login_asked);
	if (h->tls.login_given && (about_certificates(alert) || wants)) {
		struct err *e =
			err_new(ERR_CA_REFUSED, N_("The server %1 did not accept the certificate."),
				ARG_TEXT(host));
		return with_alert(
			err_hint(err_tag(e, "login-refused"),
				 N_("It may be expired, revoked, or not known to this server. "
				    "`inkan status` shows how long it is valid; ask the "
				    "institution about the rest.")),
			alert);
	}
	if (wants) {
		struct err *e = err_new(ERR_CA_REFUSED,
					N_("The server %1 wants a certificate to log in with."),
					ARG_TEXT(host));
		return with_alert(err_hint(err_tag(e, "login-wanted"),
					   N_("Ask the institution for a profile that says so.")),
				  alert);
	}
	return NULL;
}

const struct http_tls *http_tls(const struct http *h)
{
	return &h->tls;
}
