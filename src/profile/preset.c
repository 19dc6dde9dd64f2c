// Presets of a portal: pages that need not be written out. They are read like those of a profile.
#include <string.h>

#include "profile/check.h"
#include "profile/document.h"
#include "profile/read.h"

// The pages of the banks that inkan was made for: two entries, a page of preparing, two pages of authentication.
static const char bank[] =
	"pages:\n"
	"  top-admin: {step: login, roles: admin, next: link, link: admin,\n"
	"    shows: [電子証明書取得, Certificate acquisition]}\n"
	"  top-user: {step: login, roles: user, next: link, link: user,\n"
	"    shows: [電子証明書取得, Certificate acquisition]}\n"
	"  preparing: {step: login, next: refresh,\n"
	"    shows: [電子証明書取得前処理中, Preparing the acquisition]}\n"
	"  one-admin: {step: login, roles: admin, shows: [本人認証, Authentication],\n"
	"    fields: [contract_id: '{contract_id}', contract_pin: '{contract_pin}'],\n"
	"    press: next, keypad: keypad, typed_there: contract_pin}\n"
	"  one-user: {step: login, roles: user, shows: [本人認証, Authentication],\n"
	"    fields: [contract_id: '{contract_id}', user_id: '{user_id}', user_pin: "
	"'{user_pin}'],\n"
	"    press: next, keypad: keypad, typed_there: user_pin}\n"
	"  two-admin: {step: login, roles: admin, shows: [本人認証, Authentication],\n"
	"    fields: [confirm_pin: '{confirm_pin}'], press: acquire,\n"
	"    keypad: keypad, typed_there: confirm_pin}\n"
	"  two-user: {step: login, roles: user, shows: [本人認証, Authentication],\n"
	"    fields: [otp: '{otp}'], press: acquire}\n"
	"  request: {step: request, shows: [電子証明書の申請, Certificate request],\n"
	"    fields: [request: '{request}'], press: send}\n"
	"  issuing: {step: wait, next: refresh, shows: [電子証明書発行処理中, The certificate is "
	"being issued]}\n"
	"  done: {step: issued, shows: [電子証明書取得完了, The certificate is here], certificate: "
	"download}\n"
	"says:\n"
	"  wrong: {element: wrong, means: wrong}\n"
	"  locked: {element: locked, means: locked}\n"
	"  expired: {element: expired, means: expired}\n"
	"  refused: {element: refused, means: refused}\n";

struct err *preset_fill(struct profile_portal *portal)
{
	AUTO_FAULTS struct faults f = { .origin = "preset" };
	yaml_document_t doc;
	bool loaded = false;
	TRY(document_read(bank, strlen(bank), &f, &doc, &loaded));
	if (!loaded)
		return faults_take(&f);
	struct err *e = document_fill_table(&doc, &f, &schema_portal_ways, portal);
	yaml_document_delete(&doc);
	return e ? e : faults_take(&f);
}
