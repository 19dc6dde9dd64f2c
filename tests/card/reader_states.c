// reader-states: what PC/SC says of its readers, for scripts to look at.
//
//   reader-states                  a line a reader: "present NAME" or "empty NAME"
//   reader-states present NAME     status 0 when a card is in this reader; 1 otherwise
//   reader-states empty NAME       status 0 when the reader is there without a card
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <winscard.h>

static int fail(const char *what, LONG code)
{
	fprintf(stderr, "reader-states: %s: %s\n", what, pcsc_stringify_error(code));
	return 2;
}

static const char *state_of(SCARDCONTEXT context, const char *name)
{
	SCARD_READERSTATE state = { .szReader = name, .dwCurrentState = SCARD_STATE_UNAWARE };
	if (SCardGetStatusChange(context, 0, &state, 1) != SCARD_S_SUCCESS)
		return "unknown";
	return state.dwEventState & SCARD_STATE_PRESENT ? "present" : "empty";
}

static int look(SCARDCONTEXT context, const char *state, const char *name)
{
	char *names = NULL;
	DWORD len = SCARD_AUTOALLOCATE;
	LONG code = SCardListReaders(context, NULL, (LPSTR)&names, &len);
	if (code == SCARD_E_NO_READERS_AVAILABLE)
		return name ? 1 : 0;
	if (code != SCARD_S_SUCCESS)
		return fail("SCardListReaders", code);
	int status = name ? 1 : 0;
	for (const char *one = names; *one; one += strlen(one) + 1) {
		const char *is = state_of(context, one);
		if (!name)
			printf("%s %s\n", is, one);
		else if (strcmp(one, name) == 0 && strcmp(is, state) == 0)
			status = 0;
	}
	SCardFreeMemory(context, names);
	return status;
}

int main(int argc, char **argv)
{
	SCARDCONTEXT context;
	if (argc != 1 && argc != 3)
		return fail("usage: reader-states [present|empty NAME]", SCARD_E_INVALID_PARAMETER);
	LONG code = SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &context);
	if (code != SCARD_S_SUCCESS)
		return fail("SCardEstablishContext", code);
	int status = look(context, argc == 3 ? argv[1] : NULL, argc == 3 ? argv[2] : NULL);
	SCardReleaseContext(context);
	return status;
}
