// A token and everything on it, in words.
#include "cli/token_show.h"

#include <jansson.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "cli/finish.h"
#include "cli/print.h"

enum { LABEL_COLUMNS = 12, DEEP = 4 };

struct words {
	const char *name, *id;
};

static const char *words_for(const struct words *table, size_t n, const char *name)
{
	for (size_t i = 0; name && i < n; i++)
		if (!strcmp(table[i].name, name))
			return table[i].id;
	return NULL;
}

// --- the token's state

static void pair(struct msg *label, const char *value)
{
	if (value && *value)
		print_pair(stdout, LABEL_COLUMNS, label, value);
	else
		msg_free(label);
}

static void pair_id(struct msg *label, const char *id)
{
	AUTO(msg) struct msg *words = id ? msg_make(id, NULL, 0) : NULL;
	AUTO_TEXT char *text = words ? msg_render(words) : NULL;
	pair(label, text);
}

static const char *pin_words(const char *state)
{
	static const struct words table[] = {
		{ "ok", N_("set; no wrong PIN since the last right one") },
		{ "low", N_("wrong PINs were tried; tries are left") },
		{ "final", N_("ONE try is left") },
		{ "locked", N_("locked: inkan token unblock opens it with the PUK") },
		{ "not-set", N_("not set: inkan token unblock sets it with the PUK") },
	};
	return words_for(table, ARRAY_LEN(table), state);
}

static const char *so_words(const char *state)
{
	static const struct words table[] = {
		{ "ok", N_("not locked, as far as the token says") },
		{ "low", N_("wrong ones were tried; tries are left") },
		{ "final", N_("ONE try is left") },
		{ "locked", N_("locked for good") },
	};
	return words_for(table, ARRAY_LEN(table), state);
}

static void show_lengths(const json_t *s)
{
	int64_t min = json_number(s, "pin_min", 0), max = json_number(s, "pin_max", 0);
	if (max > 0)
		say_in(stdout, DEEP, N_("A PIN has %1 to %2 characters."), ARG_NUM(min),
		       ARG_NUM(max));
	if (json_flag(s, "keypad", false))
		say_in(stdout, DEEP, N_("PINs are typed on the keypad of the reader."));
	if (json_flag(s, "pin_to_be_changed", false))
		say_in(stdout, DEEP,
		       N_("The PIN is a first one and is to be changed: inkan token pin."));
	if (json_flag(s, "so_pin_to_be_changed", false))
		say_in(stdout, DEEP,
		       N_("The security officer's PIN (PUK) is the maker's and is to be changed."));
}

static void show_room(const json_t *s)
{
	int64_t public_free = json_number(s, "public_free", -1),
		private_free = json_number(s, "private_free", -1);
	if (public_free >= 0)
		say_in(stdout, DEEP, N_("Room left: %1 of %2 bytes for what is public."),
		       ARG_NUM(public_free), ARG_NUM(json_number(s, "public_total", 0)));
	if (private_free >= 0)
		say_in(stdout, DEEP, N_("Room left: %1 of %2 bytes for what needs the PIN."),
		       ARG_NUM(private_free), ARG_NUM(json_number(s, "private_total", 0)));
	if (public_free < 0 && private_free < 0)
		say_in(stdout, DEEP, N_("The token does not say how much room is left."));
}

static void show_state(const json_t *s)
{
	pair(msg_new(N_("Token")), json_text(s, "label"));
	pair(msg_new(N_("Serial")), json_text(s, "serial"));
	pair(msg_new(N_("Maker")), json_text(s, "manufacturer"));
	pair(msg_new(N_("Model")), json_text(s, "model"));
	pair_id(msg_new(N_("Known as")), json_text(s, "known_as"));
	pair(msg_new(N_("Firmware")), json_text(s, "firmware"));
	pair(msg_new(N_("Reader")), json_text(s, "reader"));
	if (!json_flag(s, "initialised", true)) {
		say(stdout, N_("The token is blank: inkan token init gives it a label and PINs."));
		return;
	}
	pair_id(msg_new(N_("PIN")), pin_words(json_text(s, "pin")));
	pair_id(msg_new(N_("PUK")), so_words(json_text(s, "so_pin")));
	show_lengths(s);
	show_room(s);
	if (json_flag(s, "write_protected", false))
		say_in(stdout, DEEP, N_("The token is write-protected."));
}

// --- the objects

static void show_leaving(const json_t *o)
{
	bool kept = !json_flag(o, "extractable", true);
	bool always =
		json_flag(o, "never_extractable", false) && json_flag(o, "always_sensitive", false);
	if (json_flag(o, "local", false) && kept && always)
		say_in(stdout, DEEP,
		       N_("The token says: made in it, always secret, never to leave it."));
	else if (kept)
		say_in(stdout, DEEP,
		       N_("The token says that it does not give the key out; where it was made, it "
			  "does not say."));
	else if (json_object_get(o, "extractable"))
		say_in(stdout, DEEP, N_("CAUTION: the key may leave the token (CKA_EXTRACTABLE)."));
}

static void show_uses(const json_t *o, const char *sign_id, const char *decrypt_id)
{
	if (json_flag(o, "sign", false))
		say_in(stdout, DEEP, sign_id);
	if (json_flag(o, "decrypt", false))
		say_in(stdout, DEEP, decrypt_id);
	if (json_flag(o, "always_authenticate", false))
		say_in(stdout, DEEP, N_("It wants the PIN at every use."));
}

static void show_key(const json_t *o, const char *kind_id)
{
	const char *type = json_text(o, "type"), *label = json_text(o, "label");
	int64_t bits = json_number(o, "bits", 0);
	if (type && bits)
		say_in(stdout, 2, N_("%1 \"%2\": %3, %4 bits"), ARG_ID(kind_id),
		       ARG_TEXT(label ? label : ""), ARG_TEXT(type), ARG_NUM(bits));
	else
		say_in(stdout, 2, N_("%1 \"%2\": %3"), ARG_ID(kind_id),
		       ARG_TEXT(label ? label : ""), ARG_TEXT(type ? type : "?"));
}

static void show_private_key(const json_t *o)
{
	show_key(o, N_("Private key"));
	show_leaving(o);
	show_uses(o, N_("It signs."), N_("It decrypts."));
}

static void show_public_key(const json_t *o)
{
	show_key(o, N_("Public key"));
	show_uses(o, N_("It checks signatures."), N_("It encrypts."));
}

static void show_secret_key(const json_t *o)
{
	show_key(o, N_("Secret key"));
	show_leaving(o);
}

static void show_days(const json_t *o)
{
	int64_t days = json_number(o, "days_left", 0);
	if (days < 0)
		say_in(stdout, DEEP, N_("It expired %1 days ago."), ARG_NUM(-days));
	else
		say_in(stdout, DEEP, N_("%1 days are left."), ARG_NUM(days));
}

static void show_validity(const json_t *o, const json_t *c)
{
	char from[48], until[48];
	const char *zone = json_text(o, "zone");
	clock_shown(finish_time(json_text(c, "not_before")), zone, from);
	clock_shown(finish_time(json_text(c, "not_after")), zone, until);
	say_in(stdout, DEEP, N_("Valid from %1 until %2"), ARG_TEXT(from), ARG_TEXT(until));
}

static void show_certificate(const json_t *o)
{
	const json_t *c = json_object_get(o, "certificate");
	const char *label = json_text(o, "label");
	if (!c) {
		say_in(stdout, 2, N_("Certificate \"%1\": it cannot be read (%2 bytes)"),
		       ARG_TEXT(label ? label : ""), ARG_NUM(json_number(o, "size", 0)));
		return;
	}
	say_in(stdout, 2, N_("Certificate \"%1\": %2"), ARG_TEXT(label ? label : ""),
	       ARG_TEXT(json_text(c, "subject")));
	say_in(stdout, DEEP, N_("Issued by %1, serial number %2"), ARG_TEXT(json_text(o, "issuer")),
	       ARG_TEXT(json_text(c, "serial")));
	show_validity(o, c);
	show_days(o);
	if (json_flag(o, "ca", false))
		say_in(stdout, DEEP, N_("It is a certificate authority's."));
}

static void show_plain(const json_t *o, const char *kind_id)
{
	const char *label = json_text(o, "label");
	int64_t size = json_number(o, "size", 0);
	if (size)
		say_in(stdout, 2, N_("%1 \"%2\": %3 bytes"), ARG_ID(kind_id),
		       ARG_TEXT(label ? label : ""), ARG_NUM(size));
	else
		say_in(stdout, 2, N_("%1 \"%2\""), ARG_ID(kind_id), ARG_TEXT(label ? label : ""));
}

static void show_object(const json_t *o)
{
	const char *kind = json_text(o, "kind");
	if (!kind)
		return;
	if (!strcmp(kind, "private-key"))
		show_private_key(o);
	else if (!strcmp(kind, "public-key"))
		show_public_key(o);
	else if (!strcmp(kind, "certificate"))
		show_certificate(o);
	else if (!strcmp(kind, "secret-key"))
		show_secret_key(o);
	else
		show_plain(o, !strcmp(kind, "data") ? N_("Data") : N_("Another object"));
}

static const char *id_of(const json_t *o)
{
	const char *id = json_text(o, "id");
	return id ? id : "";
}

// The first of those that share its CKA_ID: they are shown together, below one line.
static bool begins_group(const json_t *list, size_t at)
{
	const char *id = id_of(json_array_get(list, at));
	for (size_t i = 0; *id && i < at; i++)
		if (!strcmp(id_of(json_array_get(list, i)), id))
			return false;
	return true;
}

// A card shows each certificate as a piece of data, too, which nobody made by itself.
static bool is_inkans(const json_t *list, const char *id)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *o = json_array_get(list, i);
		if (!strcmp(id_of(o), id) && json_flag(o, "made_by_inkan", false))
			return true;
	}
	return false;
}

static void show_group(const json_t *list, size_t from)
{
	const json_t *first = json_array_get(list, from);
	const char *id = id_of(first);
	print_blank(stdout);
	if (*id)
		say(stdout, N_("CKA_ID %1 (%2)"), ARG_TEXT(id),
		    ARG_ID(is_inkans(list, id) ? N_("made by inkan") : N_("not made by inkan")));
	else
		say(stdout, N_("without a CKA_ID (%1)"), ARG_ID(N_("not made by inkan")));
	show_object(first);
	for (size_t i = from + 1; *id && i < json_array_size(list); i++)
		if (!strcmp(id_of(json_array_get(list, i)), id))
			show_object(json_array_get(list, i));
}

static void show_objects(const json_t *o)
{
	const json_t *list = json_object_get(o, "objects");
	size_t n = json_array_size(list);
	if (n == 0) {
		print_blank(stdout);
		say(stdout,
		    json_flag(o, "logged_in", false)
			    ? N_("There is nothing on the token.")
			    : N_("There is nothing on the token that shows without the PIN."));
	}
	for (size_t i = 0; i < n; i++)
		if (begins_group(list, i))
			show_group(list, i);
	if (json_flag(o, "more", false))
		say(stdout, N_("There are more objects than these."));
	print_blank(stdout);
	if (n && !json_flag(o, "logged_in", false))
		say(stdout,
		    N_("Without the PIN only what is public is shown; --login shows the rest."));
}

int token_show_print(struct cli *cli, const struct result *r)
{
	if (cli->o.json || r->err)
		return finish(cli, r, NULL);
	const json_t *state = json_object_get(r->object, "state");
	show_state(state);
	if (json_flag(state, "initialised", true))
		show_objects(r->object);
	return 0;
}
