// SoftHSM for one test: its own configuration and token directory below a temporary one, removed again at the end.
//
//	struct softhsm h; softhsm_begin(&h); softhsm_token(&h, "alpha"); … module_load(&h.source, …) … softhsm_end(&h);
//
// softhsm_mock puts the mock module (tests/mock) in front, with a plan. SoftHSM reads its configuration in
// C_Initialize and the mock its plan in C_GetFunctionList, so both count from the next module_load on.
#pragma once

#include <ftw.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "check.h"
#include "pkcs11/module.h"
#include "pkcs11/session.h"
#include "pkcs11/slot.h"

#define SOFTHSM_PIN    "1234"
#define SOFTHSM_SO_PIN "87654321"

struct softhsm {
	char dir[64];
	char plan[96], log[96];
	char path[128];
	struct module_source source;
};

static inline void softhsm_write(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");
	CU_ASSERT_FATAL(f != NULL);
	fputs(text, f);
	fclose(f);
}

// Runs a program and waits; its words go nowhere unless it fails.
static inline int softhsm_run(char *const argv[])
{
	posix_spawn_file_actions_t quiet;
	posix_spawn_file_actions_init(&quiet);
	posix_spawn_file_actions_addopen(&quiet, STDOUT_FILENO, "/dev/null", 1 /* O_WRONLY */, 0);
	pid_t pid = 0;
	int status = -1;
	if (posix_spawnp(&pid, argv[0], &quiet, NULL, argv, environ) == 0)
		waitpid(pid, &status, 0);
	posix_spawn_file_actions_destroy(&quiet);
	return status;
}

static inline void softhsm_begin(struct softhsm *h)
{
	char text[256], path[96];
	memset(h, 0, sizeof(*h));
	snprintf(h->dir, sizeof(h->dir), "/tmp/inkan-test-XXXXXX");
	CU_ASSERT_FATAL(mkdtemp(h->dir) != NULL);
	snprintf(path, sizeof(path), "%s/tokens", h->dir);
	mkdir(path, 0700);
	snprintf(text, sizeof(text),
		 "directories.tokendir = %s/tokens\nobjectstore.backend = file\nlog.level = ERROR\n"
		 "slots.removable = false\n",
		 h->dir);
	snprintf(path, sizeof(path), "%s/softhsm2.conf", h->dir);
	softhsm_write(path, text);
	setenv("SOFTHSM2_CONF", path, 1);
	unsetenv("MOCK_PLAN");
	unsetenv("MOCK_LOG");
	unsetenv("MOCK_MODULE");
	snprintf(h->path, sizeof(h->path), "/usr/lib/softhsm/libsofthsm2.so");
	static char name[] = "softhsm2";
	h->source = (struct module_source){ .name = name, .path = h->path };
}

static inline void softhsm_token(const struct softhsm *h, const char *label)
{
	(void)h;
	char copy[64];
	snprintf(copy, sizeof(copy), "%s", label);
	char *argv[] = { (char[]){ "softhsm2-util" },
			 (char[]){ "--init-token" },
			 (char[]){ "--free" },
			 (char[]){ "--label" },
			 copy,
			 (char[]){ "--pin" },
			 (char[]){ SOFTHSM_PIN },
			 (char[]){ "--so-pin" },
			 (char[]){ SOFTHSM_SO_PIN },
			 NULL };
	CU_ASSERT_FATAL(softhsm_run(argv) == 0);
}

#ifdef INKAN_MOCK_MODULE
// The mock in front of SoftHSM from the next load on. `plan` is its text (tests/mock/README.md).
static inline void softhsm_mock(struct softhsm *h, const char *plan)
{
	static char name[] = "mock";
	snprintf(h->plan, sizeof(h->plan), "%s/plan", h->dir);
	snprintf(h->log, sizeof(h->log), "%s/log", h->dir);
	softhsm_write(h->plan, plan);
	unlink(h->log);
	setenv("MOCK_PLAN", h->plan, 1);
	setenv("MOCK_LOG", h->log, 1);
	setenv("MOCK_MODULE", "/usr/lib/softhsm/libsofthsm2.so", 1);
	snprintf(h->path, sizeof(h->path), "%s", INKAN_MOCK_MODULE);
	h->source.name = name;
}

#endif

// How many lines of the mock's log hold the text.
static inline unsigned softhsm_logged(const struct softhsm *h, const char *text)
{
	char line[256];
	unsigned n = 0;
	FILE *f = fopen(h->log, "re");
	while (f && fgets(line, sizeof(line), f))
		n += strstr(line, text) != NULL;
	if (f)
		fclose(f);
	return n;
}

static inline int softhsm_remove_one(const char *path, const struct stat *st, int flag,
				     struct FTW *w)
{
	(void)st;
	(void)flag;
	(void)w;
	return remove(path);
}

static inline void softhsm_remove(const char *path)
{
	nftw(path, softhsm_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static inline void softhsm_end(struct softhsm *h)
{
	softhsm_remove(h->dir);
	unsetenv("SOFTHSM2_CONF");
}

// The token with this label, from a fresh list.
static inline bool softhsm_find(struct module *m, const char *label, struct token_info *out)
{
	struct token_list all = { 0 };
	bool found = false;
	CHECK_OK(slot_tokens(m, &all));
	for (size_t i = 0; i < all.n && !found; i++)
		if (strcmp(all.list[i].label, label) == 0) {
			*out = all.list[i];
			found = true;
		}
	token_list_free(&all);
	return found;
}

static inline struct secret *softhsm_pin(const char *text)
{
	struct secret *pin = NULL;
	CHECK_OK(secret_from(text, strlen(text), &pin));
	return pin;
}

// A module with a logged-in session on a token that was made for it.
struct softhsm_open {
	struct module *module;
	struct session *session;
};
static inline bool softhsm_login(const struct softhsm *h, const char *label,
				 struct softhsm_open *out)
{
	struct token_info t;
	struct secret *pin = softhsm_pin(SOFTHSM_PIN);
	*out = (struct softhsm_open){ 0 };
	struct err *e = module_load(&h->source, &out->module);
	bool found = !e && softhsm_find(out->module, label, &t);
	if (found)
		e = session_open(out->module, &t, true, &out->session);
	if (found && !e)
		e = session_login(out->session, pin, false);
	secret_free(pin);
	bool fine = check_no_err(e, "softhsm_login", __FILE__, __LINE__) && found;
	CU_ASSERT(fine);
	return fine;
}

static inline void softhsm_logout(struct softhsm_open *o)
{
	session_close(o->session);
	module_unload(o->module);
	*o = (struct softhsm_open){ 0 };
}
