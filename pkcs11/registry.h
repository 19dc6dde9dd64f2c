// Where the modules of this machine are registered. Private to the room and its tests.
#pragma once

#include "base/attr.h"
#include "base/err.h"
#include "pkcs11/module.h"

struct registry_dirs {
	const char *package;	 // /usr/share/p11-kit/modules
	const char *system;	 // /etc/pkcs11/modules
	const char *system_conf; // /etc/pkcs11/pkcs11.conf
	const char *user;	 // ~/.config/pkcs11/modules; null: not looked at
	const char *user_conf;	 // ~/.config/pkcs11/pkcs11.conf; null: not looked at
	const char *relative;	 // where relative module paths are looked for
	const char *allowed;	 // /etc/inkan/modules.d
};

// The sources of these directories, as module_sources_all gives them. Nothing is loaded.
MUST struct err *registry_read(const struct registry_dirs *dirs, struct module_sources *out);
// As module_find, in these directories.
MUST struct err *registry_find(const struct registry_dirs *dirs, const char *name_or_path,
			       bool from_profile, struct module_source *out);

// Where whoever runs this registers a module: the user's directory, for root the system's. New string.
MUST struct err *registry_own_dir(char **out);
