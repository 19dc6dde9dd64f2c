// The rows of a CSV file (RFC 4180), one at a time. Only for src/otp/import_csv.c.
//
// A row may carry a secret: its fields lie in locked memory, the same for every row.
#pragma once

#include "base/attr.h"
#include "base/err.h"
#include "base/secret.h"

enum { CSV_ROW_MAX = 16384, CSV_COLUMNS_MAX = 100 };

struct csv_rows {
	const char *at;
	size_t left;
	char separator;
	uint64_t line;	       // of the next row, from 1 on
	struct secret *fields; // of the present row, each ended by a zero byte
	uint64_t row_line;     // of the present row's beginning
	size_t n;
	struct {
		size_t at, len;
	} field[CSV_COLUMNS_MAX];
};

MUST struct err *csv_open(const void *bytes, size_t len, char separator, struct csv_rows *out);
void csv_close(struct csv_rows *r);
// The next row that is not empty; *more false: there is none.
MUST struct err *csv_next(struct csv_rows *r, bool *more);
// A field without the blanks around it; empty where the row has none there. Column from 0 on.
const char *csv_cell(const struct csv_rows *r, size_t column, size_t *len);
// "csv-wrong" at the present row; column from 0 on.
struct err *csv_fault(const struct csv_rows *r, size_t column, const char *what) MUST;
