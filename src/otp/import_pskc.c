// PSKC (RFC 6030): the container.
#include "otp/import_pskc.h"

#include <stdlib.h>
#include <string.h>

struct container {
	struct pskc_crypt crypt;
	struct seeds made;
	bool packages; // began: what says how to read them must come before (RFC 6030 §11)
};

static struct err *take_root(const xmlNode *root)
{
	if (!xml_is(root, NS_PSKC, "KeyContainer"))
		return xml_damaged(root, N_("it is no PSKC KeyContainer"));
	AUTO_TEXT char *version = NULL;
	TRY(xml_attribute(root, "Version", &version));
	if (!version || strcmp(version, "1.0") != 0)
		return xml_unknown(root, N_("there is another version of PSKC than 1.0"), version);
	return NULL;
}

static struct err *take_part(void *ctx, const xmlNode *n, bool is_root)
{
	struct container *c = ctx;
	if (is_root)
		return take_root(n);
	if (xml_is(n, NS_PSKC, "KeyPackage")) {
		c->packages = true;
		return pskc_package(&c->crypt, n, &c->made);
	}
	if (xml_is(n, NS_PSKC, "Signature") || xml_is(n, NS_DS, "Signature"))
		return xml_unknown(n,
				   N_("there is a signature, which inkan does not check: check it "
				      "with another program, then remove it"),
				   NULL);
	if (xml_is(n, NS_PSKC, "Extensions")) // says nothing of how keys are read (RFC 6030 §4.3)
		return NULL;
	if (c->packages)
		return xml_damaged(n, N_("an element stands in the wrong place"));
	if (xml_is(n, NS_PSKC, "EncryptionKey"))
		return pskc_crypt_key(&c->crypt, n);
	if (xml_is(n, NS_PSKC, "MACMethod"))
		return pskc_crypt_mac(&c->crypt, n);
	return xml_unknown(n, N_("there is an element that inkan does not know"),
			   (const char *)n->name);
}

struct err *import_pskc(const void *bytes, size_t len, const struct import_keys *keys,
			struct seeds *out)
{
	static const struct import_keys none;
	struct container c = { .crypt.given = keys ? keys : &none, .made = import_begin(out) };
	struct err *e = xml_walk(bytes, len, take_part, &c);
	if (!e)
		e = import_finish(&c.made, out);
	pskc_crypt_clear(&c.crypt);
	seeds_free(&c.made);
	return e;
}
