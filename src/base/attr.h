// Compiler attributes used everywhere: a dropped error is a warning, cleanup goes by scope.
#pragma once

// The caller must look at the result. An error that is dropped is a defect.
#define MUST __attribute__((warn_unused_result))

// AUTO(secret) struct secret *pin = NULL;  calls secret_cleanup(&pin) when the scope ends.
#define AUTO(thing) __attribute__((cleanup(thing##_cleanup)))

// Declares the cleanup that AUTO(thing) wants, from the destructor FREE of TYPE *.
// NOLINTBEGIN(bugprone-macro-parentheses): a type cannot stand in parentheses
#define DEFINE_CLEANUP(thing, type, free_fn)                                                       \
	static inline void thing##_cleanup(type **p)                                               \
	{                                                                                          \
		free_fn(*p);                                                                       \
		*p = NULL;                                                                         \
	}
// NOLINTEND(bugprone-macro-parentheses)

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

// Marks a message id for xgettext; it is translated only where it is shown.
#define N_(msgid) (msgid)
