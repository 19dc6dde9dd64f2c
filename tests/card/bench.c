#include "bench.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/core_names.h>
#include <openssl/param_build.h>

static void read_file(const char *name, struct bytes *to)
{
	FILE *in = must(fopen(name, "re"), name);
	int c;
	while ((c = fgetc(in)) != EOF)
		bytes_byte(to, (unsigned)c);
	fclose(in);
}

static void write_file(const char *name, const struct bytes *from)
{
	FILE *out = must(fopen(name, "we"), name);
	if (fwrite(from->data, 1, from->len, out) != from->len || fclose(out) != 0)
		die(name, "cannot be written");
}

static void take_up(struct bench *b, unsigned firmware)
{
	b->card = (struct card){ .serial = 7654321, .firmware = firmware };
	b->card.state_file = b->state;
	b->card.root_file = b->root;
	card_birth(&b->card);
}

void bench_open(struct bench *b, unsigned firmware)
{
	static struct bytes born, root;
	*b = (struct bench){ .dir = "/tmp/inkan-card.XXXXXX" };
	must(mkdtemp(b->dir), "mkdtemp");
	snprintf(b->state, sizeof(b->state), "%s/state", b->dir);
	snprintf(b->root, sizeof(b->root), "%s/root.pem", b->dir);
	if (born.len > 0) {
		write_file(b->state, &born);
		write_file(b->root, &root);
	}
	take_up(b, firmware);
	if (born.len == 0) {
		read_file(b->state, &born);
		read_file(b->root, &root);
	}
	// Only F9 is taken over: the rest is what this firmware comes with.
	piv_factory(&b->card, piv_of(&b->card));
}

void bench_restart(struct bench *b)
{
	unsigned firmware = b->card.firmware;
	card_free(&b->card);
	take_up(b, firmware);
}

void bench_close(struct bench *b)
{
	char key[128];
	snprintf(key, sizeof(key), "%s.key", b->root);
	card_free(&b->card);
	bytes_free(&b->answer);
	unlink(b->state);
	unlink(b->root);
	unlink(key);
	rmdir(b->dir);
}

unsigned bench_send(struct bench *b, const void *command, size_t len)
{
	card_transmit(&b->card, command, len, &b->answer);
	if (b->answer.len < 2)
		die("an answer", "has no status word");
	b->answer.len -= 2;
	const uint8_t *sw = b->answer.data + b->answer.len;
	return (unsigned)sw[0] << 8 | sw[1];
}

unsigned bench_do(struct bench *b, const char *hex)
{
	struct bytes command = { 0 };
	char dense[1024];
	size_t n = 0;
	for (; *hex && n < sizeof(dense) - 1; hex++)
		if (*hex != ' ')
			dense[n++] = *hex;
	dense[n] = '\0';
	if (!hex_read(dense, &command))
		die("no hexadecimal", dense);
	unsigned sw = bench_send(b, command.data, command.len);
	bytes_free(&command);
	return sw;
}

static unsigned one_link(struct bench *b, const struct bytes *head, struct span data, bool more)
{
	struct bytes command = { 0 };
	bytes_put(&command, head->data, head->len);
	command.data[0] |= more ? 0x10 : 0;
	bytes_byte(&command, (unsigned)data.len);
	bytes_put(&command, data.data, data.len);
	unsigned sw = bench_send(b, command.data, command.len);
	bytes_free(&command);
	return sw;
}

static unsigned collect(struct bench *b, unsigned sw)
{
	struct bytes all = { 0 };
	bytes_put(&all, b->answer.data, b->answer.len);
	while (sw >> 8 == 0x61) {
		sw = bench_do(b, "00c0000000");
		bytes_put(&all, b->answer.data, b->answer.len);
	}
	bytes_free(&b->answer);
	b->answer = all;
	return sw;
}

unsigned bench_long(struct bench *b, const char *head, const struct bytes *data)
{
	struct bytes four = { 0 };
	struct span rest = { data->data, data->len }, part;
	if (!hex_read(head, &four))
		die("no hexadecimal", head);
	unsigned sw = 0x9000;
	while (sw == 0x9000 && span_take(&rest, 255, &part))
		sw = one_link(b, &four, part, rest.len > 0);
	if (sw == 0x9000 && rest.len > 0)
		sw = one_link(b, &four, rest, false);
	bytes_free(&four);
	return collect(b, sw);
}

bool bench_got(const struct bench *b, const char *hex)
{
	char *got = hex_write(b->answer.data, b->answer.len);
	bool same = strcmp(got, hex) == 0;
	if (!same)
		fprintf(stderr, "the answer is %s and should be %s\n", got, hex);
	free(got);
	return same;
}

// The one cipher of the card's that all firmware before 5.7 begins with, done here by itself.
static void encrypt(const uint8_t *in, uint8_t *out)
{
	static const uint8_t key[24] = { 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4,
					 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8 };
	EVP_CIPHER_CTX *ctx = must(EVP_CIPHER_CTX_new(), "EVP_CIPHER_CTX_new");
	int n = 0;
	if (!EVP_EncryptInit_ex(ctx, EVP_des_ede3_ecb(), NULL, key, NULL) ||
	    !EVP_CIPHER_CTX_set_padding(ctx, 0) || !EVP_EncryptUpdate(ctx, out, &n, in, 8))
		die("the management key", "does not work");
	EVP_CIPHER_CTX_free(ctx);
}

unsigned bench_manage(struct bench *b)
{
	uint8_t command[] = { 0x00, 0x87, 0x03, 0x9b, 0x0c, 0x7c, 0x0a, 0x82, 0x08,
			      0,    0,	  0,	0,    0,    0,	  0,	0 };
	unsigned sw = bench_do(b, "0087039b 04 7c028100 00");
	struct span challenge = bench_value(b, 0x7c, 0x81);
	if (sw != 0x9000 || challenge.len != 8)
		return sw;
	encrypt(challenge.data, command + 9);
	return bench_send(b, command, sizeof(command));
}

struct span bench_value(const struct bench *b, unsigned outer, unsigned inner)
{
	struct span all = { b->answer.data, b->answer.len }, value;
	if (tlv_find(all, outer, &value) && tlv_find(value, inner, &value))
		return value;
	return (struct span){ NULL, 0 };
}

EVP_PKEY *bench_rsa_key(const struct bench *b)
{
	struct span n = bench_value(b, 0x7f49, 0x81), e = bench_value(b, 0x7f49, 0x82);
	EVP_PKEY *key = NULL;
	OSSL_PARAM_BLD *build = must(OSSL_PARAM_BLD_new(), "OSSL_PARAM_BLD_new");
	BIGNUM *modulus = must(BN_bin2bn(n.data, (int)n.len, NULL), "BN_bin2bn");
	BIGNUM *exponent = must(BN_bin2bn(e.data, (int)e.len, NULL), "BN_bin2bn");
	OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, modulus);
	OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, exponent);
	OSSL_PARAM *params = must(OSSL_PARAM_BLD_to_param(build), "OSSL_PARAM_BLD_to_param");
	EVP_PKEY_CTX *ctx = must(EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL), "EVP_PKEY_CTX");
	if (EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
		die("what was answered", "is no RSA key");
	EVP_PKEY_CTX_free(ctx);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	BN_free(modulus);
	BN_free(exponent);
	return key;
}
