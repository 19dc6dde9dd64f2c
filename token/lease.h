// One token, one owner: a lease held by one worker at a time, shown to the others.
//
// A file under the state directory, named by the token's URI, held with an open-file-description lock: it ends with the process
// whatever happens to it. Inside it stands who holds it (pid, since when, for what), for words only.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "pkcs11/slot.h"

struct lease;

struct lease_holder {
	int64_t pid;
	int64_t since; // seconds since 1970
	char what[64]; // "enroll"
};

// Waits up to wait_ms for the lease. While waiting `waiting` (may be null) is called at once and then about every second with who holds it; true stops (ERR_INTERRUPTED).
// ERR_TOKEN tagged "token-busy" says who.
MUST struct err *lease_take(const struct token_info *t, const char *what, int64_t wait_ms,
			    bool (*waiting)(void *ctx, const struct lease_holder *who), void *ctx,
			    struct lease **out);
// Of a token that got another name (and serial number) in the hands of who holds it; its reader is held already. Nobody waits: *out is null where
// another was quicker.
MUST struct err *lease_take_renamed(const struct token_info *t, const char *what,
				    struct lease **out);
// The same for whoever speaks with the card in a reader directly (token/pcsc.h), by the reader's name as PC/SC has it. lease_take takes it, too, where the
// token stands in a reader, so that PKCS#11 and PC/SC take turns: selecting one applet ends the login of another. Not where the reader
// cannot be told from another one (readers_called): nobody speaks with a card there directly.
MUST struct err *lease_take_reader(const char *reader, const char *what, int64_t wait_ms,
				   bool (*waiting)(void *, const struct lease_holder *), void *ctx,
				   struct lease **out);
void lease_drop(struct lease *l);
DEFINE_CLEANUP(lease, struct lease, lease_drop)
