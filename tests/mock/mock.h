// The mock PKCS#11 module: what its files share. README.md tells what it is for and the language of its plans.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <p11-kit/pkcs11.h>

// names.c: "CKR_PIN_INCORRECT", "PIN_INCORRECT" or a number; prefix "CKR_", "CKA_", "CKM_" or "CKF_".
bool name_number(const char *prefix, const char *text, unsigned long *out);
const char *name_of_rv(unsigned long rv);
const char *name_short(const char *prefix, unsigned long number); // "SENSITIVE"; "?" without a name

enum { PLAN_MAX = 256, VALUE_MAX = 4096, LIST_MAX = 64 };

// What is done at a call.
enum act {
	ACT_RETURN,
	ACT_HANG,
	ACT_SLEEP,
	ACT_SEGFAULT,
	ACT_ABORT,
	ACT_KILL,
	ACT_EXIT,
	ACT_PRINT,
	ACT_STOP,
};

enum { KILL_SELF = 1, KILL_PARENT = 2 };

struct fault {
	char call[32];
	bool after;		// the real call goes through first
	unsigned long from, to; // which calls by number, from 1
	enum act act;
	unsigned long number; // return value, exit status, milliseconds, descriptor, whom to kill
	char text[256];	      // what is printed; the file of a stop
};

enum change_kind { CHANGE_LIE, CHANGE_HIDE, CHANGE_TEMPLATE, CHANGE_STRIP, CHANGE_REJECT };

// Something about an attribute. For CHANGE_LIE and CHANGE_HIDE `class_` is the kind of object it is about.
struct change {
	enum change_kind kind;
	CK_OBJECT_CLASS class_;
	CK_ATTRIBUTE_TYPE type;
	CK_RV rv; // CHANGE_REJECT
	uint8_t value[VALUE_MAX];
	size_t len;
};

// What the attestations say, where it is not what is true.
struct attested {
	char key[256], leaf[256]; // a PEM of another public key; a file that is handed out instead
	unsigned long serial, slot, pin, touch;
	unsigned firmware[3];
	bool no_policy, no_intermediate, none;
};

struct plan {
	struct fault faults[PLAN_MAX];
	size_t n_faults;
	struct change changes[LIST_MAX];
	size_t n_changes;
	CK_FLAGS flags_on, flags_off;
	bool sign_garbage, public_key_other, hardware, across;
	bool no_handles; // C_GenerateKeyPair makes the pair and tells no handles
	bool copy_lies;	 // C_CopyObject copies nothing and tells the handle of another private key
	bool late_slots; // C_GetSlotList shows nothing until it was asked how much there is
	bool set_shows; // C_SetAttributeValue answers CKR_OK, and shows what was set, but nothing else comes of it
	bool set_sticks; // with set_shows: what was set once is not set again
	bool set_lets_wrap,
		set_lets_read; // a private key can be wrapped, or read, once C_SetAttributeValue was called
	char tell
		[256]; // the file that learns which templates and mechanisms were asked for; empty: none
	char manager_pin
		[64]; // the user's PIN, with which the security officer's login is made; empty: it is as it is
	char pin_pad[256]; // the file with the PIN that "the keypad" gives; empty: no keypad
	CK_MECHANISM_TYPE mechanisms[LIST_MAX];
	size_t n_mechanisms; // 0: all
	char label[33], manufacturer[33], model[17], serial[17];
	unsigned char firmware[2];	// 0 0: the token's own // empty: as it is
	unsigned long pin_min, pin_max; // 0: as it is
	char attest_dir[256];		// holds f9.pem and f9.key; empty: no attestation
	struct attested attested;
};
extern struct plan plan;

// plan.c: reads MOCK_PLAN. A line that is wrong ends the process with status 99 and a word on stderr: a test with a
// misspelt plan must not pass.
void plan_read(void);

// tamper.c: puts the plan's changes between the module behind and the faults.
void tamper_install(CK_FUNCTION_LIST *list, CK_FUNCTION_LIST *behind);

// attest.c: certificates that are not in the module behind, as ykcs11 shows its attestations: one for each key pair whose CKA_ID is a slot number,
// and that of slot F9. Stands in front of tamper.c's list.
void attest_install(CK_FUNCTION_LIST *list);

// setting.c: C_SetAttributeValue, and what comes of it later.
CK_RV setting_call(CK_FUNCTION_LIST *real, CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o, CK_ATTRIBUTE *a,
		   CK_ULONG n);
void setting_show(CK_OBJECT_HANDLE o, CK_ATTRIBUTE *a, CK_ULONG room);
void setting_start(void);
bool setting_keeps_wrapped(void); // C_WrapKey is to be refused

// tell.c: writes down what is asked of the token, by names alone; never a value.
void tell_pair(const CK_ATTRIBUTE *pub, CK_ULONG n_pub, const CK_ATTRIBUTE *priv, CK_ULONG n_priv,
	       CK_RV rv);
void tell_mechanism(const char *call, CK_MECHANISM_TYPE type, CK_RV rv);

// faults.c: count, log, and the faults. Before the real call: true when it is not to be made (*rv then is the answer).
struct visit {
	const char *call;
	unsigned long number;
	unsigned long overall; // among the calls of all functions
};
void faults_start(void);
bool faults_before(struct visit *v, CK_RV *rv);
CK_RV faults_after(const struct visit *v, CK_RV rv);
