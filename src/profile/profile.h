// An institution's profile: its rules as data, read from YAML, checked against a schema, never changed afterwards.
//
// docs/man/inkan-profile.5 describes the file. A profile decides where secrets go: the file must be owned by root or by us and
// writable by nobody else. What could not be read from it is an ERR_PROFILE that names file, line, field and
// what is allowed there; all faults of a file are reported at once, one cause each.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/msg.h"

enum profile_ask { ASK_BEFORE_KEY, ASK_BEFORE_SIGN, ASK_BEFORE_SUBMIT };

// One thing that the person is asked.
struct profile_field {
	// "contract_id"; unique in its role; lower-case letters, digits, '_'; "otp" is reserved for the one-time password.
	char *name;
	struct text2 label; // 契約者 ID
	struct text2 help;  // may be empty (en null)
	char *pattern; // POSIX extended, matched whole; null when `digits` or `max_length` says enough
	size_t digits_min, digits_max; // 0 0: not only digits
	size_t max_length;	       // in characters
	bool secret;		       // typed without echo, kept in a struct secret
	bool keypad;		       // an on-screen keypad may be offered
	int page;		       // 1 or 2: with which screen it is asked
};

enum otp_kind { OTP_NONE, OTP_TOTP, OTP_HOTP, OTP_OTHER };

// How to work one model of one-time password token.
struct profile_otp_model {
	char *name;
	struct text2 label;
	struct text2 instruction; // "Press button 1 …"
};

// A server that judges the values of a role, for inkan otp check.
enum otp_protocol { OTP_BY_RADIUS, OTP_BY_VALIDATE };
// What it is asked with first.
enum otp_first {
	OTP_FIRST_VALUE,
	OTP_FIRST_PIN,		 // and then it asks for the value
	OTP_FIRST_PIN_AND_VALUE, // the value behind the PIN
};
struct profile_otp_server {
	enum otp_protocol protocol;
	char **servers;	  // as otp/server.h has them
	size_t n_servers; // 0: there is none, and the rest has no meaning
	enum otp_first first;
	unsigned timeout, tries;
	char *secret_file;	   // RADIUS: absolute path
	char *nas_identifier;	   // RADIUS: null: the usual one
	bool unsigned_answers;	   // RADIUS: Message-Authenticator is not demanded
	int message_authenticator; // as it is written; unsigned_answers says it
	char *realm;		   // validate: null: the server's own
	char **anchor_files;
	size_t n_anchor_files;
	struct buf anchors; // validate: PEM (read at load)
};

struct profile_otp {
	enum otp_kind kind; // OTP_NONE: the role has none
	size_t length;	    // digits
	unsigned step;	    // seconds, OTP_TOTP only
	bool echo;	    // shown while typed
	int page;
	struct text2 label;
	// At least one when kind is not OTP_NONE; the first is the usual one.
	struct profile_otp_model *models;
	size_t n_models;
	struct profile_otp_server server;
};

// One attribute of the subject, in order: type is a short name (C, O, OU, CN, …), value a template.
struct profile_rdn {
	char *type;
	char *value;
};

// What is possible after the last day of validity.
enum after_expiry {
	AFTER_RENEW, // for reacquire_days: the old name, with full authentication (an expired certificate vouches for nothing)
	AFTER_REACQUIRE,     // for reacquire_days: a new one, with full authentication
	AFTER_COUNTER,	     // nothing here: the person applies at the counter
	AFTER_ADMINISTRATOR, // nothing here: the person's administrator has it reissued
	AFTER_CLOSED,	     // nothing
};

// Days are calendar days of `zone`.
struct profile_window {
	char *zone; // "Asia/Tokyo"
	unsigned
		pickup_days; // for the first certificate, from the day on which it was begun; 0: no deadline
	unsigned renew_before_days; // 30
	unsigned reacquire_days;    // 90: after the last day of validity
	enum after_expiry after;    // what those days mean
	struct text2 closed;	    // what to do later; may be empty
	unsigned *remind_days;	    // 30, 10
	size_t n_remind;
};

// Enrolling for another at a CA of Microsoft's: templates. What the agent logs in with is asked of the agent.
struct profile_agent {
	char *requester; // the account that is enrolled ("EXAMPLE\\{account}"); null: nobody vouches in this role
	char *user_name, *password; // of HTTP's own authentication; both or neither
};

// A role: admin, user, … A template holds {field} for a field's answer, {otp}, and {institution_code}; "{{" is "{".
struct profile_role {
	char *name;
	struct text2 label;
	struct profile_field *fields;
	size_t n_fields;
	struct profile_otp otp;
	char *common_name;	     // template; secret fields are refused in it
	struct profile_rdn *subject; // whole subject with the CN in it
	size_t n_subject;
	char *user_name;	      // template for HTTP Basic; null: none
	char *password;		      // template for HTTP Basic; null: none
	char *challenge_password;     // template for the PKCS#10 attribute; null: none
	struct profile_window window; // the profile's, and what is another for this role
	char *otp_challenge, *revocation_challenge; // the same, for those of RFC 7894
	char *cmp_reference, *cmp_secret; // templates for the protection of CMP; both or neither
	struct profile_agent agent;
};

// Floors of the evidence, in rising order (design: "Evidence that a key cannot leave").
enum custody { CUSTODY_SOFTWARE, CUSTODY_DEVICE, CUSTODY_ATTESTED };
enum key_attributes { KEY_OPEN, KEY_WITHHELD, KEY_DECLARED };
const char *custody_name(enum custody c);		// "software", "device", "attested"
const char *key_attributes_name(enum key_attributes a); // "open", "withheld", "declared"

// How the maker's attestation of a key reaches the CA.
enum attestation_send {
	ATTESTATION_SEND_NONE,
	ATTESTATION_SEND_PKCS10, // in the request, signed with it
	ATTESTATION_SEND_CERTIFICATES, // as certificates beside the request, where the protocol has place for them
	ATTESTATION_SEND_FILE, // as a file, which somebody carries
};
// Floors of what the token demands of the person for using the key, in rising order.
enum attestation_pin { ATTESTATION_PIN_ANY, ATTESTATION_PIN_ONCE, ATTESTATION_PIN_ALWAYS };
enum attestation_touch {
	ATTESTATION_TOUCH_ANY,
	ATTESTATION_TOUCH_CACHED,
	ATTESTATION_TOUCH_ALWAYS,
};

struct profile_attestation {
	struct buf
		roots; // makers' certificates that are believed: PEM, concatenated (read at load); empty: none, nothing is asked of the token
	enum attestation_pin pin;
	enum attestation_touch touch;
	enum attestation_send send;
};

struct profile_key {
	unsigned bits; // RSA: 2048, 3072 or 4096
	enum custody custody_floor;
	enum key_attributes attributes_floor;
	bool decrypt;	     // CKA_DECRYPT even where the CA does not demand it
	bool retire_destroy; // the old key is destroyed once the new pair is verified, else kept
	struct profile_attestation attestation;
};

// What SCEP's answers may be protected by besides AES and SHA-2, each with what is better than it.
enum scep_answers { SCEP_ANSWERS_STRONG, SCEP_ANSWERS_3DES, SCEP_ANSWERS_DES };
enum scep_signatures { SCEP_SIGNATURES_STRONG, SCEP_SIGNATURES_SHA1, SCEP_SIGNATURES_MD5 };

struct profile_scep {
	char **fingerprints; // SHA-256, hex: the CA's certificate, or the RA's; none: the anchors alone decide
	size_t n_fingerprints;
	char *identifier; // which CA of a server that has several (RFC 8894 §4.2); null: none is named
	enum scep_answers weak_answers;
	enum scep_signatures weak_signatures;
};

enum ca_protocol { CA_EST, CA_SCEP, CA_CMP, CA_PORTAL, CA_FILE };

// --- a CA's web pages (protocol portal): inkan-profile(5), "A PORTAL"

enum portal_preset { PRESET_NONE, PRESET_BANK, PRESET_ADCS };
enum portal_auth { PORTAL_AUTH_NONE, PORTAL_AUTH_BASIC, PORTAL_AUTH_NTLM, PORTAL_AUTH_NEGOTIATE };
enum portal_language { PORTAL_JA, PORTAL_EN };
enum portal_step { PORTAL_LOGIN, PORTAL_REQUEST, PORTAL_WAIT, PORTAL_ISSUED };
enum portal_next { PORTAL_FORM, PORTAL_LINK, PORTAL_REFRESH };
enum portal_meaning {
	PORTAL_WRONG,  // an ID, a PIN or the one-time password
	PORTAL_LOCKED, // after too many errors
	PORTAL_REFUSED,
	PORTAL_PENDING,
	PORTAL_EXPIRED, // the session
};

// What a page says, and what that means. Any one of what is given is enough.
struct portal_saying {
	char *name;
	char **texts;
	size_t n_texts;
	char *element;	 // id or name
	unsigned status; // 0: any
	enum portal_meaning means;
};

struct portal_page {
	char *name;
	enum portal_step step;
	char **roles; // none: all
	size_t n_roles;
	char **shows; // by any one of these texts it is known; none: by its form
	size_t n_shows;
	enum portal_next next;
	char *link; // its text, id, or a part of its address
	char *form; // its id, name, a part of its address, or the name of a field in it; null: the one with all of `fields`
	struct profile_rdn *fields; // name and template
	size_t n_fields;
	char *press;	    // a button's name, id or label; null: the first
	char *keypad;	    // id of a table of keys with codes; null: none
	char **typed_there; // names of the fields
	size_t n_typed_there;
	char *certificate; // id or name of its element, or a link; null: looked for
	struct portal_saying *says;
	size_t n_says;
};

struct profile_portal {
	enum portal_preset preset;
	enum portal_auth auth;
	enum portal_language language; // that the pages are asked for in
	char *certificate_template;    // of a CA of Microsoft's; null: the CA's own choice
	struct portal_page *pages;
	size_t n_pages;
	struct portal_saying *says; // of every page
	size_t n_says;
};
// What a template of a page may name besides fields: the request, in PEM, in base64 of 64 columns, in one line of base64.
#define PORTAL_REQUEST_PEM    "request"
#define PORTAL_REQUEST_BASE64 "request_base64"
#define PORTAL_REQUEST_LINE   "request_line"
// Which body asks for a first certificate (RFC 9483 §4.1); a renewal is always a kur.
enum cmp_request { CMP_REQUEST_IR, CMP_REQUEST_CR, CMP_REQUEST_P10CR };

struct profile_cmp {
	enum cmp_request request;
	bool implicit_confirm;	 // asks to be spared certConf
	bool unprotected_errors; // believes errors that nothing protects
	bool short_secret; // over http://, too, a secret may protect messages that can be guessed from one
	struct profile_rdn *recipient;
	size_t n_recipient; // 0: OpenSSL's choice
	struct buf
		server_certificate; // PEM: the one that protects answers; empty: any that reaches the anchors
};

// When a request is bound to its TLS connection (RFC 7030 §3.5).
enum est_link { EST_LINK_ASKED, EST_LINK_ALWAYS, EST_LINK_NEVER };
enum est_auth { EST_AUTH_BASIC, EST_AUTH_DIGEST };
struct profile_est {
	enum est_link link;
	enum est_auth auth; // how user name and password are presented
};

// Whether a certificate is looked up among those that the CA revoked.
enum revocation { REVOCATION_NONE, REVOCATION_CRL, REVOCATION_OCSP, REVOCATION_EITHER };

struct profile_ca {
	enum ca_protocol protocol;
	char *url; // https only for EST: "https://host:port/.well-known/est" with an optional label behind it
	struct buf
		anchors; // trust for the server and for what it issues: PEM, concatenated (read at load)
	bool on_behalf; // an RA may vouch for a person
	char **hosts; // host (then port 443) or host:port that may be spoken to; the URL's own is among them
	size_t n_hosts;
	unsigned connect_seconds, answer_seconds; // time-outs
	size_t max_answer;			  // bytes
	struct profile_portal portal;
	unsigned max_wait_seconds; // how long a 202 is waited for on a terminal before exit 3
	struct profile_cmp cmp;
	enum revocation revocation;
	struct profile_est est;
	struct profile_scep scep;
};

// What becomes of the security officer's PIN (the PUK) that inkan sets when it initialises a token.
enum so_custody {
	SO_SHOW,   // a random one, shown to the person once
	SO_ESCROW, // a random one, encrypted to the recovery certificates and kept on this machine
	SO_DERIVE, // made of a master secret and the token's serial number
	SO_TYPED,  // the person chooses it
	SO_AS_SO_PIN, // management keys only: as for the security officer's PIN
};
const char *so_custody_name(enum so_custody c); // "show", "escrow", "derive", "typed"
bool so_custody_from_name(const char *name, enum so_custody *out);

// CHUID and CCC of a PIV card, by which Windows knows it.
enum card_identity {
	IDENTITY_NONE,	  // left alone
	IDENTITY_MISSING, // written by token init and with a certificate, where they are missing
	IDENTITY_RENEW,	  // the same, and with each new certificate written anew
};

// What an enrolment makes of a PIN, PUK or management key that is the maker's.
enum factory_policy {
	FACTORY_USUAL,	// refused; in a profile to practise with only warned of
	FACTORY_REFUSE, // no key is made
	FACTORY_REPLACE, // by another one, before the key is made, kept as so_pin and management_key say
	FACTORY_WARN,
};

struct profile_token {
	enum so_custody so_custody;
	enum so_custody management_custody; // of the management key of a card that has one
	struct buf
		recovery; // PEM of the recovery certificates, concatenated (read at load); empty: none
	enum card_identity card_identity;
	enum factory_policy factory;
	char *master; // the file of the master secret; null: none
};

struct profile {
	char *name;	      // "practice"
	char *path;	      // resolved
	char fingerprint[65]; // SHA-256 of the file and of the anchors and roots it names, hex
	struct text2 institution;
	char *institution_code; // "1283"
	bool practice;		// for practising only: software keys pass, and every screen says so
	char *module;		// PKCS#11 module by name or absolute path; null: any allowed one
	struct profile_role *roles;
	size_t n_roles;
	struct profile_key key;
	struct profile_token token;
	struct profile_ca ca;
	struct profile_window window; // of roles that say nothing else
	struct text2 consent_key,
		consent_store; // the institution's own words, shown with ours; may be empty
	char *login_url;       // null: none
};

// By path (it holds a '/' or ends in .yaml) or by name: $XDG_CONFIG_HOME/inkan/profiles, /etc/inkan/profiles, the installed
// ones, in this order. ERR_PROFILE when there is none, it is not trusted (proc_trusted_file), or it is wrong.
MUST struct err *profile_load(const char *name_or_path, struct profile **out);
// From bytes, for tests and fuzzing; `origin` is what messages call it, files it names are relative to `dir`.
MUST struct err *profile_parse(const void *yaml, size_t len, const char *origin, const char *dir,
			       struct profile **out);
// The same for getting the trust that is not there yet: *missing is the path of the one file of ca.anchors that is not there (a new string), or null
// where none is missing. Such a profile has no anchors: nothing may be sent to its CA but the question for them.
MUST struct err *profile_load_trusting(const char *name_or_path, struct profile **out,
				       char **missing);
void profile_free(struct profile *p);
DEFINE_CLEANUP(profile, struct profile, profile_free)

// The profiles that can be found by name, whether they load or not; err is null for those that do.
struct profile_entry {
	char *name, *path;
	struct profile *profile; // null when it does not load
	struct err *err;
};
MUST struct err *profile_list(struct profile_entry **out, size_t *n);
void profile_list_free(struct profile_entry *entries, size_t n);

// Null when there is none.
const struct profile_role *profile_find_role(const struct profile *p, const char *name);
// The window of that role; the profile's where it has no such role, or none is named.
const struct profile_window *profile_window_for(const struct profile *p, const char *role);
const struct profile_field *profile_find_field(const struct profile_role *r, const char *name);
