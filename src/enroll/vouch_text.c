// What is to be signed, as text and back.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "enroll/vouch.h"

struct err *vouch_write(const struct signing_terms *t, char **out)
{
	AUTO_TEXT char *hex = text_hex(t->data, t->len, 0);
	*out = hex ? text_format("%s %s %zu %s %s", t->pss ? "pss" : "pkcs1",
				 signing_hash_name(t->hash), t->pss ? t->salt_len : 0,
				 t->hashed ? "digest" : "message", hex)
		   : NULL;
	return *out ? NULL : err_no_memory();
}

static struct err *unreadable(void)
{
	return err_new(ERR_FAILED, N_("What is to be signed cannot be read."));
}

// One of two words.
static bool which(const char *word, const char *no, const char *yes, bool *out)
{
	*out = strcmp(word, yes) == 0;
	return *out || strcmp(word, no) == 0;
}

static struct err *read_bytes(const char *hex, struct buf *data)
{
	size_t len = strlen(hex) / 2;
	AUTO_BUF struct buf bytes = BUF(VOUCH_MAX_DATA);
	if (len == 0 || len > VOUCH_MAX_DATA)
		return unreadable();
	TRY(buf_put(&bytes, hex, len)); // room for as many
	TRY(text_unhex(hex, bytes.data, &len));
	buf_free(data);
	*data = bytes;
	bytes = (struct buf){ 0 };
	return NULL;
}

struct err *vouch_read(const char *text, struct buf *data, struct signing_terms *t)
{
	char padding[8], hash[12], length[5], form[8];
	int hex_at = 0;
	struct signing_terms read = { 0 };
	if (sscanf(text, "%7s %11s %4[0-9] %7s %n", padding, hash, length, form, &hex_at) != 4 ||
	    !hex_at || !which(padding, "pkcs1", "pss", &read.pss) ||
	    !which(form, "message", "digest", &read.hashed))
		return unreadable();
	unsigned long salt = strtoul(length, NULL, 10);
	if (salt > SIGNING_DIGEST_MAX)
		return unreadable();
	TRY(signing_hash_named(hash, &read.hash));
	TRY(read_bytes(text + hex_at, data));
	read.salt_len = salt;
	read.data = data->data;
	read.len = data->len;
	*t = read;
	return NULL;
}
