// The one module that a name or a path means, among those that are registered.
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/proc.h"
#include "pkcs11/registry.h"

enum { NAMES_MAX = 4096 };

static struct err *source_copy(const struct module_source *s, struct module_source *out)
{
	struct module_source c = { .name = text_copy(s->name),
				   .path = text_copy(s->path),
				   .init_reserved = text_copy(s->init_reserved) };
	if (!c.name || !c.path || (s->init_reserved && !c.init_reserved)) {
		module_source_free(&c);
		return err_no_memory();
	}
	*out = c;
	return NULL;
}

static struct err *module_missing(const char *name)
{
	struct err *e = err_new(ERR_PROFILE, N_("There is no PKCS#11 module %1."), ARG_TEXT(name));
	e = err_hint(e, N_("Install the module, or correct its name or path in the profile. "
			   "\"p11-kit list-modules\" shows those "
			   "that are installed."));
	return err_tag(e, "module-missing");
}

static struct err *name_missing(const struct module_sources *all, const char *name)
{
	AUTO_BUF struct buf names = BUF(NAMES_MAX);
	struct err *e = module_missing(name);
	for (size_t i = 0; i < all->n; i++)
		err_ignore(buf_printf(&names, "%s%s", i ? ", " : "", all->list[i].name));
	if (!names.data)
		return e;
	return err_hint(e,
			N_("The modules that can be named are: %1. Give one of these names, or "
			   "the whole path of the module's file; \"p11-kit list-modules\" shows "
			   "more of them."),
			ARG_TEXT((const char *)names.data));
}

// `typed`: what stands in the list may be a link, so that an update of the module does not take it off.
static struct err *not_allowed(const char *path, const char *typed)
{
	struct err *e = err_new(ERR_PROFILE,
				N_("The PKCS#11 module %1 is not on the list of allowed modules."),
				ARG_TEXT(path));
	e = err_hint(e,
		     N_("If you trust it, have an administrator write this line into the file "
			"/etc/inkan/modules.d/allowed (made anew where there is none): %1"),
		     ARG_TEXT(typed));
	return err_tag(e, "module-not-allowed");
}

// A path is taken when it is registered, allow-listed or named by a trusted profile.
static struct err *find_path(const struct module_sources *all, const char *path, bool from_profile,
			     struct module_source *out)
{
	AUTO_TEXT char *real = NULL;
	if (access(path, F_OK) != 0)
		return module_missing(path);
	struct err *bad = proc_trusted_file(path, &real);
	if (bad)
		return err_tag(bad, "module-untrusted-file");
	for (size_t i = 0; i < all->n; i++)
		if (strcmp(all->list[i].path, real) == 0)
			return source_copy(&all->list[i], out);
	if (!from_profile)
		return not_allowed(real, path);
	const char *slash = strrchr(real, '/');
	AUTO_TEXT char *name = text_copy(slash ? slash + 1 : real);
	struct module_source s = { .name = name, .path = real };
	return name ? source_copy(&s, out) : err_no_memory();
}

// "alpha.module" is alpha.
static bool is_name(const char *registered, size_t n, const char *name)
{
	return strncmp(registered, name, n) == 0 &&
	       (name[n] == '\0' || strcmp(name + n, ".module") == 0);
}

static bool is_also(const struct module_source *s, const char *name)
{
	const char *slash = strrchr(s->path, '/');
	if (slash && strcmp(slash + 1, name) == 0)
		return true;
	for (const char *p = s->also; p && *p; p = strchr(p, '\n') + 1)
		if (is_name(p, strcspn(p, "\n"), name))
			return true;
	return false;
}

// Null: none has that name, or more than one have it as their second.
static const struct module_source *find_name(const struct module_sources *all, const char *name)
{
	const struct module_source *found = NULL;
	size_t n = 0;
	for (size_t i = 0; i < all->n; i++)
		if (is_name(all->list[i].name, strlen(all->list[i].name), name))
			return &all->list[i];
	for (size_t i = 0; i < all->n; i++)
		if (is_also(&all->list[i], name)) {
			found = &all->list[i];
			n++;
		}
	return n == 1 ? found : NULL;
}

struct err *registry_find(const struct registry_dirs *dirs, const char *name_or_path,
			  bool from_profile, struct module_source *out)
{
	struct module_sources all __attribute__((cleanup(module_sources_cleanup))) = { 0 };
	TRY(registry_read(dirs, &all));
	if (name_or_path[0] == '/')
		return find_path(&all, name_or_path, from_profile, out);
	const struct module_source *s = find_name(&all, name_or_path);
	return s ? source_copy(s, out) : name_missing(&all, name_or_path);
}
