// inkan doctor --bundle: what the help desk needs to know, in one file, without what is nobody's business.
//
// No secret can be in it, for none is read. What may name a person - subjects, labels and serial numbers of tokens, words of findings about them - is
// in it only with --with-names; paths begin with "~" where they lie at home; a profile's fingerprint is cut.
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "cli/doctor.h"

enum { FINGERPRINT_SHOWN = 16 };

static json_t *system_object(void)
{
	json_t *o = json_object();
	struct utsname u;
	if (uname(&u) == 0) {
		json_object_set_new(o, "kernel", json_string(u.release));
		json_object_set_new(o, "machine", json_string(u.machine));
	}
	AUTO_BUF struct buf text = BUF(65536);
	err_ignore(buf_read_file("/etc/os-release", 65536, &text));
	static const char key[] = "PRETTY_NAME=\"";
	char *name = text.data ? strstr((char *)text.data, key) : NULL;
	if (name) {
		name += sizeof(key) - 1;
		name[strcspn(name, "\"\n")] = '\0';
		json_object_set_new(o, "system", json_string(name));
	}
	json_object_set_new(o, "root", json_boolean(geteuid() == 0));
	json_object_set_new(o, "pcscd_runs", json_boolean(doctor_runs("pcscd")));
	return o;
}

// "/home/name/x" becomes "~/x" wherever it stands in the text. New string.
static char *without_home(const char *text)
{
	const char *home = getenv("HOME");
	size_t len = home ? strlen(home) : 0;
	if (len < 2)
		return text_copy(text);
	AUTO_BUF struct buf b = BUF(65536);
	for (const char *at = text; *at;) {
		const char *here = strstr(at, home);
		size_t n = here ? (size_t)(here - at) : strlen(at);
		err_ignore(buf_put(&b, at, n));
		if (here)
			err_ignore(buf_puts(&b, "~"));
		at += n + (here ? len : 0);
	}
	return text_copy(b.data ? (const char *)b.data : "");
}

static void put_text(json_t *o, const char *key, const char *text)
{
	AUTO_TEXT char *safe = text ? without_home(text) : NULL;
	if (safe && *safe)
		json_object_set_new(o, key, json_string(safe));
}

// " 00 00": the numbers that pcscd puts behind each name.
static bool ends_reader(const char *at)
{
	return at[0] == ' ' && isxdigit((unsigned char)at[1]) && isxdigit((unsigned char)at[2]) &&
	       at[3] == ' ' && isxdigit((unsigned char)at[4]) && isxdigit((unsigned char)at[5]);
}

static void cut_slot_id(char *text)
{
	static const char before[] = "slot ID", number[] = " 0x";
	for (char *at = strstr(text, before); at; at = strstr(at, before)) {
		at += strlen(before);
		if (strncmp(at, number, strlen(number)) != 0)
			continue;
		const char *rest = at + strlen(number);
		rest += strspn(rest, "0123456789abcdefABCDEF");
		memmove(at, rest, strlen(rest) + 1);
	}
}

// pcscd puts a reader's serial number into its name, and of a token that is its own reader that is the token's:
// "Maker Model [Interface] (0123456789) 00 00". A module may show the beginning of the name alone. New string, with "()" there. SoftHSM names its slots
// by the end of the token's serial number, which is another one whenever a token is initialised: "slot ID 0x5a1ee059" becomes "slot ID".
static char *without_serial(const char *text, bool is_name)
{
	AUTO_BUF struct buf b = BUF(65536);
	const char *at = text;
	for (const char *open; (open = strchr(at, '(')); at = open) {
		const char *close = open + strcspn(open, ")");
		bool cut = is_name || (*close && ends_reader(close + 1));
		open++;
		err_ignore(buf_put(&b, at, (size_t)(open - at)));
		if (cut)
			open = close;
	}
	err_ignore(buf_puts(&b, at));
	char *copy = text_copy(b.data ? (const char *)b.data : "");
	if (copy)
		cut_slot_id(copy);
	return copy;
}

static void cut_serial(json_t *o, const char *key, bool is_name)
{
	const char *text = json_text(o, key);
	AUTO_TEXT char *cut = text ? without_serial(text, is_name) : NULL;
	if (text)
		json_object_set_new(o, key, json_string(cut ? cut : ""));
}

static json_t *readers_object(const json_t *seen, bool with_names)
{
	json_t *o = seen ? json_deep_copy(seen) : json_object();
	json_t *list = json_object_get(o, "readers");
	for (size_t i = 0; !with_names && i < json_array_size(list); i++)
		cut_serial(json_array_get(list, i), "name", true);
	return o;
}

static json_t *finding_object(const struct finding *f, bool with_names)
{
	json_t *o = json_object(), *chain = json_array();
	json_object_set_new(o, "code", json_string(err_nearest_slug(f->err)));
	json_object_set_new(o, "severity", json_string(severity_name(f->severity)));
	json_object_set_new(o, "family", json_string(family_name(f->family)));
	bool told = with_names || f->family == FAMILY_READERS || f->family == FAMILY_DRIVERS ||
		    f->family == FAMILY_STATE;
	for (const struct err *e = f->err; e; e = err_cause(e)) {
		json_t *link = json_object();
		AUTO_TEXT char *text = told ? msg_render_english(err_what(e)) : NULL;
		put_text(link, "text", text);
		if (!with_names)
			cut_serial(link, "text", false);
		put_text(link, "call", err_call_name(e));
		put_text(link, "answer", err_code_name(e));
		json_array_append_new(chain, link);
	}
	json_object_set_new(o, "chain", chain);
	return o;
}

static json_t *token_object(const json_t *t, bool with_names)
{
	static const char *const always[] = { "manufacturer", "model",	   "reader", "pin",
					      "initialised",  "makes_rsa", "room" };
	json_t *o = json_object();
	for (size_t i = 0; i < ARRAY_LEN(always); i++)
		if (json_object_get(t, always[i]))
			json_object_set(o, always[i], json_object_get(t, always[i]));
	json_t *list = json_array();
	const json_t *certificates = json_object_get(t, "certificates");
	for (size_t i = 0; i < json_array_size(certificates); i++) {
		static const char *const plain[] = { "not_before", "not_after", "key" };
		const json_t *c = json_array_get(certificates, i);
		json_t *entry = json_object();
		for (size_t k = 0; k < ARRAY_LEN(plain); k++)
			if (json_object_get(c, plain[k]))
				json_object_set(entry, plain[k], json_object_get(c, plain[k]));
		if (with_names)
			put_text(entry, "subject", json_text(c, "subject"));
		json_array_append_new(list, entry);
	}
	json_object_set_new(o, "certificates", list);
	if (!with_names)
		cut_serial(o, "reader", true);
	if (with_names) {
		put_text(o, "label", json_text(t, "label"));
		put_text(o, "serial", json_text(t, "serial"));
	}
	return o;
}

static json_t *module_object(const struct job *j, const struct result *r, bool with_names)
{
	json_t *o = json_object(), *tokens = json_array();
	put_text(o, "path", j->module);
	const json_t *list = json_object_get(r->object, "tokens");
	for (size_t i = 0; i < json_array_size(list); i++)
		json_array_append_new(tokens, token_object(json_array_get(list, i), with_names));
	json_object_set_new(o, "tokens", tokens);
	return o;
}

static json_t *profile_object(const struct profile *p)
{
	char fingerprint[FINGERPRINT_SHOWN + 1] = { 0 };
	memcpy(fingerprint, p->fingerprint, FINGERPRINT_SHOWN);
	json_t *o = json_object();
	put_text(o, "name", p->name);
	put_text(o, "fingerprint_begins", fingerprint);
	put_text(o, "url", p->ca.url);
	put_text(o, "module", p->module);
	json_object_set_new(o, "practice", json_boolean(p->practice));
	return o;
}

static json_t *bundle_object(const struct doctor *d, bool with_names)
{
	char now[24];
	clock_utc(clock_now(), now);
	json_t *o = json_object(), *findings = json_array(), *modules = json_array();
	json_object_set_new(o, "inkan", json_string(INKAN_VERSION));
	json_object_set_new(o, "made", json_string(now));
	json_object_set_new(o, "system", system_object());
	for (size_t i = 0; i < d->n; i++)
		json_array_append_new(findings, finding_object(&d->list[i], with_names));
	json_object_set_new(o, "findings", findings);
	const json_t *readers = d->listings[0].readers.object;
	json_object_set_new(o, "readers", readers_object(readers, with_names));
	for (size_t i = 0; i < DOCTOR_LISTINGS; i++)
		for (size_t k = 0; k < d->listings[i].n; k++)
			json_array_append_new(modules, module_object(d->listings[i].jobs[k],
								     &d->listings[i].results[k],
								     with_names));
	json_object_set_new(o, "modules", modules);
	if (d->profile)
		json_object_set_new(o, "profile", profile_object(d->profile));
	return o;
}

static struct err *cannot_write(const char *path, int errnum)
{
	if (errnum != EEXIST)
		return err_errno("write", path, errnum);
	return err_hint(
		err_tag(err_new(ERR_FAILED, N_("The file %1 is there already."), ARG_TEXT(path)),
			"file-exists"),
		N_("Name another file for --bundle, or remove this one."));
}

// 0, or the errno of what went wrong.
static int write_whole(int fd, const char *bytes, size_t len)
{
	for (size_t done = 0; done < len;) {
		ssize_t n = write(fd, bytes + done, len - done);
		if (n < 0 && errno != EINTR)
			return errno;
		done += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

struct err *doctor_bundle(const struct doctor *d, const char *path, bool with_names)
{
	AUTO(json) json_t *o = bundle_object(d, with_names);
	AUTO_TEXT char *line = json_line(o);
	if (!line)
		return err_no_memory();
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return cannot_write(path, errno);
	int errnum = write_whole(fd, line, strlen(line));
	if (!errnum)
		errnum = write_whole(fd, "\n", 1);
	if (close(fd) != 0 && !errnum)
		errnum = errno;
	if (!errnum)
		return NULL;
	unlink(path); // half of it helps nobody, and would be in the way of the next one
	return cannot_write(path, errnum);
}
