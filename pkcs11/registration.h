// Registering a module with p11-kit, so that its tokens show in every program that uses p11-kit or its proxy.
#pragma once

#include "base/attr.h"
#include "base/err.h"

// Writes a .module file for the module with this canonical path: in ~/.config/pkcs11/modules (XDG_CONFIG_HOME), for root, whose own directory
// p11-kit does not read, in the system's. *file gets its path; null when it is there already. ERR_FAILED tagged "module-registration".
MUST struct err *module_register(const char *path, char **file);
// Removes the file that module_register wrote for the module; *file is null when there is none.
MUST struct err *module_unregister(const char *path, char **file);
