// memory-has PID...: which of the words on standard input (NAME TAB WORD a line) stand in the memory of these processes.
//
// Looks at every writable mapping, locked memory and what is kept out of core dumps too: it sees more than a core of gcore does, and
// takes milliseconds. Prints "PID NAME ADDRESS MAPPING AROUND" for each place. The words come by standard input, so that they are in
// nobody's arguments. Status 1 when a process could not be read. A word of digits within a longer number is not that word: serial
// numbers, times and addresses hold every six digits now and then.
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WORDS = 64, WORD_MAX = 512, STEP = 1 << 20 };

struct word {
	char name[64];
	char text[WORD_MAX];
	size_t len;
};

static struct word words[WORDS];
static size_t n_words;

static void read_words(void)
{
	char line[WORD_MAX + 80];
	while (n_words < WORDS && fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		char *tab = strchr(line, '\t');
		if (!tab || !tab[1]) {
			fprintf(stderr, "memory-has: not NAME, tab, WORD\n");
			exit(2);
		}
		struct word *w = &words[n_words++];
		*tab = '\0';
		snprintf(w->name, sizeof(w->name), "%.63s", line);
		snprintf(w->text, sizeof(w->text), "%.511s", tab + 1);
		w->len = strlen(w->text);
	}
}

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool part_of_a_number(const struct word *w, const char *hit, const char *bytes,
			     const char *end)
{
	const char *after = hit + w->len;
	return strspn(w->text, "0123456789") == w->len &&
	       ((hit > bytes && digit(hit[-1])) || (after < end && digit(*after)));
}

// What stands before and behind a place, the word itself left out.
static void show_around(const struct word *w, const char *hit, const char *bytes, const char *end)
{
	const char *from = hit - bytes > 24 ? hit - 24 : bytes;
	const char *to = end - hit > (long)w->len + 24 ? hit + w->len + 24 : end;
	for (const char *p = from; p < to; p++) {
		if (p == hit) {
			printf("(%s)", w->name);
			p += w->len - 1;
		} else {
			putchar(*p > ' ' && *p < 0x7f ? *p : '.');
		}
	}
	putchar('\n');
}

static void look(long pid, uint64_t at, const char *bytes, size_t len, const char *mapping)
{
	for (size_t i = 0; i < n_words; i++) {
		const char *from = bytes, *end = bytes + len, *hit;
		while ((hit = memmem(from, (size_t)(end - from), words[i].text, words[i].len))) {
			from = hit + 1;
			if (part_of_a_number(&words[i], hit, bytes, end))
				continue;
			printf("%ld %s %#" PRIx64 " %s ", pid, words[i].name,
			       at + (uint64_t)(hit - bytes), mapping);
			show_around(&words[i], hit, bytes, end);
		}
	}
}

// In pieces that overlap, so that no word falls between two of them.
static void look_through(long pid, int mem, uint64_t from, uint64_t to, const char *mapping)
{
	static char bytes[STEP + WORD_MAX];
	for (uint64_t at = from; at < to; at += STEP) {
		uint64_t left = to - at;
		size_t want = left < sizeof(bytes) ? (size_t)left : sizeof(bytes);
		ssize_t n = pread(mem, bytes, want, (off_t)at);
		if (n > 0)
			look(pid, at, bytes, (size_t)n, mapping);
	}
}

static bool look_at(long pid)
{
	char path[64], line[4400];
	snprintf(path, sizeof(path), "/proc/%ld/mem", pid);
	int mem = open(path, O_RDONLY | O_CLOEXEC);
	snprintf(path, sizeof(path), "/proc/%ld/maps", pid);
	FILE *maps = fopen(path, "re");
	if (mem < 0 || !maps) {
		fprintf(stderr, "memory-has: %ld: %s\n", pid, strerror(errno));
		if (mem >= 0)
			close(mem);
		if (maps)
			fclose(maps);
		return false;
	}
	while (fgets(line, sizeof(line), maps)) {
		char *rest = NULL;
		uint64_t from = strtoull(line, &rest, 16);
		uint64_t to = strtoull(rest + 1, &rest, 16);
		const char *name = strpbrk(line, "/[");
		line[strcspn(line, "\n")] = '\0';
		if (rest[1] == 'r' && rest[2] == 'w')
			look_through(pid, mem, from, to, name ? name : "anonymous");
	}
	fclose(maps);
	close(mem);
	return true;
}

int main(int argc, char **argv)
{
	int status = argc > 1 ? 0 : 2;
	read_words();
	for (int i = 1; i < argc; i++)
		if (!look_at(strtol(argv[i], NULL, 10)))
			status = 1;
	return status;
}
