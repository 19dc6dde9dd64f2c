// Each call that a good enrolment makes into the module fails once with each likely value. Whatever it is: the right exit
// status, words with advice, no second PIN try, and a resume without faults ends with one key pair and one certificate.
//
//	faults-matrix [sample|full] [SHARD OF]
//	faults-matrix one PLAN       only this line of the mock's plan
//
// sample (the default, for CI): each call once, with the values taking turns. full: each call with each value.
#include "desk.h"

#include <time.h>

#include "check.h"

enum { CALLS_MAX = 400, LINE = 160 };

static const char *const values[] = {
	"CKR_DEVICE_REMOVED",
	"CKR_DEVICE_ERROR",
	"CKR_SESSION_HANDLE_INVALID",
	"CKR_TOKEN_NOT_PRESENT",
	"CKR_HOST_MEMORY",
	"CKR_GENERAL_ERROR",
	"CKR_FUNCTION_FAILED",
	"CKR_USER_NOT_LOGGED_IN",
	"CKR_ATTRIBUTE_TYPE_INVALID",
	"CKR_OBJECT_HANDLE_INVALID",
	"CKR_FUNCTION_NOT_SUPPORTED",
	"CKR_CRYPTOKI_NOT_INITIALIZED",
};
// What only a login can answer.
static const char *const login_values[] = { "CKR_PIN_LOCKED",
					    "CKR_PIN_INCORRECT",
					    "CKR_PIN_EXPIRED",
					    "CKR_FUNCTION_CANCELED",
					    "CKR_USER_PIN_NOT_INITIALIZED",
					    "CKR_USER_ALREADY_LOGGED_IN" };

struct call {
	char name[32];
	unsigned number;
};

static struct desk desk;
static struct {
	bool full;
	const char *one; // only this plan
	unsigned shard, shards;
	unsigned next; // case, for the shards
	unsigned runs, failed;
	unsigned by_status[100];
} work = { .shards = 1 };

// The calls of a good run, from the mock's log.
static size_t calls_of_a_good_run(struct call *calls)
{
	FILE *f = fopen(desk.log, "re");
	char line[256];
	size_t n = 0;
	while (f && n < CALLS_MAX && fgets(line, sizeof(line), f))
		if (sscanf(line, "%*d %31s %u CKR", calls[n].name, &calls[n].number) == 2)
			n++;
	if (f)
		fclose(f);
	return n;
}

static bool complain(const char *plan, const char *what, const struct ending *e)
{
	fprintf(stderr, "%s%s: %s (status %d, %s: %s)\n", work.failed ? "" : "\n", plan, what,
		e->status, e->tag, e->message);
	work.failed++;
	return false;
}

static bool known_status(int status)
{
	// done, failed, refused by policy, no usable token, PIN, answers, network, interrupted
	static const int fine[] = { 0, 5, 6, 7, 11 };
	for (size_t i = 0; i < ARRAY_LEN(fine); i++)
		if (fine[i] == status)
			return true;
	return false;
}

static bool ends_well(const char *plan, const struct ending *e)
{
	if (!known_status(e->status))
		return complain(plan, "not the right exit status", e);
	if (e->status != 0 && (!e->message[0] || !e->tag[0]))
		return complain(plan, "without words", e);
	if (e->status != 0 && !e->advice)
		return complain(plan, "without advice or a code", e);
	if (e->pin_again)
		return complain(plan, "the PIN was tried again after a refusal", e);
	return true;
}

static bool holds(const char *plan, int pairs, int certificates, const struct ending *e)
{
	struct holdings h;
	char what[100];
	desk_look(&desk, &h);
	if (h.private_keys == pairs && h.public_keys == pairs && h.certificates == certificates)
		return true;
	snprintf(what, sizeof(what), "the token holds %d private, %d public, %d certificates",
		 h.private_keys, h.public_keys, h.certificates);
	return complain(plan, what, e);
}

// After the fault: resumed until it is done. `before`: how many pairs the token held before it.
static bool comes_to_an_end(const char *plan, int before, const struct ending *e, int issued)
{
	AUTO(record) struct record *r = desk_unfinished();
	struct ending again = { 0 };
	bool done = e->status == 0;
	if (r) {
		desk_resume(&desk, r->id, "", &again);
		if (again.status != 0)
			return complain(plan, "resume fails", &again);
		done = true;
	}
	int more = bank_issued(&desk.bank) - issued;
	if (!done && more != 0)
		return complain(plan, "the CA issued for an enrolment that is forgotten", e);
	if (done && more != 1 && !(more == 2 && r && r->submits == 1))
		return complain(plan, "not one issue", e);
	return done ? holds(plan, 1, 1, e) : holds(plan, before, before, e);
}

static void fault(const char *state, int before, const char *plan)
{
	struct ending e;
	if (work.next++ % work.shards != work.shard)
		return;
	CU_ASSERT_TRUE(desk_put_back(&desk, state));
	int issued = bank_issued(&desk.bank);
	desk_enroll(&desk, plan, &e);
	work.runs++;
	work.by_status[e.status >= 0 && e.status < 100 ? e.status : 99]++;
	bool fine = ends_well(plan, &e) && comes_to_an_end(plan, before, &e, issued);
	if (!fine)
		fprintf(stderr, "  (token before: %s)\n", state);
	CU_ASSERT_TRUE(fine);
}

static bool undoes_or_makes(const char *call)
{
	static const char *const calls[] = {
		"C_GenerateKeyPair",   "C_CreateObject", "C_DestroyObject",
		"C_SetAttributeValue", "C_Sign",	 "C_Login"
	};
	for (size_t i = 0; i < ARRAY_LEN(calls); i++)
		if (strcmp(call, calls[i]) == 0)
			return true;
	return false;
}

static void fault_at(const char *state, int before, const struct call *c, const char *when,
		     const char *value)
{
	char plan[LINE];
	snprintf(plan, sizeof(plan), "%.8s %.60s %u return %.60s\n", when, c->name, c->number,
		 value);
	fault(state, before, plan);
}

static void faults_of_call(const char *state, int before, const struct call *c, size_t turn)
{
	bool login = strcmp(c->name, "C_Login") == 0;
	for (size_t v = 0; v < ARRAY_LEN(values); v++)
		if (work.full || v == turn % ARRAY_LEN(values))
			fault_at(state, before, c, "before", values[v]);
	for (size_t v = 0; login && v < ARRAY_LEN(login_values); v++)
		if (work.full || v == turn % ARRAY_LEN(login_values))
			fault_at(state, before, c, "before", login_values[v]);
	// It was done all the same, and only the answer was lost.
	for (size_t v = 0; undoes_or_makes(c->name) && v < 6; v++)
		if (work.full || v == turn % 6)
			fault_at(state, before, c, "after", values[v]);
}

// From this call on nothing answers: the token was pulled out.
static void pulled_at(const char *state, int before, size_t call)
{
	char plan[LINE];
	snprintf(plan, sizeof(plan), "C_* %zu+ return CKR_DEVICE_REMOVED\n", call);
	fault(state, before, plan);
}

static void faults_from(const char *state, int before)
{
	static struct call calls[CALLS_MAX];
	struct ending e;
	if (work.one) {
		fault(state, before, work.one);
		return;
	}
	CU_ASSERT_TRUE(desk_put_back(&desk, state));
	desk_enroll(&desk, "", &e);
	CHECK_OR_END(e.status == 0);
	size_t n = calls_of_a_good_run(calls);
	printf("%s token: %zu calls\n", state, n);
	fflush(stdout);
	CHECK_OR_END(n > 30 && n < CALLS_MAX);
	for (size_t i = 0; i < n && work.failed < 40; i++)
		faults_of_call(state, before, &calls[i], i);
	for (size_t i = 1; i <= n && work.failed < 40; i += work.full ? 1 : 7)
		pulled_at(state, before, i);
}

static void test_an_empty_token(void)
{
	faults_from("fresh", 0);
}

// There is an old pair, which goes at the end.
static void test_a_token_with_an_old_pair(void)
{
	struct ending e;
	CU_ASSERT_TRUE(desk_put_back(&desk, "fresh"));
	desk_enroll(&desk, "", &e);
	CHECK_OR_END(e.status == 0 && desk_keep(&desk, "enrolled"));
	faults_from("enrolled", 1);
}

int main(int argc, char **argv)
{
	work.full = argc > 1 && strcmp(argv[1], "full") == 0;
	work.one = argc > 2 && strcmp(argv[1], "one") == 0 ? argv[2] : NULL;
	if (argc > 3) {
		work.shard = (unsigned)strtoul(argv[2], NULL, 10);
		work.shards = (unsigned)strtoul(argv[3], NULL, 10);
	}
	int rc = 1;
	time_t began = time(NULL);
	if (work.shards && desk_open(&desk))
		rc = CHECK_MAIN(TEST(test_an_empty_token), TEST(test_a_token_with_an_old_pair));
	desk_close(&desk);
	printf("%u faults in %lld s, %u not as they should be; exit statuses:", work.runs,
	       (long long)(time(NULL) - began), work.failed);
	for (size_t i = 0; i < ARRAY_LEN(work.by_status); i++)
		if (work.by_status[i])
			printf(" %zu: %u", i, work.by_status[i]);
	printf("\n");
	return rc || desk.leak_found;
}
