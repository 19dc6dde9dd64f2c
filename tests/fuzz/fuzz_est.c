// An EST server's answer, from the first byte of its status line to the judged certificate. libcurl reads the input from a
// local socket, so that the headers come the way they come in earnest and no network is needed.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "ca/est.h"
#include "http/inside.h"
#include "judged.h"
#include "x509/csrattrs.h"

enum { ANSWER_MAX = 65536 };

static char place[32];
static int listener = -1;

static void begin(void)
{
	if (listener >= 0)
		return;
	judged_begin();
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	snprintf(place, sizeof(place), "inkan-fuzz-%d", (int)getpid());
	memcpy(address.sun_path + 1, place, strlen(place)); // an abstract one: no file
	socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(place));
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	MUST_HOLD(listener >= 0 && bind(listener, (const struct sockaddr *)&address, len) == 0 &&
		  listen(listener, 4) == 0);
}

// The server: says the input, and that this was all, to whoever comes first. The connection stays, since closing it with the
// request unread would be a reset.
static void serve(const uint8_t *data, size_t size, int *fd)
{
	int came = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (came < 0)
		return;
	if (*fd >= 0) { // libcurl tried again: nobody is there any more
		close(came);
		return;
	}
	MUST_HOLD(send(came, data, size, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)size);
	shutdown(came, SHUT_WR);
	*fd = came;
}

static void set_up(CURL *easy, struct transfer *t)
{
	if (curl_easy_setopt(easy, CURLOPT_URL, "http://localhost/simpleenroll") ||
	    curl_easy_setopt(easy, CURLOPT_ABSTRACT_UNIX_SOCKET, place) ||
	    curl_easy_setopt(easy, CURLOPT_PROXY, "") ||
	    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) ||
	    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 5000L))
		abort();
	MUST_HOLD(fuzz_fine(answer_gather(easy, t, ANSWER_MAX)));
}

static CURLcode perform(CURLM *multi, const uint8_t *data, size_t size)
{
	int running = 1, fd = -1, left = 0;
	while (running && curl_multi_perform(multi, &running) == CURLM_OK && running) {
		serve(data, size, &fd);
		if (curl_multi_poll(multi, NULL, 0, 10, NULL) != CURLM_OK)
			break;
	}
	if (fd >= 0)
		close(fd);
	CURLMsg *done = curl_multi_info_read(multi, &left);
	return done && done->msg == CURLMSG_DONE ? done->data.result : CURLE_FAILED_INIT;
}

static bool transfer(CURL *easy, struct transfer *t, const uint8_t *data, size_t size)
{
	CURLM *multi = curl_multi_init();
	MUST_HOLD(multi);
	set_up(easy, t);
	MUST_HOLD(curl_multi_add_handle(multi, easy) == CURLM_OK);
	CURLcode code = perform(multi, data, size);
	bool whole = code == CURLE_OK && fuzz_fine(answer_finish(easy, t));
	curl_multi_remove_handle(multi, easy);
	curl_multi_cleanup(multi);
	return whole;
}

static void try_certificates(const struct http_answer *a, bool had_credentials)
{
	struct est est = { .cacerts_asked = true };
	struct ca_outcome out = { 0 };
	if (fuzz_fine(est_outcome(&est, a, had_credentials, &out))) {
		MUST_HOLD(out.state == CA_ISSUED || out.retry_seconds >= 1);
		MUST_HOLD(out.state != CA_ISSUED || a->status == 200 || a->status == 201);
		MUST_HOLD(out.state != CA_WAIT_ANEW || had_credentials);
		if (out.state == CA_ISSUED)
			judged_try(&out.issued);
	}
	MUST_HOLD(!est.ticket || (strchr(est.ticket, '=') && !strpbrk(est.ticket, "\r\n")));
	ca_outcome_free(&out);
	free(est.ticket);
}

static void try_wishes(const struct http_answer *a)
{
	AUTO_BUF struct buf der = BUF(a->body.len + 1), encoded = { 0 }, again = { 0 };
	__attribute__((cleanup(csrattrs_free))) struct csrattrs w = { 0 };
	if (!fuzz_fine(est_decode(&a->body, &der)))
		return;
	(void)fuzz_fine(csrattrs_parse(der.data, der.len, &w));
	MUST_HOLD(fuzz_fine(est_encode(der.data, der.len, &encoded)));
	if (der.len > 0)
		MUST_HOLD(fuzz_fine(est_decode(&encoded, &again)) && again.len == der.len &&
			  memcmp(again.data, der.data, der.len) == 0);
}

static void try_answer(const struct http_answer *a)
{
	MUST_HOLD(a->content_type && a->reason && a->retry_after >= -1);
	(void)fuzz_fine(est_refusal(a));
	try_certificates(a, true);
	try_certificates(a, false);
	try_wishes(a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > ANSWER_MAX)
		return 0;
	begin();
	AUTO_TRANSFER struct transfer t = { 0 };
	CURL *easy = curl_easy_init();
	MUST_HOLD(easy);
	if (transfer(easy, &t, data, size))
		try_answer(&t.answer);
	curl_easy_cleanup(easy);
	return 0;
}
