// A practice bank of the test's own.
#include "bank.h"

#include <glob.h>
#include <jansson.h>
#include <signal.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "tool.h"

#define PIN "246813"

static char program[] = INKAN_BUILD_BINDIR "/bin/inkan-practice-ca";
static char softhsm[] = "softhsm2-util";

static char *word(const char *s)
{
	union {
		const char *in;
		char *out;
	} u = { .in = s };
	return u.out;
}

static bool put_file(const struct bank *b, const char *name, char *text)
{
	AUTO_TEXT char *owned = text;
	AUTO_TEXT char *path = scratch_file(b->place, name, owned, 0600);
	return path != NULL;
}

static bool start_ca(struct bank *b)
{
	AUTO_TEXT char *dir = scratch_path(b->place, "ca");
	AUTO_TEXT char *port = scratch_path(b->place, "port");
	AUTO_TEXT char *log = scratch_path(b->place, "ca.log");
	char *argv[] = { program,
			 word("serve"),
			 word("--dir"),
			 dir,
			 word("--listen"),
			 word("127.0.0.1:0"),
			 word("--port-file"),
			 port,
			 NULL };
	b->ca = tool_start(log, argv);
	for (int i = 0; i < 3000 && access(port, R_OK) != 0; i++)
		clock_sleep_ms(10);
	return access(port, R_OK) == 0;
}

static bool make_account(struct bank *b)
{
	AUTO_TEXT char *dir = scratch_path(b->place, "ca");
	AUTO_TEXT char *out = scratch_path(b->place, "accounts.json");
	AUTO_BUF struct buf text = BUF(65536);
	char *argv[] = { program,   word("account"), word("add"),   word("--dir"),
			 dir,	    word("--role"),  word("admin"), word("--random"),
			 word("1"), word("--json"),  NULL };
	if (tool_run(out, argv) != 0 || buf_read_file(out, 65536, &text))
		return false;
	json_t *list = json_loadb((const char *)text.data, text.len, 0, NULL);
	const json_t *fields = json_object_get(json_array_get(list, 0), "fields");
	b->contract_id = text_copy(json_text(fields, "contract_id"));
	b->contract_pin = text_copy(json_text(fields, "contract_pin"));
	b->confirm_pin = text_copy(json_text(fields, "confirm_pin"));
	json_decref(list);
	return b->contract_id && b->contract_pin && b->confirm_pin;
}

static char *softhsm_module(void)
{
	glob_t found;
	char *path = NULL;
	if (glob("/usr/lib/*/softhsm/libsofthsm2.so", 0, NULL, &found) == 0)
		path = text_copy(found.gl_pathv[0]);
	globfree(&found);
	return path;
}

bool bank_by_scep;

// The line's beginning becomes another; null: the line goes.
static bool change_lines(struct buf *text, const char *from, const char *to)
{
	AUTO_BUF struct buf out = BUF(65536);
	const char *line = (const char *)text->data;
	while (*line) {
		size_t len = strcspn(line, "\n");
		bool hit = strncmp(line, from, strlen(from)) == 0;
		const char *rest = hit ? line + strlen(from) : line;
		if (hit && to && buf_puts(&out, to))
			return false;
		if ((!hit || to) &&
		    (buf_put(&out, rest, (size_t)(line + len - rest)) || buf_put(&out, "\n", 1)))
			return false;
		line += len + (line[len] == '\n');
	}
	buf_reset(text);
	return !buf_put(text, out.data, out.len);
}

// SCEP has no login: what stands in the password goes into the request.
static bool speak_scep(struct buf *practice)
{
	return !bank_by_scep ||
	       (change_lines(practice, "  protocol: est", "  protocol: scep") &&
		change_lines(practice, "  url: https://localhost:8443/.well-known/est",
			     "  url: https://localhost:8443/scep") &&
		change_lines(practice, "    user_name:", NULL) &&
		change_lines(practice, "    password:", "    challenge_password:"));
}

static bool write_profile(struct bank *b)
{
	AUTO_BUF struct buf port = BUF(64);
	AUTO_BUF struct buf practice = BUF(65536);
	AUTO_TEXT char *port_file = scratch_path(b->place, "port");
	AUTO_TEXT char *module = b->module ? text_copy(b->module) : softhsm_module();
	if (buf_read_file(port_file, 64, &port) ||
	    buf_read_file(INKAN_BUILD_PROFILEDIR "/practice.yaml", 65536, &practice) ||
	    !speak_scep(&practice))
		return false;
	port.data[strcspn((char *)port.data, "\r\n")] = '\0';
	char *text = (char *)practice.data;
	char *url = strstr(text, "https://localhost:8443");
	char *anchors = strstr(text, "practice-ca.pem");
	if (!url || !anchors || anchors < url || !module)
		return false;
	*url = *anchors = '\0';
	char *all = text_format("%shttps://localhost:%s%sca/practice-ca.pem%s\nmodule: %s\n", text,
				port.data, url + strlen("https://localhost:8443"),
				anchors + strlen("practice-ca.pem"), module);
	b->profile = scratch_path(b->place, "practice.yaml");
	return put_file(b, "practice.yaml", all);
}

static bool make_token(struct bank *b)
{
	AUTO_TEXT char *tokens = scratch_path(b->place, "tokens");
	AUTO_TEXT char *conf = scratch_path(b->place, "softhsm2.conf");
	char *argv[] = { softhsm,
			 word("--init-token"),
			 word("--free"),
			 word("--label"),
			 word("inkan-test"),
			 word("--pin"),
			 word(PIN),
			 word("--so-pin"),
			 word("87654321"),
			 NULL };
	AUTO_TEXT char *log = scratch_path(b->place, "softhsm.log");
	if (mkdir(tokens, 0700) != 0 ||
	    !put_file(b, "softhsm2.conf",
		      text_format("directories.tokendir = %s\nlog.level = ERROR\n", tokens)))
		return false;
	setenv("SOFTHSM2_CONF", conf, 1);
	b->pin = text_copy(PIN);
	b->token = text_copy("pkcs11:token=inkan-test");
	return tool_run(log, argv) == 0;
}

bool bank_open(struct bank *b)
{
	return bank_open_with(b, NULL);
}

bool bank_open_with(struct bank *b, const char *module)
{
	*b = (struct bank){ .place = scratch_new(), .module = module };
	AUTO_TEXT char *ca = scratch_path(b->place, "ca");
	AUTO_TEXT char *state = scratch_path(b->place, "state");
	bool fine = mkdir(ca, 0700) == 0 && mkdir(state, 0700) == 0 &&
		    setenv("XDG_STATE_HOME", state, 1) == 0 && start_ca(b) && make_account(b) &&
		    write_profile(b) && make_token(b);
	if (!fine)
		fprintf(stderr, "the practice bank cannot be opened in %s\n", b->place->dir);
	return fine;
}

void bank_close(struct bank *b)
{
	if (b->ca > 0) {
		kill(b->ca, SIGTERM);
		tool_wait(b->ca);
	}
	free(b->profile);
	free(b->contract_id);
	free(b->contract_pin); // no secret: of an account made for this test
	free(b->confirm_pin);  // no secret: of an account made for this test
	free(b->pin);	       // no secret: of an account made for this test
	free(b->token);
	scratch_free(b->place);
}

static void empty(const struct bank *b, const char *name)
{
	AUTO_TEXT char *path = scratch_path(b->place, name);
	nftw(path, scratch_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

bool bank_fresh(struct bank *b)
{
	AUTO_TEXT char *state = scratch_path(b->place, "state");
	empty(b, "tokens");
	empty(b, "state");
	free(b->pin); // no secret: of an account made for this test
	free(b->token);
	return mkdir(state, 0700) == 0 && make_token(b);
}

int bank_issued(const struct bank *b)
{
	AUTO_TEXT char *dir = scratch_path(b->place, "ca");
	AUTO_TEXT char *out = scratch_path(b->place, "issued.json");
	AUTO_BUF struct buf text = BUF(1 << 20);
	char *argv[] = { program, word("issued"), word("--dir"), dir, word("--json"), NULL };
	if (tool_run(out, argv) != 0 || buf_read_file(out, 1 << 20, &text))
		return -1;
	int lines = 0; // one object a line
	for (size_t i = 0; i < text.len; i++)
		lines += text.data[i] == '\n';
	return lines;
}
