// bench-keytime.so: a PKCS#11 module that hands everything on to BENCH_MODULE and writes down how long each C_GenerateKeyPair took.
//
// Making an RSA key takes between 30 ms and a second, by luck. Whoever compares programs that make one takes its time out: this module
// appends the nanoseconds to the file BENCH_KEYTIME, and those of each C_Sign to BENCH_SIGNTIME. With BENCH_KEY_MS it is a slow card: so
// many milliseconds go by before its key is made.
#include <p11-kit/pkcs11.h>

#include <dlfcn.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static CK_FUNCTION_LIST *real;
static CK_FUNCTION_LIST ours;

static int64_t now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void note(const char *variable, int64_t began)
{
	int64_t took = now_ns() - began;
	const char *path = getenv(variable);
	int fd = path ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
	if (fd >= 0) {
		dprintf(fd, "%" PRId64 "\n", took);
		close(fd);
	}
}

static void be_slow(void)
{
	const char *ms = getenv("BENCH_KEY_MS");
	long n = ms ? strtol(ms, NULL, 10) : 0;
	struct timespec t = { .tv_sec = n / 1000, .tv_nsec = n % 1000 * 1000000 };
	nanosleep(&t, NULL);
}

static CK_RV generate(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_ATTRIBUTE *pub,
		      CK_ULONG n_pub, CK_ATTRIBUTE *priv, CK_ULONG n_priv,
		      CK_OBJECT_HANDLE *public_key, CK_OBJECT_HANDLE *private_key)
{
	int64_t began = now_ns();
	be_slow();
	CK_RV rv = real->C_GenerateKeyPair(session, mechanism, pub, n_pub, priv, n_priv, public_key,
					   private_key);
	note("BENCH_KEYTIME", began);
	return rv;
}

static CK_RV sign(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG len, CK_BYTE *signature,
		  CK_ULONG *signature_len)
{
	int64_t began = now_ns();
	CK_RV rv = real->C_Sign(session, data, len, signature, signature_len);
	if (signature) // else its length alone is asked
		note("BENCH_SIGNTIME", began);
	return rv;
}

__attribute__((visibility("default"))) CK_RV C_GetFunctionList(CK_FUNCTION_LIST **list)
{
	const char *path = getenv("BENCH_MODULE");
	void *library = path ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;
	void *symbol = library ? dlsym(library, "C_GetFunctionList") : NULL;
	CK_C_GetFunctionList get = NULL;
	if (!symbol)
		return CKR_GENERAL_ERROR;
	memcpy(&get, &symbol, sizeof(symbol));
	CK_RV rv = get(&real);
	if (rv != CKR_OK)
		return rv;
	ours = *real;
	ours.C_GenerateKeyPair = generate;
	ours.C_Sign = sign;
	*list = &ours;
	return CKR_OK;
}
