// The script: rules of answers, one line a setting (byteserver.c says which).
#include "server.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/rand.h>

static size_t number(const char *word, const char *line)
{
	char *end = NULL;
	unsigned long n = strtoul(word, &end, 10);
	if (!*word || *end)
		die("script: a number is missing", line);
	return n;
}

static void put_file(struct bytes *to, const char *path)
{
	FILE *f = must(fopen(path, "rb"), path);
	unsigned char block[4096];
	for (size_t n = 0; (n = fread(block, 1, sizeof(block), f)) > 0;)
		bytes_put(to, block, n);
	fclose(f);
}

static void put_fill(struct bytes *to, const char *kind, size_t n)
{
	unsigned char block[1000];
	memset(block, 'A', sizeof(block));
	if (strcmp(kind, "html") == 0)
		bytes_puts(to, "<!DOCTYPE html>\n<html><body><h1>Welcome</h1>\n");
	for (size_t left = n; left > 0;) {
		size_t now = left < sizeof(block) ? left : sizeof(block);
		if (strcmp(kind, "random") == 0 && RAND_bytes(block, (int)now) != 1)
			die("RAND_bytes", kind);
		bytes_put(to, block, now);
		left -= now;
	}
}

static void set_ending(struct rule *r, enum ending ending, const char *word, const char *line)
{
	r->ending = ending;
	r->end_after = ending == END_CUT || ending == END_RESET ? number(word, line) : 0;
}

static bool set_body(struct rule *r, const char *key, const char *rest, const char *line)
{
	if (strcmp(key, "text") == 0) {
		bytes_puts(&r->body, rest);
		bytes_puts(&r->body, "\n");
	} else if (strcmp(key, "file") == 0) {
		put_file(&r->body, rest);
	} else if (strcmp(key, "base64") == 0) {
		struct bytes raw = { 0 };
		put_file(&raw, rest);
		bytes_base64(&r->body, raw.data, raw.len, "lines");
		bytes_free(&raw);
	} else if (strcmp(key, "html") == 0 || strcmp(key, "random") == 0 ||
		   strcmp(key, "fill") == 0) {
		put_fill(&r->body, key, number(rest, line));
	} else if (strcmp(key, "cacerts") == 0) {
		r->cacerts = true;
	} else if (strcmp(key, "scep-ca") == 0) {
		r->scep_ca = true;
	} else if (strcmp(key, "scep") == 0) {
		if (sscanf(rest, "%31s", r->scep) < 1 || !scep_known(r->scep))
			die("script: unknown variant", line);
	} else if (strcmp(key, "cmp") == 0) {
		if (sscanf(rest, "%31s", r->cmp) < 1 || !cmp_known(r->cmp))
			die("script: unknown variant", line);
	} else if (strcmp(key, "issue") == 0) {
		if (sscanf(rest, "%31s %7s", r->issue, r->shape) < 1 || !issue_known(r->issue))
			die("script: unknown variant", line);
	} else {
		return false;
	}
	return true;
}

static bool set_manner(struct rule *r, const char *key, const char *rest, const char *line)
{
	static const struct {
		const char *key;
		enum ending ending;
	} endings[] = { { "close", END_CLOSE },
			{ "cut", END_CUT },
			{ "reset", END_RESET },
			{ "drop", END_DROP },
			{ "hang", END_HANG } };
	for (size_t i = 0; i < LEN(endings); i++)
		if (strcmp(key, endings[i].key) == 0) {
			set_ending(r, endings[i].ending, rest, line);
			return true;
		}
	if (strcmp(key, "delay") == 0)
		r->delay_ms = (long)number(rest, line);
	else if (strcmp(key, "slow") == 0)
		r->slow_ms = (long)number(rest, line);
	else if (strcmp(key, "length") == 0)
		r->claimed_length = (long)number(rest, line);
	else if (strcmp(key, "raw") == 0)
		r->raw = true;
	else
		return false;
	return true;
}

static void set(struct rule *r, const char *key, const char *rest, const char *line)
{
	if (strcmp(key, "status") == 0) {
		snprintf(r->status, sizeof(r->status), "%s", rest);
	} else if (strcmp(key, "header") == 0) {
		bytes_puts(&r->headers, rest);
		bytes_puts(&r->headers, "\r\n");
	} else if (strcmp(key, "ntlm") == 0) {
		snprintf(r->ntlm, sizeof(r->ntlm), "%s", rest);
	} else if (!set_body(r, key, rest, line) && !set_manner(r, key, rest, line)) {
		die("script: unknown word", line);
	}
}

static struct rule *add_rule(struct script *s, const char *rest, const char *line)
{
	if (s->n == LEN(s->used))
		die("script: too many rules", line);
	s->rules = must(realloc(s->rules, (s->n + 1) * sizeof(struct rule)), "realloc");
	struct rule *r = &s->rules[s->n++];
	*r = (struct rule){
		.status = "200 OK", .shape = "lines", .slow_ms = -1, .claimed_length = -1
	};
	if (sscanf(rest, "%7s %255s", r->method, r->path) != 2)
		die("script: on METHOD PATH", line);
	return r;
}

void script_read(const char *path, struct script *s)
{
	FILE *f = must(fopen(path, "r"), path);
	char line[1024];
	struct rule *r = NULL;
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\r\n")] = '\0';
		char *key = line + strspn(line, " \t");
		if (*key == '\0' || *key == '#')
			continue;
		char *rest = key + strcspn(key, " \t");
		if (*rest)
			*rest++ = '\0';
		rest += strspn(rest, " \t");
		if (strcmp(key, "on") == 0)
			r = add_rule(s, rest, key);
		else if (r)
			set(r, key, rest, key);
		else
			die("script: begins with on METHOD PATH", key);
	}
	fclose(f);
}

static bool fits(const struct rule *r, const char *method, const char *path)
{
	size_t len = strlen(r->path);
	bool any = len > 0 && r->path[len - 1] == '*';
	if (strcmp(r->method, method) != 0 && strcmp(r->method, "*") != 0)
		return false;
	return any ? strncmp(r->path, path, len - 1) == 0 : strcmp(r->path, path) == 0;
}

const struct rule *script_find(struct script *s, const char *method, const char *path)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	pthread_mutex_lock(&lock);
	size_t found = s->n;
	for (size_t i = 0; i < s->n; i++) {
		if (!fits(&s->rules[i], method, path))
			continue;
		found = i;
		if (s->used[i] == 0)
			break;
	}
	if (found < s->n)
		s->used[found]++;
	pthread_mutex_unlock(&lock);
	return found < s->n ? &s->rules[found] : NULL;
}
