// privacyIDEA's answers: {"result":{"status":…,"value":…,"authentication":…},"detail":{"message":…,"transaction_id":…}}.
#include "otp/validate.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/text.h"

void validate_answer_clear(struct validate_answer *a)
{
	free(a->words);
	free(a->transaction);
	*a = (struct validate_answer){ 0 };
}

static struct err *trouble(const char *server, int status, struct err *cause)
{
	struct err *e =
		status == 200
			? err_new(ERR_NETWORK, N_("What %1 answers is none of /validate/check."),
				  ARG_TEXT(server))
			: err_new(ERR_NETWORK, N_("The server %1 is in trouble (status %2)."),
				  ARG_TEXT(server), ARG_NUM(status));
	e = err_hint(err_tag(e, "validate-trouble"),
		     N_("The value was not judged, as far as this side knows: use the next one "
			"later. If it stays so, tell the administrator of the server."));
	return err_caused_by(e, cause);
}

static struct err *with_words(struct err *e, const json_t *error)
{
	const char *words = error ? json_text(error, "message") : NULL;
	if (!words)
		return e;
	AUTO_TEXT char *safe = text_safe(words, strlen(words), OTP_WORDS_MAX);
	return err_caused_by(
		e, err_new(err_kind(e), N_("The server says: %1"), ARG_TEXT(safe ? safe : "?")));
}

static struct err *cannot(const char *server, const json_t *result)
{
	struct err *e = err_new(ERR_CA_REFUSED, N_("The server %1 could not judge the value."),
				ARG_TEXT(server));
	e = err_hint(err_tag(e, "validate-cannot"),
		     N_("That is no wrong value. Check the name of the person and the realm; tell "
			"the administrator of the server what is said here."));
	return with_words(e, json_object_get(result, "error"));
}

// The number of the conversation: letters, digits and hyphens.
static bool is_transaction(const char *text)
{
	size_t n = text ? strnlen(text, VALIDATE_TRANSACTION_MAX + 1) : 0;
	return n > 0 && n <= VALIDATE_TRANSACTION_MAX &&
	       strspn(text, "0123456789abcdefghijklmnopqrstuvwxyz"
			    "ABCDEFGHIJKLMNOPQRSTUVWXYZ-_") == n;
}

// What the server decided; false: it contradicts itself. Older ones have no "authentication".
static bool verdict_of(const json_t *result, const json_t *detail, enum otp_ruling *out)
{
	bool value = json_is_true(json_object_get(result, "value"));
	const char *said = json_text(result, "authentication");
	const char *transaction = detail ? json_text(detail, "transaction_id") : NULL;
	if (value) {
		*out = OTP_ACCEPTED;
		return !said || strcmp(said, "ACCEPT") == 0;
	}
	bool asks = said ? strcmp(said, "CHALLENGE") == 0 : transaction != NULL;
	*out = asks ? OTP_CHALLENGED : OTP_REJECTED;
	return (!asks || is_transaction(transaction)) && !(said && strcmp(said, "ACCEPT") == 0);
}

static struct err *take(const json_t *detail, enum otp_ruling verdict, struct validate_answer *out)
{
	AUTO_VALIDATE_ANSWER struct validate_answer a = { .verdict = verdict };
	const char *words = detail ? json_text(detail, "message") : NULL;
	a.words = words ? text_safe_lines(words, strlen(words), OTP_WORDS_MAX) : text_copy("");
	if (verdict == OTP_CHALLENGED)
		a.transaction = text_copy(json_text(detail, "transaction_id"));
	if (!a.words || (verdict == OTP_CHALLENGED && !a.transaction))
		return err_no_memory();
	*out = a;
	a = (struct validate_answer){ 0 };
	return NULL;
}

struct err *validate_read(const char *server, int status, const void *body, size_t len,
			  struct validate_answer *out)
{
	AUTO(json) json_t *j = NULL;
	enum otp_ruling verdict = OTP_REJECTED;
	if (status >= 500)
		return trouble(server, status, NULL);
	struct err *e = json_read(body, len, VALIDATE_BODY_MAX, ERR_NETWORK, "/validate/check", &j);
	if (e)
		return trouble(server, status, e);
	const json_t *result = json_object_get(j, "result");
	const json_t *said = json_object_get(result, "status");
	const json_t *detail = json_object_get(j, "detail");
	if (json_is_false(said))
		return cannot(server, result);
	if (status != 200 || !json_is_true(said) ||
	    !json_is_boolean(json_object_get(result, "value")) ||
	    !verdict_of(result, json_is_object(detail) ? detail : NULL, &verdict))
		return trouble(server, status, NULL);
	return take(json_is_object(detail) ? detail : NULL, verdict, out);
}
