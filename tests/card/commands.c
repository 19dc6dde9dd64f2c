// What the control's commands do.
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "control.h"
#include "gids.h"
#include "piv.h"

__attribute__((format(printf, 2, 3))) static bool say(struct said *s, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(s->text, sizeof(s->text), format, args);
	va_end(args);
	return true;
}

static bool read_number(const char *text, int base, unsigned long most, unsigned long *to)
{
	char *end;
	if (!text || !*text || strchr("+- ", *text))
		return false;
	*to = strtoul(text, &end, base);
	return *end == '\0' && *to <= most;
}

static bool read_switch(const char *text, bool *to)
{
	if (!text || (strcmp(text, "on") != 0 && strcmp(text, "off") != 0))
		return false;
	*to = strcmp(text, "on") == 0;
	return true;
}

static bool do_insert(struct reader *r, const char *value, struct said *said)
{
	(void)value;
	(void)said;
	reader_insert(r);
	return true;
}

static bool do_remove(struct reader *r, const char *value, struct said *said)
{
	(void)value;
	(void)said;
	reader_remove(r);
	return true;
}

// INS[:n], both as they stand in the log.
static bool order_pull(struct reader *r, const char *value, bool after)
{
	char text[16];
	unsigned long ins, n = 1;
	snprintf(text, sizeof(text), "%s", value ? value : "");
	char *colon = strchr(text, ':');
	if (colon) {
		*colon++ = '\0';
		if (!read_number(colon, 10, 1000000, &n) || n == 0)
			return false;
	}
	if (!read_number(text, 16, 0xff, &ins))
		return false;
	r->pull = (struct pull){ .on = true, .after = after, .ins = (uint8_t)ins, .n = n };
	return true;
}

static bool do_remove_at(struct reader *r, const char *value, struct said *said)
{
	(void)said;
	return order_pull(r, value, false);
}

static bool do_remove_after(struct reader *r, const char *value, struct said *said)
{
	(void)said;
	return order_pull(r, value, true);
}

static bool do_garbage(struct reader *r, const char *value, struct said *said)
{
	(void)said;
	return read_switch(value, &r->card->faults.garbage);
}

static bool do_cut(struct reader *r, const char *value, struct said *said)
{
	(void)said;
	return read_switch(value, &r->card->faults.cut);
}

static bool do_mute(struct reader *r, const char *value, struct said *said)
{
	(void)said;
	return read_switch(value, &r->mute);
}

static bool do_foreign(struct reader *r, const char *value, struct said *said)
{
	(void)said;
	return read_switch(value, &r->card->faults.foreign_attestation);
}

static bool do_self_signed(struct reader *r, const char *value, struct said *said)
{
	(void)said;
	return read_switch(value, &r->card->faults.self_signed_attestation);
}

static bool do_other_serial(struct reader *r, const char *value, struct said *said)
{
	(void)said;
	return read_switch(value, &r->card->faults.other_serial);
}

static bool do_garbled(struct reader *r, const char *value, struct said *said)
{
	(void)said;
	return read_switch(value, &r->card->faults.garbled_attestation);
}

static bool do_bare(struct reader *r, const char *value, struct said *said)
{
	(void)said;
	return read_switch(value, &r->card->faults.bare_attestation);
}

static bool do_empty(struct reader *r, const char *value, struct said *said)
{
	(void)said;
	return read_switch(value, &r->card->faults.empty_attestation);
}

static bool do_attested_firmware(struct reader *r, const char *value, struct said *said)
{
	unsigned *to = &r->card->faults.attested_firmware;
	(void)said;
	if (value && strcmp(value, "off") == 0) {
		*to = 0;
		return true;
	}
	return value && firmware_read(value, to);
}

static bool do_attested_slot(struct reader *r, const char *value, struct said *said)
{
	unsigned long slot = 0;
	(void)said;
	if (!value || (strcmp(value, "off") != 0 && !read_number(value, 16, 0xff, &slot)))
		return false;
	r->card->faults.attested_slot = (unsigned)slot;
	return true;
}

// "6F00 on", "6F00 off", "off".
static bool do_sw(struct reader *r, const char *value, struct said *said)
{
	char text[16];
	unsigned long sw = 0;
	bool on = false;
	(void)said;
	snprintf(text, sizeof(text), "%s", value ? value : "");
	char *word = strchr(text, ' ');
	if (word)
		*word++ = '\0';
	if (!read_switch(word ? word : text, &on) || (!word && on))
		return false;
	if (word && (!read_number(text, 16, 0xffff, &sw) || sw < 0x6000))
		return false;
	r->card->faults.sw = on ? (enum sw)sw : SW_NONE;
	return true;
}

static bool do_delay(struct reader *r, const char *value, struct said *said)
{
	unsigned long ms;
	(void)said;
	if (!read_number(value, 10, 600000, &ms))
		return false;
	r->delay_ms = (unsigned)ms;
	return true;
}

static bool do_keygen_ms(struct reader *r, const char *value, struct said *said)
{
	unsigned long ms;
	(void)said;
	if (!read_number(value, 10, 600000, &ms))
		return false;
	r->keygen_ms = (unsigned)ms;
	return true;
}

static bool do_firmware(struct reader *r, const char *value, struct said *said)
{
	(void)said;
	return value && firmware_read(value, &r->card->firmware);
}

static bool do_counts(struct reader *r, const char *value, struct said *said)
{
	const struct card *c = r->card;
	unsigned pin = c->gids ? gids_tries(c) : piv_of(c)->pin.tries;
	unsigned puk = c->gids ? 0 : piv_of(c)->puk.tries;
	(void)value;
	return say(said,
		   "pin=%u puk=%u verify=%lu change=%lu unblock=%lu management=%lu "
		   "management-failed=%lu apdus=%lu",
		   pin, puk, c->counts.verify, c->counts.change, c->counts.unblock,
		   c->counts.management, c->counts.management_failed, c->counts.apdus);
}

static bool do_state(struct reader *r, const char *value, struct said *said)
{
	(void)value;
	return say(said, "inserted=%d connected=%d powered=%d busy=%d serial=%u", r->inserted,
		   r->fd >= 0, r->powered, r->command.len > 0, r->card->serial);
}

static const struct {
	const char *name;
	bool (*run)(struct reader *r, const char *value, struct said *said);
} commands[] = {
	{ "insert", do_insert },
	{ "remove", do_remove },
	{ "remove-at", do_remove_at },
	{ "remove-after", do_remove_after },
	{ "garbage", do_garbage },
	{ "sw", do_sw },
	{ "cut", do_cut },
	{ "mute", do_mute },
	{ "delay", do_delay },
	{ "keygen-ms", do_keygen_ms },
	{ "firmware", do_firmware },
	{ "foreign-attestation", do_foreign },
	{ "self-signed-attestation", do_self_signed },
	{ "other-serial", do_other_serial },
	{ "garbled-attestation", do_garbled },
	{ "bare-attestation", do_bare },
	{ "empty-attestation", do_empty },
	{ "attested-firmware", do_attested_firmware },
	{ "attested-slot", do_attested_slot },
	{ "counts", do_counts },
	{ "state", do_state },
};

bool control_do(struct reader *r, char *line, struct said *said)
{
	char *value = strchr(line, ' ');
	if (value)
		*value++ = '\0';
	for (size_t i = 0; i < LEN(commands); i++) {
		if (strcmp(line, commands[i].name) != 0)
			continue;
		if (commands[i].run(r, value, said))
			return true;
		say(said, "%s does not take %s", line, value ? value : "nothing");
		return false;
	}
	say(said, "there is no command %.64s", line);
	return false;
}
