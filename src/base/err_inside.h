// What an error is made of; for err.c and err_json.c only.
#pragma once

#include "base/err.h"

#ifdef __clang_analyzer__
#undef err_make
#undef err_no_memory
#undef err_errno
#undef err_hint_msg
#undef err_call
#undef err_caused_by
#undef err_while_msg
#undef err_as
#undef err_tag
#endif

// A library may name its code with a sentence.
enum { ERR_MAX_NAME = 64, ERR_MAX_WORDS = 256, ERR_MAX_DEPTH = 16 };

struct err {
	enum err_kind kind;
	struct msg *what; // null: out of memory
	struct msg *hint; // may be null
	char call[ERR_MAX_NAME];
	char code_name[ERR_MAX_WORDS];
	uint64_t code;
	char slug[ERR_MAX_NAME];
	struct err *cause; // may be null
};
