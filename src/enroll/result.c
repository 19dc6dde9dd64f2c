// The public result object of a job.
#include "enroll/result.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "enroll/identity.h"
#include "x509/request.h"

void result_free(struct result *r)
{
	json_drop(r->object);
	err_free(r->err);
	*r = (struct result){ 0 };
}

static void put_time(json_t *o, const char *key, int64_t t)
{
	char text[24];
	clock_utc(t, text);
	json_object_set_new(o, key, json_string(text));
}

struct json_t *certificate_to_json(const struct cert *c)
{
	json_t *o = json_object();
	json_object_set_new(o, "subject", json_string(cert_subject_text(c)));
	json_object_set_new(o, "common_name", json_string(cert_common_name(c)));
	json_object_set_new(o, "serial", json_string(cert_serial_hex(c)));
	put_time(o, "not_before", cert_not_before(c));
	put_time(o, "not_after", cert_not_after(c));
	json_object_set_new(o, "sha256", json_string(cert_sha256(c)));
	return o;
}

const char *outcome_of(const struct err *err)
{
	switch (err_kind(err)) {
	case ERR_PENDING:
		return "pending";
	case ERR_CA_REFUSED:
	case ERR_POLICY:
		return "refused";
	case ERR_INTERRUPTED:
		return "interrupted";
	default:
		return "failed";
	}
}

static void put_attestation(json_t *o, const struct attestation *a)
{
	char firmware[ATTESTATION_FIRMWARE_TEXT], serial[24], slot[4];
	snprintf(serial, sizeof serial, "%" PRIu64, a->serial);
	snprintf(slot, sizeof slot, "%02x", a->slot);
	json_object_set_new(o, "firmware", json_string(attestation_firmware(a, firmware)));
	json_object_set_new(o, "serial", json_string(serial));
	json_object_set_new(o, "slot", json_string(slot));
	json_object_set_new(o, "pin_policy", json_string(attested_pin_name(a->pin)));
	json_object_set_new(o, "touch_policy", json_string(attested_touch_name(a->touch)));
}

static json_t *evidence_to_json(const struct evidence *ev)
{
	json_t *o = json_object();
	json_object_set_new(o, "custody", json_string(custody_name(ev->custody)));
	json_object_set_new(o, "attributes", json_string(key_attributes_name(ev->attributes)));
	if (ev->custody == CUSTODY_ATTESTED)
		put_attestation(o, &ev->attestation);
	return o;
}

static json_t *error_to_json(const struct err *err)
{
	json_t *o = json_object();
	json_object_set_new(o, "tag", json_string(err_slug(err)));
	char *message = msg_render_english(err_what(err)); // the same bytes in every language
	json_object_set_new(o, "message", json_string(message ? message : ""));
	free(message);
	for (const struct err *e = err; e; e = err_cause(e)) {
		if (!err_call_name(e))
			continue;
		json_object_set_new(o, "call", json_string(err_call_name(e)));
		if (err_code_name(e))
			json_object_set_new(o, "code", json_string(err_code_name(e)));
		break;
	}
	return o;
}

// What became of the card besides: its secrets that were the maker's, its identity for Windows.
static void put_card(json_t *o, const struct enrolment *e)
{
	static const struct {
		unsigned what;
		const char *name;
	} names[] = { { REPLACED_PIN, "pin" },
		      { REPLACED_PUK, "puk" },
		      { REPLACED_MANAGEMENT, "management-key" } };
	if (e->have_identity)
		json_object_set_new(o, "card_identity", identity_to_json(&e->identity));
	if (!e->replaced)
		return;
	json_t *list = json_array();
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (e->replaced & names[i].what)
			json_array_append_new(list, json_string(names[i].name));
	json_object_set_new(o, "replaced", list);
}

// What is carried to the CA, while it is awaited.
static void put_request(json_t *o, const struct enrolment *e)
{
	char sha256[65];
	if (!e->ca || !e->record || !ca_request_file(e->ca) || !e->written ||
	    e->record->mark != MARK_WAITING)
		return;
	der_sha256(e->record->request.data, e->record->request.len, sha256);
	json_object_set_new(
		o, "request",
		json_pack("{s:s,s:s}", "file", ca_request_file(e->ca), "sha256", sha256));
}

// The journal's form is the SHA-256, a blank, and the Common Name.
static void put_vouched(json_t *o, const char *vouched_by)
{
	size_t len = strcspn(vouched_by, " ");
	json_object_set_new(o, "vouched_by",
			    json_pack("{s:s%,s:s}", "sha256", vouched_by, len, "common_name",
				      vouched_by + len + (vouched_by[len] == ' ')));
}

static void put_enrolment(json_t *o, const struct enrolment *e)
{
	if (e->record && e->record->id)
		json_object_set_new(o, "enrolment", json_string(e->record->id));
	if (e->leaf)
		json_object_set_new(o, "certificate", certificate_to_json(e->leaf));
	if (e->have_evidence)
		json_object_set_new(o, "evidence", evidence_to_json(&e->evidence));
	if (e->token_uri)
		json_object_set_new(o, "token", json_string(e->token_uri));
	if (e->profile) {
		json_object_set_new(o, "profile", json_string(e->profile->name));
		json_object_set_new(o, "practice", json_boolean(e->profile->practice));
		json_object_set_new(o, "zone", json_string(e->profile->window.zone));
	}
	put_card(o, e);
	if (e->unseen) // for the parent, which looks itself then
		json_object_set_new(o, "unseen", json_true());
	if (e->pulled) // a person who is there may put it back
		json_object_set_new(o, "pulled", json_true());
	if (e->role)
		json_object_set_new(o, "role", json_string(e->role->name));
	if (e->record) {
		json_object_set_new(o, "resumable",
				    json_boolean(e->written && e->record->state == ENROLMENT_OPEN));
		if (e->record->vouched_by)
			put_vouched(o, e->record->vouched_by);
		if (e->record->submits > 1)
			json_object_set_new(o, "second_issue_possible", json_true());
	}
	if (e->ca && *ca_weakness(e->ca))
		json_object_set_new(o, "weak_answer", json_string(ca_weakness(e->ca)));
	put_request(o, e);
	if (e->ca)
		json_object_set_new(o, "handshakes", json_integer(ca_handshakes(e->ca)));
}

static json_t *result_head(const char *outcome, const struct err *err)
{
	json_t *o = json_object();
	json_object_set_new(o, "event", json_string("result"));
	json_object_set_new(o, "outcome", json_string(outcome));
	json_object_set_new(o, "exit", json_integer(err ? (json_int_t)err_kind(err) : 0));
	return o;
}

struct json_t *result_to_json(const char *outcome, const struct enrolment *e, const struct err *err)
{
	json_t *o = result_head(outcome, err);
	put_enrolment(o, e);
	if (err)
		json_object_set_new(o, "error", error_to_json(err));
	return o;
}

void result_of_error(struct err *e, const char *enrolment, struct result *out)
{
	json_t *o = result_head(outcome_of(e), e);
	if (enrolment)
		json_object_set_new(o, "enrolment", json_string(enrolment));
	json_object_set_new(o, "error", error_to_json(e));
	*out = (struct result){ .object = o, .err = e };
}
