// A log for those who look for a fault: --debug on stderr, or a file; off by default.
//
// It takes messages (base/msg.h) and errors, never free text or bytes, so a secret cannot get in: no function here accepts a
// struct secret, and message arguments are written with control characters shown as U+FFFD.
#pragma once

#include "base/err.h"
#include "base/msg.h"

enum log_level { LOG_QUIET, LOG_INFO, LOG_DEBUG };

void log_open(enum log_level level, int fd); // fd is borrowed; LOG_QUIET turns it off
enum log_level log_level(void);
// "2026-…Z room: English text". Takes the message.
void log_msg(enum log_level level, const char *room, struct msg *m);
#define log_info(room, ...)  log_msg(LOG_INFO, (room), msg_new(__VA_ARGS__))
#define log_debug(room, ...) log_msg(LOG_DEBUG, (room), msg_new(__VA_ARGS__))
void log_err(enum log_level level, const char *room, const struct err *e);
