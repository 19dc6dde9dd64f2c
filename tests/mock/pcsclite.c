// A stand-in for libpcsclite.so.1, for what a real pcscd cannot be made to do: as many readers as STAND_IN_READERS says (pcsc-lite as it is packaged
// stops at 16) or, at any time, the file that STAND_IN_FILE names, all of them empty; with STAND_IN_SAYS a number, that is what the service answers to everybody who comes. Found by LD_LIBRARY_PATH.
//
// A name has STAND_IN_NAME in it where that is given, bytes as they are.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <winscard.h>

enum { READERS_MOST = 200, NAME_MOST = 128, STEP_MS = 10 };

const SCARD_IO_REQUEST g_rgSCardT0Pci = { SCARD_PROTOCOL_T0, sizeof(SCARD_IO_REQUEST) };
const SCARD_IO_REQUEST g_rgSCardT1Pci = { SCARD_PROTOCOL_T1, sizeof(SCARD_IO_REQUEST) };
const SCARD_IO_REQUEST g_rgSCardRawPci = { SCARD_PROTOCOL_RAW, sizeof(SCARD_IO_REQUEST) };

static size_t readers(void)
{
	const char *text = getenv("STAND_IN_READERS"), *path = getenv("STAND_IN_FILE");
	unsigned long n = text ? strtoul(text, NULL, 10) : 0;
	char line[16] = { 0 };
	FILE *f = path ? fopen(path, "re") : NULL;
	if (f && fgets(line, sizeof(line), f))
		n = strtoul(line, NULL, 10);
	if (f)
		fclose(f);
	return n < READERS_MOST ? n : READERS_MOST;
}

static void name_of(size_t i, char out[NAME_MOST])
{
	const char *name = getenv("STAND_IN_NAME");
	snprintf(out, NAME_MOST, "%.90s %02zu 00 00", name ? name : "Stand-in Reader", i + 1);
}

LONG SCardEstablishContext(DWORD scope, LPCVOID a, LPCVOID b, LPSCARDCONTEXT out)
{
	const char *says = getenv("STAND_IN_SAYS");
	(void)scope;
	(void)a;
	(void)b;
	*out = 1;
	return says ? (LONG)strtoul(says, NULL, 0) : SCARD_S_SUCCESS;
}

LONG SCardReleaseContext(SCARDCONTEXT context)
{
	(void)context;
	return SCARD_S_SUCCESS;
}

LONG SCardIsValidContext(SCARDCONTEXT context)
{
	return context == 1 ? SCARD_S_SUCCESS : SCARD_E_INVALID_HANDLE;
}

LONG SCardCancel(SCARDCONTEXT context)
{
	(void)context;
	return SCARD_S_SUCCESS;
}

// Each name ended by a zero byte, the list by another.
LONG SCardListReaders(SCARDCONTEXT context, LPCSTR groups, LPSTR names, LPDWORD len)
{
	static char all[READERS_MOST * NAME_MOST + 1];
	size_t n = 0;
	(void)context;
	(void)groups;
	if (readers() == 0)
		return SCARD_E_NO_READERS_AVAILABLE;
	for (size_t i = 0; i < readers(); i++) {
		name_of(i, all + n);
		n += strlen(all + n) + 1;
	}
	all[n++] = '\0';
	if (names && *len == SCARD_AUTOALLOCATE) {
		char *copy = malloc(n);
		if (!copy)
			return SCARD_E_NO_MEMORY;
		memcpy(copy, all, n);
		*(char **)(void *)names = copy;
	} else if (names) {
		if (*len < n)
			return SCARD_E_INSUFFICIENT_BUFFER;
		memcpy(names, all, n);
	}
	*len = n;
	return SCARD_S_SUCCESS;
}

LONG SCardFreeMemory(SCARDCONTEXT context, LPCVOID memory)
{
	(void)context;
	free((void *)(size_t)memory);
	return SCARD_S_SUCCESS;
}

// The last reader of a question may be the one that stands for all: its counter is their number.
static int changed(SCARD_READERSTATE *states, DWORD n)
{
	int any = 0;
	for (DWORD i = 0; i < n; i++) {
		SCARD_READERSTATE *s = &states[i];
		DWORD now = s->szReader[0] == '\\' ? (DWORD)readers() << 16 : SCARD_STATE_EMPTY;
		int differs = now != (s->dwCurrentState & ~(DWORD)SCARD_STATE_CHANGED);
		s->dwEventState = now | (differs ? SCARD_STATE_CHANGED : 0);
		s->cbAtr = 0;
		any |= differs;
	}
	return any;
}

LONG SCardGetStatusChange(SCARDCONTEXT context, DWORD timeout, SCARD_READERSTATE *states, DWORD n)
{
	const struct timespec step = { .tv_nsec = STEP_MS * 1000000L };
	(void)context;
	for (DWORD waited = 0; !changed(states, n); waited += STEP_MS) {
		if (waited >= timeout)
			return SCARD_E_TIMEOUT;
		nanosleep(&step, NULL);
	}
	return SCARD_S_SUCCESS;
}

LONG SCardConnect(SCARDCONTEXT context, LPCSTR reader, DWORD share, DWORD protocols,
		  LPSCARDHANDLE card, LPDWORD protocol)
{
	(void)context;
	(void)reader;
	(void)share;
	(void)protocols;
	(void)card;
	(void)protocol;
	return SCARD_E_NO_SMARTCARD;
}

LONG SCardReconnect(SCARDHANDLE card, DWORD share, DWORD protocols, DWORD what, LPDWORD protocol)
{
	(void)card;
	(void)share;
	(void)protocols;
	(void)what;
	(void)protocol;
	return SCARD_E_INVALID_HANDLE;
}

LONG SCardDisconnect(SCARDHANDLE card, DWORD what)
{
	(void)card;
	(void)what;
	return SCARD_E_INVALID_HANDLE;
}

LONG SCardBeginTransaction(SCARDHANDLE card)
{
	(void)card;
	return SCARD_E_INVALID_HANDLE;
}

LONG SCardEndTransaction(SCARDHANDLE card, DWORD what)
{
	(void)card;
	(void)what;
	return SCARD_E_INVALID_HANDLE;
}

LONG SCardStatus(SCARDHANDLE card, LPSTR names, LPDWORD len, LPDWORD state, LPDWORD protocol,
		 LPBYTE atr, LPDWORD atr_len)
{
	(void)card;
	(void)names;
	(void)len;
	(void)state;
	(void)protocol;
	(void)atr;
	(void)atr_len;
	return SCARD_E_INVALID_HANDLE;
}

LONG SCardTransmit(SCARDHANDLE card, const SCARD_IO_REQUEST *send, LPCBYTE in, DWORD in_len,
		   SCARD_IO_REQUEST *receive, LPBYTE out, LPDWORD out_len)
{
	(void)card;
	(void)send;
	(void)in;
	(void)in_len;
	(void)receive;
	(void)out;
	(void)out_len;
	return SCARD_E_INVALID_HANDLE;
}

LONG SCardControl(SCARDHANDLE card, DWORD code, LPCVOID in, DWORD in_len, LPVOID out, DWORD room,
		  LPDWORD len)
{
	(void)card;
	(void)code;
	(void)in;
	(void)in_len;
	(void)out;
	(void)room;
	(void)len;
	return SCARD_E_INVALID_HANDLE;
}

LONG SCardGetAttrib(SCARDHANDLE card, DWORD id, LPBYTE out, LPDWORD len)
{
	(void)card;
	(void)id;
	(void)out;
	(void)len;
	return SCARD_E_INVALID_HANDLE;
}

const char *pcsc_stringify_error(const LONG code)
{
	static char text[32];
	snprintf(text, sizeof(text), "0x%08lX", (unsigned long)code);
	return text;
}
