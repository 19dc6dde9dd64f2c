// What is asked of the token, written to the file of the plan's "tell": names of attributes and mechanisms, never a value.
#include "mock.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LONGEST = 1024 };

// One write a line, so that lines of several processes do not mix.
static void tell(const char *line)
{
	int fd = plan.tell[0] ? open(plan.tell, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600)
			      : -1;
	if (fd < 0)
		return;
	dprintf(fd, "%s\n", line);
	close(fd);
}

static void put(char *line, const char *text)
{
	size_t n = strlen(line);
	snprintf(line + n, LONGEST - n, "%s", text);
}

static void put_template(char *line, const char *which, const CK_ATTRIBUTE *a, CK_ULONG n)
{
	put(line, which);
	for (CK_ULONG i = 0; i < n; i++) {
		put(line, i ? "," : "");
		put(line, name_short("CKA_", a[i].type));
	}
}

void tell_pair(const CK_ATTRIBUTE *pub, CK_ULONG n_pub, const CK_ATTRIBUTE *priv, CK_ULONG n_priv,
	       CK_RV rv)
{
	char line[LONGEST] = "C_GenerateKeyPair ";
	put(line, name_of_rv(rv));
	put_template(line, " public:", pub, n_pub);
	put_template(line, " private:", priv, n_priv);
	tell(line);
}

void tell_mechanism(const char *call, CK_MECHANISM_TYPE type, CK_RV rv)
{
	char line[LONGEST] = "";
	put(line, call);
	put(line, " ");
	put(line, name_of_rv(rv));
	put(line, " ");
	put(line, name_short("CKM_", type));
	tell(line);
}
