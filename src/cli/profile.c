// inkan profile list, inkan profile check
#include "profile/profile.h"

#include "base/lang.h"
#include "cli/commands.h"
#include "cli/inside.h"
#include "cli/print.h"
#include "cli/profile_show.h"

enum { DETAIL_INDENT = 4 };

static void list_one(const struct profile_entry *e)
{
	const struct profile *p = e->profile;
	print_text(stdout, 0, e->name);
	if (p)
		print_text(stdout, DETAIL_INDENT, lang_pick(p->institution.en, p->institution.ja));
	print_line(stdout, DETAIL_INDENT, e->path);
	if (p && p->practice)
		say_in(stdout, DETAIL_INDENT, N_("Only for practising."));
	if (!p)
		say_in(stdout, DETAIL_INDENT, N_("It is faulty. See: inkan profile check %1"),
		       ARG_TEXT(e->path));
}

int run_profile_list(struct cli *cli)
{
	struct profile_entry *entries = NULL;
	size_t n = 0;
	struct err *e = profile_list(&entries, &n);
	if (e)
		return cli_fail(cli, e, NULL);
	if (n == 0)
		say(stdout, N_("There is no profile."));
	for (size_t i = 0; i < n; i++)
		list_one(&entries[i]);
	profile_list_free(entries, n);
	return 0;
}

int run_profile_check(struct cli *cli)
{
	AUTO(profile) struct profile *p = NULL;
	struct err *e = profile_load(cli->o.operands[0], &p);
	if (e)
		return cli_fail(cli, e, NULL);
	say(stdout, N_("%1 is a good profile."), ARG_TEXT(p->path));
	say(stdout, N_("Fingerprint: %1"), ARG_TEXT(p->fingerprint));
	return 0;
}

int run_profile_show(struct cli *cli)
{
	AUTO(profile) struct profile *p = NULL;
	struct err *e = profile_load(cli->o.operands[0], &p);
	if (e)
		return cli_fail(cli, e, NULL);
	profile_show(p);
	return 0;
}
