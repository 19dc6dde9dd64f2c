// Reading a plan.
#include "mock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct plan plan;

static void refuse(const char *line)
{
	dprintf(STDERR_FILENO, "mock: what does this line of MOCK_PLAN mean: %s\n", line);
	_exit(99);
}

static char *word(char **rest)
{
	char *w;
	do
		w = strsep(rest, " \t");
	while (w && !*w);
	return w;
}

static void copy(char *out, size_t room, const char *in, const char *line)
{
	if (!in || strlen(in) >= room)
		refuse(line);
	else
		memcpy(out, in, strlen(in) + 1);
}

static unsigned long number(const char *text, const char *line)
{
	char *end = NULL;
	unsigned long n = text ? strtoul(text, &end, 0) : 0;
	if (!text || !*text || *end)
		refuse(line);
	return n;
}

static unsigned long named(const char *prefix, const char *text, const char *line)
{
	unsigned long n = 0;
	if (!text || !name_number(prefix, text, &n))
		refuse(line);
	return n;
}

// "3", "3+" (from the third on), "*" (every one).
static void take_which(struct fault *f, const char *which, const char *line)
{
	f->from = 1;
	f->to = ~0UL;
	if (!which)
		refuse(line);
	else if (strcmp(which, "*") != 0) {
		char *end = NULL;
		f->from = strtoul(which, &end, 10);
		if (f->from == 0 || (*end && strcmp(end, "+") != 0))
			refuse(line);
		if (!*end)
			f->to = f->from;
	}
}

static void take_act(struct fault *f, char *rest, const char *line)
{
	static const struct {
		const char *name;
		enum act act;
		unsigned long number;
	} acts[] = {
		{ "return", ACT_RETURN, 0 },
		{ "hang", ACT_HANG, 0 },
		{ "sleep", ACT_SLEEP, 0 },
		{ "segfault", ACT_SEGFAULT, 0 },
		{ "abort", ACT_ABORT, 0 },
		{ "kill", ACT_KILL, KILL_SELF },
		{ "kill-parent", ACT_KILL, KILL_PARENT },
		{ "kill-both", ACT_KILL, KILL_PARENT | KILL_SELF },
		{ "exit", ACT_EXIT, 0 },
		{ "print", ACT_PRINT, 0 },
		{ "stop", ACT_STOP, 0 },
	};
	const char *name = word(&rest);
	size_t i = 0, n = sizeof(acts) / sizeof(acts[0]);
	while (name && i < n && strcmp(acts[i].name, name) != 0)
		i++;
	if (!name || i == n) {
		refuse(line);
		return;
	}
	f->act = acts[i].act;
	f->number = acts[i].number;
	if (f->act == ACT_RETURN)
		f->number = named("CKR_", word(&rest), line);
	else if (f->act == ACT_SLEEP || f->act == ACT_EXIT)
		f->number = number(word(&rest), line);
	else if (f->act == ACT_STOP)
		copy(f->text, sizeof(f->text), word(&rest), line);
	else if (f->act == ACT_PRINT) {
		const char *where = word(&rest);
		f->number = where && strcmp(where, "stderr") == 0 ? STDERR_FILENO : STDOUT_FILENO;
		copy(f->text, sizeof(f->text), rest, line);
	}
}

static void take_fault(const char *call, bool after, char *rest, const char *line)
{
	if (plan.n_faults == PLAN_MAX)
		refuse(line);
	struct fault *f = &plan.faults[plan.n_faults++];
	copy(f->call, sizeof(f->call), call, line);
	f->after = after;
	take_which(f, word(&rest), line);
	take_act(f, rest, line);
}

// "1", "0" as CK_BBOOL; "0x…" as bytes; "number N" as CK_ULONG; any other word as it stands.
static void take_value(struct change *c, char *rest, const char *line)
{
	const char *text = word(&rest);
	if (!text) {
		refuse(line);
	} else if (strcmp(text, "0") == 0 || strcmp(text, "1") == 0) {
		c->value[0] = text[0] == '1';
		c->len = 1;
	} else if (strcmp(text, "number") == 0) {
		CK_ULONG n = number(word(&rest), line);
		memcpy(c->value, &n, sizeof(n));
		c->len = sizeof(n);
	} else if (strncmp(text, "0x", 2) == 0) {
		for (text += 2; text[0] && text[1] && c->len < VALUE_MAX; text += 2) {
			char two[3] = { text[0], text[1], '\0' }, *end = NULL;
			c->value[c->len++] = (uint8_t)strtoul(two, &end, 16);
			if (*end)
				refuse(line);
		}
	} else {
		c->len = strlen(text);
		memcpy(c->value, text, c->len);
	}
}

static CK_OBJECT_CLASS class_named(const char *text, char **rest, const char **next)
{
	static const struct {
		const char *name;
		CK_OBJECT_CLASS class_;
	} classes[] = { { "private", CKO_PRIVATE_KEY },
			{ "public", CKO_PUBLIC_KEY },
			{ "certificate", CKO_CERTIFICATE } };
	for (size_t i = 0; text && i < sizeof(classes) / sizeof(classes[0]); i++)
		if (strcmp(classes[i].name, text) == 0) {
			*next = word(rest);
			return classes[i].class_;
		}
	*next = text;
	return CKO_PRIVATE_KEY;
}

static void take_change(enum change_kind kind, char *rest, const char *line)
{
	if (plan.n_changes == LIST_MAX)
		refuse(line);
	struct change *c = &plan.changes[plan.n_changes++];
	const char *name = NULL;
	c->kind = kind;
	c->class_ = class_named(word(&rest), &rest, &name);
	c->type = named("CKA_", name, line);
	if (kind == CHANGE_REJECT)
		c->rv = named("CKR_", word(&rest), line);
	else if (kind == CHANGE_LIE || kind == CHANGE_TEMPLATE)
		take_value(c, rest, line);
}

static void take_flags(char *rest, const char *line)
{
	for (const char *w = word(&rest); w; w = word(&rest)) {
		bool off = *w == '-';
		CK_FLAGS flag = named("CKF_", w + (off || *w == '+'), line);
		plan.flags_on |= off ? 0 : flag;
		plan.flags_off |= off ? flag : 0;
	}
}

static void take_mechanisms(char *rest, const char *line)
{
	for (char *w = strsep(&rest, " ,"); w; w = strsep(&rest, " ,"))
		if (*w && plan.n_mechanisms < LIST_MAX)
			plan.mechanisms[plan.n_mechanisms++] = named("CKM_", w, line);
}

// "token-field label TEXT": the rest of the line, spaces too.
static void take_field(char *rest, const char *line)
{
	const struct {
		const char *name;
		char *out;
		size_t room;
	} fields[] = { { "label", plan.label, sizeof(plan.label) },
		       { "manufacturer", plan.manufacturer, sizeof(plan.manufacturer) },
		       { "model", plan.model, sizeof(plan.model) },
		       { "serial", plan.serial, sizeof(plan.serial) } };
	const char *name = word(&rest);
	if (name && strcmp(name, "firmware") == 0) {
		plan.firmware[0] = (unsigned char)number(word(&rest), line);
		plan.firmware[1] = (unsigned char)number(word(&rest), line);
		return;
	}
	for (size_t i = 0; name && i < sizeof(fields) / sizeof(fields[0]); i++)
		if (strcmp(fields[i].name, name) == 0) {
			copy(fields[i].out, fields[i].room, rest, line);
			return;
		}
	refuse(line);
}

// "attest DIR", "attest-says NAME VALUE".
static void take_attested(char *rest, const char *line)
{
	struct attested *a = &plan.attested;
	const struct {
		const char *name;
		unsigned long *out;
	} numbers[] = { { "serial", &a->serial },
			{ "slot", &a->slot },
			{ "pin", &a->pin },
			{ "touch", &a->touch } };
	const char *name = word(&rest);
	for (size_t i = 0; name && i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (strcmp(numbers[i].name, name) == 0) {
			*numbers[i].out = number(word(&rest), line);
			return;
		}
	if (name && strcmp(name, "firmware") == 0) {
		for (int i = 0; i < 3; i++)
			a->firmware[i] = (unsigned)number(word(&rest), line);
	} else if (name && strcmp(name, "key") == 0) {
		copy(a->key, sizeof(a->key), word(&rest), line);
	} else if (name && strcmp(name, "leaf") == 0) {
		copy(a->leaf, sizeof(a->leaf), word(&rest), line);
	} else if (name && strcmp(name, "no-policy") == 0) {
		a->no_policy = true;
	} else if (name && strcmp(name, "no-intermediate") == 0) {
		a->no_intermediate = true;
	} else if (name && strcmp(name, "nothing") == 0) {
		a->none = true;
	} else {
		refuse(line);
	}
}

static bool take_switch(const char *first)
{
	const struct {
		const char *name;
		bool *is;
	} switches[] = { { "sign-garbage", &plan.sign_garbage },
			 { "public-key-other", &plan.public_key_other },
			 { "hardware", &plan.hardware },
			 { "no-handles", &plan.no_handles },
			 { "copy-lies", &plan.copy_lies },
			 { "late-slots", &plan.late_slots },
			 { "set-shows", &plan.set_shows },
			 { "set-sticks", &plan.set_sticks },
			 { "set-lets-wrap", &plan.set_lets_wrap },
			 { "set-lets-read", &plan.set_lets_read },
			 { "across", &plan.across } };
	for (size_t i = 0; i < sizeof(switches) / sizeof(switches[0]); i++)
		if (strcmp(switches[i].name, first) == 0)
			return *switches[i].is = true;
	return false;
}

static bool take_attribute(const char *first, char *rest, const char *line)
{
	static const struct {
		const char *name;
		enum change_kind kind;
	} kinds[] = { { "lie", CHANGE_LIE },
		      { "hide", CHANGE_HIDE },
		      { "template", CHANGE_TEMPLATE },
		      { "strip", CHANGE_STRIP },
		      { "reject-attribute", CHANGE_REJECT } };
	char id[] = "ID", always[] = "ALWAYS_AUTHENTICATE 1";
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].name, first) == 0) {
			take_change(kinds[i].kind, rest, line);
			return true;
		}
	if (strcmp(first, "ignore-id") == 0)
		take_change(CHANGE_STRIP, id, line);
	else if (strcmp(first, "always-authenticate") == 0)
		take_change(CHANGE_TEMPLATE, always, line);
	else
		return false;
	return true;
}

static void take_line(char *rest, const char *line)
{
	char *first = word(&rest);
	if (!first || *first == '#')
		return;
	if (strncmp(first, "C_", 2) == 0)
		take_fault(first, false, rest, line);
	else if (strcmp(first, "before") == 0 || strcmp(first, "after") == 0) {
		const char *call = word(&rest);
		take_fault(call, first[0] == 'a', rest, line);
	} else if (strcmp(first, "token-flags") == 0)
		take_flags(rest, line);
	else if (strcmp(first, "token-field") == 0)
		take_field(rest, line);
	else if (strcmp(first, "mechanisms") == 0)
		take_mechanisms(rest, line);
	else if (strcmp(first, "attest") == 0)
		copy(plan.attest_dir, sizeof(plan.attest_dir), word(&rest), line);
	else if (strcmp(first, "attest-says") == 0)
		take_attested(rest, line);
	else if (strcmp(first, "manager-pin") == 0)
		copy(plan.manager_pin, sizeof(plan.manager_pin), word(&rest), line);
	else if (strcmp(first, "pin-pad") == 0)
		copy(plan.pin_pad, sizeof(plan.pin_pad), word(&rest), line);
	else if (strcmp(first, "tell") == 0)
		copy(plan.tell, sizeof(plan.tell), word(&rest), line);
	else if (strcmp(first, "pin-length") == 0) {
		plan.pin_min = number(word(&rest), line);
		plan.pin_max = number(word(&rest), line);
	} else if (!take_switch(first) && !take_attribute(first, rest, line))
		refuse(line);
}

void plan_read(void)
{
	const char *path = getenv("MOCK_PLAN");
	memset(&plan, 0, sizeof(plan));
	plan.attested = (struct attested){ .pin = 2, .touch = 1, .firmware = { 5, 4, 3 } };
	FILE *f = path && *path ? fopen(path, "re") : NULL;
	if (!f)
		return;
	char line[1024], whole[1024];
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\r\n")] = '\0';
		memcpy(whole, line, sizeof(line));
		take_line(line, whole);
	}
	fclose(f);
}
