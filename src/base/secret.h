// The one type for a secret: a PIN, a one-time password, a password.
//
// Its memory is locked (mlock), kept out of core dumps (MADV_DONTDUMP), not given to a forked child
// (MADV_WIPEONFORK), and wiped when freed. Nothing here prints one, and nothing turns one into JSON.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"

// What is typed fits SECRET_MAX; a page of a form that carries secrets among what the page itself brought along fits SECRET_FORM.
enum { SECRET_MAX = 4096, SECRET_FORM = 131072 };

struct secret;

// An empty secret with room for `cap` bytes (at most SECRET_FORM). ERR_FAILED when memory cannot be had; memory that
// cannot be locked (RLIMIT_MEMLOCK) is still used and secret_locked() then says false.
MUST struct err *secret_new(size_t cap, struct secret **out);
MUST struct err *secret_from(const void *bytes, size_t len, struct secret **out);
MUST struct err *secret_copy(const struct secret *s, struct secret **out);
void secret_free(struct secret *s); // wipes
DEFINE_CLEANUP(secret, struct secret, secret_free)

// ERR_ANSWER over the capacity; nothing is appended then.
MUST struct err *secret_append(struct secret *s, const void *bytes, size_t len);
void secret_wipe(struct secret *s);		// empties, keeps the room
void secret_chop(struct secret *s, size_t len); // keeps the first len bytes, wipes the rest

const uint8_t *secret_bytes(const struct secret *s);
uint8_t *secret_room(struct secret *s); // the whole capacity, for reading into; then secret_set_len
void secret_set_len(struct secret *s, size_t len);
size_t secret_len(const struct secret *s);
size_t secret_cap(const struct secret *s);
const char *secret_text(const struct secret *s); // zero-terminated (the zero is not counted)
bool secret_locked(const struct secret *s);
// In constant time for equal lengths.
bool secret_equal(const struct secret *a, const struct secret *b);

// Wipes any memory; never optimised away.
void wipe(void *p, size_t len);
// Makes the OpenSSL and other library heaps no concern of this: it only wipes and frees a malloc'd string.
void wipe_free_text(char *s);
