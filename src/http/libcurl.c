// libcurl, loaded when it is first used.
//
// It brings some thirty libraries along, which take longer to link than all else that a process of inkan does before its first line, and
// most processes (the terminal's own, those that list tokens) never speak HTTP. The functions below bear libcurl's names, so that
// the room reads as if it were linked, and libcurl's own checks of option types hold.
#include <dlfcn.h>
#include <pthread.h>
#include <stdarg.h>
#include <string.h>

#include "http/inside.h"

#define LIBRARY "libcurl.so.4"

#define FUNCTIONS(X)                                                                               \
	X(curl_easy_cleanup)                                                                       \
	X(curl_easy_getinfo)                                                                       \
	X(curl_easy_init)                                                                          \
	X(curl_easy_reset)                                                                         \
	X(curl_easy_setopt)                                                                        \
	X(curl_easy_strerror)                                                                      \
	X(curl_free)                                                                               \
	X(curl_getdate)                                                                            \
	X(curl_global_init_mem)                                                                    \
	X(curl_multi_add_handle)                                                                   \
	X(curl_multi_cleanup)                                                                      \
	X(curl_multi_info_read)                                                                    \
	X(curl_multi_init)                                                                         \
	X(curl_multi_perform)                                                                      \
	X(curl_multi_poll)                                                                         \
	X(curl_multi_remove_handle)                                                                \
	X(curl_multi_setopt)                                                                       \
	X(curl_slist_append)                                                                       \
	X(curl_slist_free_all)                                                                     \
	X(curl_url)                                                                                \
	X(curl_url_cleanup)                                                                        \
	X(curl_url_get)                                                                            \
	X(curl_url_set)                                                                            \
	X(curl_url_strerror)                                                                       \
	X(curl_version_info)

// NOLINTNEXTLINE(bugprone-macro-parentheses): it is declared, not computed
#define FIELD(name) __typeof__(name) *name;
static struct {
	FUNCTIONS(FIELD)
} lib;
#undef FIELD

static pthread_once_t once = PTHREAD_ONCE_INIT;
static char why_not[160]; // empty: it is there

static void remember(const char *words)
{
	strncpy(why_not, words ? words : LIBRARY, sizeof(why_not) - 1);
}

// C has no conversion from void * to a function.
static void find(void *library, const char *name, void *function, size_t size)
{
	void *symbol = dlsym(library, name);
	if (symbol)
		memcpy(function, &symbol, size);
	else
		remember(dlerror());
}

static void load(void)
{
	void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	if (!library) {
		remember(dlerror());
		return;
	}
#define FIND(name) find(library, #name, &lib.name, sizeof(lib.name));
	FUNCTIONS(FIND)
#undef FIND
}

static bool there(void)
{
	return pthread_once(&once, load) == 0 && !why_not[0];
}

struct err *libcurl_load(void)
{
	if (there())
		return NULL;
	return err_hint(err_tag(err_new(ERR_FAILED, N_("The network library cannot be loaded: %1"),
					ARG_TEXT(why_not)),
				"network-library"),
			N_("Install libcurl (on Debian the package libcurl4), then try again."));
}

// NOLINTBEGIN(readability-inconsistent-declaration-parameter-name): curl.h's names are not the same in its own releases

// What gives a handle gives none while the library is not there; the rest is not reached without one.

CURL *curl_easy_init(void)
{
	return there() ? lib.curl_easy_init() : NULL;
}

CURLM *curl_multi_init(void)
{
	return there() ? lib.curl_multi_init() : NULL;
}

CURLU *curl_url(void)
{
	return there() ? lib.curl_url() : NULL;
}

struct curl_slist *curl_slist_append(struct curl_slist *list, const char *line)
{
	return there() ? lib.curl_slist_append(list, line) : NULL;
}

CURLcode curl_global_init_mem(long flags, curl_malloc_callback m, curl_free_callback f,
			      curl_realloc_callback r, curl_strdup_callback s,
			      curl_calloc_callback c)
{
	return there() ? lib.curl_global_init_mem(flags, m, f, r, s, c) : CURLE_FAILED_INIT;
}

const char *curl_easy_strerror(CURLcode code)
{
	return there() ? lib.curl_easy_strerror(code) : "";
}

void curl_easy_cleanup(CURL *easy)
{
	if (easy)
		lib.curl_easy_cleanup(easy);
}

CURLMcode curl_multi_cleanup(CURLM *multi)
{
	return multi ? lib.curl_multi_cleanup(multi) : CURLM_OK;
}

void curl_slist_free_all(struct curl_slist *list)
{
	if (list)
		lib.curl_slist_free_all(list);
}

void curl_url_cleanup(CURLU *url)
{
	if (url)
		lib.curl_url_cleanup(url);
}

void curl_free(void *p)
{
	if (p)
		lib.curl_free(p);
}

void curl_easy_reset(CURL *easy)
{
	lib.curl_easy_reset(easy);
}

// An option's number tells the type of its value (curl.h, CURLOPTTYPE_…).
#undef curl_easy_setopt
CURLcode curl_easy_setopt(CURL *easy, CURLoption option, ...)
{
	va_list args;
	CURLcode code;
	va_start(args, option);
	if (option < CURLOPTTYPE_OBJECTPOINT)
		code = lib.curl_easy_setopt(easy, option, va_arg(args, long));
	else if (option >= CURLOPTTYPE_OFF_T && option < CURLOPTTYPE_BLOB)
		code = lib.curl_easy_setopt(easy, option, va_arg(args, curl_off_t));
	else
		code = lib.curl_easy_setopt(easy, option, va_arg(args, void *));
	va_end(args);
	return code;
}

// All that can be asked for is written through a pointer.
#undef curl_easy_getinfo
CURLcode curl_easy_getinfo(CURL *easy, CURLINFO info, ...)
{
	va_list args;
	va_start(args, info);
	CURLcode code = lib.curl_easy_getinfo(easy, info, va_arg(args, void *));
	va_end(args);
	return code;
}

#undef curl_multi_setopt
CURLMcode curl_multi_setopt(CURLM *multi, CURLMoption option, ...)
{
	va_list args;
	CURLMcode code;
	va_start(args, option);
	if ((int)option < CURLOPTTYPE_OBJECTPOINT)
		code = lib.curl_multi_setopt(multi, option, va_arg(args, long));
	else
		code = lib.curl_multi_setopt(multi, option, va_arg(args, void *));
	va_end(args);
	return code;
}

CURLMcode curl_multi_add_handle(CURLM *multi, CURL *easy)
{
	return lib.curl_multi_add_handle(multi, easy);
}

CURLMcode curl_multi_remove_handle(CURLM *multi, CURL *easy)
{
	return lib.curl_multi_remove_handle(multi, easy);
}

CURLMcode curl_multi_perform(CURLM *multi, int *running)
{
	return lib.curl_multi_perform(multi, running);
}

CURLMcode curl_multi_poll(CURLM *multi, struct curl_waitfd fds[], unsigned n, int ms, int *ready)
{
	return lib.curl_multi_poll(multi, fds, n, ms, ready);
}

CURLMsg *curl_multi_info_read(CURLM *multi, int *left)
{
	return lib.curl_multi_info_read(multi, left);
}

CURLUcode curl_url_get(CURLU *url, CURLUPart part, char **text, unsigned flags)
{
	return lib.curl_url_get(url, part, text, flags);
}

CURLUcode curl_url_set(CURLU *url, CURLUPart part, const char *text, unsigned flags)
{
	return lib.curl_url_set(url, part, text, flags);
}

const char *curl_url_strerror(CURLUcode code)
{
	return lib.curl_url_strerror(code);
}

time_t curl_getdate(const char *text, const time_t *unused)
{
	return lib.curl_getdate(text, unused);
}

curl_version_info_data *curl_version_info(CURLversion version)
{
	return lib.curl_version_info(version);
}

// NOLINTEND(readability-inconsistent-declaration-parameter-name)
