// A profile with one thing wrong in it: where it is said to be, and what is said.
#pragma once

#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "fixture.h"

// A profile with `from` replaced by `to`: the fault stands in the line that holds `at`, on the path, and says this.
struct wrong {
	const char *from, *to, *at, *path, *says;
};

static inline void check_wrong(const char *profile, const struct wrong *w)
{
	AUTO(profile) struct profile *p = NULL;
	AUTO_TEXT char *yaml = fixture_profile(profile, w->from, w->to);
	fixture_write("maker-roots.pem", fixture_pem, 0600);
	AUTO_TEXT char *dir = text_copy(fixture_write("example-root.pem", fixture_pem, 0600));
	*strrchr(dir, '/') = '\0';
	struct err *e = profile_parse(yaml, strlen(yaml), "bank.yaml", dir, &p);
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

static inline void check_all(const char *profile, const struct wrong *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		check_wrong(profile, &list[i]);
}
