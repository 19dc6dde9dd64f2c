// The portal's pages: the bank's own words, plain HTML without scripts, in the charset that the server was told.
#include <errno.h>
#include <iconv.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "practiceca/certificates.h"
#include "practiceca/page.h"
#include "practiceca/portal.h"

static const struct {
	const char *en, *ja;
} words[PORTAL_WORDS] = {
	[SAY_BANK] = { "Practice Shinkin Bank", "練習信用金庫" },
	[SAY_TOP] = { "Certificate acquisition", "電子証明書取得" },
	[SAY_ADMIN] = { "For administrators: certificate acquisition", "管理者用：電子証明書取得" },
	[SAY_USER] = { "For users: certificate acquisition", "利用者用：電子証明書取得" },
	[SAY_PREPARING] = { "Preparing the acquisition", "電子証明書取得前処理中" },
	[SAY_AUTHENTICATION] = { "Authentication", "本人認証" },
	[SAY_CONTRACT_ID] = { "Contract ID", "契約者ID（利用者番号）" },
	[SAY_USER_ID] = { "User ID", "利用者ID" },
	[SAY_CONTRACT_PIN] = { "Contract PIN", "ご契約先暗証番号" },
	[SAY_USER_PIN] = { "User PIN", "利用者暗証番号" },
	[SAY_CONFIRM_PIN] = { "Confirmation PIN", "ご契約先確認暗証番号" },
	[SAY_OTP] = { "One-time password", "ワンタイムパスワード" },
	[SAY_KEYBOARD] = { "On-screen keyboard", "ソフトウェアキーボード" },
	[SAY_NEXT] = { "Next", "次へ" },
	[SAY_ACQUIRE] = { "Acquire the certificate", "電子証明書取得" },
	[SAY_REQUEST] = { "Certificate request", "電子証明書の申請" },
	[SAY_REQUEST_FIELD] = { "Request (PKCS#10, PEM)", "証明書署名要求（PKCS#10、PEM）" },
	[SAY_SEND] = { "Send", "送信" },
	[SAY_ISSUING] = { "The certificate is being issued", "電子証明書発行処理中" },
	[SAY_DONE] = { "The certificate is here", "電子証明書取得完了" },
	[SAY_CERTIFICATE] = { "Certificate information", "証明書情報" },
	[SAY_NAME] = { "Common Name", "Common Name（コモンネーム）" },
	[SAY_SERIAL] = { "Serial number", "シリアル番号" },
	[SAY_BEGINS] = { "Valid from", "有効期間の開始" },
	[SAY_ENDS] = { "Valid until", "有効期間の終了" },
	[SAY_DOWNLOAD] = { "Download", "ダウンロード" },
	[SAY_NO] = { "This is not possible", "お取り扱いできません" },
};

static const char *portal_word(bool ja, enum portal_word w)
{
	return ja ? words[w].ja : words[w].en;
}

struct writer {
	struct buf html; // UTF-8
	bool ja;
};

static struct err *word(struct writer *w, enum portal_word say)
{
	return page_escape(&w->html, portal_word(w->ja, say));
}

// refresh: where it goes on by itself, after so many seconds; null: nowhere.
static struct err *head(struct writer *w, enum portal_word title, const char *refresh,
			int64_t seconds)
{
	TRY(buf_printf(&w->html, "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n",
		       w->ja ? "ja" : "en"));
	if (refresh)
		TRY(buf_printf(&w->html, "<meta http-equiv=\"refresh\" content=\"%lld; url=%s\">\n",
			       (long long)seconds, refresh));
	TRY(buf_puts(&w->html, "<title>"));
	TRY(word(w, SAY_BANK));
	TRY(buf_puts(&w->html, "</title>\n</head>\n<body>\n<h1>"));
	TRY(word(w, title));
	return buf_puts(&w->html, "</h1>\n");
}

static void converter_cleanup(iconv_t *c)
{
	if (*c != (iconv_t)-1)
		iconv_close(*c);
}

static struct err *in_charset(const char *charset, struct buf *html, struct buf *out)
{
	__attribute__((cleanup(converter_cleanup))) iconv_t c =
		iconv_open(strcmp(charset, "Shift_JIS") == 0 ? "CP932" : charset, "UTF-8");
	if (c == (iconv_t)-1)
		return err_errno("iconv_open", charset, errno);
	char *in = (char *)html->data;
	size_t left = html->len;
	while (left > 0) {
		char piece[4096], *to = piece;
		size_t room = sizeof piece;
		size_t n = iconv(c, &in, &left, &to, &room);
		TRY(buf_put(out, piece, sizeof piece - room));
		if (n == (size_t)-1 && errno != E2BIG)
			return err_errno("iconv", charset, errno);
	}
	return NULL;
}

struct err *portal_pressed(const struct service *s, const struct session *x,
			   enum portal_word button, const char *value, enum refusal *no)
{
	AUTO_BUF struct buf label = { 0 };
	AUTO_BUF struct buf wanted = { 0 };
	TRY(buf_puts(&label, portal_word(x->ja, button)));
	TRY(in_charset(s->portal_charset, &label, &wanted));
	if (strcmp((const char *)wanted.data, value) != 0)
		*no = REFUSE_PORTAL_FORM;
	return NULL;
}

static struct err *finish(const struct service *s, struct writer *w, unsigned status,
			  struct answer *a)
{
	TRY(buf_puts(&w->html, "</body>\n</html>\n"));
	a->status = status;
	a->content_type = s->portal_type;
	struct err *e = in_charset(s->portal_charset, &w->html, &a->body);
	buf_free(&w->html);
	return e;
}

static struct err *form(struct writer *w, const struct session *x, const char *action)
{
	return buf_printf(
		&w->html,
		"<form id=\"form\" action=\"%s\" method=\"post\">\n<input type=\"hidden\" "
		"name=\"token\" value=\"%s\">\n",
		action, x->token);
}

static struct err *input(struct writer *w, enum portal_word label, const char *type,
			 const char *name)
{
	TRY(buf_puts(&w->html, "<p><label>"));
	TRY(word(w, label));
	return buf_printf(&w->html,
			  " <input type=\"%s\" name=\"%s\" autocomplete=\"off\"></label></p>\n",
			  type, name);
}

static struct err *button(struct writer *w, const char *name, enum portal_word label)
{
	TRY(buf_printf(&w->html, "<p><input type=\"submit\" name=\"%s\" value=\"", name));
	TRY(word(w, label));
	return buf_puts(&w->html, "\"></p>\n</form>\n");
}

// A table of keys. With codes, what stands in data-code is sent in the place of what stands on the key.
static struct err *keyboard(struct writer *w, const struct session *x)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	TRY(buf_puts(&w->html, "<table id=\"keypad\">\n<caption>"));
	TRY(word(w, SAY_KEYBOARD));
	TRY(buf_puts(&w->html, "</caption>\n<tr>"));
	for (int i = 0; i < 10; i++) {
		if (x->codes[0])
			TRY(buf_printf(&w->html, "<td data-code=\"%c\">%d</td>", x->codes[i], i));
		else
			TRY(buf_printf(&w->html, "<td>%d</td>", i));
	}
	for (const char *c = letters; *c; c++) {
		if ((c - letters) % 13 == 0)
			TRY(buf_puts(&w->html, "</tr>\n<tr>"));
		if (x->codes[0])
			TRY(buf_printf(&w->html, "<td data-code=\"%c\">%c</td>", *c, *c));
		else
			TRY(buf_printf(&w->html, "<td>%c</td>", *c));
	}
	return buf_puts(&w->html, "</tr>\n</table>\n");
}

struct err *portal_top(const struct service *s, bool ja, struct answer *a)
{
	struct writer w = { .ja = ja };
	TRY(head(&w, SAY_TOP, NULL, 0));
	TRY(buf_puts(&w.html, "<ul>\n<li><a id=\"admin\" href=\"/portal/admin\">"));
	TRY(word(&w, SAY_ADMIN));
	TRY(buf_puts(&w.html, "</a></li>\n<li><a id=\"user\" href=\"/portal/user\">"));
	TRY(word(&w, SAY_USER));
	TRY(buf_puts(&w.html, "</a></li>\n</ul>\n"));
	return finish(s, &w, 200, a);
}

struct err *portal_preparing(const struct service *s, const struct session *x, struct answer *a)
{
	struct writer w = { .ja = x->ja };
	TRY(head(&w, SAY_PREPARING, "/portal/one", 0));
	return finish(s, &w, 200, a);
}

struct err *portal_page_one(const struct service *s, const struct session *x, struct answer *a)
{
	struct writer w = { .ja = x->ja };
	TRY(head(&w, SAY_AUTHENTICATION, NULL, 0));
	TRY(form(&w, x, "/portal/one"));
	TRY(input(&w, SAY_CONTRACT_ID, "text", "contract_id"));
	if (x->user)
		TRY(input(&w, SAY_USER_ID, "text", "user_id"));
	TRY(x->user ? input(&w, SAY_USER_PIN, "password", "user_pin")
		    : input(&w, SAY_CONTRACT_PIN, "password", "contract_pin"));
	TRY(button(&w, "next", SAY_NEXT));
	TRY(keyboard(&w, x));
	return finish(s, &w, 200, a);
}

struct err *portal_page_two(const struct service *s, const struct session *x, struct answer *a)
{
	struct writer w = { .ja = x->ja };
	TRY(head(&w, SAY_AUTHENTICATION, NULL, 0));
	TRY(form(&w, x, "/portal/two"));
	TRY(x->user ? input(&w, SAY_OTP, "text", "otp")
		    : input(&w, SAY_CONFIRM_PIN, "password", "confirm_pin"));
	TRY(button(&w, "acquire", SAY_ACQUIRE));
	if (!x->user)
		TRY(keyboard(&w, x));
	return finish(s, &w, 200, a);
}

struct err *portal_page_request(const struct service *s, const struct session *x, struct answer *a)
{
	struct writer w = { .ja = x->ja };
	TRY(head(&w, SAY_REQUEST, NULL, 0));
	TRY(form(&w, x, "/portal/request"));
	TRY(buf_puts(&w.html, "<p><label>"));
	TRY(word(&w, SAY_REQUEST_FIELD));
	TRY(buf_puts(&w.html, "<br><textarea name=\"request\" rows=\"20\" "
			      "cols=\"70\"></textarea></label></p>\n"));
	TRY(button(&w, "send", SAY_SEND));
	return finish(s, &w, 200, a);
}

struct err *portal_issuing(const struct service *s, const struct session *x, int64_t wait,
			   struct answer *a)
{
	struct writer w = { .ja = x->ja };
	TRY(head(&w, SAY_ISSUING, "/portal/issuing", wait));
	return finish(s, &w, 200, a);
}

static struct err *item(struct writer *w, enum portal_word label, const char *value)
{
	TRY(buf_puts(&w->html, "<dt>"));
	TRY(word(w, label));
	TRY(buf_puts(&w->html, "</dt><dd>"));
	TRY(page_escape(&w->html, value));
	return buf_puts(&w->html, "</dd>\n");
}

static struct err *information(struct writer *w, const struct session *x, X509 *leaf)
{
	char name[COMMON_NAME_MAX + 1], begins[48], ends[48], serial[64] = "";
	holder_common_name(&x->holder, name);
	TRY(clock_local(certificate_not_before(leaf), "Asia/Tokyo", begins));
	TRY(clock_local(certificate_not_after(leaf), "Asia/Tokyo", ends));
	const ASN1_INTEGER *number = X509_get0_serialNumber(leaf);
	AUTO_TEXT char *hex =
		text_hex(ASN1_STRING_get0_data(number), (size_t)ASN1_STRING_length(number), 0);
	if (!hex)
		return err_no_memory();
	snprintf(serial, sizeof serial, "%.60s", hex);
	TRY(buf_puts(&w->html, "<h2>"));
	TRY(word(w, SAY_CERTIFICATE));
	TRY(buf_puts(&w->html, "</h2>\n<dl>\n"));
	TRY(item(w, SAY_NAME, name));
	TRY(item(w, SAY_SERIAL, serial));
	TRY(item(w, SAY_BEGINS, begins));
	TRY(item(w, SAY_ENDS, ends));
	return buf_puts(&w->html, "</dl>\n");
}

struct err *portal_done(const struct service *s, const struct session *x, X509 *leaf,
			struct answer *a)
{
	struct writer w = { .ja = x->ja };
	X509 *const certs[] = { leaf, s->authority->issuing };
	TRY(head(&w, SAY_DONE, NULL, 0));
	TRY(information(&w, x, leaf));
	TRY(buf_puts(&w.html, "<p><textarea id=\"pem\" rows=\"20\" cols=\"70\" readonly>\n"));
	TRY(certificate_pem(certs, ARRAY_LEN(certs), &w.html));
	TRY(buf_puts(&w.html,
		     "</textarea></p>\n<p><a id=\"download\" href=\"/portal/certificate\">"));
	TRY(word(&w, SAY_DOWNLOAD));
	TRY(buf_puts(&w.html, "</a></p>\n"));
	return finish(s, &w, 200, a);
}

static const char *element_of(enum refusal r)
{
	switch (r) {
	case REFUSE_CREDENTIALS:
	case REFUSE_NOW_LOCKED:
		return "wrong";
	case REFUSE_LOCKED:
		return "locked";
	case REFUSE_PORTAL_SESSION:
		return "expired";
	default:
		return "refused";
	}
}

struct err *portal_no(const struct service *s, const struct call *c, bool ja, enum refusal r,
		      struct answer *a)
{
	struct writer w = { .ja = ja };
	unsigned status = refusal_status(r);
	(void)c;
	a->refusal = r;
	TRY(head(&w, SAY_NO, NULL, 0));
	TRY(buf_printf(&w.html, "<p id=\"%s\">", element_of(r)));
	TRY(page_escape(&w.html, refusal_words(r, ja ? "ja" : "en")));
	TRY(buf_puts(&w.html, "</p>\n"));
	// 401 is for HTTP's own authentication.
	return finish(s, &w, status == 401 ? 403 : status, a);
}
