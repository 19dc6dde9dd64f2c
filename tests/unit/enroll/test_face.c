// Events, questions and jobs come back from JSON as they went in, and hostile ones are refused.
#include "enroll/face.h"

#include <jansson.h>
#include <string.h>

#include "base/json.h"
#include "check.h"
#include "enroll/enroll.h"

static void test_an_event_goes_there_and_back(void)
{
	struct msg *words = msg_new("Waiting for %1", ARG_TEXT("CA"));
	const struct event e = { .kind = EVENT_STEP,
				 .enrolment = "k7qf-3m2x",
				 .step = "submit",
				 .state = STEP_FAILED,
				 .words = words,
				 .seconds = 30,
				 .why = ERR_PENDING };
	json_t *j = event_to_json(&e);
	struct event *back = NULL;
	CHECK_OK_OR_END(event_from_json(j, &back));
	CU_ASSERT_EQUAL(back->kind, EVENT_STEP);
	CU_ASSERT_EQUAL(back->state, STEP_FAILED);
	CU_ASSERT_STRING_EQUAL(back->enrolment, "k7qf-3m2x");
	CU_ASSERT_STRING_EQUAL(back->step, "submit");
	CU_ASSERT_EQUAL(back->seconds, 30);
	CU_ASSERT_EQUAL(back->why, ERR_PENDING);
	char *text = msg_render(back->words);
	CU_ASSERT_STRING_EQUAL(text, "Waiting for CA");
	free(text);
	event_free(back);
	json_decref(j);
	msg_free(words);
}

static void test_a_question_goes_there_and_back(void)
{
	struct msg *choice = msg_new("first");
	const struct msg *choices[] = { choice, choice };
	char en[] = "OTP";
	char ja[] = "ワンタイムパスワード";
	const struct question q = { .kind = ASK_OTP,
				    .name = "otp",
				    .label = { .en = en, .ja = ja },
				    .echo = true,
				    .check_only = true,
				    .choices = choices,
				    .n_choices = 2 };
	json_t *j = question_to_json(&q);
	struct question *back = NULL;
	CHECK_OK_OR_END(question_from_json(j, &back));
	CU_ASSERT_EQUAL(back->kind, ASK_OTP);
	CU_ASSERT_STRING_EQUAL(back->label.ja, "ワンタイムパスワード");
	CU_ASSERT_PTR_NULL(back->help.en);
	CU_ASSERT(back->echo && back->check_only && !back->keypad);
	CU_ASSERT_EQUAL(back->n_choices, 2);
	question_free(back);
	json_decref(j);
	msg_free(choice);
}

static void refuse(const char *text)
{
	json_t *j = json_loads(text, 0, NULL);
	struct event *e = NULL;
	struct question *q = NULL;
	struct job *job = NULL;
	CHECK_ERR(event_from_json(j, &e), ERR_FAILED);
	CHECK_ERR(question_from_json(j, &q), ERR_FAILED);
	CHECK_ERR(job_from_json(j, &job), ERR_FAILED);
	json_decref(j);
}

static void test_other_shapes_are_refused(void)
{
	refuse("{}");
	refuse("[]");
	refuse("{\"event\":\"step\",\"kind\":1,\"job\":\"format-disk\"}");
	refuse("{\"event\":\"step\",\"state\":\"begun\",\"kind\":\"pin\"}");
	refuse("{\"event\":7,\"kind\":\"rack\",\"name\":\"x\",\"job\":null}");
}

static void test_a_job_goes_there_and_back(void)
{
	char path[] = "/usr/lib/x.so";
	char id[] = "k7qf-3m2x";
	const struct job job = { .kind = JOB_RESUME,
				 .module = path,
				 .module_from_profile = true,
				 .enrolment = id,
				 .yes = true,
				 .brief = true,
				 .lease_wait_ms = 1234 };
	json_t *j = job_to_json(&job);
	struct job *back = NULL;
	CHECK_OK_OR_END(job_from_json(j, &back));
	CU_ASSERT_EQUAL(back->kind, JOB_RESUME);
	CU_ASSERT_STRING_EQUAL(back->module, "/usr/lib/x.so");
	CU_ASSERT_PTR_NULL(back->profile);
	CU_ASSERT(back->module_from_profile && back->yes && back->brief && !back->last_try);
	CU_ASSERT_EQUAL(back->lease_wait_ms, 1234);
	job_free(back);
	json_decref(j);
}

static void test_every_step_has_words(void)
{
	static const char *const steps[] = { "prepare",
					     "consent-key",
					     "generate-key",
					     "prove-key",
					     "sign-request",
					     "authenticate",
					     "submit",
					     "wait",
					     "check-certificate",
					     "consent-store",
					     "store-certificate",
					     "verify-token",
					     "confirm",
					     "retire-old",
					     "receipt" };
	for (size_t i = 0; i < ARRAY_LEN(steps); i++)
		CU_ASSERT_STRING_NOT_EQUAL(step_words(steps[i]), steps[i]);
}

static struct err *read_question(const char *text)
{
	AUTO(json) json_t *j = json_loads(text, 0, NULL);
	AUTO(question) struct question *q = NULL;
	return question_from_json(j, &q);
}

// What a worker sends is from a process that a maker's module lives in.
static void test_a_choice_that_cannot_be_read_is_refused(void)
{
	static const char *const bad[] = {
		"{\"kind\":\"choice\",\"name\":\"token\",\"choices\":[null]}",
		"{\"kind\":\"choice\",\"name\":\"token\",\"choices\":[{\"id\":\"a\",\"args\":[]},7]"
		"}",
	};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		AUTO(err) struct err *e = read_question(bad[i]);
		CU_ASSERT_PTR_NOT_NULL(e);
	}
	CHECK_OK(read_question("{\"kind\":\"choice\",\"name\":\"token\",\"choices\":[{\"id\":\"a\","
			       "\"args\":[]}]}"));
}

static void test_a_job_without_a_module_is_refused(void)
{
	AUTO(json) json_t *j = json_loads("{\"job\":\"list\",\"module\":null}", 0, NULL);
	AUTO(job) struct job *job = NULL;
	AUTO(err) struct err *e = job_from_json(j, &job);
	CU_ASSERT_PTR_NOT_NULL(e);
	CU_ASSERT_PTR_NULL(job);
}

int main(void)
{
	return CHECK_MAIN(TEST(test_a_choice_that_cannot_be_read_is_refused),
			  TEST(test_a_job_without_a_module_is_refused),
			  TEST(test_an_event_goes_there_and_back),
			  TEST(test_a_question_goes_there_and_back),
			  TEST(test_other_shapes_are_refused), TEST(test_a_job_goes_there_and_back),
			  TEST(test_every_step_has_words));
}
