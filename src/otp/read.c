// The time that a one-time password still has, and the words for it.
#include "otp/read.h"

#include <string.h>

struct otp_moment otp_moment_at(const struct profile_otp *otp, int64_t now, unsigned margin)
{
	struct otp_moment m = { .timed = otp->kind == OTP_TOTP && otp->step > 0 };
	if (!m.timed)
		return m;
	int64_t step = otp->step;
	int64_t into = now % step;
	if (into < 0) // a clock before 1970: wrong, but no reason for nonsense
		into += step;
	m.left = (unsigned)(step - into);
	m.next = now + m.left;
	m.wait = margin < otp->step && m.left < margin;
	return m;
}

const struct profile_otp_model *otp_find_model(const struct profile_otp *otp, const char *name)
{
	if (otp->kind == OTP_NONE || otp->n_models == 0)
		return NULL;
	for (size_t i = 0; name && i < otp->n_models; i++)
		if (strcmp(otp->models[i].name, name) == 0)
			return &otp->models[i];
	return &otp->models[0];
}

struct msg *otp_instruction(const struct profile_otp *otp, const char *model)
{
	const struct profile_otp_model *m = otp_find_model(otp, model);
	return m ? msg_new(N_("%1"), ARG_BOTH(m->instruction)) : NULL;
}

struct msg *otp_moment_words(const struct otp_moment *m)
{
	if (!m->timed)
		return NULL;
	if (m->wait)
		return msg_new(N_("A new number comes in %1 s. Wait for it, then type that one."),
			       ARG_NUM(m->left));
	return msg_new(N_("The number that the token shows now changes in %1 s."),
		       ARG_NUM(m->left));
}
