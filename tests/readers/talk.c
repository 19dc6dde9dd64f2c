// talk READER WAIT_MS [again]: has the card for itself through token/pcsc.h, and speaks with its PIV applet. A line an answer: what it is, the status word, its
// length; or "error TAG" and who has the card. again: waits for a line on standard input, then begins once more.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "token/lease.h"
#include "token/pcsc.h"

static const uint8_t piv[] = { 0xa0, 0x00, 0x00, 0x03, 0x08 };
// GET DATA of the certificate in 9A; its object can hold 3 KB, more than one short answer.
static const uint8_t certificate[] = { 0x5c, 0x03, 0x5f, 0xc1, 0x05 };

static bool told_waiting(void *ctx, const char *who)
{
	int *times = ctx;
	if ((*times)++ == 0)
		printf("waiting for %s\n", who);
	fflush(stdout);
	return false;
}

static struct err *say(struct pcsc_card *c, const char *name, const struct apdu *a)
{
	AUTO_BUF struct buf answer = BUF(65536);
	unsigned sw = 0;
	TRY(pcsc_transmit(c, a, &answer, &sw));
	printf("%s %04x %zu\n", name, sw, answer.len);
	fflush(stdout);
	return NULL;
}

static struct err *speak(struct pcsc_card *c, const struct pcsc_patience *p)
{
	bool reset = false;
	TRY(pcsc_begin(c, p, &reset));
	printf("begun reset=%d\n", reset);
	static uint8_t much[3000];
	const struct apdu select = {
		.ins = 0xa4, .p1 = 0x04, .data = piv, .len = sizeof(piv), .le = 256
	};
	const struct apdu get = { .ins = 0xcb,
				  .p1 = 0x3f,
				  .p2 = 0xff,
				  .data = certificate,
				  .len = sizeof(certificate),
				  .le = 256 };
	// More than one command can hold: it goes in a chain, and the applet refuses the whole, for nobody has shown a management key.
	const struct apdu put = {
		.ins = 0xdb, .p1 = 0x3f, .p2 = 0xff, .data = much, .len = sizeof(much)
	};
	TRY(say(c, "select", &select));
	TRY(say(c, "get", &get));
	TRY(say(c, "put", &put));
	pcsc_end(c);
	return NULL;
}

static struct err *talk(const char *reader, const char *wait, bool again)
{
	int times = 0;
	const struct pcsc_patience p = { .wait_ms = strtol(wait, NULL, 10),
					 .waiting = told_waiting,
					 .ctx = &times };
	AUTO(lease) struct lease *l = NULL;
	AUTO(pcsc_card) struct pcsc_card *c = NULL;
	TRY(lease_take_reader(reader, "talk", 0, NULL, NULL, &l));
	TRY(pcsc_connect(reader, &p, &c));
	TRY(speak(c, &p));
	if (!again)
		return NULL;
	getchar();
	return speak(c, &p);
}

int main(int argc, char **argv)
{
	if (argc < 3)
		return 2;
	AUTO(err) struct err *e = talk(argv[1], argv[2], argc > 3);
	if (!e)
		return 0;
	AUTO_TEXT char *text = err_render(e);
	printf("error %s\n%s", err_nearest_slug(e), text ? text : "");
	return 1;
}
