// The maker's attestation on its way to the CA.
#include "enroll/attested.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/proc.h"
#include "enroll/say.h"

#define DIRECTORY "attestations"
enum { PEM_MAX = 4 * ATTESTATION_MAX_DER };

static bool wanted(const struct enrolment *e, enum attestation_send way)
{
	return e->attested.kind != ATTESTATION_NONE && e->profile->key.attestation.send == way;
}

struct err *attested_attributes(const struct enrolment *e, struct buf *out)
{
	if (wanted(e, ATTESTATION_SEND_PKCS10))
		return attestation_attribute(&e->attested, out);
	return e->beside.n ? ca_beside(e->ca, &e->beside, out) : NULL;
}

static struct err *file_path(const struct enrolment *e, char **out)
{
	AUTO_TEXT char *dir = NULL;
	const char *request = e->ca ? ca_request_file(e->ca) : NULL;
	if (request) { // they travel together
		*out = text_format("%s.attestation.pem", request);
		return *out ? NULL : err_no_memory();
	}
	TRY(proc_state_dir(&dir));
	*out = text_format("%s/" DIRECTORY "/%s.pem", dir, e->record->id);
	return *out ? NULL : err_no_memory();
}

// Beside and into place: whoever carries it never finds half of it.
static struct err *write_file(const char *path, const char *own, const struct buf *pem, mode_t mode)
{
	AUTO_TEXT char *beside = NULL;
	TRY(proc_write_beside(path, own, mode, pem->data, pem->len, &beside));
	if (!rename(beside, path))
		return NULL;
	struct err *err = err_errno("rename", path, errno);
	unlink(beside);
	return err;
}

struct err *attested_keep(struct enrolment *e)
{
	bool beside = wanted(e, ATTESTATION_SEND_CERTIFICATES);
	AUTO_BUF struct buf pem = BUF(PEM_MAX);
	AUTO_TEXT char *path = NULL, *dir = NULL;
	if (!beside && !wanted(e, ATTESTATION_SEND_FILE))
		return NULL;
	TRY(attestation_pem(&e->attested, &pem));
	if (beside)
		return cert_list_from_pem(pem.data, pem.len, &e->beside);
	if (!ca_request_file(e->ca))
		TRY(proc_state_subdir(DIRECTORY, &dir));
	TRY(file_path(e, &path));
	// What travels with the request is no more secret than that.
	TRY(write_file(path, e->record->id, &pem, ca_request_file(e->ca) ? 0644 : 0600));
	say_note(e,
		 msg_new(N_("The maker's attestation of the key is in the file %1. Give it to %2 "
			    "as you were told."),
			 ARG_TEXT(path), ARG_BOTH(e->profile->institution)));
	return NULL;
}

void attested_forget(const struct enrolment *e)
{
	AUTO_TEXT char *path = NULL;
	AUTO(err) struct err *nowhere = file_path(e, &path);
	if (!nowhere)
		unlink(path);
}
