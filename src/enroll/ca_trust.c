// trust: what the profile's CA shows of itself before anything is trusted. What it is worth a person decides, by its fingerprint.
#include <jansson.h>

#include "base/buf.h"
#include "ca/ca.h"
#include "enroll/run.h"
#include "profile/profile.h"

static bool stopped(void *ctx)
{
	const struct face *f = ctx;
	return f->stopped(f->ctx);
}

static struct err *put_pem(const struct cert_list *certs, struct buf *pem)
{
	for (size_t i = 0; i < certs->n; i++) {
		AUTO_TEXT char *text = cert_pem(certs->certs[i]);
		if (!text)
			return err_no_memory();
		TRY(buf_puts(pem, text));
	}
	return NULL;
}

static struct err *ask(const char *path, struct face *f, json_t *out)
{
	AUTO(profile) struct profile *p = NULL;
	AUTO_TEXT char *missing = NULL;
	AUTO_CERTS struct cert_list certs = { 0 };
	AUTO_BUF struct buf pem = { 0 };
	TRY(profile_load_trusting(path, &p, &missing));
	TRY(ca_show(&(struct ca_terms){ .profile = p, .stop = stopped, .stop_ctx = f }, &certs));
	TRY(put_pem(&certs, &pem));
	json_object_set_new(out, "pem",
			    json_stringn(pem.data ? (const char *)pem.data : "", pem.len));
	return NULL;
}

void ca_trust_run(const struct job *j, struct face *f, struct result *out)
{
	out->object = json_object();
	out->err = ask(j->profile ? j->profile : "", f, out->object);
}
