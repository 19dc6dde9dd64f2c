// Paths and who answers them.
#include "practiceca/routes.h"
#include "practiceca/scep.h"

#include <string.h>

#include "practiceca/certsrv.h"
#include "practiceca/cmp.h"
#include "practiceca/ocsp.h"
#include "practiceca/portal.h"

static const struct route {
	const char *path; // whole, or with a '/' at its end the beginning of a path
	struct err *(*answer)(const struct service *s, const struct call *c, struct answer *out);
	bool plain; // also without TLS
} routes[] = {
	{ "/.well-known/est/", est_answer, false },
	{ "/crl", est_answer, true },
	{ "/portal/", portal_answer, false },
	{ "/certsrv/", certsrv_answer, false },
	{ "/.well-known/cmp", cmp_answer, true },
	{ "/.well-known/cmp/", cmp_answer, true },
	{ "/cmp", cmp_answer, true },
	{ "/ocsp", ocsp_answer, true },
	{ "/scep", scep_answer, true },
};

static bool leads(const struct route *r, const char *path)
{
	size_t len = strlen(r->path);
	return strncmp(path, r->path, len) == 0 && (r->path[len - 1] == '/' || path[len] == '\0');
}

struct err *routes_answer(const struct service *s, const struct call *c, struct answer *out)
{
	for (size_t i = 0; i < ARRAY_LEN(routes); i++)
		if (leads(&routes[i], c->path) && (routes[i].plain || !c->plain))
			return routes[i].answer(s, c, out);
	return answer_refuse(out, c, REFUSE_NOT_FOUND);
}
