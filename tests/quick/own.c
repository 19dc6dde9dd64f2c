#include <dlfcn.h>
#include <stddef.h>

#include "own.h"

void *quick_own(const char *name)
{
	void *at = dlsym(RTLD_NEXT, name);
	void *crypto = at ? NULL : dlopen("libcrypto.so.3", RTLD_LAZY | RTLD_NOLOAD);
	return at ? at : crypto ? dlsym(crypto, name) : NULL;
}
