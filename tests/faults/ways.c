#include "ways.h"

#include <glob.h>
#include <jansson.h>
#include <liboath/oath.h>
#include <sqlite3.h>

#include "base/json.h"
#include "enroll/tool.h"
#include "scratch.h"

static char practice_ca[] = INKAN_BUILD_BINDIR "/bin/inkan-practice-ca";

static char *word(const char *s)
{
	union {
		const char *in;
		char *out;
	} u = { .in = s };
	return u.out;
}

static char *place(const struct way *w, const char *name)
{
	return scratch_path(w->desk->bank.place, name);
}

static bool put(const struct way *w, const char *name, char *text)
{
	AUTO_TEXT char *owned = text;
	AUTO_TEXT char *path = owned ? scratch_file(w->desk->bank.place, name, owned, 0600) : NULL;
	return path != NULL;
}

enum way_kind way_named(const char *name)
{
	static const char *const names[WAYS] = { "est", "portal", "scep", "cmp", "file" };
	enum way_kind k = BY_EST;
	while (k < WAYS && strcmp(names[k], name) != 0)
		k++;
	return k;
}

// --- the person

static bool make_person(struct way *w)
{
	AUTO_TEXT char *dir = place(w, "ca");
	AUTO_TEXT char *out = place(w, "accounts");
	AUTO_BUF struct buf text = BUF(65536);
	char *argv[] = { practice_ca, word("account"), word("add"),  word("--dir"),
			 dir,	      word("--role"),  word("user"), word("--random"),
			 word("1"),   word("--otp"),   word("hotp"), word("--json"),
			 NULL };
	if (tool_run(out, argv) != 0 || buf_read_file(out, 65536, &text))
		return false;
	json_t *list = json_loadb((const char *)text.data, text.len, 0, NULL);
	const json_t *one = json_array_get(list, 0);
	const json_t *fields = json_object_get(one, "fields");
	w->contract_id = text_copy(json_text(fields, "contract_id"));
	w->user_id = text_copy(json_text(fields, "user_id"));
	w->user_pin = text_copy(json_text(fields, "user_pin"));
	w->hotp = text_copy(json_text(one, "hotp"));
	json_decref(list);
	return w->contract_id && w->user_id && w->user_pin && w->hotp;
}

static bool new_secret(struct way *w)
{
	AUTO_TEXT char *dir = place(w, "ca");
	AUTO_TEXT char *out = place(w, "cmp-key");
	AUTO_BUF struct buf text = BUF(65536);
	char *argv[] = { practice_ca,
			 word("account"),
			 word("cmp-key"),
			 word("--dir"),
			 dir,
			 word("--contract-id"),
			 w->contract_id,
			 word("--user-id"),
			 w->user_id,
			 word("--json"),
			 NULL };
	if (tool_run(out, argv) != 0 || buf_read_file(out, 65536, &text))
		return false;
	json_t *key = json_loadb((const char *)text.data, text.len, 0, NULL);
	free(w->secret); // no secret: of an account made for this test
	w->secret = text_copy(json_text(key, "secret"));
	json_decref(key);
	return w->secret != NULL;
}

bool way_anew(struct way *w)
{
	int64_t next = way_count(w).otps;
	if (next >= 0)
		w->counter = (uint64_t)next;
	if (w->kind == BY_FILE)
		unlink(w->request);
	return next >= 0 && (w->kind != BY_CMP || new_secret(w));
}

static char *next_otp(struct way *w)
{
	char otp[8] = "", *secret = NULL;
	size_t len = 0;
	if (oath_base32_decode(w->hotp, strlen(w->hotp), &secret, &len) != OATH_OK)
		return NULL;
	int rc = oath_hotp_generate(secret, len, w->counter++, 6, false,
				    OATH_HOTP_DYNAMIC_TRUNCATION, otp);
	free(secret); // no secret: of an account made for this test
	return rc == OATH_OK ? text_copy(otp) : NULL;
}

bool way_answers(struct way *w)
{
	const char *pin = w->desk->bank.pin;
	AUTO_TEXT char *otp = next_otp(w);
	if (w->kind == BY_CMP || w->kind == BY_FILE)
		return put(
			w, "answers.json",
			text_format("{\"contract_id\":\"%s\",\"user_id\":\"%s\",\"secret\":\"%s\","
				    "\"token_pin\":\"%s\"}",
				    w->contract_id, w->user_id, w->secret ? w->secret : "-", pin));
	return otp &&
	       put(w, "answers.json",
		   text_format("{\"contract_id\":\"%s\",\"user_id\":\"%s\",\"user_pin\":\"%s\","
			       "\"otp\":\"%s\",\"token_pin\":\"%s\"}",
			       w->contract_id, w->user_id, w->user_pin, otp, pin));
}

// --- the profile

// The text with one part replaced; null when it does not stand there. To be freed.
static char *replaced(const char *text, const char *from, const char *to)
{
	const char *hit = text ? strstr(text, from) : NULL;
	return hit ? text_format("%.*s%s%s", (int)(hit - text), text, to, hit + strlen(from))
		   : NULL;
}

// The same bank, by the pages of its portal.
static bool go_by_portal(struct way *w)
{
	AUTO_BUF struct buf text = BUF(65536);
	if (buf_read_file(w->desk->bank.profile, 65536, &text))
		return false;
	AUTO_TEXT char *one = replaced((const char *)text.data, "protocol: est",
				       "protocol: portal\n  portal: {preset: bank}");
	return put(w, "practice.yaml", replaced(one, "/.well-known/est", "/portal/"));
}

// A bank that knows whoever has a secret, or whoever brings a file.
static bool write_profile(struct way *w, const char *role, const char *ca)
{
	return put(
		w, "practice.yaml",
		text_format("format: 1\nname: killing\n"
			    "institution: {name: Practice Shinkin Bank, code: \"1283\"}\n"
			    "practice: true\nmodule: %s\nroles:\n  user:\n    label: User\n"
			    "    fields:\n      contract_id: {label: Contract ID, digits: 10}\n"
			    "      user_id: {label: User ID, max_length: 20}\n%s"
			    "    common_name: \"{contract_id}{user_id}{institution_code}\"\n"
			    "    subject: [{C: JP}, {O: Practice Shinkin Bank}, {CN: "
			    "\"{common_name}\"}]\n"
			    "key: {custody: software, attributes: withheld, retire: destroy}\n"
			    "ca: {%s}\n"
			    "window: {zone: Asia/Tokyo, renew_before_days: 30, reacquire_days: 90, "
			    "after_expiry: reacquire, remind_days: [30, 10]}\n",
			    w->desk->mock, role, ca));
}

static bool go_by_cmp(struct way *w)
{
	AUTO_TEXT char *port_file = place(w, "port");
	AUTO_BUF struct buf port = BUF(64);
	if (buf_read_file(port_file, 64, &port))
		return false;
	port.data[strcspn((char *)port.data, "\r\n")] = '\0';
	AUTO_TEXT char *ca = text_format("protocol: cmp, anchors: ca/practice-ca.pem, "
					 "url: \"https://localhost:%s/.well-known/cmp\"",
					 (const char *)port.data);
	return write_profile(
		w,
		"      secret: {label: Secret, max_length: 40, secret: true}\n"
		"    cmp: {reference: \"{contract_id}/{user_id}\", secret: \"{secret}\"}\n",
		ca);
}

static bool go_by_file(struct way *w)
{
	AUTO_TEXT char *key = place(w, "clerk.key");
	AUTO_TEXT char *cert = place(w, "clerk.pem");
	AUTO_TEXT char *log = place(w, "clerk.log");
	char *argv[] = { word("openssl"),
			 word("req"),
			 word("-x509"),
			 word("-newkey"),
			 word("rsa:2048"),
			 word("-nodes"),
			 word("-keyout"),
			 key,
			 word("-out"),
			 cert,
			 word("-days"),
			 word("3650"),
			 word("-subj"),
			 word("/CN=Clerk"),
			 word("-addext"),
			 word("keyUsage=critical,keyCertSign,cRLSign"),
			 NULL };
	return tool_run(log, argv) == 0 &&
	       put(w, "clerk.ext",
		   text_copy("basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature\n"
			     "extendedKeyUsage=clientAuth\n")) &&
	       write_profile(w, "", "protocol: file, anchors: clerk.pem");
}

bool way_issue(struct way *w)
{
	AUTO_TEXT char *key = place(w, "clerk.key");
	AUTO_TEXT char *cert = place(w, "clerk.pem");
	AUTO_TEXT char *ext = place(w, "clerk.ext");
	char *argv[] = { word("openssl"),
			 word("x509"),
			 word("-req"),
			 word("-in"),
			 w->request,
			 word("-CA"),
			 cert,
			 word("-CAkey"),
			 key,
			 word("-days"),
			 word("365"),
			 word("-extfile"),
			 ext,
			 word("-CAcreateserial"),
			 word("-out"),
			 w->certificate,
			 NULL };
	AUTO_TEXT char *log = place(w, "clerk.log");
	return tool_run(log, argv) == 0;
}

bool way_request_is_there(struct way *w)
{
	glob_t found;
	AUTO_TEXT char *any = text_format("%s*", w->request);
	char *argv[] = { word("openssl"), word("req"),	   word("-in"), w->request,
			 word("-noout"),  word("-verify"), NULL };
	size_t n = glob(any, 0, NULL, &found) == 0 ? found.gl_pathc : 0;
	globfree(&found);
	AUTO_TEXT char *log = place(w, "clerk.log");
	return n == 1 && tool_run(log, argv) == 0;
}

bool way_open(struct way *w, enum way_kind kind, struct desk *desk)
{
	*w = (struct way){ .kind = kind, .desk = desk };
	bank_by_scep = kind == BY_SCEP;
	if (!desk_open(desk))
		return false;
	w->answers = place(w, "answers.json");
	w->request = place(w, "request.pem");
	w->certificate = place(w, "certificate.pem");
	return make_person(w) && (kind != BY_PORTAL || go_by_portal(w)) &&
	       (kind != BY_CMP || go_by_cmp(w)) && (kind != BY_FILE || go_by_file(w));
}

void way_close(struct way *w)
{
	char *all[] = { w->answers, w->request,	 w->certificate, w->contract_id,
			w->user_id, w->user_pin, w->hotp,	 w->secret };
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		free(all[i]); // no secret: of an account made for this test
	desk_close(w->desk);
}

// --- the CA's book

static int64_t number_from(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *s = NULL;
	int64_t n = -1;
	if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW)
		n = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	return n;
}

struct counted way_count(struct way *w)
{
	sqlite3 *db = NULL;
	struct counted c = { -1, -1, -1, -1 };
	AUTO_TEXT char *path = place(w, "ca/practice-ca.db");
	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK) {
		sqlite3_busy_timeout(db, 5000);
		c.issued = number_from(db, "SELECT count(*) FROM issued");
		c.good = number_from(db, "SELECT count(*) FROM issued WHERE revoked_at IS NULL");
		c.otps = number_from(db, "SELECT otp_next FROM account WHERE role = 'user'");
		c.failures = number_from(db, "SELECT coalesce(sum(count), 0) FROM failure");
	}
	sqlite3_close(db);
	return c;
}
