// token unblock --challenge: the person reads the card's challenge to the help desk, types the answer and a new PIN.
//
// The card holds the challenge meanwhile, and nobody holds the card: other programs may use it, and then it forgets, which costs nothing. The module's own
// session is closed before the challenge is taken, so that the module does not select its applet again.
#include "base/buf.h"
#include "enroll/ask.h"
#include "enroll/say.h"
#include "enroll/token_job.h"
#include "token/challenge.h"

enum { CARD_WAIT_MS = 30000 };

static struct err *cannot(const struct enrolment *e)
{
	return err_hint(err_tag(err_new(ERR_TOKEN,
					N_("The token %1 cannot be unblocked by a challenge and an "
					   "answer. Nothing was tried."),
					ARG_TEXT(e->token.label)),
				"challenge-unknown"),
			N_("`inkan token unblock` sets a new PIN with the security officer's PIN "
			   "(the PUK)."));
}

static bool waiting(void *ctx, const char *who)
{
	const struct enrolment *e = ctx;
	say_wait(e,
		 who[0] ? msg_new(N_("Another program is using the card (%1). Waiting for it."),
				  ARG_TEXT(who))
			: msg_new(N_("Another program is using the card. Waiting for it.")),
		 -1, false);
	return said_stop(e);
}

static struct err *type_response(struct enrolment *e, const void *ctx, const struct msg *again,
				 struct secret **out)
{
	const struct question q = {
		.kind = ASK_TEXT, .name = "response", .words = ctx, .again = again, .echo = true
	};
	TRY(ask_question(e, &q, out));
	if (*out)
		return NULL;
	return err_hint(
		err_tag(err_new(ERR_ANSWER, N_("An answer is missing: %1."), ARG_TEXT("response")),
			"answer-missing"),
		N_("The challenge is another one each time: run the command on a "
		   "terminal."));
}

static struct err *response_fits(const struct enrolment *e, const void *ctx,
				 const struct secret *typed)
{
	uint8_t bytes[CHALLENGE_LEN];
	(void)e;
	(void)ctx;
	return challenge_read(typed, bytes);
}

static struct err *ask_response(struct enrolment *e, const uint8_t challenge[CHALLENGE_LEN],
				uint8_t response[CHALLENGE_LEN])
{
	char text[CHALLENGE_TEXT];
	AUTO(secret) struct secret *typed = NULL;
	challenge_write(challenge, text);
	AUTO(msg)
	struct msg *words = msg_new(N_("Call the help desk. Tell them the token's serial number, "
				       "%1, and read them this challenge: %2. Type the answer that "
				       "they give you"),
				    ARG_TEXT(e->token.serial), ARG_TEXT(text));
	const struct secret_ask how = { words, type_response, response_fits };
	TRY(ask_fitting(e, &how, NULL, &typed));
	return challenge_read(typed, response);
}

static struct err *look_after(struct enrolment *e, const struct secret *fresh)
{
	token_step(e, "token-login");
	TRY(slot_refresh(e->module, &e->token));
	return token_check_login(e, fresh);
}

// The help desk answers for a serial number: the challenge is to come from the token that has it, and from no card that was put in since it was
// listed. The module is asked once the card is held fast.
static struct err *take(struct enrolment *e, const struct pcsc_patience *p,
			uint8_t challenge[CHALLENGE_LEN], struct pcsc_card **out)
{
	AUTO(pcsc_card) struct pcsc_card *card = NULL;
	TRY(challenge_open(&e->token, p, &card));
	TRY(slot_refresh(e->module, &e->token));
	TRY(challenge_take(card, &e->token, p, challenge));
	*out = card;
	card = NULL;
	return NULL;
}

struct err *unblock_by_challenge(struct enrolment *e)
{
	const struct pcsc_patience patience = { .wait_ms = CARD_WAIT_MS,
						.waiting = waiting,
						.ctx = e };
	uint8_t challenge[CHALLENGE_LEN], response[CHALLENGE_LEN];
	AUTO(pcsc_card) struct pcsc_card *card = NULL;
	AUTO(secret) struct secret *fresh = NULL;
	TRY(token_begin(e, "token unblock", "token-look"));
	if (!can_be_challenged(&e->token))
		return cannot(e);
	TRY(take(e, &patience, challenge, &card));
	TRY(ask_response(e, challenge, response));
	TRY(token_ask_new_pin(e, NAME_NEW_PIN, NULL, &fresh));
	TRY(go_on(e));
	token_step(e, "token-pins");
	TRY(challenge_answer(card, &patience, response, fresh));
	return look_after(e, fresh);
}
