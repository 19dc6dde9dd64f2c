// On behalf of a person: who vouches, and the RA's signatures.
#include "enroll/on_behalf.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "enroll/ask.h"
#include "enroll/say.h"
#include "enroll/vouch.h"
#include "token/readers.h"
#include "x509/agent.h"

static struct err *read_certificate(struct enrolment *e)
{
	AUTO_CERTS struct cert_list list = { 0 };
	const char *pem = e->job->ra_certificate;
	TRY(cert_list_from_pem(pem, strlen(pem), &list));
	e->ra = cert_ref(list.certs[0]);
	return NULL;
}

// Microsoft's CAs enrol for another by the certificates of agents alone, and the role must say whom.
static bool at_microsofts(const struct enrolment *e)
{
	return e->profile->ca.protocol == CA_PORTAL;
}

static bool profile_lets(const struct enrolment *e)
{
	return e->profile->ca.on_behalf && (!at_microsofts(e) || e->role->agent.requester);
}

static struct err *no_agent(const struct enrolment *e)
{
	return err_hint(
		err_tag(err_new(ERR_POLICY,
				N_("The certificate of %1 is none of an enrolment agent "
				   "(Certificate Request Agent)."),
				ARG_TEXT(cert_common_name(e->ra))),
			"ra-not-agent"),
		N_("Nothing was begun. Take the token with the agent's certificate, or name it by "
		   "its ID in the URI of --on-behalf; the institution gives such certificates."));
}

static struct err *may_be(const struct enrolment *e)
{
	int64_t now = clock_now();
	if (!profile_lets(e))
		return err_hint(err_tag(err_new(ERR_POLICY,
						N_("The profile %1 does not let one person enrol "
						   "for another."),
						ARG_TEXT(e->profile->name)),
					"on-behalf-forbidden"),
				N_("Without --on-behalf the person's own IDs and PINs are asked. "
				   "Nothing was begun."));
	if (at_microsofts(e) && !cert_is_for(e->ra, AGENT_PURPOSE))
		return no_agent(e);
	if (cert_not_before(e->ra) <= now && now <= cert_not_after(e->ra))
		return NULL;
	return err_hint(err_tag(err_new(ERR_POLICY,
					N_("The certificate of %1, who is to vouch, is not valid "
					   "now."),
					ARG_TEXT(cert_common_name(e->ra))),
				"ra-expired"),
			N_("Renew it first: `inkan renew` with that token."));
}

// Whoever began the enrolment goes on with it: the CA has the request in their name.
static struct err *same_way(struct enrolment *e)
{
	struct record *r = e->record;
	if (!e->resumed || !e->ra == !r->vouched_by)
		return NULL;
	if (!e->ra) // it may be that nothing has to be signed any more
		return NULL;
	return err_hint(err_tag(err_new(ERR_USAGE,
					N_("The enrolment %1 was begun with the person's own "
					   "answers."),
					ARG_TEXT(r->id)),
				"on-behalf-other"),
			N_("Go on without --on-behalf, or give it up with `inkan abandon %1`."),
			ARG_TEXT(r->id));
}

struct err *on_behalf_requester(struct enrolment *e)
{
	AUTO_TEXT char *name = NULL;
	if (!e->ra || !at_microsofts(e))
		return NULL;
	TRY(answers_fill_text(e->answers, e->profile, e->role, e->role->agent.requester, &name));
	struct err *no = agent_requester_fits(name);
	if (!no || !e->written)
		return no;
	return err_hint(no,
			N_("The answers are those that this enrolment was begun with. Ask the "
			   "institution about the profile's on_behalf.requester, or give it up "
			   "with `inkan abandon %1` and enrol anew."),
			ARG_TEXT(e->record->id));
}

bool on_behalf_is_agents(const struct profile_role *r, const char *field)
{
	const struct profile_agent *a = &r->agent;
	bool persons = template_uses(r->common_name, field) || template_uses(a->requester, field);
	for (size_t i = 0; i < r->n_subject; i++)
		persons = persons || template_uses(r->subject[i].value, field);
	return !persons &&
	       (template_uses(a->user_name, field) || template_uses(a->password, field));
}

// By what was found, whatever the URIs looked like that found it. Two modules may call one card by other names, but it stands in one reader: one whose
// name is shown whole, or is like no other one's.
bool on_behalf_same_token(const struct token_info *t, const char *uri, const char *reader)
{
	AUTO_TEXT char *own = token_info_uri(t);
	return (own && uri && strcmp(own, uri) == 0) ||
	       (t->removable && t->slot_description[0] && reader &&
		strcmp(t->slot_description, reader) == 0 && readers_called(reader) == 1);
}

static struct err *two_tokens(const struct enrolment *e)
{
	if (!on_behalf_same_token(&e->token, e->job->ra_token, e->job->ra_reader))
		return NULL;
	return err_hint(err_tag(err_new(ERR_USAGE, N_("The token of the one who vouches and the "
						      "person's are the same.")),
				"on-behalf-same"),
			N_("Put both in, and name the person's with --token."));
}

static struct err *missing(const struct enrolment *e)
{
	return err_hint(
		err_tag(err_new(ERR_ANSWER, N_("The token of %1, who vouches, did not sign."),
				ARG_TEXT(cert_common_name(e->ra))),
			"ra-missing"),
		N_("`inkan resume %1 --on-behalf TOKEN` goes on from here."),
		ARG_TEXT(e->record->id));
}

// Off a terminal the PIN of the RA's token is wanted before a key is made.
static struct err *can_sign(struct enrolment *e)
{
	const struct question q = { .kind = ASK_VOUCH, .name = "ra_pin", .check_only = true };
	AUTO(secret) struct secret *yes = NULL;
	if (e->face->interactive)
		return NULL;
	TRY(ask_question(e, &q, &yes));
	if (yes)
		return NULL;
	return err_hint(err_tag(err_new(ERR_ANSWER,
					N_("The PIN of the token of %1, who vouches, is "
					   "missing."),
					ARG_TEXT(cert_common_name(e->ra))),
				"answer-missing"),
			N_("Give ra_pin in the file of --answers, a pin-source in the URI of "
			   "--on-behalf, or run the command on a terminal."));
}

struct err *on_behalf_begin(struct enrolment *e)
{
	if (e->job->ra_certificate) {
		TRY(read_certificate(e));
		TRY(may_be(e));
	}
	TRY(same_way(e));
	if (!e->ra)
		return NULL;
	TRY(two_tokens(e));
	if (!e->written || e->record->mark < MARK_WAITING)
		TRY(can_sign(e));
	// Who vouched for the request that left stays on record.
	if (e->record->vouched_by && e->written && e->record->mark >= MARK_SUBMIT_BEGUN)
		return NULL;
	free(e->record->vouched_by);
	e->record->vouched_by = text_format("%s %s", cert_sha256(e->ra), cert_common_name(e->ra));
	if (!e->record->vouched_by)
		return err_no_memory();
	say_note(e, msg_new(N_("%1 vouches for this person: their PINs are not needed."),
			    ARG_TEXT(cert_common_name(e->ra))));
	return NULL;
}

static struct err *sign(void *ctx, const struct signing_terms *t, struct buf *out)
{
	struct enrolment *e = ctx;
	AUTO(secret) struct secret *signature = NULL;
	AUTO_TEXT char *line = NULL;
	TRY(vouch_write(t, &line));
	const struct question q = { .kind = ASK_VOUCH, .name = "vouch", .vouch = line };
	TRY(ask_question(e, &q, &signature));
	if (!signature)
		return missing(e);
	return buf_put(out, secret_bytes(signature), secret_len(signature));
}

struct err *on_behalf_key(struct enrolment *e, struct private_key **out)
{
	const struct private_key_ops ops = { .sign = sign, .ctx = e };
	return private_key_of(e->ra, &ops, out);
}
