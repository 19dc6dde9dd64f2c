// The modules of this machine: p11-kit's .module files (pkcs11.conf(5)) and the paths in /etc/inkan/modules.d.
//
// p11-kit's own functions load every module to list them; a module is code of somebody else, so here only files are read.
#include "pkcs11/registry.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/proc.h"

enum { CONF_MAX = 65536, SOURCES_MAX = 256, FILES_MAX = 1024 };

// One .module file, after the system's and the user's halves are merged.
struct conf {
	char *name;
	char *module, *enable_in, *disable_in, *init_reserved, *trust_policy;
	bool unreadable; // a file of it: that was told
};

struct conf_list {
	struct conf list[SOURCES_MAX];
	size_t n;
};

static void conf_list_free(struct conf_list *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->n; i++) {
		struct conf *c = &l->list[i];
		free(c->name);
		free(c->module);
		free(c->enable_in);
		free(c->disable_in);
		free(c->init_reserved);
		free(c->trust_policy);
	}
	free(l);
}
DEFINE_CLEANUP(conf_list, struct conf_list, conf_list_free)

void module_source_free(struct module_source *s)
{
	if (!s)
		return;
	free(s->name);
	free(s->path);
	free(s->also);
	free(s->init_reserved);
	*s = (struct module_source){ 0 };
}

void module_sources_free(struct module_sources *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n; i++)
		module_source_free(&s->list[i]);
	free(s->list);
	for (size_t i = 0; i < s->n_faults; i++)
		err_free(s->faults[i]);
	free(s->faults);
	*s = (struct module_sources){ 0 };
}

static char *trim(char *s)
{
	while (*s && strchr(" \t\r", *s))
		s++;
	size_t n = strlen(s);
	while (n && strchr(" \t\r", s[n - 1]))
		s[--n] = '\0';
	return s;
}

// The field of a key, or null for those that are p11-kit's own business.
static char **conf_field(struct conf *c, const char *key)
{
	const struct {
		const char *key;
		char **field;
	} known[] = {
		{ "module", &c->module },
		{ "enable-in", &c->enable_in },
		{ "disable-in", &c->disable_in },
		{ "x-init-reserved", &c->init_reserved },
		{ "trust-policy", &c->trust_policy },
	};
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (strcmp(known[i].key, key) == 0)
			return known[i].field;
	return NULL;
}

// Calls `each` for every "key: value" line of a file.
static struct err *conf_lines(const char *path,
			      struct err *(*each)(void *, const char *, const char *), void *ctx)
{
	AUTO_BUF struct buf text = BUF(CONF_MAX);
	TRY(buf_read_file(path, CONF_MAX, &text));
	char *next = (char *)text.data;
	while (next && *next) {
		char *line = next;
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		line = trim(line);
		char *colon = strchr(line, ':');
		if (*line == '#' || !colon)
			continue;
		*colon = '\0';
		TRY(each(ctx, trim(line), trim(colon + 1)));
	}
	return NULL;
}

static struct err *take_line(void *ctx, const char *key, const char *value)
{
	char **field = conf_field(ctx, key);
	if (!field)
		return NULL;
	char *copy = text_copy(value);
	if (!copy)
		return err_no_memory();
	free(*field);
	*field = copy;
	return NULL;
}

static struct conf *conf_named(struct conf_list *l, const char *name, size_t len)
{
	for (size_t i = 0; i < l->n; i++)
		if (strlen(l->list[i].name) == len && strncmp(l->list[i].name, name, len) == 0)
			return &l->list[i];
	if (l->n == SOURCES_MAX)
		return NULL;
	struct conf *c = &l->list[l->n];
	c->name = strndup(name, len);
	if (!c->name)
		return NULL;
	l->n++;
	return c;
}

// Takes the error: the registration is left out, which must not keep the others from being used.
static void sources_fault(struct module_sources *l, struct err *bad)
{
	log_err(LOG_INFO, "pkcs11", bad);
	struct err **grown = l->n_faults < SOURCES_MAX
				     ? reallocarray(l->faults, l->n_faults + 1, sizeof(*grown))
				     : NULL;
	if (!grown) {
		err_free(bad);
		return;
	}
	l->faults = grown;
	grown[l->n_faults++] = bad;
}

static struct err *conf_broken(const char *path, struct err *cause)
{
	struct err *e = err_new(ERR_PROFILE, N_("The p11-kit configuration %1 cannot be read."),
				ARG_TEXT(path));
	e = err_hint(
		err_tag(e, "module-config"),
		N_("Correct the file or remove it; \"p11-kit list-modules\" shows what is read."));
	return err_caused_by(e, cause);
}

static struct err *conf_without_module(const char *name)
{
	struct err *e =
		err_new(ERR_PROFILE, N_("The p11-kit configuration %1.module names no module."),
			ARG_TEXT(name));
	return err_hint(
		err_tag(e, "module-config"),
		N_("Correct the file or remove it; \"p11-kit list-modules\" shows what is read."));
}

static struct err *registered_missing(const char *path)
{
	struct err *e =
		err_new(ERR_PROFILE, N_("The PKCS#11 module %1 is registered, but not there."),
			ARG_TEXT(path));
	return err_hint(err_tag(e, "module-missing"),
			N_("Install the package that it belongs to, or remove its registration."));
}

// Reads the .module files of a directory over what is in the list already: a later directory's keys win.
static struct err *conf_dir(const char *dir, struct conf_list *l, struct module_sources *out)
{
	DIR *d = dir ? opendir(dir) : NULL;
	if (!d)
		return NULL; // p11-kit takes a missing directory for an empty one too
	struct err *e = NULL;
	size_t seen = 0;
	for (struct dirent *entry; !e && seen < FILES_MAX && (entry = readdir(d)); seen++) {
		static const char ending[] = ".module";
		size_t len = strlen(entry->d_name);
		if (len < sizeof(ending) ||
		    strcmp(entry->d_name + len - (sizeof(ending) - 1), ending) != 0)
			continue;
		struct conf *c = conf_named(l, entry->d_name, len - (sizeof(ending) - 1));
		AUTO_TEXT char *path = text_format("%s/%s", dir, entry->d_name);
		if (!c || !path) {
			e = err_no_memory();
			break;
		}
		struct err *bad = conf_lines(path, take_line, c);
		if (bad) {
			c->unreadable = true;
			sources_fault(out, conf_broken(path, bad));
		}
	}
	closedir(d);
	return e;
}

enum user_mode { USER_NONE, USER_MERGE, USER_ONLY };

static struct err *take_user_mode(void *ctx, const char *key, const char *value)
{
	enum user_mode *mode = ctx;
	if (strcmp(key, "user-config") != 0)
		return NULL;
	if (strcmp(value, "none") == 0)
		*mode = USER_NONE;
	else if (strcmp(value, "merge") == 0)
		*mode = USER_MERGE;
	else if (strcmp(value, "only") == 0 || strcmp(value, "override") == 0)
		*mode = USER_ONLY;
	return NULL;
}

// pkcs11.conf's user-config: the system's word decides whether the user's file is asked.
static enum user_mode user_mode(const struct registry_dirs *dirs)
{
	enum user_mode mode = USER_MERGE;
	err_ignore(conf_lines(dirs->system_conf, take_user_mode, &mode));
	if (!dirs->user)
		return USER_NONE;
	if (mode != USER_NONE && dirs->user_conf)
		err_ignore(conf_lines(dirs->user_conf, take_user_mode, &mode));
	return mode;
}

static bool names_us(const char *programs)
{
	for (const char *p = programs; *p;) {
		size_t skip = strspn(p, " \t,"), n = strcspn(p + skip, " \t,");
		if (n == 5 && strncmp(p + skip, "inkan", 5) == 0)
			return true;
		p += skip + n;
	}
	return false;
}

static bool conf_wanted(const struct conf *c)
{
	if (!c->module || !*c->module)
		return false;
	if (c->trust_policy && strcmp(c->trust_policy, "yes") == 0)
		return false;
	if (c->enable_in)
		return names_us(c->enable_in);
	return !c->disable_in || !names_us(c->disable_in);
}

static struct module_source *with_path(const struct module_sources *l, const char *path)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->list[i].path, path) == 0)
			return &l->list[i];
	return NULL;
}

static const char *file_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

// Another name under which the module is registered.
static struct err *add_name(struct module_source *s, const char *name)
{
	char *grown = text_format("%s%s\n", s->also ? s->also : "", name);
	if (!grown)
		return err_no_memory();
	free(s->also);
	s->also = grown;
	return NULL;
}

static struct err *sources_grow(struct module_sources *l, const char *name, const char *real,
				const char *init_reserved)
{
	struct module_source *grown = reallocarray(l->list, l->n + 1, sizeof(*grown));
	if (!grown)
		return err_no_memory();
	l->list = grown;
	struct module_source s = {
		.name = text_copy(name),
		.init_reserved = init_reserved && *init_reserved ? text_copy(init_reserved) : NULL,
		.path = text_copy(real),
	};
	if (!s.name || !s.path || (init_reserved && *init_reserved && !s.init_reserved)) {
		module_source_free(&s);
		return err_no_memory();
	}
	l->list[l->n++] = s;
	return NULL;
}

// Adds a module (the file's own name where none is given); one that is missing or that others could write is left out and logged.
static struct err *sources_add(struct module_sources *l, const char *name, const char *path,
			       const char *init_reserved)
{
	AUTO_TEXT char *real = NULL;
	struct err *bad =
		access(path, F_OK) == 0 ? proc_trusted_file(path, &real) : registered_missing(path);
	if (bad) {
		sources_fault(l, bad);
		return NULL;
	}
	if (!real || (l->n == SOURCES_MAX && !with_path(l, real)))
		return NULL;
	if (!with_path(l, real))
		TRY(sources_grow(l, name ? name : file_name(real), real, init_reserved));
	struct module_source *s = with_path(l, real);
	if (name && strcmp(s->name, name) != 0)
		TRY(add_name(s, name));
	return add_name(s, file_name(path));
}

static struct err *sources_from_conf(const struct registry_dirs *dirs, struct module_sources *l)
{
	AUTO(conf_list) struct conf_list *confs = calloc(1, sizeof(*confs));
	if (!confs)
		return err_no_memory();
	enum user_mode mode = user_mode(dirs);
	if (mode != USER_ONLY) {
		TRY(conf_dir(dirs->package, confs, l));
		TRY(conf_dir(dirs->system, confs, l));
	}
	if (mode != USER_NONE)
		TRY(conf_dir(dirs->user, confs, l));
	for (size_t i = 0; i < confs->n; i++) {
		const struct conf *c = &confs->list[i];
		if (!c->module && !c->unreadable)
			sources_fault(l, conf_without_module(c->name));
		if (!conf_wanted(c))
			continue;
		AUTO_TEXT char *path = c->module[0] == '/'
					       ? text_copy(c->module)
					       : text_format("%s/%s", dirs->relative, c->module);
		if (!path)
			return err_no_memory();
		TRY(sources_add(l, c->name, path, c->init_reserved));
	}
	return NULL;
}

// One allow-list file: absolute paths, one a line, '#' begins a comment.
static struct err *sources_from_list(const char *file, struct module_sources *l)
{
	AUTO_BUF struct buf text = BUF(CONF_MAX);
	AUTO_TEXT char *real = NULL;
	struct stat st;
	TRY(proc_trusted_file(file, &real));
	if (stat(real, &st) != 0)
		return err_errno("stat", real, errno);
	if (st.st_uid != 0)
		return err_tag(err_new(ERR_PROFILE,
				       N_("The file %1 does not belong to root, so the modules in "
					  "it are not used."),
				       ARG_TEXT(real)),
			       "module-untrusted-file");
	TRY(buf_read_file(real, CONF_MAX, &text));
	char *next = (char *)text.data;
	while (next && *next) {
		char *line = next;
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		line = trim(line);
		if (*line == '/')
			TRY(sources_add(l, NULL, line, NULL));
	}
	return NULL;
}

static struct err *sources_from_allowed(const char *dir, struct module_sources *l)
{
	struct dirent **entries = NULL;
	int n = scandir(dir, &entries, NULL, alphasort);
	struct err *e = NULL;
	for (int i = 0; i < n; i++) {
		AUTO_TEXT char *path = text_format("%s/%s", dir, entries[i]->d_name);
		if (!e && !path)
			e = err_no_memory();
		if (!e && entries[i]->d_name[0] != '.') {
			struct err *bad = sources_from_list(path, l);
			if (bad)
				sources_fault(l, bad);
		}
		free(entries[i]);
	}
	free(entries);
	return e;
}

static int by_name(const void *a, const void *b)
{
	const struct module_source *x = a, *y = b;
	int names = strcmp(x->name, y->name);
	return names ? names : strcmp(x->path, y->path);
}

struct err *registry_read(const struct registry_dirs *dirs, struct module_sources *out)
{
	struct module_sources found __attribute__((cleanup(module_sources_cleanup))) = { 0 };
	TRY(sources_from_conf(dirs, &found));
	TRY(sources_from_allowed(dirs->allowed, &found));
	if (found.n)
		qsort(found.list, found.n, sizeof(*found.list), by_name);
	*out = found;
	found = (struct module_sources){ 0 };
	return NULL;
}

// The user's own configuration is p11-kit's business too, but never when we are root.
static struct err *user_dirs(char **modules, char **conf)
{
	const char *home = getenv("HOME"), *config = getenv("XDG_CONFIG_HOME");
	if (geteuid() == 0 || ((!config || config[0] != '/') && (!home || home[0] != '/')))
		return NULL;
	bool by_config = config && config[0] == '/';
	*modules = by_config ? text_format("%s/pkcs11/modules", config)
			     : text_format("%s/.config/pkcs11/modules", home);
	*conf = by_config ? text_format("%s/pkcs11/pkcs11.conf", config)
			  : text_format("%s/.config/pkcs11/pkcs11.conf", home);
	return *modules && *conf ? NULL : err_no_memory();
}

struct err *registry_own_dir(char **out)
{
	AUTO_TEXT char *user = NULL;
	AUTO_TEXT char *conf = NULL;
	TRY(user_dirs(&user, &conf));
	if (!user && geteuid() != 0)
		return err_hint(err_tag(err_new(ERR_FAILED, N_("There is no home directory to "
							       "register a module in.")),
					"home-missing"),
				N_("Set HOME to your home directory."));
	*out = text_copy(user ? user : P11_SYSTEM_DIR "/modules");
	return *out ? NULL : err_no_memory();
}

static struct registry_dirs machine_dirs(const char *user, const char *user_conf)
{
	return (struct registry_dirs){
		.package = P11_PACKAGE_MODULES,
		.system = P11_SYSTEM_DIR "/modules",
		.system_conf = P11_SYSTEM_DIR "/pkcs11.conf",
		.user = user,
		.user_conf = user_conf,
		.relative = P11_MODULE_PATH,
		.allowed = "/etc/inkan/modules.d",
	};
}

struct err *module_sources_all(struct module_sources *out)
{
	AUTO_TEXT char *user = NULL;
	AUTO_TEXT char *conf = NULL;
	TRY(user_dirs(&user, &conf));
	struct registry_dirs dirs = machine_dirs(user, conf);
	return registry_read(&dirs, out);
}

struct err *module_find(const char *name_or_path, bool from_profile, struct module_source *out)
{
	AUTO_TEXT char *user = NULL;
	AUTO_TEXT char *conf = NULL;
	TRY(user_dirs(&user, &conf));
	struct registry_dirs dirs = machine_dirs(user, conf);
	return registry_find(&dirs, name_or_path, from_profile, out);
}
