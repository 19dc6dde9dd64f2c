// The jobs, each in a file of its own. Private to the room.
#pragma once

#include "enroll/enroll.h"

void enrolment_run(const struct job *j, struct face *f, struct result *out); // enroll, resume
void abandon_run(const struct job *j, struct face *f, struct result *out);
void vouch_run(const struct job *j, struct face *f, struct result *out);
void login_run(const struct job *j, struct face *f, struct result *out);
void revoke_run(const struct job *j, struct face *f, struct result *out);
void verify_run(const struct job *j, struct face *f, struct result *out);
void list_run(const struct job *j, struct face *f, struct result *out);
void readers_run(struct face *f, struct result *out);
void watch_run(struct face *f, struct result *out);
void ca_trust_run(const struct job *j, struct face *f, struct result *out);
void ca_look_run(const struct job *j, struct face *f, struct result *out);
void token_show_run(const struct job *j, struct face *f, struct result *out);
void token_init_run(const struct job *j, struct face *f, struct result *out);
void token_pin_run(const struct job *j, struct face *f, struct result *out);
void token_unblock_run(const struct job *j, struct face *f, struct result *out);
void token_label_run(const struct job *j, struct face *f, struct result *out);
void token_wipe_run(const struct job *j, struct face *f, struct result *out);
