// The command line: what is understood, and what is a usage error.
#include <string.h>

#include "base/buf.h"
#include "check.h"
#include "cli/options.h"

enum { MAX_WORDS = 16 };

static struct err *parse(const char *line, struct options *o)
{
	static char words[512];
	static char *argv[MAX_WORDS + 1];
	int argc = 0;
	snprintf(words, sizeof(words), "inkan %s", line);
	char *rest = words;
	for (char *w = strtok_r(words, " ", &rest); w && argc < MAX_WORDS;
	     w = strtok_r(NULL, " ", &rest))
		argv[argc++] = w;
	argv[argc] = NULL;
	return options_parse(argc, argv, o);
}

static void test_options_stand_anywhere(void)
{
	struct options o;
	CHECK_OK_OR_END(parse("--lang ja enroll --profile=practice --role user --yes", &o));
	CU_ASSERT_STRING_EQUAL(o.command->name, "enroll");
	CU_ASSERT_STRING_EQUAL(o.profile, "practice");
	CU_ASSERT_STRING_EQUAL(o.role, "user");
	CU_ASSERT_STRING_EQUAL(o.lang, "ja");
	CU_ASSERT(o.yes && !o.json);
	CHECK_OK_OR_END(parse("enroll --answers - --json --token pkcs11:token=A", &o));
	CU_ASSERT_STRING_EQUAL(o.answers, "-");
	CU_ASSERT_STRING_EQUAL(o.token, "pkcs11:token=A");
}

static void test_operands_are_counted(void)
{
	struct options o;
	CHECK_OK_OR_END(parse("resume", &o));
	CU_ASSERT(o.n_operands == 0);
	CHECK_OK_OR_END(parse("resume --yes -- --odd", &o));
	CU_ASSERT(o.n_operands == 1);
	CU_ASSERT_STRING_EQUAL(o.operands[0], "--odd");
	CHECK_OK_OR_END(parse("profile show practice", &o));
	CU_ASSERT_STRING_EQUAL(o.command->name, "profile show");
	CU_ASSERT_STRING_EQUAL(o.operands[0], "practice");
	CHECK_ERR(parse("resume a b", &o), ERR_USAGE);
	CHECK_ERR(parse("abandon", &o), ERR_USAGE);
	CHECK_ERR(parse("enroll now", &o), ERR_USAGE);
}

static void test_mistakes_are_usage_errors(void)
{
	static const char *const bad[] = {
		"frob",
		"profile",
		"profile frob",
		"--frob",
		"enroll --frob",
		"enroll --profile",
		"enroll --profile=",
		"enroll --yes=1",
		"enroll --yes --yes",
		"enroll --role a --role b",
		"status --profile x",
		"version --yes",
		"--yes",
		"enroll --version",
		"-x",
		"list",
	};
	struct options o;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_ERR(parse(bad[i], &o), ERR_USAGE);
}

static void test_help_needs_no_operand(void)
{
	struct options o;
	CHECK_OK_OR_END(parse("abandon --help", &o));
	CU_ASSERT(o.help);
	CHECK_OK_OR_END(parse("profile -h", &o));
	CU_ASSERT_PTR_NULL(o.command);
}

// What stands behind an option that is misspelt may be meant to be secret.
static void test_a_value_is_not_repeated(void)
{
	struct options o;
	AUTO(err) struct err *e = parse("enroll --token_pin=987654", &o);
	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	AUTO_TEXT char *text = err_render(e);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "--token_pin"));
	CU_ASSERT_PTR_NULL(strstr(text, "987654"));
}

static void test_every_command_and_option_has_its_words(void)
{
	for (size_t i = 0; i < n_commands; i++) {
		CU_ASSERT(commands[i].summary && *commands[i].summary);
		CU_ASSERT_PTR_NOT_NULL(commands[i].about[0]);
		CU_ASSERT(!strncmp(commands[i].example, "inkan ", 6));
		struct options o;
		CHECK_OK(parse(commands[i].example + 6, &o));
	}
	for (size_t i = 0; i < n_option_rows; i++)
		CU_ASSERT(option_rows[i].summary && *option_rows[i].summary);
}

int main(void)
{
	return CHECK_MAIN(TEST(test_options_stand_anywhere), TEST(test_operands_are_counted),
			  TEST(test_mistakes_are_usage_errors), TEST(test_help_needs_no_operand),
			  TEST(test_a_value_is_not_repeated),
			  TEST(test_every_command_and_option_has_its_words));
}
