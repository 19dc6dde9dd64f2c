// PKCS#11 modules: which may be loaded, and loading one.
//
// A module is code of somebody else: it is loaded only inside a worker process, only from p11-kit's configuration, from the files
// in /etc/inkan/modules.d (root-owned, one absolute path a line), or because a trusted profile names it.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/err.h"

// Where a module comes from. Found without loading anything.
struct module_source {
	char *name; // p11-kit's name ("softhsm2"), or the file's base name
	char *path; // canonical
	char *also; // its other names, each ended by a line feed: of other registrations, and the file's as it was written there; null: none
	char *init_reserved; // p11-kit's x-init-reserved (NSS); null: none
};
void module_source_free(struct module_source *s);

struct module_sources {
	struct module_source *list;
	size_t n;
	struct err *
		*faults; // what is wrong with registrations that were left out, for `inkan doctor`
	size_t n_faults;
};
// All that are registered with p11-kit (its system configuration; the user's too unless we are root) or allow-listed, without those
// that only hold trust (trust-policy) or are switched off for this program; duplicates by canonical path dropped; name order.
MUST struct err *module_sources_all(struct module_sources *out);
void module_sources_free(struct module_sources *s);
static inline void module_sources_cleanup(struct module_sources *s)
{
	module_sources_free(s);
}

// By name or by absolute path. The name is p11-kit's (with or without ".module"), or that of the module's file as it was registered or as it
// is, where one module alone has it. A path must be registered or allow-listed, or `from_profile` must be true (a trusted
// profile names it); the file and its directories must not be writable by others. ERR_PROFILE tagged "module-missing",
// "module-not-allowed", "module-untrusted-file".
MUST struct err *module_find(const char *name_or_path, bool from_profile,
			     struct module_source *out);

struct module;
// dlopen, C_GetFunctionList, C_Initialize (already initialised is success). What the module writes to stdout and stderr while
// loading goes where the worker sent them. ERR_PROFILE tagged "module-not-a-module" when it is none; ERR_TOKEN with the CKR otherwise.
MUST struct err *module_load(const struct module_source *s, struct module **out);
// For a process that lives for one job: from now on module_unload leaves C_Finalize to module_finalise_now.
void module_finalise_late(void);
void module_finalise_now(void);
void module_unload(struct module *m); // C_Finalize
DEFINE_CLEANUP(module, struct module, module_unload)
const char *module_path(const struct module *m);
const char *module_name(const struct module *m);
const char *module_description(
	const struct module *m); // library description and version, safe text
