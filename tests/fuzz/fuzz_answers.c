// Answers given ahead: the scanner, then each answer judged for fields of every kind.
#include "base/text.h"
#include "cli/inputs.h"
#include "fuzz.h"
#include "profile/answers.h"

static char contract_id[] = "contract_id", user_id[] = "user_id", user_pin[] = "user_pin",
	    name[] = "name", label[] = "Label", label_ja[] = "項目", form[] = "[0-9A-Za-z]{1,20}";

static struct profile_field fields[] = {
	{ .name = contract_id,
	  .label = { label, label_ja },
	  .digits_min = 10,
	  .digits_max = 10,
	  .max_length = 10,
	  .page = 1 },
	{ .name = user_id, .label = { label, label_ja }, .pattern = form, .max_length = 20 },
	{ .name = user_pin,
	  .label = { label, NULL },
	  .digits_min = 4,
	  .digits_max = 12,
	  .max_length = 12,
	  .secret = true },
	{ .name = name, .label = { label, label_ja }, .max_length = 30 },
};
static char role_name[] = "user", code[] = "1283";
static struct profile_role role = { .name = role_name,
				    .fields = fields,
				    .n_fields = ARRAY_LEN(fields),
				    .otp = { .kind = OTP_TOTP, .length = 6 } };
static const struct profile profile = { .institution_code = code, .roles = &role, .n_roles = 1 };

static void judged(const struct profile_field *f, const struct secret *v)
{
	size_t len = secret_len(v);
	MUST_HOLD(len > 0 && text_is_utf8(secret_text(v), len));
	MUST_HOLD(strlen(secret_text(v)) == len);
	if (f->digits_max)
		MUST_HOLD(text_is_digits(secret_text(v), len) && len >= f->digits_min &&
			  len <= f->digits_max);
	if (f->pattern)
		MUST_HOLD(text_is_ascii(secret_text(v), len) && len <= 20);
}

static void put_all(const struct inputs *in, struct answers *a)
{
	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		const struct secret *raw = inputs_get(in, fields[i].name);
		if (raw && fuzz_fine(answers_put(a, &fields[i], raw)))
			judged(&fields[i], answers_get(a, fields[i].name));
	}
	const struct secret *otp = inputs_get(in, "otp");
	if (otp && fuzz_fine(answers_put_otp(a, &role.otp, otp)))
		MUST_HOLD(secret_len(answers_get(a, "otp")) == 6);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(inputs) struct inputs *in = NULL;
	AUTO(answers) struct answers *a = NULL;
	MUST_HOLD(fuzz_fine(inputs_new(&in)) && fuzz_fine(answers_new(&a)));
	(void)fuzz_fine(inputs_scan(in, data, size));
	put_all(in, a); // what was read before a mistake was found must be sound, too
	AUTO(secret) struct secret *filled = NULL;
	(void)fuzz_fine(answers_fill(a, &profile, "{user_pin}:{otp}{{{institution_code}", &filled));
	AUTO_TEXT char *cn = NULL;
	(void)fuzz_fine(answers_fill_text(a, &profile, &role, "{contract_id}{user_id}", &cn));
	inputs_drop(in, "otp");
	MUST_HOLD(!inputs_get(in, "otp"));
	answers_forget_secrets(a, &role);
	MUST_HOLD(!answers_get(a, "user_pin") && !answers_get(a, "otp"));
	return 0;
}
