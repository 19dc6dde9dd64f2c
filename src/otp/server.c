// A conversation with a server that judges, whatever it speaks: its terms, its challenge, the shared secret's file.
#include "otp/server.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/proc.h"
#include "base/text.h"
#include "http/http.h"
#include "otp/server_inside.h"

struct err *otp_server_wrong(struct msg *what)
{
	struct err *e = err_tag(err_make(ERR_PROFILE, what), "otp-server-wrong");
	return err_hint(e, N_("Nothing was sent. Correct what the profile says of the server for "
			      "one-time passwords."));
}

struct err *otp_stopped(void)
{
	return err_tag(err_new(ERR_INTERRUPTED, N_("Stopped while waiting for a server.")),
		       "interrupted");
}

void otp_server_forget(struct otp_server *s)
{
	free(s->challenge.user);
	free(s->challenge.transaction);
	wipe(&s->challenge, sizeof(s->challenge));
}

bool otp_server_challenged(const struct otp_server *s)
{
	return s->challenge.there;
}

void otp_server_close(struct otp_server *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n_places; i++) {
		free(s->places[i].shown);
		free(s->places[i].url);
		http_close(s->places[i].http);
	}
	otp_server_forget(s);
	secret_free(s->shared);
	free(s->nas);
	free(s->realm);
	buf_free(&s->anchors);
	free(s);
}

static struct err *check_terms(const struct otp_server_terms *t)
{
	if (t->n_servers == 0 || t->n_servers > OTP_SERVERS_MAX)
		return otp_server_wrong(
			msg_new(N_("There must be 1 to %1 servers."), ARG_NUM(OTP_SERVERS_MAX)));
	if (t->seconds == 0 || t->seconds > OTP_SECONDS_MAX)
		return otp_server_wrong(msg_new(N_("The time to wait must be 1 to %1 seconds."),
						ARG_NUM(OTP_SECONDS_MAX)));
	if (t->protocol == OTP_SERVER_VALIDATE) {
		if (t->realm && (!*t->realm || strlen(t->realm) > OTP_REALM_MAX))
			return otp_server_wrong(
				msg_new(N_("A realm has 1 to %1 bytes."), ARG_NUM(OTP_REALM_MAX)));
		return t->anchors_len > 0
			       ? NULL
			       : otp_server_wrong(msg_new(N_("The CAs that the server is "
							     "recognised by are missing.")));
	}
	if (t->tries == 0 || t->tries > OTP_TRIES_MAX)
		return otp_server_wrong(
			msg_new(N_("A request is sent 1 to %1 times."), ARG_NUM(OTP_TRIES_MAX)));
	if (!t->shared || secret_len(t->shared) == 0 || secret_len(t->shared) > OTP_SHARED_MAX)
		return otp_server_wrong(msg_new(N_("A shared secret of 1 to %1 bytes is missing."),
						ARG_NUM(OTP_SHARED_MAX)));
	if (t->nas && (!*t->nas || strlen(t->nas) > RADIUS_VALUE_MAX))
		return otp_server_wrong(msg_new(N_("A NAS-Identifier has 1 to %1 bytes."),
						ARG_NUM(RADIUS_VALUE_MAX)));
	return NULL;
}

static struct err *take_place(const struct otp_server_terms *t, const char *server,
			      struct server_place *p)
{
	p->shown = text_safe(server, strnlen(server, 300), 300);
	if (!p->shown)
		return err_no_memory();
	if (t->protocol == OTP_SERVER_VALIDATE)
		return validate_place(server, p);
	if (radius_name_read(server, &p->name))
		return NULL;
	return otp_server_wrong(msg_new(N_("%1 is no RADIUS server: write HOST, HOST:PORT, or an "
					   "IPv6 address as [ADDRESS]:PORT."),
					ARG_TEXT(p->shown)));
}

static struct err *take_terms(const struct otp_server_terms *t, struct otp_server *s)
{
	s->protocol = t->protocol;
	s->seconds = t->seconds;
	s->tries = t->tries;
	s->unsigned_answers = t->unsigned_answers;
	s->stop = t->stop;
	s->stop_ctx = t->stop_ctx;
	for (size_t i = 0; i < t->n_servers; i++) {
		s->n_places++;
		TRY(take_place(t, t->servers[i], &s->places[i]));
	}
	if (t->protocol == OTP_SERVER_RADIUS) {
		TRY(secret_copy(t->shared, &s->shared));
		s->nas = text_copy(t->nas ? t->nas : "inkan");
		return s->nas ? NULL : err_no_memory();
	}
	s->realm = text_copy(t->realm);
	if (t->realm && !s->realm)
		return err_no_memory();
	return buf_put(&s->anchors, t->anchors_pem, t->anchors_len);
}

struct err *otp_server_open(const struct otp_server_terms *t, struct otp_server **out)
{
	TRY(check_terms(t));
	AUTO(otp_server) struct otp_server *s = calloc(1, sizeof(*s));
	if (!s)
		return err_no_memory();
	TRY(take_terms(t, s));
	*out = s;
	s = NULL;
	return NULL;
}

struct msg *otp_server_warning(const struct otp_server *s)
{
	if (s->protocol != OTP_SERVER_RADIUS)
		return NULL;
	if (secret_len(s->shared) < OTP_SHARED_GOOD)
		return msg_new(N_("The secret that is shared with the RADIUS server has only %1 "
				  "bytes: whoever records the line can try to guess it, and with "
				  "it read PINs and one-time passwords. Agree on one of at least "
				  "%2 random bytes."),
			       ARG_NUM(secret_len(s->shared)), ARG_NUM(OTP_SHARED_GOOD));
	if (s->unsigned_answers)
		return msg_new(N_("Answers of the RADIUS server without Message-Authenticator are "
				  "believed: whoever is on the line can say yes in its place "
				  "(CVE-2024-3596)."));
	return NULL;
}

void otp_reply_clear(struct otp_reply *r)
{
	free(r->words);
	*r = (struct otp_reply){ 0 };
}

static struct err *check_question(const char *user, const struct secret *value)
{
	size_t n = strnlen(user, OTP_USER_MAX + 1);
	if (n == 0 || n > OTP_USER_MAX || !text_is_utf8(user, n))
		return err_tag(err_hint(err_new(ERR_ANSWER,
						N_("The name of the person is not 1 to %1 bytes of "
						   "UTF-8."),
						ARG_NUM(OTP_USER_MAX)),
					N_("Nothing was sent. Correct the name.")),
			       "otp-user-wrong");
	if (secret_len(value) <= OTP_VALUE_MAX &&
	    !memchr(secret_bytes(value), '\0', secret_len(value)))
		return NULL;
	return err_tag(err_hint(err_new(ERR_ANSWER,
					N_("What was typed is longer than %1 bytes, or holds a "
					   "zero byte."),
					ARG_NUM(OTP_VALUE_MAX)),
				N_("Nothing was sent. Type it again.")),
		       "otp-value-wrong");
}

struct err *otp_server_ask(struct otp_server *s, const char *user, const struct secret *value,
			   struct otp_reply *out)
{
	AUTO_REPLY struct otp_reply got = { 0 };
	TRY(check_question(user, value));
	if (s->challenge.there && strcmp(s->challenge.user, user) != 0)
		otp_server_forget(s);
	TRY(s->protocol == OTP_SERVER_RADIUS ? radius_ask(s, user, value, &got)
					     : validate_ask(s, user, value, &got));
	*out = got;
	got = (struct otp_reply){ 0 };
	return NULL;
}

static struct err *secret_wrong(const char *path, const char *why)
{
	struct err *e = err_new(ERR_ANSWER, N_("%1 holds no shared secret that can be used: %2."),
				ARG_TEXT(path), ARG_ID(why));
	return err_tag(err_hint(e, N_("Write the secret that the RADIUS server has for this "
				      "machine into it, on one line.")),
		       "radius-secret");
}

static struct err *read_secret(int fd, const char *path, struct secret *s)
{
	size_t n = 0, room = secret_cap(s);
	while (n < room) {
		ssize_t got = read(fd, secret_room(s) + n, room - n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_tag(err_as(err_errno("read", path, errno), ERR_ANSWER),
				       "radius-secret");
		if (got == 0)
			break;
		n += (size_t)got;
	}
	secret_set_len(s, n);
	return NULL;
}

struct err *otp_shared_secret(const char *path, struct secret **out)
{
	AUTO(secret) struct secret *s = NULL;
	TRY(proc_private_file(path));
	TRY(secret_new(OTP_SHARED_MAX + 3, &s));
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return err_tag(err_as(err_errno("open", path, errno), ERR_ANSWER), "radius-secret");
	struct err *e = read_secret(fd, path, s);
	close(fd);
	TRY(e);
	const uint8_t *bytes = secret_bytes(s);
	size_t n = secret_len(s);
	if (n > 0 && bytes[n - 1] == '\n')
		n--;
	if (n > 0 && bytes[n - 1] == '\r')
		n--;
	if (n == 0)
		return secret_wrong(path, N_("it is empty"));
	if (n > OTP_SHARED_MAX)
		return secret_wrong(path, N_("it is too long"));
	if (memchr(bytes, '\n', n) || memchr(bytes, '\0', n))
		return secret_wrong(path, N_("it has more than one line"));
	secret_chop(s, n);
	*out = s;
	s = NULL;
	return NULL;
}
