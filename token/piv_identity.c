// CHUID and CCC of a PIV card (SP 800-73-4 part 1, 3.1.1, 3.1.2 and appendix A).
#include "token/piv.h"

#include <string.h>

#include <openssl/rand.h>

enum { GET_DATA = 0xcb, PUT_DATA = 0xdb, OBJECT_MAX = 4096, SW_NOT_FOUND = 0x6a82, GUID_LEN = 16 };

static const uint8_t chuid_id[] = { 0x5f, 0xc1, 0x02 }, ccc_id[] = { 0x5f, 0xc1, 0x07 };

static struct err *is_missing(struct piv *p, const uint8_t id[static 3], bool *missing)
{
	AUTO_BUF struct buf answer = BUF(OBJECT_MAX);
	const uint8_t data[] = { 0x5c, 0x03, id[0], id[1], id[2] };
	unsigned sw = 0;
	TRY(piv_send(p, GET_DATA, 0x3f, 0xff, data, sizeof(data), &answer, &sw));
	if (sw != APDU_OK && sw != SW_NOT_FOUND)
		return piv_refused(p, "GET DATA", sw);
	*missing = sw == SW_NOT_FOUND;
	return NULL;
}

// `content` has at most 127 bytes.
static struct err *write_object(struct piv *p, const uint8_t id[static 3], const uint8_t *content,
				size_t len)
{
	AUTO_BUF struct buf data = BUF(OBJECT_MAX);
	const uint8_t head[] = { 0x5c, 0x03, id[0], id[1], id[2], 0x53, (uint8_t)len };
	unsigned sw = 0;
	TRY(buf_put(&data, head, sizeof(head)));
	TRY(buf_put(&data, content, len));
	TRY(piv_send(p, PUT_DATA, 0x3f, 0xff, data.data, data.len, NULL, &sw));
	return sw == APDU_OK ? NULL : piv_refused(p, "PUT DATA", sw);
}

static struct err *random_bytes(uint8_t *out, size_t n)
{
	if (RAND_bytes(out, (int)n) == 1)
		return NULL;
	return err_tag(err_new(ERR_FAILED, N_("This machine gave no random numbers.")), "random");
}

// As it is written: eight, four, four, four and twelve digits (RFC 4122 §3).
static void guid_text(const uint8_t guid[static GUID_LEN], char out[static CARD_GUID_TEXT])
{
	size_t at = 0;
	for (size_t i = 0; i < GUID_LEN; i++) {
		static const char digits[] = "0123456789abcdef";
		if (i == 4 || i == 6 || i == 8 || i == 10)
			out[at++] = '-';
		out[at++] = digits[guid[i] >> 4];
		out[at++] = digits[guid[i] & 0xf];
	}
	out[at] = '\0';
}

// A FASC-N of no agency (9999, 9999, 999999), the GUID (a UUID of version 4, RFC 4122), an expiration date, no signature.
static struct err *write_chuid(struct piv *p, char guid[static CARD_GUID_TEXT])
{
	enum { GUID_AT = 29 };
	uint8_t chuid[] = { 0x30, 0x19, 0xd4, 0xe7, 0x39, 0xda, 0x73, 0x9c, 0xed, 0x39, 0xce, 0x73,
			    0x9d, 0x83, 0x68, 0x58, 0x21, 0x08, 0x42, 0x10, 0x84, 0x21, 0xc8, 0x42,
			    0x10, 0xc3, 0xeb, 0x34, 0x10, 0,	0,    0,    0,	  0,	0,    0,
			    0,	  0,	0,    0,    0,	  0,	0,    0,    0,	  0x35, 0x08, '2',
			    '0',  '9',	'9',  '1',  '2',  '3',	'1',  0x3e, 0x00, 0xfe, 0x00 };
	TRY(random_bytes(chuid + GUID_AT, GUID_LEN));
	chuid[GUID_AT + 6] = (uint8_t)(0x40 | (chuid[GUID_AT + 6] & 0x0f));
	chuid[GUID_AT + 8] = (uint8_t)(0x80 | (chuid[GUID_AT + 8] & 0x3f));
	guid_text(chuid + GUID_AT, guid);
	return write_object(p, chuid_id, chuid, sizeof(chuid));
}

static struct err *write_ccc(struct piv *p)
{
	enum { CARD_AT = 9, CARD_LEN = 14 };
	uint8_t ccc[] = { 0xf0, 0x15, 0xa0, 0x00, 0x00, 0x01, 0x16, 0xff, 0x02, 0,    0,
			  0,	0,    0,    0,	  0,	0,    0,    0,	  0,	0,    0,
			  0,	0xf1, 0x01, 0x21, 0xf2, 0x01, 0x21, 0xf3, 0x00, 0xf4, 0x01,
			  0x00, 0xf5, 0x01, 0x10, 0xf6, 0x00, 0xf7, 0x00, 0xfa, 0x00, 0xfb,
			  0x00, 0xfc, 0x00, 0xfd, 0x00, 0xfe, 0x00 };
	TRY(random_bytes(ccc + CARD_AT, CARD_LEN));
	return write_object(p, ccc_id, ccc, sizeof(ccc));
}

static enum identity_change change_of(bool missing, bool anew)
{
	return missing ? IDENTITY_WRITTEN : anew ? IDENTITY_RENEWED : IDENTITY_KEPT;
}

struct err *piv_write_identity(struct piv *p, bool anew, struct card_identity_done *out)
{
	struct card_identity_done done = { 0 };
	bool no_chuid = false, no_ccc = false;
	TRY(is_missing(p, chuid_id, &no_chuid));
	TRY(is_missing(p, ccc_id, &no_ccc));
	done.chuid = change_of(no_chuid, anew);
	done.ccc = change_of(no_ccc, anew);
	if (done.chuid != IDENTITY_KEPT)
		TRY(write_chuid(p, done.guid));
	if (done.ccc != IDENTITY_KEPT)
		TRY(write_ccc(p));
	*out = done;
	return NULL;
}
