// The PIN: what can be said before a try, the one try, and what is left after it.
#include "pkcs11/admin.h"
#include "pkcs11/internal.h"

static struct err *locked(const struct session *s)
{
	struct err *e = err_new(ERR_PIN, N_("The PIN of the token %1 is locked."),
				ARG_TEXT(token_name(&s->info)));
	e = err_hint(e, N_("Only the security officer's PIN (the PUK) opens it again: `inkan token "
			   "unblock`. Ask the one who issued the token."));
	return err_tag(e, "pin-locked");
}

static struct err *final_try(const struct session *s)
{
	struct err *e = err_new(ERR_PIN,
				N_("Only one try is left for the PIN of the token %1. One more "
				   "wrong PIN locks it."),
				ARG_TEXT(token_name(&s->info)));
	e = err_hint(e, N_("Make sure of the PIN first. To use the last try, run inkan again with "
			   "--last-try."));
	return err_tag(e, "pin-final-try");
}

static struct err *not_set(const struct session *s)
{
	struct err *e = err_new(ERR_TOKEN, N_("The token %1 has no PIN yet."),
				ARG_TEXT(token_name(&s->info)));
	e = err_hint(e, N_("Whoever has the security officer's PIN sets it with `inkan token "
			   "unblock`. Otherwise ask the one who issued the token."));
	return err_tag(e, "pin-not-set");
}

struct err *session_pin_ready(struct session *s, bool last_try)
{
	// Opening the session has just read them.
	if (!s->flags_read)
		TRY(slot_refresh(s->module, &s->info));
	s->flags_read = false;
	if (!s->info.login_required)
		return NULL;
	if (s->info.tries == TRIES_LOCKED)
		return locked(s);
	if (s->info.tries == TRIES_FINAL && !last_try)
		return final_try(s);
	if (!s->info.user_pin_initialised)
		return not_set(s);
	return NULL;
}

struct err *session_pin_fits(const struct session *s, const struct secret *pin)
{
	return pin_could_be(&s->info, NAME_PIN, 0, 0, pin);
}

// The tries left after a wrong PIN. CKF_USER_PIN_COUNT_LOW stands after any wrong PIN (PKCS#11 2.40 §3.2, CK_TOKEN_INFO): a token
// that does not set it then does not count for us to see.
const char *tries_words(enum pin_tries tries)
{
	switch (tries) {
	case TRIES_LOCKED:
		return N_("It is locked now.");
	case TRIES_FINAL:
		return N_("Only one try is left.");
	case TRIES_LOW:
		return N_("Tries are left, but fewer than before.");
	case TRIES_GOOD:
		break;
	}
	return N_("This token does not say how many tries are left.");
}

static struct err *wrong_pin(struct session *s, const char *call, CK_RV rv)
{
	err_ignore(slot_refresh(s->module, &s->info));
	enum pin_tries tries = rv == CKR_PIN_LOCKED ? TRIES_LOCKED : s->info.tries;
	struct err *e = err_new(ERR_PIN, N_("The PIN of the token %1 is wrong. %2"),
				ARG_TEXT(token_name(&s->info)), ARG_ID(tries_words(tries)));
	if (tries == TRIES_LOCKED)
		e = err_tag(err_hint(e, N_("Only the security officer's PIN (the PUK) opens it "
					   "again: `inkan token unblock`. Ask the one who issued "
					   "the token.")),
			    "pin-locked");
	else if (tries == TRIES_FINAL)
		e = err_tag(err_hint(e, N_("Make sure of the PIN first. To use the last try, run "
					   "inkan again with --last-try.")),
			    "pin-wrong");
	else
		e = err_tag(err_hint(e, N_("Make sure of the PIN, then run inkan again.")),
			    "pin-wrong");
	return err_call(e, call, ckr_name(rv), rv);
}

struct err *login_failed(struct session *s, const char *call, CK_RV rv)
{
	switch (rv) {
	case CKR_PIN_INCORRECT:
	case CKR_PIN_INVALID:
	case CKR_PIN_LEN_RANGE:
		return wrong_pin(s, call, rv);
	case CKR_PIN_LOCKED:
		return err_call(locked(s), call, ckr_name(rv), rv);
	case CKR_PIN_EXPIRED:
		return err_call(err_tag(err_hint(err_new(ERR_PIN,
							 N_("The PIN of the token %1 must be "
							    "changed before it is used."),
							 ARG_TEXT(token_name(&s->info))),
						 N_("Change it with `inkan token pin`, then run "
						    "inkan again.")),
					"pin-expired"),
				call, ckr_name(rv), rv);
	case CKR_USER_PIN_NOT_INITIALIZED:
		return err_call(not_set(s), call, ckr_name(rv), rv);
	case CKR_USER_ANOTHER_ALREADY_LOGGED_IN:
	case CKR_USER_TOO_MANY_TYPES:
		return err_call(
			err_tag(err_hint(err_new(ERR_TOKEN,
						 N_("Somebody else is logged in to the token %1."),
						 ARG_TEXT(token_name(&s->info))),
					 N_("Close other programs that use the token and run inkan "
					    "again.")),
				"token-busy"),
			call, ckr_name(rv), rv);
	default:
		return ckr_err(call, rv, token_name(&s->info));
	}
}

CK_BYTE *pin_bytes(const struct secret *pin)
{
	union {
		const uint8_t *in;
		unsigned char *out;
	} bytes = { .in = secret_bytes(pin) };
	return bytes.out;
}

CK_RV login_once(struct session *s, CK_USER_TYPE user, const struct secret *pin)
{
	if (s->info.pin_pad)
		return P11(s->module, C_Login, s->handle, user, NULL, 0);
	return P11(s->module, C_Login, s->handle, user, pin_bytes(pin), (CK_ULONG)secret_len(pin));
}

static struct err *pin_needed(const struct session *s)
{
	struct err *e = err_new(ERR_ANSWER, N_("The PIN of the token %1 is needed."),
				ARG_TEXT(token_name(&s->info)));
	return err_tag(e, "pin-needed");
}

struct err *session_login(struct session *s, const struct secret *pin, bool last_try)
{
	if (s->logged_in)
		return NULL;
	TRY(session_pin_ready(s, last_try));
	if (!s->info.login_required)
		return NULL;
	if (!s->info.pin_pad) {
		if (!pin)
			return pin_needed(s);
		TRY(session_pin_fits(s, pin));
	}
	s->last_try = last_try;
	CK_RV rv = login_once(s, CKU_USER, pin);
	if (rv != CKR_OK && rv != CKR_USER_ALREADY_LOGGED_IN)
		return login_failed(s, "C_Login", rv);
	s->logged_in = true;
	return NULL;
}

struct err *session_ask_context(struct session *s, const struct pin_asker *pin, struct secret **out)
{
	AUTO(secret) struct secret *given = NULL;
	TRY(session_pin_ready(s, s->last_try));
	if (!s->info.pin_pad) {
		if (!pin || !pin->ask)
			return pin_needed(s);
		TRY(pin->ask(pin->ctx, &given));
		if (!given)
			return pin_needed(s);
		TRY(session_pin_fits(s, given));
	}
	*out = given;
	given = NULL;
	return NULL;
}

struct err *session_login_context(struct session *s, const struct secret *pin)
{
	CK_RV rv = login_once(s, CKU_CONTEXT_SPECIFIC, pin);
	return rv == CKR_OK ? NULL : login_failed(s, "C_Login", rv);
}
