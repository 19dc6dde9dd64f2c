// An EST server's answer, from the first byte of its status line to the judged certificate. libcurl reads the input from a
// socket pair, so that the headers come the way they come in earnest and no network is needed.
#include <sys/socket.h>
#include <unistd.h>

#include "ca/est.h"
#include "http/inside.h"
#include "judged.h"
#include "x509/csrattrs.h"

enum { ANSWER_MAX = 65536 };

static curl_socket_t give_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	(void)purpose;
	(void)address;
	int *fd = arg;
	int given = *fd;
	*fd = -1; // once: the second attempt finds no server
	return given < 0 ? CURL_SOCKET_BAD : given;
}

static int is_connected(void *arg, curl_socket_t fd, curlsocktype purpose)
{
	(void)arg;
	(void)fd;
	(void)purpose;
	return CURL_SOCKOPT_ALREADY_CONNECTED;
}

static bool transfer(CURL *easy, int *fd, struct transfer *t)
{
	if (curl_easy_setopt(easy, CURLOPT_URL, "http://127.0.0.1/simpleenroll") ||
	    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, give_socket) ||
	    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, fd) ||
	    curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, is_connected) ||
	    curl_easy_setopt(easy, CURLOPT_PROXY, "") ||
	    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) ||
	    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 5000L))
		abort();
	MUST_HOLD(fuzz_fine(answer_gather(easy, t, ANSWER_MAX)));
	return curl_easy_perform(easy) == CURLE_OK && fuzz_fine(answer_finish(easy, t));
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
	judged_begin();
	int fd[2];
	MUST_HOLD(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd) == 0);
	MUST_HOLD(send(fd[1], data, size, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)size);
	shutdown(fd[1], SHUT_WR);
	AUTO_TRANSFER struct transfer t = { 0 };
	CURL *easy = curl_easy_init();
	MUST_HOLD(easy);
	if (transfer(easy, &fd[0], &t))
		try_answer(&t.answer);
	curl_easy_cleanup(easy);
	if (fd[0] >= 0)
		close(fd[0]);
	close(fd[1]);
	return 0;
}
