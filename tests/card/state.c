#include "state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool load_line(struct card *card, char *line)
{
	const struct applet *const *applets = card_applets(card);
	for (size_t i = 0; applets[i]; i++)
		if (applets[i]->load && applets[i]->load(card, card->applet[i], line))
			return true;
	return false;
}

bool state_load(struct card *card)
{
	if (!card->state_file)
		return false;
	FILE *from = fopen(card->state_file, "re");
	if (!from) {
		if (errno != ENOENT)
			die(card->state_file, strerror(errno));
		return false;
	}
	char *line = NULL;
	size_t room = 0;
	bool any = false;
	while (getline(&line, &room, from) > 0) {
		any = true;
		line[strcspn(line, "\n")] = '\0';
		if (!load_line(card, line))
			die("a line of the state file is none", line);
	}
	free(line);
	fclose(from);
	if (!any)
		die(card->state_file, "holds no card");
	return true;
}

void state_save(const struct card *card)
{
	if (!card->state_file || !card->changed)
		return;
	char *name;
	if (asprintf(&name, "%s.new", card->state_file) < 0)
		die("asprintf", "no memory");
	mode_t mask = umask(077);
	FILE *to = must(fopen(name, "we"), "opening the state file");
	umask(mask);
	const struct applet *const *applets = card_applets(card);
	for (size_t i = 0; applets[i]; i++)
		if (applets[i]->save)
			applets[i]->save(card, card->applet[i], to);
	if (fclose(to) != 0 || rename(name, card->state_file) != 0)
		die(card->state_file, strerror(errno));
	free(name);
}
