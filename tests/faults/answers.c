// Every bad answer that a server can give to the request for a certificate: the right exit status and tag, words, and the token as it was,
// byte by byte. One enrolment is brought to where its request was sent; each case takes it up from there, with a server of tests/server.
//
//	faults-answers [sample|full] [SHARD OF]
//
// sample: every shape, and the good answer cut at each 97th byte. full: cut, and reset, at each byte.
#include "desk.h"

#include <time.h>

#include "byteserver.h"
#include "check.h"
#include "enroll/tool.h"
#include "scratch.h"

enum after {
	AS_SENT,  // the key waits for resume, and nothing on the token has changed
	AS_FIRST, // the certificate is refused: the token is as it was before the enrolment
	ENROLLED,
};

struct answer_case {
	const char *
		script; // of the answer; \f in front of bytes that are the whole answer, up to the end
	int status;
	const char *tag;
	enum after after;
};

// clang-format off
static const struct answer_case cases[] = {
	// statuses
	{ "issue good", 0, "", ENROLLED },
	{ "status 201 Created\nissue good", 0, "", ENROLLED },
	{ "status 203 Non-Authoritative\ntext x", 4, "", AS_SENT },
	{ "status 204 No Content", 4, "", AS_SENT },
	{ "status 205 Reset Content", 4, "", AS_SENT },
	{ "status 206 Partial Content\ntext TUlJ", 4, "", AS_SENT },
	{ "status 300 Multiple Choices\nheader Location: https://localhost/", 4, "redirected", AS_SENT },
	{ "status 301 Moved Permanently\nheader Location: https://localhost/", 4, "redirected", AS_SENT },
	{ "status 302 Found\nheader Location: /other", 4, "redirected", AS_SENT },
	{ "status 303 See Other\nheader Location: http://localhost/", 4, "redirected", AS_SENT },
	{ "status 304 Not Modified", 4, "redirected", AS_SENT },
	{ "status 307 Temporary Redirect\nheader Location: file:///etc/passwd", 4, "redirected", AS_SENT },
	{ "status 308 Permanent Redirect", 4, "redirected", AS_SENT },
	{ "status 400 Bad Request\ntext no", 4, "request-refused", AS_SENT },
	{ "status 401 Unauthorized\nheader WWW-Authenticate: Basic realm=\"x\"", 8, "credentials-refused", AS_SENT },
	{ "status 401 Unauthorized\nheader WWW-Authenticate: Digest realm=\"x\", nonce=\"y\"", 8, "credentials-refused", AS_SENT },
	{ "status 401 Unauthorized", 8, "credentials-refused", AS_SENT },
	{ "status 403 Forbidden\nhtml 900", 4, "request-refused", AS_SENT },
	{ "status 404 Not Found", 4, "request-refused", AS_SENT },
	{ "status 407 Proxy Authentication Required", 4, "request-refused", AS_SENT },
	{ "status 408 Request Timeout", 4, "request-refused", AS_SENT },
	{ "status 413 Content Too Large", 4, "request-refused", AS_SENT },
	{ "status 415 Unsupported Media Type", 4, "request-refused", AS_SENT },
	{ "status 429 Too Many Requests\nheader Retry-After: 7", 4, "request-refused", AS_SENT },
	{ "status 451 Unavailable For Legal Reasons", 4, "request-refused", AS_SENT },
	{ "status 499 What", 4, "request-refused", AS_SENT },
	{ "status 500 Internal Server Error\nhtml 90000", 9, "server-trouble", AS_SENT },
	{ "status 501 Not Implemented", 9, "server-trouble", AS_SENT },
	{ "status 502 Bad Gateway", 9, "server-trouble", AS_SENT },
	{ "status 503 Service Unavailable\nheader Retry-After: 120", 9, "server-trouble", AS_SENT },
	{ "status 503 Service Unavailable\nheader Retry-After: soon", 9, "server-trouble", AS_SENT },
	{ "status 504 Gateway Timeout", 9, "server-trouble", AS_SENT },
	{ "status 599 Whatever", 9, "server-trouble", AS_SENT },
	{ "status 600 Beyond", 9, "", AS_SENT },
	{ "status 999 Far", 9, "", AS_SENT },
	// what says what it is, and is not
	{ "header Content-Type: text/html\nhtml 3000", 4, "no-certificate", AS_SENT },
	{ "header Content-Type: application/pkcs7-mime\nhtml 3000", 4, "no-certificate", AS_SENT },
	{ "header Content-Type: application/json\ntext {\"certificate\":null}", 4, "no-certificate", AS_SENT },
	{ "header Content-Type: multipart/mixed; boundary=x\nissue good", 4, "no-certificate", AS_SENT },
	{ "header Content-Type: application/pkcs7-mime; smime-type=certs-only\nissue good", 0, "", ENROLLED },
	{ "header Content-Transfer-Encoding: binary\nissue good", 0, "", ENROLLED },
	{ "header Content-Encoding: gzip\nissue good", 0, "", ENROLLED },
	{ "text ", 4, "no-certificate", AS_SENT },
	{ "fill 0", 4, "no-certificate", AS_SENT },
	{ "text ~~~ this is not base64 ~~~", 4, "no-certificate", AS_SENT },
	{ "text TUlJ!!!!", 4, "no-certificate", AS_SENT },
	{ "text ====", 4, "no-certificate", AS_SENT },
	{ "text bm8gUEtDUyM3IGF0IGFsbA==", 4, "no-certificate", AS_SENT },
	{ "text MIAGCSqGSIb3DQEHAqCAMIACAQExADCABgkqhkiG9w0BBwEAAKCA", 4, "no-certificate", AS_SENT },
	{ "text MIID////AgEB", 4, "no-certificate", AS_SENT },
	{ "random 3000", 4, "no-certificate", AS_SENT },
	{ "fill 3000", 4, "no-certificate", AS_SENT },
	{ "fill 10000000", 9, "too-large", AS_SENT },
	// certificates
	{ "issue good one", 0, "", ENROLLED },
	{ "issue good crlf", 0, "", ENROLLED },
	{ "issue shuffled", 0, "", ENROLLED },
	{ "issue signed", 4, "no-certificate", AS_SENT },
	{ "issue leaf-only", 0, "", ENROLLED },
	{ "issue truncated", 4, "no-certificate", AS_SENT },
	{ "issue other-key", 5, "certificate-other-key", AS_FIRST },
	{ "issue other-name", 5, "certificate-other-name", AS_FIRST },
	{ "issue other-chain", 5, "certificate-chain", AS_FIRST },
	{ "issue expired", 5, "certificate-expired", AS_FIRST },
	{ "issue not-yet", 5, "certificate-not-yet", AS_FIRST },
	{ "issue is-ca", 5, "certificate-is-ca", AS_FIRST },
	{ "issue usage", 5, "certificate-usage", AS_FIRST },
	{ "issue md5", 5, "", AS_FIRST },
	{ "issue sha1", 5, "", AS_FIRST },
	{ "issue two-leaves", 5, "", AS_FIRST },
	{ "issue no-leaf", 5, "certificate-other-key", AS_FIRST },
	// lengths and ends
	{ "issue good\nlength 0", 4, "no-certificate", AS_SENT },
	{ "issue good\nlength 100", 4, "no-certificate", AS_SENT },
	{ "issue good\nlength 99999\nclose", 9, "line-cut", AS_SENT },
	{ "issue good\nlength 999999999\nclose", 9, "too-large", AS_SENT },
	{ "issue good\nheader Content-Length: 7", 4, "no-certificate", AS_SENT },
	{ "issue good\nclose", 0, "", ENROLLED },
	{ "drop", 9, "line-cut", AS_SENT },
	{ "issue good\nreset 0", 9, "line-cut", AS_SENT },
	{ "issue good\nslow 500", 9, "timeout", AS_SENT },
	{ "issue good\ndelay 5000", 9, "timeout", AS_SENT },
	{ "hang", 9, "timeout", AS_SENT },
	// bytes
	{ "\f", 9, "", AS_SENT },
	{ "\f\r\n\r\n", 9, "", AS_SENT },
	{ "\fSSH-2.0-OpenSSH_9.2\r\n", 9, "", AS_SENT },
	{ "\fHTTP/1.1\r\n\r\n", 9, "", AS_SENT },
	{ "\fHTTP/1.1 abc OK\r\n\r\n", 9, "", AS_SENT },
	{ "\fHTTP/1.1 000 None\r\nContent-Length: 0\r\n\r\n", 9, "", AS_SENT },
	{ "\fHTTP/9.9 200 OK\r\nContent-Length: 0\r\n\r\n", 9, "", AS_SENT },
	{ "\fHTTP/1.1 100 Continue\r\n\r\n", 9, "", AS_SENT },
	{ "\fHTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\nxx", 4, "answer-unreadable", AS_SENT },
	{ "\fHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\nnot hex\r\n0\r\n\r\n", 9, "", AS_SENT },
	{ "\fHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFFF\r\nAAAA\r\n", 9, "", AS_SENT },
	{ "\fHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nAAAA\r\n8\r\nAA", 9, "line-cut", AS_SENT },
	{ "\fHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nAAAA\r\n", 9, "line-cut", AS_SENT },
	{ "\fHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nAAAA\r\n0\r\n\r\n", 4, "no-certificate", AS_SENT },
	{ "\fHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n-4\r\nAAAA\r\n0\r\n\r\n", 9, "", AS_SENT },
	{ "\fHTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n4\r\nAAAA\r\n0\r\n\r\n", 9, "", AS_SENT },
	{ "\fHTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nAAAA", 9, "", AS_SENT },
	{ "\fHTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\nAAAA", 9, "", AS_SENT },
	{ "\fHTTP/1.1 200 OK\r\nno colon here\r\nContent-Length: 4\r\n\r\nAAAA", 9, "not-http", AS_SENT },
	{ "\fHTTP/1.1 200 OK\nContent-Length: 4\n\nAAAA", 4, "no-certificate", AS_SENT },
	{ "\f<!DOCTYPE html><html>", 9, "", AS_SENT },
	// waiting
	{ "status 202 Accepted", 3, "pending", AS_SENT },
	{ "status 202 Accepted\nheader Retry-After: 600", 3, "pending", AS_SENT },
	{ "status 202 Accepted\nheader Retry-After: 0", 3, "pending", AS_SENT },
	{ "status 202 Accepted\nheader Retry-After: -1", 3, "pending", AS_SENT },
	{ "status 202 Accepted\nheader Retry-After:", 3, "pending", AS_SENT },
	{ "status 202 Accepted\nheader Retry-After: soon", 3, "pending", AS_SENT },
	{ "status 202 Accepted\nheader Retry-After: 1e9", 3, "pending", AS_SENT },
	{ "status 202 Accepted\nheader Retry-After: 0x40", 3, "pending", AS_SENT },
	{ "status 202 Accepted\nheader Retry-After: 90.5", 3, "pending", AS_SENT },
	{ "status 202 Accepted\nheader Retry-After: 600, 700", 3, "pending", AS_SENT },
	{ "status 202 Accepted\nheader Retry-After: 600\nheader Retry-After: 700", 3, "pending", AS_SENT },
	{ "status 202 Accepted\nheader Retry-After: 99999999999999999999999999", 3, "pending", AS_SENT },
	{ "status 202 Accepted\nheader Retry-After: 9223372036854775807", 3, "pending", AS_SENT },
	{ "status 202 Accepted\nheader Retry-After: Fri, 31 Dec 9999 23:59:59 GMT", 3, "pending", AS_SENT },
	{ "status 202 Accepted\nheader Retry-After: Sun, 06 Nov 1994 08:49:37 GMT", 3, "pending", AS_SENT },
	{ "status 202 Accepted\nheader Retry-After: Sunday, 06-Nov-94 08:49:37 GMT", 3, "pending", AS_SENT },
	{ "status 202 Accepted\nheader Retry-After: Sun Nov  6 08:49:37 1994", 3, "pending", AS_SENT },
	{ "status 202 Accepted\nheader Retry-After: Thu, 32 Foo 2031 25:61:61 GMT", 3, "pending", AS_SENT },
	{ "status 202 Accepted\nheader Set-Cookie: =;;;\nheader Retry-After: 600", 3, "pending", AS_SENT },
	{ "status 202 Accepted\nissue good\nheader Retry-After: 600", 3, "pending", AS_SENT },
};
// clang-format on

static struct desk desk;
static struct {
	bool full;
	unsigned shard, shards, next, runs, failed, by_status[16];
} work = { .shards = 1 };

static bool complain(const char *name, const char *what, const struct ending *e)
{
	fprintf(stderr, "[%s]: %s (status %d, %s: %s)\n", name, what, e->status, e->tag,
		e->message);
	work.failed++;
	return false;
}

// The practice profile, at this server and path; nobody waits long.
static bool write_profile(const struct byteserver *b, const char *path)
{
	AUTO_BUF struct buf practice = BUF(65536);
	AUTO_TEXT char *anchors = scratch_file(desk.bank.place, "byte-anchors.pem",
					       (const char *)b->anchors.data, 0600);
	(void)anchors; // the profile knows where they lie
	if (buf_read_file(INKAN_BUILD_PROFILEDIR "/practice.yaml", 65536, &practice))
		return false;
	char *text = (char *)practice.data;
	char *url = strstr(text, "  url: ");
	char *after = url ? strchr(url, '\n') : NULL;
	char *file = after ? strstr(after, "practice-ca.pem") : NULL;
	if (!file)
		return false;
	*url = *after = *file = '\0';
	AUTO_TEXT char *all = text_format(
		"%s  url: https://localhost:%u%s\n  connect_seconds: 2\n  answer_seconds: 2\n"
		"  max_wait_seconds: 0\n%sbyte-anchors.pem%s\nmodule: %s\n",
		text, b->port, path, after + 1, file + strlen("practice-ca.pem"), desk.mock);
	free(desk.bank.profile);
	desk.bank.profile = scratch_file(desk.bank.place, "byte.yaml", all, 0600);
	return desk.bank.profile != NULL;
}

static bool is_object(const char *name)
{
	size_t len = strlen(name);
	return len > 7 && strcmp(name + len - 7, ".object") == 0 &&
	       strcmp(name, "token.object") != 0;
}

static char *compared; // the directory that the walk's files are looked up in
static size_t compared_from, compared_files;
static bool compared_same;

static int compare_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st;
	AUTO_BUF struct buf a = BUF(1 << 20);
	AUTO_BUF struct buf b = BUF(1 << 20);
	if (type != FTW_F || !is_object(path + where->base))
		return 0;
	AUTO_TEXT char *other = text_format("%s%s", compared, path + compared_from);
	compared_files++;
	if (access(other, R_OK) != 0 || buf_read_file(path, 1 << 20, &a) ||
	    buf_read_file(other, 1 << 20, &b) || a.len != b.len ||
	    memcmp(a.data, b.data, a.len) != 0)
		compared_same = false;
	return 0;
}

static size_t compare_with(const char *one, const char *other)
{
	AUTO_TEXT char *from = scratch_path(desk.bank.place, one);
	compared = scratch_path(desk.bank.place, other);
	compared_from = strlen(from);
	compared_files = 0;
	nftw(from, compare_one, 16, FTW_PHYS);
	free(compared);
	return compared_files;
}

// Every object's file, byte by byte, and no other.
static bool token_is(const char *kept)
{
	compared_same = true;
	return compare_with("tokens", kept) == compare_with(kept, "tokens") && compared_same;
}

static bool token_is_right(const char *name, enum after after, const struct ending *e)
{
	struct holdings h;
	if (after == AS_SENT)
		return token_is("tokens.sent") || complain(name, "the token has changed", e);
	if (after == AS_FIRST)
		return token_is("tokens.fresh") || complain(name, "the token is not as it was", e);
	desk_look(&desk, &h);
	return (h.private_keys == 1 && h.public_keys == 1 && h.certificates == 1) ||
	       complain(name, "the token holds no whole pair", e);
}

// The record stays open as long as its key waits, with a time to ask again that can be.
static bool record_is_right(const char *name, enum after after, const struct ending *e)
{
	AUTO(record) struct record *r = desk_unfinished();
	if ((r != NULL) != (after == AS_SENT))
		return complain(name, r ? "the record is left open" : "the record is closed", e);
	if (r && r->retry_at != 0 && e->status == 3 &&
	    (r->retry_at < time(NULL) - 5 || r->retry_at < 0))
		return complain(name, "the time to ask again lies in the past", e);
	return true;
}

static bool judge(const char *name, const struct answer_case *c, const struct ending *e)
{
	work.runs++;
	work.by_status[e->status >= 0 && e->status < 15 ? e->status : 15]++;
	if (e->status != c->status || (c->tag[0] && strcmp(e->tag, c->tag) != 0))
		return complain(name, "another end was expected", e);
	if (e->status != 0 && (!e->message[0] || !e->tag[0]))
		return complain(name, "without words", e);
	return token_is_right(name, c->after, e) && record_is_right(name, c->after, e);
}

static char *first_id;

static bool run_case(const char *name, const struct answer_case *c)
{
	struct ending e;
	CU_ASSERT_TRUE(desk_put_back(&desk, "sent"));
	desk_resume(&desk, first_id, "", &e);
	bool fine = judge(name, c, &e);
	CU_ASSERT_TRUE(fine);
	return fine;
}

// An enrolment whose request was sent, and whose line dropped then: kept as "sent".
static bool send_once(void)
{
	struct ending e;
	AUTO(byteserver)
	struct byteserver *b = byteserver_start("on POST /est/simpleenroll\ndrop\n", NULL);
	if (!write_profile(b, "/est"))
		return false;
	desk_enroll(&desk, "", &e);
	AUTO(record) struct record *r = desk_unfinished();
	if (e.status != 9 || !r)
		return complain("a line that drops", "nothing was sent", &e);
	first_id = text_copy(r->id);
	return desk_keep(&desk, "sent");
}

static bool is_mine(void)
{
	return work.next++ % work.shards == work.shard;
}

// Each case has a path of its own at one server.
static char *script_of_all(void)
{
	struct buf all = BUF(1 << 20);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const char *s = cases[i].script;
		AUTO_TEXT char *name = text_format("raw-%zu", i);
		AUTO_TEXT char *raw =
			s[0] == '\f' ? scratch_file(desk.bank.place, name, s + 1, 0600) : NULL;
		AUTO_TEXT char *one = text_format("on GET /c%zu/cacerts\ncacerts\n"
						  "on POST /c%zu/simpleenroll\n%s%s%s\n",
						  i, i, raw ? "raw\nclose\nfile " : "",
						  raw ? raw : s, raw ? "\n" : "");
		err_ignore(buf_puts(&all, one));
	}
	char *text = text_copy((char *)all.data);
	buf_free(&all);
	return text;
}

static void test_every_shape_of_answer(void)
{
	AUTO_TEXT char *script = script_of_all();
	AUTO(byteserver) struct byteserver *b = byteserver_start(script, NULL);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO_TEXT char *path = text_format("/c%zu", i);
		if (is_mine() && write_profile(b, path))
			(void)run_case(cases[i].script, &cases[i]);
	}
}

// The good answer ends after so many bytes, for every number of bytes until it is whole.
static void cut_everywhere(const char *how, unsigned step)
{
	static const struct answer_case cut = { "", 9, "line-cut", AS_SENT };
	enum { LONGEST = 6000 };
	struct buf all = BUF(1 << 20);
	err_ignore(buf_puts(&all, "on GET /est/cacerts\ncacerts\n"));
	unsigned n = 0;
	for (unsigned at = work.shard; at < LONGEST; at += step * work.shards, n++) {
		AUTO_TEXT char *one =
			text_format("on POST /est/simpleenroll\nissue good\n%s %u\n", how, at);
		err_ignore(buf_puts(&all, one));
	}
	AUTO(byteserver) struct byteserver *b = byteserver_start((char *)all.data, NULL);
	buf_free(&all);
	CHECK_OR_END(write_profile(b, "/est"));
	unsigned cuts = 0;
	for (unsigned at = work.shard; at < LONGEST && work.failed < 20; at += step * work.shards) {
		struct ending e;
		char name[40];
		snprintf(name, sizeof(name), "%s at byte %u", how, at);
		CU_ASSERT_TRUE(desk_put_back(&desk, "sent"));
		desk_resume(&desk, first_id, "", &e);
		if (e.status == 0)
			break; // it was whole
		CU_ASSERT_TRUE(judge(name, &cut, &e));
		cuts++;
	}
	CU_ASSERT(cuts * step * work.shards > 1500);
	printf("%s: %u places\n", how, cuts);
}

static void test_cut_at_each_byte(void)
{
	cut_everywhere("cut", work.full ? 1 : 97);
}

static void test_reset_at_each_byte(void)
{
	cut_everywhere("reset", work.full ? 7 : 211);
}

static void test_a_request_is_sent_first(void)
{
	CU_ASSERT_TRUE(send_once());
}

int main(int argc, char **argv)
{
	work.full = argc > 1 && strcmp(argv[1], "full") == 0;
	if (argc > 3) {
		work.shard = (unsigned)strtoul(argv[2], NULL, 10);
		work.shards = (unsigned)strtoul(argv[3], NULL, 10);
	}
	int rc = 1;
	time_t began = time(NULL);
	if (work.shards && desk_open(&desk))
		rc = CHECK_MAIN(TEST(test_a_request_is_sent_first),
				TEST(test_every_shape_of_answer), TEST(test_cut_at_each_byte),
				TEST(test_reset_at_each_byte));
	desk_close(&desk);
	free(first_id);
	printf("%u answers in %lld s, %u not as they should be; exit statuses:", work.runs,
	       (long long)(time(NULL) - began), work.failed);
	for (size_t i = 0; i < ARRAY_LEN(work.by_status); i++)
		if (work.by_status[i])
			printf(" %zu: %u", i, work.by_status[i]);
	printf("\n");
	return rc || desk.leak_found;
}
