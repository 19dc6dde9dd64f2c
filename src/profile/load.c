// From a name, a path or bytes to a checked profile.
#include "profile/profile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "base/proc.h"
#include "base/text.h"
#include "profile/check.h"
#include "profile/dirs.h"
#include "profile/document.h"
#include "profile/names.h"
#include "profile/read.h"

enum { SHA256_BYTES = 32 };

// --- freeing

static void text2_free(struct text2 *t)
{
	free(t->en);
	free(t->ja);
}

static void window_free(struct profile_window *w)
{
	free(w->zone);
	text2_free(&w->closed);
	free(w->remind_days);
}

static void rdns_free(struct profile_rdn *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(list[i].type);
		free(list[i].value);
	}
	free(list);
}

static void texts_free(char **list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(list[i]);
	free(list);
}

static void otp_server_free(struct profile_otp_server *s)
{
	texts_free(s->servers, s->n_servers);
	texts_free(s->anchor_files, s->n_anchor_files);
	free(s->secret_file); // a path
	free(s->nas_identifier);
	free(s->realm);
	buf_free(&s->anchors);
}

static void role_free(struct profile_role *r)
{
	window_free(&r->window);
	for (size_t i = 0; i < r->n_fields; i++) {
		free(r->fields[i].name);
		text2_free(&r->fields[i].label);
		text2_free(&r->fields[i].help);
		free(r->fields[i].pattern);
	}
	for (size_t i = 0; i < r->otp.n_models; i++) {
		free(r->otp.models[i].name);
		text2_free(&r->otp.models[i].label);
		text2_free(&r->otp.models[i].instruction);
	}
	text2_free(&r->label);
	text2_free(&r->otp.label);
	otp_server_free(&r->otp.server);
	free(r->fields);
	free(r->otp.models);
	rdns_free(r->subject, r->n_subject);
	// Templates: the secrets that fill them never come here.
	char *texts[] = { r->name,
			  r->common_name,
			  r->user_name,
			  r->password,
			  r->challenge_password,
			  r->otp_challenge,
			  r->revocation_challenge,
			  r->cmp_reference,
			  r->cmp_secret,
			  r->agent.requester,
			  r->agent.user_name,
			  r->agent.password };
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		free(texts[i]);
}

static void sayings_free(struct portal_saying *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(list[i].name);
		texts_free(list[i].texts, list[i].n_texts);
		free(list[i].element);
	}
	free(list);
}

static void portal_clear(struct profile_portal *p)
{
	for (size_t i = 0; i < p->n_pages; i++) {
		struct portal_page *page = &p->pages[i];
		char *texts[] = { page->name,  page->link,   page->form,
				  page->press, page->keypad, page->certificate };
		for (size_t t = 0; t < ARRAY_LEN(texts); t++)
			free(texts[t]);
		texts_free(page->roles, page->n_roles);
		texts_free(page->shows, page->n_shows);
		texts_free(page->typed_there, page->n_typed_there);
		rdns_free(page->fields, page->n_fields);
		sayings_free(page->says, page->n_says);
	}
	free(p->pages);
	sayings_free(p->says, p->n_says);
	free(p->certificate_template);
}

static void profile_clear(struct profile *p)
{
	for (size_t i = 0; i < p->n_roles; i++)
		role_free(&p->roles[i]);
	free(p->roles);
	free(p->name);
	free(p->path);
	text2_free(&p->institution);
	free(p->institution_code);
	free(p->module);
	free(p->ca.url);
	buf_free(&p->ca.anchors);
	buf_free(&p->ca.cmp.server_certificate);
	rdns_free(p->ca.cmp.recipient, p->ca.cmp.n_recipient);
	buf_free(&p->key.attestation.roots);
	buf_free(&p->token.recovery);
	free(p->token.master); // no secret: a path
	texts_free(p->ca.hosts, p->ca.n_hosts);
	texts_free(p->ca.scep.fingerprints, p->ca.scep.n_fingerprints);
	free(p->ca.scep.identifier);
	window_free(&p->window);
	portal_clear(&p->ca.portal);
	text2_free(&p->consent_key);
	text2_free(&p->consent_store);
	free(p->login_url);
}

void profile_free(struct profile *p)
{
	if (p)
		profile_clear(p);
	free(p);
}

void draft_free(struct draft *d)
{
	profile_clear(&d->profile);
	texts_free(d->anchors, d->n_anchors);
	texts_free(d->roots, d->n_roots);
	texts_free(d->recovery, d->n_recovery);
	free(d->cmp_server);
	free(d->missing);
	*d = (struct draft){ 0 };
}

static void draft_cleanup(struct draft *d)
{
	draft_free(d);
}
#define AUTO_DRAFT __attribute__((cleanup(draft_cleanup)))

// --- fingerprint

static bool sha256(const void *bytes, size_t len, unsigned char *out)
{
	return EVP_Digest(bytes, len, out, NULL, EVP_sha256(), NULL) == 1;
}

static bool sha256_buf(const struct buf *b, unsigned char *out)
{
	return sha256(b->data ? (const void *)b->data : "", b->len, out);
}

// One digest a role, where any has such anchors.
static struct err *digests_of_judges(const struct profile *p, struct buf *out)
{
	bool any = false;
	for (size_t i = 0; i < p->n_roles; i++)
		any = any || p->roles[i].otp.server.anchors.len > 0;
	for (size_t i = 0; any && i < p->n_roles; i++) {
		unsigned char digest[SHA256_BYTES];
		if (!sha256_buf(&p->roles[i].otp.server.anchors, digest))
			return err_new(ERR_FAILED,
				       N_("The fingerprint of the profile cannot be computed."));
		TRY(buf_put(out, digest, sizeof(digest)));
	}
	return NULL;
}

// Of the digests of the files, so that no byte can move from one to the other unseen. The recovery certificates count where there are some
// (they decide who can read a PIN later), and so do the makers' roots, the certificate that a CMP server is pinned to, and the anchors of the
// servers that judge one-time passwords.
static struct err *set_fingerprint(struct profile *p, const void *yaml, size_t len)
{
	AUTO_BUF struct buf judges = BUF(0);
	const struct buf *files[] = { &p->ca.anchors, &p->token.recovery, &p->key.attestation.roots,
				      &p->ca.cmp.server_certificate, &judges };
	unsigned char each[(1 + ARRAY_LEN(files)) * SHA256_BYTES], whole[SHA256_BYTES];
	TRY(digests_of_judges(p, &judges));
	size_t n = judges.len ? 6 : files[3]->len ? 5 : files[2]->len ? 4 : files[1]->len ? 3 : 2;
	bool done = sha256(yaml, len, each);
	for (size_t i = 0; done && i < ARRAY_LEN(files); i++)
		done = sha256_buf(files[i], each + (i + 1) * SHA256_BYTES);
	if (!done || !sha256(each, n * SHA256_BYTES, whole))
		return err_new(ERR_FAILED,
			       N_("The fingerprint of the profile cannot be computed."));
	AUTO_TEXT char *hex = text_hex(whole, sizeof(whole), 0);
	if (!hex)
		return err_no_memory();
	snprintf(p->fingerprint, sizeof(p->fingerprint), "%s", hex);
	return NULL;
}

// --- reading

static struct err *fill_draft(const void *yaml, size_t len, const char *dir, struct faults *f,
			      struct draft *d)
{
	yaml_document_t doc;
	bool loaded;
	TRY(document_read(yaml, len, f, &doc, &loaded));
	if (!loaded)
		return NULL;
	struct err *e = document_fill(&doc, f, d);
	yaml_document_delete(&doc);
	return e ? e : check_draft(d, dir, f);
}

// missing: as in profile_load_trusting; null: nothing may be missing.
static struct err *parse(const void *yaml, size_t len, const char *origin, const char *dir,
			 char **missing, struct profile **out)
{
	AUTO_FAULTS struct faults f = { .origin = origin };
	AUTO_DRAFT struct draft d = { .may_miss = missing != NULL };
	TRY(fill_draft(yaml, len, dir, &f, &d));
	TRY(faults_take(&f));
	TRY(set_fingerprint(&d.profile, yaml, len));
	d.profile.path = text_copy(origin);
	struct profile *p = malloc(sizeof(*p));
	if (!p || !d.profile.path) {
		free(p);
		return err_no_memory();
	}
	*p = d.profile;
	d.profile = (struct profile){ 0 };
	*out = p;
	if (missing) {
		*missing = d.missing;
		d.missing = NULL;
	}
	return NULL;
}

struct err *profile_parse(const void *yaml, size_t len, const char *origin, const char *dir,
			  struct profile **out)
{
	return parse(yaml, len, origin, dir, NULL, out);
}

static struct err *load_file(const char *path, char **missing, struct profile **out)
{
	AUTO_TEXT char *real = NULL;
	AUTO_BUF struct buf yaml = BUF(DOCUMENT_MAX_BYTES);
	TRY(err_as(proc_trusted_file(path, &real), ERR_PROFILE));
	TRY(err_as(buf_read_file(real, DOCUMENT_MAX_BYTES, &yaml), ERR_PROFILE));
	AUTO_TEXT char *dir = strndup(real, (size_t)(strrchr(real, '/') - real));
	if (!dir)
		return err_no_memory();
	return parse(yaml.data ? (const void *)yaml.data : "", yaml.len, real, dir, missing, out);
}

static struct err *no_such_profile(const char *name)
{
	return err_tag(err_hint(err_new(ERR_PROFILE, N_("There is no profile %1."), ARG_TEXT(name)),
				N_("If it is a file, check its path; inkan profile list shows "
				   "those that can be used by name.")),
		       "profile-missing");
}

static bool is_path(const char *text)
{
	size_t len = strlen(text), tail = strlen(".yaml");
	return strchr(text, '/') || (len > tail && strcmp(text + len - tail, ".yaml") == 0);
}

static struct err *load(const char *name_or_path, char **missing, struct profile **out)
{
	if (is_path(name_or_path)) {
		if (access(name_or_path, F_OK) != 0)
			return no_such_profile(name_or_path);
		return load_file(name_or_path, missing, out);
	}
	AUTO_DIRS struct profile_dirs dirs = { { NULL } };
	if (!name_is_profile(name_or_path))
		return no_such_profile(name_or_path);
	TRY(dirs_find(&dirs));
	for (size_t i = 0; i < PROFILE_DIRS; i++) {
		AUTO_TEXT char *path = NULL;
		if (!dirs.dir[i])
			continue;
		path = text_format("%s/%s.yaml", dirs.dir[i], name_or_path);
		if (!path)
			return err_no_memory();
		if (access(path, F_OK) == 0)
			return load_file(path, missing, out);
	}
	return no_such_profile(name_or_path);
}

struct err *profile_load(const char *name_or_path, struct profile **out)
{
	return load(name_or_path, NULL, out);
}

struct err *profile_load_trusting(const char *name_or_path, struct profile **out, char **missing)
{
	return load(name_or_path, missing, out);
}
