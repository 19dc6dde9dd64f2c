// What the program does when it was started as a worker.
#include <string.h>
#include <sys/socket.h>

#include "pkcs11/module.h"
#include "worker/child.h"
#include "worker/spawn.h"
#include "worker/worker.h"

int worker_main(void)
{
	// Some modules crash or hang in C_Finalize: by then the result has to be out.
	module_finalise_late();
	int status = worker_child(WORKER_FD, job_run);
	module_finalise_now();
	return status;
}

// Somebody who types --worker by hand has no socket there.
bool worker_wanted(int argc, char **argv)
{
	int type = 0;
	socklen_t len = sizeof(type);
	return argc == 2 && !strcmp(argv[1], "--worker") &&
	       getsockopt(WORKER_FD, SOL_SOCKET, SO_TYPE, &type, &len) == 0 && type == SOCK_STREAM;
}
