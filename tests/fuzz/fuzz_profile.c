// A profile from any bytes: refused with its places, or a profile whose templates can be filled.
#include "fuzz.h"
#include "profile/answers.h"
#include "profile/profile.h"

static void fill(const struct profile *p, const struct profile_role *r, const struct answers *a)
{
	const char *const templates[] = { r->common_name,	 r->user_name,	   r->password,
					  r->challenge_password, r->cmp_reference, r->cmp_secret };
	for (size_t i = 0; i < ARRAY_LEN(templates); i++) {
		AUTO(secret) struct secret *filled = NULL;
		if (templates[i] && fuzz_fine(answers_fill(a, p, templates[i], &filled)))
			MUST_HOLD(filled);
	}
	AUTO_TEXT char *name = NULL;
	if (fuzz_fine(answers_fill_text(a, p, r, r->common_name, &name)))
		MUST_HOLD(name);
	for (size_t i = 0; i < r->n_subject; i++) {
		AUTO_TEXT char *part = NULL;
		if (fuzz_fine(answers_fill_text(a, p, r, r->subject[i].value, &part)))
			MUST_HOLD(part);
	}
}

static void use_role(const struct profile *p, const struct profile_role *r)
{
	AUTO(answers) struct answers *a = NULL;
	MUST_HOLD(fuzz_fine(answers_new(&a)));
	MUST_HOLD(profile_find_role(p, r->name) == r);
	for (size_t i = 0; i < r->n_fields; i++) {
		const struct profile_field *f = &r->fields[i];
		MUST_HOLD(profile_find_field(r, f->name) == f);
		MUST_HOLD(f->digits_min <= f->digits_max && f->label.en);
		AUTO(secret) struct secret *typed = NULL;
		MUST_HOLD(fuzz_fine(secret_from("0123456789", i % 10 + 1, &typed)));
		(void)fuzz_fine(answers_put(a, f, typed));
		(void)fuzz_fine(answers_put_known(a, f->name, "0123"));
	}
	MUST_HOLD(r->otp.kind == OTP_NONE || (r->otp.n_models > 0 && r->otp.length > 0));
	fill(p, r, a);
	answers_forget_secrets(a, r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(profile) struct profile *p = NULL;
	if (!fuzz_fine(profile_parse(data, size, "fuzz.yaml", FUZZ_DIR "/pki", &p)))
		return 0;
	MUST_HOLD(p->name && p->n_roles > 0 && p->ca.url && p->ca.n_hosts > 0);
	MUST_HOLD(p->ca.anchors.len > 0 && strlen(p->fingerprint) == 64);
	MUST_HOLD(p->key.bits == 2048 || p->key.bits == 3072 || p->key.bits == 4096);
	for (size_t i = 0; i < p->n_roles; i++)
		use_role(p, &p->roles[i]);
	return 0;
}
