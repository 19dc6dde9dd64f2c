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
#include "practiceca/routes.h"
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
	{ "plain-listen", "ADDRESS:PORT",
	  N_("Serve without TLS, too, what protects itself or is public: SCEP, CMP, the CRL.") },
	{ "plain-port-file", "FILE", N_("The same as --port-file, for --plain-listen.") },
	{ "reenroll-same-key", NULL, N_("Let a renewal keep the key of its certificate.") },
	{ "crl-url", "URL", N_("Where clients find this server's /crl: put into certificates.") },
	{ "ocsp-url", "URL", N_("Where clients find this server's /ocsp: put into certificates.") },
	{ "retry-after", "SECONDS",
	  N_("How long a pending client is told to wait: 5 if not given.") },
	{ "csrattrs", "LIST",
	  N_("What /csrattrs asks for: none, or of challenge-password, tls-unique, otp-challenge, "
	     "revocation-challenge, rsa-2048, rsa-3072, rsa-4096, sha256, key-usage.") },
	{ "require-link", NULL, N_("Refuse requests that are not bound to their TLS connection.") },
	{ "digest", NULL, N_("Want HTTP Digest (SHA-256) in the place of Basic.") },
	{ "challenge-file", "FILE",
	  N_("Demand the challengePassword in the first line of this file.") },
	{ "attestation-roots", "FILE",
	  N_("Check the token maker's attestation in a request by these roots (PEM).") },
	{ "require-attestation", NULL, N_("Refuse requests without an attestation.") },
	{ "hotp-look-ahead", "N", N_("HOTP values accepted beyond the next one: 5 if not given.") },
	{ "portal-session", "SECONDS",
	  N_("How long a session of the portal may be idle: 600 if not given.") },
	{ "portal-keypad", NULL,
	  N_("Let the portal's on-screen keyboard send other digits than stand on it.") },
	{ "portal-charset", "CHARSET",
	  N_("Charset of the portal's pages: utf-8, shift_jis or euc-jp; utf-8 if not given.") },
	{ "with-chain", NULL, N_("Answer with the issuing CA beside the new certificate.") },
	{ "scep-without-ra", NULL, N_("SCEP: the CA itself signs and decrypts, without an RA.") },
	{ "scep-next-ca", NULL, N_("SCEP: show the CA that will follow (GetNextCACert).") },
	{ "scep-3des", NULL, N_("SCEP: take requests in 3DES, too, and answer them so.") },
	{ "verbose", NULL, N_("Log every request to stderr.") },
};

_Static_assert(ARRAY_LEN(options) <= OPTIONS_MAX, "struct given has a place for each option");

// Where it listens, and what it serves there.
enum { AT_MAIN, AT_LOGIN, AT_PLAIN, PLACES };
static const struct place_row {
	const char *option, *port_file; // options
	struct served served;
} place_rows[PLACES] = {
	[AT_MAIN] = { "listen", "port-file", { routes_answer, false } },
	[AT_LOGIN] = { "login-listen", "login-port-file", { page_answer, false } },
	[AT_PLAIN] = { "plain-listen", "plain-port-file", { routes_answer, true } },
};

struct place {
	bool used;
	struct address address;
	const char *port_file; // null: not wanted
};

static bool same_host(const struct place *a, const struct place *b)
{
	return !a->used || !b->used || a->address.loopback || b->address.loopback ||
	       strcmp(a->address.host, b->address.host) == 0;
}

// The name that the TLS certificate has beside those of loopback.
static const char *host_of(const struct place at[PLACES])
{
	for (size_t i = 0; i < PLACES; i++)
		if (at[i].used && !at[i].address.loopback)
			return at[i].address.host;
	return at[AT_MAIN].address.host;
}

static struct err *read_place(const struct given *g, const struct place_row *row, const char *usual,
			      struct place *out)
{
	const char *text = given_text(g, row->option);
	out->port_file = given_text(g, row->port_file);
	out->used = text || usual;
	if (out->used)
		return address_read(text ? text : usual, &out->address);
	if (!out->port_file)
		return NULL;
	return err_hint(err_new(ERR_USAGE, N_("--%1 is of no use without --%2."),
				ARG_TEXT(row->port_file), ARG_TEXT(row->option)),
			N_("Add --%1 ADDRESS:PORT."), ARG_TEXT(row->option));
}

static struct err *allow_remote(const struct given *g, const char *where)
{
	if (!given_flag(g, "allow-remote"))
		return err_hint(
			err_new(ERR_USAGE, N_("Other machines could reach %1."), ARG_TEXT(where)),
			N_("This CA is for practising. If that is what you want, add "
			   "--allow-remote."));
	fprintf(stderr, "%s\n",
		lang_text(N_("Warning: other machines can reach this CA. It is for practising: "
			     "give it no real "
			     "PINs, and let nobody rely on its certificates.")));
	return NULL;
}

static struct err *read_listen(const struct given *g, struct place at[PLACES])
{
	const char *reachable = NULL;
	for (size_t i = 0; i < PLACES; i++) {
		TRY(read_place(g, &place_rows[i], i == AT_MAIN ? "127.0.0.1:8443" : NULL, &at[i]));
		if (at[i].used && !at[i].address.loopback && !reachable)
			reachable = given_text(g, place_rows[i].option);
	}
	if (!same_host(&at[AT_MAIN], &at[AT_LOGIN]))
		return err_hint(err_new(ERR_USAGE, N_("The server has one certificate, for %1."),
					ARG_TEXT(at[AT_MAIN].address.host)),
				N_("Let the login page listen at the same address, with another "
				   "port."));
	return reachable ? allow_remote(g, reachable) : NULL;
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

static struct err *set_up_portal(const struct given *g, struct service *s)
{
	static const struct {
		const char *option, *charset, *type;
	} known[] = { { "utf-8", "UTF-8", "text/html; charset=UTF-8" },
		      { "shift_jis", "Shift_JIS", "text/html; charset=Shift_JIS" },
		      { "euc-jp", "EUC-JP", "text/html; charset=EUC-JP" } };
	const char *wanted = given_text(g, "portal-charset");
	int64_t seconds = 0;
	TRY(given_number(g, "portal-session", 1, 86400, 600, &seconds));
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		if (strcmp(wanted ? wanted : "utf-8", known[i].option) != 0)
			continue;
		s->portal_charset = known[i].charset;
		s->portal_type = known[i].type;
		return sessions_new(seconds, given_flag(g, "portal-keypad"), &s->sessions);
	}
	return err_new(ERR_USAGE, N_("The portal's charset is utf-8, shift_jis or euc-jp."));
}

static struct err *set_up(const struct given *g, const char *dir, const struct place at[PLACES],
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
	TRY(set_up_portal(g, s));
	if (given_flag(g, "digest"))
		TRY(digest_new(&s->digest));
	s->with_chain = given_flag(g, "with-chain");
	s->link_required = given_flag(g, "require-link");
	if (s->link_required && s->challenge && !s->csrattrs.tls_unique)
		return err_hint(err_new(ERR_USAGE, N_("With a challenge password of its own a "
						      "request can be bound to its connection "
						      "only by estIdentityLinking.")),
				N_("Add --csrattrs tls-unique."));
	s->reenroll_same_key = given_flag(g, "reenroll-same-key");
	TRY(authority_open(dir, host_of(at), clock_now(), &s->authority));
	s->scep_3des = given_flag(g, "scep-3des");
	TRY(authority_for_scep(s->authority, dir, !given_flag(g, "scep-without-ra"),
			       given_flag(g, "scep-next-ca"), clock_now()));
	TRY(read_crl_url(given_text(g, "crl-url"), &s->authority->crl_url));
	TRY(read_crl_url(given_text(g, "ocsp-url"), &s->authority->ocsp_url));
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

static struct err *say_ready(const char *dir, const struct place at[PLACES])
{
	char where[80];
	address_text(&at[AT_MAIN].address, where);
	printf("READY https://%s/.well-known/est anchors=%s/practice-ca.pem", where, dir);
	address_text(&at[AT_LOGIN].address, where);
	if (at[AT_LOGIN].used)
		printf(" login=https://%s/", where);
	address_text(&at[AT_PLAIN].address, where);
	if (at[AT_PLAIN].used)
		printf(" plain=http://%s/", where);
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

static struct err *write_ports(const struct place at[PLACES])
{
	for (size_t i = 0; i < PLACES; i++)
		if (at[i].used && at[i].port_file)
			TRY(write_port(at[i].port_file, &at[i].address));
	return NULL;
}

static void remove_ports(const struct place at[PLACES])
{
	for (size_t i = 0; i < PLACES; i++)
		if (at[i].used && at[i].port_file)
			unlink(at[i].port_file);
}

static struct err *start_all(const struct service *s, struct place at[PLACES],
			     struct server *servers[PLACES])
{
	for (size_t i = 0; i < PLACES; i++) {
		int fd = -1;
		if (!at[i].used)
			continue;
		TRY(address_listen(&at[i].address, &fd));
		TRY(server_start(s, &place_rows[i].served, fd, &servers[i]));
	}
	return NULL;
}

static struct err *serve_until_told(const struct service *s, const char *dir,
				    struct place at[PLACES])
{
	struct server *servers[PLACES] = { NULL };
	sigset_t set;
	int got = 0;
	// Blocked before the servers' threads exist, so that only sigwait below sees them.
	signals_to_wait_for(&set);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	struct err *e = start_all(s, at, servers);
	if (!e)
		e = write_ports(at);
	if (!e)
		e = say_ready(dir, at);
	if (!e)
		sigwait(&set, &got);
	remove_ports(at);
	for (size_t i = 0; i < PLACES; i++)
		server_stop(servers[i]);
	return e;
}

static struct err *serve(const struct given *g)
{
	const char *dir = NULL;
	struct place at[PLACES] = { 0 };
	struct service s = { 0 };
	TRY(given_needed(g, "dir", &dir));
	TRY(read_listen(g, at));
	log_open(LOG_INFO, STDERR_FILENO);
	refusal_prepare();
	page_prepare();
	s.verbose = given_flag(g, "verbose");
	struct err *e = set_up(g, dir, at, &s);
	if (!e)
		e = serve_until_told(&s, dir, at);
	service_free(&s);
	return e;
}

const struct command command_serve = {
	.name = "serve",
	.example = "inkan-practice-ca serve --dir ~/practice-ca",
	.summary = N_("Run the CA: a server for EST over TLS, and for SCEP."),
	.options = options,
	.n_options = ARRAY_LEN(options),
	.run = serve,
};
