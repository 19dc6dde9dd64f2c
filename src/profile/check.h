// What no single value can tell: rules between the values of a profile.
#pragma once

#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"
#include "profile/fault.h"
#include "profile/schema.h"

// All of them. Reads anchors and roots (relative to dir) into the profile, pins the URL's host, resolves {common_name}. The draft may hold
// gaps where reading found faults. Errors: memory only.
MUST struct err *check_draft(struct draft *d, const char *dir, struct faults *f);

// Its parts.
MUST struct err *check_role(struct profile *p, struct profile_role *r, struct faults *f);
// The server that judges a role's one-time passwords; reads its anchors.
MUST struct err *check_otp_server(const struct profile *p, struct profile_role *r, const char *dir,
				  struct faults *f);
// The profile's window and those of its roles, which get what they leave out from it.
MUST struct err *check_windows(struct profile *p, struct faults *f);
MUST struct err *check_ca(struct draft *d, const char *dir, struct faults *f);
// The pages of a portal.
MUST struct err *check_portal(struct profile *p, struct faults *f);
// The pages of preset: bank.
MUST struct err *preset_fill(struct profile_portal *portal);
void check_est(const struct profile *p, struct faults *f);
MUST struct err *check_attestation(struct draft *d, const char *dir, struct faults *f);
// What ca.scep: says, and what SCEP has no place for.
void check_scep(const struct profile *p, struct faults *f);
// What token: says of the security officer's PIN; reads the recovery certificates.
MUST struct err *check_token(struct draft *d, const char *dir, struct faults *f);
// A file of certificates that a key of the profile names, put behind `into`; what is wrong with it is a fault.
enum { ANCHORS_MAX_BYTES = 512 * 1024 };
MUST struct err *check_pem_file(const struct profile *p, const char *key, const char *dir,
				const char *file, struct faults *f, struct buf *into);
