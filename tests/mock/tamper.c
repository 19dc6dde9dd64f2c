// A token that is not what it seems: attributes, flags, mechanisms and signatures changed on their way.
#include "mock.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TEMPLATE_MAX = 64 };

static CK_FUNCTION_LIST *real;

static bool has_mechanism(CK_MECHANISM_TYPE type)
{
	for (size_t i = 0; i < plan.n_mechanisms; i++)
		if (plan.mechanisms[i] == type)
			return true;
	return plan.n_mechanisms == 0;
}

static CK_OBJECT_CLASS class_of(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o)
{
	CK_OBJECT_CLASS c = CKO_DATA;
	CK_ATTRIBUTE a = { .type = CKA_CLASS, .pValue = &c, .ulValueLen = sizeof(c) };
	return real->C_GetAttributeValue(s, o, &a, 1) == CKR_OK ? c : CKO_DATA;
}

static const struct change *change_of(enum change_kind kind, CK_OBJECT_CLASS class_,
				      CK_ATTRIBUTE_TYPE type)
{
	for (size_t i = 0; i < plan.n_changes; i++) {
		const struct change *c = &plan.changes[i];
		if (c->kind == kind && c->class_ == class_ && c->type == type)
			return c;
	}
	return NULL;
}

static CK_RV change_one(CK_OBJECT_CLASS class_, CK_ATTRIBUTE *a, CK_ULONG room, CK_RV rv)
{
	const struct change *lie = change_of(CHANGE_LIE, class_, a->type);
	if (change_of(CHANGE_HIDE, class_, a->type)) {
		a->ulValueLen = CK_UNAVAILABLE_INFORMATION;
		return CKR_ATTRIBUTE_TYPE_INVALID;
	}
	if (lie) {
		bool fits = !a->pValue || room >= lie->len;
		a->ulValueLen = fits ? lie->len : CK_UNAVAILABLE_INFORMATION;
		if (a->pValue && fits)
			memcpy(a->pValue, lie->value, lie->len);
		return fits ? rv : CKR_BUFFER_TOO_SMALL;
	}
	if (plan.public_key_other && class_ == CKO_PUBLIC_KEY && a->type == CKA_MODULUS &&
	    a->pValue && a->ulValueLen != CK_UNAVAILABLE_INFORMATION && a->ulValueLen > 8)
		((uint8_t *)a->pValue)[8] ^= 0x10;
	return rv;
}

// Whether anything in the answer is still missing once the lies are told.
static CK_RV settle(const CK_ATTRIBUTE *a, CK_ULONG n, CK_RV rv)
{
	for (CK_ULONG i = 0; i < n; i++)
		if (a[i].ulValueLen == CK_UNAVAILABLE_INFORMATION)
			return rv;
	return CKR_OK;
}

static CK_RV get_attributes(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o, CK_ATTRIBUTE *a, CK_ULONG n)
{
	CK_ULONG room[TEMPLATE_MAX];
	for (CK_ULONG i = 0; i < n && i < TEMPLATE_MAX; i++)
		room[i] = a[i].ulValueLen;
	CK_RV rv = real->C_GetAttributeValue(s, o, a, n);
	bool settable = plan.set_shows || plan.set_lets_read;
	if ((!plan.n_changes && !plan.public_key_other && !settable) || n > TEMPLATE_MAX)
		return rv;
	if (rv != CKR_OK && rv != CKR_ATTRIBUTE_SENSITIVE && rv != CKR_ATTRIBUTE_TYPE_INVALID)
		return rv;
	CK_OBJECT_CLASS class_ = class_of(s, o);
	for (CK_ULONG i = 0; i < n; i++) {
		rv = change_one(class_, &a[i], room[i], rv);
		setting_show(o, &a[i], room[i]);
	}
	return settle(a, n, rv);
}

// The template as the plan wants it. Values stay where they are; a forced one is the plan's own.
static CK_RV retemplate(CK_OBJECT_CLASS class_, const CK_ATTRIBUTE *in, CK_ULONG n,
			CK_ATTRIBUTE *out, CK_ULONG *n_out)
{
	CK_ULONG m = 0;
	for (CK_ULONG i = 0; i < n && m < TEMPLATE_MAX; i++) {
		const struct change *no = change_of(CHANGE_REJECT, class_, in[i].type);
		if (no)
			return no->rv;
		if (!change_of(CHANGE_STRIP, class_, in[i].type) &&
		    !change_of(CHANGE_TEMPLATE, class_, in[i].type))
			out[m++] = in[i];
	}
	for (size_t i = 0; i < plan.n_changes && m < TEMPLATE_MAX; i++) {
		struct change *c = &plan.changes[i];
		if (c->kind == CHANGE_TEMPLATE && c->class_ == class_)
			out[m++] = (CK_ATTRIBUTE){ .type = c->type,
						   .pValue = c->value,
						   .ulValueLen = c->len };
	}
	*n_out = m;
	return CKR_OK;
}

static CK_RV generate_pair(CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_ATTRIBUTE *pub, CK_ULONG n_pub,
			   CK_ATTRIBUTE *priv, CK_ULONG n_priv, CK_OBJECT_HANDLE *pub_key,
			   CK_OBJECT_HANDLE *priv_key)
{
	CK_ATTRIBUTE a[TEMPLATE_MAX], b[TEMPLATE_MAX];
	CK_ULONG n_a = 0, n_b = 0;
	if (!has_mechanism(m->mechanism))
		return CKR_MECHANISM_INVALID;
	CK_RV rv = retemplate(CKO_PUBLIC_KEY, pub, n_pub, a, &n_a);
	if (rv == CKR_OK)
		rv = retemplate(CKO_PRIVATE_KEY, priv, n_priv, b, &n_b);
	CK_OBJECT_HANDLE untold[2] = { 0 };
	if (rv == CKR_OK)
		rv = real->C_GenerateKeyPair(s, m, a, n_a, b, n_b,
					     plan.no_handles ? &untold[0] : pub_key,
					     plan.no_handles ? &untold[1] : priv_key);
	tell_pair(pub, n_pub, priv, n_priv, rv);
	return rv;
}

static CK_RV copy_object(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *t, CK_ULONG n,
			 CK_OBJECT_HANDLE *o)
{
	CK_OBJECT_CLASS class_ = CKO_PRIVATE_KEY;
	CK_ATTRIBUTE fit = { .type = CKA_CLASS, .pValue = &class_, .ulValueLen = sizeof(class_) };
	CK_OBJECT_HANDLE found[2] = { 0 };
	CK_ULONG got = 0;
	if (!plan.copy_lies)
		return real->C_CopyObject(s, object, t, n, o);
	CK_RV rv = real->C_FindObjectsInit(s, &fit, 1);
	if (rv == CKR_OK)
		rv = real->C_FindObjects(s, found, 2, &got);
	real->C_FindObjectsFinal(s);
	*o = found[0] == object && got > 1 ? found[1] : found[0];
	return rv;
}

static CK_RV create_object(CK_SESSION_HANDLE s, CK_ATTRIBUTE *t, CK_ULONG n, CK_OBJECT_HANDLE *o)
{
	CK_ATTRIBUTE a[TEMPLATE_MAX];
	CK_ULONG n_a = 0;
	CK_OBJECT_CLASS class_ = CKO_DATA;
	for (CK_ULONG i = 0; i < n; i++)
		if (t[i].type == CKA_CLASS && t[i].ulValueLen == sizeof(class_))
			memcpy(&class_, t[i].pValue, sizeof(class_));
	CK_RV rv = retemplate(class_, t, n, a, &n_a);
	return rv == CKR_OK ? real->C_CreateObject(s, a, n_a, o) : rv;
}

static CK_RV sign_init(CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_OBJECT_HANDLE key)
{
	CK_RV rv =
		has_mechanism(m->mechanism) ? real->C_SignInit(s, m, key) : CKR_MECHANISM_INVALID;
	tell_mechanism("C_SignInit", m->mechanism, rv);
	return rv;
}

static CK_RV set_attributes(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o, CK_ATTRIBUTE *a, CK_ULONG n)
{
	return setting_call(real, s, o, a, n);
}

static CK_RV wrap_key(CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_OBJECT_HANDLE with,
		      CK_OBJECT_HANDLE key, CK_BYTE *out, CK_ULONG *len)
{
	return setting_keeps_wrapped() ? CKR_KEY_UNEXTRACTABLE
				       : real->C_WrapKey(s, m, with, key, out, len);
}

static CK_RV sign(CK_SESSION_HANDLE s, CK_BYTE *data, CK_ULONG len, CK_BYTE *sig, CK_ULONG *sig_len)
{
	CK_RV rv = real->C_Sign(s, data, len, sig, sig_len);
	if (rv == CKR_OK && plan.sign_garbage && sig)
		for (CK_ULONG i = 0; i < *sig_len; i += 7)
			sig[i] ^= 0x5a;
	return rv;
}

static CK_RV mechanism_list(CK_SLOT_ID slot, CK_MECHANISM_TYPE *list, CK_ULONG *n)
{
	if (!plan.n_mechanisms)
		return real->C_GetMechanismList(slot, list, n);
	CK_ULONG room = *n;
	*n = plan.n_mechanisms;
	if (!list)
		return CKR_OK;
	if (room < plan.n_mechanisms)
		return CKR_BUFFER_TOO_SMALL;
	memcpy(list, plan.mechanisms, plan.n_mechanisms * sizeof(*list));
	return CKR_OK;
}

static CK_RV mechanism_info(CK_SLOT_ID slot, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO *info)
{
	if (!has_mechanism(type))
		return CKR_MECHANISM_INVALID;
	CK_RV rv = real->C_GetMechanismInfo(slot, type, info);
	if (rv == CKR_OK && plan.hardware)
		info->flags |= CKF_HW;
	return rv;
}

static void set_field(unsigned char *out, size_t width, const char *text)
{
	if (!*text)
		return;
	memset(out, ' ', width);
	memcpy(out, text, strlen(text));
}

static CK_RV token_info(CK_SLOT_ID slot, CK_TOKEN_INFO *info)
{
	CK_RV rv = real->C_GetTokenInfo(slot, info);
	if (rv != CKR_OK)
		return rv;
	info->flags = (info->flags | plan.flags_on) & ~plan.flags_off;
	if (plan.pin_pad[0])
		info->flags |= CKF_PROTECTED_AUTHENTICATION_PATH;
	if (plan.pin_max) {
		info->ulMinPinLen = plan.pin_min;
		info->ulMaxPinLen = plan.pin_max;
	}
	set_field(info->label, sizeof(info->label), plan.label);
	set_field(info->manufacturerID, sizeof(info->manufacturerID), plan.manufacturer);
	set_field(info->model, sizeof(info->model), plan.model);
	set_field(info->serialNumber, sizeof(info->serialNumber), plan.serial);
	if (plan.firmware[0])
		info->firmwareVersion = (CK_VERSION){ plan.firmware[0], plan.firmware[1] };
	return rv;
}

// What is typed on the keypad: the first line of the plan's file, or of the file with this ending. -1: nobody types.
static long typed(const char *ending, CK_BYTE *out, size_t room)
{
	char path[sizeof(plan.pin_pad) + 8];
	snprintf(path, sizeof(path), "%s%s", plan.pin_pad, ending);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, out, room);
	if (fd >= 0)
		close(fd);
	while (n > 0 && (out[n - 1] == '\n' || out[n - 1] == '\r'))
		n--;
	return n;
}

// The keypad: C_Login with no PIN takes it from there; one with a PIN is refused, as some readers do.
static CK_RV login(CK_SESSION_HANDLE s, CK_USER_TYPE user, CK_BYTE *pin, CK_ULONG len)
{
	if (plan.manager_pin[0] && user == CKU_SO)
		return real->C_Login(s, CKU_USER, (CK_BYTE *)plan.manager_pin,
				     (CK_ULONG)strlen(plan.manager_pin));
	if (!plan.pin_pad[0])
		return real->C_Login(s, user, pin, len);
	if (pin)
		return CKR_ARGUMENTS_BAD;
	CK_BYTE keys[256];
	long n = typed(user == CKU_SO ? ".so" : "", keys, sizeof(keys));
	if (n < 0)
		return CKR_FUNCTION_CANCELED;
	CK_RV rv = real->C_Login(s, user, keys, (CK_ULONG)n);
	explicit_bzero(keys, sizeof(keys));
	return rv;
}

static bool looked; // C_GetSlotList was asked how much there is, since the module was loaded

static CK_RV slot_list(CK_BYTE present, CK_SLOT_ID *slots, CK_ULONG *count)
{
	looked |= !slots;
	if (!plan.late_slots || looked)
		return real->C_GetSlotList(present, slots, count);
	*count = 0;
	return CKR_OK;
}

static CK_RV init_token(CK_SLOT_ID slot, CK_BYTE *pin, CK_ULONG len, CK_BYTE *label)
{
	if (!plan.pin_pad[0])
		return real->C_InitToken(slot, pin, len, label);
	if (pin)
		return CKR_ARGUMENTS_BAD;
	CK_BYTE keys[256];
	long n = typed(".so", keys, sizeof(keys));
	if (n < 0)
		return CKR_FUNCTION_CANCELED;
	CK_RV rv = real->C_InitToken(slot, keys, (CK_ULONG)n, label);
	explicit_bzero(keys, sizeof(keys));
	return rv;
}

static CK_RV init_pin(CK_SESSION_HANDLE s, CK_BYTE *pin, CK_ULONG len)
{
	if (!plan.pin_pad[0])
		return real->C_InitPIN(s, pin, len);
	if (pin)
		return CKR_ARGUMENTS_BAD;
	CK_BYTE keys[256];
	long n = typed(".new", keys, sizeof(keys));
	if (n < 0)
		return CKR_FUNCTION_CANCELED;
	CK_RV rv = real->C_InitPIN(s, keys, (CK_ULONG)n);
	explicit_bzero(keys, sizeof(keys));
	return rv;
}

static CK_RV set_pin(CK_SESSION_HANDLE s, CK_BYTE *old, CK_ULONG old_len, CK_BYTE *fresh,
		     CK_ULONG fresh_len)
{
	if (!plan.pin_pad[0])
		return real->C_SetPIN(s, old, old_len, fresh, fresh_len);
	if (old || fresh)
		return CKR_ARGUMENTS_BAD;
	CK_BYTE first[256], second[256];
	long n = typed("", first, sizeof(first)), m = typed(".new", second, sizeof(second));
	if (n < 0 || m < 0)
		return CKR_FUNCTION_CANCELED;
	CK_RV rv = real->C_SetPIN(s, first, (CK_ULONG)n, second, (CK_ULONG)m);
	explicit_bzero(first, sizeof(first));
	explicit_bzero(second, sizeof(second));
	return rv;
}

void tamper_install(CK_FUNCTION_LIST *list, CK_FUNCTION_LIST *behind)
{
	setting_start();
	looked = false;
	real = behind;
	*list = *behind;
	list->C_GetAttributeValue = get_attributes;
	list->C_GenerateKeyPair = generate_pair;
	list->C_CopyObject = copy_object;
	list->C_CreateObject = create_object;
	list->C_SetAttributeValue = set_attributes;
	list->C_WrapKey = wrap_key;
	list->C_SignInit = sign_init;
	list->C_Sign = sign;
	list->C_GetMechanismList = mechanism_list;
	list->C_GetMechanismInfo = mechanism_info;
	list->C_GetSlotList = slot_list;
	list->C_GetTokenInfo = token_info;
	list->C_Login = login;
	list->C_InitToken = init_token;
	list->C_InitPIN = init_pin;
	list->C_SetPIN = set_pin;
}
