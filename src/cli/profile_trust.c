// inkan profile trust: the CA's root certificate from its own server, on a person's word for its fingerprint (RFC 7030 §4.1.1).
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/proc.h"
#include "cli/commands.h"
#include "cli/faces.h"
#include "cli/inside.h"
#include "cli/print.h"
#include "cli/prompt.h"
#include "profile/profile.h"
#include "worker/worker.h"
#include "x509/cert.h"

enum { SHA256_HEX = 64, DETAIL_INDENT = 4 };

// A job of the worker about the profile. Its result is the caller's.
static struct err *do_job(struct cli *cli, enum job_kind kind, const char *profile,
			  struct result *out)
{
	AUTO(job) struct job *job = calloc(1, sizeof(*job));
	AUTO_SCREEN struct screen screen;
	if (!job)
		return err_no_memory();
	job->kind = kind;
	job->profile = text_copy(profile);
	screen_open(&screen, cli);
	worker_run(job, &screen.face, out);
	struct err *e = out->err;
	out->err = NULL;
	return e;
}

static struct err *fetch(struct cli *cli, const char *profile, struct cert_list *out)
{
	struct result r = { 0 };
	struct err *e = do_job(cli, JOB_TRUST, profile, &r);
	const char *pem = e ? NULL : json_text(r.object, "pem");
	if (pem)
		e = cert_list_from_pem(pem, strlen(pem), out);
	result_free(&r);
	return e;
}

// With colons or blanks between bytes, as openssl and letters have it.
static struct err *read_fingerprint(const char *text, char out[static SHA256_HEX + 1])
{
	size_t n = 0;
	for (; *text; text++) {
		if (strchr(": -", *text))
			continue;
		if (n == SHA256_HEX || !isxdigit((unsigned char)*text)) {
			n = 0;
			break;
		}
		out[n++] = (char)tolower((unsigned char)*text);
	}
	out[n] = '\0';
	if (n == SHA256_HEX)
		return NULL;
	return err_hint(err_tag(err_new(ERR_USAGE, N_("This is no SHA-256 fingerprint.")),
				"fingerprint-unreadable"),
			N_("It has 64 hexadecimal digits, with or without colons."));
}

// AB:CD:… in lines that can be compared.
static void show_fingerprint(const char *hex)
{
	char line[SHA256_HEX + SHA256_HEX / 2 + 1];
	size_t n = 0;
	for (size_t i = 0; i < SHA256_HEX; i++) {
		if (i && i % 2 == 0)
			line[n++] = i % 32 ? ':' : '\n';
		line[n++] = (char)toupper((unsigned char)hex[i]);
	}
	line[n] = '\0';
	char *second = strchr(line, '\n');
	*second++ = '\0';
	print_line(stderr, DETAIL_INDENT, line);
	print_line(stderr, DETAIL_INDENT, second);
}

static void show(const struct cert *c)
{
	char until[48];
	clock_shown(cert_not_after(c), NULL, until);
	print_text(stderr, 0, cert_subject_text(c));
	say_in(stderr, DETAIL_INDENT, N_("valid until %1, SHA-256:"), ARG_TEXT(until));
	show_fingerprint(cert_sha256(c));
}

static bool signs_itself(const struct cert *c)
{
	size_t subject = 0, issuer = 0;
	const uint8_t *a = cert_subject_der(c, &subject), *b = cert_issuer_der(c, &issuer);
	return cert_is_ca(c) && subject == issuer && memcmp(a, b, subject) == 0;
}

static struct err *not_among(const struct cert_list *certs)
{
	for (size_t i = 0; i < certs->n; i++)
		if (cert_is_ca(certs->certs[i]))
			show(certs->certs[i]);
	return err_hint(
		err_tag(err_new(ERR_POLICY, N_("The server shows no certificate of a CA with the "
					       "fingerprint that you gave.")),
			"fingerprint-other"),
		N_("Nothing was written. Check the fingerprint, the profile's address and the "
		   "network: somebody may be in between. Tell the institution."));
}

static struct err *by_fingerprint(const struct cert_list *certs, const char *given,
				  const struct cert **out)
{
	char wanted[SHA256_HEX + 1];
	TRY(read_fingerprint(given, wanted));
	for (size_t i = 0; i < certs->n; i++)
		if (cert_is_ca(certs->certs[i]) && !strcmp(cert_sha256(certs->certs[i]), wanted)) {
			*out = certs->certs[i];
			return NULL;
		}
	return not_among(certs);
}

static struct err *needs_fingerprint(void)
{
	return err_hint(
		err_tag(err_new(ERR_ANSWER, N_("Which root certificate is the right one only the "
					       "fingerprint from the institution can tell.")),
			"fingerprint-missing"),
		N_("Nothing was written. Give it with --fingerprint."));
}

static struct err *ask_person(struct cli *cli, const struct cert *c, bool *yes)
{
	struct answer a = { 0 };
	AUTO(msg)
	struct msg *words = msg_new(
		N_("The server could not be recognised yet: anybody could have shown this. Compare "
		   "each character of the fingerprint with the one that the institution gave you "
		   "by another way. Is it the same?"));
	show(c);
	TRY(prompt_person(
		cli, &(struct question){ .kind = ASK_CONSENT, .name = "trust", .words = words },
		&a));
	*yes = a.state == ANSWER_GIVEN && a.yes;
	return NULL;
}

static struct err *by_person(struct cli *cli, const struct cert_list *certs,
			     const struct cert **out)
{
	const struct cert *root = NULL;
	size_t roots = 0;
	for (size_t i = 0; i < certs->n; i++)
		if (signs_itself(certs->certs[i])) {
			root = certs->certs[i];
			roots++;
		}
	if (!cli->interactive || roots != 1)
		return needs_fingerprint();
	bool yes = false;
	TRY(ask_person(cli, root, &yes));
	if (!yes)
		return err_tag(err_new(ERR_INTERRUPTED, N_("You did not agree, so the certificate "
							   "was not stored.")),
			       "consent-refused");
	*out = root;
	return NULL;
}

// Beside and into place, but never over another: whoever reads it finds all of it.
static struct err *write_beside(const char *beside, const char *path, const char *pem)
{
	int fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_errno("open", beside, errno);
	struct err *e = proc_write_all(fd, beside, pem, strlen(pem));
	if (!e && fchmod(fd, 0644))
		e = err_errno("fchmod", beside, errno);
	if (close(fd) && !e)
		e = err_errno("close", beside, errno);
	if (!e && link(beside, path))
		e = err_errno("link", path, errno);
	unlink(beside);
	return e;
}

static struct err *keep(const struct cert *c, const char *path)
{
	AUTO_TEXT char *pem = cert_pem(c);
	AUTO_TEXT char *dir = text_copy(path);
	AUTO_TEXT char *beside = text_format("%s.%d.new", path, (int)getpid());
	AUTO_TEXT char *real = NULL;
	if (!pem || !dir || !beside)
		return err_no_memory();
	dir[strrchr(path, '/') - path] = '\0';
	TRY(proc_trusted_dir(dir[0] ? dir : "/", &real));
	TRY(write_beside(beside, path, pem));
	return proc_sync_dir(dir[0] ? dir : "/");
}

// With the certificate in hand the server is asked once more: now it has to prove itself.
static struct err *try_out(struct cli *cli, const char *profile, const char *path)
{
	struct result r = { 0 };
	struct err *e = do_job(cli, JOB_CA, profile, &r);
	result_free(&r);
	if (!e)
		return NULL;
	unlink(path);
	return err_while(e, N_("The server was asked to prove itself by the certificate that it "
			       "showed. The certificate was removed again."));
}

static struct err *trust(struct cli *cli, const struct profile *p, const char *path)
{
	AUTO_CERTS struct cert_list certs = { 0 };
	const struct cert *chosen = NULL;
	TRY(fetch(cli, p->path, &certs));
	if (cli->o.fingerprint)
		TRY(by_fingerprint(&certs, cli->o.fingerprint, &chosen));
	else
		TRY(by_person(cli, &certs, &chosen));
	TRY(keep(chosen, path));
	TRY(try_out(cli, p->path, path));
	say(stdout, N_("The root certificate is in %1, and the server has proved itself by it."),
	    ARG_TEXT(path));
	return NULL;
}

int run_profile_trust(struct cli *cli)
{
	AUTO(profile) struct profile *p = NULL;
	AUTO_TEXT char *missing = NULL;
	struct err *e = profile_load_trusting(cli->o.operands[0], &p, &missing);
	if (!e && !missing) {
		say(stdout, N_("The profile has the certificates that it names. Nothing was "
			       "asked or changed."));
		return 0;
	}
	if (!e)
		e = trust(cli, p, missing);
	return e ? cli_fail(cli, e, NULL) : 0;
}
