// Requests of enrolment agents.
#include "practiceca/agent.h"

#include <stdio.h>
#include <string.h>

#include <openssl/err.h>

#include "practiceca/cms_in.h"
#include "practiceca/openssl_error.h"
#include "practiceca/vouched.h"

#define OID_NAME_VALUE_PAIR "1.3.6.1.4.1.311.13.2.1"
#define OID_AGENT	    "1.3.6.1.4.1.311.20.2.1"

enum { REQUESTER_MAX = COMMON_NAME_MAX + sizeof AGENT_DOMAIN };

void agent_request_free(struct agent_request *r)
{
	buf_free(&r->pkcs10);
	client_free(&r->agent);
	*r = (struct agent_request){ 0 };
}

// What is read of it before anything is believed.
struct message {
	CMS_ContentInfo *cms;
	CMS_SignerInfo *signer; // in cms
	X509 *certificate;
	char requester[REQUESTER_MAX + 1];
};
static void message_free(struct message *m)
{
	CMS_ContentInfo_free(m->cms);
	X509_free(m->certificate);
}

static bool text_of(const ASN1_TYPE *t, char *out, size_t room)
{
	unsigned char *text = NULL;
	if (!t || t->type != V_ASN1_BMPSTRING)
		return false;
	int len = ASN1_STRING_to_UTF8(&text, t->value.bmpstring);
	bool fits = len > 0 && (size_t)len < room && !memchr(text, 0, (size_t)len);
	if (fits)
		snprintf(out, room, "%.*s", len, (const char *)text);
	OPENSSL_free(text);
	return fits;
}

// SEQUENCE { name BMPString, value BMPString }, the name being requestername.
static bool read_pair(const ASN1_STRING *der, char *requester, size_t room)
{
	char name[32] = "";
	const unsigned char *p = ASN1_STRING_get0_data(der);
	const unsigned char *end = p + ASN1_STRING_length(der);
	ASN1_SEQUENCE_ANY *pair = d2i_ASN1_SEQUENCE_ANY(NULL, &p, ASN1_STRING_length(der));
	bool good = pair && p == end && sk_ASN1_TYPE_num(pair) == 2 &&
		    text_of(sk_ASN1_TYPE_value(pair, 0), name, sizeof name) &&
		    strcmp(name, "requestername") == 0 &&
		    text_of(sk_ASN1_TYPE_value(pair, 1), requester, room);
	sk_ASN1_TYPE_pop_free(pair, ASN1_TYPE_free);
	return good;
}

static bool read_requester(struct message *m)
{
	const ASN1_TYPE *value = cms_in_attribute(m->signer, OID_NAME_VALUE_PAIR);
	return value && value->type == V_ASN1_SEQUENCE &&
	       read_pair(value->value.sequence, m->requester, sizeof m->requester);
}

static struct err *take(BIO *content, struct buf *out)
{
	char *bytes = NULL;
	long len = BIO_get_mem_data(content, &bytes);
	*out = BUF(REQUEST_BODY_MAX);
	return buf_put(out, bytes, len > 0 ? (size_t)len : 0);
}

static enum refusal read_all(const struct buf *der, struct message *m, BIO *content)
{
	m->cms = cms_in_parse(der);
	if (!m->cms)
		return REFUSE_AGENT_CMS;
	if (!cms_in_signer(m->cms, &m->signer, &m->certificate))
		return REFUSE_AGENT_SIGNER;
	if (!cms_in_digest_is_strong(m->signer))
		return REFUSE_AGENT_DIGEST;
	if (!cms_in_signature_is_good(m->cms, m->certificate, content))
		return REFUSE_AGENT_SIGNATURE;
	return read_requester(m) ? REFUSE_NOTHING : REFUSE_AGENT_REQUESTER;
}

static bool is_for_agents(X509 *cert)
{
	EXTENDED_KEY_USAGE *uses = X509_get_ext_d2i(cert, NID_ext_key_usage, NULL, NULL);
	bool is = false;
	for (int i = 0; i < sk_ASN1_OBJECT_num(uses); i++) {
		char oid[64] = "";
		OBJ_obj2txt(oid, sizeof oid, sk_ASN1_OBJECT_value(uses, i), 1);
		is = is || strcmp(oid, OID_AGENT) == 0;
	}
	EXTENDED_KEY_USAGE_free(uses);
	return is;
}

static struct err *judge_agent(const struct service *s, X509 *cert, int64_t now,
			       struct client *agent, enum refusal *no)
{
	unsigned char *bytes = NULL;
	int len = i2d_X509(cert, &bytes);
	if (len <= 0)
		return openssl_error("i2d_X509");
	const struct der der = { bytes, (size_t)len };
	struct err *e = client_judge(s->database, s->authority, &der, now, agent, no);
	OPENSSL_free(bytes);
	if (!e && !*no && !is_for_agents(cert))
		*no = REFUSE_AGENT_USAGE;
	return e;
}

static struct err *judge_requester(const struct service *s, const char *requester,
				   struct agent_request *r, enum refusal *no)
{
	size_t domain = strlen(AGENT_DOMAIN), len = strlen(requester);
	if (strncmp(requester, AGENT_DOMAIN, domain) != 0 || len - domain > COMMON_NAME_MAX) {
		*no = REFUSE_AGENT_NO_ACCOUNT;
		return NULL;
	}
	memcpy(r->common_name, requester + domain, len - domain + 1);
	struct err *e = vouched_account(database_take(s->database), &r->agent, r->common_name,
					&r->account, no);
	database_give(s->database);
	if (*no == REFUSE_NO_ACCOUNT)
		*no = REFUSE_AGENT_NO_ACCOUNT;
	return e;
}

static struct err *judge(const struct service *s, const struct message *m, BIO *content,
			 int64_t now, struct agent_request *r, enum refusal *no)
{
	TRY(take(content, &r->pkcs10));
	TRY(judge_agent(s, m->certificate, now, &r->agent, no));
	return *no ? NULL : judge_requester(s, m->requester, r, no);
}

struct err *agent_judge(const struct service *s, const struct buf *der, int64_t now,
			struct agent_request *out, enum refusal *no)
{
	AUTO_AGENT_REQUEST struct agent_request r = { 0 };
	AUTO(bio) BIO *content = BIO_new(BIO_s_mem());
	struct message m = { 0 };
	if (!content)
		return err_no_memory();
	*no = read_all(der, &m, content);
	ERR_clear_error();
	struct err *e = *no ? NULL : judge(s, &m, content, now, &r, no);
	message_free(&m);
	if (e || *no)
		return e;
	*out = r;
	r = (struct agent_request){ 0 };
	return NULL;
}

struct err *account_set_agent(struct store *s, int64_t id, bool agent)
{
	return store_run(s, "UPDATE account SET agent=? WHERE id=?",
			 VALUES(V_INT(agent), V_INT(id)), NULL);
}

struct err *account_is_agent(struct store *s, int64_t id, bool *is)
{
	AUTO(rows) struct rows *r = NULL;
	bool more = false;
	TRY(store_query(s, "SELECT agent FROM account WHERE id=?", VALUES(V_INT(id)), &r));
	TRY(rows_next(r, &more));
	*is = more && rows_int(r, 0) != 0;
	return NULL;
}
