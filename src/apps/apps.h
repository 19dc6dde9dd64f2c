// The programs that a person uses the token with after the enrolment: browsers that keep their PKCS#11 modules in a database of NSS.
//
// What they get is p11-kit's proxy (one module that shows the tokens of all modules registered with p11-kit), not the token's own module: one
// entry serves every token of the machine, it stays right when the maker's module moves, and p11-kit lets several programs of one process
// share a module. The databases are written by modutil, NSS's own tool, in a process of its own: linked in, NSS would load the makers'
// modules here, and would be needed by everybody who never uses a browser.
//
// A database is never opened while its program runs (NSS would lose what one of the two writes); then only pkcs11.txt is read.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/err.h"

enum app_kind { APP_FIREFOX, APP_CHROMIUM };

struct app {
	enum app_kind kind;
	char *profile;	     // Firefox: the profile's name; Chromium: null
	char *dir;	     // of the database
	bool sandboxed;	     // a snap or flatpak: it sees no module of this machine
	bool running;	     // its lock is held
	char *module;	     // what the database calls the proxy; null: it is not in there
	bool token;	     // seen through the database; false while the program runs
	struct err *trouble; // why it could not be looked at, or set up
};
const char *app_name(enum app_kind k); // "firefox", "chromium"
const char *app_words(
	const struct app *a); // "Firefox"; for Chromium a message id that names its relatives
void app_free(struct app *a);

enum { APPS_MAX = 64 };
struct app_list {
	struct app list[APPS_MAX];
	size_t n;
};
void apps_free(struct app_list *l);
static inline void apps_cleanup(struct app_list *l)
{
	apps_free(l);
}
#define AUTO_APPS __attribute__((cleanup(apps_cleanup)))

// Firefox's profiles (~/.mozilla/firefox, and the well-known places of its snap and flatpak) and the database that Chromium and its relatives
// share. What nobody has started yet is not there.
MUST struct err *apps_find(struct app_list *out);
// Is it running, does its database name the proxy, and is the token (RFC 7512) seen through it? What fails is its `trouble`.
void app_look(struct app *a, const char *token_uri);
// Puts the proxy into the database, which is made where it is missing as the program itself would; `changed` gets the paths of the files, a
// line each, also of those that were made before it failed; null: none. ERR_FAILED tagged "application-running", "application-database", "tool-missing".
MUST struct err *app_set_up(const struct app *a, char **changed);
// Takes it out again, where inkan put it in; *changed is null when it did not.
MUST struct err *app_remove(const struct app *a, char **changed);

// The path of p11-kit's proxy.
const char *app_proxy(void);
