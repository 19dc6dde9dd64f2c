// serve: the CA at work, until SIGTERM or SIGINT.
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/lang.h"
#include "base/log.h"
#include "base/proc.h"
#include "practiceca/address.h"
#include "practiceca/commands.h"
#include "practiceca/files.h"
#include "practiceca/page.h"
#include "practiceca/server.h"

static const struct option_row options[] = {
	{ "dir", "DIR",
	  N_("Directory of the CA: keys, database, practice-ca.pem; made at the first start.") },
	{ "listen", "ADDRESS:PORT",
	  N_("Where to listen; port 0 is a free one. 127.0.0.1:8443 if not given.") },
	{ "allow-remote", NULL, N_("Allow an address that other machines can reach.") },
	{ "port-file", "FILE", N_("Write the port number to this file when ready.") },
	{ "login-listen", "ADDRESS:PORT",
	  N_("Serve a page here, too, that shows whom a client certificate is taken for.") },
	{ "login-port-file", "FILE", N_("The same as --port-file, for the login page.") },
	{ "reenroll-same-key", NULL, N_("Let a renewal keep the key of its certificate.") },
	{ "crl-url", "URL", N_("Where clients find this server's /crl: put into certificates.") },
	{ "retry-after", "SECONDS",
	  N_("How long a pending client is told to wait: 5 if not given.") },
	{ "csrattrs", "LIST",
	  N_("What /csrattrs asks for: none, or of challenge-password, tls-unique, otp-challenge, "
	     "revocation-challenge, rsa-2048, rsa-3072, rsa-4096, sha256, key-usage.") },
	{ "require-link", NULL, N_("Refuse requests that are not bound to their TLS connection.") },
	{ "challenge-file", "FILE",
	  N_("Demand the challengePassword in the first line of this file.") },
	{ "attestation-roots", "FILE",
	  N_("Check the token maker's attestation in a request by these roots (PEM).") },
	{ "require-attestation", NULL, N_("Refuse requests without an attestation.") },
	{ "hotp-look-ahead", "N", N_("HOTP values accepted beyond the next one: 5 if not given.") },
	{ "with-chain", NULL, N_("Answer with the issuing CA beside the new certificate.") },
	{ "verbose", NULL, N_("Log every request to stderr.") },
};

// Where the server listens: EST, and the login page when there is one.
struct places {
	struct address est, login;
	bool has_login;
};

static bool reachable(const struct places *p)
{
	return !p->est.loopback || (p->has_login && !p->login.loopback);
}

// The name that the TLS certificate has beside those of loopback.
static const char *host_of(const struct places *p)
{
	return p->est.loopback && p->has_login ? p->login.host : p->est.host;
}

static struct err *read_listen(const struct given *g, struct places *out)
{
	const char *text = given_text(g, "listen");
	const char *login = given_text(g, "login-listen");
	out->has_login = login != NULL;
	TRY(address_read(text ? text : "127.0.0.1:8443", &out->est));
	if (login)
		TRY(address_read(login, &out->login));
	else if (given_flag(g, "login-port-file"))
		return err_hint(err_new(ERR_USAGE, N_("Without a login page it has no port.")),
				N_("Add --login-listen ADDRESS:PORT."));
	if (!reachable(out))
		return NULL;
	if (login && !out->est.loopback && !out->login.loopback &&
	    strcmp(out->est.host, out->login.host) != 0)
		return err_hint(err_new(ERR_USAGE, N_("The server has one certificate, for %1."),
					ARG_TEXT(out->est.host)),
				N_("Let the login page listen at the same address, with another "
				   "port."));
	text = out->est.loopback ? login : text;
	if (!given_flag(g, "allow-remote"))
		return err_hint(
			err_new(ERR_USAGE, N_("Other machines could reach %1."), ARG_TEXT(text)),
			N_("This CA is for practising. If that is what you want, add "
			   "--allow-remote."));
	fprintf(stderr, "%s\n",
		lang_text(N_("Warning: other machines can reach this CA. It is for practising: "
			     "give it no real "
			     "PINs, and let nobody rely on its certificates.")));
	return NULL;
}

// In a certificate for as long as it lives: only what certainly is a URL (RFC 3986), without what OpenSSL splits values at.
static struct err *read_crl_url(const char *url, const char **out)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789-._~:/?#[]@!$&'()*+=%";
	size_t scheme = 0;
	if (!url)
		return NULL;
	if (strncmp(url, "http://", 7) == 0)
		scheme = 7;
	else if (strncmp(url, "https://", 8) == 0)
		scheme = 8;
	if (!scheme || !url[scheme] || strlen(url) > 500 || url[strspn(url, letters)])
		return err_hint(err_new(ERR_USAGE, N_("%1 is not a URL for a CRL."), ARG_TEXT(url)),
				N_("Write it like http://ca.example/crl: http or https, without "
				   "commas and spaces."));
	*out = url;
	return NULL;
}

static struct err *set_up(const struct given *g, const char *dir, const struct places *at,
			  struct service *s)
{
	int64_t look_ahead = 0;
	TRY(given_number(g, "hotp-look-ahead", 0, 50, 5, &look_ahead));
	TRY(given_number(g, "retry-after", 1, 86400, 5, &s->retry_after));
	TRY(csrattrs_read(given_text(g, "csrattrs"), &s->csrattrs));
	TRY(attested_rules_read(given_text(g, "attestation-roots"),
				given_flag(g, "require-attestation"), &s->attested));
	TRY(files_first_line(given_text(g, "challenge-file"), REQUEST_CHALLENGE_MAX,
			     &s->challenge));
	s->login.hotp_look_ahead = (unsigned)look_ahead;
	s->with_chain = given_flag(g, "with-chain");
	s->link_required = given_flag(g, "require-link");
	if (s->link_required && s->challenge && !s->csrattrs.tls_unique)
		return err_hint(err_new(ERR_USAGE, N_("With a challenge password of its own a "
						      "request can be bound to its connection "
						      "only by estIdentityLinking.")),
				N_("Add --csrattrs tls-unique."));
	s->reenroll_same_key = given_flag(g, "reenroll-same-key");
	TRY(authority_open(dir, host_of(at), clock_now(), &s->authority));
	TRY(read_crl_url(given_text(g, "crl-url"), &s->authority->crl_url));
	TRY(database_open(dir, &s->database));
	return service_prepare(s);
}

// Written beside and moved into place: a script never reads half a number.
static struct err *write_port(const char *path, const struct address *at)
{
	AUTO_TEXT char *dir = text_copy(path);
	AUTO_TEXT char *line = text_format("%u\n", at->port);
	if (!dir || !line)
		return err_no_memory();
	char *slash = strrchr(dir, '/');
	const char *name = slash ? path + (slash - dir) + 1 : path;
	if (slash)
		slash[slash == dir] = '\0';
	return files_write(slash ? dir : ".", name, false, line, strlen(line));
}

static struct err *say_ready(const char *dir, const struct places *at)
{
	char where[80];
	address_text(&at->est, where);
	printf("READY https://%s/.well-known/est anchors=%s/practice-ca.pem", where, dir);
	address_text(&at->login, where);
	if (at->has_login)
		printf(" login=https://%s/", where);
	putchar('\n');
	if (fflush(stdout))
		return err_errno("write", "stdout", errno);
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "%s\n",
			lang_text(N_("The practice CA is at work. Ctrl-C stops it.")));
	return NULL;
}

static void signals_to_wait_for(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGHUP);
}

struct port_files {
	const char *est, *login; // null: not wanted
};

static struct err *write_ports(const struct port_files *files, const struct places *at)
{
	if (files->est)
		TRY(write_port(files->est, &at->est));
	return files->login ? write_port(files->login, &at->login) : NULL;
}

static void remove_ports(const struct port_files *files)
{
	if (files->est)
		unlink(files->est);
	if (files->login)
		unlink(files->login);
}

static struct err *start(const struct service *s, server_answer *answer, struct address *at,
			 struct server **out)
{
	int fd = -1;
	TRY(address_listen(at, &fd));
	return server_start(s, answer, fd, out);
}

static struct err *serve_until_told(const struct service *s, const char *dir, struct places *at,
				    const struct port_files *files)
{
	AUTO(server) struct server *est = NULL;
	AUTO(server) struct server *login = NULL;
	sigset_t set;
	int got = 0;
	// Blocked before the server's threads exist, so that only sigwait below sees them.
	signals_to_wait_for(&set);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	TRY(start(s, est_answer, &at->est, &est));
	if (at->has_login)
		TRY(start(s, page_answer, &at->login, &login));
	struct err *e = write_ports(files, at);
	if (!e)
		e = say_ready(dir, at);
	if (!e)
		sigwait(&set, &got);
	remove_ports(files);
	return e;
}

static struct err *serve(const struct given *g)
{
	const char *dir = NULL;
	struct places at = { 0 };
	struct service s = { 0 };
	TRY(given_needed(g, "dir", &dir));
	TRY(read_listen(g, &at));
	log_open(LOG_INFO, STDERR_FILENO);
	refusal_prepare();
	page_prepare();
	s.verbose = given_flag(g, "verbose");
	struct err *e = set_up(g, dir, &at, &s);
	if (!e)
		e = serve_until_told(&s, dir, &at,
				     &(struct port_files){ given_text(g, "port-file"),
							   given_text(g, "login-port-file") });
	service_free(&s);
	return e;
}

const struct command command_serve = {
	.name = "serve",
	.example = "inkan-practice-ca serve --dir ~/practice-ca",
	.summary = N_("Run the CA: an EST server over TLS."),
	.options = options,
	.n_options = ARRAY_LEN(options),
	.run = serve,
};
