// The worker's end of the conversation. Private to the room and its tests.
#pragma once

#include "enroll/enroll.h"
#include "enroll/face.h"

// Takes the job from the socket, runs it with a face that speaks through the socket, and sends the result. Returns the exit status.
int worker_child(int fd, void (*run)(const struct job *j, struct face *f, struct result *out));
