// Tokens that were seen, and what is said when none or several are left.
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "cli/pick.h"

enum { SEEN_MAX = 1024, SEEN_SHOWN = 12 };

static void seen_free(struct seen *s)
{
	free(s->uri);
	free(s->label);
	free(s->module);
}

void seen_list_free(struct seen_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		seen_free(&l->list[i]);
	free(l->list);
	*l = (struct seen_list){ 0 };
}

// A module that only a profile names may stand in front of a registered one (a tracer, a proxy): the same token is then seen
// twice, and the registered module is the one to use.
static bool is_seen_through_another(const struct seen_list *l, const char *uri, const struct job *j)
{
	for (size_t i = 0; j->module_from_profile && i < l->n; i++)
		if (!strcmp(l->list[i].uri, uri) && strcmp(l->list[i].module, j->module) != 0)
			return true;
	return false;
}

static struct err *add_one(struct seen_list *l, const json_t *token, const struct job *j)
{
	const char *uri = json_text(token, "uri");
	if (!uri || l->n == SEEN_MAX || is_seen_through_another(l, uri, j))
		return NULL;
	struct seen *list = reallocarray(l->list, l->n + 1, sizeof(*list));
	if (!list)
		return err_no_memory();
	l->list = list;
	const char *label = json_text(token, "label"), *module = json_text(token, "module");
	struct seen s = {
		.uri = text_copy(uri),
		.label = text_copy(label ? label : ""),
		// Where the profile names it, the worker has to find it by the same name again.
		.module = text_copy(j->module_from_profile || !module ? j->module : module),
		.from_profile = j->module_from_profile,
		.blank = !json_flag(token, "initialised", true),
		.usable = json_flag(token, "initialised", true) &&
			  json_flag(token, "makes_rsa", true),
	};
	if (!s.uri || !s.label || !s.module) {
		seen_free(&s);
		return err_no_memory();
	}
	list[l->n++] = s;
	return NULL;
}

struct err *seen_add(struct seen_list *l, const struct json_t *listing, const struct job *j)
{
	const json_t *tokens = json_object_get(listing, "tokens");
	for (size_t i = 0; i < json_array_size(tokens); i++)
		TRY(add_one(l, json_array_get(tokens, i), j));
	return NULL;
}

void seen_keep_usable(struct seen_list *l)
{
	size_t kept = 0;
	for (size_t i = 0; i < l->n; i++) {
		if (l->list[i].usable)
			l->list[kept++] = l->list[i];
		else
			seen_free(&l->list[i]);
	}
	l->n = kept;
}

// Serial number and label are enough to name most tokens, and fit on a line.
static char *short_uri(const char *uri)
{
	static const char scheme[] = "pkcs11:";
	AUTO_BUF struct buf b = BUF(4096);
	if (strncmp(uri, scheme, sizeof(scheme) - 1) != 0 || strchr(uri, '?'))
		return text_copy(uri);
	err_ignore(buf_puts(&b, scheme));
	for (const char *p = uri + sizeof(scheme) - 1; *p;) {
		size_t len = strcspn(p, ";");
		if (!strncmp(p, "serial=", 7) || !strncmp(p, "token=", 6)) {
			err_ignore(b.len > sizeof(scheme) - 1 ? buf_puts(&b, ";") : NULL);
			err_ignore(buf_put(&b, p, len));
		}
		p += len + (p[len] == ';');
	}
	return text_copy(b.len > sizeof(scheme) - 1 ? (const char *)b.data : uri);
}

char *seen_name(const struct seen_list *l, size_t i)
{
	const struct seen *s = &l->list[i];
	AUTO_TEXT char *brief = short_uri(s->uri);
	bool same_brief = false, same_uri = false;
	for (size_t k = 0; k < l->n; k++) {
		AUTO_TEXT char *other = short_uri(l->list[k].uri);
		same_brief |= k != i && brief && other && !strcmp(brief, other);
		same_uri |= k != i && !strcmp(l->list[k].uri, s->uri);
	}
	if (same_uri)
		return text_format("%s?module-path=%s", s->uri, s->module);
	return text_copy(same_brief || !brief ? s->uri : brief);
}

// One name a line; the rest of a long list as its number.
static char *names(const struct seen_list *l)
{
	AUTO_BUF struct buf b = BUF(65536);
	for (size_t i = 0; i < l->n && i < SEEN_SHOWN; i++) {
		if (l->list[i].blank)
			continue;
		AUTO_TEXT char *name = seen_name(l, i);
		err_ignore(buf_printf(&b, "%s%s", b.len ? ", " : "", name ? name : "?"));
	}
	if (l->n > SEEN_SHOWN)
		err_ignore(buf_printf(&b, " (+%zu)", l->n - SEEN_SHOWN));
	return text_copy(b.data ? (const char *)b.data : "");
}

struct err *seen_none(const char *wanted, const struct seen_list *all, struct err *why)
{
	AUTO_TEXT char *seen = names(all);
	bool some = seen && *seen;
	struct err *e = wanted ? err_new(ERR_TOKEN, N_("No token fits %1."), ARG_TEXT(wanted))
			: all->n > 0
				? err_new(ERR_TOKEN, N_("No token here is ready for use: it is not "
							"initialised, or it makes no RSA keys."))
				: err_new(ERR_TOKEN, N_("No token was found."));
	if (some)
		e = err_hint(e, N_("These tokens are here: %1"), ARG_TEXT(seen));
	else if (all->n > 0)
		e = err_hint(e, N_("Only blank tokens are here: they have to be initialised, with "
				   "a PIN, before they "
				   "can be used."));
	else
		e = err_hint(
			e,
			N_("Put the token in. If it is in, its driver (PKCS#11 module) may not be "
			   "registered: name it with --module."));
	e = err_tag(e, "token-none");
	return why ? err_caused_by(e, why) : e;
}

struct err *seen_several(const struct seen_list *l)
{
	AUTO_TEXT char *seen = names(l);
	return err_tag(err_hint(err_new(ERR_TOKEN, N_("Several tokens fit: %1"),
					ARG_TEXT(seen ? seen : "?")),
				N_("Say which one with --token.")),
		       "token-several");
}
