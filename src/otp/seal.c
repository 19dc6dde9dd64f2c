// AES-256-GCM with OpenSSL; the key in a file.
#include "otp/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/proc.h"
#include "base/text.h"

struct seal {
	struct secret *key;
};

enum { HEX_KEY = 2 * SEAL_KEY };

void seal_free(struct seal *s)
{
	if (!s)
		return;
	secret_free(s->key);
	free(s);
}

struct err *seal_from_key(const struct secret *key, struct seal **out)
{
	AUTO(seal) struct seal *s = calloc(1, sizeof(*s));
	if (!s)
		return err_no_memory();
	if (secret_len(key) != SEAL_KEY)
		return err_new(ERR_FAILED, N_("A key for seeds has another length."));
	TRY(secret_copy(key, &s->key));
	*out = s;
	s = NULL;
	return NULL;
}

// --- the key in a file

static struct err *key_wrong(const char *path)
{
	return err_hint(
		err_tag(err_new(ERR_ANSWER, N_("The file %1 is no key for seeds."), ARG_TEXT(path)),
			"seal-key-wrong"),
		N_("Bring back the file that was there, from a copy. Without it the seeds "
		   "cannot be read; they would have to be imported again."));
}

static struct err *key_missing(const char *path)
{
	return err_hint(err_tag(err_new(ERR_ANSWER, N_("The key for the seeds, %1, is missing."),
					ARG_TEXT(path)),
				"seal-key-missing"),
			N_("Bring back the file from a copy. Without it the seeds cannot be read; "
			   "they would have to be imported again."));
}

static struct err *key_open_to_others(const char *path, struct err *cause)
{
	return err_caused_by(
		err_hint(err_tag(err_new(ERR_ANSWER,
					 N_("The key for the seeds, %1, can be read by others."),
					 ARG_TEXT(path)),
				 "seal-key-open"),
			 N_("chmod 600 the file. Who may have read it can make every value of "
			    "these tokens: think about new ones.")),
		cause);
}

static struct err *random_key(char text[static HEX_KEY + 2])
{
	uint8_t key[SEAL_KEY];
	if (RAND_priv_bytes(key, sizeof(key)) != 1)
		return err_new(ERR_FAILED, N_("The system gives no random numbers."));
	for (size_t i = 0; i < sizeof(key); i++)
		snprintf(text + 2 * i, 3, "%02x", key[i]);
	wipe(key, sizeof(key));
	text[HEX_KEY] = '\n';
	return NULL;
}

static struct err *not_written(const char *path)
{
	int why = errno;
	return err_call(err_new(ERR_FAILED, N_("%1 cannot be written."), ARG_TEXT(path)), "open",
			strerror(why), (uint64_t)why);
}

// Whole under another name first: two that begin at once both end with the key of one of them.
static struct err *make_key(const char *path)
{
	char text[HEX_KEY + 2];
	AUTO_TEXT char *made = text_format("%s.XXXXXX", path);
	if (!made)
		return err_no_memory();
	int fd = mkostemp(made, O_CLOEXEC);
	if (fd < 0)
		return not_written(path);
	struct err *e = random_key(text);
	if (!e)
		e = proc_write_all(fd, made, text, HEX_KEY + 1);
	wipe(text, sizeof(text));
	close(fd);
	if (!e && link(made, path) != 0 && errno != EEXIST)
		e = not_written(path);
	unlink(made);
	return e;
}

static struct err *sync_place(const char *path)
{
	AUTO_TEXT char *dir = text_copy(path);
	if (!dir)
		return err_no_memory();
	char *slash = strrchr(dir, '/');
	if (!slash)
		return proc_sync_dir(".");
	*slash = '\0';
	return proc_sync_dir(dir[0] ? dir : "/");
}

static struct err *read_key(const char *path, struct secret **out)
{
	char text[HEX_KEY + 2] = "";
	size_t len = SEAL_KEY;
	AUTO(secret) struct secret *key = NULL;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return errno == ENOENT ? key_missing(path) : key_wrong(path);
	ssize_t n = read(fd, text, sizeof(text) - 1);
	close(fd);
	struct err *e = secret_new(SEAL_KEY, &key);
	if (!e && n >= HEX_KEY && (n == HEX_KEY || text[HEX_KEY] == '\n')) {
		text[HEX_KEY] = '\0';
		e = text_unhex(text, secret_room(key), &len);
		secret_set_len(key, len);
	}
	wipe(text, sizeof(text));
	if (e || secret_len(key) != SEAL_KEY) {
		err_free(e);
		return key_wrong(path);
	}
	*out = key;
	key = NULL;
	return NULL;
}

struct err *seal_from_file(const char *path, bool make, struct seal **out)
{
	AUTO(secret) struct secret *key = NULL;
	if (make && access(path, F_OK) != 0) {
		TRY(make_key(path));
		TRY(sync_place(path));
	}
	if (access(path, F_OK) != 0)
		return key_missing(path);
	struct err *open = proc_private_file(path);
	if (open)
		return key_open_to_others(path, open);
	TRY(read_key(path, &key));
	return seal_from_key(key, out);
}

// --- sealing

static struct err *cipher_failed(void)
{
	return err_new(ERR_FAILED, N_("The seed could not be sealed."));
}

static struct err *broken(void)
{
	return err_hint(
		err_tag(err_new(ERR_FAILED,
				N_("A seed cannot be read: it was changed, or its key is another "
				   "one.")),
			"seal-broken"),
		N_("Bring back the database and its key together, from a copy, or import the "
		   "token's seed again."));
}

struct err *seal_put(const struct seal *s, const void *plain, size_t len, const char *bound_to,
		     struct buf *out)
{
	uint8_t nonce[SEAL_NONCE], tag[SEAL_TAG], *text = malloc(len ? len : 1);
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	int n = 0;
	bool fine =
		text && c && len <= SECRET_MAX && RAND_bytes(nonce, sizeof(nonce)) == 1 &&
		EVP_EncryptInit_ex2(c, EVP_aes_256_gcm(), secret_bytes(s->key), nonce, NULL) &&
		EVP_EncryptUpdate(c, NULL, &n, (const uint8_t *)bound_to, (int)strlen(bound_to)) &&
		EVP_EncryptUpdate(c, text, &n, plain, (int)len) &&
		EVP_EncryptFinal_ex(c, text + n, &n) &&
		EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, SEAL_TAG, tag);
	struct err *e = fine ? buf_put(out, nonce, sizeof(nonce)) : cipher_failed();
	if (!e)
		e = buf_put(out, text, len);
	if (!e)
		e = buf_put(out, tag, sizeof(tag));
	EVP_CIPHER_CTX_free(c);
	free(text);
	return e;
}

struct err *seal_open(const struct seal *s, const void *sealed, size_t len, const char *bound_to,
		      struct secret **out)
{
	const uint8_t *at = sealed;
	AUTO(secret) struct secret *plain = NULL;
	if (len < SEAL_OVERHEAD || len > SECRET_MAX)
		return broken();
	size_t n = len - SEAL_OVERHEAD;
	uint8_t tag[SEAL_TAG];
	memcpy(tag, at + len - SEAL_TAG, SEAL_TAG);
	TRY(secret_new(n ? n : 1, &plain));
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	int got = 0;
	bool fine = c &&
		    EVP_DecryptInit_ex2(c, EVP_aes_256_gcm(), secret_bytes(s->key), at, NULL) &&
		    EVP_DecryptUpdate(c, NULL, &got, (const uint8_t *)bound_to,
				      (int)strlen(bound_to)) &&
		    EVP_DecryptUpdate(c, secret_room(plain), &got, at + SEAL_NONCE, (int)n) &&
		    EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, SEAL_TAG, tag) &&
		    EVP_DecryptFinal_ex(c, secret_room(plain) + got, &got);
	EVP_CIPHER_CTX_free(c);
	if (!fine)
		return broken();
	secret_set_len(plain, n);
	*out = plain;
	plain = NULL;
	return NULL;
}
