// What PC/SC's answers mean to a person, and what to do next.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/text.h"
#include "token/pcsc_inside.h"

struct meaning {
	LONG rv;
	const char *name, *tag, *what, *hint; // what: %1 is the reader
};

static const char no_service[] =
	N_("The smart card service (pcscd) does not run, so no reader can be used.");
static const char start_service[] = N_("Start it: systemctl start pcscd.socket (as root). If it is "
				       "not installed, install the package pcscd.");
static const char taken_out[] = N_("The card was taken out of the reader %1.");
static const char put_back[] = N_("Put the card back and run inkan again.");
static const char reader_gone[] = N_("The reader %1 is no longer there.");
static const char plug_in[] = N_("Plug the reader in again and repeat the command.");
static const char mute[] = N_("The card in the reader %1 does not answer.");
static const char turn_card[] = N_("Take the card out, look that the chip faces the contacts and "
				   "is clean, and put it in again.");
static const char held[] = N_("Another program has the card in the reader %1 for itself.");
static const char end_other[] = N_("End the other program, then repeat the command.");

static const struct meaning meanings[] = {
	{ SCARD_E_NO_SERVICE, "SCARD_E_NO_SERVICE", "pcsc-absent", no_service, start_service },
	{ SCARD_E_SERVICE_STOPPED, "SCARD_E_SERVICE_STOPPED", "pcsc-absent", no_service,
	  start_service },
	{ SCARD_W_SECURITY_VIOLATION, "SCARD_W_SECURITY_VIOLATION", "pcsc-denied",
	  N_("You are not allowed to use the smart card service (pcscd)."),
	  N_("Work at the machine itself, or ask its administrator for a polkit rule for "
	     "org.debian.pcsc-lite.") },
	{ SCARD_E_UNKNOWN_READER, "SCARD_E_UNKNOWN_READER", "reader-gone", reader_gone, plug_in },
	{ SCARD_E_READER_UNAVAILABLE, "SCARD_E_READER_UNAVAILABLE", "reader-gone", reader_gone,
	  plug_in },
	{ SCARD_E_NO_SMARTCARD, "SCARD_E_NO_SMARTCARD", "card-absent",
	  N_("No card is in the reader %1."), N_("Put the card in and run inkan again.") },
	{ SCARD_W_REMOVED_CARD, "SCARD_W_REMOVED_CARD", "card-absent", taken_out, put_back },
	{ SCARD_W_UNRESPONSIVE_CARD, "SCARD_W_UNRESPONSIVE_CARD", "card-mute", mute, turn_card },
	{ SCARD_W_UNPOWERED_CARD, "SCARD_W_UNPOWERED_CARD", "card-mute", mute, turn_card },
	{ SCARD_W_UNSUPPORTED_CARD, "SCARD_W_UNSUPPORTED_CARD", "card-mute", mute, turn_card },
	{ SCARD_E_PROTO_MISMATCH, "SCARD_E_PROTO_MISMATCH", "card-mute", mute, turn_card },
	{ SCARD_E_SHARING_VIOLATION, "SCARD_E_SHARING_VIOLATION", "card-held", held, end_other },
	{ SCARD_W_RESET_CARD, "SCARD_W_RESET_CARD", "card-reset",
	  N_("Another program reset the card in the reader %1 in the middle."), end_other },
	// What pcscd says when its driver got no answer: mostly the card was pulled just now.
	{ SCARD_E_NOT_TRANSACTED, "SCARD_E_NOT_TRANSACTED", "card-absent",
	  N_("The card in the reader %1 did not take the command: it was taken out, or is faulty."),
	  put_back },
	{ SCARD_F_COMM_ERROR, "SCARD_F_COMM_ERROR", NULL, NULL, NULL },
	{ SCARD_F_INTERNAL_ERROR, "SCARD_F_INTERNAL_ERROR", NULL, NULL, NULL },
	{ SCARD_E_INVALID_HANDLE, "SCARD_E_INVALID_HANDLE", NULL, NULL, NULL },
	{ SCARD_E_INVALID_PARAMETER, "SCARD_E_INVALID_PARAMETER", NULL, NULL, NULL },
	{ SCARD_E_INVALID_VALUE, "SCARD_E_INVALID_VALUE", NULL, NULL, NULL },
	{ SCARD_E_NO_MEMORY, "SCARD_E_NO_MEMORY", NULL, NULL, NULL },
	{ SCARD_E_TIMEOUT, "SCARD_E_TIMEOUT", NULL, NULL, NULL },
	{ SCARD_E_CANCELLED, "SCARD_E_CANCELLED", NULL, NULL, NULL },
	{ SCARD_E_INSUFFICIENT_BUFFER, "SCARD_E_INSUFFICIENT_BUFFER", NULL, NULL, NULL },
	{ SCARD_E_NOT_READY, "SCARD_E_NOT_READY", NULL, NULL, NULL },
	{ SCARD_E_NO_READERS_AVAILABLE, "SCARD_E_NO_READERS_AVAILABLE", NULL, NULL, NULL },
	{ SCARD_F_UNKNOWN_ERROR, "SCARD_F_UNKNOWN_ERROR", NULL, NULL, NULL },
	{ SCARD_E_COMM_DATA_LOST, "SCARD_E_COMM_DATA_LOST", NULL, NULL, NULL },
	{ SCARD_E_UNSUPPORTED_FEATURE, "SCARD_E_UNSUPPORTED_FEATURE", NULL, NULL, NULL },
};

static const struct meaning *find(LONG rv)
{
	for (size_t i = 0; i < ARRAY_LEN(meanings); i++)
		if (meanings[i].rv == rv)
			return &meanings[i];
	return NULL;
}

const char *pcsc_code_name(LONG rv)
{
	const struct meaning *m = find(rv);
	return m ? m->name : "SCARD";
}

struct err *pcsc_err(const char *call, LONG rv, const char *reader)
{
	const struct meaning *m = find(rv);
	AUTO_TEXT char *name =
		text_safe(reader ? reader : "", reader ? strnlen(reader, READER_NAME_MAX) : 0, 200);
	struct err *e;
	if (m && m->what)
		e = err_hint(
			err_tag(err_new(ERR_TOKEN, m->what, ARG_TEXT(name ? name : "?")), m->tag),
			m->hint);
	else
		e = err_hint(
			err_tag(err_new(ERR_TOKEN, N_("The smart card service (pcscd) refused %1."),
					ARG_TEXT(call)),
				"pcsc-fault"),
			N_("Take the card out and put it in again. If that does not help, "
			   "plug the reader in again."));
	return err_call(e, call, pcsc_code_name(rv), (uint64_t)rv & 0xffffffff);
}

bool pcsc_is_down(LONG rv)
{
	return rv == SCARD_E_NO_SERVICE || rv == SCARD_E_SERVICE_STOPPED ||
	       rv == SCARD_E_INVALID_HANDLE || rv == SCARD_F_COMM_ERROR ||
	       rv == SCARD_W_SECURITY_VIOLATION || rv == SCARD_F_INTERNAL_ERROR;
}

// libpcsclite says "no service" for a socket that it may not open, too.
enum pcsc_service pcsc_service_of(LONG rv)
{
	static const char usual[] = "/run/pcscd/pcscd.comm";
	const char *named = secure_getenv("PCSCLITE_CSOCK_NAME");
	const char *path = named ? named : usual;
	struct stat st;
	if (rv == SCARD_W_SECURITY_VIOLATION)
		return PCSC_DENIED;
	if (access(path, W_OK) != 0 && errno == EACCES)
		return PCSC_DENIED;
	return stat(path, &st) != 0 && errno == EACCES ? PCSC_DENIED : PCSC_ABSENT;
}
