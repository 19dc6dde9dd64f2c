// A profile in words. Private to the room.
#pragma once

#include "profile/profile.h"

void profile_show(const struct profile *p);
