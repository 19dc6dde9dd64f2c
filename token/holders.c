// Who is connected to pcscd.
#include "token/holders.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/text.h"

enum { ATTR_HEAD = sizeof(struct nlattr), PEERS_MAX = 64, DUMP_BYTES = 32768, DUMP_ROUNDS = 1000 };

struct peers {
	uint32_t inode[PEERS_MAX];
	size_t n;
	bool all; // the kernel's list was read to its end
};

static bool is_service(const char *path, size_t len)
{
	static const char usual[] = "/run/pcscd/pcscd.comm", older[] = "/var/run/pcscd/pcscd.comm";
	const char *named = secure_getenv("PCSCLITE_CSOCK_NAME");
	size_t n = strnlen(path, len);
	return (n == strlen(usual) && !memcmp(path, usual, n)) ||
	       (n == strlen(older) && !memcmp(path, older, n)) ||
	       (named && n == strlen(named) && !memcmp(path, named, n));
}

// One socket of the kernel's list: at pcscd's path, and connected.
static void take_socket(struct peers *p, const struct nlmsghdr *h)
{
	const struct unix_diag_msg *m = (const void *)((const char *)h + NLMSG_HDRLEN);
	const char *path = NULL;
	size_t path_len = 0, left = h->nlmsg_len - NLMSG_LENGTH(sizeof(*m));
	uint32_t peer = 0;
	const char *at = (const char *)(m + 1);
	while (left >= sizeof(struct nlattr)) {
		struct nlattr a;
		memcpy(&a, at, sizeof(a));
		size_t whole = ((size_t)a.nla_len + 3) & ~(size_t)3;
		if (a.nla_len < ATTR_HEAD || a.nla_len > left)
			return;
		if (a.nla_type == UNIX_DIAG_NAME) {
			path = at + ATTR_HEAD;
			path_len = a.nla_len - ATTR_HEAD;
		} else if (a.nla_type == UNIX_DIAG_PEER && a.nla_len >= ATTR_HEAD + sizeof(peer)) {
			memcpy(&peer, at + ATTR_HEAD, sizeof(peer));
		}
		at += whole < left ? whole : left;
		left -= whole < left ? whole : left;
	}
	if (path && peer && p->n < PEERS_MAX && is_service(path, path_len))
		p->inode[p->n++] = peer;
}

static bool ask_kernel(int fd)
{
	struct {
		struct nlmsghdr head;
		struct unix_diag_req req;
	} ask = {
		.head = { .nlmsg_len = sizeof(ask),
			  .nlmsg_type = SOCK_DIAG_BY_FAMILY,
			  .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
		.req = { .sdiag_family = AF_UNIX,
			 .udiag_states = UINT32_MAX,
			 .udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_PEER },
	};
	return send(fd, &ask, sizeof(ask), 0) == (ssize_t)sizeof(ask);
}

// False at the end of the list.
static bool take_answer(struct peers *p, const char *bytes, size_t len)
{
	while (len >= sizeof(struct nlmsghdr)) {
		const struct nlmsghdr *h = (const void *)bytes;
		p->all = h->nlmsg_type == NLMSG_DONE;
		if (h->nlmsg_len < sizeof(*h) || h->nlmsg_len > len || p->all ||
		    h->nlmsg_type == NLMSG_ERROR)
			return false;
		if (h->nlmsg_len >= NLMSG_LENGTH(sizeof(struct unix_diag_msg)))
			take_socket(p, h);
		size_t whole = NLMSG_ALIGN(h->nlmsg_len);
		bytes += whole < len ? whole : len;
		len -= whole < len ? whole : len;
	}
	return true;
}

static void find_peers(struct peers *p)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	if (fd < 0)
		return;
	struct timeval limit = { .tv_sec = 1 };
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	char *bytes = malloc(DUMP_BYTES); // aligned for any header
	bool more = bytes && ask_kernel(fd);
	for (int round = 0; more && round < DUMP_ROUNDS; round++) {
		ssize_t n = recv(fd, bytes, DUMP_BYTES, 0);
		more = n > 0 && take_answer(p, bytes, (size_t)n);
	}
	free(bytes);
	close(fd);
}

static bool is_peer(const struct peers *p, const char *link)
{
	static const char head[] = "socket:[";
	if (strncmp(link, head, sizeof(head) - 1) != 0)
		return false;
	unsigned long inode = strtoul(link + sizeof(head) - 1, NULL, 10);
	for (size_t i = 0; i < p->n; i++)
		if (p->inode[i] == inode)
			return true;
	return false;
}

// How many of the sockets this process has.
static size_t sockets_of(const struct peers *p, const char *pid)
{
	AUTO_TEXT char *path = text_format("/proc/%s/fd", pid);
	DIR *d = path ? opendir(path) : NULL;
	size_t n = 0;
	const struct dirent *entry;
	while (d && (entry = readdir(d))) {
		char link[64] = { 0 };
		if (readlinkat(dirfd(d), entry->d_name, link, sizeof(link) - 1) > 0)
			n += is_peer(p, link);
	}
	if (d)
		closedir(d);
	return n;
}

static void add_process(struct holders *out, const char *pid)
{
	struct holder h = { .pid = strtoll(pid, NULL, 10) };
	char comm[64] = { 0 };
	AUTO_TEXT char *path = text_format("/proc/%s/comm", pid);
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	ssize_t n = fd >= 0 ? read(fd, comm, sizeof(comm) - 1) : 0;
	if (fd >= 0)
		close(fd);
	size_t len = n > 0 ? strcspn(comm, "\n") : 0;
	AUTO_TEXT char *safe = text_safe(comm, len, sizeof(h.program) - 1);
	if (safe)
		memcpy(h.program, safe, strnlen(safe, sizeof(h.program) - 1));
	if (out->n < HOLDERS_MAX)
		out->list[out->n++] = h;
}

static bool same_file(const char *a, const char *b)
{
	struct stat one, other;
	return stat(a, &one) == 0 && stat(b, &other) == 0 && one.st_dev == other.st_dev &&
	       one.st_ino == other.st_ino;
}

static long long parent_of(const char *pid)
{
	char text[512] = { 0 };
	AUTO_TEXT char *path = text_format("/proc/%s/stat", pid);
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	ssize_t n = fd >= 0 ? read(fd, text, sizeof(text) - 1) : 0;
	if (fd >= 0)
		close(fd);
	// "301 (name) S 300 ...": a name may have any characters.
	const char *after = n > 0 ? strrchr(text, ')') : NULL;
	return after && strlen(after) > 4 ? strtoll(after + 4, NULL, 10) : 0;
}

// This process, the one that it works for, and the others that work for that one.
static bool is_ours(const char *pid)
{
	long long n = strtoll(pid, NULL, 10);
	if (n == getpid() || n == getppid())
		return true;
	AUTO_TEXT char *program = text_format("/proc/%s/exe", pid);
	return program && parent_of(pid) == getppid() && same_file(program, "/proc/self/exe");
}

void holders_find(struct holders *out)
{
	struct peers peers = { .n = 0 };
	*out = (struct holders){ .n = 0 };
	find_peers(&peers);
	size_t known = 0;
	DIR *proc = peers.n ? opendir("/proc") : NULL;
	const struct dirent *entry;
	while (proc && (entry = readdir(proc))) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		size_t n = sockets_of(&peers, entry->d_name);
		known += n;
		if (n > 0 && !is_ours(entry->d_name))
			add_process(out, entry->d_name);
	}
	if (proc)
		closedir(proc);
	out->unknown = peers.n > known ? peers.n - known : 0;
	out->complete = peers.all && peers.n < PEERS_MAX && out->unknown == 0;
}

char *holders_text(const struct holders *h)
{
	AUTO_BUF struct buf b = BUF(4096);
	for (size_t i = 0; i < h->n; i++)
		err_ignore(buf_printf(&b, "%s%s (%lld)", i ? ", " : "", h->list[i].program,
				      (long long)h->list[i].pid));
	return text_copy(b.data ? (const char *)b.data : "");
}
