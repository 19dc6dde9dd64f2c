// Which profile and which role, where nobody said. Private to the room.
#pragma once

#include "cli/inside.h"
#include "profile/profile.h"

// --profile; else the only one that can be found by name; else asked on a terminal. ERR_USAGE with the names otherwise.
MUST struct err *choose_profile(struct cli *cli, struct profile **out);
// --role; else the only one; else asked on a terminal. ERR_USAGE with the names otherwise. Borrowed from the profile.
MUST struct err *choose_role(struct cli *cli, const struct profile *p,
			     const struct profile_role **out);
