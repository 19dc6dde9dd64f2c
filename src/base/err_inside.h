// What an error is made of; for err.c and err_json.c only.
#pragma once

#include "base/err.h"

enum { ERR_MAX_NAME = 64, ERR_MAX_DEPTH = 16 };

struct err {
	enum err_kind kind;
	struct msg *what; // null: out of memory
	struct msg *hint; // may be null
	char call[ERR_MAX_NAME];
	char code_name[ERR_MAX_NAME];
	uint64_t code;
	char slug[ERR_MAX_NAME];
	struct err *cause; // may be null
};
