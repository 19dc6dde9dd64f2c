// The line that tells what is going on, and for how long already. Private to the room.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

// On a terminal the line is drawn at once and again each second; elsewhere it is printed once, when it ends. In the plain mode
// nothing is drawn again: what takes long is told in a line of its own, and again every ten seconds.
struct running {
	FILE *f;
	bool tty;   // lines are drawn again
	bool plain; // a person is there, but lines are not drawn again
	char *text; // what is going on; null: nothing
	char *note; // what to know when it takes long (may the token be pulled?); null: nothing, or told
	bool drawn;	  // it stands on the terminal, the cursor at its end
	bool disturbed;	  // a person was asked meanwhile: its time says nothing
	int64_t quiet;	  // monotonic ms until when a line that was left is not drawn again
	int64_t began;	  // monotonic ms
	int64_t can_take; // seconds, 0 not known
	bool card;	  // can_take is what a slow card needs, not what is usual
	int64_t until;	  // a countdown's end, monotonic ms; 0: none
	int64_t shown;	  // the second that is drawn
};

void running_open(struct running *r, FILE *f, bool plain);
void running_close(struct running *r);
void running_begin(struct running *r, const char *text, int64_t can_take);
// What to know about it should it take long; takes the string, which may be null.
void running_note(struct running *r, char *note);
// The same line, with the seconds that are left (negative: not known) and what is waited for; null: as it was.
void running_countdown(struct running *r, int64_t seconds);
void running_tick(struct running *r);
// Something else is about to be printed.
void running_break(struct running *r);
// A person is about to be asked.
void running_disturb(struct running *r);
// The person has answered: the next question may follow at once, so the line waits a little.
void running_resume(struct running *r);
// The end of it, with a word: "done".
void running_end(struct running *r, const char *word);
void running_drop(struct running *r); // the end of it, not worth a line
