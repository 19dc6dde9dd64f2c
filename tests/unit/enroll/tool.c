// Other programs, run by a test.
#include "tool.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static void become(const char *out, char *const argv[])
{
	int fd = open(out ? out : "/dev/null", O_WRONLY | O_CREAT | O_TRUNC, 0600);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (fd < 0 || dup2(fd, STDOUT_FILENO) < 0)
		_exit(126);
	if (out && dup2(fd, STDERR_FILENO) < 0)
		_exit(126);
	execvp(argv[0], argv);
	_exit(127);
}

pid_t tool_start(const char *out, char *const argv[])
{
	pid_t pid = fork();
	if (pid == 0)
		become(out, argv);
	return pid;
}

int tool_wait(pid_t pid)
{
	int status = 0;
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

int tool_run(const char *out, char *const argv[])
{
	return tool_wait(tool_start(out, argv));
}
