// The pages of a portal in a profile: what is wrong with them is told with its place.
#include "check.h"
#include "fixture.h"

static void test_pages_of_a_portal(void)
{
	static const char pages[] = "ca.portal.pages";
	static const struct wrong list[] = {
		{ "protocol: portal", "protocol: est", "portal:\n    language", "ca.portal",
		  "for protocol: portal" },
		{ "    language: ja", "    preset: bank", "    pages:", pages,
		  "Give one of the two" },
		{ "  protocol: portal", "  protocol: portal\n  on_behalf: true", "on_behalf",
		  "ca.on_behalf", "no place for one who vouches" },
		{ "    language: ja", "    language: fr", "language: fr", "ca.portal.language",
		  "ja or en" },
		{ "    language: ja", "    auth: basic", "auth: basic", "ca.portal.auth",
		  "need user_name and password" },
		{ "    language: ja", "    certificate_template: X", "certificate_template",
		  "ca.portal.certificate_template", "preset: adcs" },
		{ "next: link, ", "", "top: {", "ca.portal.pages.top.link", "belong together" },
		{ "\"{user_pin}\"\n        press", "\"{user_pim}\"\n        press", "{user_pim}",
		  "ca.portal.pages.one.fields.anshouBangou", "no field {user_pim}" },
		{ "[otp: \"{otp}\"]", "[otp: \"{request}\"]",
		  "[otp:", "ca.portal.pages.two.fields.otp", "only on a page with step: request" },
		{ "[csr: \"{request}\"]", "[csr: \"{user_pin}\"]", "[csr:",
		  "ca.portal.pages.request.fields.csr", "only on a page with step: login" },
		{ "[csr: \"{request}\"]", "[csr: \"x{request}\"]",
		  "[csr:", "ca.portal.pages.request.fields.csr", "stands alone" },
		{ "[csr: \"{request}\"]", "[csr: \"{contract_id}\"]", "    pages:", pages,
		  "needs one page with step: request" },
		{ "step: issued", "step: wait", "    pages:", pages, "a page with step: issued" },
		{ "step: wait", "step: login", "    pages:", pages, "do not stand in the order" },
		{ ", shows: 電子証明書取得完了", "", "done: {", "ca.portal.pages.done.shows",
		  "this key is missing" },
		{ "texts: ご利用を停止しています, ", "", "locked: {", "ca.portal.says.locked",
		  "nothing tells how this is known" },
		{ "means: locked", "means: lost", "means: lost", "ca.portal.says.locked.means",
		  "wrong, locked, refused, pending or expired" },
		{ "fields: [otp: \"{otp}\"]", "fields: [otp: \"{otp}\"]\n        keypad: k",
		  "keypad: k", "ca.portal.pages.two.keypad", "belong together" },
		{ "      two:\n", "      two:\n        roles: owner\n", "roles: owner",
		  "ca.portal.pages.two.roles", "no role owner" },
	};
	check_all("portal-bank", list, ARRAY_LEN(list));
}

// Who may vouch for whom at a CA of Microsoft's, below the role: all of it together, and only there.
static void test_an_agent_of_a_role(void)
{
#define AGENT                                                                                      \
	"    on_behalf: {requester: 'EXAMPLE\\{account}', user_name: \"{account}\", password: "    \
	"\"{password}\"}\n"
#define ALL "  on_behalf: true\n  protocol: portal"
	static const char role[] = "    common_name: \"{account}\"\n", ca[] = "  protocol: portal";
	static const char here[] = "roles.staff.on_behalf";
	static const struct wrong list[] = {
		{ ca, ALL, "on_behalf: true", "ca.on_behalf", "no role says whom the CA enrols" },
		{ role, "    common_name: \"{account}\"\n" AGENT, "    on_behalf:", here,
		  "preset: adcs and ca.on_behalf: true" },
		{ role,
		  "    common_name: \"{account}\"\n    on_behalf: {user_name: a, password: b}\n",
		  "    on_behalf:", "roles.staff.on_behalf.requester", "this key is missing" },
		{ role,
		  "    common_name: \"{account}\"\n    on_behalf: {requester: \"{password}\"}\n",
		  "    on_behalf:", "roles.staff.on_behalf.requester",
		  "must not stand here, where others can read it" },
		{ role,
		  "    common_name: \"{account}\"\n    on_behalf: {requester: \"{acount}\"}\n",
		  "    on_behalf:", "roles.staff.on_behalf.requester", "Did you mean {account}?" },
		{ role,
		  "    common_name: \"{account}\"\n    on_behalf: {requester: a, user_name: b}\n",
		  "    on_behalf:", "roles.staff.on_behalf.password", "belong together" },
		{ role,
		  "    common_name: \"{account}\"\n    on_behalf: {requester: a, user_name: 'b:c', "
		  "password: d}\n",
		  "    on_behalf:", "roles.staff.on_behalf.user_name", "holds no colon" },
	};
	check_all("adcs", list, ARRAY_LEN(list));
}

int main(void)
{
	fixture_begin();
	int rc = CHECK_MAIN(TEST(test_pages_of_a_portal), TEST(test_an_agent_of_a_role));
	fixture_end();
	return rc;
}
