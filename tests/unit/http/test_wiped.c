// Credentials leave no copy behind: neither ours nor libcurl's.
#include "client.h"

#include <stdint.h>

#include <openssl/evp.h>

// What is looked for stands in the program only with every bit turned.
static bool is_there(const uint8_t *at, const uint8_t *turned, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((at[i] ^ turned[i]) != 0xff)
			return false;
	return true;
}

static unsigned count_in(int mem, uintptr_t from, uintptr_t to, const uint8_t *turned, size_t len)
{
	unsigned found = 0;
	static uint8_t block[65536 + 64];
	for (uintptr_t at = from; at < to; at += 65536) {
		ssize_t n = pread(mem, block, sizeof(block), (off_t)at);
		for (ssize_t i = 0; i < 65536 && i + (ssize_t)len <= n; i++)
			found += is_there(block + i, turned, len);
	}
	wipe(block, sizeof(block));
	return found;
}

// How often it stands in this process's heaps and other private memory, but not in what we look with.
static unsigned copies(const uint8_t *turned, size_t len)
{
	unsigned found = 0;
	char line[512];
	FILE *maps = fopen("/proc/self/maps", "r");
	int mem = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	while (maps && mem >= 0 && fgets(line, sizeof(line), maps)) {
		char *dash = NULL, *rest = NULL;
		uintptr_t from = strtoul(line, &dash, 16);
		uintptr_t to = *dash == '-' ? strtoul(dash + 1, &rest, 16) : from;
		bool heap = rest && strncmp(rest, " rw", 3) == 0 &&
			    (strstr(line, "[heap]") || !strchr(line, '/'));
		if (heap && to - from < (1UL << 30) && !strstr(line, "[stack]"))
			found += count_in(mem, from, to, turned, len);
	}
	if (maps)
		fclose(maps);
	close(mem);
	return found;
}

static void turn(uint8_t *to, const uint8_t *from, size_t len)
{
	for (size_t i = 0; i < len; i++)
		to[i] = (uint8_t)~from[i];
}

enum { PLAIN = 30, BASE64 = 40 };

struct looked_for {
	uint8_t plain[PLAIN], base64[BASE64]; // turned
};

// A password that no code holds, and how it looks in the header: behind "ab:", which is one group of base64.
static void make_password(struct secret **out, struct looked_for *l)
{
	uint8_t plain[PLAIN], base64[BASE64 + 1];
	for (size_t i = 0; i < sizeof(plain); i++)
		plain[i] = (uint8_t)('0' + i * 7 % 10);
	CHECK_OK(secret_from(plain, sizeof(plain), out));
	CU_ASSERT(EVP_EncodeBlock(base64, plain, PLAIN) == BASE64);
	turn(l->plain, plain, PLAIN);
	turn(l->base64, base64, BASE64);
	wipe(plain, sizeof(plain));
	wipe(base64, sizeof(base64));
}

static void test_no_copy_of_the_credentials_stays(void)
{
	AUTO(byteserver) struct byteserver *b = byteserver_start("on POST /x\n text ok\n", NULL);
	AUTO(http) struct http *h = client_open(b, "127.0.0.1", 5);
	struct looked_for l;
	struct secret *user = NULL, *password = NULL;
	CHECK_OK(secret_from("ab", 2, &user));
	make_password(&password, &l);
	CU_ASSERT(copies(l.plain, PLAIN) >= 1); // the search finds what is there
	char *control = malloc(64);
	CU_ASSERT_PTR_NOT_NULL_FATAL(control);
	for (size_t i = 0; i < BASE64; i++)
		control[i] = (char)~l.base64[i];
	CU_ASSERT(copies(l.base64, BASE64) == 1);
	wipe(control, 64);
	free(control);
	AUTO_ANSWER struct http_answer a = { 0 };
	CHECK_OK(client_do(b, h,
			   (struct client_call){ .method = "POST",
						 .path = "/x",
						 .body = "x",
						 .user = user,
						 .password = password },
			   &a, NULL));
	CU_ASSERT(a.status == 200 && byteserver_logged(b, "authorization=yes") == 1);
	CU_ASSERT(copies(l.base64, BASE64) == 0); // the connection still stands
	secret_free(user);
	secret_free(password);
	CU_ASSERT(copies(l.plain, PLAIN) == 0);
}

int main(void)
{
	return CHECK_MAIN(TEST(test_no_copy_of_the_credentials_stays));
}
