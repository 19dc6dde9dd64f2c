// The practice CA in this process.
#include "cmp_bank.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "check.h"
#include "practiceca/cmp.h"
#include "practiceca/server.h"
#include "x509/cmp_message.h"

void (*bank_change)(struct bank_answer *a);
int bank_change_body;

static struct service service;
static struct server *server;
static unsigned port;
static struct account account;
static char reference[NAME_MAX_LEN + 1], secret[CMP_SECRET_LEN + 1];

static struct err *between(const struct service *s, const struct call *c, struct answer *out)
{
	struct cmp_header h = { 0 };
	TRY(cmp_answer(s, c, out));
	struct err *none = bank_change ? cmp_header_read(out->body.data, out->body.len, &h)
				       : err_new(ERR_FAILED, "Nobody is between.");
	if (!none && bank_change_body == h.body)
		bank_change(&(struct bank_answer){ &out->body, &out->content_type, &out->status });
	err_ignore(none);
	cmp_header_free(&h);
	return NULL;
}

static int listen_somewhere(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof at;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CU_ASSERT_FATAL(fd >= 0 && !bind(fd, (struct sockaddr *)&at, len) && !listen(fd, 16) &&
			!getsockname(fd, (struct sockaddr *)&at, &len));
	port = ntohs(at.sin_port);
	return fd;
}

void bank_start(const char *dir)
{
	const struct served what = { between, true };
	bool there = false;
	refusal_prepare();
	service = (struct service){ .retry_after = 1 };
	CHECK_OK(authority_open(dir, "localhost", clock_now(), &service.authority));
	CHECK_OK(database_open(dir, &service.database));
	CHECK_OK(service_prepare(&service));
	CHECK_OK(server_start(&service, &what, listen_somewhere(), &server));
	account = (struct account){ .otp = { .kind = OTP_TOTP, .len = OTP_SECRET_MIN } };
	CHECK_OK(holder_make("1234567890", "user", &account.holder));
	CHECK_OK(pin_hash_make("1234", 4, PIN_COST_ALONE, &account.pin));
	holder_name(&account.holder, reference);
	struct store *s = database_take(service.database);
	CHECK_OK(account_add(s, &account, clock_now()));
	CHECK_OK(account_find(s, &account.holder, &there, &account));
	database_give(service.database);
	CU_ASSERT_PTR_NOT_NULL_FATAL(server);
}

void bank_stop(void)
{
	server_stop(server);
	service_free(&service);
}

unsigned bank_port(void)
{
	return port;
}

const struct buf *bank_anchors(void)
{
	return &service.authority->trust_pem;
}

const char *bank_reference(void)
{
	return reference;
}

const char *bank_new_secret(void)
{
	struct store *s = database_take(service.database);
	CHECK_OK(failures_clear(s, reference));
	CHECK_OK(cmp_secret_make(s, account.id, secret));
	database_give(service.database);
	return secret;
}

char *bank_revoked_for(const char *sha256)
{
	struct rows *r = NULL;
	bool more = false;
	CHECK_OK(store_query(database_take(service.database),
			     "SELECT coalesce(revoked_reason, '') FROM issued WHERE sha256=?",
			     VALUES(V_TEXT(sha256)), &r));
	CHECK_OK(rows_next(r, &more));
	char *reason = text_copy(more ? rows_text(r, 0) : "none");
	rows_free(r);
	database_give(service.database);
	return reason;
}
