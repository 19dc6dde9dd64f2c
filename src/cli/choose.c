// Which profile and which role, where nobody said.
#include "cli/choose.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/lang.h"
#include "cli/print.h"
#include "cli/prompt.h"
#include "cli/terminal.h"

enum { MAX_CHOICES = 64 };

static struct err *stopped_error(void)
{
	return err_tag(err_new(ERR_INTERRUPTED, N_("Stopped as you asked.")), "stopped");
}

// Those that load.
struct loadable {
	const struct profile_entry *list[MAX_CHOICES];
	size_t n;
};

static struct err *no_profile(const struct profile_entry *entries, size_t n)
{
	if (n > 0)
		return err_hint(
			err_tag(err_new(ERR_PROFILE,
					N_("There is no profile that can be used; %1 is faulty."),
					ARG_TEXT(entries[0].name)),
				"profile-none"),
			N_("Name your institution's profile with --profile; inkan profile list "
			   "shows those that there are."));
	return err_hint(err_tag(err_new(ERR_PROFILE, N_("There is no profile.")), "profile-none"),
			N_("Get your institution's profile and name it with --profile."));
}

static struct err *several_profiles(const struct loadable *l)
{
	AUTO_BUF struct buf names = BUF(8192);
	for (size_t i = 0; i < l->n; i++)
		err_ignore(buf_printf(&names, "%s%s", i ? ", " : "", l->list[i]->name));
	return err_hint(err_tag(err_new(ERR_USAGE, N_("Several profiles are here: %1."),
					ARG_TEXT(names.data ? (const char *)names.data : "")),
				"profile-several"),
			N_("Say which one with --profile."));
}

// The last choice is a profile that is not found by name: *path then owns what was typed.
static struct err *ask_path(char **path)
{
	AUTO(secret) struct secret *typed = NULL;
	AUTO(msg) struct msg *words = msg_new(N_("Path of the profile's file: "));
	AUTO_TEXT char *prompt = msg_render(words);
	if (!prompt)
		return err_no_memory();
	TRY(terminal_line(prompt, true, &typed));
	if (!typed)
		return stopped_error();
	*path = text_copy(secret_text(typed));
	return *path ? NULL : err_no_memory();
}

static struct err *ask_profile(const struct loadable *l, bool other, size_t *choice)
{
	char *texts[MAX_CHOICES + 1] = { 0 };
	for (size_t i = 0; i < l->n; i++) {
		const struct profile *p = l->list[i]->profile;
		texts[i] = text_format("%s  (%s)", lang_pick(p->institution.en, p->institution.ja),
				       l->list[i]->name);
	}
	if (other)
		texts[l->n] = text_copy(lang_text(N_("Another one, whose profile is in a file")));
	bool stopped = false;
	struct err *e = prompt_choice(msg_new(N_("Which institution?")),
				      (const char *const *)(const void *)texts, l->n + other,
				      choice, &stopped);
	for (size_t i = 0; i < l->n + other; i++)
		free(texts[i]);
	if (e)
		return e;
	return stopped ? stopped_error() : NULL;
}

static struct err *choose_from(struct cli *cli, struct profile_entry *entries, size_t n,
			       char **path)
{
	struct loadable l = { 0 };
	for (size_t i = 0; i < n && l.n < MAX_CHOICES; i++)
		if (entries[i].profile)
			l.list[l.n++] = &entries[i];
	size_t choice = 0;
	if (l.n == 0 && !cli->wizard)
		return no_profile(entries, n);
	if (l.n == 0) {
		say(stderr, N_("No institution is known here. Your institution gives you a file, "
			       "its profile."));
		return ask_path(path);
	}
	if (l.n > 1 && !cli->interactive)
		return several_profiles(&l);
	if (l.n > 1 || cli->wizard)
		TRY(ask_profile(&l, cli->interactive, &choice));
	if (choice == l.n)
		return ask_path(path);
	*path = text_copy(l.list[choice]->path);
	return *path ? NULL : err_no_memory();
}

struct err *choose_profile(struct cli *cli, struct profile **out)
{
	if (cli->o.profile)
		return profile_load(cli->o.profile, out);
	struct profile_entry *entries = NULL;
	size_t n = 0;
	TRY(profile_list(&entries, &n));
	AUTO_TEXT char *path = NULL;
	struct err *e = choose_from(cli, entries, n, &path);
	if (!e)
		e = profile_load(path, out);
	profile_list_free(entries, n);
	return e;
}

static struct err *several_roles(const struct profile *p, const char *wanted)
{
	AUTO_BUF struct buf names = BUF(8192);
	for (size_t i = 0; i < p->n_roles; i++)
		// NOLINTNEXTLINE(clang-analyzer-core.NullDereference): as many roles as n_roles
		err_ignore(buf_printf(&names, "%s%s", i ? ", " : "", p->roles[i].name));
	const char *list = names.data ? (const char *)names.data : "";
	struct err *e = wanted ? err_new(ERR_USAGE, N_("There is no role %1 in the profile %2."),
					 ARG_TEXT(wanted), ARG_TEXT(p->name))
			       : err_new(ERR_USAGE, N_("The profile %1 has several roles."),
					 ARG_TEXT(p->name));
	return err_tag(err_hint(e, N_("Say which one with --role: %1"), ARG_TEXT(list)), "role");
}

struct err *choose_role(struct cli *cli, const struct profile *p, const struct profile_role **out)
{
	const struct profile_role *r = cli->o.role ? profile_find_role(p, cli->o.role) : NULL;
	if (!cli->o.role && p->n_roles == 1)
		r = &p->roles[0];
	if (!r && (cli->o.role || !cli->interactive || p->n_roles > MAX_CHOICES))
		return several_roles(p, cli->o.role);
	if (!r) {
		const char *texts[MAX_CHOICES];
		size_t choice = 0;
		bool stopped = false;
		for (size_t i = 0; i < p->n_roles; i++)
			// NOLINTNEXTLINE(clang-analyzer-core.NullDereference): as many roles as n_roles
			texts[i] = lang_pick(p->roles[i].label.en, p->roles[i].label.ja);
		TRY(prompt_choice(msg_new(N_("For whom is the certificate?")), texts, p->n_roles,
				  &choice, &stopped));
		if (stopped)
			return stopped_error();
		r = &p->roles[choice];
	}
	*out = r;
	return NULL;
}
