// What stands before a function of OpenSSL finds that function.
#pragma once

// OpenSSL's own function of that name, wherever it was loaded from; null where there is none.
__attribute__((visibility("hidden"))) void *quick_own(const char *name);
