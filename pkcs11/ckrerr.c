// What a PKCS#11 return value means to a person, and what to do next.
#include "pkcs11/internal.h"

struct meaning {
	CK_RV rv;
	enum err_kind kind;
	const char *tag;
	const char *what; // %1: the token
	const char *hint;
};

static const char pull_hint[] =
	N_("Leave the token in its reader until inkan has ended. Put it back and run inkan again.");
static const char fault_hint[] = N_("Take the token out, put it back and run inkan again. If that "
				    "does not help, tell your help desk "
				    "the call and the code.");

static const struct meaning meanings[] = {
	{ CKR_DEVICE_REMOVED, ERR_TOKEN, "token-absent", N_("The token %1 was taken out."),
	  pull_hint },
	{ CKR_TOKEN_NOT_PRESENT, ERR_TOKEN, "token-absent", N_("The token %1 was taken out."),
	  pull_hint },
	{ CKR_TOKEN_NOT_RECOGNIZED, ERR_TOKEN, "token-unknown",
	  N_("The module does not know the token %1."),
	  N_("Check that the right module is used for this token.") },
	{ CKR_SLOT_ID_INVALID, ERR_TOKEN, "token-absent", N_("The token %1 is no longer there."),
	  pull_hint },
	{ CKR_SESSION_HANDLE_INVALID, ERR_TOKEN, "token-session",
	  N_("The token %1 ended the session by itself."), pull_hint },
	{ CKR_SESSION_CLOSED, ERR_TOKEN, "token-session",
	  N_("The token %1 ended the session by itself."), pull_hint },
	{ CKR_SESSION_COUNT, ERR_TOKEN, "token-busy", N_("The token %1 takes no further session."),
	  N_("Close other programs that use the token and run inkan again.") },
	{ CKR_OBJECT_HANDLE_INVALID, ERR_TOKEN, "object-gone",
	  N_("The token %1 no longer shows the key or certificate that inkan is working with."),
	  pull_hint },
	{ CKR_DEVICE_ERROR, ERR_TOKEN, "token-fault", N_("The token %1 reported a fault."),
	  fault_hint },
	{ CKR_GENERAL_ERROR, ERR_TOKEN, "token-fault", N_("The token %1 reported a fault."),
	  fault_hint },
	{ CKR_FUNCTION_FAILED, ERR_TOKEN, "token-fault", N_("The token %1 reported a fault."),
	  fault_hint },
	{ CKR_HOST_MEMORY, ERR_TOKEN, "module-memory",
	  N_("The module of %1 says that memory is out."),
	  N_("Some modules say so when the program behind them (a daemon) does not run. Check that "
	     "it runs.") },
	{ CKR_DEVICE_MEMORY, ERR_TOKEN, "token-full", N_("The token %1 is full."),
	  N_("Remove keys and certificates that are no longer needed from the token.") },
	{ CKR_TOKEN_WRITE_PROTECTED, ERR_TOKEN, "token-write-protected",
	  N_("The token %1 is write-protected."), N_("Use a token that can be written.") },
	{ CKR_SESSION_READ_ONLY, ERR_TOKEN, "token-write-protected",
	  N_("The token %1 can only be read in this session."),
	  N_("Use a token that can be written.") },
	{ CKR_USER_NOT_LOGGED_IN, ERR_TOKEN, "token-login", N_("The token %1 wants its PIN first."),
	  N_("Run inkan again and enter the PIN of the token.") },
	{ CKR_PIN_EXPIRED, ERR_PIN, "pin-expired",
	  N_("The PIN of the token %1 must be changed before it is used."),
	  N_("Change it with `inkan token pin`, then run inkan again.") },
	{ CKR_FUNCTION_CANCELED, ERR_INTERRUPTED, "pin-cancelled",
	  N_("It was cancelled on the token or its reader."),
	  N_("Run inkan again when you are ready.") },
	{ CKR_CANCEL, ERR_INTERRUPTED, "pin-cancelled",
	  N_("It was cancelled on the token or its reader."),
	  N_("Run inkan again when you are ready.") },
	{ CKR_FUNCTION_REJECTED, ERR_INTERRUPTED, "pin-cancelled",
	  N_("It was declined on the token or its reader."),
	  N_("Run inkan again when you are ready.") },
	{ CKR_MECHANISM_INVALID, ERR_TOKEN, "token-mechanism",
	  N_("The token %1 cannot do what is needed here."),
	  N_("Use a token that makes RSA keys and signs with them.") },
	{ CKR_FUNCTION_NOT_SUPPORTED, ERR_TOKEN, "token-mechanism",
	  N_("The token %1 cannot do what is needed here."),
	  N_("Use a token that makes RSA keys and signs with them.") },
	{ CKR_KEY_SIZE_RANGE, ERR_TOKEN, "token-key-size",
	  N_("The token %1 makes no keys of this size."),
	  N_("Use a token that makes RSA keys of the size that the institution asks for.") },
	{ CKR_KEY_FUNCTION_NOT_PERMITTED, ERR_TOKEN, "token-key-use",
	  N_("The token %1 does not let this key be used so."), NULL },
};

bool ckr_is_fatal(CK_RV rv)
{
	switch (rv) {
	case CKR_HOST_MEMORY:
	case CKR_SLOT_ID_INVALID:
	case CKR_DEVICE_ERROR:
	case CKR_DEVICE_REMOVED:
	case CKR_TOKEN_NOT_PRESENT:
	case CKR_TOKEN_NOT_RECOGNIZED:
	case CKR_SESSION_CLOSED:
	case CKR_SESSION_HANDLE_INVALID:
	case CKR_CRYPTOKI_NOT_INITIALIZED:
	case CKR_OBJECT_HANDLE_INVALID:
		return true;
	default:
		return false;
	}
}

struct err *ckr_err(const char *call, CK_RV rv, const char *who)
{
	for (size_t i = 0; i < ARRAY_LEN(meanings); i++) {
		const struct meaning *m = &meanings[i];
		if (m->rv != rv)
			continue;
		struct err *e = err_tag(err_new(m->kind, m->what, ARG_TEXT(who)), m->tag);
		if (m->hint)
			e = err_hint(e, m->hint);
		return err_call(e, call, ckr_name(rv), rv);
	}
	struct err *e = err_new(ERR_TOKEN, N_("The token %1 refused %2 with %3."), ARG_TEXT(who),
				ARG_TEXT(call), ARG_TEXT(ckr_name(rv)));
	e = err_hint(err_tag(e, "token-refused"), fault_hint);
	return err_call(e, call, ckr_name(rv), rv);
}

struct err *module_err(const char *call, CK_RV rv, const struct module *m)
{
	struct err *e = err_new(ERR_TOKEN, N_("The PKCS#11 module %1 answered %2 with %3."),
				ARG_TEXT(m->name), ARG_TEXT(call), ARG_TEXT(ckr_name(rv)));
	e = err_hint(e, fault_hint);
	return err_call(err_tag(e, "module-fault"), call, ckr_name(rv), rv);
}
