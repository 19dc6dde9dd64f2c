// bench-clients URL CA-FILE CLIENTS SECONDS: that many clients, each with a connection that it keeps, enrol one after the other as fast as
// they are answered.
//
// Standard input has a line a client: user name, tab, password, tab, Common Name. Each makes its key and its request beforehand (an ordinary
// CA issues for the same request again). Prints "rate N" (certificates a second), "p50 MS", "p99 MS" and "handshakes N". The first round of
// each client, with the handshake, is not counted.
//
// bench-clients scrypt THREADS SECONDS: "scrypt N", the logins of administrators a second that scrypt alone would allow.
#include <curl/curl.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CLIENTS_MAX = 512, ANSWERS_MAX = 1 << 20 };

struct client {
	CURL *curl;
	char body[4096];
	int64_t began; // ns
	unsigned rounds;
};

static struct client clients[CLIENTS_MAX];
static int64_t took_us[ANSWERS_MAX];
static size_t n_took;
static long handshakes;

static void die(const char *what)
{
	fprintf(stderr, "bench-clients: %s\n", what);
	exit(1);
}

static int64_t now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static size_t drop(char *bytes, size_t one, size_t n, void *to)
{
	(void)bytes;
	(void)to;
	return one * n;
}

static void make_body(EVP_PKEY *key, const char *common_name, char *body)
{
	X509_REQ *request = X509_REQ_new();
	X509_NAME *name = X509_NAME_new();
	const char *const parts[][2] = { { "C", "JP" },
					 { "O", "Practice Shinkin Bank" },
					 { "CN", common_name } };
	for (size_t i = 0; i < 3; i++)
		X509_NAME_add_entry_by_txt(name, parts[i][0], MBSTRING_UTF8,
					   (const unsigned char *)parts[i][1], -1, -1, 0);
	X509_REQ_set_subject_name(request, name);
	X509_REQ_set_pubkey(request, key);
	unsigned char *der = NULL;
	if (X509_REQ_sign(request, key, EVP_sha256()) <= 0)
		die("a request cannot be signed");
	int len = i2d_X509_REQ(request, &der);
	int chars = EVP_EncodeBlock((unsigned char *)body, der, len);
	memcpy(body + chars, "\n", 2);
	OPENSSL_free(der);
	X509_NAME_free(name);
	X509_REQ_free(request);
}

static void open_client(struct client *c, const char *url, const char *ca_file, EVP_PKEY *key,
			struct curl_slist *headers)
{
	char line[512], *rest = line;
	if (!fgets(line, sizeof(line), stdin))
		die("too few lines on standard input");
	line[strcspn(line, "\n")] = '\0';
	const char *user = strsep(&rest, "\t"), *password = strsep(&rest, "\t");
	if (!rest)
		die("not USER, tab, PASSWORD, tab, NAME");
	make_body(key, rest, c->body);
	c->curl = curl_easy_init();
	curl_easy_setopt(c->curl, CURLOPT_URL, url);
	curl_easy_setopt(c->curl, CURLOPT_CAINFO, ca_file);
	curl_easy_setopt(c->curl, CURLOPT_USERNAME, user);
	curl_easy_setopt(c->curl, CURLOPT_PASSWORD, password);
	curl_easy_setopt(c->curl, CURLOPT_POSTFIELDS, c->body);
	curl_easy_setopt(c->curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(c->curl, CURLOPT_WRITEFUNCTION, drop);
	curl_easy_setopt(c->curl, CURLOPT_PROXY, "");
	curl_easy_setopt(c->curl, CURLOPT_PRIVATE, c);
}

static void send_off(CURLM *multi, struct client *c)
{
	c->began = now_ns();
	curl_multi_add_handle(multi, c->curl);
}

static void answered(struct client *c, CURLcode code)
{
	long status = 0, connects = 0;
	curl_easy_getinfo(c->curl, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(c->curl, CURLINFO_NUM_CONNECTS, &connects);
	if (code != CURLE_OK || status != 200) {
		fprintf(stderr, "bench-clients: %s, status %ld\n", curl_easy_strerror(code),
			status);
		exit(1);
	}
	handshakes += connects;
	if (c->rounds++ && n_took < ANSWERS_MAX)
		took_us[n_took++] = (now_ns() - c->began) / 1000;
}

static int by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

// Until the time is over; what is on its way then is not waited for. The milliseconds that it took.
static int64_t run(CURLM *multi, size_t n, int64_t seconds)
{
	int running = 0, left = 0;
	for (size_t i = 0; i < n; i++)
		send_off(multi, &clients[i]);
	int64_t began = 0;
	while (!began || now_ns() - began < seconds * 1000000000) {
		curl_multi_perform(multi, &running);
		for (CURLMsg *m; (m = curl_multi_info_read(multi, &left));) {
			void *which = NULL;
			curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &which);
			struct client *c = which;
			curl_multi_remove_handle(multi, m->easy_handle);
			answered(c, m->data.result);
			if (!began && n_took)
				began = now_ns();
			send_off(multi, c);
		}
		curl_multi_poll(multi, NULL, 0, 10, NULL);
	}
	return (now_ns() - began) / 1000000;
}

// In as many threads as there are cores: logins a second that scrypt alone would allow.
static void *hash(void *seconds)
{
	static const char salt[16];
	unsigned char out[32];
	int64_t until = now_ns() + *(int64_t *)seconds * 1000000000;
	uintptr_t n = 0;
	for (; now_ns() < until; n++)
		// An administrator's two PINs, as the practice CA keeps them.
		for (int i = 0; i < 2; i++)
			if (EVP_PBE_scrypt("123456", 6, (const unsigned char *)salt, sizeof(salt),
					   1 << 13, 8, 1, 64 << 20, out, sizeof(out)) != 1)
				die("no scrypt");
	return (void *)n;
}

static int scrypt_alone(size_t threads, int64_t seconds)
{
	pthread_t thread[16];
	uintptr_t all = 0;
	if (threads == 0 || threads > 16)
		die("scrypt THREADS SECONDS");
	for (size_t i = 0; i < threads; i++)
		if (pthread_create(&thread[i], NULL, hash, &seconds) != 0)
			die("no thread");
	for (size_t i = 0; i < threads; i++) {
		void *n = NULL;
		pthread_join(thread[i], &n);
		all += (uintptr_t)n;
	}
	printf("scrypt %.1f\n", (double)all / (double)seconds);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], "scrypt") == 0)
		return scrypt_alone(strtoul(argv[2], NULL, 10), strtol(argv[3], NULL, 10));
	size_t n = argc == 5 ? strtoul(argv[3], NULL, 10) : 0;
	if (n == 0 || n > CLIENTS_MAX)
		die("URL CA-FILE CLIENTS SECONDS");
	curl_global_init(CURL_GLOBAL_ALL);
	EVP_PKEY *key = EVP_RSA_gen(2048);
	struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/pkcs10");
	headers = curl_slist_append(headers, "Expect:");
	for (size_t i = 0; i < n; i++)
		open_client(&clients[i], argv[1], argv[2], key, headers);
	CURLM *multi = curl_multi_init();
	curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)n * 2);
	int64_t ms = run(multi, n, strtol(argv[4], NULL, 10));
	if (n_took == 0)
		die("nothing was answered");
	qsort(took_us, n_took, sizeof(took_us[0]), by_size);
	printf("rate %.1f\np50 %" PRId64 "\np99 %" PRId64 "\nhandshakes %ld\n",
	       (double)n_took * 1000 / (double)ms, took_us[n_took / 2] / 1000,
	       took_us[n_took * 99 / 100] / 1000, handshakes);
	return 0;
}
