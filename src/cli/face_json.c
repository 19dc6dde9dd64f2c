// The face for programs: one object a line.
#include <jansson.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "cli/faces.h"
#include "cli/print.h"

// The message at `key`, where there is one, becomes its English text at `as`.
static void put_english(json_t *o, const char *key, const char *as)
{
	AUTO(msg) struct msg *m = msg_from_json(json_object_get(o, key));
	AUTO_TEXT char *text = m ? msg_render_english(m) : NULL;
	if (m)
		json_object_del(o, key);
	if (text)
		json_object_set_new(o, as, json_string(text));
}

struct json_t *json_event(const struct event *e)
{
	json_t *o = event_to_json(e);
	put_english(o, "words", "text");
	return o;
}

static void write_event(void *ctx, const struct event *e)
{
	const struct screen *s = ctx;
	AUTO(json) struct json_t *o = json_event(e);
	print_json(s->out, o);
	// A person beside the program has to be told to look at the keypad.
	if (e->keypad && s->cli->interactive && e->words)
		print_msg(stderr, 0, msg_copy(e->words));
}

void face_json(struct screen *s)
{
	s->face = (struct face){
		.ctx = s,
		.interactive = s->cli->interactive,
		.event = write_event,
		.ask = screen_ask,
		.stopped = screen_stopped,
	};
}
