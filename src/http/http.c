// The client: one kept connection, one transfer at a time.
#include "http/http.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "http/inside.h"

enum { HTTP_MAX_HOSTS = 32, HTTP_POLL_MS = 200, HTTP_KEPT_CONNECTIONS = 2 };

DEFINE_CLEANUP(slist, struct curl_slist, curl_slist_free_all)

static struct err *copy_hosts(struct http *h, const struct http_terms *t)
{
	if (t->n_hosts == 0 || t->n_hosts > HTTP_MAX_HOSTS)
		return err_new(ERR_PROFILE, N_("A profile names 1 to %1 hosts."),
			       ARG_NUM(HTTP_MAX_HOSTS));
	h->hosts = calloc(t->n_hosts, sizeof(char *));
	if (!h->hosts)
		return err_no_memory();
	for (size_t i = 0; i < t->n_hosts; i++) {
		AUTO_PLACE struct place p = { 0 };
		TRY(place_of_host(t->hosts[i], &p));
		h->hosts[h->n_hosts++] = p.host_port;
		p.host_port = NULL;
	}
	return NULL;
}

struct err *http_open(const struct http_terms *t, struct http **out)
{
	TRY(heap_start());
	AUTO(http) struct http *h = calloc(1, sizeof(*h));
	if (!h)
		return err_no_memory();
	TRY(copy_hosts(h, t));
	if (t->unverified && t->login.key)
		return err_new(ERR_FAILED,
			       N_("The network was asked for something it does not do."));
	if (t->anchors_len == 0 && !t->unverified)
		return err_new(ERR_PROFILE,
			       N_("The profile names no trust anchor for its servers."));
	if (!t->unverified)
		TRY(buf_put(&h->anchors, t->anchors_pem, t->anchors_len));
	h->connect_seconds = t->connect_seconds;
	h->answer_seconds = t->answer_seconds;
	h->max_body = t->max_body;
	h->bound = t->bound;
	h->unverified = t->unverified;
	h->plain = t->plain;
	h->stop = t->stop;
	h->stop_ctx = t->stop_ctx;
	TRY(login_open(&t->login, h));
	h->multi = curl_multi_init();
	h->easy = curl_easy_init();
	if (!h->multi || !h->easy)
		return err_no_memory();
	curl_multi_setopt(h->multi, CURLMOPT_MAXCONNECTS, (long)HTTP_KEPT_CONNECTIONS);
	*out = h;
	h = NULL;
	return NULL;
}

void http_close(struct http *h)
{
	if (!h)
		return;
	curl_easy_cleanup(h->easy);
	curl_multi_cleanup(h->multi);
	for (size_t i = 0; i < h->n_hosts; i++)
		free(h->hosts[i]);
	free(h->hosts);
	buf_free(&h->anchors);
	login_close(h);
	free(h);
}

unsigned http_handshakes(const struct http *h)
{
	return h->handshakes;
}

static struct err *check_host(const struct http *h, const struct place *p)
{
	for (size_t i = 0; i < h->n_hosts; i++)
		if (strcmp(h->hosts[i], p->host_port) == 0)
			return NULL;
	return err_hint(err_tag(err_new(ERR_PROFILE, N_("The profile does not allow the host %1."),
					ARG_TEXT(p->host_port)),
				"host-not-allowed"),
			N_("Nothing was sent. Check the profile's address and its list of hosts."));
}

// Called when the connection stands, right before the request leaves. libcurl repeats a request by itself when a kept
// connection turns out to be dead; a request that may leave once only is stopped here.
// NOLINTNEXTLINE(readability-non-const-parameter): libcurl's signature
static int before_request(void *arg, char *peer_ip, char *local_ip, int peer_port, int local_port)
{
	(void)peer_ip;
	(void)local_ip;
	(void)peer_port;
	(void)local_port;
	struct transfer *t = arg;
	login_look(t->http->easy, t->http);
	if (t->channel && strcmp(t->channel, t->http->channel) != 0) {
		// What has left on the connection that died is not called unsent.
		if (t->sendings > 0)
			t->again_refused = true;
		else
			t->channel_changed = true;
		return CURL_PREREQFUNC_ABORT;
	}
	// The question has nothing of the request in it. A server that answers it with anything but a challenge gets no more: libcurl would go on
	// without credentials.
	if (t->digest && !t->challenged)
		return t->status ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
	// Another leg follows a challenge, and never a connection that died: that one may have carried the body.
	bool unasked = t->sendings > 0 && t->status != 401;
	if (t->once && (t->sendings >= t->legs || unasked)) {
		t->again_refused = true;
		return CURL_PREREQFUNC_ABORT;
	}
	t->sendings++;
	t->status = 0;
	t->answer_by = clock_monotonic_ms() + (int64_t)t->answer_seconds * 1000;
	if (t->sent)
		*t->sent = true;
	return CURL_PREREQFUNC_OK;
}

// True when libcurl took every one of a list of settings.
#define SET(option, value) (curl_easy_setopt(easy, (option), (value)) == CURLE_OK)

static bool set_trust(CURL *easy, struct http *h)
{
	if (h->unverified)
		return SET(CURLOPT_CAINFO, NULL) && SET(CURLOPT_CAPATH, NULL) &&
		       SET(CURLOPT_SSL_VERIFYPEER, 0L) && SET(CURLOPT_SSL_VERIFYHOST, 0L) &&
		       SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	struct curl_blob anchors = { .data = h->anchors.data,
				     .len = h->anchors.len,
				     .flags = CURL_BLOB_NOCOPY };
	return SET(CURLOPT_CAINFO_BLOB, &anchors) && SET(CURLOPT_CAINFO, NULL) &&
	       SET(CURLOPT_CAPATH, NULL) && SET(CURLOPT_SSL_VERIFYPEER, 1L) &&
	       SET(CURLOPT_SSL_VERIFYHOST, 2L) &&
	       SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) && handshake_watch(easy, h);
}

static bool set_manners(CURL *easy, const struct http *h, const struct place *p)
{
	long connect_ms = (long)h->connect_seconds * 1000,
	     answer_ms = (long)h->answer_seconds * 1000;
	return SET(CURLOPT_PROTOCOLS_STR, p->plain ? "http" : "https") &&
	       SET(CURLOPT_FOLLOWLOCATION, 0L) &&
	       SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) &&
	       SET(CURLOPT_NOSIGNAL, 1L) && SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED) &&
	       SET(CURLOPT_USERAGENT, "inkan/" INKAN_VERSION) &&
	       SET(CURLOPT_HEADEROPT,
		   (long)CURLHEADER_SEPARATE) && // what is for the server is not for a proxy
	       SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L) &&
	       SET(CURLOPT_CONNECTTIMEOUT_MS, connect_ms) &&
	       SET(CURLOPT_TIMEOUT_MS, connect_ms + answer_ms) &&
	       (!place_is_loopback(p) || SET(CURLOPT_PROXY, ""));
}

static bool set_request(CURL *easy, const struct http_call *c, struct curl_slist *headers,
			struct transfer *t)
{
	bool fine = SET(CURLOPT_CURLU, t->place->url) && SET(CURLOPT_HTTPHEADER, headers) &&
		    SET(CURLOPT_PREREQFUNCTION, before_request) && SET(CURLOPT_PREREQDATA, t) &&
		    SET(CURLOPT_ERRORBUFFER, t->words);
	if (c->digest)
		fine = fine && SET(CURLOPT_HTTPAUTH, (long)CURLAUTH_DIGEST) &&
		       SET(CURLOPT_USERNAME, secret_text(c->user)) &&
		       SET(CURLOPT_PASSWORD, secret_text(c->password));
	if (strcmp(c->method, "POST") != 0)
		return fine && SET(CURLOPT_HTTPGET, 1L);
	return fine && SET(CURLOPT_POST, 1L) &&
	       SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)c->body_len) &&
	       SET(CURLOPT_POSTFIELDS, c->body_len ? c->body : "");
}

// NTLM and Negotiate are libcurl's work: it copies user and password, into memory that is wiped (heap.c).
static bool set_auth(CURL *easy, const struct http_call *c)
{
	if (c->auth == HTTP_BASIC)
		return true;
	long wanted = (long)(c->auth == HTTP_NTLM ? CURLAUTH_NTLM : CURLAUTH_NEGOTIATE);
	return SET(CURLOPT_HTTPAUTH, wanted) &&
	       SET(CURLOPT_USERNAME, c->user ? secret_text(c->user) : "") &&
	       SET(CURLOPT_PASSWORD, c->password ? secret_text(c->password) : "");
}

static struct err *make_headers(const struct http_call *c, struct curl_slist **out)
{
	AUTO(slist) struct curl_slist *list = curl_slist_append(NULL, "Expect:"); // no 100-continue
	if (!list || c->n_headers > HTTP_MAX_HEADERS)
		return err_no_memory();
	for (size_t i = 0; i < c->n_headers; i++) {
		AUTO_TEXT char *line =
			text_format("%s: %s", c->headers[i].name, c->headers[i].value);
		if (!line || strpbrk(line, "\r\n") || !curl_slist_append(list, line))
			return err_new(ERR_FAILED, N_("A header cannot be sent."));
	}
	*out = list;
	list = NULL;
	return NULL;
}

static CURLcode run(struct http *h, struct transfer *t)
{
	if (curl_multi_add_handle(h->multi, h->easy) != CURLM_OK)
		return CURLE_FAILED_INIT;
	int running = 1, left = 0;
	CURLcode code = CURLE_ABORTED_BY_CALLBACK;
	while (running && !t->interrupted && !t->timed_out) {
		if (h->stop && h->stop(h->stop_ctx))
			t->interrupted = true;
		else if (curl_multi_perform(h->multi, &running) != CURLM_OK)
			break;
		else if (running)
			curl_multi_poll(h->multi, NULL, 0, HTTP_POLL_MS, NULL);
		t->timed_out = running && t->answer_by != 0 && clock_monotonic_ms() > t->answer_by;
	}
	for (CURLMsg *m = NULL; (m = curl_multi_info_read(h->multi, &left)) != NULL;)
		if (m->msg == CURLMSG_DONE)
			code = m->data.result;
	long connects = 0;
	curl_easy_getinfo(h->easy, CURLINFO_NUM_CONNECTS, &connects);
	if (!t->place->plain)
		h->handshakes += (unsigned)connects;
	curl_multi_remove_handle(h->multi, h->easy);
	return code;
}

static struct err *transfer(struct http *h, const struct http_call *c, struct curl_slist *headers,
			    struct transfer *t)
{
	curl_easy_reset(h->easy);
	h->verdict = (struct verdict){ 0 };
	h->login.alert = 0;
	TRY(answer_gather(h->easy, t, h->max_body));
	if (!set_trust(h->easy, h) || !set_manners(h->easy, h, t->place) ||
	    !set_request(h->easy, c, headers, t) || !set_auth(h->easy, c)) {
		curl_easy_reset(h->easy);
		return err_new(ERR_FAILED, N_("The network library refused a setting."));
	}
	CURLcode code = run(h, t);
	bool whole = code == CURLE_OK && t->headers_ended && !t->interrupted && !t->timed_out;
	struct err *e = whole ? answer_finish(h->easy, t) : fault_of(h->easy, code, h, t);
	curl_easy_reset(h->easy); // it must not keep pointers into what ends here
	return e;
}

static struct err *check_call(const struct http *h, const struct http_call *c)
{
	bool post = strcmp(c->method, "POST") == 0;
	if ((!post && strcmp(c->method, "GET") != 0) || (!post && c->body_len > 0) ||
	    !c->user != !c->password || (c->digest && (!post || !c->user)) ||
	    (c->digest && c->auth != HTTP_BASIC) || (c->auth == HTTP_NTLM && !c->user) ||
	    (c->auth == HTTP_NEGOTIATE && c->user) ||
	    (h->unverified && (post || c->user || c->n_headers > 0 || c->auth != HTTP_BASIC)))
		return err_new(ERR_FAILED,
			       N_("The network was asked for something it does not do."));
	return NULL;
}

struct err *http_do(struct http *h, const struct http_call *c, struct http_answer *out, bool *sent)
{
	TRY(check_call(h, c));
	AUTO_PLACE struct place place = { 0 };
	TRY(place_of_url(c->url, &place));
	if (place.plain && (!h->plain || c->user || c->auth != HTTP_BASIC))
		return place_refused(c->url);
	TRY(check_host(h, &place));
	AUTO(slist) struct curl_slist *headers = NULL;
	TRY(make_headers(c, &headers));
	AUTO(secret) struct secret *basic = NULL;
	if (c->user && !c->digest && c->auth == HTTP_BASIC)
		TRY(basic_header(c->user, c->password, &basic));
	// Lent, not copied: this node is ours and stands in front of the list.
	struct curl_slist with_basic = { .data = basic ? (char *)secret_room(basic) : NULL,
					 .next = headers };
	AUTO_TRANSFER struct transfer t = {
		.place = &place, .once = c->once || c->user || strcmp(c->method, "POST") == 0
	};
	t.http = h;
	t.legs = c->auth == HTTP_BASIC ? 1 : 2;
	t.channel = c->channel;
	t.digest = c->digest;
	t.sent = sent;
	t.answer_seconds = h->answer_seconds;
	TRY(transfer(h, c, basic ? &with_basic : headers, &t));
	TRY(digest_fault(&t));
	log_debug("http", N_("%1 %2: status %3, %4 bytes"), ARG_TEXT(c->method), ARG_TEXT(c->url),
		  ARG_NUM(t.answer.status), ARG_NUM(t.answer.body.len));
	*out = t.answer;
	t.answer = (struct http_answer){ 0 };
	return NULL;
}
