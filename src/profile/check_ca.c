// Rules of the CA: its address, the hosts that may be spoken to, the anchors it is trusted by.
#include "profile/check.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/proc.h"
#include "base/text.h"

enum { HOST_MAX = 253 };

// --- hosts

static bool port_is_fine(const char *port)
{
	size_t len = strlen(port);
	if (len == 0 || len > 5 || port[0] == '0' || !text_is_digits(port, len))
		return false;
	long n = strtol(port, NULL, 10);
	return n > 0 && n < 65536;
}

// A DNS name, an IPv4 address or "[IPv6]"; its length, 0 when it is none of them.
static size_t host_length(const char *text)
{
	size_t len;
	if (text[0] == '[') {
		len = 1 + strspn(text + 1, "0123456789abcdefABCDEF:.");
		return len > 2 && text[len] == ']' ? len + 1 : 0;
	}
	len = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.");
	if (len == 0 || len > HOST_MAX || text[0] == '-' || text[0] == '.' ||
	    memmem(text, len, "..", 2))
		return 0;
	return len;
}

static bool host_is_fine(const char *host)
{
	size_t len = host_length(host);
	if (len == 0)
		return false;
	return host[len] == '\0' || (host[len] == ':' && port_is_fine(host + len + 1));
}

// SCEP and CMP protect their messages themselves (RFC 8894 §2, RFC 9811 §3), and their servers often speak http alone.
static bool may_be_plain(const struct profile_ca *ca)
{
	return ca->protocol == CA_SCEP || ca->protocol == CA_CMP;
}

// "host" or "host:port" of an https URL, or an http one where that may be (then the port is said); null and *fine false when it is no such URL.
static struct err *url_host(const char *url, bool plain, char **host, bool *fine)
{
	static const char secure[] = "https://", open[] = "http://";
	bool is_open = plain && strncmp(url, open, strlen(open)) == 0;
	*fine = false;
	if ((!is_open && strncmp(url, secure, strlen(secure)) != 0) ||
	    !text_is_ascii(url, strlen(url)) || strpbrk(url, " \"<>\\^`{|}#?"))
		return NULL;
	const char *start = url + strlen(is_open ? open : secure);
	size_t len = strcspn(start, "/");
	bool bare = is_open && start[host_length(start)] != ':';
	char *copy = text_format("%.*s%s", (int)len, start, bare ? ":80" : "");
	if (!copy)
		return err_no_memory();
	*fine = host_is_fine(copy);
	if (*fine)
		*host = copy;
	else
		free(copy);
	return NULL;
}

// What stands behind the host's name; https means 443 where nothing does.
static const char *port_of(const char *host)
{
	const char *rest = host + host_length(host);
	return rest[0] == ':' ? rest + 1 : "443";
}

static bool host_listed(const struct profile_ca *ca, const char *host)
{
	size_t len = host_length(host);
	for (size_t i = 0; i < ca->n_hosts; i++) {
		const char *have = ca->hosts[i];
		if (host_length(have) == len && strncasecmp(have, host, len) == 0 &&
		    strcmp(port_of(have), port_of(host)) == 0)
			return true;
	}
	return false;
}

// Takes the host.
static struct err *pin_host(struct profile_ca *ca, char *host)
{
	if (host_listed(ca, host)) {
		free(host);
		return NULL;
	}
	char **more = reallocarray(ca->hosts, ca->n_hosts + 1, sizeof(*more));
	if (!more) {
		free(host);
		return err_no_memory();
	}
	more[ca->n_hosts++] = host;
	ca->hosts = more;
	return NULL;
}

static struct err *check_url(struct profile_ca *ca, struct faults *f)
{
	char *host = NULL;
	bool fine = false;
	if (!ca->url) {
		// A value that was refused, or a group that is missing, was told already.
		if (ca->protocol != CA_FILE && place_known(f, "ca") && !place_known(f, "ca.url"))
			FAULT_AT(f, "ca.url", N_("%1: %2: this key is missing. Allowed: %3."),
				 ARG_ID(N_("an address that begins with https://")));
		return NULL;
	}
	if (ca->protocol == CA_FILE) {
		FAULT_AT(f, "ca.url",
			 N_("%1: %2: a CA that takes files has no address. Remove it."));
		return NULL;
	}
	TRY(url_host(ca->url, may_be_plain(ca), &host, &fine));
	if (fine)
		return pin_host(ca, host);
	FAULT_AT(
		f, "ca.url", N_("%1: %2: this is not allowed. Allowed: %3."),
		ARG_ID(N_("an address as in https://ca.example/.well-known/est, without user name, "
			  "'?' and '#'")));
	return NULL;
}

static struct err *check_login(const struct profile *p, struct faults *f)
{
	char *host = NULL;
	bool fine = false;
	if (!p->login_url)
		return NULL;
	// A login page may have a query; its host is what is judged here.
	AUTO_TEXT char *bare = strndup(p->login_url, strcspn(p->login_url, "?"));
	if (!bare)
		return err_no_memory();
	TRY(url_host(bare, false, &host, &fine));
	if (!fine)
		FAULT_AT(f, "login_url", N_("%1: %2: this is not allowed. Allowed: %3."),
			 ARG_ID(N_("an address that begins with https://")));
	else if (!host_listed(&p->ca, host))
		FAULT_AT(f, "login_url", N_("%1: %2: the host %3 does not stand in ca.hosts."),
			 ARG_TEXT(host));
	free(host);
	return NULL;
}

static void check_hosts(const struct profile_ca *ca, struct faults *f)
{
	for (size_t i = 0; i < ca->n_hosts; i++)
		if (!host_is_fine(ca->hosts[i]))
			FAULT_AT(f, "ca.hosts", N_("%1: %2: %3 is no host name. Allowed: %4."),
				 ARG_TEXT(ca->hosts[i]),
				 ARG_ID(N_("a list of host names, each with or without :port")));
}

// --- files of certificates: the anchors, and those of token.recovery (check_token.c) and key.attestation.roots (check_attestation.c)

// Tagged where it is the trust in the CA that is missing: inkan doctor has a finding of its own for that.
static void pem_fault(const char *key, struct faults *f, struct mark m, struct err *e)
{
	fault_put_err(f, m, strcmp(key, "ca.anchors") == 0 ? err_tag(e, "trust-missing") : e);
}

static void pem_missing(const struct profile *p, const char *key, const char *path,
			struct faults *f)
{
	struct mark m = place_find(f, key);
	struct msg *hint =
		strcmp(key, "key.attestation.roots") == 0
			? msg_new(N_("Get the root certificates (PEM) of the tokens' maker from "
				     "the maker, compare their fingerprints, and put them there: "
				     "%1."),
				  ARG_TEXT(path))
		: strcmp(key, "ca.anchors") != 0
			? msg_new(N_("Ask the institution for its recovery certificate (PEM), and "
				     "put it there: %1."),
				  ARG_TEXT(path))
		: p->practice
			? msg_new(N_("Start the practice CA once: inkan-practice-ca writes the "
				     "file of its "
				     "root certificate (practice-ca.pem). Copy it to %1."),
				  ARG_TEXT(path))
		: p->ca.protocol == CA_EST
			? msg_new(N_("Ask the institution for its root certificate (PEM), compare "
				     "its fingerprint, and put it there: %1. Or have `inkan "
				     "profile trust` get it from the CA's server, by its "
				     "fingerprint."),
				  ARG_TEXT(path))
			: msg_new(N_("Ask the institution for its root certificate (PEM), "
				     "compare its "
				     "fingerprint, and put it there: %1."),
				  ARG_TEXT(path));
	struct err *e =
		err_new(ERR_PROFILE, N_("%1: %2: the file of certificates %3 is not there."),
			ARG_TEXT(fault_where(f, m, (char[FAULT_WHERE]){ 0 })), ARG_TEXT(key),
			ARG_TEXT(path));
	pem_fault(key, f, m, err_hint_msg(e, hint));
}

// Takes what reading said and puts it among the faults.
static void pem_unreadable(const char *key, struct faults *f, struct err *cause)
{
	struct mark m = place_find(f, key);
	struct err *e =
		err_new(ERR_PROFILE, N_("%1: %2: the file of certificates cannot be used."),
			ARG_TEXT(fault_where(f, m, (char[FAULT_WHERE]){ 0 })), ARG_TEXT(key));
	pem_fault(key, f, m, err_caused_by(e, cause));
}

// The bytes between BEGIN and END, whether they look like a certificate: base64 and line ends, not nothing.
static bool block_is_base64(const char *from, const char *to)
{
	size_t letters = 0;
	for (; from < to; from++) {
		unsigned char c = (unsigned char)*from;
		if (isalnum(c) || c == '+' || c == '/' || c == '=')
			letters++;
		else if (!isspace(c))
			return false;
	}
	return letters >= 64;
}

// Whether the text holds at least one certificate block and no broken one. What they say is judged when they are used.
static bool holds_certificates(const char *pem)
{
	static const char begin[] = "-----BEGIN CERTIFICATE-----";
	static const char end[] = "-----END CERTIFICATE-----";
	size_t n = 0;
	for (const char *at = strstr(pem, begin); at; at = strstr(at, begin), n++) {
		const char *from = at + strlen(begin);
		const char *to = strstr(from, end);
		if (!to || !block_is_base64(from, to))
			return false;
		at = to + strlen(end);
	}
	return n > 0;
}

static struct err *put_pem(const char *key, const char *path, const struct buf *pem,
			   struct faults *f, struct buf *into)
{
	const char *text = pem->data ? (const char *)pem->data : "";
	if (strstr(text, "PRIVATE KEY-----")) {
		FAULT_AT(f, key,
			 N_("%1: %2: %3 holds a private key. Only certificates may stand in it."),
			 ARG_TEXT(path));
		return NULL;
	}
	if (strlen(text) != pem->len || !holds_certificates(text)) {
		struct mark m = place_find(f, key);
		pem_fault(key, f, m,
			  err_new(ERR_PROFILE,
				  N_("%1: %2: %3 holds no certificate that can be read (PEM)."),
				  ARG_TEXT(fault_where(f, m, (char[FAULT_WHERE]){ 0 })),
				  ARG_TEXT(key), ARG_TEXT(path)));
		return NULL;
	}
	struct err *e = buf_put(into, pem->data, pem->len);
	if (!e)
		e = buf_put(into, "\n", 1); // for files that do not end their last line
	if (e)
		pem_unreadable(key, f, e);
	return NULL;
}

struct err *check_pem_file(const struct profile *p, const char *key, const char *dir,
			   const char *file, struct faults *f, struct buf *into)
{
	AUTO_TEXT char *path = file[0] == '/' ? text_copy(file) : text_format("%s/%s", dir, file);
	AUTO_TEXT char *real = NULL;
	AUTO_BUF struct buf pem = BUF(ANCHORS_MAX_BYTES);
	if (!path)
		return err_no_memory();
	if (access(path, F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR)) {
		pem_missing(p, key, path, f);
		return NULL;
	}
	struct err *e = proc_trusted_file(path, &real);
	if (!e)
		e = buf_read_file(real, ANCHORS_MAX_BYTES, &pem);
	if (e) {
		pem_unreadable(key, f, e);
		return NULL;
	}
	return put_pem(key, path, &pem, f, into);
}

// CMP's own keys, and the certificate that protects its answers.
static struct err *check_cmp(struct draft *d, const char *dir, struct faults *f)
{
	struct profile *p = &d->profile;
	p->ca.cmp.server_certificate = BUF(ANCHORS_MAX_BYTES);
	if (p->ca.protocol != CA_CMP && place_known(f, "ca.cmp"))
		FAULT_AT(f, "ca.cmp", N_("%1: %2: this has a meaning with protocol: cmp alone."));
	if (!d->cmp_server)
		return NULL;
	return check_pem_file(p, "ca.cmp.server_certificate", dir, d->cmp_server, f,
			      &p->ca.cmp.server_certificate);
}

static struct err *look_for_anchors(struct draft *d, const char *dir)
{
	const char *file = d->anchors[0];
	AUTO_TEXT char *path = file[0] == '/' ? text_copy(file) : text_format("%s/%s", dir, file);
	if (!path)
		return err_no_memory();
	if (access(path, F_OK) != 0 && errno == ENOENT) {
		d->missing = path;
		path = NULL;
	}
	return NULL;
}

struct err *check_ca(struct draft *d, const char *dir, struct faults *f)
{
	struct profile *p = &d->profile;
	p->ca.anchors = BUF(ANCHORS_MAX_BYTES);
	check_hosts(&p->ca, f);
	if (p->ca.protocol == CA_FILE && p->ca.on_behalf)
		FAULT_AT(f, "ca.on_behalf",
			 N_("%1: %2: whoever carries a request to the CA vouches for it there. "
			    "Remove it."));
	TRY(check_url(&p->ca, f));
	TRY(check_login(p, f));
	TRY(check_cmp(d, dir, f));
	if (d->may_miss && d->n_anchors == 1)
		TRY(look_for_anchors(d, dir));
	for (size_t i = 0; i < d->n_anchors && !d->missing; i++)
		TRY(check_pem_file(p, "ca.anchors", dir, d->anchors[i], f, &p->ca.anchors));
	return NULL;
}
