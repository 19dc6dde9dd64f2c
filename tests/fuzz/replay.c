// Runs a fuzzer's target over files and directories of inputs, once each: a regression test that needs no libFuzzer.
#include <dirent.h>
#include <sys/stat.h>

#include "fuzz.h"

static unsigned ran;

static void replay_file(const char *path)
{
	AUTO_BUF struct buf bytes = BUF(BUF_DEFAULT_CAP);
	struct err *e = buf_read_file(path, BUF_DEFAULT_CAP, &bytes);
	if (e) {
		perror(path);
		exit(2);
	}
	// Exactly as long as the input, so that a sanitizer sees a read past its end.
	uint8_t *exact = malloc(bytes.len ? bytes.len : 1);
	MUST_HOLD(exact);
	if (bytes.len)
		memcpy(exact, bytes.data, bytes.len);
	fprintf(stderr, "%s\n", path); // the last one named is the one that failed
	LLVMFuzzerTestOneInput(exact, bytes.len);
	free(exact);
	ran++;
}

static void replay_directory(const char *path)
{
	DIR *d = opendir(path);
	if (!d)
		return; // nothing was found yet
	for (const struct dirent *f = readdir(d); f; f = readdir(d)) {
		AUTO_TEXT char *file = text_format("%s/%s", path, f->d_name);
		if (f->d_name[0] != '.' && file)
			replay_file(file);
	}
	closedir(d);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		struct stat st;
		if (stat(argv[i], &st) == 0 && S_ISREG(st.st_mode))
			replay_file(argv[i]);
		else
			replay_directory(argv[i]);
	}
	printf("%u inputs\n", ran);
	return ran == 0; // without a seed nothing was tried
}
