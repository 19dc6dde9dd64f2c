// A QR code on the terminal. Private to the room.
#pragma once

#include <stdbool.h>
#include <stdio.h>

// The text as a QR code of half blocks, dark on light whatever the terminal's colours. False, and nothing is printed, where it could not be seen: not
// on a terminal, no UTF-8, too narrow.
bool qr_print(FILE *f, const char *text);

// A code as such lines, with its quiet zone; for qr_print and for tests. New string; null when the text is too long or memory is out.
char *qr_lines(const char *text);
