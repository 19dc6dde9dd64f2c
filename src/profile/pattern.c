// Matching a field's pattern, and refusing patterns that would eat the machine.
#include "profile/pattern.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

// glibc unrolls {m,n}: nested ones multiply. What a real field needs is far below.
enum { MAX_UNROLLED = 1000 };

// "{m,n}" at p: its greater bound.
static unsigned long bound_of(const char *p)
{
	char *end;
	unsigned long low = strtoul(p + 1, &end, 10), high = low;
	if (*end == ',')
		high = strtoul(end + 1, &end, 10);
	unsigned long n = high > low ? high : low;
	return n > MAX_UNROLLED ? MAX_UNROLLED + 1UL : n;
}

static bool is_tame(const char *pattern)
{
	unsigned long unrolled = 1;
	for (const char *p = pattern; *p; p++) {
		if (*p == '\\') {
			if (p[1] >= '0' && p[1] <= '9')
				return false;
			if (p[1])
				p++;
		} else if (*p == '{') {
			unsigned long n = bound_of(p);
			unrolled *= n > 0 ? n : 1;
			if (unrolled > MAX_UNROLLED)
				return false;
		}
	}
	return true;
}

// 0 when it compiled.
static int compile(const char *pattern, regex_t *re)
{
	AUTO_TEXT char *whole = text_format("^(%s)$", pattern);
	return whole ? regcomp(re, whole, REG_EXTENDED | REG_NOSUB) : REG_ESPACE;
}

bool pattern_is_fine(const char *pattern)
{
	regex_t re;
	// By itself first: "a)(b" would only compile between our brackets.
	if (!is_tame(pattern) || regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB) != 0)
		return false;
	regfree(&re);
	if (compile(pattern, &re) != 0)
		return false;
	regfree(&re);
	return true;
}

bool pattern_matches(const char *pattern, const char *text)
{
	regex_t re;
	if (compile(pattern, &re) != 0)
		return false;
	bool yes = regexec(&re, text, 0, NULL, 0) == 0;
	regfree(&re);
	return yes;
}

// --- the shortest text that fits

static size_t alternatives(const char **at);

// Past a bracket expression (POSIX, 9.3.5): a ']' right behind the beginning is one of its characters, and so is what stands between [: and :].
static void skip_bracket(const char **at)
{
	const char *p = *at + 1;
	p += *p == '^';
	p += *p == ']';
	while (*p && *p != ']') {
		const char kind = *p == '[' ? p[1] : '\0';
		bool inner = kind == ':' || kind == '.' || kind == '=';
		p += inner ? 2 : 1;
		while (inner && *p && !(p[0] == kind && p[1] == ']'))
			p++;
		p += inner && *p ? 2 : 0;
	}
	*at = p + (*p == ']');
}

static size_t atom(const char **at)
{
	if (**at == '(') {
		(*at)++;
		size_t n = alternatives(at);
		*at += **at == ')';
		return n;
	}
	if (**at == '^' || **at == '$') {
		(*at)++;
		return 0;
	}
	if (**at == '[') {
		skip_bracket(at);
		return 1;
	}
	*at += **at == '\\' && (*at)[1];
	do // a whole character of UTF-8
		(*at)++;
	while (((unsigned char)**at & 0xc0) == 0x80);
	return 1;
}

static size_t piece(const char **at)
{
	size_t n = atom(at);
	for (;; (*at)++) {
		if (**at == '*' || **at == '?') {
			n = 0;
		} else if (**at == '{') {
			n *= strtoul(*at + 1, NULL, 10);
			*at += strcspn(*at, "}");
			if (!**at)
				return n;
		} else if (**at != '+') {
			return n;
		}
	}
}

static size_t alternatives(const char **at)
{
	size_t least = 0;
	for (bool first = true;; first = false) {
		size_t n = 0;
		while (**at && **at != '|' && **at != ')')
			n += piece(at);
		if (first || n < least)
			least = n;
		if (**at != '|')
			return least;
		(*at)++;
	}
}

size_t pattern_shortest(const char *pattern)
{
	return alternatives(&pattern);
}
