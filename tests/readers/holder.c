// holder READER exclusive|transaction: another program that has the card, until its standard input ends. Says READY when it has it.
#include <stdio.h>
#include <string.h>
#include <winscard.h>

int main(int argc, char **argv)
{
	SCARDCONTEXT context = 0;
	SCARDHANDLE card = 0;
	DWORD protocol = 0;
	if (argc != 3)
		return 2;
	const int exclusive = !strcmp(argv[2], "exclusive");
	if (SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &context) != SCARD_S_SUCCESS ||
	    SCardConnect(context, argv[1], exclusive ? SCARD_SHARE_EXCLUSIVE : SCARD_SHARE_SHARED,
			 SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1, &card,
			 &protocol) != SCARD_S_SUCCESS)
		return 1;
	if (!exclusive && SCardBeginTransaction(card) != SCARD_S_SUCCESS)
		return 1;
	puts("READY");
	fflush(stdout);
	while (getchar() != EOF)
		;
	if (!exclusive)
		SCardEndTransaction(card, SCARD_LEAVE_CARD);
	// Whoever had logged in or selected something is thrown out.
	SCardDisconnect(card, SCARD_RESET_CARD);
	SCardReleaseContext(context);
	return 0;
}
