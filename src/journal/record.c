// A record in memory: names of its marks, and letting it go.
#include <stdlib.h>

#include "journal/journal.h"

const char *mark_name(enum mark m)
{
	static const char *const names[] = {
		[MARK_KEY_BEGUN] = "key-begun",
		[MARK_KEY_MADE] = "key-made",
		[MARK_SUBMIT_BEGUN] = "submit-begun",
		[MARK_WAITING] = "waiting",
		[MARK_ISSUED] = "issued",
		[MARK_STORE_BEGUN] = "store-begun",
		[MARK_VERIFIED] = "verified",
		[MARK_RETIRE_BEGUN] = "retire-begun",
		[MARK_DONE] = "done",
	};
	return (size_t)m < ARRAY_LEN(names) ? names[m] : "unknown";
}

void record_free(struct record *r)
{
	if (!r)
		return;
	char *const texts[] = {
		r->id,		r->profile_name, r->profile_path, r->profile_fingerprint,
		r->role,	r->fields,	 r->common_name,  r->token_uri,
		r->module_path, r->key_id,	 r->old_key_id,	  r->old_sha256,
		r->evidence,	r->sha256,	 r->outcome,	  r->keys_before,
		r->vouched_by
	};
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		free(texts[i]);
	buf_free(&r->request);
	buf_free(&r->ca_state);
	buf_free(&r->certificates);
	free(r);
}

void records_free(struct records *r)
{
	for (size_t i = 0; i < r->n; i++)
		record_free(r->list[i]);
	free(r->list);
	*r = (struct records){ 0 };
}
