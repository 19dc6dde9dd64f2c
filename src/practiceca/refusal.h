// Everything that the server refuses, with its HTTP status and the words for the person.
#pragma once

enum refusal {
	REFUSE_NOTHING,
	REFUSE_NOT_FOUND,
	REFUSE_METHOD,
	REFUSE_TOO_LARGE,
	REFUSE_CONTENT_TYPE,
	REFUSE_NO_CREDENTIALS,
	REFUSE_CREDENTIALS,
	REFUSE_NOW_LOCKED,
	REFUSE_LOCKED,
	REFUSE_BASE64,
	REFUSE_PKCS10,
	REFUSE_SIGNATURE,
	REFUSE_WEAK_SIGNATURE,
	REFUSE_KEY,
	REFUSE_KEY_SIZE,
	REFUSE_SUBJECT,
	REFUSE_EXTENSION,
	REFUSE_CHALLENGE,
	REFUSE_NO_CHALLENGE,
	REFUSE_OTHER_CHALLENGE,
	REFUSE_NO_ATTESTATION,
	REFUSE_ATTESTATION,
	REFUSE_ATTESTATION_UNTRUSTED,
	REFUSE_ATTESTATION_KEY,
	REFUSE_ATTESTATION_FIRMWARE,
	REFUSE_OTHER_TOKEN,
	REFUSE_OTHER_NAME,
	REFUSE_OTHER_REQUEST,
	REFUSE_FAULT,
};

// Looks the Japanese words up, once, before there are threads: afterwards both languages are at hand whatever the server's own is.
void refusal_prepare(void);
unsigned refusal_status(enum refusal r);
// "en" or "ja".
const char *refusal_words(enum refusal r, const char *language);
