// The tables of the practice CA and the turns at its one connection.
#include <stdlib.h>

#include "practiceca/database.h"
#include "practiceca/files.h"

static const char *const migrations[] = {
	// An admin has user_id ''. otp_next: the first counter or time step that may still be accepted.
	"CREATE TABLE account("
	" id INTEGER PRIMARY KEY,"
	" role TEXT NOT NULL CHECK(role IN ('admin','user')),"
	" contract_id TEXT NOT NULL,"
	" user_id TEXT NOT NULL,"
	" pin_cost BIGINT NOT NULL, pin_salt BLOB NOT NULL, pin_hash BLOB NOT NULL,"
	" confirm_cost BIGINT, confirm_salt BLOB, confirm_hash BLOB,"
	" otp_kind BIGINT NOT NULL, otp_secret BLOB, otp_next BIGINT NOT NULL,"
	" pending_polls BIGINT NOT NULL, pending_seconds BIGINT NOT NULL,"
	" made_at BIGINT NOT NULL,"
	" UNIQUE(contract_id, user_id));"
	// By name and not by account: a name without an account locks like any other, so that nobody learns which names exist.
	"CREATE TABLE failure("
	" name TEXT PRIMARY KEY,"
	" count BIGINT NOT NULL,"
	" last_at BIGINT NOT NULL);"
	"CREATE INDEX failure_age ON failure(last_at);"
	"CREATE TABLE issued("
	" id INTEGER PRIMARY KEY,"
	" account BIGINT NOT NULL REFERENCES account(id),"
	" at BIGINT NOT NULL,"
	" serial TEXT NOT NULL UNIQUE,"
	" common_name TEXT NOT NULL,"
	" subject TEXT NOT NULL,"
	" not_before BIGINT NOT NULL,"
	" not_after BIGINT NOT NULL,"
	" request_sha256 TEXT NOT NULL,"
	" sha256 TEXT NOT NULL,"
	" certificate BLOB NOT NULL);"
	"CREATE INDEX issued_account ON issued(account);"
	// The ticket itself is not kept, only its hash. issued: what a finished ticket brought, given again to a poll that comes again.
	"CREATE TABLE ticket("
	" id INTEGER PRIMARY KEY,"
	" account BIGINT NOT NULL REFERENCES account(id),"
	" ticket_sha256 TEXT NOT NULL UNIQUE,"
	" request_sha256 TEXT NOT NULL,"
	" made_at BIGINT NOT NULL,"
	" ready_at BIGINT NOT NULL,"
	" waits_left BIGINT NOT NULL,"
	" poll_after BIGINT NOT NULL,"
	" issued BIGINT REFERENCES issued(id));"
	"CREATE INDEX ticket_request ON ticket(account, request_sha256);",
	// What the token's maker attested: '' where the request carried nothing that was checked.
	"ALTER TABLE issued ADD COLUMN attested_serial TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE issued ADD COLUMN attested_firmware TEXT NOT NULL DEFAULT '';",
	// The token that an account is bound to: '' until a certificate for an attested key was issued, and after a release.
	"ALTER TABLE account ADD COLUMN attested_serial TEXT NOT NULL DEFAULT '';"
	// Attestations that came as files, by the key that they are about.
	"CREATE TABLE attestation("
	" key_sha256 TEXT PRIMARY KEY,"
	" leaf BLOB NOT NULL, intermediate BLOB,"
	" at BIGINT NOT NULL);",
	// Revocation and renewal. renews: the certificate of the log that was shown for it; 0 where PINs were.
	"ALTER TABLE issued ADD COLUMN revoked_at BIGINT;"
	"ALTER TABLE issued ADD COLUMN revoked_reason TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE issued ADD COLUMN renews BIGINT NOT NULL DEFAULT 0;"
	"CREATE INDEX issued_sha256 ON issued(sha256);"
	"ALTER TABLE ticket ADD COLUMN renews BIGINT NOT NULL DEFAULT 0;"
	// The newest CRL; its number is never used again.
	"CREATE TABLE crl("
	" number BIGINT PRIMARY KEY,"
	" made_at BIGINT NOT NULL,"
	" revoked BIGINT NOT NULL,"
	" der BLOB NOT NULL);",
	// For whom an account may vouch: '', 'contract', 'anyone'. vouched_by: the RA's certificate in the log; 0 where the person proved who they are.
	"ALTER TABLE account ADD COLUMN vouches TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE issued ADD COLUMN vouched_by BIGINT NOT NULL DEFAULT 0;"
	"ALTER TABLE ticket ADD COLUMN vouched_by BIGINT NOT NULL DEFAULT 0;",
	// The revocationChallenge of the request, hashed as a PIN is; cost 0: it had none.
	"ALTER TABLE issued ADD COLUMN revocation_cost BIGINT NOT NULL DEFAULT 0;"
	"ALTER TABLE issued ADD COLUMN revocation_salt BLOB;"
	"ALTER TABLE issued ADD COLUMN revocation_hash BLOB;"
	// PINs that HTTP Digest is judged with; '': the account has none that can be read.
	"ALTER TABLE account ADD COLUMN digest_pin TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE account ADD COLUMN digest_confirm TEXT NOT NULL DEFAULT '';",
	// Requests that came over pages; fetched: their certificate was handed over, or they are worth nothing any more.
	"CREATE TABLE web_request("
	" id INTEGER PRIMARY KEY,"
	" account BIGINT NOT NULL REFERENCES account(id),"
	" place TEXT NOT NULL,"
	" request BLOB NOT NULL,"
	" request_sha256 TEXT NOT NULL,"
	" at BIGINT NOT NULL,"
	" fetched BIGINT NOT NULL);"
	"CREATE INDEX web_request_account ON web_request(account);",
	// SCEP's transactions that were accepted. attestation: as it was judged. issued: brought again to who asks again.
	"CREATE TABLE scep("
	" transaction_id TEXT PRIMARY KEY,"
	" account BIGINT NOT NULL REFERENCES account(id),"
	" key_der BLOB NOT NULL,"
	" request_sha256 TEXT NOT NULL,"
	" attestation BLOB NOT NULL,"
	" renews BIGINT NOT NULL,"
	" made_at BIGINT NOT NULL,"
	" ready_at BIGINT NOT NULL,"
	" waits_left BIGINT NOT NULL,"
	" poll_after BIGINT NOT NULL,"
	" issued BIGINT REFERENCES issued(id));",
	// CMP. cmp_secret: good for one certificate; '' where there is none. cmp_transaction: numbers that were used. cmp_open: certificates that
	// nobody has confirmed yet.
	"ALTER TABLE account ADD COLUMN cmp_secret TEXT NOT NULL DEFAULT '';"
	"CREATE TABLE cmp_transaction(id TEXT PRIMARY KEY, at BIGINT NOT NULL);"
	"CREATE TABLE cmp_open("
	" issued BIGINT PRIMARY KEY REFERENCES issued(id),"
	" account BIGINT NOT NULL,"
	" at BIGINT NOT NULL);",
	// Agents: accounts whose certificates enrol others. What an agent handed in: `account` logged in, requested_for gets the certificate (0: the
	// same), and wrapped is the SignedData as it came.
	"ALTER TABLE account ADD COLUMN agent BIGINT NOT NULL DEFAULT 0;"
	"ALTER TABLE web_request ADD COLUMN requested_for BIGINT NOT NULL DEFAULT 0;"
	"ALTER TABLE web_request ADD COLUMN vouched_by BIGINT NOT NULL DEFAULT 0;"
	"ALTER TABLE web_request ADD COLUMN wrapped BLOB;",
};

const char *const *database_migrations(size_t *n)
{
	*n = ARRAY_LEN(migrations);
	return migrations;
}

struct err *database_open(const char *dir, struct database **out)
{
	TRY(files_make_directory(dir));
	AUTO_TEXT char *path = text_format("%s/practice-ca.db", dir);
	AUTO(database) struct database *d = calloc(1, sizeof *d);
	if (!path || !d)
		return err_no_memory();
	pthread_mutex_init(&d->turn, NULL);
	TRY(store_open(&(struct store_terms){ .path = path,
					      .migrations = migrations,
					      .n_migrations = ARRAY_LEN(migrations),
					      .busy_ms = 10000 },
		       &d->store));
	*out = d;
	d = NULL;
	return NULL;
}

void database_close(struct database *d)
{
	if (!d)
		return;
	store_close(d->store);
	pthread_mutex_destroy(&d->turn);
	free(d);
}

struct store *database_take(struct database *d)
{
	pthread_mutex_lock(&d->turn);
	return d->store;
}

void database_give(struct database *d)
{
	store_rollback(d->store); // nothing, unless someone left early
	pthread_mutex_unlock(&d->turn);
}
