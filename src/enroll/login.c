// login: the profile's page, opened with the certificate and the key on the token.
#include "enroll/login.h"

#include <jansson.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "ca/page.h"
#include "enroll/certificates.h"
#include "enroll/result.h"
#include "enroll/run.h"
#include "enroll/say.h"
#include "http/http.h"
#include "pkcs11/keypair.h"

enum { WORDS_MAX = 2000, CHAIN_MAX = 8 };

static bool stop(void *ctx)
{
	return said_stop(ctx);
}

// What goes along with the certificate: CA certificates that are no roots.
static size_t take_chain(const struct cert_list *chain, const struct cert *leaf,
			 struct http_der out[static CHAIN_MAX])
{
	size_t n = 0;
	for (size_t i = 0; chain && i < chain->n && n < CHAIN_MAX; i++) {
		const struct cert *c = chain->certs[i];
		size_t subject = 0, issuer = 0;
		const uint8_t *s = cert_subject_der(c, &subject),
			      *i_der = cert_issuer_der(c, &issuer);
		bool root = subject == issuer && !memcmp(s, i_der, subject);
		if (cert_same(c, leaf) || !cert_is_ca(c) || root)
			continue;
		out[n].bytes = cert_der(c, &out[n].len);
		n++;
	}
	return n;
}

static struct err *open_client(struct enrolment *e, struct private_key *key,
			       const struct cert *cert, const struct cert_list *chain,
			       struct http **out)
{
	const struct profile_ca *p = &e->profile->ca;
	struct http_der along[CHAIN_MAX];
	struct http_terms terms = {
		.hosts = (const char *const *)p->hosts,
		.n_hosts = p->n_hosts,
		.anchors_pem = p->anchors.data,
		.anchors_len = p->anchors.len,
		.connect_seconds = p->connect_seconds,
		.answer_seconds = p->answer_seconds,
		.max_body = p->max_answer,
		.login = { .key = private_key_pkey(key),
			   .chain = along,
			   .n_chain = take_chain(chain, cert, along),
			   .pss = keypair_signs_pss(e->session) },
		.stop = stop,
		.stop_ctx = e,
	};
	terms.login.certificate.bytes = cert_der(cert, &terms.login.certificate.len);
	return http_open(&terms, out);
}

// What the page says: of a short plain answer its own words, of a page its text.
static struct err *words_of(const struct http_answer *a, char **out)
{
	AUTO_BUF struct buf words = BUF(1 << 20);
	if (strstr(a->content_type, "html"))
		TRY(page_words(a->body.data, a->body.len, NULL, &words));
	const char *text = words.len ? (const char *)words.data : a->reason;
	*out = text_safe_lines(text, strlen(text), WORDS_MAX);
	return *out ? NULL : err_no_memory();
}

static struct err *judge(const struct http_answer *a, const struct http_tls *tls, const char *words)
{
	if (a->status >= 400 && tls->login_given) {
		struct err *e =
			err_hint(err_tag(err_new(ERR_CA_REFUSED,
						 N_("The server did not let us in (status %1)."),
						 ARG_NUM(a->status)),
					 "login-refused"),
				 N_("Tell the institution what is said here."));
		return *words ? err_caused_by(e, err_new(ERR_CA_REFUSED, N_("The server says: %1"),
							 ARG_TEXT(words)))
			      : e;
	}
	if (!tls->login_given)
		return err_hint(err_tag(err_new(ERR_CA_REFUSED,
						N_("The server did not ask for a certificate "
						   "(status %1), so nobody was logged in."),
						ARG_NUM(a->status)),
					"login-not-asked"),
				N_("Check login_url in the profile: it is the page behind the "
				   "login, not the one before it."));
	return NULL;
}

static struct err *look(struct enrolment *e, struct http *http, json_t *o)
{
	AUTO_ANSWER struct http_answer a = { 0 };
	AUTO_TEXT char *words = NULL;
	const struct http_call call = { .method = "GET",
					.url = e->profile->login_url,
					.once = true };
	struct err *err = http_do(http, &call, &a, NULL);
	const struct http_tls *tls = http_tls(http);
	json_object_set_new(o, "asked", json_boolean(tls->login_asked));
	json_object_set_new(o, "given", json_boolean(tls->login_given));
	if (tls->version[0])
		json_object_set_new(o, "tls", json_string(tls->version));
	if (tls->cipher[0])
		json_object_set_new(o, "cipher", json_string(tls->cipher));
	if (err)
		return err;
	TRY(words_of(&a, &words));
	json_object_set_new(o, "status", json_integer(a.status));
	json_object_set_new(o, "words", json_string(words));
	return judge(&a, tls, words);
}

struct err *login_try(struct enrolment *e, const struct keypair *pair, const struct cert *cert,
		      const struct cert_list *chain, json_t **out)
{
	const struct pin_asker asker = { .ask = pin_for_signature, .ctx = e };
	struct keypair_use use = { e->session, pair, &asker };
	AUTO(private_key) struct private_key *key = NULL;
	AUTO(http) struct http *http = NULL;
	*out = json_pack("{s:s}", "url", e->profile->login_url);
	TRY(keypair_private_key(&use, &key));
	TRY(open_client(e, key, cert, chain, &http));
	struct err *err = look(e, http, *out);
	http_close(http); // it holds the key
	http = NULL;
	struct err *of_key = private_key_error(key);
	if (!of_key)
		return err;
	err_free(err);
	return of_key;
}

// --- the job

static struct err *no_page(const struct profile *p)
{
	return err_hint(
		err_tag(err_new(ERR_PROFILE, N_("The profile %1 names no page to log in at."),
				ARG_TEXT(p->name)),
			"login-unknown"),
		N_("Ask the institution for a profile with login_url."));
}

// The PIN has been given.
static struct err *try_certificate(struct enrolment *e, const struct our_certificate *c,
				   json_t **login)
{
	AUTO(keypair) struct keypair *pair = NULL;
	AUTO_CERTS struct cert_list chain = { 0 };
	TRY(keypair_find(e->session, &c->object->id, &pair));
	if (!pair || !keypair_has_private(pair))
		return err_tag(err_new(ERR_TOKEN,
				       N_("The certificate for %1 has no key on the token."),
				       ARG_TEXT(cert_common_name(c->object->cert))),
			       "key-missing");
	TRY(cert_list_from_pem(c->made->certificates.data, c->made->certificates.len, &chain));
	return login_try(e, pair, c->object->cert, &chain, login);
}

static struct err *use_certificate(struct enrolment *e, const struct our_certificate *c,
				   json_t **login)
{
	TRY(open_profile(e, e->job->profile ? e->job->profile : c->made->profile_path));
	if (!e->profile->login_url)
		return no_page(e->profile);
	e->leaf = cert_ref(c->object->cert);
	TRY(open_login(e));
	return try_certificate(e, c, login);
}

static struct err *login(struct enrolment *e, json_t **out)
{
	AUTO_OUR_CERTIFICATES struct our_certificates found = { 0 };
	const struct our_certificate *one = NULL;
	if (e->job->unlisted)
		TRY(find_token(e));
	e->step = "login";
	say_step(e, STEP_BEGUN, NULL, 0);
	TRY(journal_open(&e->journal));
	TRY(open_token(e, "login"));
	TRY(our_certificates_find(e, &found));
	TRY(our_certificates_one(e, &found, &one));
	return use_certificate(e, one, out);
}

void login_run(const struct job *j, struct face *f, struct result *out)
{
	__attribute__((cleanup(enrolment_end))) struct enrolment e = { .job = j, .face = f };
	json_t *shown = NULL;
	struct err *err = login(&e, &shown);
	if (err)
		err = enrolment_pulled(&e, err);
	if (err && e.step)
		say_failed(&e, err);
	else if (!err)
		say_step(&e, STEP_DONE, NULL, 0);
	out->object = result_to_json(err ? outcome_of(err) : "logged-in", &e, err);
	if (shown)
		json_object_set_new(out->object, "login", shown);
	out->err = err;
}

// --- verify --login

static json_t *entry_of(json_t *entries, const struct cert *c)
{
	for (size_t i = 0; i < json_array_size(entries); i++) {
		json_t *entry = json_array_get(entries, i);
		if (!strcmp(json_text(entry, "sha256"), cert_sha256(c)))
			return entry;
	}
	return NULL;
}

// Each certificate has a profile of its own; what its page answered goes into its entry.
static struct err *log_in_with(struct enrolment *e, const struct our_certificate *c,
			       json_t *entries, bool *has_page)
{
	json_t *shown = NULL;
	profile_free(e->profile);
	e->profile = NULL;
	cert_list_free(&e->anchors);
	TRY(open_profile(e, c->made->profile_path));
	*has_page = e->profile->login_url;
	if (!*has_page)
		return NULL;
	struct err *err = try_certificate(e, c, &shown);
	json_t *entry = entry_of(entries, c->object->cert);
	if (shown && entry)
		json_object_set(entry, "login", shown);
	json_decref(shown);
	if (!err)
		say_note(e, msg_new(N_("%1: the server let us in."),
				    ARG_TEXT(cert_common_name(c->object->cert))));
	return err;
}

struct err *login_each(struct enrolment *e, json_t *entries)
{
	AUTO_OUR_CERTIFICATES struct our_certificates found = { 0 };
	const struct our_certificate *one = NULL;
	size_t pages = 0;
	e->step = "login";
	say_step(e, STEP_BEGUN, NULL, 0);
	TRY(our_certificates_find(e, &found));
	if (found.n == 0)
		return our_certificates_one(e, &found, &one);
	for (size_t i = 0; i < found.n; i++) {
		bool has_page = false;
		TRY(go_on(e));
		TRY(log_in_with(e, &found.list[i], entries, &has_page));
		pages += has_page;
		if (!has_page && found.n > 1)
			say_note(e,
				 msg_new(N_("%1: its profile names no page to log in at."),
					 ARG_TEXT(cert_common_name(found.list[i].object->cert))));
	}
	return pages ? NULL : no_page(e->profile);
}

struct err *step_login(struct enrolment *e, bool *skipped)
{
	AUTO_CERTS struct cert_list chain = { 0 };
	if (!e->profile->login_url) {
		*skipped = true;
		return NULL;
	}
	say_step(e, STEP_BEGUN, NULL, (int64_t)e->profile->ca.answer_seconds);
	TRY(recall_leaf(e));
	if (!e->leaf)
		return err_new(ERR_FAILED, N_("The journal does not have the new certificate."));
	TRY(cert_list_from_pem(e->record->certificates.data, e->record->certificates.len, &chain));
	struct err *err = login_try(e, e->key, e->leaf, &chain, &e->login);
	if (!err || err_next_step(err))
		return err;
	return err_hint(err,
			N_("The new certificate is on the token and works. `inkan resume %1` tries "
			   "the login once more."),
			ARG_TEXT(e->record->id));
}
