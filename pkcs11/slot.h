// The tokens that a module shows, and telling them apart (RFC 7512, CK_TOKEN_INFO).
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "pkcs11/module.h"

enum pin_tries { TRIES_GOOD, TRIES_LOW, TRIES_FINAL, TRIES_LOCKED };

struct token_info {
	char label[33], manufacturer[33], model[17],
		serial[17]; // trimmed of padding, as text; bytes that are not UTF-8 replaced
	uint8_t raw_label[32], raw_manufacturer[32], raw_model[16],
		raw_serial[16]; // as they stand, for comparing
	bool initialised, user_pin_initialised, login_required, write_protected, pin_pad;
	bool user_pin_to_be_changed;
	bool so_pin_to_be_changed;
	enum pin_tries tries, so_tries; // of the user's PIN, of the security officer's
	int64_t public_total, public_free, private_total,
		private_free;	   // bytes; -1: the token does not say
	unsigned pin_min, pin_max; // bytes
	bool hardware;		   // CKF_HW of the RSA key pair generation mechanism
	bool removable;		   // CKF_REMOVABLE_DEVICE of the slot
	bool makes_rsa;		   // CKM_RSA_PKCS_KEY_PAIR_GEN
	unsigned rsa_min, rsa_max; // bits
	bool signs_sha256_rsa;	   // CKM_SHA256_RSA_PKCS
	bool signs_rsa;		   // CKM_RSA_PKCS
	bool signs_raw_rsa;	   // CKM_RSA_X_509
	bool signs_pss;		   // CKM_RSA_PKCS_PSS
	char slot_description[65];
	uint8_t firmware_major,
		firmware_minor; // of CK_TOKEN_INFO; model_firmware() makes words of them
	unsigned long slot;	// not stable over initialising a token or a new process
};

struct token_list {
	struct token_info *list;
	size_t n;
};
// Tokens that are present; those that cannot be read are left out and said in the log. At most 256.
MUST struct err *slot_tokens(struct module *m, struct token_list *out);
// Only those that fit the URI (null: all); of the others no more is asked than that takes.
struct token_uri;
MUST struct err *slot_tokens_fitting(struct module *m, const struct token_uri *uri,
				     struct token_list *out);
void token_list_free(struct token_list *l);
static inline void token_list_cleanup(struct token_list *l)
{
	token_list_free(l);
}
// Reads the flags of one again.
MUST struct err *slot_refresh(struct module *m, struct token_info *info);

// RFC 7512.
// ERR_USAGE for a malformed one or one with pin-value (it would be in the process list).
MUST struct err *token_uri_parse(const char *text, struct token_uri **out);
void token_uri_free(struct token_uri *u);
DEFINE_CLEANUP(token_uri, struct token_uri, token_uri_free)
bool token_uri_matches(const struct token_uri *u,
		       const struct token_info *t); // whole padded fields; null u fits every token
const char *token_uri_pin_source(const struct token_uri *u);  // a path, or null ("file:" taken off)
const char *token_uri_module_path(const struct token_uri *u); // null when not said
const char *token_uri_module_name(const struct token_uri *u);
// Canonical URI of a token: model, manufacturer, serial, token. New string; null when memory is out.
char *token_info_uri(const struct token_info *t);
