// C_SetAttributeValue that lies, or that a key really obeys.
#include "mock.h"

#include <string.h>

enum { KEPT_MAX = 16, KEPT_VALUE_MAX = 64 };

static struct {
	CK_OBJECT_HANDLE object;
	CK_ATTRIBUTE_TYPE type;
	uint8_t value[KEPT_VALUE_MAX];
	size_t len;
} kept[KEPT_MAX];
static size_t n_kept;
static bool opened; // somebody called C_SetAttributeValue

void setting_start(void)
{
	n_kept = 0;
	opened = false;
}

static void keep(CK_OBJECT_HANDLE o, const CK_ATTRIBUTE *a)
{
	size_t i = 0;
	while (i < n_kept && (kept[i].object != o || kept[i].type != a->type))
		i++;
	if (i == KEPT_MAX || a->ulValueLen > KEPT_VALUE_MAX || (i < n_kept && plan.set_sticks))
		return;
	kept[i].object = o;
	kept[i].type = a->type;
	kept[i].len = a->ulValueLen;
	memcpy(kept[i].value, a->pValue, a->ulValueLen);
	if (i == n_kept)
		n_kept++;
}

CK_RV setting_call(CK_FUNCTION_LIST *real, CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o, CK_ATTRIBUTE *a,
		   CK_ULONG n)
{
	if (!plan.set_shows && !plan.set_lets_wrap && !plan.set_lets_read)
		return real->C_SetAttributeValue(s, o, a, n);
	opened = true;
	for (CK_ULONG i = 0; plan.set_shows && i < n; i++)
		keep(o, &a[i]);
	return CKR_OK;
}

static void give(CK_ATTRIBUTE *a, CK_ULONG room, const uint8_t *value, size_t len)
{
	bool fits = !a->pValue || room >= len;
	a->ulValueLen = fits ? len : CK_UNAVAILABLE_INFORMATION;
	if (a->pValue && fits)
		memcpy(a->pValue, value, len);
}

void setting_show(CK_OBJECT_HANDLE o, CK_ATTRIBUTE *a, CK_ULONG room)
{
	static const uint8_t secret[] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	for (size_t i = 0; i < n_kept; i++)
		if (kept[i].object == o && kept[i].type == a->type)
			give(a, room, kept[i].value, kept[i].len);
	if (plan.set_lets_read && opened && a->type == CKA_PRIVATE_EXPONENT)
		give(a, room, secret, sizeof(secret));
}

bool setting_keeps_wrapped(void)
{
	return plan.set_lets_wrap && !opened;
}
