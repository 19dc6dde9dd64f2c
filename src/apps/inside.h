// What the files of the room share. Private to the room and its tests.
#pragma once

#include "apps/apps.h"

// The profiles below a directory like ~/.mozilla/firefox are added to the list.
MUST struct err *firefox_profiles(const char *dir, bool sandboxed, struct app_list *out);

// The program that uses this database runs now.
bool app_is_running(const struct app *a);
// Keeps Firefox from starting while its database is written: its own lock, held until the descriptor is closed. -1: nothing to hold.
MUST struct err *app_hold(const struct app *a, int *fd);

// What pkcs11.txt in this directory calls the module with this library; *name is null when it is not in there, or there is no such file.
MUST struct err *nss_module_name(const char *dir, const char *library, char **name);
// The token of an RFC 7512 URI is named in what `modutil -list` printed.
bool nss_shows_token(const char *listing, const char *uri);
