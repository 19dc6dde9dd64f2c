// The card's side of a PIN that is opened over the telephone; challenge_text.c has what people type and say.
#include "token/challenge.h"

#include <string.h>

#include "token/models.h"
#include "token/readers.h"

enum {
	SELECT = 0xa4,
	BY_NAME = 0x04,
	MANAGE_SECURITY = 0x22,
	AUTHENTICATE = 0x87,
	RESET_RETRY = 0x2c,
	FOR_ADMINISTRATOR = 0x02,
	USER_PIN = 0x80,
	TEMPLATE = 0x7c,
	TAG_CHALLENGE = 0x81,
	TAG_ANSWER = 0x82,
	SW_BLOCKED = 0x6983,
	SW_CONDITIONS = 0x6985,
	SW_UNKNOWN_INS = 0x6d00,
	SW_UNKNOWN_CLA = 0x6e00,
	ANSWER_CAP = 4096,
};

bool can_be_challenged(const struct token_info *t)
{
	return model_of(t)->challenge == CHALLENGE_GIDS;
}

static struct err *none_given(unsigned sw)
{
	AUTO_TEXT char *word = text_format("%04X", sw);
	struct err *e = err_new(ERR_TOKEN,
				N_("The card gives no challenge (status word %1): it is not one "
				   "that can be unblocked over the telephone."),
				ARG_TEXT(word ? word : ""));
	return err_hint(err_tag(e, "challenge-unknown"),
			N_("Ask whoever gave you the token how its PIN is set anew."));
}

static struct err *send(struct pcsc_card *c, const struct apdu *a, struct buf *answer, unsigned *sw)
{
	buf_reset(answer);
	return pcsc_transmit(c, a, answer, sw);
}

static struct err *select_applet(struct pcsc_card *c, struct buf *answer, unsigned *sw)
{
	static const uint8_t aid[] = { 0xa0, 0x00, 0x00, 0x03, 0x97, 0x42, 0x54, 0x46, 0x59 };
	return send(
		c,
		&(struct apdu){
			.ins = SELECT, .p1 = BY_NAME, .data = aid, .len = sizeof(aid), .le = 256 },
		answer, sw);
}

// The next GENERAL AUTHENTICATE is about the administrator's key.
static struct err *choose_key(struct pcsc_card *c, struct buf *answer, unsigned *sw)
{
	static const uint8_t key[] = { 0x83, 0x01, 0x80 };
	return send(c,
		    &(struct apdu){ .ins = MANAGE_SECURITY,
				    .p1 = 0xc1,
				    .p2 = 0xa4,
				    .data = key,
				    .len = sizeof(key) },
		    answer, sw);
}

static struct err *ask(struct pcsc_card *c, struct buf *answer, unsigned *sw)
{
	static const uint8_t question[] = { TEMPLATE, 2, TAG_CHALLENGE, 0 };
	return send(
		c,
		&(struct apdu){
			.ins = AUTHENTICATE, .data = question, .len = sizeof(question), .le = 256 },
		answer, sw);
}

static struct err *take_inside(struct pcsc_card *c, uint8_t challenge[CHALLENGE_LEN])
{
	static const uint8_t head[] = { TEMPLATE, CHALLENGE_LEN + 2, TAG_CHALLENGE, CHALLENGE_LEN };
	AUTO_BUF struct buf answer = { .cap = ANSWER_CAP };
	unsigned sw = 0;
	TRY(select_applet(c, &answer, &sw));
	if (sw == APDU_OK)
		TRY(choose_key(c, &answer, &sw));
	if (sw == APDU_OK)
		TRY(ask(c, &answer, &sw));
	if (sw != APDU_OK || answer.len != sizeof(head) + CHALLENGE_LEN ||
	    memcmp(answer.data, head, sizeof(head)) != 0)
		return none_given(sw);
	memcpy(challenge, answer.data + sizeof(head), CHALLENGE_LEN);
	return NULL;
}

struct err *challenge_open(const struct token_info *t, const struct pcsc_patience *p,
			   struct pcsc_card **out)
{
	AUTO(pcsc_card) struct pcsc_card *c = NULL;
	char reader[READER_NAME_MAX];
	bool reset = false;
	TRY(reader_of_slot(t->slot_description, reader));
	TRY(pcsc_connect(reader, p, &c));
	TRY(pcsc_begin(c, p, &reset)); // from here on a reset is told
	pcsc_end(c);
	*out = c;
	c = NULL;
	return NULL;
}

static struct err *exchanged(const struct token_info *t)
{
	struct err *e = err_new(ERR_TOKEN,
				N_("The card in the reader was taken out or reset, and may not be "
				   "the token %1 any more. It was asked for nothing."),
				ARG_TEXT(t->label));
	return err_tag(err_hint(e, N_("Put the card that is meant in, then run inkan again.")),
		       "token-absent");
}

struct err *challenge_take(struct pcsc_card *c, const struct token_info *t,
			   const struct pcsc_patience *p, uint8_t challenge[CHALLENGE_LEN])
{
	bool reset = false;
	TRY(pcsc_begin(c, p, &reset));
	struct err *e = reset ? exchanged(t) : take_inside(c, challenge);
	pcsc_end(c);
	return e;
}

static struct err *forgotten(void)
{
	return err_hint(err_tag(err_new(ERR_PIN, N_("The card has forgotten its challenge: another "
						    "program used it, or it lost power. The answer "
						    "was not judged, and no try was used.")),
				"challenge-over"),
			N_("Begin again: the card gives another challenge, and the help desk "
			   "another answer."));
}

static struct err *wrong(void)
{
	return err_hint(err_tag(err_new(ERR_PIN, N_("The card does not accept this answer. The PIN "
						    "is as it was.")),
				"challenge-wrong"),
			N_("Compare the token's serial number with the help desk before you begin "
			   "again: some cards count wrong answers, and then lock for ever."));
}

static struct err *locked(void)
{
	return err_hint(err_tag(err_new(ERR_PIN, N_("The card takes no answers any more: it is "
						    "locked. The PIN is as it was.")),
				"challenge-locked"),
			N_("Do not begin again. Tell whoever gave you the token."));
}

// An applet that knows of no challenge has not judged anything; SELECT of another one leaves one that does not know the command. Of any
// other word nobody knows whether the answer was counted.
static struct err *judged(unsigned sw)
{
	if (sw == SW_BLOCKED)
		return locked();
	bool unjudged = sw == SW_CONDITIONS || sw == SW_UNKNOWN_INS || sw == SW_UNKNOWN_CLA ||
			sw >> 8 == 0x6a;
	return unjudged ? forgotten() : wrong();
}

static struct err *give(struct pcsc_card *c, const uint8_t answer[CHALLENGE_LEN])
{
	uint8_t said[] = {
		TEMPLATE, CHALLENGE_LEN + 2, TAG_ANSWER, CHALLENGE_LEN, 0, 0, 0, 0, 0, 0, 0, 0
	};
	AUTO_BUF struct buf back = { .cap = ANSWER_CAP };
	unsigned sw = 0;
	memcpy(said + 4, answer, CHALLENGE_LEN);
	TRY(send(c, &(struct apdu){ .ins = AUTHENTICATE, .data = said, .len = sizeof(said) }, &back,
		 &sw));
	return sw == APDU_OK ? NULL : judged(sw);
}

static struct err *set_pin(struct pcsc_card *c, const struct secret *fresh)
{
	AUTO_BUF struct buf back = { .cap = ANSWER_CAP };
	unsigned sw = 0;
	TRY(send(c,
		 &(struct apdu){ .ins = RESET_RETRY,
				 .p1 = FOR_ADMINISTRATOR,
				 .p2 = USER_PIN,
				 .data = secret_bytes(fresh),
				 .len = secret_len(fresh) },
		 &back, &sw));
	if (sw == APDU_OK)
		return NULL;
	AUTO_TEXT char *word = text_format("%04X", sw);
	return err_hint(err_tag(err_new(ERR_PIN,
					N_("The answer was right, but the card does not take the "
					   "new PIN (status word %1). The PIN is as it was."),
					ARG_TEXT(word ? word : "")),
				"pin-refused"),
			N_("Choose another PIN and begin again."));
}

// Whoever uses the card next is no administrator: a new SELECT ends all logins.
static void end_login(struct pcsc_card *c)
{
	AUTO_BUF struct buf back = { .cap = ANSWER_CAP };
	unsigned sw = 0;
	err_ignore(select_applet(c, &back, &sw));
}

struct err *challenge_answer(struct pcsc_card *c, const struct pcsc_patience *p,
			     const uint8_t answer[CHALLENGE_LEN], const struct secret *fresh)
{
	bool reset = false;
	TRY(pcsc_begin(c, p, &reset));
	if (reset) {
		pcsc_end(c);
		return forgotten();
	}
	struct err *e = give(c, answer);
	if (!e)
		e = set_pin(c, fresh);
	end_login(c);
	pcsc_end(c);
	return e;
}
