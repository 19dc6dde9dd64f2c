// Which private keys are on a token, and which one came since: for modules that ignore CKA_ID, where a pair whose maker died has no name;
// that leave a key behind which they refused to make; or that tell no handles.
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/log.h"
#include "base/text.h"
#include "pkcs11/internal.h"

enum { DIGEST_BYTES = 8 };

// What is compared: the beginning of the modulus's SHA-256 in hex, and the label. *digest null: the object does not tell its modulus.
struct seen_key {
	char *digest;
	char label[OBJECT_LABEL_MAX + 1];
	size_t id_len;
	uint8_t modulus[MODULUS_MAX];
	size_t modulus_len;
};

static void seen_key_cleanup(struct seen_key *k)
{
	text_cleanup(&k->digest);
}

static struct err *look(struct session *s, CK_OBJECT_HANDLE object, struct seen_key *out)
{
	uint8_t label[OBJECT_LABEL_MAX], id[CERT_ID_MAX], hash[32];
	CK_ATTRIBUTE want[] = { WANT(CKA_MODULUS, out->modulus), WANT(CKA_LABEL, label),
				WANT(CKA_ID, id) };
	TRY(attrs_read(s, object, want, ARRAY_LEN(want)));
	if (attr_has(&want[1])) {
		memcpy(out->label, label, want[1].ulValueLen);
		out->label[want[1].ulValueLen] = '\0';
	}
	if (attr_has(&want[2]))
		out->id_len = want[2].ulValueLen;
	if (!attr_has(&want[0]) || want[0].ulValueLen == 0)
		return NULL;
	out->modulus_len = want[0].ulValueLen;
	if (!EVP_Digest(out->modulus, out->modulus_len, hash, NULL, EVP_sha256(), NULL))
		return err_no_memory();
	out->digest = text_hex(hash, DIGEST_BYTES, 0);
	return out->digest ? NULL : err_no_memory();
}

// All private keys; *whole false: the token may have more than a search takes, and one that was left out would look new.
static struct err *private_keys(struct session *s, CK_OBJECT_HANDLE found[OBJECTS_MAX], size_t *n,
				bool *whole)
{
	TRY(objects_by_id(s, CKO_PRIVATE_KEY, NULL, found, OBJECTS_MAX, n));
	*whole = *n < OBJECTS_MAX;
	if (!*whole)
		log_info("pkcs11",
			 N_("The token %1 has %2 private keys or more: which of them are new "
			    "cannot be told."),
			 ARG_TEXT(token_name(&s->info)), ARG_NUM(OBJECTS_MAX));
	return NULL;
}

// --- fragments: what a module wrote of a key before it died

// The token says, and not only fails to tell, that the object has no such attribute.
static bool is_without(struct session *s, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type)
{
	CK_ATTRIBUTE want = { .type = type };
	CK_RV rv = P11(s->module, C_GetAttributeValue, s->handle, object, &want, 1);
	if (rv == CKR_ATTRIBUTE_TYPE_INVALID)
		return want.ulValueLen == CK_UNAVAILABLE_INFORMATION;
	return rv == CKR_OK && want.ulValueLen == 0;
}

// The class is read, too: from a token that does not read nothing is concluded.
static bool is_rsa_of(struct session *s, CK_OBJECT_HANDLE object, CK_OBJECT_CLASS class_)
{
	CK_OBJECT_CLASS said = CKO_DATA;
	CK_KEY_TYPE type = CKK_EC;
	CK_ATTRIBUTE want[] = { WANT(CKA_CLASS, said), WANT(CKA_KEY_TYPE, type) };
	CK_RV rv = P11(s->module, C_GetAttributeValue, s->handle, object, want, ARRAY_LEN(want));
	return rv == CKR_OK && want[0].ulValueLen == sizeof(said) &&
	       want[1].ulValueLen == sizeof(type) && said == class_ && type == CKK_RSA;
}

// An RSA key without numbers, name and identifier is of no use to anybody.
static bool is_fragment(struct session *s, CK_OBJECT_HANDLE object, CK_OBJECT_CLASS class_)
{
	return is_rsa_of(s, object, class_) && is_without(s, object, CKA_MODULUS) &&
	       is_without(s, object, CKA_LABEL) && is_without(s, object, CKA_ID);
}

struct count {
	size_t all, fragments;
	CK_OBJECT_HANDLE fragment; // the last one
};
enum { OF_PRIVATE, OF_PUBLIC, CLASSES };

static struct err *count_class(struct session *s, CK_OBJECT_CLASS class_, struct count *out)
{
	CK_OBJECT_HANDLE found[OBJECTS_MAX];
	struct count c = { 0 };
	TRY(objects_by_id(s, class_, NULL, found, OBJECTS_MAX, &c.all));
	for (size_t i = 0; i < c.all; i++)
		if (is_fragment(s, found[i], class_)) {
			c.fragment = found[i];
			c.fragments++;
		}
	*out = c;
	return NULL;
}

static struct err *count_keys(struct session *s, struct count out[static CLASSES])
{
	TRY(count_class(s, CKO_PRIVATE_KEY, &out[OF_PRIVATE]));
	return count_class(s, CKO_PUBLIC_KEY, &out[OF_PUBLIC]);
}

// How many there were stands behind the digests; a census that says nothing of them allows nothing.
static bool counted(const char *census, size_t before[static CLASSES])
{
	static const char said[] = "keys=";
	const char *at = strstr(census, said);
	char *end = NULL;
	if (!at)
		return false;
	at += sizeof(said) - 1;
	before[OF_PRIVATE] = strtoul(at, &end, 10);
	if (end == at || *end != '+')
		return false;
	at = end + 1;
	before[OF_PUBLIC] = strtoul(at, &end, 10);
	return end != at && !*end;
}

// One that was not there: there is one fragment, and it is all that came.
static bool is_all_that_came(const struct count *now, size_t before)
{
	return now->fragments == 1 && now->all == before + 1 && now->all < OBJECTS_MAX;
}

struct err *keypair_clear_fragments(struct session *s, const char *census, size_t *removed)
{
	struct count now[CLASSES];
	size_t before[CLASSES];
	*removed = 0;
	if (!counted(census, before))
		return NULL;
	TRY(count_keys(s, now));
	for (size_t i = 0; i < CLASSES; i++) {
		if (!is_all_that_came(&now[i], before[i]))
			continue;
		TRY(object_destroy(s, now[i].fragment));
		(*removed)++;
	}
	return NULL;
}

struct err *keypair_census(struct session *s, char **out)
{
	CK_OBJECT_HANDLE found[OBJECTS_MAX];
	struct count keys[CLASSES];
	size_t n = 0;
	bool whole = false;
	AUTO_BUF struct buf text = BUF(OBJECTS_MAX * (2 * DIGEST_BYTES + 1) + 64);
	*out = NULL;
	TRY(private_keys(s, found, &n, &whole));
	if (!whole)
		return NULL;
	TRY(buf_puts(&text, ""));
	for (size_t i = 0; i < n; i++) {
		__attribute__((cleanup(seen_key_cleanup))) struct seen_key k = { 0 };
		TRY(look(s, found[i], &k));
		if (k.digest)
			TRY(buf_printf(&text, "%s ", k.digest));
	}
	TRY(count_keys(s, keys));
	TRY(buf_printf(&text, "keys=%zu+%zu", keys[OF_PRIVATE].all, keys[OF_PUBLIC].all));
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
	bool whole = false;
	*out = NULL;
	if (!label[0])
		return NULL;
	TRY(private_keys(s, found, &n, &whole));
	if (!whole)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		__attribute__((cleanup(seen_key_cleanup))) struct seen_key k = { 0 };
		TRY(look(s, found[i], &k));
		// A key with an identifier was not left nameless by us: another run or another program made it since.
		if (k.id_len || !k.digest || strstr(census, k.digest) ||
		    strncmp(k.label, label, KEY_LABEL_MAX) != 0)
			continue;
		TRY(find_public(s, &k, &half));
		stray = found[i];
		strays++;
	}
	// Of two nobody can say which is ours.
	return strays == 1 ? keypair_load(s, stray, half, &(struct key_id){ 0 }, out) : NULL;
}

struct err *keypair_in_census(struct session *s, const struct keypair *k, const char *census,
			      bool *in)
{
	__attribute__((cleanup(seen_key_cleanup))) struct seen_key seen = { 0 };
	*in = false;
	if (!census || !k->private_key)
		return NULL;
	TRY(look(s, k->private_key, &seen));
	*in = seen.digest && strstr(census, seen.digest);
	return NULL;
}

static bool is_new(const struct seen_key *k, const char *census)
{
	return k->digest && !strstr(census, k->digest);
}

struct err *newcomers_find(struct session *s, const struct key_terms *t, struct handles *io)
{
	CK_OBJECT_HANDLE found[OBJECTS_MAX];
	size_t n = 0, fresh = 0;
	bool whole = false;
	struct handles h = { 0 };
	// A handle of zero is none; one that is not zero is believed, and reading it will tell.
	if ((io->private_key && io->public_key) || !t->census)
		return NULL;
	TRY(private_keys(s, found, &n, &whole));
	if (!whole)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		__attribute__((cleanup(seen_key_cleanup))) struct seen_key k = { 0 };
		TRY(look(s, found[i], &k));
		if (!is_new(&k, t->census))
			continue;
		h.private_key = found[i];
		TRY(find_public(s, &k, &h.public_key));
		fresh++;
	}
	if (fresh == 1)
		*io = h;
	return NULL;
}

// A search is not believed: what is destroyed says itself that it is of this class and has this CKA_ID.
static struct err *destroy_named(struct session *s, CK_OBJECT_HANDLE object, CK_OBJECT_CLASS class_,
				 const struct key_id *id)
{
	CK_OBJECT_CLASS said = CKO_DATA;
	uint8_t bytes[CERT_ID_MAX];
	CK_ATTRIBUTE want[] = { WANT(CKA_CLASS, said), WANT(CKA_ID, bytes) };
	TRY(attrs_read(s, object, want, ARRAY_LEN(want)));
	bool ours = attr_has(&want[0]) && said == class_ && attr_has(&want[1]) &&
		    want[1].ulValueLen == id->len && memcmp(bytes, id->bytes, id->len) == 0;
	return ours ? object_destroy(s, object) : NULL;
}

static struct err *clear_class(struct session *s, const struct key_terms *t, CK_OBJECT_CLASS class_)
{
	CK_OBJECT_HANDLE found[4];
	size_t n = 0;
	TRY(objects_by_id(s, class_, &t->id, found, ARRAY_LEN(found), &n));
	for (size_t i = 0; i < n; i++)
		TRY(destroy_named(s, found[i], class_, &t->id));
	return NULL;
}

// A key of somebody else who made one at the same moment has a name of its own.
static bool looks_ours(const struct seen_key *k, const struct key_terms *t)
{
	if (!k->label[0])
		return k->id_len == 0;
	return t->label && strncmp(k->label, t->label, KEY_LABEL_MAX) == 0;
}

static struct err *destroy_newcomer(struct session *s, CK_OBJECT_HANDLE private_key,
				    CK_OBJECT_HANDLE public_key)
{
	TRY(object_destroy(s, private_key));
	return public_key ? object_destroy(s, public_key) : NULL;
}

struct err *newcomers_clear(struct session *s, const struct key_terms *t)
{
	CK_OBJECT_HANDLE found[OBJECTS_MAX], fresh = CK_INVALID_HANDLE, half = CK_INVALID_HANDLE;
	size_t n = 0, strays = 0;
	bool whole = false;
	TRY(clear_class(s, t, CKO_PRIVATE_KEY));
	TRY(clear_class(s, t, CKO_PUBLIC_KEY));
	if (!t->census)
		return NULL;
	TRY(private_keys(s, found, &n, &whole));
	if (!whole)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		__attribute__((cleanup(seen_key_cleanup))) struct seen_key k = { 0 };
		TRY(look(s, found[i], &k));
		if (!is_new(&k, t->census) || !looks_ours(&k, t))
			continue;
		TRY(find_public(s, &k, &half));
		fresh = found[i];
		strays++;
	}
	// One call of ours makes one pair: of two that look like it nobody can say which is ours.
	return strays == 1 ? destroy_newcomer(s, fresh, half) : NULL;
}
