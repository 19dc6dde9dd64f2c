// Making a key pair on the token: C_GenerateKeyPair with everything said, and with less where a module will not have it.
#include <string.h>

#include "base/log.h"
#include "pkcs11/internal.h"

enum { TEMPLATE_MAX = 16 };

struct template
{
	CK_ATTRIBUTE list[TEMPLATE_MAX];
	CK_ULONG n;
};

// What is left out of both halves, bit by bit.
enum { WITHOUT_EXTRAS = 1, WITHOUT_LABEL = 2, WITHOUT_EXTRACTABLE = 4, WITHOUT_ID = 8 };

static void add(struct template *t, CK_ATTRIBUTE a)
{
	t->list[t->n++] = a;
}

static CK_RV generate(struct session *s, const struct key_terms *terms, unsigned without,
		      CK_OBJECT_HANDLE *public_key, CK_OBJECT_HANDLE *private_key)
{
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE, decrypt = terms->decrypt ? CK_TRUE : CK_FALSE;
	CK_ULONG bits = terms->bits;
	uint8_t exponent[] = { 0x01, 0x00, 0x01 };
	char label[KEY_LABEL_MAX + 1] = { 0 };
	struct key_id id = terms->id;
	strncpy(label, terms->label ? terms->label : "", sizeof(label) - 1);
	CK_ATTRIBUTE said_id = { .type = CKA_ID,
				 .pValue = id.bytes,
				 .ulValueLen = (CK_ULONG)id.len };
	CK_ATTRIBUTE said_label = { .type = CKA_LABEL,
				    .pValue = label,
				    .ulValueLen = (CK_ULONG)strlen(label) };

	struct template pub = { 0 }, priv = { 0 };
	add(&pub, SAY(CKA_TOKEN, yes));
	add(&pub, SAY(CKA_MODULUS_BITS, bits));
	add(&pub, SAY(CKA_PUBLIC_EXPONENT, exponent));
	add(&priv, SAY(CKA_TOKEN, yes));
	add(&priv, SAY(CKA_PRIVATE, yes));
	add(&priv, SAY(CKA_SENSITIVE, yes));
	add(&priv, SAY(CKA_SIGN, yes));
	if (decrypt || !(without & WITHOUT_EXTRAS))
		add(&priv, SAY(CKA_DECRYPT, decrypt));
	if (!(without & WITHOUT_ID)) {
		add(&pub, said_id);
		add(&priv, said_id);
	}
	if (!(without & WITHOUT_EXTRAS)) {
		add(&pub, SAY(CKA_PRIVATE, no));
		add(&pub, SAY(CKA_VERIFY, yes));
		add(&pub, SAY(CKA_ENCRYPT, decrypt));
		add(&pub, SAY(CKA_WRAP, no));
		add(&priv, SAY(CKA_UNWRAP, no));
	}
	if (!(without & WITHOUT_EXTRACTABLE))
		add(&priv, SAY(CKA_EXTRACTABLE, no));
	if (!(without & WITHOUT_LABEL) && label[0]) {
		add(&pub, said_label);
		add(&priv, said_label);
	}
	CK_MECHANISM how = { .mechanism = CKM_RSA_PKCS_KEY_PAIR_GEN };
	return P11(s->module, C_GenerateKeyPair, s->handle, &how, pub.list, pub.n, priv.list,
		   priv.n, public_key, private_key);
}

static bool rejects_template(CK_RV rv)
{
	return rv == CKR_ATTRIBUTE_TYPE_INVALID || rv == CKR_ATTRIBUTE_VALUE_INVALID ||
	       rv == CKR_ATTRIBUTE_READ_ONLY || rv == CKR_TEMPLATE_INCONSISTENT ||
	       rv == CKR_TEMPLATE_INCOMPLETE;
}

static struct err *rejected(const struct session *s, CK_RV rv)
{
	struct err *e = err_new(ERR_TOKEN,
				N_("The token %1 will not make a key the way inkan asks for it."),
				ARG_TEXT(token_name(&s->info)));
	e = err_hint(e, N_("Nothing was sent. Use a token that is known to work with inkan, or "
			   "another module for this one."));
	return err_call(err_tag(e, "template-rejected"), "C_GenerateKeyPair", ckr_name(rv), rv);
}

static unsigned known_to_refuse(const struct quirks *q)
{
	unsigned without = 0;
	if (q && q->no_label)
		without |= WITHOUT_EXTRAS | WITHOUT_LABEL;
	if (q && q->no_extractable)
		without |= WITHOUT_EXTRAS | WITHOUT_EXTRACTABLE;
	if (q && q->no_id)
		without |= WITHOUT_EXTRAS | WITHOUT_ID;
	return without;
}

// tpm2-pkcs11 1.9 answers so when a key is to sign only. It may mean anything else, too, so it is worth one more try and no ladder.
static bool may_reject_uses(CK_RV rv, unsigned without, const struct key_terms *terms)
{
	return rv == CKR_GENERAL_ERROR && without == 0 && !terms->decrypt;
}

// One step of the ladder. *rejected: the module will not have this template, but perhaps one that says less; what it made all the same is
// cleared away, or the next step's pair would share its CKA_ID.
static struct err *try_rung(struct session *s, const struct key_terms *terms, unsigned without,
			    struct handles *out, CK_RV *rejected)
{
	CK_RV rv = generate(s, terms, without, &out->public_key, &out->private_key);
	*rejected = CKR_OK;
	if (rv == CKR_OK)
		return NULL;
	if (!rejects_template(rv) && !may_reject_uses(rv, without, terms))
		return ckr_err("C_GenerateKeyPair", rv, token_name(&s->info));
	*rejected = rv;
	log_info("pkcs11", N_("The token %1 rejected a key template (%2)."),
		 ARG_TEXT(token_name(&s->info)), ARG_TEXT(ckr_name(rv)));
	return newcomers_clear(s, terms);
}

// Tries the whole template; where it is rejected, what the model is known to refuse is left out, then what others refuse, in this order:
// the uses (said only for tidiness), the label (for people), EXTRACTABLE=false (the read-back decides then), and last CKA_ID (set
// afterwards). SENSITIVE never goes.
static struct err *generate_any(struct session *s, const struct key_terms *terms,
				const struct quirks *q, struct handles *out)
{
	static const unsigned others[] = {
		WITHOUT_EXTRAS,
		WITHOUT_EXTRAS | WITHOUT_LABEL,
		WITHOUT_EXTRAS | WITHOUT_EXTRACTABLE,
		WITHOUT_EXTRAS | WITHOUT_LABEL | WITHOUT_EXTRACTABLE,
		WITHOUT_EXTRAS | WITHOUT_ID,
		WITHOUT_EXTRAS | WITHOUT_LABEL | WITHOUT_ID,
		WITHOUT_EXTRAS | WITHOUT_EXTRACTABLE | WITHOUT_ID,
		WITHOUT_EXTRAS | WITHOUT_LABEL | WITHOUT_EXTRACTABLE | WITHOUT_ID,
	};
	const unsigned known = known_to_refuse(q);
	CK_RV rv = CKR_OK;
	TRY(try_rung(s, terms, 0, out, &rv));
	if (rv != CKR_OK && known)
		TRY(try_rung(s, terms, known, out, &rv));
	for (size_t i = 0; rv != CKR_OK && i < ARRAY_LEN(others); i++)
		if (others[i] != known)
			TRY(try_rung(s, terms, others[i], out, &rv));
	return rv == CKR_OK ? NULL : rejected(s, rv);
}

static struct err *set_id(struct session *s, CK_OBJECT_HANDLE object, const struct key_id *wanted)
{
	struct key_id copy = *wanted;
	CK_ATTRIBUTE id = { .type = CKA_ID,
			    .pValue = copy.bytes,
			    .ulValueLen = (CK_ULONG)copy.len };
	CK_RV rv = P11(s->module, C_SetAttributeValue, s->handle, object, &id, 1);
	return rv == CKR_OK ? NULL : ckr_err("C_SetAttributeValue", rv, token_name(&s->info));
}

// The CKA_ID that an object has by itself; of no length where it has none.
static struct err *read_id(struct session *s, CK_OBJECT_HANDLE object, struct key_id *out)
{
	uint8_t bytes[KEY_ID_MAX];
	CK_ATTRIBUTE want[] = { WANT(CKA_ID, bytes) };
	struct key_id id = { 0 };
	TRY(attrs_read(s, object, want, 1));
	if (attr_has(&want[0])) {
		id.len = want[0].ulValueLen;
		memcpy(id.bytes, bytes, id.len);
	}
	*out = id;
	return NULL;
}

// An identifier of the module's own choice must name this pair alone: whatever has it is one day removed with the pair.
static struct err *names_us_alone(struct session *s, const struct key_id *id)
{
	CK_OBJECT_HANDLE found[3];
	struct key_id copy = *id;
	CK_ATTRIBUTE fit = { .type = CKA_ID,
			     .pValue = copy.bytes,
			     .ulValueLen = (CK_ULONG)copy.len };
	size_t n = 0;
	if (id->len)
		TRY(objects_find(s, &fit, 1, found, ARRAY_LEN(found), &n));
	if (id->len && n <= 2)
		return NULL;
	struct err *e = err_new(ERR_TOKEN,
				N_("The token %1 gives a new key no identifier of its own, so it "
				   "could not be told from others."),
				ARG_TEXT(token_name(&s->info)));
	e = err_hint(e, N_("Nothing was sent. Use a token that is known to work with inkan, or "
			   "another module for this one."));
	return err_tag(e, "key-nameless");
}

// A module that ignores CKA_ID at generation usually lets it be set; where it does not, keypair_id tells the one that it chose itself.
static struct err *insist_on_id(struct session *s, struct keypair *k, const struct key_id *wanted)
{
	struct key_id of_public = k->public_id;
	if (!key_id_same(&k->id, wanted)) {
		AUTO(err) struct err *refused = set_id(s, k->private_key, wanted);
		if (refused && ckr_is_fatal((CK_RV)err_code(refused))) {
			struct err *fatal = refused;
			refused = NULL;
			return fatal;
		}
		if (refused)
			return names_us_alone(s, &k->id);
		k->id = *wanted;
		// A module may set both when one is set.
		TRY(read_id(s, k->public_key, &of_public));
	}
	return key_id_same(&of_public, wanted) ? NULL : set_id(s, k->public_key, wanted);
}

// A pair that cannot be used must not stay: nobody would know of it.
static struct err *clear_away(struct session *s, CK_OBJECT_HANDLE private_key,
			      CK_OBJECT_HANDLE public_key, struct err *why)
{
	err_ignore(object_destroy(s, private_key));
	err_ignore(object_destroy(s, public_key));
	return why;
}

struct err *keypair_generate(struct session *s, const struct key_terms *terms,
			     const struct quirks *q, struct keypair **out)
{
	struct handles made = { 0 };
	TRY(generate_any(s, terms, q, &made));
	TRY(newcomers_find(s, terms, &made));
	AUTO(keypair) struct keypair *k = NULL;
	struct err *e =
		keypair_load(s, made.private_key, made.public_key, &(struct key_id){ 0 }, &k);
	if (!e)
		e = insist_on_id(s, k, &terms->id);
	if (e)
		return clear_away(s, made.private_key, made.public_key, e);
	*out = k;
	k = NULL;
	return NULL;
}
