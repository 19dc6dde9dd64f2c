#include "card.h"

// The four short cases: header; header Le; header Lc data; header Lc data Le.
static bool read_short(struct span rest, struct apdu *a)
{
	size_t lc = rest.data[0];
	if (rest.len == 1) {
		a->le = lc ? lc : 256;
		return true;
	}
	if (lc == 0)
		return false;
	rest.data++;
	rest.len--;
	if (!span_take(&rest, lc, &a->data) || rest.len > 1)
		return false;
	if (rest.len == 1)
		a->le = rest.data[0] ? rest.data[0] : 256;
	return true;
}

// After a zero byte: Le in two bytes; Lc in two bytes, data; the same and Le in two bytes.
static bool read_extended(struct span rest, struct apdu *a)
{
	struct span two;
	if (!span_take(&rest, 2, &two))
		return false;
	size_t n = (size_t)two.data[0] << 8 | two.data[1];
	if (rest.len == 0) {
		a->le = n ? n : 65536;
		return true;
	}
	if (n == 0 || !span_take(&rest, n, &a->data))
		return false;
	if (rest.len == 0)
		return true;
	if (rest.len != 2)
		return false;
	n = (size_t)rest.data[0] << 8 | rest.data[1];
	a->le = n ? n : 65536;
	return true;
}

bool apdu_read(const uint8_t *command, size_t len, struct apdu *a)
{
	if (len < 4)
		return false;
	*a = (struct apdu){
		.cla = command[0], .ins = command[1], .p1 = command[2], .p2 = command[3]
	};
	struct span rest = { command + 4, len - 4 };
	if (rest.len == 0)
		return true;
	if (rest.data[0] == 0 && rest.len > 1) {
		rest.data++;
		rest.len--;
		return read_extended(rest, a);
	}
	return read_short(rest, a);
}
