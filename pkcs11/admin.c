// C_InitToken, C_InitPIN, C_SetPIN and the security officer's login.
#include "pkcs11/admin.h"

#include <string.h>

#include "base/text.h"
#include "pkcs11/internal.h"

static struct err *so_lost(struct err *e) MUST;
static struct err *so_lost(struct err *e)
{
	e = err_hint(e, N_("Nothing opens it again. Ask the maker of the token whether it can be "
			   "initialised anew; otherwise use another token."));
	return err_tag(e, "so-pin-locked");
}

static struct err *so_locked(const struct token_info *t)
{
	return so_lost(err_new(
		ERR_PIN, N_("The security officer's PIN (the PUK) of the token %1 is locked."),
		ARG_TEXT(token_name(t))));
}

static struct err *so_final_try(const struct token_info *t)
{
	struct err *e = err_new(ERR_PIN,
				N_("Only one try is left for the security officer's PIN (the PUK) "
				   "of the token %1. One more wrong one locks it for good."),
				ARG_TEXT(token_name(t)));
	e = err_hint(e, N_("Make sure of it first. To use the last try, run inkan again with "
			   "--last-try."));
	return err_tag(e, "so-pin-final-try");
}

struct err *so_pin_ready(const struct token_info *t, bool last_try)
{
	if (!t->initialised)
		return NULL; // there is none yet, whatever the flags say (SoftHSM: locked)
	if (t->so_tries == TRIES_LOCKED)
		return so_locked(t);
	return t->so_tries == TRIES_FINAL && !last_try ? so_final_try(t) : NULL;
}

static const char *name_words(enum pin_name name)
{
	switch (name) {
	case NAME_SO_PIN:
		return N_("security officer's PIN (PUK)");
	case NAME_NEW_PIN:
		return N_("new PIN");
	case NAME_NEW_SO_PIN:
		return N_("new security officer's PIN (PUK)");
	case NAME_PIN:
		break;
	}
	return N_("PIN");
}

struct err *pin_could_be(const struct token_info *t, enum pin_name name, unsigned min, unsigned max,
			 const struct secret *pin)
{
	size_t len = secret_len(pin);
	if (!min && !max) {
		min = t->pin_min;
		max = t->pin_max;
	}
	if (!text_is_ascii((const char *)secret_bytes(pin), len))
		return err_tag(err_hint(err_new(ERR_PIN,
						N_("The %1 holds a character that is no plain "
						   "letter, digit or sign. It was not sent to the "
						   "token."),
						ARG_ID(name_words(name))),
					N_("An input method is perhaps still on: switch it off "
					   "(half-width, direct input) and enter the PIN again. "
					   "No try was used.")),
			       "pin-characters");
	if (len && len >= min && (!max || len <= max))
		return NULL;
	struct err *e;
	if (max)
		e = err_new(ERR_PIN,
			    N_("The %1 of the token %2 has %3 to %4 characters. What was entered "
			       "was not sent to it."),
			    ARG_ID(name_words(name)), ARG_TEXT(token_name(t)),
			    ARG_NUM(min ? min : 1), ARG_NUM(max));
	else
		e = err_new(ERR_PIN,
			    N_("The %1 of the token %2 has at least %3 characters. What was "
			       "entered was not sent to it."),
			    ARG_ID(name_words(name)), ARG_TEXT(token_name(t)),
			    ARG_NUM(min ? min : 1));
	return err_tag(err_hint(e, N_("Enter the PIN again. No try was used.")), "pin-length");
}

// `t` is the token as it is after the try. People mix the two PINs up: that is said here, once a try is gone.
static struct err *so_wrong(const struct token_info *t, const char *call, CK_RV rv)
{
	struct err *e = err_new(
		ERR_PIN, N_("The security officer's PIN (the PUK) of the token %1 is wrong. %2"),
		ARG_TEXT(token_name(t)), ARG_ID(tries_words(t->so_tries)));
	if (t->so_tries == TRIES_LOCKED)
		e = so_lost(e);
	else
		e = err_tag(
			err_hint(
				e,
				N_("It is not the PIN with which the token is used every day, but "
				   "the one of whoever manages it. Make sure of it, then run inkan "
				   "again.")),
			"so-pin-wrong");
	return err_call(e, call, ckr_name(rv), rv);
}

static struct err *so_failed(const struct token_info *t, const char *call, CK_RV rv)
{
	switch (rv) {
	case CKR_PIN_INCORRECT:
	case CKR_PIN_INVALID:
	case CKR_PIN_LEN_RANGE:
		return so_wrong(t, call, rv);
	case CKR_PIN_LOCKED:
		return err_call(so_locked(t), call, ckr_name(rv), rv);
	case CKR_FUNCTION_NOT_SUPPORTED:
	case CKR_USER_TYPE_INVALID:
		return err_call(
			err_tag(err_hint(err_new(ERR_TOKEN,
						 N_("The module of the token %1 cannot do this."),
						 ARG_TEXT(token_name(t))),
					 N_("Use the program of the token's maker for it. Nothing "
					    "was changed.")),
				"token-cannot-manage"),
			call, ckr_name(rv), rv);
	case CKR_SESSION_EXISTS:
	case CKR_SESSION_READ_ONLY_EXISTS:
	case CKR_USER_ALREADY_LOGGED_IN:
	case CKR_USER_ANOTHER_ALREADY_LOGGED_IN:
		return err_call(
			err_tag(err_hint(err_new(ERR_TOKEN,
						 N_("Another program is using the token %1."),
						 ARG_TEXT(token_name(t))),
					 N_("Close other programs that use the token and run inkan "
					    "again.")),
				"token-busy"),
			call, ckr_name(rv), rv);
	default:
		return ckr_err(call, rv, token_name(t));
	}
}

struct err *session_login_officer(struct session *s, const struct secret *so_pin, bool last_try)
{
	if (s->officer_in)
		return NULL;
	TRY(slot_refresh(s->module, &s->info));
	TRY(so_pin_ready(&s->info, last_try));
	CK_RV rv = login_once(s, CKU_SO, so_pin);
	if (rv == CKR_OK) {
		s->officer_in = true;
		return NULL;
	}
	err_ignore(slot_refresh(s->module, &s->info));
	return so_failed(&s->info, "C_Login", rv);
}

static struct err *management_wrong(const struct session *s, CK_RV rv)
{
	struct err *e = err_new(ERR_PIN, N_("The management key of the token %1 is wrong."),
				ARG_TEXT(token_name(&s->info)));
	e = err_hint(e, N_("It is neither the PIN nor the PUK. Ask the one who issued the token "
			   "for it, then run inkan again."));
	return err_call(err_tag(e, "management-key-wrong"), "C_Login", ckr_name(rv), rv);
}

struct err *session_login_manager(struct session *s, const struct secret *key)
{
	if (s->officer_in)
		return NULL;
	TRY(session_logout(s));
	CK_RV rv = P11(s->module, C_Login, s->handle, CKU_SO, pin_bytes(key),
		       (CK_ULONG)secret_len(key));
	s->flags_read = false;
	if (rv == CKR_PIN_INCORRECT || rv == CKR_PIN_INVALID || rv == CKR_PIN_LEN_RANGE)
		return management_wrong(s, rv);
	if (rv != CKR_OK)
		return so_failed(&s->info, "C_Login", rv);
	s->officer_in = true;
	return NULL;
}

// The token does not take the new PIN; the one that it had stays.
static struct err *new_refused(const struct session *s, const char *call, CK_RV rv)
{
	struct err *e =
		err_new(ERR_PIN, N_("The token %1 does not take this new PIN. %2"),
			ARG_TEXT(token_name(&s->info)),
			ARG_ID(rv == CKR_PIN_LEN_RANGE ? N_("It is too short or too long.")
			       : rv == CKR_PIN_TOO_WEAK
				       ? N_("It is too easy to guess.")
				       : N_("It holds what the token does not allow, or was "
					    "used before.")));
	e = err_hint(e, N_("The PIN that the token had still holds. Choose another new one and run "
			   "inkan again."));
	return err_call(err_tag(e, "pin-refused"), call, ckr_name(rv), rv);
}

static bool is_about_the_new_one(CK_RV rv)
{
	return rv == CKR_PIN_INVALID || rv == CKR_PIN_LEN_RANGE || rv == CKR_PIN_TOO_WEAK;
}

static bool on_keypad(const struct session *s)
{
	return s->info.pin_pad;
}

// What came of an officer's setting a PIN, his own or the user's.
static struct err *set_by_officer(struct session *s, const char *call, CK_RV rv)
{
	s->flags_read = false;
	if (rv == CKR_OK)
		return NULL;
	if (is_about_the_new_one(rv))
		return new_refused(s, call, rv);
	err_ignore(slot_refresh(s->module, &s->info));
	return so_failed(&s->info, call, rv);
}

struct err *session_set_first_pin(struct session *s, const struct secret *fresh)
{
	bool pad = on_keypad(s);
	CK_RV rv = P11(s->module, C_InitPIN, s->handle, pad ? NULL : pin_bytes(fresh),
		       pad ? 0 : (CK_ULONG)secret_len(fresh));
	// The one PIN of this call is the new one.
	return set_by_officer(s, "C_InitPIN", rv == CKR_PIN_INCORRECT ? CKR_PIN_INVALID : rv);
}

static CK_RV set_pin(struct session *s, const struct secret *old, const struct secret *fresh)
{
	if (on_keypad(s))
		return P11(s->module, C_SetPIN, s->handle, NULL, 0, NULL, 0);
	return P11(s->module, C_SetPIN, s->handle, pin_bytes(old), (CK_ULONG)secret_len(old),
		   pin_bytes(fresh), (CK_ULONG)secret_len(fresh));
}

struct err *session_change_pin(struct session *s, const struct secret *old,
			       const struct secret *fresh, bool last_try)
{
	TRY(session_pin_ready(s, last_try));
	if (!on_keypad(s))
		TRY(session_pin_fits(s, old));
	CK_RV rv = set_pin(s, old, fresh);
	// It looked at nobody's PIN: it wants the user logged in first.
	if (rv == CKR_USER_NOT_LOGGED_IN) {
		TRY(session_login(s, old, last_try));
		rv = set_pin(s, old, fresh);
	}
	s->flags_read = false;
	if (rv == CKR_OK)
		return NULL;
	return is_about_the_new_one(rv) ? new_refused(s, "C_SetPIN", rv)
					: login_failed(s, "C_SetPIN", rv);
}

struct err *session_change_officer_pin(struct session *s, const struct secret *old,
				       const struct secret *fresh)
{
	return set_by_officer(s, "C_SetPIN", set_pin(s, old, fresh));
}

// --- C_InitToken

static void pad_label(const char *label, uint8_t out[static TOKEN_LABEL_MAX])
{
	memset(out, ' ', TOKEN_LABEL_MAX);
	memcpy(out, label, strnlen(label, TOKEN_LABEL_MAX));
}

static bool has_serial(const struct token_info *t)
{
	return t->serial[0] != '\0';
}

static bool was_there(const struct token_list *before, const struct token_info *t)
{
	for (size_t i = 0; i < before->n; i++)
		if (token_info_same(&before->list[i], t))
			return true;
	return false;
}

// How surely this token is the one that was just initialised; 0: it is another one. The slot alone says nothing (SoftHSM moves a token to another
// and leaves a blank one in its place), and neither does a serial number that all tokens share (opencryptoki).
static int likeness(const struct token_info *old, const uint8_t *label,
		    const struct token_list *before, const struct token_info *t)
{
	if (memcmp(t->raw_label, label, TOKEN_LABEL_MAX) != 0)
		return 0;
	bool serial = has_serial(old) && !memcmp(old->raw_serial, t->raw_serial, 16);
	bool slot = old->slot == t->slot;
	if (serial && slot)
		return 4;
	if (serial)
		return 3;
	if (slot)
		return 2;
	return was_there(before, t) ? 0 : 1;
}

static struct err *lost(const char *label)
{
	struct err *e = err_new(ERR_TOKEN,
				N_("The token was initialised as %1, but it cannot be found again: "
				   "it has no PIN yet."),
				ARG_TEXT(label));
	e = err_hint(e, N_("Put it in again and set its PIN with `inkan token unblock` and the "
			   "security officer's PIN."));
	return err_tag(e, "token-lost");
}

static struct err *find_again(struct module *m, const struct token_info *old, const char *label,
			      const struct token_list *before, struct token_info *out)
{
	uint8_t wanted[TOKEN_LABEL_MAX];
	pad_label(label, wanted);
	__attribute__((cleanup(token_list_cleanup))) struct token_list now = { 0 };
	TRY(slot_tokens(m, &now));
	int best = 0;
	size_t at = 0, as_good = 0;
	for (size_t i = 0; i < now.n; i++) {
		int like = likeness(old, wanted, before, &now.list[i]);
		as_good = like > best ? 1 : as_good + (like == best);
		if (like > best) {
			best = like;
			at = i;
		}
	}
	if (!best || as_good != 1)
		return lost(label);
	*out = now.list[at];
	return NULL;
}

struct err *token_init(struct module *m, const struct token_info *t, const struct secret *so_pin,
		       const char *label, bool last_try, struct token_info *after)
{
	__attribute__((cleanup(token_list_cleanup))) struct token_list before = { 0 };
	struct token_info now = *t;
	uint8_t padded[TOKEN_LABEL_MAX];
	TRY(slot_tokens(m, &before));
	TRY(slot_refresh(m, &now));
	TRY(so_pin_ready(&now, last_try));
	pad_label(label, padded);
	CK_RV rv = P11(m, C_InitToken, now.slot, now.pin_pad ? NULL : pin_bytes(so_pin),
		       now.pin_pad ? 0 : (CK_ULONG)secret_len(so_pin), padded);
	if (rv == CKR_OK)
		return find_again(m, &now, label, &before, after);
	err_ignore(slot_refresh(m, &now));
	return so_failed(&now, "C_InitToken", rv);
}
