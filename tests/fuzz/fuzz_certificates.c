// Certificates from any bytes, as DER, PEM and PKCS#7, and as a file that somebody brings: what can be read can be shown and judged.
#include "judged.h"
#include "x509/handed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	judged_begin();
	AUTO_CERTS struct cert_list one = { 0 }, pem = { 0 }, bag = { 0 }, handed = { 0 };
	AUTO(cert) struct cert *c = NULL;
	if (fuzz_fine(cert_parse(data, size, &c))) {
		MUST_HOLD(fuzz_fine(cert_list_add(&one, c)));
		judged_try(&one);
	}
	if (fuzz_fine(cert_list_from_pem(data, size, &pem)))
		judged_try(&pem);
	if (fuzz_fine(cert_list_from_pkcs7(data, size, &bag)))
		judged_try(&bag);
	if (fuzz_fine(cert_list_from_handed(data, size, &handed)))
		judged_try(&handed);
	return 0;
}
