// The tokens of a module: listed, told apart, their flags read again.
#include "pkcs11/slot.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "pkcs11/internal.h"

// CK_TOKEN_INFO's strings are padded with spaces and have no end. Some modules pad with zeros instead; those are
// made spaces, so that a URI (which knows only spaces) can fit.
static void take_text(char *out, size_t room, uint8_t *raw, const unsigned char *in, size_t width)
{
	size_t n = width;
	while (n && (in[n - 1] == '\0' || in[n - 1] == ' '))
		n--;
	if (raw) {
		memset(raw, ' ', width);
		memcpy(raw, in, n);
	}
	char *safe = text_safe(in, n, room - 1);
	size_t len = safe ? strnlen(safe, room - 1) : 0;
	if (safe)
		memcpy(out, safe, len);
	out[len] = '\0';
	free(safe);
}

static unsigned clamp(unsigned long n)
{
	return n == CK_UNAVAILABLE_INFORMATION ? 0 : n > UINT_MAX ? UINT_MAX : (unsigned)n;
}

static void take_flags(struct token_info *info, unsigned long flags)
{
	info->initialised = flags & CKF_TOKEN_INITIALIZED;
	info->user_pin_initialised = flags & CKF_USER_PIN_INITIALIZED;
	info->login_required = flags & CKF_LOGIN_REQUIRED;
	info->write_protected = flags & CKF_WRITE_PROTECTED;
	info->pin_pad = flags & CKF_PROTECTED_AUTHENTICATION_PATH;
	info->user_pin_to_be_changed = flags & CKF_USER_PIN_TO_BE_CHANGED;
	info->tries = flags & CKF_USER_PIN_LOCKED      ? TRIES_LOCKED
		      : flags & CKF_USER_PIN_FINAL_TRY ? TRIES_FINAL
		      : flags & CKF_USER_PIN_COUNT_LOW ? TRIES_LOW
						       : TRIES_GOOD;
	info->so_pin_to_be_changed = flags & CKF_SO_PIN_TO_BE_CHANGED;
	info->so_tries = flags & CKF_SO_PIN_LOCKED	? TRIES_LOCKED
			 : flags & CKF_SO_PIN_FINAL_TRY ? TRIES_FINAL
			 : flags & CKF_SO_PIN_COUNT_LOW ? TRIES_LOW
							: TRIES_GOOD;
}

static int64_t amount(unsigned long n)
{
	return n == CK_UNAVAILABLE_INFORMATION || n > INT64_MAX ? -1 : (int64_t)n;
}

// Where a token says nothing of the whole, what it says is free means nothing either.
static void take_room(struct token_info *info, const CK_TOKEN_INFO *t)
{
	info->public_total = amount(t->ulTotalPublicMemory);
	info->public_free = info->public_total > 0 ? amount(t->ulFreePublicMemory) : -1;
	info->private_total = amount(t->ulTotalPrivateMemory);
	info->private_free = info->private_total > 0 ? amount(t->ulFreePrivateMemory) : -1;
}

void token_info_fill(struct token_info *info, const CK_TOKEN_INFO *t)
{
	take_text(info->label, sizeof(info->label), info->raw_label, t->label,
		  sizeof(info->raw_label));
	take_text(info->manufacturer, sizeof(info->manufacturer), info->raw_manufacturer,
		  t->manufacturerID, sizeof(info->raw_manufacturer));
	take_text(info->model, sizeof(info->model), info->raw_model, t->model,
		  sizeof(info->raw_model));
	take_text(info->serial, sizeof(info->serial), info->raw_serial, t->serialNumber,
		  sizeof(info->raw_serial));
	take_flags(info, t->flags);
	take_room(info, t);
	info->pin_min = clamp(t->ulMinPinLen);
	info->pin_max = clamp(t->ulMaxPinLen);
	info->firmware_major = t->firmwareVersion.major;
	info->firmware_minor = t->firmwareVersion.minor;
}

bool token_info_same(const struct token_info *a, const struct token_info *b)
{
	return memcmp(a->raw_label, b->raw_label, sizeof(a->raw_label)) == 0 &&
	       memcmp(a->raw_serial, b->raw_serial, sizeof(a->raw_serial)) == 0 &&
	       memcmp(a->raw_model, b->raw_model, sizeof(a->raw_model)) == 0 &&
	       memcmp(a->raw_manufacturer, b->raw_manufacturer, sizeof(a->raw_manufacturer)) == 0;
}

const char *token_name(const struct token_info *t)
{
	return t->label[0] ? t->label : t->serial[0] ? t->serial : t->slot_description;
}

struct err *token_gone(const struct token_info *t)
{
	struct err *e =
		err_new(ERR_TOKEN, N_("The token %1 is not there."), ARG_TEXT(token_name(t)));
	return err_tag(err_hint(e, N_("Put the token in and run inkan again.")), "token-absent");
}

// What the token can do with RSA. A token that does not tell can do nothing, as far as we know.
static void take_mechanisms(struct module *m, struct token_info *info)
{
	// NOLINTNEXTLINE(clang-analyzer-unix.MallocSizeof): bytes for a list, freed by scope as text is
	AUTO_TEXT char *room = calloc(MECHANISMS_MAX, sizeof(CK_MECHANISM_TYPE));
	CK_MECHANISM_TYPE *list = (void *)room;
	CK_ULONG n = MECHANISMS_MAX;
	if (!list || P11(m, C_GetMechanismList, info->slot, list, &n) != CKR_OK ||
	    n > MECHANISMS_MAX)
		return;
	for (CK_ULONG i = 0; i < n; i++) {
		info->makes_rsa |= list[i] == CKM_RSA_PKCS_KEY_PAIR_GEN;
		info->signs_sha256_rsa |= list[i] == CKM_SHA256_RSA_PKCS;
		info->signs_rsa |= list[i] == CKM_RSA_PKCS;
		info->signs_raw_rsa |= list[i] == CKM_RSA_X_509;
		info->signs_pss |= list[i] == CKM_RSA_PKCS_PSS;
	}
	CK_MECHANISM_INFO made = { 0 };
	if (!info->makes_rsa ||
	    P11(m, C_GetMechanismInfo, info->slot, CKM_RSA_PKCS_KEY_PAIR_GEN, &made) != CKR_OK)
		return;
	info->hardware = made.flags & CKF_HW;
	info->rsa_min = clamp(made.ulMinKeySize);
	info->rsa_max = clamp(made.ulMaxKeySize);
}

// *fits false: it is another token than the URI means, and nothing more was asked of it.
static CK_RV read_token(struct module *m, CK_SLOT_ID slot, const struct token_uri *uri,
			struct token_info *out, bool *fits, const char **call)
{
	struct token_info info = { .slot = slot };
	CK_TOKEN_INFO token = { 0 };
	CK_SLOT_INFO where = { 0 };
	*call = "C_GetTokenInfo";
	CK_RV rv = P11(m, C_GetTokenInfo, slot, &token);
	if (rv != CKR_OK)
		return rv;
	token_info_fill(&info, &token);
	*fits = token_uri_matches_token(uri, &info);
	if (!*fits)
		return CKR_OK;
	*call = "C_GetSlotInfo";
	rv = P11(m, C_GetSlotInfo, slot, &where);
	if (rv != CKR_OK)
		return rv;
	take_text(info.slot_description, sizeof(info.slot_description), NULL, where.slotDescription,
		  64);
	info.removable = where.flags & CKF_REMOVABLE_DEVICE;
	*fits = token_uri_matches(uri, &info);
	if (*fits)
		take_mechanisms(m, &info);
	*out = info;
	return CKR_OK;
}

// Slots with a token. The call without a list makes the module look for new slots (PKCS#11 2.40 §5.5, C_GetSlotList). One that was started just now
// has looked already, unless it shows nothing: each look of OpenSC's asks pcscd about every reader.
struct err *slots_present(struct module *m, bool look_again, CK_SLOT_ID slots[static SLOTS_MAX],
			  CK_ULONG *n)
{
	const bool fresh = look_again && !m->listed;
	bool look = look_again && m->listed;
	for (int again = 0;; again++) {
		CK_ULONG count = SLOTS_MAX;
		CK_RV rv = look ? P11(m, C_GetSlotList, CK_TRUE, NULL, &count) : CKR_OK;
		if (rv == CKR_OK && count > 0) {
			count = SLOTS_MAX;
			rv = P11(m, C_GetSlotList, CK_TRUE, slots, &count);
		}
		look = true;
		if (rv == CKR_BUFFER_TOO_SMALL && again < 2)
			continue; // a token was put in in between, or there are more than we list
		if (rv != CKR_OK)
			return module_err("C_GetSlotList", rv, m);
		m->listed = true;
		if (fresh && count == 0 && again == 0)
			continue;
		*n = count < SLOTS_MAX ? count : SLOTS_MAX;
		return NULL;
	}
}

struct err *slot_tokens(struct module *m, struct token_list *out)
{
	return slot_tokens_fitting(m, NULL, out);
}

struct err *slot_tokens_fitting(struct module *m, const struct token_uri *uri,
				struct token_list *out)
{
	CK_SLOT_ID slots[SLOTS_MAX];
	CK_ULONG n = 0;
	TRY(slots_present(m, true, slots, &n));
	struct token_list found = { .list = calloc(n ? n : 1, sizeof(struct token_info)) };
	if (!found.list)
		return err_no_memory();
	for (CK_ULONG i = 0; i < n; i++) {
		const char *call = NULL;
		bool fits = false;
		CK_RV rv = read_token(m, slots[i], uri, &found.list[found.n], &fits, &call);
		if (rv == CKR_OK) {
			found.n += fits;
			continue;
		}
		AUTO(err) struct err *unreadable = module_err(call, rv, m);
		log_err(LOG_INFO, "pkcs11", unreadable);
	}
	*out = found;
	return NULL;
}

void token_list_free(struct token_list *l)
{
	if (!l)
		return;
	free(l->list);
	*l = (struct token_list){ 0 };
}

struct err *slot_refresh(struct module *m, struct token_info *info)
{
	CK_TOKEN_INFO token = { 0 };
	CK_RV rv = P11(m, C_GetTokenInfo, info->slot, &token);
	if (rv != CKR_OK)
		return ckr_err("C_GetTokenInfo", rv, token_name(info));
	struct token_info now = *info;
	token_info_fill(&now, &token);
	if (!token_info_same(&now, info))
		return token_gone(info);
	*info = now;
	return NULL;
}
