// confirm, retire-old, receipt: the CA is told, the old pair goes as the profile says, the record is ended.
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "enroll/say.h"
#include "pkcs11/certobj.h"

struct err *step_confirm(struct enrolment *e, bool *skipped)
{
	bool told = false;
	TRY(ca_confirm(e->ca, &told));
	*skipped = !told;
	return NULL;
}

static struct err *destroy_old(struct enrolment *e)
{
	struct key_id id = { 0 };
	AUTO(keypair) struct keypair *old = NULL;
	TRY(key_id_from_hex(e->record->old_key_id, &id));
	TRY(certobj_destroy(e->session, &id, NULL, NULL));
	TRY(keypair_find(e->session, &id, &old));
	return old ? keypair_destroy(e->session, old) : NULL;
}

struct err *step_retire_old(struct enrolment *e, bool *skipped)
{
	const struct record *r = e->record;
	if (!r->old_key_id) {
		*skipped = true;
		return NULL;
	}
	if (!e->profile->key.retire_destroy) {
		say_note(e, msg_new(N_("The old key and certificate stay on the token, as the "
				       "profile says.")));
		*skipped = true;
		return NULL;
	}
	say_step(e, STEP_BEGUN, NULL, 0);
	TRY(enrolment_mark(e, MARK_RETIRE_BEGUN));
	TRY(destroy_old(e));
	say_note(e, msg_new(N_("The old key and certificate were removed from the token.")));
	return NULL;
}

static struct err *recall_leaf(struct enrolment *e)
{
	if (e->leaf)
		return NULL;
	AUTO_CERTS struct cert_list list = { 0 };
	TRY(cert_list_from_pem(e->record->certificates.data, e->record->certificates.len, &list));
	for (size_t i = 0; i < list.n && !e->leaf; i++)
		if (e->record->sha256 && !strcmp(cert_sha256(list.certs[i]), e->record->sha256))
			e->leaf = cert_ref(list.certs[i]);
	return NULL;
}

struct err *step_receipt(struct enrolment *e, bool *skipped)
{
	(void)skipped;
	say_step(e, STEP_BEGUN, NULL, 0);
	TRY(recall_leaf(e));
	e->record->mark = MARK_DONE;
	return enrolment_close(e, ENROLMENT_DONE, "enrolled");
}
