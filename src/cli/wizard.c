// inkan alone on a terminal: looks for the token, offers what makes sense, and does it by the commands' own code.
#include "cli/wizard.h"

#include <jansson.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/lang.h"
#include "cli/commands.h"
#include "cli/print.h"
#include "cli/prompt.h"
#include "cli/unfinished.h"

enum action {
	DO_ENROLL,
	DO_RESUME,
	DO_ABANDON,
	DO_SHOW,
	DO_VERIFY,
	DO_LOOK,
	DO_LANGUAGE,
	DO_LEAVE,
	N_ACTIONS,
};

struct menu {
	enum action actions[N_ACTIONS];
	const char *texts[N_ACTIONS];
	size_t n;
};

static void offer(struct menu *m, enum action a, const char *text)
{
	m->actions[m->n] = a;
	m->texts[m->n++] = text;
}

static void fill(struct menu *m, const struct look *l)
{
	*m = (struct menu){ 0 };
	if (look_unfinished(l)) {
		offer(m, DO_RESUME, lang_text(N_("Go on with an unfinished enrolment")));
		offer(m, DO_ABANDON,
		      lang_text(N_("Give up an unfinished enrolment and clean the token up")));
	}
	if (look_tokens(l)) {
		offer(m, DO_ENROLL,
		      l->renewal ? lang_text(N_("Get a new certificate: it is time to renew"))
				 : lang_text(N_("Get a certificate")));
		offer(m, DO_SHOW, lang_text(N_("Show what is on the token")));
		offer(m, DO_VERIFY, lang_text(N_("Try out token, key and certificate together")));
	}
	offer(m, DO_LOOK, lang_text(N_("Look for the token again")));
	// Who needs the other language reads it.
	offer(m, DO_LANGUAGE, lang_now() == LANG_JA ? "English" : "日本語");
	offer(m, DO_LEAVE, lang_text(N_("Leave")));
}

static struct err *ask_menu(const struct look *l, enum action *out)
{
	struct menu m;
	bool stopped = false;
	size_t choice = 0;
	fill(&m, l);
	if (!look_tokens(l))
		print_blank(stderr);
	TRY(prompt_choice(msg_new(N_("What would you like to do?")), m.texts, m.n, &choice,
			  &stopped));
	if (stopped)
		return wizard_stopped();
	*out = m.actions[choice];
	return NULL;
}

static int enrol(struct cli *cli)
{
	struct err *e = wizard_before_enrolling();
	return e ? cli_fail(cli, e, NULL) : run_enroll(cli);
}

static struct err *which_to_give_up(char **id)
{
	AUTO(journal) struct journal *j = NULL;
	AUTO_RECORDS struct records list = { 0 };
	size_t choice = 0;
	TRY(journal_open(&j));
	TRY(journal_unfinished(j, NULL, &list));
	if (list.n > 1)
		TRY(unfinished_ask(&list, &choice));
	*id = list.n ? text_copy(list.list[choice]->id) : NULL;
	return NULL;
}

static int give_up(struct cli *cli)
{
	AUTO_TEXT char *id = NULL;
	struct err *e = which_to_give_up(&id);
	if (e)
		return cli_fail(cli, e, NULL);
	if (!id)
		return 0;
	cli->o.operands[0] = id;
	cli->o.n_operands = 1;
	int status = run_abandon(cli);
	cli->o.operands[0] = NULL;
	cli->o.n_operands = 0;
	return status;
}

// The faces and the end look at which command it is.
static void take_command(struct cli *cli, enum action a)
{
	static const char *const names[N_ACTIONS] = {
		[DO_ENROLL] = "enroll", [DO_RESUME] = "resume", [DO_ABANDON] = "abandon",
		[DO_SHOW] = "status",	[DO_VERIFY] = "verify",
	};
	size_t used = 0;
	char *word = (char *)(uintptr_t)names[a];
	cli->o.command = word ? command_find(&word, 1, &used) : NULL;
}

static int act(struct cli *cli, enum action a)
{
	print_blank(stderr);
	take_command(cli, a);
	switch (a) {
	case DO_ENROLL:
		return enrol(cli);
	case DO_RESUME:
		return run_resume(cli);
	case DO_ABANDON:
		return give_up(cli);
	case DO_SHOW:
		return run_status(cli);
	case DO_VERIFY:
		return run_verify(cli);
	default:
		return 0;
	}
}

static struct err *change_language(void)
{
	return lang_set(lang_now() == LANG_JA ? "en" : "ja");
}

// What the person sees before choosing. Showing the token again, or speaking another language, needs no new look at readers.
static struct err *next_action(struct cli *cli, struct look *l, bool *fresh, enum action *out)
{
	if (!*fresh) {
		look_free(l);
		TRY(wizard_look(cli, l));
	}
	TRY(ask_menu(l, out));
	*fresh = *out == DO_LANGUAGE || *out == DO_SHOW;
	return *out == DO_LANGUAGE ? change_language() : NULL;
}

static bool ends_the_guide(int status)
{
	return status == (int)ERR_INTERRUPTED;
}

int run_wizard(struct cli *cli)
{
	AUTO_LOOK struct look look = { 0 };
	bool fresh = false;
	int status = 0;
	struct err *e = cli_inputs(cli);
	if (e)
		return cli_fail(cli, e, NULL);
	cli->wizard = true;
	wizard_welcome();
	while (!ends_the_guide(status)) {
		enum action a = DO_LEAVE;
		e = next_action(cli, &look, &fresh, &a);
		if (e)
			return cli_fail(cli, e, NULL);
		if (a == DO_LEAVE) {
			say(stderr, N_("Goodbye. You can take the token out now."));
			return status;
		}
		if (a != DO_LOOK && a != DO_LANGUAGE)
			status = act(cli, a);
	}
	return status;
}
