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
