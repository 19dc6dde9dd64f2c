// OpenSSL's error queue as an error of ours.
#pragma once

#include "base/err.h"

// The newest entry of this thread's queue under the call's name; the queue is emptied.
MUST struct err *openssl_error(const char *call);
