// The PIV applet's lines of the state file. The first says whose state it is.
#include "piv.h"

#include <stdlib.h>
#include <string.h>

static void put_hex(FILE *to, const uint8_t *data, size_t len)
{
	char *text = hex_write(data, len);
	fprintf(to, " %s\n", text);
	free(text);
}

static void save_secret(FILE *to, const char *name, const struct piv_secret *s)
{
	fprintf(to, "piv-%s %u %u", name, s->tries, s->total);
	put_hex(to, s->value, sizeof(s->value));
}

static void save_key(FILE *to, const struct piv_key *k)
{
	uint8_t *der = NULL;
	int n = i2d_PrivateKey(k->key, &der);
	if (n <= 0)
		die("i2d_PrivateKey", "failed");
	fprintf(to, "piv-key %02x %02x %u %u %u", k->slot, (unsigned)k->alg, (unsigned)k->pin,
		(unsigned)k->touch, (unsigned)k->origin);
	put_hex(to, der, (size_t)n);
	OPENSSL_clear_free(der, (size_t)n);
}

void piv_save(const struct card *card, const void *self, FILE *to)
{
	const struct piv *p = self;
	(void)card;
	save_secret(to, "pin", &p->pin);
	save_secret(to, "puk", &p->puk);
	fprintf(to, "piv-management %02x %u", (unsigned)p->management.alg,
		(unsigned)p->management.touch);
	put_hex(to, p->management.key, sizeof(p->management.key));
	for (size_t i = 0; i < PIV_SLOTS; i++)
		if (p->keys[i].key)
			save_key(to, &p->keys[i]);
	for (const struct piv_object *o = p->objects; o; o = o->next) {
		fprintf(to, "piv-object %06lx", o->tag);
		put_hex(to, o->content.data, o->content.len);
	}
}

static bool load_secret(struct piv_secret *s, const char *numbers, const struct bytes *value)
{
	if (sscanf(numbers, "%3u %3u", &s->tries, &s->total) != 2 || value->len != PIV_SECRET_LEN)
		return false;
	memcpy(s->value, value->data, value->len);
	return true;
}

static bool load_management(struct piv *p, const char *numbers, const struct bytes *value)
{
	unsigned alg, touch;
	if (sscanf(numbers, "%2x %1u", &alg, &touch) != 2 ||
	    value->len != sizeof(p->management.key) || management_key_len(alg) == 0)
		return false;
	p->management.alg = alg;
	p->management.touch = touch;
	memcpy(p->management.key, value->data, value->len);
	return true;
}

static bool load_key(struct piv *p, const char *numbers, const struct bytes *value)
{
	unsigned slot, alg, pin, touch, origin;
	if (sscanf(numbers, "%2x %2x %1u %1u %1u", &slot, &alg, &pin, &touch, &origin) != 5)
		return false;
	const uint8_t *der = value->data;
	struct piv_key *k = key_at(p, slot);
	EVP_PKEY *key = k ? d2i_AutoPrivateKey(NULL, &der, (long)value->len) : NULL;
	if (!key)
		return false;
	key_put(k, key, alg, origin);
	k->pin = pin;
	k->touch = touch;
	return true;
}

static bool load_object(struct piv *p, const char *numbers, const struct bytes *value)
{
	unsigned long tag;
	if (sscanf(numbers, "%6lx", &tag) != 1)
		return false;
	object_set(p, tag, value->data, value->len);
	return true;
}

// NAME NUMBERS... HEX
bool piv_load(struct card *card, void *self, char *line)
{
	struct piv *p = self;
	struct bytes value = { 0 };
	char *numbers = strchr(line, ' '), *hex = strrchr(line, ' ');
	bool fine = false;
	(void)card;
	if (!numbers || hex == numbers)
		return false;
	*numbers++ = '\0';
	*hex++ = '\0';
	if (!hex_read(hex, &value))
		fine = false;
	else if (strcmp(line, "piv-pin") == 0)
		fine = load_secret(&p->pin, numbers, &value);
	else if (strcmp(line, "piv-puk") == 0)
		fine = load_secret(&p->puk, numbers, &value);
	else if (strcmp(line, "piv-management") == 0)
		fine = load_management(p, numbers, &value);
	else if (strcmp(line, "piv-key") == 0)
		fine = load_key(p, numbers, &value);
	else if (strcmp(line, "piv-object") == 0)
		fine = load_object(p, numbers, &value);
	bytes_free(&value);
	return fine;
}
