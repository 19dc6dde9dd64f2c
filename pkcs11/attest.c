// The maker's attestation of a key, where a module shows it.
#include "pkcs11/attest.h"

#include <stdio.h>
#include <string.h>

#include "pkcs11/internal.h"

static const char yk_intermediate[] = "X.509 Certificate for PIV Attestation";
enum { YK_F9_ID = 25 };

uint8_t attest_slot(const struct key_id *id)
{
	static const uint8_t slots[] = { 0,    0x9a, 0x9c, 0x9d, 0x9e, 0x82, 0x83, 0x84, 0x85,
					 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8b, 0x8c, 0x8d, 0x8e,
					 0x8f, 0x90, 0x91, 0x92, 0x93, 0x94, 0x95 };
	return id->len == 1 && id->bytes[0] < ARRAY_LEN(slots) ? slots[id->bytes[0]] : 0;
}

static struct err *read_value(struct session *s, CK_OBJECT_HANDLE handle, struct buf *out)
{
	uint8_t value[ATTESTATION_MAX_DER];
	CK_ATTRIBUTE want[] = { WANT(CKA_VALUE, value) };
	TRY(attrs_read(s, handle, want, ARRAY_LEN(want)));
	*out = BUF(ATTESTATION_MAX_DER);
	return attr_has(&want[0]) ? buf_put(out, value, want[0].ulValueLen) : NULL;
}

// The certificate with exactly this CKA_ID and label. *there false: none.
static struct err *find_labelled(struct session *s, const struct key_id *id, const char *label,
				 bool *there, struct buf *out)
{
	CK_OBJECT_HANDLE handles[OBJECTS_MAX];
	size_t n = 0;
	*there = false;
	TRY(objects_by_id(s, CKO_CERTIFICATE, id, handles, OBJECTS_MAX, &n));
	for (size_t i = 0; i < n && !*there; i++) {
		uint8_t has[OBJECT_LABEL_MAX];
		CK_ATTRIBUTE want[] = { WANT(CKA_LABEL, has) };
		TRY(attrs_read(s, handles[i], want, ARRAY_LEN(want)));
		*there = attr_has(&want[0]) && want[0].ulValueLen == strlen(label) &&
			 memcmp(has, label, strlen(label)) == 0;
		if (*there)
			TRY(read_value(s, handles[i], out));
	}
	return NULL;
}

static struct err *fetch_yubikey(struct session *s, const struct keypair *k,
				 struct attestation_statement *out)
{
	const struct key_id f9 = { .bytes = { YK_F9_ID }, .len = 1 };
	AUTO_STATEMENT struct attestation_statement st = { .kind = ATTESTATION_YUBIKEY_PIV };
	uint8_t slot = attest_slot(keypair_id(k));
	bool leaf = false, intermediate = false;
	char label[sizeof(yk_intermediate) + 4];
	if (!slot)
		return NULL;
	snprintf(label, sizeof(label), "%s %02x", yk_intermediate, slot);
	TRY(find_labelled(s, keypair_id(k), label, &leaf, &st.leaf));
	if (!leaf)
		return NULL;
	TRY(find_labelled(s, &f9, yk_intermediate, &intermediate, &st.intermediate));
	*out = st;
	st = (struct attestation_statement){ 0 };
	return NULL;
}

struct err *attest_fetch(struct session *s, const struct keypair *k, const struct quirks *q,
			 struct attestation_statement *out)
{
	*out = (struct attestation_statement){ 0 };
	switch (q ? q->attestation : ATTESTATION_NONE) {
	case ATTESTATION_YUBIKEY_PIV:
		return fetch_yubikey(s, k, out);
	case ATTESTATION_NONE:
		break;
	}
	return NULL;
}

bool is_attestation_label(const char *label)
{
	return strncmp(label, yk_intermediate, strlen(yk_intermediate)) == 0;
}
