// /certsrv/: pages in the shape of Microsoft's web enrolment, for programs that expect them. HTTP Basic in each request.
#pragma once

#include "practiceca/est.h"

struct err *certsrv_answer(const struct service *s, const struct call *c, struct answer *out);
