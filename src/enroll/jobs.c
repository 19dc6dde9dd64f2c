// Which job runs which code.
#include "enroll/enroll.h"
#include "enroll/run.h"

void job_run(const struct job *j, struct face *f, struct result *out)
{
	*out = (struct result){ 0 };
	switch (j->kind) {
	case JOB_ENROLL:
	case JOB_RENEW:
	case JOB_RESUME:
		enrolment_run(j, f, out);
		return;
	case JOB_ABANDON:
		abandon_run(j, f, out);
		return;
	case JOB_VOUCH:
		vouch_run(j, f, out);
		return;
	case JOB_LOGIN:
		login_run(j, f, out);
		return;
	case JOB_REVOKE:
		revoke_run(j, f, out);
		return;
	case JOB_VERIFY:
		verify_run(j, f, out);
		return;
	case JOB_TOKEN_SHOW:
		token_show_run(j, f, out);
		return;
	case JOB_TOKEN_INIT:
		token_init_run(j, f, out);
		return;
	case JOB_TOKEN_PIN:
		token_pin_run(j, f, out);
		return;
	case JOB_TOKEN_UNBLOCK:
		token_unblock_run(j, f, out);
		return;
	case JOB_TOKEN_LABEL:
		token_label_run(j, f, out);
		return;
	case JOB_TOKEN_WIPE:
		token_wipe_run(j, f, out);
		return;
	case JOB_LIST:
		list_run(j, f, out);
		return;
	case JOB_READERS:
		readers_run(f, out);
		return;
	case JOB_WATCH:
		watch_run(f, out);
		return;
	case JOB_TRUST:
		ca_trust_run(j, f, out);
		return;
	case JOB_CA:
		ca_look_run(j, f, out);
		return;
	}
	out->err = err_new(ERR_FAILED, N_("The worker got a job that it does not know."));
}
