// Names: what they may look like, and finding by them.
#include "profile/names.h"

#include <string.h>

#include "profile/profile.h"

enum { NAME_MAX_LENGTH = 32 };

static bool all_of(const char *name, const char *allowed)
{
	size_t len = strlen(name);
	return len > 0 && len <= NAME_MAX_LENGTH && strspn(name, allowed) == len;
}

bool name_is_plain(const char *name)
{
	return all_of(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") && name[0] >= 'a' &&
	       name[0] <= 'z';
}

bool name_is_profile(const char *name)
{
	return all_of(name, "abcdefghijklmnopqrstuvwxyz0123456789-") && name[0] != '-';
}

const char *custody_name(enum custody c)
{
	switch (c) {
	case CUSTODY_DEVICE:
		return "device";
	case CUSTODY_ATTESTED:
		return "attested";
	default:
		return "software";
	}
}

const char *key_attributes_name(enum key_attributes a)
{
	switch (a) {
	case KEY_WITHHELD:
		return "withheld";
	case KEY_DECLARED:
		return "declared";
	default:
		return "open";
	}
}

static const char *const so_custodies[] = {
	[SO_SHOW] = "show",
	[SO_ESCROW] = "escrow",
	[SO_DERIVE] = "derive",
	[SO_TYPED] = "typed",
};
_Static_assert(SO_AS_SO_PIN == ARRAY_LEN(so_custodies),
	       "only a profile says so, of management keys");

const char *so_custody_name(enum so_custody c)
{
	return c < SO_AS_SO_PIN ? so_custodies[c] : "as-so-pin";
}

bool so_custody_from_name(const char *name, enum so_custody *out)
{
	for (size_t i = 0; i < ARRAY_LEN(so_custodies); i++)
		if (strcmp(so_custodies[i], name) == 0) {
			*out = (enum so_custody)i;
			return true;
		}
	return false;
}

const struct profile_role *profile_find_role(const struct profile *p, const char *name)
{
	for (size_t i = 0; name && i < p->n_roles; i++)
		if (strcmp(p->roles[i].name, name) == 0)
			return &p->roles[i];
	return NULL;
}

const struct profile_window *profile_window_for(const struct profile *p, const char *role)
{
	const struct profile_role *r = profile_find_role(p, role);
	return r ? &r->window : &p->window;
}

const struct profile_field *profile_find_field(const struct profile_role *r, const char *name)
{
	for (size_t i = 0; name && i < r->n_fields; i++)
		if (strcmp(r->fields[i].name, name) == 0)
			return &r->fields[i];
	return NULL;
}
