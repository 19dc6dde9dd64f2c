// Loading a module and starting it.
//
// p11_kit_module_load would do the first half, but it initialises p11-kit, keeps its own counts and prints; here is dlopen on the
// canonical path alone. A module is never unmapped: vendors' modules leave threads and exit handlers behind, and the worker ends soon.
#include "pkcs11/module.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "pkcs11/internal.h"

static struct err *no_module(const struct module_source *src, const char *why)
{
	struct err *e =
		err_new(ERR_PROFILE, N_("%1 is not a PKCS#11 module that can be loaded: %2"),
			ARG_TEXT(src->path), ARG_TEXT(why));
	e = err_hint(
		e,
		N_("Check the path of the module, and that it was made for this kind of machine."));
	return err_tag(e, "module-not-a-module");
}

static struct err *load_functions(const struct module_source *src, CK_FUNCTION_LIST **fn)
{
	void *library = dlopen(src->path, RTLD_NOW | RTLD_LOCAL);
	if (!library) {
		const char *why = dlerror();
		return no_module(src, why ? why : "dlopen");
	}
	CK_C_GetFunctionList get_list = NULL;
	void *symbol = dlsym(library, "C_GetFunctionList");
	if (!symbol) {
		struct err *e = no_module(src, "C_GetFunctionList");
		dlclose(library);
		return e;
	}
	memcpy(&get_list, &symbol, sizeof(symbol)); // C has no conversion from void * to a function
	CK_FUNCTION_LIST *list = NULL;
	CK_RV rv = get_list(&list);
	if (rv != CKR_OK)
		return module_err("C_GetFunctionList", rv, &(struct module){ .name = src->name });
	if (!list || list->version.major < 2 || !list->C_Initialize || !list->C_GetSlotList)
		return no_module(src, "C_GetFunctionList");
	*fn = list;
	return NULL;
}

static struct err *start_error(const struct module *m, CK_RV rv)
{
	struct err *e;
	if (rv == CKR_HOST_MEMORY) {
		// opencryptoki answers so when its daemon is down.
		e = err_new(ERR_TOKEN,
			    N_("The PKCS#11 module %1 could not start, perhaps because its daemon "
			       "does not run."),
			    ARG_TEXT(m->name));
		e = err_hint(e, N_("opencryptoki needs pkcsslotd: start it (\"systemctl start "
				   "pkcsslotd\") and run inkan again. "
				   "Other modules have a daemon of their own, or memory is out."));
	} else {
		e = err_new(ERR_TOKEN, N_("The PKCS#11 module %1 could not start."),
			    ARG_TEXT(m->name));
		e = err_hint(e, N_("Check that the module's own settings are right and that what "
				   "it needs (its daemon, pcscd) runs."));
	}
	return err_call(err_tag(e, "module-start"), "C_Initialize", ckr_name(rv), rv);
}

// Threads by the system's own locks; some modules refuse to be told, so they are asked without.
static CK_RV initialize(struct module *m)
{
	CK_C_INITIALIZE_ARGS args = { .flags = CKF_OS_LOCKING_OK, .pReserved = m->init_reserved };
	// NOLINTNEXTLINE(clang-analyzer-core.NullDereference): load_functions failed, or fn is set
	CK_RV rv = m->fn->C_Initialize(&args);
	if (rv != CKR_CANT_LOCK && rv != CKR_ARGUMENTS_BAD)
		return rv;
	args.flags = 0;
	return m->fn->C_Initialize(m->init_reserved ? &args : NULL);
}

static struct err *describe(struct module *m)
{
	CK_INFO info = { 0 };
	CK_RV rv = P11(m, C_GetInfo, &info);
	if (rv != CKR_OK)
		return module_err("C_GetInfo", rv, m);
	size_t n = sizeof(info.libraryDescription);
	while (n &&
	       (info.libraryDescription[n - 1] == ' ' || info.libraryDescription[n - 1] == '\0'))
		n--;
	AUTO_TEXT char *text = text_safe(info.libraryDescription, n, 128);
	if (!text)
		return err_no_memory();
	m->description = text_format("%s %u.%u", text, (unsigned)info.libraryVersion.major,
				     (unsigned)info.libraryVersion.minor);
	return m->description ? NULL : err_no_memory();
}

struct err *module_load(const struct module_source *src, struct module **out)
{
	AUTO(module) struct module *m = calloc(1, sizeof(*m));
	if (!m)
		return err_no_memory();
	m->name = text_copy(src->name);
	m->path = text_copy(src->path);
	m->init_reserved = text_copy(src->init_reserved);
	if (!m->name || !m->path || (src->init_reserved && !m->init_reserved))
		return err_no_memory();
	TRY(load_functions(src, &m->fn));
	CK_RV rv = initialize(m);
	if (rv != CKR_OK && rv != CKR_CRYPTOKI_ALREADY_INITIALIZED)
		return start_error(m, rv);
	m->finalise = rv == CKR_OK;
	TRY(describe(m));
	*out = m;
	m = NULL;
	return NULL;
}

static bool finalise_late;
static CK_FUNCTION_LIST *unfinalised;

void module_finalise_late(void)
{
	finalise_late = true;
}

void module_finalise_now(void)
{
	CK_FUNCTION_LIST *fn = unfinalised;
	unfinalised = NULL;
	if (fn)
		(void)fn->C_Finalize(NULL);
}

void module_unload(struct module *m)
{
	if (!m)
		return;
	if (m->finalise && finalise_late && !unfinalised)
		unfinalised = m->fn;
	else if (m->finalise)
		(void)P11(m, C_Finalize, NULL);
	free(m->name);
	free(m->path);
	free(m->description);
	free(m->init_reserved);
	free(m);
}

const char *module_path(const struct module *m)
{
	return m->path;
}

const char *module_name(const struct module *m)
{
	return m->name;
}

const char *module_description(const struct module *m)
{
	return m->description;
}
