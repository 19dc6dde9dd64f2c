// Where URLs lead: every way to write a host is one place, and what hides a host is refused.
#include "check.h"

#include <string.h>

#include "http/inside.h"

static void check_place(const char *url, const char *host_port)
{
	AUTO_PLACE struct place p = { 0 };
	CHECK_OK_OR_END(place_of_url(url, &p));
	CU_ASSERT_STRING_EQUAL(p.host_port, host_port);
}

static void test_one_place_has_one_name(void)
{
	check_place("https://ca.example/", "ca.example:443");
	check_place("https://CA.Example./.well-known/est", "ca.example:443");
	check_place("HTTPS://ca.example:443", "ca.example:443");
	check_place("https://ca.example:8443/x?y#z", "ca.example:8443");
	check_place("http://ca.example/", "ca.example:80");
	check_place("https://127.0.0.1:9443/", "127.0.0.1:9443");
	check_place("https://[::1]:9443/", "[::1]:9443");
	check_place("https://0x7f.1/", "127.0.0.1:443"); // as the resolver would read it
}

static void test_names_outside_ascii_are_the_same_as_their_ascii_form(void)
{
	if (!(curl_version_info(CURLVERSION_NOW)->features & CURL_VERSION_IDN))
		CU_FAIL("libcurl without IDN");
	check_place("https://xn--wgv71a119e.example/", "xn--wgv71a119e.example:443");
	check_place("https://日本語.example/", "xn--wgv71a119e.example:443");
}

static void check_refused(const char *url)
{
	struct place p = { 0 };
	AUTO(err) struct err *e = place_of_url(url, &p);
	if (!e)
		fprintf(stderr, "taken: %s\n", url);
	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	CU_ASSERT(err_kind(e) == ERR_PROFILE);
	CU_ASSERT_PTR_NULL(p.host);
}

static void test_what_is_no_plain_web_address_is_refused(void)
{
	check_refused("ftp://ca.example/");
	check_refused("file:///etc/passwd");
	check_refused("ca.example/x");
	check_refused("https://user@ca.example/");
	check_refused("https://user:word@ca.example/");
	check_refused("https://ca.example@evil.example/");
	check_refused("https://ca.example:0x10/");
	check_refused("https://ca.example:99999/");
	check_refused("https://ca.example\r\nX: y/");
	check_refused("https://ca ex.ample/");
	check_refused("");
	char longer[20000] = "https://ca.example/";
	memset(longer + strlen(longer), 'a', sizeof(longer) - strlen(longer) - 1);
	longer[sizeof(longer) - 1] = 0;
	check_refused(longer);
}

static void check_host(const char *host, const char *host_port)
{
	AUTO_PLACE struct place p = { 0 };
	struct err *e = place_of_host(host, &p);
	CU_ASSERT((e == NULL) == (host_port != NULL));
	if (!e && host_port)
		CU_ASSERT_STRING_EQUAL(p.host_port, host_port);
	err_free(e);
}

static void test_hosts_of_a_profile(void)
{
	check_host("ca.example", "ca.example:443");
	check_host("CA.EXAMPLE:8443", "ca.example:8443");
	check_host("[::1]", "[::1]:443");
	check_host("ca.example/x", NULL);
	check_host("user@ca.example", NULL);
	check_host("ca.example?x", NULL);
	check_host("", NULL);
}

static void check_loopback(const char *url, bool want)
{
	AUTO_PLACE struct place p = { 0 };
	CHECK_OK_OR_END(place_of_url(url, &p));
	CU_ASSERT(place_is_loopback(&p) == want);
}

static void test_loopback_is_known(void)
{
	check_loopback("https://127.0.0.1:1/", true);
	check_loopback("https://127.1.2.3/", true);
	check_loopback("https://LOCALHOST/", true);
	check_loopback("https://ca.localhost/", true);
	check_loopback("https://[::1]/", true);
	check_loopback("https://127.evil.example/", false);
	check_loopback("https://localhost.example/", false);
	check_loopback("https://10.0.0.1/", false);
}

int main(void)
{
	return CHECK_MAIN(TEST(test_one_place_has_one_name),
			  TEST(test_names_outside_ascii_are_the_same_as_their_ascii_form),
			  TEST(test_what_is_no_plain_web_address_is_refused),
			  TEST(test_hosts_of_a_profile), TEST(test_loopback_is_known));
}
