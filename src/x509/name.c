// Names: built from a profile's parts, shown as text.
#include "x509/name.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/objects.h>

#include "base/text.h"

enum { NAME_MAX_TEXT = 1024 };

// RFC 5280 appendix A: the upper bounds that people run into; 0 for the types that have none here.
static const struct {
	size_t max_chars;
	int nid;
	bool printable; // PrintableString, whatever the characters would allow
} name_types[] = {
	{ 2, NID_countryName, true },	     { 64, NID_commonName, false },
	{ 64, NID_organizationName, false }, { 64, NID_organizationalUnitName, false },
	{ 128, NID_localityName, false },    { 128, NID_stateOrProvinceName, false },
	{ 64, NID_serialNumber, true },	     { 40, NID_surname, false },
	{ 16, NID_givenName, false },	     { 64, NID_title, false },
	{ 0, NID_domainComponent, false },   { 0, NID_userId, false },
};

static size_t utf8_chars(const char *s)
{
	size_t n = 0;
	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

static bool is_printable_string(const char *s)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789 '()+,-./:=?";
	return s[strspn(s, allowed)] == '\0';
}

static bool is_country(const char *s)
{
	return strlen(s) == 2 && s[0] >= 'A' && s[0] <= 'Z' && s[1] >= 'A' && s[1] <= 'Z';
}

static struct err *check_value(const char *type, int nid, const char *value, size_t max,
			       bool printable)
{
	if (!text_is_utf8(value, strlen(value)) || value[0] == '\0')
		return err_new(ERR_ANSWER, N_("The name part %1 is empty or no UTF-8 text."),
			       ARG_TEXT(type));
	if (max != 0 && utf8_chars(value) > max)
		return err_tag(err_new(ERR_ANSWER,
				       N_("The name part %1 has more than %2 characters: %3."),
				       ARG_TEXT(type), ARG_NUM(max), ARG_TEXT(value)),
			       "name-too-long");
	if (nid == NID_countryName && !is_country(value))
		return err_new(ERR_ANSWER,
			       N_("A country is two capital letters, such as JP, not “%1”."),
			       ARG_TEXT(value));
	if (printable && !is_printable_string(value))
		return err_new(
			ERR_ANSWER,
			N_("The name part %1 holds a character that is not allowed there: %2."),
			ARG_TEXT(type), ARG_TEXT(value));
	return NULL;
}

static struct err *add_rdn(X509_NAME *name, const struct request_rdn *rdn)
{
	int nid = OBJ_txt2nid(rdn->type);
	size_t i = 0;
	while (i < ARRAY_LEN(name_types) && name_types[i].nid != nid)
		i++;
	if (nid == NID_undef || i == ARRAY_LEN(name_types))
		return err_new(ERR_PROFILE, N_("“%1” is no name part that can stand in a subject."),
			       ARG_TEXT(rdn->type));
	TRY(check_value(rdn->type, nid, rdn->value, name_types[i].max_chars,
			name_types[i].printable));
	// UTF8String is for whatever is not PrintableString by definition (RFC 5280 §4.1.2.4); DC is IA5String.
	int type = name_types[i].printable	? V_ASN1_PRINTABLESTRING
		   : nid == NID_domainComponent ? V_ASN1_IA5STRING
						: V_ASN1_UTF8STRING;
	if (!X509_NAME_add_entry_by_NID(name, nid, type, (const unsigned char *)rdn->value, -1, -1,
					0))
		return ossl_failed("X509_NAME_add_entry_by_NID");
	return NULL;
}

struct err *name_from_rdns(const struct request_rdn *rdns, size_t n, X509_NAME **out)
{
	AUTO(x509_name) X509_NAME *name = X509_NAME_new();
	if (!name)
		return err_no_memory();
	for (size_t i = 0; i < n; i++)
		TRY(add_rdn(name, &rdns[i]));
	*out = name;
	name = NULL;
	return NULL;
}

struct err *name_from_der(const uint8_t *der, size_t len, X509_NAME **out)
{
	const unsigned char *p = der;
	AUTO(x509_name)
	X509_NAME *name = len > LONG_MAX ? NULL : d2i_X509_NAME(NULL, &p, (long)len);
	if (!name || p != der + len)
		return ossl_reason(err_new(ERR_FAILED, N_("The name cannot be read.")),
				   "d2i_X509_NAME");
	*out = name;
	name = NULL;
	return NULL;
}

char *name_text(const X509_NAME *name)
{
	AUTO(bio) BIO *bio = BIO_new(BIO_s_mem());
	// RFC 2253's flags are RFC 4514's, but characters outside ASCII are shown as what they are.
	unsigned long flags = XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB;
	char *bytes = NULL;
	if (!bio || X509_NAME_print_ex(bio, name, 0, flags) < 0)
		return text_copy("");
	long len = BIO_get_mem_data(bio, &bytes);
	return text_safe(bytes, len > 0 ? (size_t)len : 0, NAME_MAX_TEXT);
}

char *name_common_name(const X509_NAME *name, int *count)
{
	int at = -1, last = -1;
	*count = 0;
	while ((at = X509_NAME_get_index_by_NID(name, NID_commonName, at)) >= 0) {
		last = at;
		(*count)++;
	}
	if (last < 0)
		return text_copy("");
	const ASN1_STRING *value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, last));
	AUTO(ossl) unsigned char *utf8 = NULL;
	int len = ASN1_STRING_to_UTF8(&utf8, value);
	if (len < 0 || memchr(utf8, 0, (size_t)len) ||
	    !text_is_utf8((const char *)utf8, (size_t)len))
		return text_copy("");
	return strndup((const char *)utf8, (size_t)len);
}
