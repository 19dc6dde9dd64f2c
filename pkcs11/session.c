// A session with one token.
#include "pkcs11/session.h"

#include <stdlib.h>

#include "pkcs11/internal.h"

static struct err *ambiguous(const struct token_info *t)
{
	struct err *e = err_new(
		ERR_TOKEN, N_("Two tokens say that they are %1, and nothing tells them apart."),
		ARG_TEXT(token_name(t)));
	e = err_hint(e, N_("Leave only the one that is meant in its reader."));
	return err_tag(e, "token-ambiguous");
}

// Whether the wanted token is in this slot: *out is then what it says of itself now. A slot that does not answer is not it; where
// it was the likeliest one, why it did not answer is kept.
static bool is_in(struct module *m, const struct token_info *wanted, CK_SLOT_ID slot,
		  struct token_info *out, struct err **why)
{
	struct token_info here = *wanted;
	here.slot = slot;
	AUTO(err) struct err *other = slot_refresh(m, &here);
	if (!other) {
		*out = here;
		return true;
	}
	if (slot == wanted->slot && err_code_name(other)) {
		*why = other;
		other = NULL;
	}
	return false;
}

static struct err *not_found(const struct token_info *wanted, struct err *why)
{
	struct err *e = token_gone(wanted);
	return why ? err_caused_by(e, why) : e;
}

// The slot of a token. Slot numbers change (SoftHSM's when a token is initialised), so the old one is only where the search begins,
// and only if it still exists: some modules take an unknown number badly. The module looked for slots when its tokens were listed.
static struct err *find_slot(struct module *m, const struct token_info *wanted,
			     struct token_info *out)
{
	CK_SLOT_ID slots[SLOTS_MAX];
	CK_ULONG n = 0;
	AUTO(err) struct err *why = NULL;
	TRY(slots_present(m, false, slots, &n));
	for (CK_ULONG i = 0; i < n; i++)
		if (slots[i] == wanted->slot && is_in(m, wanted, slots[i], out, &why))
			return NULL;
	unsigned found = 0;
	for (CK_ULONG i = 0; i < n; i++)
		if (slots[i] != wanted->slot && is_in(m, wanted, slots[i], out, &why))
			found++;
	if (found == 1)
		return NULL;
	if (found)
		return ambiguous(wanted);
	struct err *kept = why;
	why = NULL;
	return not_found(wanted, kept);
}

// Another session of this process may have logged in already: a login is the token's, not the session's.
static struct err *take_state(struct session *s)
{
	CK_SESSION_INFO info = { 0 };
	CK_RV rv = P11(s->module, C_GetSessionInfo, s->handle, &info);
	if (rv != CKR_OK)
		return ckr_err("C_GetSessionInfo", rv, token_name(&s->info));
	s->logged_in = info.state == CKS_RO_USER_FUNCTIONS || info.state == CKS_RW_USER_FUNCTIONS;
	s->officer_in = info.state == CKS_RW_SO_FUNCTIONS;
	return NULL;
}

static struct err *open_handle(struct session *s, CK_SESSION_HANDLE *out)
{
	CK_FLAGS flags = CKF_SERIAL_SESSION | (s->writable ? CKF_RW_SESSION : 0);
	CK_SESSION_HANDLE handle = CK_INVALID_HANDLE;
	CK_RV rv = P11(s->module, C_OpenSession, s->info.slot, flags, NULL, NULL, &handle);
	if (rv != CKR_OK)
		return ckr_err("C_OpenSession", rv, token_name(&s->info));
	*out = handle;
	return NULL;
}

// listed: the token was in its slot a moment ago, so it is looked for elsewhere only when it is not there any more.
static struct err *open_session(struct module *m, const struct token_info *info, bool writable,
				bool listed, struct session **out)
{
	AUTO(err) struct err *why = NULL;
	AUTO(session) struct session *s = calloc(1, sizeof(*s));
	if (!s)
		return err_no_memory();
	s->module = m;
	s->writable = writable;
	if (!listed || !is_in(m, info, info->slot, &s->info, &why))
		TRY(find_slot(m, info, &s->info));
	s->flags_read = true;
	TRY(open_handle(s, &s->handle));
	TRY(take_state(s));
	*out = s;
	s = NULL;
	return NULL;
}

struct err *session_open(struct module *m, const struct token_info *info, bool writable,
			 struct session **out)
{
	return open_session(m, info, writable, false, out);
}

struct err *session_open_listed(struct module *m, const struct token_info *info,
				struct session **out)
{
	return open_session(m, info, false, true, out);
}

void session_close(struct session *s)
{
	if (!s)
		return;
	if (s->logged_in || s->officer_in)
		(void)P11(s->module, C_Logout, s->handle);
	if (s->handle != CK_INVALID_HANDLE)
		(void)P11(s->module, C_CloseSession, s->handle);
	free(s);
}

static void close_handle(struct session *s)
{
	(void)P11(s->module, C_CloseSession, s->handle);
	s->handle = CK_INVALID_HANDLE;
}

struct err *session_renew(struct session *s, bool keep_login)
{
	CK_SESSION_HANDLE fresh = CK_INVALID_HANDLE;
	if (keep_login)
		TRY(open_handle(s, &fresh));
	else
		TRY(session_logout(s));
	close_handle(s);
	if (!keep_login)
		TRY(open_handle(s, &fresh));
	s->handle = fresh;
	// Once logged out the whole process is (PKCS#11 2.40 §5.6, C_Logout).
	return keep_login ? take_state(s) : NULL;
}

struct err *session_present(struct session *s)
{
	struct token_info now = s->info;
	return slot_refresh(s->module, &now);
}

const struct token_info *session_token(const struct session *s)
{
	return &s->info;
}

bool session_logged_in(const struct session *s)
{
	return s->logged_in;
}

struct err *session_logout(struct session *s)
{
	if (!s->logged_in && !s->officer_in)
		return NULL;
	CK_RV rv = P11(s->module, C_Logout, s->handle);
	if (rv != CKR_OK && rv != CKR_USER_NOT_LOGGED_IN)
		return ckr_err("C_Logout", rv, token_name(&s->info));
	s->logged_in = s->officer_in = false;
	return NULL;
}
