// CsrAttrs: the RFCs' own examples, templates, and what is none.
#include "check.h"

#include <stdarg.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/buf.h"
#include "x509/csrattrs.h"

#define AUTO_CSRATTRS __attribute__((cleanup(csrattrs_free)))

// DER from parts: tag, then contents that were made before.
struct der {
	unsigned char bytes[4096];
	size_t len;
};

static struct der der(unsigned char tag, size_t n, ...)
{
	struct der d = { { tag }, 4 };
	va_list parts;
	va_start(parts, n);
	for (size_t i = 0; i < n; i++) {
		const struct der *p = va_arg(parts, const struct der *);
		memcpy(d.bytes + d.len, p->bytes, p->len);
		d.len += p->len;
	}
	va_end(parts);
	size_t body = d.len - 4;
	if (body < 128) {
		d.bytes[1] = (unsigned char)body;
		memmove(d.bytes + 2, d.bytes + 4, body);
		d.len = body + 2;
	} else {
		d.bytes[1] = 0x82;
		d.bytes[2] = (unsigned char)(body >> 8);
		d.bytes[3] = (unsigned char)body;
	}
	return d;
}

static unsigned char digit(char c)
{
	return (unsigned char)(c <= '9' ? c - '0' : c - 'a' + 10);
}

static struct der raw(const char *hex)
{
	struct der d = { .len = 0 };
	for (; *hex; hex += 2)
		d.bytes[d.len++] = (unsigned char)(digit(hex[0]) << 4 | digit(hex[1]));
	return d;
}

#define OID_CHALLENGE  raw("06092a864886f70d010907")
#define OID_EXT_REQ    raw("06092a864886f70d01090e")
#define OID_RSA	       raw("06092a864886f70d010101")
#define OID_EC	       raw("06072a8648ce3d0201")
#define OID_SHA256_RSA raw("06092a864886f70d01010b")
#define OID_SHA384_RSA raw("06092a864886f70d01010c")
#define OID_SHA512     raw("0609608648016503040203")
#define OID_LINKING    raw("060b2a864886f70d010910023a") // estIdentityLinking
#define OID_TEMPLATE   raw("060b2a864886f70d010910023d")
#define OID_EXT_TEMPL  raw("060b2a864886f70d010910023e")
#define OID_OTHER      raw("06032a0304")
#define KEY_USAGE_BOTH raw("300e0603551d0f0101ff0404030205a0")
#define KEY_USAGE_SIGN raw("300b0603551d0f040403020780")
#define SAN_MAIL                                                                                   \
	raw("30120603551d11040b3009810761"                                                         \
	    "40622e636f6d")
#define SAN_EMPTY raw("30050603551d11")

#define PUT(...)      (&(struct der[]){ __VA_ARGS__ }[0])
#define SEQ1(a)	      der(0x30, 1, PUT(a))
#define SEQ2(a, b)    der(0x30, 2, PUT(a), PUT(b))
#define SEQ3(a, b, c) der(0x30, 3, PUT(a), PUT(b), PUT(c))
#define SET1(a)	      der(0x31, 1, PUT(a))
#define SET0	      der(0x31, 0)

static struct csrattrs parse_fine(struct der d)
{
	struct csrattrs a = { 0 };
	CHECK_OK(csrattrs_parse(d.bytes, d.len, &a));
	return a;
}

static void parse_bad(struct der d)
{
	struct csrattrs a = { 0 };
	CHECK_ERR(csrattrs_parse(d.bytes, d.len, &a), ERR_CA_REFUSED);
	CU_ASSERT(a.n_unknown == 0 && a.attributes.len == 0);
}

// RFC 7030 §4.5.2 and RFC 8951 §4, as base64.
static void test_the_rfc_s_example(void)
{
	static const char base64[] =
		"MEEGCSqGSIb3DQEJBzASBgcqhkjOPQIBMQcGBSuBBAAiMBYGCSqGSIb3DQEJDjEJ"
		"BgcrBgEBAQEWBggqhkjOPQQDAw==";
	struct der d = { .len = 0 };
	int n = EVP_DecodeBlock(d.bytes, (const unsigned char *)base64, (int)strlen(base64));
	d.len = (size_t)n - 2; // two characters of padding
	AUTO_CSRATTRS struct csrattrs a = parse_fine(d);
	CU_ASSERT(a.challenge_password);
	CU_ASSERT(a.other_key_type); // id-ecPublicKey, secp384r1
	CU_ASSERT(a.weak_hash);	     // ecdsa-with-SHA384 only
	CU_ASSERT(a.rsa_bits == 0 && !a.has_key_usage && !a.identity_linking);
	CU_ASSERT(a.attributes.len == 0);
	CU_ASSERT(a.n_unknown == 1); // its extensionRequest holds an OID: RFC 9908 §4
}

static void test_nothing_wanted(void)
{
	AUTO_CSRATTRS struct csrattrs none = parse_fine((struct der){ .len = 0 });
	AUTO_CSRATTRS struct csrattrs empty = parse_fine(raw("3000"));
	CU_ASSERT(!none.challenge_password && !none.other_key_type && none.n_unknown == 0);
	CU_ASSERT(!empty.challenge_password && !empty.other_key_type && !empty.weak_hash);
}

static void test_rsa_of_a_size(void)
{
	AUTO_CSRATTRS struct csrattrs a = parse_fine(SEQ1(SEQ2(OID_RSA, SET1(raw("02020c00")))));
	CU_ASSERT(a.rsa_bits == 3072 && !a.other_key_type);
	AUTO_CSRATTRS struct csrattrs any = parse_fine(SEQ1(SEQ2(OID_RSA, SET0)));
	CU_ASSERT(any.rsa_bits == 0 && !any.other_key_type);
	AUTO_CSRATTRS struct csrattrs bare = parse_fine(SEQ2(OID_RSA, OID_EC));
	CU_ASSERT(!bare.other_key_type);		       // one of them is ours
	parse_bad(SEQ1(SEQ2(OID_RSA, SET1(raw("0202f000"))))); // negative
	parse_bad(SEQ1(SEQ2(OID_RSA, SET1(raw("0404000000ff")))));
	parse_bad(SEQ1(SEQ2(OID_RSA, der(0x31, 2, PUT(raw("02020800")), PUT(raw("02020c00"))))));
}

static void test_hashes(void)
{
	AUTO_CSRATTRS struct csrattrs ours = parse_fine(SEQ2(OID_SHA384_RSA, OID_SHA256_RSA));
	CU_ASSERT(!ours.weak_hash);
	AUTO_CSRATTRS struct csrattrs theirs = parse_fine(SEQ1(OID_SHA384_RSA));
	CU_ASSERT(theirs.weak_hash);
	AUTO_CSRATTRS struct csrattrs digest = parse_fine(SEQ1(OID_SHA512));
	CU_ASSERT(digest.weak_hash);
}

static void test_linking_and_the_unknown(void)
{
	AUTO_CSRATTRS struct csrattrs a =
		parse_fine(SEQ3(OID_LINKING, OID_OTHER, SEQ2(OID_OTHER, SET0)));
	CU_ASSERT(a.identity_linking);
	CU_ASSERT_FATAL(a.n_unknown == 2);
	CU_ASSERT_STRING_EQUAL(a.unknown[0], "1.2.3.4");
}

static void test_extensions_are_taken_apart(void)
{
	struct der exts = SEQ2(KEY_USAGE_BOTH, SAN_MAIL);
	AUTO_CSRATTRS struct csrattrs a = parse_fine(SEQ1(SEQ2(OID_EXT_REQ, SET1(exts))));
	CU_ASSERT(a.has_key_usage && a.key_usage_signature && a.key_usage_encipherment);
	struct der want = SEQ2(OID_EXT_REQ, SET1(SEQ1(SAN_MAIL)));
	CU_ASSERT(a.attributes.len == want.len &&
		  memcmp(a.attributes.data, want.bytes, want.len) == 0);
	AUTO_CSRATTRS struct csrattrs sign =
		parse_fine(SEQ1(SEQ2(OID_EXT_REQ, SET1(SEQ1(KEY_USAGE_SIGN)))));
	CU_ASSERT(sign.has_key_usage && sign.key_usage_signature && !sign.key_usage_encipherment);
	CU_ASSERT(sign.attributes.len == 0);
}

// A made-up RSAPublicKey whose modulus has so many bytes.
static struct der placeholder(size_t bytes)
{
	struct der modulus = { { 0x02, 0x82, (unsigned char)((bytes + 1) >> 8),
				 (unsigned char)(bytes + 1), 0, 0x80 },
			       bytes + 5 };
	struct der key = SEQ2(modulus, raw("0203010001"));
	struct der unused = raw("00");
	return der(0x03, 2, &unused, &key);
}

static void test_a_template_goes_before_the_list(void)
{
	struct der subject = SEQ1(SET1(SEQ1(raw("0603550403"))));
	struct der algorithm = SEQ2(OID_RSA, raw("0500")), bits = placeholder(384);
	struct der key = der(0xa0, 2, &algorithm, &bits);
	struct der ext_attr = SEQ2(OID_EXT_TEMPL, SET1(SEQ3(KEY_USAGE_BOTH, SAN_EMPTY, SAN_MAIL)));
	struct der challenge = SEQ2(OID_CHALLENGE, SET0);
	struct der attrs = der(0xa1, 2, &challenge, &ext_attr), version = raw("020100");
	struct der info = der(0x30, 4, &version, &subject, &key, &attrs);
	AUTO_CSRATTRS struct csrattrs a =
		parse_fine(SEQ3(OID_EC, SEQ2(OID_TEMPLATE, SET1(info)), OID_SHA384_RSA));
	CU_ASSERT(a.rsa_bits == 3072);
	CU_ASSERT(!a.other_key_type && !a.weak_hash); // said beside the template
	CU_ASSERT(a.challenge_password);
	CU_ASSERT(a.key_usage_encipherment && a.key_usage_signature);
	CU_ASSERT(a.attributes.len > 0 && a.n_unknown == 1); // the empty subjectAltName
	CU_ASSERT_FATAL(a.n_subject == 1 && !a.strange_subject);
	CU_ASSERT_STRING_EQUAL(a.subject[0].type, "CN");
	CU_ASSERT_PTR_NULL(a.subject[0].value);
}

static void test_the_subject_of_a_template(void)
{
	struct der cn = SET1(SEQ1(raw("0603550403")));
	struct der unit = SET1(SEQ2(raw("060355040b"), raw("0c03416263"))); // OU=Abc
	struct der empty = SET1(SEQ2(raw("060355040a"), raw("1300")));	    // O, PrintableString ""
	struct der version = raw("020100"), no_attrs = raw("a100");
	struct der subject = SEQ3(empty, unit, cn);
	struct der info = der(0x30, 3, &version, &subject, &no_attrs);
	AUTO_CSRATTRS struct csrattrs a = parse_fine(SEQ1(SEQ2(OID_TEMPLATE, SET1(info))));
	CU_ASSERT_FATAL(a.n_subject == 3 && !a.strange_subject);
	CU_ASSERT_STRING_EQUAL(a.subject[1].type, "OU");
	CU_ASSERT_STRING_EQUAL(a.subject[1].value, "Abc");
	CU_ASSERT(!a.subject[0].value && !a.subject[2].value);
	struct der two = der(0x31, 2, &(struct der[]){ SEQ1(raw("0603550403")) }[0],
			     &(struct der[]){ SEQ1(raw("060355040a")) }[0]);
	subject = SEQ1(two);
	info = der(0x30, 3, &version, &subject, &no_attrs);
	AUTO_CSRATTRS struct csrattrs several = parse_fine(SEQ1(SEQ2(OID_TEMPLATE, SET1(info))));
	CU_ASSERT(several.strange_subject);
	subject = SEQ1(SET1(SEQ2(raw("0603550403"), raw("0101ff")))); // a BOOLEAN for a name
	info = der(0x30, 3, &version, &subject, &no_attrs);
	parse_bad(SEQ1(SEQ2(OID_TEMPLATE, SET1(info))));
}

static struct der template_with(struct der version, struct der part)
{
	return SEQ1(SEQ2(OID_TEMPLATE, SET1(SEQ2(version, part))));
}

static void test_templates_of_another_key_and_broken_ones(void)
{
	struct der ec = SEQ1(OID_EC);
	AUTO_CSRATTRS struct csrattrs a =
		parse_fine(template_with(raw("020100"), der(0xa0, 1, &ec)));
	CU_ASSERT(a.other_key_type);
	parse_bad(template_with(raw("020101"), raw("a100"))); // another version
	parse_bad(template_with(raw("020100"), raw("a200")));
	parse_bad(template_with(raw("020100"), raw("a003020100")));
	struct der one = SEQ2(OID_TEMPLATE, SET1(SEQ2(raw("020100"), raw("a100"))));
	parse_bad(SEQ2(one, one)); // twice
}

static void test_what_is_no_csrattrs_is_refused(void)
{
	parse_bad(raw("04024142"));
	parse_bad(raw("3003020101"));		     // an INTEGER in the list
	parse_bad(raw("30800000"));		     // indefinite length
	parse_bad(raw("3005060355"));		     // cut
	parse_bad(raw("300000"));		     // a byte behind it
	parse_bad(raw("30023000"));		     // an attribute without anything
	parse_bad(SEQ1(SEQ2(OID_RSA, raw("3000")))); // no SET
	parse_bad(raw("3c21444f4354595045"));	     // <!DOCTYPE
}

static void test_it_never_reads_past_a_cut(void)
{
	struct der exts = SEQ2(KEY_USAGE_BOTH, SAN_MAIL);
	struct der whole = SEQ3(OID_CHALLENGE, SEQ2(OID_EXT_REQ, SET1(exts)),
				SEQ2(OID_RSA, SET1(raw("02020c00"))));
	for (size_t len = 1; len < whole.len; len++) {
		unsigned char *cut = malloc(len); // exactly so long, for the sanitizers
		CU_ASSERT_PTR_NOT_NULL_FATAL(cut);
		memcpy(cut, whole.bytes, len);
		struct csrattrs a = { 0 };
		CHECK_ERR(csrattrs_parse(cut, len, &a), ERR_CA_REFUSED);
		free(cut);
	}
	for (size_t at = 0; at < whole.len;
	     at++) { // any byte changed: an answer or an error, never more
		struct der bent = whole;
		bent.bytes[at] ^= 0x55;
		AUTO_CSRATTRS struct csrattrs a = { 0 };
		err_ignore(csrattrs_parse(bent.bytes, bent.len, &a));
		CU_ASSERT(a.n_unknown <= 64);
	}
}

int main(void)
{
	return CHECK_MAIN(
		TEST(test_the_rfc_s_example), TEST(test_nothing_wanted), TEST(test_rsa_of_a_size),
		TEST(test_hashes), TEST(test_linking_and_the_unknown),
		TEST(test_extensions_are_taken_apart), TEST(test_a_template_goes_before_the_list),
		TEST(test_the_subject_of_a_template),
		TEST(test_templates_of_another_key_and_broken_ones),
		TEST(test_what_is_no_csrattrs_is_refused), TEST(test_it_never_reads_past_a_cut));
}
