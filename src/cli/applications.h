// inkan verify --applications: what it found out, and how it is shown. Private to the two files of it.
#pragma once

#include "apps/apps.h"
#include "base/buf.h"
#include "cli/faces.h"
#include "cli/inside.h"

struct json_t;

enum app_state {
	APP_READY,     // the token and its certificates are seen through the database
	APP_SET_UP,    // p11-kit's proxy is in it; the program runs, so nothing was tried
	APP_MISSING,   // the token is not seen, and the proxy is not in it
	APP_UNREACHED, // the proxy is in it, and yet they are not seen
	APP_SANDBOXED,
	APP_BROKEN, // app.trouble says why
};

struct applications {
	struct cli *cli;
	struct screen *screen;
	struct json_t *token; // as JOB_LIST shows it
	size_t certificates;  // on it
	bool registered;      // p11-kit's proxy shows the token
	bool complete;	      // and all its certificates
	struct app_list apps;
	struct buf changed; // paths of files, a line each
	struct err *failed; // the first thing that could not be done
};

enum app_state applications_state(const struct applications *as, const struct app *a);
const char *app_state_name(
	enum app_state s); // "ready", "set-up", "not-set-up", "not-reached", "sandboxed", "broken"
// What keeps this application from the token; null: nothing.
struct err *applications_fault(const struct applications *as, const struct app *a) MUST;
// The first fault of all; null when the token can be used.
struct err *applications_verdict(const struct applications *as) MUST;
void applications_show(const struct applications *as);
// What setting up would change: on standard error, before it is asked for.
void applications_plan(const struct applications *as, bool running_too);
