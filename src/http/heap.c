// libcurl with a heap that is wiped as it is freed: what it copied of a request's header and body does not stay in memory.
#include "http/inside.h"

#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static void wiping_free(void *p)
{
	if (p)
		wipe(p, malloc_usable_size(p));
	free(p);
}

static void *wiping_realloc(void *p, size_t size)
{
	void *moved = malloc(size ? size : 1);
	if (!p || !moved)
		return moved;
	size_t had = malloc_usable_size(p);
	memcpy(moved, p, had < size ? had : size);
	wiping_free(p);
	return moved;
}

static pthread_once_t started = PTHREAD_ONCE_INIT;
static CURLcode start_code;

// A browser's debugging aid that libcurl knows, too: it would write the keys of the connection that carries the PINs to a file.
static void no_key_log(void)
{
	if (getenv("SSLKEYLOGFILE"))
		unsetenv("SSLKEYLOGFILE");
}

static void start(void)
{
	no_key_log();
	start_code = curl_global_init_mem(CURL_GLOBAL_ALL, malloc, wiping_free, wiping_realloc,
					  strdup, calloc);
}

static void *start_ahead(void *unused)
{
	(void)unused;
	err_ignore(heap_start()); // who needs it will say so
	return NULL;
}

static pthread_t ahead;
static bool is_ahead;

void http_ahead(void)
{
	// Here, not in the thread: meanwhile a maker's module reads the environment.
	no_key_log();
	is_ahead = is_ahead || pthread_create(&ahead, NULL, start_ahead, NULL) == 0;
}

void http_ahead_end(void)
{
	if (is_ahead)
		pthread_join(ahead, NULL);
	is_ahead = false;
}

struct err *heap_start(void)
{
	const curl_version_info_data *v = NULL;
	TRY(libcurl_load());
	if (pthread_once(&started, start) != 0 || start_code != CURLE_OK)
		return err_call(err_new(ERR_FAILED, N_("The network library cannot be started.")),
				"curl_global_init_mem", curl_easy_strerror(start_code), start_code);
	// verdict.c speaks with the TLS library behind libcurl.
	v = curl_version_info(CURLVERSION_NOW);
	if (!v->ssl_version || strncmp(v->ssl_version, "OpenSSL/", 8) != 0)
		return err_new(ERR_FAILED, N_("This libcurl is not built with OpenSSL."));
	return NULL;
}
