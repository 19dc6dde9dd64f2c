// The function list of the mock: every call is counted and logged, may fail, and goes on to the module behind (MOCK_MODULE).
#include "mock.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

static CK_FUNCTION_LIST next; // the changed token, and the real one behind it

#define CALL(name, parameters, arguments)                                                          \
	static CK_RV mock_##name parameters                                                        \
	{                                                                                          \
		struct visit v = { .call = #name };                                                \
		CK_RV rv = CKR_OK;                                                                 \
		if (faults_before(&v, &rv))                                                        \
			return rv;                                                                 \
		return faults_after(&v,                                                            \
				    next.name ? next.name arguments : CKR_FUNCTION_NOT_SUPPORTED); \
	}
#include "calls.def"
#undef CALL

#define CALL(name, parameters, arguments) .name = mock_##name,
static CK_FUNCTION_LIST list = {
	.version = { 2, 40 },
	.C_GetFunctionList = C_GetFunctionList,
#include "calls.def"
};

static CK_FUNCTION_LIST *load_real(void)
{
	const char *path = getenv("MOCK_MODULE");
	if (!path || !*path)
		path = "/usr/lib/softhsm/libsofthsm2.so";
	void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	void *symbol = library ? dlsym(library, "C_GetFunctionList") : NULL;
	CK_C_GetFunctionList get = NULL;
	CK_FUNCTION_LIST *real = NULL;
	memcpy(&get, &symbol, sizeof(symbol));
	return get && get(&real) == CKR_OK ? real : NULL;
}

__attribute__((visibility("default"))) CK_RV C_GetFunctionList(CK_FUNCTION_LIST **out)
{
	static CK_FUNCTION_LIST *real;
	struct visit v = { .call = "C_GetFunctionList" };
	CK_RV rv = CKR_OK;
	plan_read();
	faults_start();
	if (faults_before(&v, &rv))
		return rv;
	if (!real)
		real = load_real();
	if (!real)
		return faults_after(&v, CKR_LIBRARY_LOAD_FAILED);
	tamper_install(&next, real);
	if (plan.attest_dir[0])
		attest_install(&next);
	*out = &list;
	return faults_after(&v, CKR_OK);
}
