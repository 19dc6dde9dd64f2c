// The byte server (tests/server) as a child of a test:
//
//	AUTO(byteserver) struct byteserver *b = byteserver_start("on GET /x\n  text hello\n", NULL);
//	b->port, b->anchors, byteserver_log(b)
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <time.h>

#include "scratch.h"

#ifndef INKAN_BYTESERVER
#define INKAN_BYTESERVER "byteserver" // the test's CMakeLists.txt says where it is
#endif

struct byteserver {
	pid_t pid;
	int keep; // its standard input: closing it ends the server
	unsigned port;
	struct scratch *dir;
	struct buf anchors; // PEM
	char *log_path;
};

static inline void byteserver_free(struct byteserver *b)
{
	if (!b)
		return;
	if (b->keep >= 0)
		close(b->keep);
	if (b->pid > 0)
		waitpid(b->pid, NULL, 0);
	buf_free(&b->anchors);
	free(b->log_path);
	scratch_free(b->dir);
	free(b);
}
DEFINE_CLEANUP(byteserver, struct byteserver, byteserver_free)

static inline pid_t byteserver_spawn(char *const argv[], int in, int out)
{
	posix_spawn_file_actions_t acts;
	pid_t pid = -1;
	posix_spawn_file_actions_init(&acts);
	posix_spawn_file_actions_adddup2(&acts, in, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&acts, out, STDOUT_FILENO);
	if (posix_spawn(&pid, argv[0], &acts, NULL, argv, environ) != 0)
		pid = -1;
	posix_spawn_file_actions_destroy(&acts);
	return pid;
}

// Reads "port N" and closes; 0 when it does not come.
static inline unsigned byteserver_port(int fd)
{
	char line[32] = "";
	FILE *f = fdopen(fd, "r");
	char *end = f && fgets(line, sizeof(line), f) && strncmp(line, "port ", 5) == 0 ? line + 5
											: line;
	if (f)
		fclose(f);
	return (unsigned)strtoul(end, NULL, 10);
}

// `server` is a value for --server, or "old-tls" or "plain"; null: good. Ends the program when it does not start.
static inline struct byteserver *byteserver_start(const char *script, const char *server)
{
	struct byteserver *b = calloc(1, sizeof(*b));
	int in[2], out[2];
	if (!b || pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0)
		abort();
	b->keep = in[1];
	b->dir = scratch_new();
	char *path = scratch_file(b->dir, "script", script, 0600);
	char *anchors = scratch_path(b->dir, "anchors.pem");
	b->log_path = scratch_path(b->dir, "log");
	bool old = server && strcmp(server, "old-tls") == 0;
	bool plain = server && strcmp(server, "plain") == 0;
	bool no_ems = server && strcmp(server, "no-ems") == 0;
	char program[] = INKAN_BYTESERVER;
	char words[][16] = { "--script", "--anchors", "--log",	 "--old-tls",
			     "--plain",	 "--server",  "--no-ems" };
	char kind[32];
	snprintf(kind, sizeof(kind), "%s", server && !old && !plain && !no_ems ? server : "good");
	char *argv[] = { program,     words[0],
			 path,	      words[1],
			 anchors,     words[2],
			 b->log_path, words[5],
			 kind,	      old ? words[3] : plain ? words[4] : no_ems ? words[6] : NULL,
			 NULL };
	b->pid = byteserver_spawn(argv, in[0], out[1]);
	close(in[0]);
	close(out[1]);
	b->port = byteserver_port(out[0]);
	if (b->pid < 0 || b->port == 0) {
		fprintf(stderr, "the byte server did not start\n");
		abort();
	}
	err_ignore(buf_read_file(anchors, 65536, &b->anchors));
	free(path);
	free(anchors);
	return b;
}

// What it logged up to now, to be freed; "" when nothing came.
static inline char *byteserver_log(const struct byteserver *b)
{
	struct buf log = { 0 };
	err_ignore(buf_read_file(b->log_path, 1 << 20, &log));
	char *text = strdup(log.data ? (const char *)log.data : "");
	buf_free(&log);
	return text;
}

// How often `word` stands in the log.
static inline unsigned byteserver_logged(const struct byteserver *b, const char *word)
{
	char *log = byteserver_log(b);
	unsigned n = 0;
	for (const char *p = log; p && (p = strstr(p, word)) != NULL; p++)
		n++;
	free(log);
	return n;
}

// Waits until the log has `word`; false after half a minute.
static inline bool byteserver_awaits(const struct byteserver *b, const char *word)
{
	for (int i = 0; i < 3000; i++) {
		if (byteserver_logged(b, word))
			return true;
		nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
	}
	return false;
}
