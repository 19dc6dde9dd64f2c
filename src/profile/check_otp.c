// Rules of a server that judges one-time passwords: what belongs to which protocol.
#include "profile/check.h"

#include <stdio.h>
#include <string.h>

enum { OTP_PATH = 200 };

struct otp_path {
	char text[OTP_PATH];
};

static struct otp_path otp_path(const struct profile_role *r, const char *key)
{
	struct otp_path p;
	snprintf(p.text, sizeof(p.text), "roles.%s.otp.server%s%s", r->name, key ? "." : "",
		 key ? key : "");
	return p;
}

// Keys that have no meaning with the protocol would be passed over.
static void check_foreign(const struct profile_role *r, struct faults *f)
{
	static const struct {
		const char *key;
		enum otp_protocol of;
	} keys[] = { { "secret_file", OTP_BY_RADIUS }, { "nas_identifier", OTP_BY_RADIUS },
		     { "tries", OTP_BY_RADIUS },       { "message_authenticator", OTP_BY_RADIUS },
		     { "realm", OTP_BY_VALIDATE },     { "anchors", OTP_BY_VALIDATE } };
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		struct otp_path path = otp_path(r, keys[i].key);
		if (r->otp.server.protocol == keys[i].of || !place_known(f, path.text))
			continue;
		if (keys[i].of == OTP_BY_RADIUS)
			FAULT_AT(f, path.text,
				 N_("%1: %2: this has a meaning with protocol: radius alone."));
		else
			FAULT_AT(f, path.text,
				 N_("%1: %2: this has a meaning with protocol: validate alone."));
	}
}

static void check_needed(const struct profile_role *r, struct faults *f)
{
	const struct profile_otp_server *s = &r->otp.server;
	struct otp_path secret = otp_path(r, "secret_file"), anchors = otp_path(r, "anchors");
	if (s->protocol == OTP_BY_RADIUS && (!s->secret_file || s->secret_file[0] != '/'))
		FAULT_AT(f, secret.text,
			 N_("%1: %2: RADIUS needs the file with the shared secret. Write its "
			    "absolute path."));
	if (s->protocol == OTP_BY_VALIDATE && s->n_anchor_files == 0 &&
	    !place_known(f, anchors.text))
		FAULT_AT(f, anchors.text, N_("%1: %2: this key is missing. Allowed: %3."),
			 ARG_ID(N_("one file of certificates (PEM), or a list of files")));
}

static void check_servers(const struct profile_role *r, struct faults *f)
{
	static const char scheme[] = "https://";
	const struct profile_otp_server *s = &r->otp.server;
	for (size_t i = 0; i < s->n_servers; i++) {
		bool web = strncmp(s->servers[i], scheme, sizeof(scheme) - 1) == 0;
		if (s->protocol == OTP_BY_VALIDATE && !web)
			FAULT_AT(f, otp_path(r, "servers").text,
				 N_("%1: %2: a server of /validate/check is written "
				    "https://HOST[:PORT][/PATH]."));
		if (s->protocol == OTP_BY_RADIUS && strpbrk(s->servers[i], "/ @"))
			FAULT_AT(f, otp_path(r, "servers").text,
				 N_("%1: %2: a RADIUS server is written HOST, HOST:PORT or "
				    "[IPV6]:PORT."));
	}
}

struct err *check_otp_server(const struct profile *p, struct profile_role *r, const char *dir,
			     struct faults *f)
{
	struct profile_otp_server *s = &r->otp.server;
	s->anchors = BUF(ANCHORS_MAX_BYTES);
	s->unsigned_answers = s->message_authenticator == 1;
	if (!place_known(f, otp_path(r, NULL).text))
		return NULL;
	if (r->otp.kind == OTP_NONE)
		FAULT_AT(f, otp_path(r, NULL).text,
			 N_("%1: %2: the role has no one-time password that a server could judge. "
			    "Say which kind: it is."));
	check_foreign(r, f);
	check_needed(r, f);
	check_servers(r, f);
	for (size_t i = 0; i < s->n_anchor_files; i++)
		TRY(check_pem_file(p, otp_path(r, "anchors").text, dir, s->anchor_files[i], f,
				   &s->anchors));
	return NULL;
}
