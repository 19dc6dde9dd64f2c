// Time zones: the files of tzdata (RFC 8536, version 2 and later) and the rule at their end.
//
// setenv("TZ") and tzset would do the same and are unsafe beside threads that read the environment
// (a resolver's, a vendor module's).
#include "base/zone.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"

enum { MAX_FILE = 1 << 18, HEAD = 44, DAY = 86400 };

// The sections of one data block of a zone file, as counts and where the block begins.
struct block {
	const uint8_t *data;
	size_t n_ttisut, n_ttisstd, n_leap, n_times, n_types, n_chars;
	size_t wide; // bytes of a time: 4 in the first block, 8 in the second
};

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static int64_t get64(const uint8_t *p)
{
	return (int64_t)((uint64_t)get32(p) << 32 | get32(p + 4));
}

static size_t block_size(const struct block *b)
{
	return b->n_times * (b->wide + 1) + b->n_types * 6 + b->n_chars +
	       b->n_leap * (b->wide + 4) + b->n_ttisstd + b->n_ttisut;
}

// Reads a head and finds the end of its block; false when the file is cut or no zone file.
static bool read_block(const uint8_t *p, const uint8_t *end, size_t wide, struct block *b)
{
	if (end - p < HEAD || memcmp(p, "TZif", 4) != 0 || p[4] < '2')
		return false;
	*b = (struct block){ .data = p + HEAD,
			     .wide = wide,
			     .n_ttisut = get32(p + 20),
			     .n_ttisstd = get32(p + 24),
			     .n_leap = get32(p + 28),
			     .n_times = get32(p + 32),
			     .n_types = get32(p + 36),
			     .n_chars = get32(p + 40) };
	size_t counts[] = {
		b->n_ttisut, b->n_ttisstd, b->n_leap, b->n_times, b->n_types, b->n_chars
	};
	for (size_t i = 0; i < ARRAY_LEN(counts); i++)
		if (counts[i] > MAX_FILE)
			return false;
	return b->n_types > 0 && block_size(b) <= (size_t)(end - b->data);
}

static bool set_type(const struct block *b, size_t type, struct zone_time *out)
{
	const uint8_t *types = b->data + b->n_times * (b->wide + 1);
	const char *names = (const char *)types + b->n_types * 6;
	if (type >= b->n_types)
		return false;
	const uint8_t *t = types + type * 6;
	size_t at = t[5];
	if (at >= b->n_chars || !memchr(names + at, 0, b->n_chars - at))
		return false;
	out->offset = (int32_t)get32(t);
	snprintf(out->name, sizeof(out->name), "%s", names + at);
	return true;
}

// ---- the rule at the end of the file: a POSIX TZ string, "JST-9" or "CET-1CEST,M3.5.0,M10.5.0/3"

struct rule {
	struct zone_time standard, summer;
	bool has_summer;
	int month[2], week[2], day[2]; // Mm.w.d: summer begins, ends
	int64_t time[2];	       // seconds after midnight of that day, local
};

static bool get_number(const char **p, long most, long *out)
{
	char *end;
	if (**p < '0' || **p > '9')
		return false;
	*out = strtol(*p, &end, 10);
	*p = end;
	return *out <= most;
}

static bool get_name(const char **p, char out[static 16])
{
	bool quoted = **p == '<';
	const char *from = *p + quoted;
	size_t n = quoted ? strcspn(from, ">") : strcspn(from, "0123456789+-,");
	if (n == 0 || n > 15 || (quoted && from[n] != '>'))
		return false;
	memcpy(out, from, n);
	out[n] = 0;
	*p = from + n + quoted;
	return true;
}

// [+-]hh[:mm[:ss]]
static bool get_hms(const char **p, int64_t *out)
{
	bool minus = **p == '-';
	if (**p == '-' || **p == '+')
		++*p;
	long part[3] = { 0 };
	if (!get_number(p, 167, &part[0]))
		return false;
	for (int i = 1; i < 3 && **p == ':'; i++) {
		++*p;
		if (!get_number(p, 59, &part[i]))
			return false;
	}
	int64_t s = part[0] * 3600L + part[1] * 60L + part[2];
	*out = minus ? -s : s;
	return true;
}

// ,Mm.w.d[/time]: the only form that tzdata writes for the zones of today.
static bool get_change(const char **p, struct rule *r, int i)
{
	long m, w, d;
	if (strncmp(*p, ",M", 2) != 0)
		return false;
	*p += 2;
	if (!get_number(p, 12, &m) || m < 1 || *(*p)++ != '.' || !get_number(p, 5, &w) || w < 1 ||
	    *(*p)++ != '.' || !get_number(p, 6, &d))
		return false;
	r->month[i] = (int)m;
	r->week[i] = (int)w;
	r->day[i] = (int)d;
	r->time[i] = INT64_C(2) * 3600;
	if (**p != '/')
		return true;
	++*p;
	return get_hms(p, &r->time[i]);
}

static bool parse_rule(const char *p, struct rule *r)
{
	*r = (struct rule){ 0 };
	int64_t west;
	if (!get_name(&p, r->standard.name) || !get_hms(&p, &west))
		return false;
	r->standard.offset = -west;
	if (!*p)
		return true;
	r->has_summer = true;
	if (!get_name(&p, r->summer.name))
		return false;
	r->summer.offset = r->standard.offset + 3600;
	if (*p && *p != ',') {
		if (!get_hms(&p, &west))
			return false;
		r->summer.offset = -west;
	}
	return get_change(&p, r, 0) && get_change(&p, r, 1) && !*p;
}

// The instant of a change in a year, in seconds of UTC; `offset` is what holds before it.
static int64_t change_at(const struct rule *r, int i, int year, int64_t offset)
{
	struct tm first = { .tm_year = year, .tm_mon = r->month[i] - 1, .tm_mday = 1 };
	int64_t t = (int64_t)timegm(&first); // sets tm_wday
	int days = (r->day[i] - first.tm_wday + 7) % 7 + 7 * (r->week[i] - 1);
	struct tm last = { .tm_year = year, .tm_mon = r->month[i], .tm_mday = 0 };
	timegm(&last); // normalises to the last day of the month
	while (days >= last.tm_mday)
		days -= 7; // week 5 is the last one
	return t + (int64_t)days * DAY + r->time[i] - offset;
}

static struct zone_time apply_rule(const struct rule *r, int64_t t)
{
	if (!r->has_summer)
		return r->standard;
	time_t local = (time_t)(t + r->standard.offset);
	struct tm tm;
	if (!gmtime_r(&local, &tm))
		return r->standard;
	int64_t begins = change_at(r, 0, tm.tm_year, r->standard.offset);
	int64_t ends = change_at(r, 1, tm.tm_year, r->summer.offset);
	bool summer = begins < ends ? t >= begins && t < ends : t >= begins || t < ends;
	return summer ? r->summer : r->standard;
}

// ---- the file

// What the table of the block says; false when t lies past its end (then the rule holds) or it is broken.
static bool in_table(const struct block *b, int64_t t, struct zone_time *out)
{
	if (b->n_times == 0 || t < get64(b->data))
		return set_type(b, 0, out) && b->n_times > 0;
	size_t low = 0, high = b->n_times;
	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;
		if (get64(b->data + middle * 8) <= t)
			low = middle;
		else
			high = middle;
	}
	return set_type(b, b->data[b->n_times * 8 + low], out) && low + 1 < b->n_times;
}

static bool read_zone(const struct buf *file, int64_t t, struct zone_time *out)
{
	if (!file->data)
		return false;
	const uint8_t *end = file->data + file->len;
	struct block old, now;
	if (!read_block(file->data, end, 4, &old) ||
	    !read_block(old.data + block_size(&old), end, 8, &now))
		return false;
	struct zone_time z = { 0 };
	if (!in_table(&now, t, &z)) {
		const char *text = (const char *)now.data + block_size(&now);
		size_t left = (size_t)((const char *)end - text);
		const char *stop = left > 1 ? memchr(text + 1, '\n', left - 1) : NULL;
		char rule_text[128];
		struct rule r;
		if (stop && text[0] == '\n' && stop > text + 1 &&
		    (size_t)(stop - text) < sizeof(rule_text)) {
			memcpy(rule_text, text + 1, (size_t)(stop - text) - 1);
			rule_text[stop - text - 1] = 0;
			if (!parse_rule(rule_text, &r))
				return false;
			z = apply_rule(&r, t);
		}
	}
	// An empty rule: the last entry of the table goes on.
	if (!z.name[0])
		return false;
	*out = z;
	return true;
}

static struct err *own_zone(int64_t t, struct zone_time *out)
{
	time_t now = (time_t)t;
	struct tm tm;
	tzset(); // localtime_r need not
	if (!localtime_r(&now, &tm))
		return err_new(ERR_FAILED, N_("The time %1 is out of range."), ARG_NUM(t));
	out->offset = tm.tm_gmtoff;
	snprintf(out->name, sizeof(out->name), "%s", tm.tm_zone ? tm.tm_zone : "");
	return NULL;
}

// A name below the zone directory: no path out of it.
static bool is_zone_name(const char *zone)
{
	const char *allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-/";
	size_t len = strlen(zone);
	return len > 0 && len < 64 && strspn(zone, allowed) == len && zone[0] != '/';
}

struct err *zone_at(const char *zone, int64_t t, struct zone_time *out)
{
	if (!zone)
		return own_zone(t, out);
	if (strcmp(zone, "UTC") == 0) {
		*out = (struct zone_time){ .name = "UTC" };
		return NULL;
	}
	AUTO_BUF struct buf file = { 0 };
	AUTO_TEXT char *path = text_format("/usr/share/zoneinfo/%s", zone);
	if (!path)
		return err_no_memory();
	struct err *e = is_zone_name(zone) ? buf_read_file(path, MAX_FILE, &file) : NULL;
	if (!e && read_zone(&file, t, out))
		return NULL;
	struct err *unknown = err_new(
		ERR_PROFILE, N_("%1 is not a time zone that this machine knows."), ARG_TEXT(zone));
	unknown = err_hint(unknown, N_("Use a name such as Asia/Tokyo, and see that the package "
				       "tzdata is installed."));
	return err_tag(err_caused_by(unknown, e), "bad-time-zone");
}
