// readers, watch: what PC/SC sees, without any module.
#include "enroll/readers.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/text.h"
#include "enroll/run.h"
#include "token/holders.h"

struct json_t *reader_to_json(const struct reader *r)
{
	json_t *o = json_object();
	AUTO_TEXT char *name =
		text_safe(r->name, strnlen(r->name, sizeof(r->name)), 4 * sizeof(r->name));
	json_object_set_new(o, "name", json_string(name ? name : ""));
	json_object_set_new(o, "state", json_string(reader_state_name(r->state)));
	AUTO_TEXT char *atr = r->atr_len ? text_hex(r->atr, r->atr_len, 0) : NULL;
	if (atr)
		json_object_set_new(o, "atr", json_string(atr));
	if (r->in_use)
		json_object_set_new(o, "in_use", json_true());
	if (r->exclusive)
		json_object_set_new(o, "exclusive", json_true());
	return o;
}

struct json_t *readers_to_json(const struct readers *r)
{
	json_t *o = json_object(), *list = json_array();
	json_object_set_new(o, "pcsc", json_string(pcsc_service_name(r->service)));
	for (size_t i = 0; i < r->n; i++)
		json_array_append_new(list, reader_to_json(&r->list[i]));
	json_object_set_new(o, "readers", list);
	return o;
}

static void put_programs(json_t *o, const struct readers *r)
{
	bool used = false;
	for (size_t i = 0; i < r->n; i++)
		used |= r->list[i].in_use;
	if (!used)
		return;
	struct holders all;
	holders_find(&all);
	json_t *list = json_array();
	for (size_t i = 0; i < all.n; i++) {
		json_t *program = json_object();
		json_object_set_new(program, "pid", json_integer(all.list[i].pid));
		json_object_set_new(program, "program", json_string(all.list[i].program));
		json_array_append_new(list, program);
	}
	json_object_set_new(o, "programs", list);
	if (!all.complete)
		json_object_set_new(o, "unseen", json_true());
}

void readers_run(struct face *f, struct result *out)
{
	(void)f;
	struct readers *seen = calloc(1, sizeof(*seen));
	out->err = seen ? readers_look(seen) : err_no_memory();
	out->object = seen && !out->err ? readers_to_json(seen) : json_object();
	if (seen && !out->err)
		put_programs(out->object, seen);
	free(seen);
}

static void tell(struct face *f, json_t *data)
{
	f->event(f->ctx, &(struct event){ .kind = EVENT_READER, .data = data });
	json_decref(data);
}

static void on_seen(void *ctx, const struct readers *now)
{
	json_t *data = readers_to_json(now);
	json_object_set_new(data, "change", json_string("seen"));
	tell(ctx, data);
}

static void on_event(void *ctx, const struct reader_event *e, const struct readers *now)
{
	(void)now;
	json_t *data = json_object();
	json_object_set_new(data, "change", json_string(reader_change_name(e->change)));
	json_object_set_new(data, "pcsc", json_string(pcsc_service_name(e->service)));
	if (e->reader)
		json_object_set_new(data, "reader", reader_to_json(e->reader));
	tell(ctx, data);
}

static bool on_stopped(void *ctx)
{
	const struct face *f = ctx;
	return f->stopped(f->ctx);
}

void watch_run(struct face *f, struct result *out)
{
	AUTO(readers_watch) struct readers_watch *w = NULL;
	const struct readers_listener listener = {
		.ctx = f, .seen = on_seen, .event = on_event, .stopped = on_stopped
	};
	out->object = json_object();
	out->err = readers_watch_new(&w);
	if (!out->err)
		out->err = readers_watch_run(w, &listener);
}
