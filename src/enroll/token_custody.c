// Custody of the security officer's PIN: shown, escrowed, derived, or typed.
#include "enroll/token_custody.h"
#include "enroll/ask.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/proc.h"
#include "enroll/say.h"
#include "enroll/token_card.h"
#include "enroll/token_job.h"
#include "token/so_pin.h"
#include "x509/cms.h"

enum { MASTER_LEAST = 32, MASTER_MOST = 1024, ENTRY_MAX = 131072 };

static struct err *lacks(const char *what_id, const char *custody)
{
	return err_hint(
		err_tag(err_new(ERR_PROFILE, N_("The custody %1 needs a profile that says %2."),
				ARG_TEXT(custody), ARG_ID(what_id)),
			"custody-unready"),
		N_("Name the institution's profile with --profile, or choose another custody."));
}

static struct err *choose(struct enrolment *e, enum so_custody c, struct keeping *out)
{
	if (e->job->custody && !so_custody_from_name(e->job->custody, &c))
		return err_hint(err_tag(err_new(ERR_USAGE, N_("There is no custody %1."),
						ARG_TEXT(e->job->custody)),
					"usage"),
				N_("It is one of: show, escrow, derive, typed."));
	if (c == SO_ESCROW && !(e->profile && e->profile->token.recovery.len))
		return lacks(N_("who may read the PIN later (token: recovery:)"), "escrow");
	if (c == SO_DERIVE && !(e->profile && e->profile->token.master))
		return lacks(N_("where the master secret is (token: master:)"), "derive");
	*out = (struct keeping){ .how = c, .label = e->token.label };
	return NULL;
}

struct err *custody_choose(struct enrolment *e, struct keeping *out)
{
	return choose(e, e->profile ? e->profile->token.so_custody : SO_SHOW, out);
}

struct err *custody_of_management(struct enrolment *e, const struct card_secrets *is,
				  struct keeping *out)
{
	enum so_custody c = e->profile ? e->profile->token.management_custody : SO_SHOW;
	if (e->profile && c == SO_AS_SO_PIN)
		c = e->profile->token.so_custody;
	TRY(choose(e, c, out));
	out->what = KEPT_MANAGEMENT;
	out->is = *is;
	if (!out->is.management_hex) { // not looked at: as makers deliver cards
		out->is.management_hex = FACTORY_MANAGEMENT_HEX;
		out->is.management_des = true;
	}
	return NULL;
}

static struct so_pin_form form_of(const struct enrolment *e, const struct keeping *c)
{
	if (c->what == KEPT_MANAGEMENT)
		return (struct so_pin_form){ .length = c->is.management_hex,
					     .alphabet = management_alphabet };
	return so_pin_form_of(&e->token);
}

// In the escrow: the words that it is kept under.
static const char *kept_as(const struct keeping *c)
{
	return c->what == KEPT_MANAGEMENT ? "management-key" : "so-pin";
}

// --- shown

// Made where the person is, so that it goes one way only: to the token.
static struct err *show(struct enrolment *e, const struct keeping *c, struct secret **out)
{
	struct so_pin_form form = form_of(e, c);
	bool management = c->what == KEPT_MANAGEMENT;
	AUTO(msg)
	struct msg *words =
		management ? msg_new(N_("Management key of the token %1"), ARG_TEXT(c->label))
			   : msg_new(N_("Security officer's PIN (PUK) of the token %1"),
				     ARG_TEXT(c->label));
	struct question q = { .kind = ASK_SHOWN,
			      .name = management ? "new_management_key" : "new_so_pin",
			      .words = words,
			      .make_length = form.length,
			      .make_from = form.alphabet };
	AUTO(secret) struct secret *given = NULL;
	TRY(ask_question(e, &q, &given));
	if (!given)
		return err_hint(
			err_tag(err_new(ERR_ANSWER,
					management ? N_("Nobody is there to be shown the "
							"management key.")
						   : N_("Nobody is there to be shown the security "
							"officer's PIN (the PUK).")),
				"answer-missing"),
			N_("Give %1 in the file of --answers, a profile that escrows or derives "
			   "it, or run the command on a terminal."),
			ARG_TEXT(q.name));
	*out = given;
	given = NULL;
	return NULL;
}

// --- escrowed

// What is encrypted says whose PIN it is, so that entries cannot be exchanged unseen.
static struct err *entry_content(const struct enrolment *e, const struct keeping *c,
				 const struct secret *pin, struct secret **out)
{
	AUTO(secret) struct secret *content = NULL;
	TRY(secret_new(SECRET_MAX, &content));
	AUTO_TEXT char *head =
		text_format("token: %s\nlabel: %s\n%s: ", e->token_uri, c->label, kept_as(c));
	if (!head)
		return err_no_memory();
	TRY(secret_append(content, head, strlen(head)));
	TRY(secret_append(content, secret_bytes(pin), secret_len(pin)));
	TRY(secret_append(content, "\n", 1));
	*out = content;
	content = NULL;
	return NULL;
}

static struct err *make_entry(const struct enrolment *e, const struct secret *pin,
			      const struct keeping *c, struct buf *out)
{
	AUTO_CERTS struct cert_list to = { 0 };
	AUTO(secret) struct secret *content = NULL;
	TRY(cert_list_from_pem(e->profile->token.recovery.data, e->profile->token.recovery.len,
			       &to));
	TRY(entry_content(e, c, pin, &content));
	TRY(buf_printf(out, "inkan-%s time=%s serial=%s label=%s\n", kept_as(c), c->stamp,
		       e->token.serial[0] ? e->token.serial : "-", c->label));
	return cms_encrypt(content, &to, out);
}

// Takes why.
static struct err *not_kept(const struct keeping *c, struct err *why)
{
	struct err *e = err_new(ERR_FAILED,
				c->what == KEPT_MANAGEMENT
					? N_("The management key could not be written to the "
					     "escrow, so the token was not changed.")
					: N_("The security officer's PIN could not be written to "
					     "the escrow, so the token was not changed."));
	e = err_hint(
		e, N_("Make room on the disk or mend the permissions of the state directory, then "
		      "run inkan again."));
	return err_caused_by(err_tag(e, "escrow-not-writable"), why);
}

static void fd_cleanup(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}
#define AUTO_FD __attribute__((cleanup(fd_cleanup)))

// A directory that was just made is only there after a power cut when the one above it was synced, too.
static struct err *sync_dirs(const char *dir)
{
	AUTO_TEXT char *above = text_format("%s/..", dir);
	if (!above)
		return err_no_memory();
	TRY(proc_sync_dir(dir));
	return proc_sync_dir(above);
}

// Appended, and synced with its directories: only then may the token get the PIN. Of an entry that was cut off nothing but its first line can be read
// by mistake, and the next begins on a line of its own.
static struct err *append(const struct buf *entry)
{
	AUTO_TEXT char *dir = NULL;
	TRY(proc_state_subdir("escrow", &dir));
	AUTO_TEXT char *path = text_format("%s/so-pins.pem", dir);
	if (!path)
		return err_no_memory();
	AUTO_FD int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return err_errno("open", path, errno);
	TRY(proc_write_all(fd, path, entry->data, entry->len));
	return sync_dirs(dir);
}

static struct err *escrow(struct enrolment *e, struct keeping *c, struct secret **out)
{
	struct so_pin_form form = form_of(e, c);
	AUTO(secret) struct secret *pin = NULL;
	AUTO_BUF struct buf entry = BUF(ENTRY_MAX);
	TRY(buf_puts(&entry, "\n"));
	TRY(so_pin_random(form.length, form.alphabet, &pin));
	clock_utc_fine(c->stamp);
	TRY(make_entry(e, pin, c, &entry));
	struct err *err = append(&entry);
	if (err)
		return not_kept(c, err);
	say_note(e,
		 c->what == KEPT_MANAGEMENT
			 ? msg_new(N_("A random management key is kept in the escrow, encrypted: "
				      "only those who hold the recovery key can read it."))
			 : msg_new(N_("A random security officer's PIN (PUK) is kept in the "
				      "escrow, encrypted: only those who hold the recovery key "
				      "can read it.")));
	*out = pin;
	pin = NULL;
	return NULL;
}

// Takes what kept the line from being written. The PIN itself is in the escrow since before the token got it.
static struct err *set_unnoted(const struct keeping *c, struct err *why)
{
	struct err *e = err_new(ERR_FAILED,
				c->what == KEPT_MANAGEMENT
					? N_("The token has a new management key, the one that "
					     "stands in the escrow with the time %1; only that it "
					     "was set could not be noted there.")
					: N_("The token has a new security officer's PIN, the one "
					     "that stands in the escrow with the time %1; only "
					     "that it was set could not be noted there."),
				ARG_TEXT(c->stamp));
	e = err_hint(e, N_("The token can be used. Make room on the disk, and write down which "
			   "token it is and that time."));
	return err_caused_by(err_tag(e, "escrow-not-noted"), why);
}

struct err *custody_done(struct enrolment *e, const struct keeping *c)
{
	AUTO_BUF struct buf line = BUF(4096);
	if (c->how != SO_ESCROW)
		return NULL;
	TRY(buf_printf(&line, "inkan-%s-set time=%s serial=%s label=%s\n", kept_as(c), c->stamp,
		       e->token.serial[0] ? e->token.serial : "-", e->token.label));
	struct err *err = append(&line);
	return err ? set_unnoted(c, err) : NULL;
}

// --- derived

static struct err *read_master(const char *path, struct secret **out)
{
	AUTO(secret) struct secret *master = NULL;
	TRY(err_as(proc_private_file(path), ERR_PROFILE));
	TRY(secret_new(MASTER_MOST + 1, &master));
	AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return err_as(err_errno("open", path, errno), ERR_PROFILE);
	ssize_t n = read(fd, secret_room(master), MASTER_MOST + 1);
	if (n < 0)
		return err_as(err_errno("read", path, errno), ERR_PROFILE);
	secret_set_len(master, (size_t)n);
	if (n < MASTER_LEAST || n > MASTER_MOST)
		return err_hint(err_tag(err_new(ERR_PROFILE,
						N_("The master secret %1 does not have %2 to %3 "
						   "bytes."),
						ARG_TEXT(path), ARG_NUM(MASTER_LEAST),
						ARG_NUM(MASTER_MOST)),
					"master-size"),
				N_("It is made once, of random bytes, and then never changed."));
	*out = master;
	master = NULL;
	return NULL;
}

static struct err *derive(const struct enrolment *e, const struct keeping *c, struct secret **out)
{
	AUTO(secret) struct secret *master = NULL;
	TRY(read_master(e->profile->token.master, &master));
	if (c->what == KEPT_MANAGEMENT)
		return management_key_derive(master, &e->token, c->is.management_hex, out);
	return so_pin_derive(master, &e->token, out);
}

struct err *custody_again(struct enrolment *e, enum so_custody c, struct secret **out)
{
	const struct keeping so_pin = { .how = c };
	*out = NULL;
	return c == SO_DERIVE ? derive(e, &so_pin, out) : NULL;
}

struct err *custody_management_again(struct enrolment *e, struct secret **out)
{
	struct keeping c = { 0 };
	const struct profile_token *t = e->profile ? &e->profile->token : NULL;
	bool same = t && t->management_custody == SO_AS_SO_PIN;
	*out = NULL;
	if (!t || (same ? t->so_custody : t->management_custody) != SO_DERIVE)
		return NULL;
	TRY(custody_of_management(e, &e->secrets, &c));
	return c.how == SO_DERIVE ? derive(e, &c, out) : NULL;
}

struct err *custody_make(struct enrolment *e, struct keeping *c, const struct secret *old,
			 struct secret **out)
{
	switch (c->how) {
	case SO_SHOW:
		return show(e, c, out);
	case SO_ESCROW:
		return escrow(e, c, out);
	case SO_DERIVE:
		return derive(e, c, out);
	case SO_TYPED:
	case SO_AS_SO_PIN:
		break;
	}
	if (c->what == KEPT_MANAGEMENT)
		return card_ask_new_management(e, &c->is, old, out);
	return token_ask_new_pin(e, NAME_NEW_SO_PIN, old, out);
}
