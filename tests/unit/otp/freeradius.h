// FreeRADIUS as a child of a test, on a free port of the loopback, with the configuration beside this file:
//
//	AUTO(freeradius) struct freeradius *f = freeradius_start();
//	f->name ("127.0.0.1:PORT"), freeradius_values(f, value)
#pragma once

#include <arpa/inet.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

#include "check.h"
#include "scratch.h"

#ifndef INKAN_FREERADIUS_CONFIG
#define INKAN_FREERADIUS_CONFIG "freeradius" // the test's CMakeLists.txt says where it is
#endif

static const char freeradius_secret[] = "a shared secret of some length";
static const char freeradius_seed[] = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

static const char freeradius_six[] = "listen {\n type = auth\n ipv6addr = ::1\n"
				     " port = $ENV{RADIUS_PORT}\n}\n";

struct freeradius {
	pid_t pid;
	bool six; // it listens at ::1, too
	unsigned port;
	char name[32];
	struct scratch *dir;
};

static inline void freeradius_stop(struct freeradius *f)
{
	if (f->pid > 0) {
		kill(f->pid, SIGCONT);
		kill(f->pid, SIGKILL);
		waitpid(f->pid, NULL, 0);
	}
	f->pid = 0;
}

static inline void freeradius_free(struct freeradius *f)
{
	if (!f)
		return;
	freeradius_stop(f);
	scratch_free(f->dir);
	free(f);
}
DEFINE_CLEANUP(freeradius, struct freeradius, freeradius_free)

// A port that nobody has at the moment.
static inline unsigned free_udp_port(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, len) != 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &len) != 0)
		abort();
	close(fd);
	return ntohs(a.sin_port);
}

static inline bool has_ipv6(void)
{
	struct sockaddr_in6 a = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool has = fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0;
	if (fd >= 0)
		close(fd);
	return has;
}

// Until it says that it is ready; false when it ends before.
static inline bool freeradius_ready(struct freeradius *f, const char *log)
{
	for (int i = 0; i < 3000; i++) {
		AUTO_BUF struct buf b = BUF(1 << 20);
		err_ignore(buf_read_file(log, 1 << 20, &b));
		if (b.data && strstr((const char *)b.data, "Ready to process requests"))
			return true;
		if (waitpid(f->pid, NULL, WNOHANG) == f->pid) {
			f->pid = 0;
			fprintf(stderr, "%s\n", b.data ? (const char *)b.data : "no log");
			return false;
		}
		nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
	}
	return false;
}

static inline bool freeradius_try(struct freeradius *f)
{
	AUTO_TEXT char *log = scratch_path(f->dir, "log");
	AUTO_TEXT char *run = text_format("RADIUS_RUN=%s", f->dir->dir);
	f->port = free_udp_port();
	AUTO_TEXT char *port = text_format("RADIUS_PORT=%u", f->port);
	snprintf(f->name, sizeof(f->name), "127.0.0.1:%u", f->port);
	char program[] = "/usr/sbin/freeradius", config[] = INKAN_FREERADIUS_CONFIG;
	char words[][8] = { "-f", "-n", "radiusd", "-d" }, path[] = "PATH=/usr/sbin:/usr/bin:/bin";
	char *argv[] = { program, words[0], words[1], words[2], words[3], config, NULL };
	char *environment[] = { port, run, path, NULL };
	remove(log);
	if (posix_spawn(&f->pid, program, NULL, NULL, argv, environment) != 0) {
		f->pid = 0;
		return false;
	}
	if (freeradius_ready(f, log))
		return true;
	freeradius_stop(f);
	return false;
}

// Ends the program when it does not start: a test that cannot run must not look like one that ran.
static inline struct freeradius *freeradius_start(void)
{
	static const char judge[] =
		"exec oathtool --totp -w 0 -b GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ \"$1\" "
		">/dev/null\n";
	struct freeradius *f = calloc(1, sizeof(*f));
	if (!f)
		abort();
	f->dir = scratch_new();
	char *script = scratch_file(f->dir, "judge", judge, 0600);
	free(script);
	f->six = has_ipv6();
	char *six = scratch_file(f->dir, "six", f->six ? freeradius_six : "", 0600);
	free(six);
	// Somebody else may have taken the port in between.
	for (int i = 0; i < 5; i++)
		if (freeradius_try(f))
			return f;
	fprintf(stderr, "FreeRADIUS did not start\n");
	abort();
}
