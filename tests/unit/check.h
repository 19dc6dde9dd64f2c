// A small main for CUnit: runs the named tests of one file and prints what failed.
//
//	static void test_folds_full_width(void) { CHECK_OK(…); CU_ASSERT(…); }
//	int main(void) { return CHECK_MAIN(TEST(test_folds_full_width), TEST(test_…)); }
#pragma once

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include <CUnit/CUnit.h>

#include "base/err.h"

struct check_test {
	const char *name;
	void (*run)(void);
};

// clang-format off
#define TEST(fn) ((struct check_test){ #fn, fn })
// clang-format on
#define CHECK_MAIN(...)                                                                            \
	check_main((const struct check_test[]){ __VA_ARGS__ },                                     \
		   sizeof((const struct check_test[]){ __VA_ARGS__ }) / sizeof(struct check_test))

static inline bool check_no_err(struct err *e, const char *expr, const char *file, unsigned line)
{
	if (!e)
		return true;
	char *text = err_render(e);
	fprintf(stderr, "%s:%u: %s failed:\n%s\n", file, line, expr, text ? text : "(no memory)");
	free(text);
	err_free(e);
	return false;
}

static inline bool check_is_err(struct err *e, enum err_kind kind, const char *expr,
				const char *file, unsigned line)
{
	if (!e) {
		fprintf(stderr, "%s:%u: %s should have failed\n", file, line, expr);
		return false;
	}
	bool as_wanted = err_kind(e) == kind;
	if (!as_wanted) {
		char *text = err_render(e);
		fprintf(stderr, "%s:%u: %s failed with kind %d, not %d:\n%s\n", file, line, expr,
			(int)err_kind(e), (int)kind, text ? text : "(no memory)");
		free(text);
	}
	err_free(e);
	return as_wanted;
}

// Takes the error: the call must succeed; what it said is printed otherwise.
#define CHECK_OK(expr) CU_ASSERT(check_no_err((expr), #expr, __FILE__, __LINE__))
// The same, and ends the test function at a failure.
#define CHECK_OK_OR_END(expr)                                                                      \
	do {                                                                                       \
		bool check_fine_ = check_no_err((expr), #expr, __FILE__, __LINE__);                \
		CU_ASSERT(check_fine_);                                                            \
		if (!check_fine_)                                                                  \
			return;                                                                    \
	} while (0)
// The condition must hold, and the test function ends when it does not. (CUnit's own _FATAL jumps out of the
// function, past the cleanups of its scope.)
#define CHECK_OR_END(condition)                                                                    \
	do {                                                                                       \
		bool check_holds_ = (condition);                                                   \
		CU_ASSERT(check_holds_ &&#condition);                                              \
		if (!check_holds_)                                                                 \
			return;                                                                    \
	} while (0)
// Takes the error: the call must fail with this kind.
#define CHECK_ERR(expr, kind) CU_ASSERT(check_is_err((expr), (kind), #expr, __FILE__, __LINE__))

static inline int check_report(void)
{
	for (const CU_FailureRecord *f = CU_get_failure_list(); f; f = f->pNext)
		fprintf(stderr, "%s:%u: %s: %s\n", f->strFileName, f->uiLineNumber,
			f->pTest ? f->pTest->pName : "?", f->strCondition);
	unsigned failed = CU_get_number_of_failures();
	printf("%u tests, %u assertions, %u failed\n", CU_get_number_of_tests_run(),
	       CU_get_number_of_asserts(), failed);
	return failed != 0 || CU_get_number_of_asserts() == 0;
}

// Returns 0 when all passed, 1 otherwise (also when nothing at all was asserted).
static inline int check_main(const struct check_test *tests, size_t n)
{
	if (CU_initialize_registry() != CUE_SUCCESS)
		return 1;
	CU_pSuite suite = CU_add_suite("tests", NULL, NULL);
	for (size_t i = 0; suite && i < n; i++)
		if (!CU_add_test(suite, tests[i].name, tests[i].run))
			suite = NULL;
	int rc = 1;
	if (suite) {
		CU_run_all_tests();
		rc = check_report();
	}
	CU_cleanup_registry();
	return rc;
}
