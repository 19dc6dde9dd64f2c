// What the person does with ^C and ^Z. Private to the room.
//
// ^C (and a request to end: SIGTERM, SIGHUP) is counted. At a prompt it is the answer "stop"; while a worker is busy it asks the
// worker to stop; the third time nobody waits any more.
#pragma once

#include <signal.h>
#include <stdbool.h>

void signals_install(void);
// How often somebody asked to stop since the last signals_forget.
int signals_count(void);
void signals_forget(void);
// SIGURG came since the last call: somebody (a udev rule) says that a look at the tokens is worth it. Only while signals_wake(true); otherwise the
// signal is ignored, as it is by every program that does not ask for it.
void signals_wake(bool on);
bool signals_woken(void);

// Around a prompt: the signals are held, and delivered only in signals_wait, so that none is lost between looking and waiting.
// ^Z is caught too, for a terminal must not be left without echo.
void signals_hold(sigset_t *before);
void signals_release(const sigset_t *before);
// Waits until the descriptor can be read, for so many milliseconds (negative: for ever). SIGNALS_CAME: a signal came first.
enum signals_waited { SIGNALS_CAME, SIGNALS_READABLE, SIGNALS_TIME_OVER };
enum signals_waited signals_wait(int fd, const sigset_t *before, int ms);
// ^Z was typed: stops this process until it is continued. False when it was not.
bool signals_suspend(void);
