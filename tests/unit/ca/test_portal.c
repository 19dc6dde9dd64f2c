// Pages of a portal: forms read and filled in, charsets, addresses, cookies. No network.
#include "ca/portal.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"

static char one_name[] = "one", pin_name[] = "pin", pin_template[] = "{pin}", go[] = "go",
	    keypad[] = "keys", csr_name[] = "csr", csr_template[] = "{request}";
static struct profile_rdn pin_field[] = { { pin_name, pin_template } };

static struct portal_doc *read_page(const char *url, const char *type_charset, const char *html)
{
	struct portal_doc *d = NULL;
	AUTO_ANSWER struct http_answer a = { .status = 200, .retry_after = -1 };
	a.content_type = strdup("text/html");
	a.charset = type_charset ? strdup(type_charset) : NULL;
	CHECK_OK(buf_puts(&a.body, html));
	CHECK_OK(portal_doc_read(url, &a, &d));
	return d;
}

// Every template is the text that ctx is.
static struct err *fill_with(void *ctx, const char *template_text, struct secret **out)
{
	(void)template_text;
	return secret_from(ctx, strlen(ctx), out);
}

static struct err *fill_page(const char *html, const char *charset, struct portal_page *page,
			     const char *value, struct portal_sending *out)
{
	AUTO_TEXT char *text = strdup(value);
	AUTO(portal_doc)
	struct portal_doc *d = read_page("https://ca.example/a/page?x=1", charset, html);
	return portal_fill(d, page, fill_with, text, out);
}

static void check_body(const char *html, const char *charset, struct portal_page *page,
		       const char *value, const char *want)
{
	AUTO_SENDING struct portal_sending s = { 0 };
	CHECK_OK_OR_END(fill_page(html, charset, page, value, &s));
	const char *got = s.body ? secret_text(s.body) : "";
	if (strcmp(got, want) != 0)
		fprintf(stderr, "got:\n%s\nwant:\n%s\n", got, want);
	CU_ASSERT_STRING_EQUAL(got, want);
}

static void check_refused(const char *html, struct portal_page *page, const char *tag,
			  const char *words)
{
	AUTO_SENDING struct portal_sending s = { 0 };
	AUTO(err) struct err *e = fill_page(html, NULL, page, "1", &s);
	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	AUTO_TEXT char *text = err_render(e);
	if (!err_has_tag(e, tag) || !strstr(text, words))
		fprintf(stderr, "wanted %s, %s:\n%s\n", tag, words, text);
	CU_ASSERT(err_has_tag(e, tag) && strstr(text, words));
	CU_ASSERT_PTR_NULL(s.body);
}

static struct portal_page pin_page(void)
{
	return (struct portal_page){ .name = one_name, .fields = pin_field, .n_fields = 1 };
}

static void test_a_form_sends_what_a_browser_sends(void)
{
	struct portal_page page = pin_page();
	page.press = go;
	check_body("<form action=/x method=post><input type=hidden name=t value='a&amp;b=c'>"
		   "<input name=pin value=old><input name=empty><input name=off value=1 disabled>"
		   "<input type=checkbox name=c1><input type=checkbox name=c2 checked>"
		   "<input type=radio name=r value=1><input type=radio name=r value=2 checked>"
		   "<select name=s><option>a<option value=bb selected>b</select>"
		   "<input type=file name=f><input type=reset name=z>"
		   "<input type=submit name=other value=No><button name=go value=yes>Go</button>"
		   "</form>",
		   NULL, &page, "1 2+3", "t=a%26b%3Dc&pin=1+2%2B3&empty=&c2=on&r=2&s=bb&go=yes");
}

static void test_the_first_button_is_pressed_and_only_it(void)
{
	struct portal_page page = pin_page();
	check_body("<form method=post><input name=pin><input type=submit name=a value=A>"
		   "<input type=submit name=b value=B></form>",
		   NULL, &page, "1", "pin=1&a=A");
	page.press = go;
	check_refused("<form method=post><input name=pin><input type=submit name=a value=A></form>",
		      &page, "portal-page", "There is no button go");
}

static void test_the_form_is_found_by_what_it_holds(void)
{
	struct portal_page page = pin_page();
	AUTO_SENDING struct portal_sending s = { 0 };
	CHECK_OK_OR_END(fill_page("<form action=/search><input name=q></form>"
				  "<table><tr><form action='login;v=1?n=2#top' method=POST><td>"
				  "<input name=pin></td></form></tr></table>",
				  NULL, &page, "1", &s));
	CU_ASSERT_STRING_EQUAL(s.url, "https://ca.example/a/login;v=1?n=2");
	CU_ASSERT_STRING_EQUAL(s.method, "POST");
	CU_ASSERT_STRING_EQUAL(s.content_type, "application/x-www-form-urlencoded");
	check_refused("<form method=post><input name=user></form>", &page, "portal-page",
		      "There is no field pin in its form.");
	check_refused("<p>closed</p>", &page, "portal-page", "There is no form in it.");
	page.form = go;
	check_refused("<form id=stop method=post><input name=pin></form>", &page, "portal-page",
		      "There is no form go in it.");
}

static void test_scripts_get_words(void)
{
	struct portal_page page = pin_page();
	check_refused("<script>x()</script><div id=app></div>", &page, "portal-script",
		      "JavaScript");
	check_refused("<form action='javascript:go()' method=post><input name=pin>"
		      "<input type=submit></form>",
		      &page, "portal-script", "JavaScript");
	check_refused("<script></script><form method=post><input name=pin>"
		      "<input type=button onclick='go()'></form>",
		      &page, "portal-script", "JavaScript");
}

static void test_a_secret_goes_into_no_address(void)
{
	struct portal_page page = pin_page();
	check_refused("<form action=/x><input name=pin></form>", &page, "portal-page",
		      "into an address");
}

static void test_lines_of_a_form_end_in_cr_lf(void)
{
	static struct profile_rdn field[] = { { csr_name, csr_template } };
	struct portal_page page = { .name = one_name, .fields = field, .n_fields = 1 };
	check_body("<form method=post><textarea name=csr>\nold</textarea></form>", NULL, &page,
		   "a\nb\r\nc", "csr=a%0D%0Ab%0D%0Ac");
	AUTO_SENDING struct portal_sending s = { 0 };
	CHECK_OK_OR_END(fill_page("<form method=post enctype=multipart/form-data>"
				  "<textarea name=csr></textarea></form>",
				  NULL, &page, "a\nb", &s));
	const char *boundary = strstr(s.content_type, "boundary=");
	CU_ASSERT_PTR_NOT_NULL_FATAL(boundary);
	AUTO_TEXT char *want = text_format(
		"--%s\r\nContent-Disposition: form-data; name=\"csr\"\r\n\r\na\r\nb\r\n--%s--\r\n",
		boundary + 9, boundary + 9);
	CU_ASSERT_STRING_EQUAL(secret_text(s.body), want);
}

static void test_charsets_of_forms(void)
{
	struct portal_page page = pin_page();
	// 次 in Shift_JIS is 8E 9F, in EUC-JP BC A1; ㈱ (87 8A) is in CP932 alone.
	check_body("<form method=post><input name=pin></form>", "shift_jis", &page, "次㈱",
		   "pin=%8E%9F%87%8A");
	check_body("<meta charset=EUC-JP><form method=post><input name=pin></form>", NULL, &page,
		   "次", "pin=%BC%A1");
	check_body("<meta charset=shift_jis><form method=post accept-charset=UTF-8>"
		   "<input name=pin></form>",
		   NULL, &page, "次", "pin=%E6%AC%A1");
	// A label of the page in its own charset comes back in it.
	check_body("<form method=post><input name=pin><input type=submit name=n value=\x8e\x9f>"
		   "</form>",
		   "shift_jis", &page, "1", "pin=1&n=%8E%9F");
}

static void test_a_character_that_does_not_fit_stops_it(void)
{
	struct portal_page page = pin_page();
	AUTO_SENDING struct portal_sending s = { 0 };
	AUTO(err)
	struct err *e = fill_page("<form method=post><input name=pin></form>", "shift_jis", &page,
				  "\xf0\x9f\x94\x91", &s);
	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	CU_ASSERT(err_kind(e) == ERR_PROFILE && err_has_tag(e, "portal-characters"));
	CU_ASSERT_PTR_NULL(s.body);
}

static void test_keys_of_a_keyboard(void)
{
	static char *typed[] = { pin_name };
	struct portal_page page = pin_page();
	page.keypad = keypad;
	page.typed_there = typed;
	page.n_typed_there = 1;
	check_body("<form method=post><input name=pin></form><table id=keys><tr>"
		   "<td data-code=7> 1 </td><td data-code=x9>2</td></tr></table>",
		   NULL, &page, "121", "pin=7x97");
	check_body("<form method=post><input name=pin></form><table id=keys><td>1</table>", NULL,
		   &page, "121", "pin=121");
	check_refused("<form method=post><input name=pin></form><table id=keys>"
		      "<td data-code=7>2</td></table>",
		      &page, "portal-page", "has not all the keys");
	check_refused("<form method=post><input name=pin></form>", &page, "portal-page",
		      "no on-screen keyboard keys");
}

static void test_where_a_reference_leads(void)
{
	static const struct {
		const char *reference, *want; // null: refused
	} rows[] = {
		{ "x", "https://ca.example/a/x" },
		{ "/x?y=1", "https://ca.example/x?y=1" },
		{ "?y=2", "https://ca.example/a/page?y=2" },
		{ "../b/./c", "https://ca.example/b/c" },
		{ "//other.example/x", "https://other.example/x" },
		{ "https://ca.example:8443/x#f", "https://ca.example:8443/x" },
		{ "", "https://ca.example/a/page?q=1" },
		{ "#top", "https://ca.example/a/page?q=1" },
		{ "javascript:alert(1)", NULL },
		{ "data:text/html,x", NULL },
		{ "file:///etc/passwd", NULL },
		{ "https://user:pw@ca.example/", NULL },
		{ "https://", NULL },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO_TEXT char *got = NULL;
		AUTO(err)
		struct err *e =
			http_resolve("https://ca.example/a/page?q=1", rows[i].reference, &got);
		if (!e != !!rows[i].want || (got && strcmp(got, rows[i].want) != 0))
			fprintf(stderr, "%s: %s\n", rows[i].reference, got ? got : "refused");
		CU_ASSERT(!e == !!rows[i].want && (!got || strcmp(got, rows[i].want) == 0));
	}
}

static void check_cookies(const struct portal_cookies *c, const char *url, const char *want)
{
	AUTO_TEXT char *got = NULL;
	CHECK_OK(portal_cookies_header(c, url, &got));
	CU_ASSERT_STRING_EQUAL(got ? got : "", want);
}

static void test_cookies_go_where_they_belong(void)
{
	struct portal_cookies c = { 0 };
	CHECK_OK(portal_cookies_take(
		&c, "https://www.ca.example/app/login",
		"s=1; Path=/app; Secure; HttpOnly\nwide=2; Domain=.ca.example; Path=/\n"
		"own=3\nforeign=4; Domain=other.example\ntop=5; Domain=example\nbroken\n=x"));
	check_cookies(&c, "https://www.ca.example/app/next", "s=1; wide=2; own=3");
	check_cookies(&c, "https://www.ca.example/apple", "wide=2");
	check_cookies(&c, "https://cdn.ca.example/app/x", "wide=2");
	check_cookies(&c, "https://other.example/app", "");
	CHECK_OK(
		portal_cookies_take(&c, "https://www.ca.example/app/x",
				    "s=9; path=/app\nwide=; domain=ca.example; path=/; max-age=0"));
	check_cookies(&c, "https://www.ca.example/app/next", "own=3; s=9");
	portal_cookies_free(&c);
}

static void check_reply(const char *html, int kind, const char *id)
{
	struct adcs_reply r;
	AUTO(portal_doc)
	struct portal_doc *d = read_page("https://ca.example/certsrv/certfnsh.asp", NULL, html);
	adcs_read(d, &r);
	CU_ASSERT_EQUAL((int)r.kind, kind);
	CU_ASSERT_STRING_EQUAL(r.id, id);
}

static void test_what_microsofts_pages_say(void)
{
	check_reply("<A Href=\"certnew.cer?ReqID=12&amp;Enc=b64\">x</A>", ADCS_ISSUED, "12");
	check_reply("<script>document.write('certnew.cer?ReqID=7&Enc='+e)</script>", ADCS_ISSUED,
		    "7");
	check_reply("<p>Your  Request Id\nis 31. Please return</p>", ADCS_PENDING, "31");
	check_reply("<p>要求 ID は 32 です。</p>", ADCS_PENDING, "32");
	check_reply("<p>Your Request Id is 3. The disposition message is \"Denied\"</p>",
		    ADCS_DENIED, "");
	check_reply("<p>Welcome</p>", ADCS_OTHER, "");
	check_reply("<p>Your Request Id is 123456789012345678901234567890.</p>", ADCS_OTHER, "");
}

static void test_a_refresh_is_read(void)
{
	AUTO(portal_doc)
	struct portal_doc *d = read_page(
		"https://ca.example/", NULL,
		"<META HTTP-EQUIV=Refresh CONTENT=\"5; URL='/wait?a=1&amp;b=2'\"><p>電子証明書 "
		"発行\n処理中</p>");
	CU_ASSERT_STRING_EQUAL(d->refresh ? d->refresh : "", "/wait?a=1&b=2");
	CU_ASSERT_EQUAL(d->refresh_seconds, 5);
	CU_ASSERT(portal_doc_has_text(d, "電子証明書発行処理中"));
	CU_ASSERT_FALSE(portal_doc_has_text(d, "電子証明書取得完了"));
}

int main(void)
{
	return CHECK_MAIN(TEST(test_a_form_sends_what_a_browser_sends),
			  TEST(test_the_first_button_is_pressed_and_only_it),
			  TEST(test_the_form_is_found_by_what_it_holds),
			  TEST(test_scripts_get_words), TEST(test_a_secret_goes_into_no_address),
			  TEST(test_lines_of_a_form_end_in_cr_lf), TEST(test_charsets_of_forms),
			  TEST(test_a_character_that_does_not_fit_stops_it),
			  TEST(test_keys_of_a_keyboard), TEST(test_where_a_reference_leads),
			  TEST(test_cookies_go_where_they_belong),
			  TEST(test_what_microsofts_pages_say), TEST(test_a_refresh_is_read));
}
