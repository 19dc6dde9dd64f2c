// ca: can the profile's CA be reached, by the trust that the profile brings, and what is the time there? No credential leaves.
#include <jansson.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "enroll/run.h"
#include "http/http.h"
#include "profile/profile.h"

static bool stopped(void *ctx)
{
	const struct face *f = ctx;
	return f->stopped(f->ctx);
}

// Any answer will do: the server is there, and its certificate was verified.
static struct err *look(const struct profile *p, struct face *f, json_t *out)
{
	AUTO(http) struct http *h = NULL;
	AUTO_ANSWER struct http_answer a = { 0 };
	AUTO_TEXT char *url = p->ca.protocol == CA_EST ? text_format("%s/cacerts", p->ca.url)
						       : text_copy(p->ca.url);
	if (!url)
		return err_no_memory();
	TRY(http_open(
		&(struct http_terms){ .hosts = (const char *const *)(void *)p->ca.hosts,
				      .n_hosts = p->ca.n_hosts,
				      .anchors_pem = p->ca.anchors.data,
				      .anchors_len = p->ca.anchors.len,
				      .connect_seconds = p->ca.connect_seconds,
				      .answer_seconds = p->ca.answer_seconds,
				      .max_body = p->ca.max_answer,
				      .plain = true, // the profile's check says which protocols may
				      .stop = stopped,
				      .stop_ctx = f },
		&h));
	TRY(http_do(h, &(struct http_call){ .method = "GET", .url = url }, &a, NULL));
	json_object_set_new(out, "status", json_integer(a.status));
	if (a.date >= 0) {
		char date[24];
		clock_utc(a.date, date);
		json_object_set_new(out, "date", json_string(date));
	}
	return NULL;
}

void ca_look_run(const struct job *j, struct face *f, struct result *out)
{
	AUTO(profile) struct profile *p = NULL;
	out->object = json_object();
	out->err = profile_load(j->profile ? j->profile : "", &p);
	if (!out->err)
		out->err = look(p, f, out->object);
}
