// inkan install: the certificate comes as a file. Its key tells which enrolment it is for.
#include <string.h>

#include "base/buf.h"
#include "base/lang.h"
#include "cli/commands.h"
#include "cli/pulled.h"
#include "cli/unfinished.h"
#include "x509/handed.h"
#include "x509/request.h"

static bool is_for(const struct cert *c, const struct record *r)
{
	char wanted[65], is[65];
	size_t len = 0;
	request_key_sha256(r->request.data, r->request.len, wanted);
	const uint8_t *key = cert_public_key_der(c, &len);
	der_sha256(key, len, is);
	return *wanted && !strcmp(wanted, is);
}

static bool any_is_for(const struct cert_list *certs, const struct record *r)
{
	for (size_t i = 0; i < certs->n; i++)
		if (is_for(certs->certs[i], r))
			return true;
	return false;
}

// It was put on a token before.
static struct err *look_at_finished(struct journal *j, const struct cert_list *certs)
{
	for (size_t i = 0; i < certs->n; i++) {
		AUTO(record) struct record *made = NULL;
		TRY(journal_by_certificate(j, cert_sha256(certs->certs[i]), &made));
		if (made && made->state == ENROLMENT_DONE)
			return err_hint(err_tag(err_new(ERR_USAGE,
							N_("This certificate is on its token "
							   "already (enrolment %1)."),
							ARG_TEXT(made->id)),
						"enrolment-finished"),
					N_("`inkan status` shows it."));
	}
	return NULL;
}

static struct err *for_nobody(const struct records *open)
{
	AUTO_BUF struct buf ids = BUF(16384);
	for (size_t i = 0; i < open->n; i++)
		if (open->list[i]->mark == MARK_WAITING && open->list[i]->retry_at == 0)
			TRY(buf_printf(&ids, "%s%s", ids.len ? ", " : "", open->list[i]->id));
	struct err *e =
		err_tag(err_new(ERR_POLICY, N_("The certificate is for another key than those that "
					       "wait for one here. Nothing was changed.")),
			"certificate-other-key");
	if (!ids.len)
		return err_hint(e, N_("No enrolment of this machine waits for a file; `inkan "
				      "status` shows what is unfinished."));
	return err_hint(e,
			N_("Waiting are: %1. Ask for a certificate for the request that was "
			   "written."),
			ARG_TEXT((const char *)ids.data));
}

static struct err *find_by_key(struct journal *j, const struct cert_list *certs,
			       struct record **out)
{
	AUTO_RECORDS struct records open = { 0 };
	TRY(journal_unfinished(j, NULL, &open));
	for (size_t i = 0; i < open.n; i++)
		if (any_is_for(certs, open.list[i]))
			return journal_read(j, open.list[i]->id, out);
	TRY(look_at_finished(j, certs));
	return for_nobody(&open);
}

static struct err *prepare(struct cli *cli, char **zone, struct job **job)
{
	AUTO(journal) struct journal *j = NULL;
	AUTO(record) struct record *r = NULL;
	AUTO_CERTS struct cert_list certs = { 0 };
	const char *file = cli->o.operands[0];
	TRY(cert_list_from_handed_file(file, &certs));
	TRY(journal_open(&j));
	TRY(cli->o.n_operands > 1 ? unfinished_find(j, cli->o.operands[1], &r)
				  : find_by_key(j, &certs, &r));
	*zone = unfinished_zone(r);
	TRY(unfinished_job(cli, JOB_RESUME, r, job));
	(*job)->answer = text_copy(file);
	if (!(*job)->answer)
		return err_no_memory();
	if (!cli->o.wait || !(*job)->token || !(*job)->module)
		return NULL;
	return wait_for_this(cli, *job, (*job)->token, lang_text(N_("Waiting for the token")));
}

int run_install(struct cli *cli)
{
	AUTO_TEXT char *zone = NULL;
	AUTO(job) struct job *job = NULL;
	const char *id = cli->o.n_operands > 1 ? cli->o.operands[1] : NULL;
	struct err *e = prepare(cli, &zone, &job);
	return e ? cli_fail(cli, e, id) : job_finish(cli, job, zone);
}
