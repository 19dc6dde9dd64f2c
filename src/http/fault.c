// Why a transfer failed, told so that a person knows whom to ask.
#include "http/inside.h"

#include <openssl/x509_vfy.h>

#include "base/clock.h"

static struct err *fault(const char *slug, struct msg *what, struct msg *hint)
{
	return err_hint_msg(err_tag(err_make(ERR_NETWORK, what), slug), hint);
}

static struct err *tls_fault(const struct verdict *v, const char *host)
{
	char now[48], then[48];
	clock_shown(clock_now(), NULL, now);
	switch (v->error) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
		clock_shown(v->not_after, NULL, then);
		return fault("tls-expired",
			     msg_new(N_("The certificate of the server %1 expired on %2."),
				     ARG_TEXT(host), ARG_TEXT(then)),
			     msg_new(N_("Nothing was sent. This machine's clock says %1: if that "
					"is right, tell the institution."),
				     ARG_TEXT(now)));
	case X509_V_ERR_CERT_NOT_YET_VALID:
		clock_shown(v->not_before, NULL, then);
		return fault(
			"tls-not-yet",
			msg_new(N_("The certificate of the server %1 is valid from %2 on only."),
				ARG_TEXT(host), ARG_TEXT(then)),
			msg_new(N_("Nothing was sent. This machine's clock says %1: set it right "
				   "if it is wrong."),
				ARG_TEXT(now)));
	case X509_V_OK: // the chain is fine: it is the name
		return fault("tls-wrong-host",
			     msg_new(N_("The server that answered for %1 has a certificate for "
					"another name."),
				     ARG_TEXT(host)),
			     msg_new(N_("Nothing was sent. Check the address in the profile, and "
					"the network: somebody may be in between.")));
	default:
		return err_call(
			fault("tls-untrusted",
			      msg_new(N_("The server %1 could not prove who it is: its certificate "
					 "is from no CA that the profile trusts."),
				      ARG_TEXT(host)),
			      msg_new(N_("Nothing was sent. Check the profile's anchors, and the "
					 "network: somebody may be in between."))),
			"X509_verify_cert", X509_verify_cert_error_string(v->error),
			(uint64_t)v->error);
	}
}

static struct err *unreachable(CURL *easy, CURLcode code, const char *host)
{
	long proxy_status = 0;
	curl_easy_getinfo(easy, CURLINFO_HTTP_CONNECTCODE, &proxy_status);
	if (proxy_status >= 300)
		return fault("unreachable",
			     msg_new(N_("The proxy did not let us through to %1 (status %2)."),
				     ARG_TEXT(host), ARG_NUM(proxy_status)),
			     msg_new(N_("Check the proxy's settings in the environment "
					"(https_proxy, no_proxy).")));
	if (code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_RESOLVE_PROXY)
		return fault(
			"unreachable", msg_new(N_("The name %1 was not found."), ARG_TEXT(host)),
			msg_new(N_(
				"Check the network connection and the address in the profile.")));
	return fault(
		"unreachable", msg_new(N_("The server %1 could not be reached."), ARG_TEXT(host)),
		msg_new(N_(
			"Check the network connection; the server may be down: try again later.")));
}

static struct err *timed_out(const struct http *h, const struct transfer *t, const char *host)
{
	if (t->sendings == 0)
		return fault(
			"timeout",
			msg_new(N_("The server %1 did not take the connection within %2 seconds."),
				ARG_TEXT(host), ARG_NUM(h->connect_seconds)),
			msg_new(N_("Check the network connection; the server may be down: try "
				   "again later.")));
	return fault("timeout",
		     msg_new(N_("The server %1 did not answer completely within %2 seconds."),
			     ARG_TEXT(host), ARG_NUM(h->answer_seconds)),
		     msg_new(N_("The request may have arrived. It is not sent again by itself.")));
}

static struct err *line_cut(const struct transfer *t, const char *host)
{
	struct msg *what = msg_new(N_("The connection to %1 broke off."), ARG_TEXT(host));
	if (t->sendings == 0)
		return fault("line-cut", what, msg_new(N_("Nothing was sent. Try again later.")));
	return fault("line-cut", what,
		     msg_new(N_("The request may have arrived. It is not sent again by itself.")));
}

static struct err *too_large(const struct http *h, const char *host)
{
	return fault("too-large",
		     msg_new(N_("The answer of %1 is larger than is allowed (%2 bytes)."),
			     ARG_TEXT(host), ARG_NUM(h->max_body)),
		     msg_new(N_("Check the address in the profile; tell the institution.")));
}

static struct err *channel_changed(const char *host)
{
	return fault("channel-changed",
		     msg_new(N_("%1 ended the connection that the request was bound to."),
			     ARG_TEXT(host)),
		     msg_new(N_("Nothing was sent. Try again later; if it stays so, tell the "
				"institution.")));
}

struct err *digest_fault(const struct transfer *t)
{
	if (!t->digest || t->sendings > 0 || t->status == 0 || t->status >= 500)
		return NULL;
	return err_hint(
		err_tag(err_new(ERR_CA_REFUSED,
				N_("The server %1 did not ask for HTTP Digest, which the profile "
				   "wants (status %2)."),
				ARG_TEXT(t->place->host_port), ARG_NUM(t->status)),
			"digest-not-offered"),
		N_("Neither the request nor a credential was sent. Ask the institution for a "
		   "profile that fits its server."));
}

static struct err *digest_again(const char *host)
{
	return err_hint(err_tag(err_new(ERR_CA_REFUSED,
					N_("The server %1 asked for the credentials a second "
					   "time."),
					ARG_TEXT(host)),
				"digest-again"),
			N_("They were sent once and are not sent again. Tell the institution what "
			   "is said here."));
}

static struct err *by_code(CURL *easy, CURLcode code, const struct http *h,
			   const struct transfer *t)
{
	const char *host = t->place->host_port;
	long proxy_status = 0;
	curl_easy_getinfo(easy, CURLINFO_HTTP_CONNECTCODE, &proxy_status);
	switch (code) {
	case CURLE_PEER_FAILED_VERIFICATION:
		return tls_fault(&h->verdict, host);
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_COULDNT_CONNECT:
		return unreachable(easy, code, host);
	case CURLE_OPERATION_TIMEDOUT:
		return timed_out(h, t, host);
	case CURLE_FILESIZE_EXCEEDED:
		return too_large(h, host);
	case CURLE_SSL_CONNECT_ERROR:
		if (h->verdict.error != X509_V_OK)
			return tls_fault(&h->verdict, host);
		return fault(
			"tls-failed",
			msg_new(N_("No secure connection (TLS 1.2 or newer) to %1 came about."),
				ARG_TEXT(host)),
			msg_new(N_("Nothing was sent. Check the address in the profile; tell the "
				   "institution.")));
	case CURLE_SSL_CACERT_BADFILE:
		return err_as(fault("anchors-wrong",
				    msg_new(N_("The profile's trust anchors cannot be used.")),
				    msg_new(N_("Check the certificates that the profile names."))),
			      ERR_PROFILE);
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_WEIRD_SERVER_REPLY:
		return fault(
			"not-http", msg_new(N_("What %1 answered is not HTTP."), ARG_TEXT(host)),
			msg_new(N_("Check the address in the profile; tell the institution.")));
	default:
		if (proxy_status >= 300)
			return unreachable(easy, code, host);
		return line_cut(t, host);
	}
}

struct err *fault_of(CURL *easy, CURLcode code, const struct http *h, const struct transfer *t)
{
	if (t->interrupted)
		return err_tag(err_new(ERR_INTERRUPTED, N_("Stopped while waiting for %1."),
				       ARG_TEXT(t->place->host_port)),
			       "interrupted");
	if (t->no_memory || code == CURLE_OUT_OF_MEMORY)
		return err_no_memory();
	if (t->timed_out)
		return timed_out(h, t, t->place->host_port);
	if (t->digest && t->again_refused && t->status == 401)
		return digest_again(t->place->host_port);
	if (t->channel_changed)
		return channel_changed(t->place->host_port);
	if (t->too_large)
		return too_large(h, t->place->host_port);
	if (code == CURLE_OK)
		return line_cut(t, t->place->host_port); // in the midst of the headers
	struct err *refused = digest_fault(t);
	if (!refused)
		refused = login_fault(h, t->place->host_port);
	if (refused)
		return refused;
	struct err *e =
		t->again_refused ? line_cut(t, t->place->host_port) : by_code(easy, code, h, t);
	if (err_call_name(e))
		return e;
	return err_call(e, "libcurl", t->words[0] ? t->words : curl_easy_strerror(code), code);
}
