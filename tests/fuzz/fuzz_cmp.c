// Messages of CMP from any bytes: the header that is read, the error that is read, and the conversation's memory of one over a restart.
#include <string.h>

#include "fuzz.h"
#include "x509/cmp_message.h"

static struct err *no_protection(void *ctx, const void *part, size_t len, struct buf *bits)
{
	(void)ctx;
	MUST_HOLD(part && len > 0);
	return buf_put(bits, "0123456789abcdef", 16);
}

// What is made out of a header is a message whose header says the same.
static void make_one(const struct cmp_header *h)
{
	AUTO_BUF struct buf out = { 0 }, nonce = { 0 }, hash = { 0 };
	struct cmp_header made = { 0 };
	const struct cmp_protector p = { NULL, no_protection, NULL };
	err_ignore(buf_put(&hash, "hash", 4));
	const struct cmp_confirm t = { .like = h->der.data,
				       .like_len = h->der.len,
				       .recipient_nonce = &h->sender_nonce,
				       .cert_hash = &hash,
				       .rejected = "no",
				       .now = 1700000000 };
	struct err *e = cmp_confirm_make(&t, &p, &out, &nonce);
	if (e) {
		err_free(e);
		return;
	}
	e = cmp_header_read(out.data, out.len, &made);
	MUST_HOLD(!e && made.body == CMP_CERTCONF && made.pvno == h->pvno);
	MUST_HOLD(made.transaction.len == h->transaction.len &&
		  made.sender_nonce.len == CMP_NONCE_LEN && !made.implicit_confirm);
	cmp_header_free(&made);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cmp_header h = { 0 };
	struct cmp_status s = { 0 };
	struct err *e = cmp_header_read(data, size, &h);
	if (!e)
		make_one(&h);
	err_free(e);
	cmp_header_free(&h);
	e = cmp_error_read(data, size, &s);
	MUST_HOLD(e || s.text);
	err_free(e);
	text_cleanup(&s.text);
	return 0;
}
