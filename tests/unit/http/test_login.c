// TLS client authentication against openssl's own server: who is let in, what is told when one is not, with and without PSS.
#include <openssl/pem.h>
#include <poll.h>

#include "client.h"

// Certificates are made once: they take longest.
static struct scratch *dir;

static int run(const char *format, ...) __attribute__((format(printf, 1, 2)));
static int run(const char *format, ...)
{
	char command[1024];
	va_list args;
	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	char sh[] = "sh", c[] = "-c";
	char *argv[] = { sh, c, command, NULL };
	pid_t pid = 0;
	int status = -1;
	if (posix_spawnp(&pid, "sh", NULL, NULL, argv, environ) == 0)
		waitpid(pid, &status, 0);
	return status;
}

static void make_self_signed(const char *name)
{
	if (run("cd '%s' && openssl req -x509 -newkey rsa:2048 -nodes -keyout %s.key -out %s.pem "
		"-subj /CN=%s -addext subjectAltName=IP:127.0.0.1 -days 30 2>/dev/null",
		dir->dir, name, name, name) != 0) {
		fprintf(stderr, "no certificate for %s\n", name);
		exit(1);
	}
}

struct server {
	pid_t pid;
	int in;
	unsigned port;
};

static unsigned read_port(int fd)
{
	char text[4096] = "";
	size_t n = 0;
	for (struct pollfd p = { .fd = fd, .events = POLLIN }; poll(&p, 1, 20000) > 0;) {
		ssize_t got = read(fd, text + n, sizeof(text) - 1 - n);
		if (got <= 0)
			break;
		text[n += (size_t)got] = '\0';
		const char *at = strstr(text, "ACCEPT 127.0.0.1:");
		if (at && strchr(at, '\n'))
			return (unsigned)strtoul(at + 17, NULL, 10);
	}
	return 0;
}

// openssl s_server with these options besides; it ends with its standard input's writer.
static void server_start(struct server *s, const char *options)
{
	char command[1024];
	int in[2], out[2];
	CU_ASSERT_FATAL(pipe(in) == 0 && pipe(out) == 0);
	snprintf(command, sizeof(command),
		 "cd '%s' && exec openssl s_server -accept 127.0.0.1:0 -cert server.pem -key "
		 "server.key -www -CAfile staff.pem %s 2>/dev/null",
		 dir->dir, options);
	char sh[] = "sh", c[] = "-c";
	char *argv[] = { sh, c, command, NULL };
	posix_spawn_file_actions_t acts;
	posix_spawn_file_actions_init(&acts);
	posix_spawn_file_actions_adddup2(&acts, in[0], STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&acts, out[1], STDOUT_FILENO);
	posix_spawn_file_actions_addclose(&acts, in[1]);
	CU_ASSERT_FATAL(posix_spawnp(&s->pid, "sh", &acts, NULL, argv, environ) == 0);
	posix_spawn_file_actions_destroy(&acts);
	close(in[0]);
	close(out[1]);
	s->in = in[1];
	s->port = read_port(out[0]);
	CU_ASSERT_FATAL(s->port != 0);
	close(out[0]);
}

static void server_end(struct server *s)
{
	kill(s->pid, SIGKILL);
	close(s->in);
	waitpid(s->pid, NULL, 0);
}

static void read_file(const char *name, struct buf *out)
{
	AUTO_TEXT char *path = text_format("%s/%s", dir->dir, name);
	CHECK_OK(buf_read_file(path, 65536, out));
}

static EVP_PKEY *read_key(const char *name)
{
	AUTO_TEXT char *path = text_format("%s/%s.key", dir->dir, name);
	FILE *f = fopen(path, "re");
	EVP_PKEY *key = f ? PEM_read_PrivateKey(f, NULL, NULL, NULL) : NULL;
	if (f)
		fclose(f);
	CU_ASSERT_PTR_NOT_NULL(key);
	return key;
}

// A client that is NAME, or nobody.
static struct http *client_as(const struct server *s, const char *name, bool pss)
{
	char place[64];
	AUTO_BUF struct buf anchors = { 0 }, der = { 0 };
	struct http *h = NULL;
	EVP_PKEY *key = name ? read_key(name) : NULL;
	read_file("server.pem", &anchors);
	if (name) {
		AUTO_TEXT char *file = text_format("%s.der", name);
		run("cd '%s' && openssl x509 -in %s.pem -outform DER -out %s.der", dir->dir, name,
		    name);
		read_file(file, &der);
	}
	snprintf(place, sizeof(place), "127.0.0.1:%u", s->port);
	const char *hosts[] = { place };
	struct http_terms t = {
		.hosts = hosts,
		.n_hosts = 1,
		.anchors_pem = anchors.data,
		.anchors_len = anchors.len,
		.connect_seconds = 10,
		.answer_seconds = 10,
		.max_body = 65536,
		.login = { .key = key, .certificate = { der.data, der.len }, .pss = pss }
	};
	CHECK_OK(http_open(&t, &h));
	EVP_PKEY_free(key);
	return h;
}

static struct err *get(const struct server *s, struct http *h, struct http_answer *a)
{
	AUTO_TEXT char *url = text_format("https://127.0.0.1:%u/", s->port);
	struct http_call call = { .method = "GET", .url = url };
	return http_do(h, &call, a, NULL);
}

static bool page_has(const struct http_answer *a, const char *words)
{
	return a->body.data && strstr((const char *)a->body.data, words);
}

static void check_let_in(const char *options, bool pss, const char *version)
{
	struct server s;
	server_start(&s, options);
	AUTO(http) struct http *h = client_as(&s, "staff", pss);
	AUTO_ANSWER struct http_answer a = { 0 };
	CHECK_OK(get(&s, h, &a));
	const struct http_tls *tls = http_tls(h);
	CU_ASSERT(tls->login_asked && tls->login_given);
	CU_ASSERT_STRING_EQUAL(tls->version, version);
	CU_ASSERT(tls->cipher[0] != '\0');
	CU_ASSERT(page_has(&a, "CN = staff") || page_has(&a, "CN=staff"));
	server_end(&s);
}

static void test_who_has_a_certificate_is_let_in(void)
{
	check_let_in("-Verify 1 -verify_return_error", true, "TLSv1.3");
	check_let_in("-Verify 1 -verify_return_error -tls1_2", true, "TLSv1.2");
}

static void test_a_key_without_pss_is_let_in_with_tls_1_2(void)
{
	check_let_in("-Verify 1 -verify_return_error", false, "TLSv1.2");
}

static void check_not_let_in(const char *options, const char *name, bool pss, const char *tag)
{
	struct server s;
	server_start(&s, options);
	AUTO(http) struct http *h = client_as(&s, name, pss);
	AUTO_ANSWER struct http_answer a = { 0 };
	AUTO(err) struct err *e = get(&s, h, &a);
	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	CU_ASSERT_STRING_EQUAL(err_slug(e), tag);
	CU_ASSERT(err_kind(e) == (strcmp(tag, "tls-failed") == 0 ? ERR_NETWORK : ERR_CA_REFUSED));
	server_end(&s);
}

static void test_a_stranger_is_told_so(void)
{
	check_not_let_in("-Verify 1 -verify_return_error", "stranger", true, "login-refused");
	check_not_let_in("-Verify 1 -verify_return_error -tls1_2", "stranger", true,
			 "login-refused");
}

static void test_nobody_is_told_that_a_certificate_is_wanted(void)
{
	check_not_let_in("-Verify 1 -verify_return_error", NULL, true, "login-wanted");
	check_not_let_in("-Verify 1 -verify_return_error -tls1_2", NULL, true, "login-wanted");
}

static void test_a_key_without_pss_and_a_server_of_tls_1_3_alone(void)
{
	check_not_let_in("-Verify 1 -tls1_3", "staff", false, "tls-failed");
}

static void test_nobody_asks(void)
{
	struct server s;
	server_start(&s, "");
	AUTO(http) struct http *h = client_as(&s, "staff", true);
	AUTO_ANSWER struct http_answer a = { 0 };
	CHECK_OK(get(&s, h, &a));
	CU_ASSERT(!http_tls(h)->login_asked && !http_tls(h)->login_given);
	server_end(&s);
}

int main(void)
{
	dir = scratch_new();
	make_self_signed("server");
	make_self_signed("staff");
	make_self_signed("stranger");
	int rc = CHECK_MAIN(TEST(test_who_has_a_certificate_is_let_in),
			    TEST(test_a_key_without_pss_is_let_in_with_tls_1_2),
			    TEST(test_a_stranger_is_told_so),
			    TEST(test_nobody_is_told_that_a_certificate_is_wanted),
			    TEST(test_a_key_without_pss_and_a_server_of_tls_1_3_alone),
			    TEST(test_nobody_asks));
	scratch_free(dir);
	return rc;
}
