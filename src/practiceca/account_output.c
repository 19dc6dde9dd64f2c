// Accounts and issued certificates, shown.
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/lang.h"
#include "base/text.h"
#include "practiceca/account_output.h"

static struct err *print_json(json_t *j)
{
	char *line = j ? json_line(j) : NULL;
	json_drop(j);
	if (!line)
		return err_no_memory();
	puts(line);
	wipe_free_text(line); // may hold PINs
	return NULL;
}

static json_t *fields_of(const struct new_account *n)
{
	const struct holder *h = &n->account.holder;
	if (holder_is_user(h))
		return json_pack("{s:s,s:s,s:s}", "contract_id", h->contract_id, "user_id",
				 h->user_id, "user_pin", secret_text(n->pin));
	return json_pack("{s:s,s:s,s:s}", "contract_id", h->contract_id, "contract_pin",
			 secret_text(n->pin), "confirm_pin", secret_text(n->confirm));
}

static const char *kind_name(int64_t kind)
{
	return kind == OTP_TOTP ? "totp" : kind == OTP_HOTP ? "hotp" : "";
}

static struct err *one_as_json(const struct new_account *n, json_t **out)
{
	const struct account *a = &n->account;
	char *base32 = NULL;
	json_t *j = json_pack("{s:s,s:o}", "role", holder_role(&a->holder), "fields", fields_of(n));
	if (j && holder_is_user(&a->holder)) {
		struct err *e = otp_secret_text(&a->otp, &base32);
		if (e) {
			json_drop(j);
			return e;
		}
		json_object_set_new(j, kind_name(a->otp.kind), json_string(base32));
		if (a->otp.kind == OTP_HOTP)
			json_object_set_new(j, "counter", json_integer((json_int_t)a->otp.next));
		wipe_free_text(base32);
	}
	if (!j || json_object_set_new(j, "used", json_false())) {
		json_drop(j);
		return err_no_memory();
	}
	*out = j;
	return NULL;
}

static struct err *new_as_json(const struct new_account *list, size_t n)
{
	json_t *all = json_array();
	for (size_t i = 0; all && i < n; i++) {
		json_t *one = NULL;
		struct err *e = one_as_json(&list[i], &one);
		if (e || json_array_append_new(all, one)) {
			json_drop(all);
			return e ? e : err_no_memory();
		}
	}
	return print_json(all);
}

// "Label: value", the value never in a message (it may be a secret).
static void print_field(const char *label, const char *value)
{
	printf("  %s: %s\n", lang_text(label), value);
}

static struct err *new_as_text(const struct new_account *n)
{
	const struct account *a = &n->account;
	char name[NAME_MAX_LEN + 1];
	holder_name(&a->holder, name);
	AUTO(msg) struct msg *m = msg_new(N_("Account added: %1"), ARG_TEXT(name));
	AUTO_TEXT char *text = msg_render(m);
	printf("%s\n", text ? text : name);
	if (!holder_is_user(&a->holder)) {
		print_field(N_("Contract PIN"), secret_text(n->pin));
		print_field(N_("Confirmation PIN"), secret_text(n->confirm));
		return NULL;
	}
	char *base32 = NULL;
	TRY(otp_secret_text(&a->otp, &base32));
	print_field(N_("User PIN"), secret_text(n->pin));
	print_field(a->otp.kind == OTP_TOTP
			    ? N_("Secret of the TOTP token (base32, SHA-1, 6 digits, 30 s)")
			    : N_("Secret of the HOTP token (base32, 6 digits)"),
		    base32);
	wipe_free_text(base32);
	return NULL;
}

struct err *show_new_accounts(const struct new_account *list, size_t n, bool json)
{
	if (json)
		return new_as_json(list, n);
	for (size_t i = 0; i < n; i++)
		TRY(new_as_text(&list[i]));
	return NULL;
}

static const char accounts_sql[] =
	"SELECT a.role, a.contract_id, a.user_id, a.otp_kind, a.pending_polls, a.pending_seconds,"
	" coalesce(f.count, 0), (SELECT count(*) FROM issued i WHERE i.account = a.id),"
	" a.attested_serial"
	" FROM account a LEFT JOIN failure f ON f.name ="
	" a.contract_id || CASE a.user_id WHEN '' THEN '' ELSE '/' || a.user_id END"
	" ORDER BY a.contract_id, a.user_id";

static json_t *account_as_json(const struct rows *r)
{
	json_t *fields = json_pack("{s:s}", "contract_id", rows_text(r, 1));
	if (fields && *rows_text(r, 2))
		json_object_set_new(fields, "user_id", json_string(rows_text(r, 2)));
	json_t *j = json_pack("{s:s,s:o}", "role", rows_text(r, 0), "fields", fields);
	if (j && rows_int(r, 3) != OTP_NONE)
		json_object_set_new(j, "otp", json_string(kind_name(rows_int(r, 3))));
	if (!j || json_object_set_new(j, "pending_polls", json_integer(rows_int(r, 4))) ||
	    json_object_set_new(j, "pending_seconds", json_integer(rows_int(r, 5))) ||
	    json_object_set_new(j, "failures", json_integer(rows_int(r, 6))) ||
	    json_object_set_new(j, "locked", json_boolean(rows_int(r, 6) >= LOCK_AFTER)) ||
	    json_object_set_new(j, "issued", json_integer(rows_int(r, 7))) ||
	    (rows_text(r, 8)[0] && json_object_set_new(j, "token", json_string(rows_text(r, 8))))) {
		json_drop(j);
		return NULL;
	}
	return j;
}

// A cell of a table: padded by its width on the terminal, which Japanese headings need.
static struct err *print_cell(const char *text, size_t width)
{
	AUTO_TEXT char *cell = NULL;
	TRY(text_pad(text, width, &cell));
	printf("%s  ", cell);
	return NULL;
}

enum { TOKEN_WIDTH = 10 }; // a YubiKey's serial number has eight digits today

static struct err *account_as_text(const struct rows *r)
{
	char number[24];
	bool locked = rows_int(r, 6) >= LOCK_AFTER;
	TRY(print_cell(lang_text(*rows_text(r, 2) ? N_("user") : N_("administrator")), 14));
	TRY(print_cell(rows_text(r, 1), CONTRACT_ID_LEN));
	TRY(print_cell(rows_text(r, 2), USER_ID_MAX));
	TRY(print_cell(kind_name(rows_int(r, 3)), 4));
	TRY(print_cell(msg_number(number, rows_int(r, 6)), 8));
	TRY(print_cell(msg_number(number, rows_int(r, 7)), 6));
	TRY(print_cell(rows_text(r, 8), TOKEN_WIDTH));
	puts(lang_text(locked				  ? N_("locked")
		       : rows_int(r, 4) || rows_int(r, 5) ? N_("pending")
							  : N_("ready")));
	return NULL;
}

static struct err *accounts_heading(void)
{
	TRY(print_cell(lang_text(N_("Role")), 14));
	TRY(print_cell(lang_text(N_("Contract")), CONTRACT_ID_LEN));
	TRY(print_cell(lang_text(N_("User")), USER_ID_MAX));
	TRY(print_cell("OTP", 4));
	TRY(print_cell(lang_text(N_("Failures")), 8));
	TRY(print_cell(lang_text(N_("Issued")), 6));
	TRY(print_cell(lang_text(N_("Token")), TOKEN_WIDTH));
	puts(lang_text(N_("State")));
	return NULL;
}

struct err *show_accounts(struct store *s, bool json)
{
	AUTO(rows) struct rows *r = NULL;
	AUTO(json) json_t *all = json_array();
	bool more = false;
	TRY(store_query(s, accounts_sql, NO_VALUES, &r));
	TRY(rows_next(r, &more));
	if (!json && !more) {
		puts(lang_text(N_("There are no accounts yet.")));
		return NULL;
	}
	if (!json)
		TRY(accounts_heading());
	for (; more;) {
		if (json && json_array_append_new(all, account_as_json(r)))
			return err_no_memory();
		if (!json)
			TRY(account_as_text(r));
		TRY(rows_next(r, &more));
	}
	return json ? print_json(json_incref(all)) : NULL;
}

static struct err *issued_as_json(const struct rows *r)
{
	char at[24], begins[24], ends[24];
	clock_utc(rows_int(r, 0), at);
	clock_utc(rows_int(r, 4), begins);
	clock_utc(rows_int(r, 5), ends);
	json_t *j = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s}", "issued", at, "role",
			      rows_text(r, 8), "subject", rows_text(r, 1), "common_name",
			      rows_text(r, 2), "serial", rows_text(r, 3), "not_before", begins,
			      "not_after", ends, "sha256", rows_text(r, 6), "request_sha256",
			      rows_text(r, 7));
	// Only where the token's maker attested the key.
	if (j && rows_text(r, 9)[0])
		json_object_set_new(j, "attested",
				    json_pack("{s:s,s:s}", "serial", rows_text(r, 9), "firmware",
					      rows_text(r, 10)));
	if (j && rows_text(r, 11)[0])
		json_object_set_new(j, "renews", json_string(rows_text(r, 11)));
	if (j && rows_text(r, 14)[0])
		json_object_set_new(j, "vouched_by", json_string(rows_text(r, 14)));
	if (j && !rows_null(r, 12)) {
		clock_utc(rows_int(r, 12), at);
		json_object_set_new(j, "revoked",
				    json_pack("{s:s,s:s}", "at", at, "reason", rows_text(r, 13)));
	}
	return print_json(j);
}

static struct err *issued_as_text(const struct rows *r)
{
	char at[48], ends[48];
	TRY(clock_local(rows_int(r, 0), "Asia/Tokyo", at));
	TRY(clock_local(rows_int(r, 5), "Asia/Tokyo", ends));
	TRY(print_cell(at, 20));
	TRY(print_cell(ends, 20));
	TRY(print_cell(rows_text(r, 3), 32));
	printf("%s%s%s\n", rows_text(r, 2), rows_null(r, 12) ? "" : "  ",
	       rows_null(r, 12) ? "" : lang_text(N_("revoked")));
	return NULL;
}

static struct err *issued_heading(void)
{
	TRY(print_cell(lang_text(N_("Issued")), 20));
	TRY(print_cell(lang_text(N_("Valid until")), 20));
	TRY(print_cell(lang_text(N_("Serial number")), 32));
	puts("Common Name");
	return NULL;
}

struct err *show_issued(struct store *s, bool json)
{
	AUTO(rows) struct rows *r = NULL;
	bool more = false;
	TRY(store_query(
		s,
		"SELECT i.at, i.subject, i.common_name, i.serial, i.not_before, "
		"i.not_after, i.sha256,"
		" i.request_sha256, a.role, i.attested_serial, i.attested_firmware, "
		"o.serial, i.revoked_at, i.revoked_reason, v.common_name FROM issued i JOIN "
		"account a ON a.id = i.account LEFT JOIN issued o ON o.id = i.renews LEFT "
		"JOIN issued v ON v.id = i.vouched_by ORDER BY i.id",
		NO_VALUES, &r));
	TRY(rows_next(r, &more));
	if (!json && !more)
		puts(lang_text(N_("Nothing was issued yet.")));
	else if (!json)
		TRY(issued_heading());
	while (more) {
		TRY(json ? issued_as_json(r) : issued_as_text(r));
		TRY(rows_next(r, &more));
	}
	return NULL;
}
