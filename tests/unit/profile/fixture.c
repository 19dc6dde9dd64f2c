// What the tests of this room share.
#include "fixture.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/msg.h"
#include "check.h"

const char fixture_pem[] = "-----BEGIN CERTIFICATE-----\n"
			   "MIIBszCCAVmgAwIBAgIUQUJDREVGR0hJSktMTU5PUFFSU1QwCgYIKoZIzj0EAwIw\n"
			   "FTETMBEGA1UEAwwKdGVzdCByb290MB4XDTI2MDEwMTAwMDAwMFoXDTM2MDEwMTAw\n"
			   "-----END CERTIFICATE-----\n";

static char dir[64];
static char last[512];

const char *fixture_begin(void)
{
	snprintf(dir, sizeof(dir), "/tmp/inkan-profile-XXXXXX");
	if (!mkdtemp(dir)) {
		perror("mkdtemp");
		abort();
	}
	fixture_write("practice-ca.pem", fixture_pem, 0600);
	fixture_write("firm-root.pem", fixture_pem, 0600);
	fixture_write("example-recovery.pem", fixture_pem, 0600);
	return dir;
}

void fixture_end(void)
{
	DIR *d = opendir(dir);
	for (struct dirent *f = d ? readdir(d) : NULL; f; f = readdir(d))
		unlinkat(dirfd(d), f->d_name, 0);
	if (d)
		closedir(d);
	rmdir(dir);
}

const char *fixture_write(const char *name, const char *text, unsigned mode)
{
	snprintf(last, sizeof(last), "%s/%s", dir, name);
	FILE *f = fopen(last, "w");
	if (!f || fputs(text, f) == EOF || fclose(f) != 0 || chmod(last, (mode_t)mode) != 0) {
		perror(last);
		abort();
	}
	return last;
}

static char *replace(const char *text, const char *from, const char *to)
{
	AUTO_BUF struct buf out = BUF(4 << 20);
	const char *hit;
	while (from && (hit = strstr(text, from))) {
		err_ignore(buf_put(&out, text, (size_t)(hit - text)));
		err_ignore(buf_puts(&out, to));
		text = hit + strlen(from);
	}
	err_ignore(buf_puts(&out, text));
	return text_copy((const char *)out.data);
}

char *fixture_profile(const char *name, const char *from, const char *to)
{
	AUTO_BUF struct buf yaml = BUF(1 << 20);
	char path[512];
	snprintf(path, sizeof(path), "%s/profiles/%s.yaml", SOURCE_DIR, name);
	struct err *e = buf_read_file(path, yaml.cap, &yaml);
	if (e) {
		err_ignore(e);
		perror(path);
		abort();
	}
	// A test that changes nothing would prove nothing.
	if (from && !strstr((const char *)yaml.data, from)) {
		fprintf(stderr, "%s does not hold: %s\n", path, from);
		abort();
	}
	return replace((const char *)yaml.data, from, to);
}

struct err *fixture_parse(const char *from, const char *to, struct profile **out)
{
	AUTO_TEXT char *yaml = fixture_profile("practice", from, to);
	return profile_parse(yaml, strlen(yaml), "practice.yaml", dir, out);
}

unsigned fixture_line(const char *yaml, const char *text)
{
	const char *hit = strstr(yaml, text);
	unsigned line = 1;
	for (const char *p = yaml; hit && p < hit; p++)
		line += *p == '\n';
	return hit ? line : 0;
}

bool err_says(const struct err *e, const char *text)
{
	for (; e; e = err_cause(e)) {
		AUTO_TEXT char *said = msg_render(err_what(e));
		if (said && strstr(said, text))
			return true;
	}
	return false;
}

size_t err_depth(const struct err *e)
{
	size_t n = 0;
	for (e = err_cause(e); e; e = err_cause(e))
		n++;
	return n;
}

static void check_wrong(const char *profile, const struct wrong *w)
{
	AUTO(profile) struct profile *p = NULL;
	AUTO_TEXT char *yaml = fixture_profile(profile, w->from, w->to);
	fixture_write("maker-roots.pem", fixture_pem, 0600);
	AUTO_TEXT char *beside = text_copy(fixture_write("example-root.pem", fixture_pem, 0600));
	*strrchr(beside, '/') = '\0';
	struct err *e = profile_parse(yaml, strlen(yaml), "bank.yaml", beside, &p);
	unsigned line = fixture_line(yaml, w->at);
	AUTO_TEXT char *place = text_format("bank.yaml:%u:", line);
	AUTO_TEXT char *path = text_format(": %s: ", w->path);
	bool fine = e && err_kind(e) == ERR_PROFILE && line > 0 && err_says(e, place) &&
		    (w->path[0] == '\0' || err_says(e, path)) && err_says(e, w->says);
	if (!fine) {
		AUTO_TEXT char *said = e ? err_render(e) : text_copy("no fault");
		fprintf(stderr, "%s -> %s: wanted %s %s %s, got:\n%s\n", w->from, w->to, place,
			path, w->says, said);
	}
	CU_ASSERT(fine);
	CU_ASSERT_PTR_NULL(p);
	err_ignore(e);
}

void check_all(const char *profile, const struct wrong *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		check_wrong(profile, &list[i]);
}
