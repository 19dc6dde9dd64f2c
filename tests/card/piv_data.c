// The data objects: what is put there is what is read again (SP 800-73-4 part 1, 4; part 2, 3.1.2 and 3.3.2).
#include "piv.h"

#include <stdlib.h>
#include <string.h>

#define TAG_DISCOVERY 0x7e

// The PIV AID, and that the PIN of this application is asked for (SP 800-73-4 part 1, 3.3.2).
static const uint8_t discovery[] = { 0x4f, 0x0b, 0xa0, 0x00, 0x00, 0x03, 0x08, 0x00, 0x00,
				     0x10, 0x00, 0x01, 0x00, 0x5f, 0x2f, 0x02, 0x40, 0x00 };

const struct bytes *object_find(const struct piv *p, unsigned long tag)
{
	const struct piv_object *o = p->objects;
	while (o && o->tag != tag)
		o = o->next;
	return o ? &o->content : NULL;
}

static struct piv_object **object_at(struct piv *p, unsigned long tag)
{
	struct piv_object **at = &p->objects;
	while (*at && (*at)->tag != tag)
		at = &(*at)->next;
	return at;
}

static void object_drop(struct piv_object **at)
{
	struct piv_object *o = *at;
	if (!o)
		return;
	*at = o->next;
	bytes_free(&o->content);
	free(o);
}

// All but what belongs to F9, which was born with the card; all when there is no F9.
void objects_factory(struct piv *p)
{
	const struct piv_key *attestation = key_at(p, SLOT_F9);
	struct piv_object **at = &p->objects;
	while (*at) {
		if ((*at)->tag == OBJECT_ATTESTATION && attestation && attestation->key)
			at = &(*at)->next;
		else
			object_drop(at);
	}
}

void object_set(struct piv *p, unsigned long tag, const void *data, size_t len)
{
	object_drop(object_at(p, tag));
	if (len == 0)
		return;
	struct piv_object *o = must(calloc(1, sizeof(*o)), "calloc");
	o->tag = tag;
	bytes_put(&o->content, data, len);
	o->next = p->objects;
	p->objects = o;
}

// 5C with the tag of an object: one byte (7E, the discovery object), two (7F61) or three (5Fxxxx).
static bool read_name(struct span *from, unsigned long *name)
{
	struct span v;
	unsigned tag;
	if (!tlv_next(from, &tag, &v) || tag != 0x5c || v.len == 0 || v.len > 3)
		return false;
	*name = 0;
	for (size_t i = 0; i < v.len; i++)
		*name = *name << 8 | v.data[i];
	return true;
}

// Printed information, fingerprints, face, iris: only for whom has shown the PIN.
static bool wants_pin(unsigned long name)
{
	return name == OBJECT_PRINTED || name == 0x5fc103 || name == 0x5fc108 || name == 0x5fc121;
}

static bool is_object(unsigned long name)
{
	return name >> 16 == 0x5f;
}

enum sw object_get(const struct card *card, struct piv *p, const struct apdu *a, struct bytes *out)
{
	struct span rest = a->data;
	unsigned long name;
	if (a->p1 != 0x3f || a->p2 != 0xff)
		return SW_WRONG_P1P2;
	if (!read_name(&rest, &name) || rest.len > 0)
		return SW_WRONG_DATA;
	if (name == TAG_DISCOVERY) {
		bytes_tlv(out, TAG_DISCOVERY, discovery, sizeof(discovery));
		return SW_OK;
	}
	if (wants_pin(name) && !p->pin_verified)
		return SW_SECURITY;
	struct bytes impostor = { 0 };
	const struct bytes *content = object_find(p, name);
	if (name == OBJECT_ATTESTATION && attest_impostor(card, p, &impostor))
		content = &impostor;
	if (!content)
		return SW_NOT_FOUND;
	bytes_tlv(out, 0x53, content->data, content->len);
	bytes_free(&impostor);
	return SW_OK;
}

static size_t stored(const struct piv *p)
{
	size_t sum = 0;
	for (const struct piv_object *o = p->objects; o; o = o->next)
		sum += o->content.len;
	return sum;
}

enum sw object_put(struct card *card, struct piv *p, const struct apdu *a)
{
	struct span rest = a->data, content;
	unsigned long name;
	unsigned tag;
	if (a->p1 != 0x3f || a->p2 != 0xff)
		return SW_WRONG_P1P2;
	if (!p->managed)
		return SW_SECURITY;
	if (!read_name(&rest, &name) || !is_object(name))
		return SW_WRONG_DATA;
	if (!tlv_next(&rest, &tag, &content) || tag != 0x53 || rest.len > 0)
		return SW_WRONG_DATA;
	if (content.len > PIV_OBJECT_MOST)
		return SW_WRONG_LENGTH;
	const struct bytes *before = object_find(p, name);
	if (stored(p) - (before ? before->len : 0) + content.len > PIV_STORE_MOST)
		return SW_NO_SPACE;
	object_set(p, name, content.data, content.len);
	card_changed(card);
	return SW_OK;
}
