// Which private keys are on a token, and which one came since: for modules that ignore CKA_ID, where a pair whose maker died has no name.
#include <string.h>

#include <openssl/evp.h>

#include "base/text.h"
#include "pkcs11/internal.h"

enum { DIGEST_BYTES = 8 };

// What is compared: the beginning of the modulus's SHA-256 in hex, and the label. *digest null: the object does not tell its modulus.
struct seen_key {
	char *digest;
	char label[OBJECT_LABEL_MAX + 1];
	uint8_t modulus[MODULUS_MAX];
	size_t modulus_len;
};

static void seen_key_cleanup(struct seen_key *k)
{
	text_cleanup(&k->digest);
}

static struct err *look(struct session *s, CK_OBJECT_HANDLE object, struct seen_key *out)
{
	uint8_t label[OBJECT_LABEL_MAX], hash[32];
	CK_ATTRIBUTE want[] = { WANT(CKA_MODULUS, out->modulus), WANT(CKA_LABEL, label) };
	TRY(attrs_read(s, object, want, ARRAY_LEN(want)));
	if (attr_has(&want[1])) {
		memcpy(out->label, label, want[1].ulValueLen);
		out->label[want[1].ulValueLen] = '\0';
	}
	if (!attr_has(&want[0]) || want[0].ulValueLen == 0)
		return NULL;
	out->modulus_len = want[0].ulValueLen;
	if (!EVP_Digest(out->modulus, out->modulus_len, hash, NULL, EVP_sha256(), NULL))
		return err_no_memory();
	out->digest = text_hex(hash, DIGEST_BYTES, 0);
	return out->digest ? NULL : err_no_memory();
}

struct err *keypair_census(struct session *s, char **out)
{
	CK_OBJECT_HANDLE found[OBJECTS_MAX];
	size_t n = 0;
	AUTO_BUF struct buf text = BUF(OBJECTS_MAX * (2 * DIGEST_BYTES + 1) + 1);
	TRY(objects_by_id(s, CKO_PRIVATE_KEY, NULL, found, OBJECTS_MAX, &n));
	TRY(buf_puts(&text, ""));
	for (size_t i = 0; i < n; i++) {
		__attribute__((cleanup(seen_key_cleanup))) struct seen_key k = { 0 };
		TRY(look(s, found[i], &k));
		if (k.digest)
			TRY(buf_printf(&text, "%s ", k.digest));
	}
	char *copy = text_copy((const char *)text.data);
	if (!copy)
		return err_no_memory();
	*out = copy;
	return NULL;
}

// The public half: the same numbers.
static struct err *find_public(struct session *s, struct seen_key *k, CK_OBJECT_HANDLE *out)
{
	CK_OBJECT_CLASS class_ = CKO_PUBLIC_KEY;
	CK_ATTRIBUTE fit[] = {
		SAY(CKA_CLASS, class_),
		{ .type = CKA_MODULUS,
		  .pValue = k->modulus,
		  .ulValueLen = (CK_ULONG)k->modulus_len },
	};
	CK_OBJECT_HANDLE found[1];
	size_t n = 0;
	TRY(objects_find(s, fit, ARRAY_LEN(fit), found, 1, &n));
	*out = n ? found[0] : CK_INVALID_HANDLE;
	return NULL;
}

struct err *keypair_find_stray(struct session *s, const char *census, const char *label,
			       struct keypair **out)
{
	CK_OBJECT_HANDLE found[OBJECTS_MAX], stray = CK_INVALID_HANDLE, half = CK_INVALID_HANDLE;
	size_t n = 0, strays = 0;
	*out = NULL;
	if (!label[0])
		return NULL;
	TRY(objects_by_id(s, CKO_PRIVATE_KEY, NULL, found, OBJECTS_MAX, &n));
	for (size_t i = 0; i < n; i++) {
		__attribute__((cleanup(seen_key_cleanup))) struct seen_key k = { 0 };
		TRY(look(s, found[i], &k));
		if (!k.digest || strstr(census, k.digest) ||
		    strncmp(k.label, label, KEY_LABEL_MAX) != 0)
			continue;
		TRY(find_public(s, &k, &half));
		stray = found[i];
		strays++;
	}
	// Of two nobody can say which is ours.
	return strays == 1 ? keypair_load(s, stray, half, &(struct key_id){ 0 }, out) : NULL;
}
