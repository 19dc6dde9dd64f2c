// Seeds from a vendor's CSV.
#include "otp/import_csv.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/text.h"
#include "otp/csv_rows.h"
#include "otp/import_inside.h"

enum { DIGITS_USUAL = 6, STEP_USUAL = 30, NOWHERE = CSV_COLUMNS_MAX };

static const struct {
	const char *name;
	const char *usual[12]; // what vendors call it, in lower case, with blanks
} fields[CSV_FIELDS] = {
	[CSV_SERIAL] = { "serial",
			 { "serial", "serial number", "serial no", "serialnumber", "serialno",
			   "token serial", "token serial number", "sn" } },
	[CSV_SECRET] = { "secret",
			 { "secret", "secret key", "seed", "key", "secretkey", "otp secret",
			   "token seed", "secret (hex)", "secret (base32)" } },
	[CSV_KIND] = { "kind", { "kind", "type", "token type", "otp type", "mode" } },
	[CSV_HASH] = { "hash", { "hash", "algorithm", "hash algorithm", "hashlib" } },
	[CSV_DIGITS] = { "digits", { "digits", "otp length", "otplen", "length", "otp digits" } },
	[CSV_STEP] = { "step",
		       { "step", "time step", "timestep", "interval", "time interval",
			 "timeinterval", "period" } },
	[CSV_COUNTER] = { "counter", { "counter", "event counter", "moving factor" } },
	[CSV_MODEL] = { "model", { "model", "token model", "product" } },
	[CSV_MAKER] = { "maker", { "maker", "manufacturer", "vendor" } },
	[CSV_ISSUER] = { "issuer", { "issuer" } },
	[CSV_PERSON] = { "person",
			 { "person", "upn", "user", "username", "user name", "user id", "userid",
			   "owner", "assigned to" } },
};

const char *csv_field_name(enum csv_field field)
{
	return fields[field].name;
}

struct table {
	struct csv_rows rows;
	const struct import_columns *columns; // null: the usual ones
	size_t where[CSV_FIELDS];	      // column from 0 on; NOWHERE
	size_t named;			      // columns that the first line has; 0: it is a token
	enum csv_encoding encoding;
};

static struct err *columns_wrong(struct err *e)
{
	return err_tag(
		err_hint(e,
			 N_("Name the columns of the file in the profile, then import it again.")),
		"csv-columns");
}

// As names are compared: '_' and '-' are blanks, case counts for nothing.
static bool is_named(const char *text, size_t len, const char *name)
{
	if (len != strlen(name))
		return false;
	for (size_t i = 0; i < len; i++) {
		char c = text[i] == '_' || text[i] == '-' ? ' ' : text[i];
		char d = name[i] == '_' || name[i] == '-' ? ' ' : name[i];
		if (strncasecmp(&c, &d, 1) != 0)
			return false;
	}
	return true;
}

static bool is_field(const struct table *t, enum csv_field f, const char *text, size_t len)
{
	if (t->columns)
		return t->columns->of[f].name && is_named(text, len, t->columns->of[f].name);
	for (size_t i = 0; i < ARRAY_LEN(fields[f].usual) && fields[f].usual[i]; i++)
		if (is_named(text, len, fields[f].usual[i]))
			return true;
	return false;
}

static struct err *find_by_name(struct table *t, enum csv_field f)
{
	for (size_t i = 0; i < t->rows.n; i++) {
		size_t len;
		const char *text = csv_cell(&t->rows, i, &len);
		if (!is_field(t, f, text, len))
			continue;
		if (t->where[f] != NOWHERE)
			return columns_wrong(err_new(
				ERR_ANSWER, N_("The CSV file has two columns for the same: “%1”."),
				ARG_TEXT(fields[f].name)));
		t->where[f] = i;
	}
	return NULL;
}

static struct err *find_column(struct table *t, enum csv_field f, bool header)
{
	const struct import_column *c = t->columns ? &t->columns->of[f] : NULL;
	t->where[f] = NOWHERE;
	if (c && c->number > 0)
		t->where[f] = c->number <= CSV_COLUMNS_MAX ? c->number - 1 : NOWHERE;
	else if (header && (!c || c->name))
		TRY(find_by_name(t, f));
	bool wanted = f == CSV_SERIAL || f == CSV_SECRET || (c && (c->name || c->number));
	if (!wanted || t->where[f] != NOWHERE)
		return NULL;
	return columns_wrong(err_new(ERR_ANSWER, N_("The CSV file has no column “%1”."),
				     ARG_TEXT(c && c->name ? c->name : fields[f].name)));
}

// The first line's names, where it has some, and whether a mapping fits them.
static struct err *find_columns(struct table *t)
{
	bool header = !t->columns || t->columns->header, more = false;
	if (header)
		TRY(csv_next(&t->rows, &more));
	for (size_t f = 0; f < CSV_FIELDS && (more || !header); f++)
		TRY(find_column(t, (enum csv_field)f, header));
	t->named = header ? t->rows.n : 0;
	return NULL;
}

static struct err *take_way(struct table *t, enum csv_field f, struct seed *s, bool *has_kind)
{
	static const struct {
		const char *name;
		enum seed_kind kind;
	} kinds[] = { { "hotp", SEED_HOTP },	    { "event", SEED_HOTP },
		      { "event based", SEED_HOTP }, { "oath hotp", SEED_HOTP },
		      { "totp", SEED_TOTP },	    { "time", SEED_TOTP },
		      { "time based", SEED_TOTP },  { "oath totp", SEED_TOTP } };
	size_t len;
	const char *text = csv_cell(&t->rows, t->where[f], &len);
	if (len == 0)
		return NULL;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if (!is_named(text, len, kinds[i].name))
			continue;
		s->kind = kinds[i].kind;
		*has_kind = true;
		return NULL;
	}
	char name[16] = { 0 };
	if (len < sizeof(name))
		memcpy(name, text, len);
	return seed_hash_by_name(name, &s->hash)
		       ? NULL
		       : csv_fault(&t->rows, t->where[f], N_("inkan does not know the algorithm"));
}

static struct err *take_number(struct table *t, enum csv_field f, uint64_t max, bool *is_there,
			       uint64_t *out)
{
	size_t len;
	const char *text = csv_cell(&t->rows, t->where[f], &len);
	*is_there = len > 0;
	if (len == 0 || import_number(text, len, max, out))
		return NULL;
	return csv_fault(&t->rows, t->where[f], N_("a number is none, or is too large"));
}

static struct err *take_words(struct table *t, enum csv_field f, char **out)
{
	size_t len;
	bool good;
	const char *text = csv_cell(&t->rows, t->where[f], &len);
	TRY(import_words(text, len, &good, out));
	return good ? NULL : csv_fault(&t->rows, t->where[f], N_("a name is too long"));
}

static struct err *decode(enum csv_encoding encoding, const char *text, size_t len,
			  struct secret **out)
{
	switch (encoding) {
	case CSV_HEX:
		return seed_from_hex(text, len, out);
	case CSV_BASE64:
		return seed_from_base64(text, len, out);
	default:
		return seed_from_base32(text, len, out);
	}
}

static struct err *take_secret(struct table *t, struct seed *s)
{
	size_t len;
	const char *text = csv_cell(&t->rows, t->where[CSV_SECRET], &len);
	if (len == 0)
		return csv_fault(&t->rows, t->where[CSV_SECRET], N_("there is no secret"));
	struct err *e = decode(t->encoding, text, len, &s->secret);
	return e ? err_caused_by(csv_fault(&t->rows, t->where[CSV_SECRET],
					   N_("the secret cannot be read")),
				 e)
		 : NULL;
}

static void usual_way(const struct table *t, struct seed *s)
{
	const struct import_columns *c = t->columns;
	*s = (struct seed){
		.kind = c ? c->kind : SEED_TOTP,
		.hash = c ? c->hash : SEED_SHA1,
		.digits = c && c->digits ? c->digits : DIGITS_USUAL,
		.step = c && c->step ? c->step : STEP_USUAL,
	};
}

static struct err *take_way_of_values(struct table *t, struct seed *s)
{
	bool has_kind = false, has_digits, has_step, has_counter;
	uint64_t digits = 0, step = 0;
	usual_way(t, s);
	TRY(take_way(t, CSV_KIND, s, &has_kind));
	TRY(take_way(t, CSV_HASH, s, &has_kind));
	TRY(take_number(t, CSV_DIGITS, 99, &has_digits, &digits));
	TRY(take_number(t, CSV_STEP, UINT32_MAX, &has_step, &step));
	TRY(take_number(t, CSV_COUNTER, SEED_COUNTER_MAX, &has_counter, &s->counter));
	if (has_digits)
		s->digits = (unsigned)digits;
	if (has_step)
		s->step = (unsigned)step;
	if (!has_kind && !t->columns && has_counter && !has_step)
		s->kind = SEED_HOTP;
	// Sheets fill every column: a token's kind says which of the two counts.
	if (s->kind == SEED_TOTP)
		s->counter = 0;
	else
		s->step = 0;
	return NULL;
}

static struct err *take_row(struct table *t, struct seed *s)
{
	if (t->named && t->rows.n > t->named)
		return csv_fault(&t->rows, t->named,
				 N_("the line has more columns than the first one"));
	TRY(take_way_of_values(t, s));
	TRY(take_words(t, CSV_SERIAL, &s->serial));
	TRY(take_words(t, CSV_MODEL, &s->model));
	TRY(take_words(t, CSV_MAKER, &s->maker));
	TRY(take_words(t, CSV_ISSUER, &s->issuer));
	TRY(take_words(t, CSV_PERSON, &s->person));
	if (!s->serial)
		return csv_fault(&t->rows, t->where[CSV_SERIAL], N_("there is no serial number"));
	TRY(take_secret(t, s));
	struct err *e = seed_check(s);
	return e ? err_while(e, N_("The CSV file, line %1:"), ARG_NUM(t->rows.row_line)) : NULL;
}

static bool is_hex(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!strchr("0123456789abcdefABCDEF ", text[i]))
			return false;
	return true;
}

// Reads the whole file once. A Base32 secret of 16 characters has digits of hexadecimal alone once in six million times.
static struct err *guess_encoding(struct table *t)
{
	struct csv_rows *r = &t->rows;
	bool more = true;
	t->encoding = CSV_HEX;
	for (;;) {
		TRY(csv_next(r, &more));
		if (!more)
			return NULL;
		size_t len;
		const char *text = csv_cell(r, t->where[CSV_SECRET], &len);
		if (!is_hex(text, len)) {
			t->encoding = CSV_BASE32;
			return NULL;
		}
	}
}

static struct err *take_rows(struct table *t, struct seeds *made)
{
	for (;;) {
		bool more;
		TRY(csv_next(&t->rows, &more));
		if (!more)
			return NULL;
		struct seed s = { 0 };
		struct err *e = take_row(t, &s);
		if (!e)
			e = import_add(made, &s);
		seed_clear(&s);
		TRY(e);
	}
}

// From the line after the names on, once to guess and once to read.
static struct err *take_table(struct table *t, struct seeds *made)
{
	TRY(find_columns(t));
	t->encoding = t->columns ? t->columns->encoding : CSV_GUESS;
	if (t->encoding == CSV_GUESS) {
		const char *at = t->rows.at;
		size_t left = t->rows.left;
		uint64_t line = t->rows.line;
		TRY(guess_encoding(t));
		t->rows.at = at;
		t->rows.left = left;
		t->rows.line = line;
	}
	return take_rows(t, made);
}

struct err *import_csv(const void *bytes, size_t len, const struct import_columns *columns,
		       struct seeds *out)
{
	TRY(import_size(len, IMPORT_MAX));
	struct table t = { .columns = columns };
	AUTO_SEEDS struct seeds made = import_begin(out);
	TRY(csv_open(bytes, len, columns ? columns->separator : 0, &t.rows));
	struct err *e = take_table(&t, &made);
	csv_close(&t.rows);
	TRY(e);
	return import_finish(&made, out);
}
