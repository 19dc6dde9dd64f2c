// Findings about modules: registered, there, for this machine, answering.
#include <elf.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/json.h"
#include "cli/doctor.h"
#include "pkcs11/module.h"

// What of an ELF file has to be the same as in this program: class, byte order, machine.
struct machine {
	unsigned char class_, data;
	uint16_t number;
};

static bool read_machine(const char *path, struct machine *out)
{
	unsigned char head[20] = { 0 }; // the same in both classes
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t n = fd >= 0 ? read(fd, head, sizeof(head)) : -1;
	if (fd >= 0)
		close(fd);
	if (n != (ssize_t)sizeof(head) || memcmp(head, ELFMAG, SELFMAG) != 0)
		return false;
	*out = (struct machine){ .class_ = head[EI_CLASS], .data = head[EI_DATA] };
	bool big = out->data == ELFDATA2MSB;
	unsigned high = head[big ? 18 : 19], low = head[big ? 19 : 18];
	out->number = (uint16_t)(high * 256U + low);
	return true;
}

static char *machine_words(const struct machine *m)
{
	static const struct {
		uint16_t number;
		const char *name;
	} names[] = {
		{ EM_386, "i386" },	   { EM_X86_64, "x86-64" },   { EM_ARM, "ARM" },
		{ EM_AARCH64, "AArch64" }, { EM_PPC64, "PowerPC64" }, { EM_RISCV, "RISC-V" },
		{ EM_S390, "S/390" },
	};
	const char *bits = m->class_ == ELFCLASS64 ? "64" : "32";
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (names[i].number == m->number)
			return text_format("%s (%s bit)", names[i].name, bits);
	return text_format("machine %u (%s bit)", (unsigned)m->number, bits);
}

// Null when it fits, or is no ELF file at all: then loading it says more.
static struct err *wrong_machine(const char *path)
{
	struct machine theirs, ours;
	if (!read_machine("/proc/self/exe", &ours) || !read_machine(path, &theirs) ||
	    (theirs.class_ == ours.class_ && theirs.data == ours.data &&
	     theirs.number == ours.number))
		return NULL;
	AUTO_TEXT char *is = machine_words(&theirs);
	AUTO_TEXT char *wanted = machine_words(&ours);
	struct err *e = err_new(
		ERR_PROFILE, N_("The PKCS#11 module %1 is made for %2; this program needs %3."),
		ARG_TEXT(path), ARG_TEXT(is ? is : "?"), ARG_TEXT(wanted ? wanted : "?"));
	return err_hint(err_tag(e, "module-wrong-machine"),
			N_("Install the maker's module for this kind of machine."));
}

// A module that is only the front of a service.
static const struct {
	const char *in_path, *daemon, *package,
		*device; // device: with it the service is not needed
} services[] = {
	{ "opencryptoki", "pkcsslotd", "opencryptoki", NULL },
	{ "tpm2_pkcs11", "tpm2-abrmd", "tpm2-abrmd", "/dev/tpmrm0" },
	{ "p11-kit-client", "p11-kit-server", "p11-kit", NULL },
};

// Takes the module's own error.
static struct err *with_service(const char *path, struct err *e)
{
	for (size_t i = 0; i < ARRAY_LEN(services); i++) {
		bool needed = strstr(path, services[i].in_path) &&
			      !(services[i].device && access(services[i].device, F_OK) == 0);
		if (!needed || doctor_runs(services[i].daemon))
			continue;
		struct err *down = err_new(
			ERR_TOKEN, N_("The module %1 needs the service %2, which does not run."),
			ARG_TEXT(path), ARG_TEXT(services[i].daemon));
		down = err_hint(err_tag(down, "module-service"),
				N_("Start it: systemctl start %1 (as root). Its package is %2."),
				ARG_TEXT(services[i].daemon), ARG_TEXT(services[i].package));
		return err_caused_by(down, e);
	}
	return e;
}

// A device that a module opens by itself.
static struct err *device_denied(const char *path)
{
	static const char device[] = "/dev/tpmrm0";
	if (!strstr(path, "tpm2_pkcs11") || access(device, F_OK) != 0 ||
	    access(device, R_OK | W_OK) == 0)
		return NULL;
	return err_hint(
		err_tag(err_new(ERR_TOKEN, N_("You may not use the device %1."), ARG_TEXT(device)),
			"device-denied"),
		N_("Ask the machine's administrator to add you to the group tss, then log "
		   "in again."));
}

static void look_at(struct doctor *d, const struct job *j, struct result *r, bool meant)
{
	enum severity s = meant || d->tokens == 0 ? FINDING_ERROR : FINDING_WARNING;
	struct err *machine = wrong_machine(j->module);
	struct err *e = r->err;
	r->err = NULL;
	if (machine) {
		err_ignore(e);
		doctor_find(d, FAMILY_DRIVERS, s, machine);
		return;
	}
	struct err *device = e ? device_denied(j->module) : NULL;
	if (device)
		doctor_find(d, FAMILY_DRIVERS, s, err_caused_by(device, e));
	else if (e)
		doctor_find(d, FAMILY_DRIVERS, s, with_service(j->module, e));
}

static void look_at_registry(struct doctor *d)
{
	__attribute__((cleanup(module_sources_cleanup))) struct module_sources all = { 0 };
	doctor_find(d, FAMILY_DRIVERS, FINDING_ERROR, module_sources_all(&all));
	for (size_t i = 0; i < all.n_faults; i++) {
		doctor_find(d, FAMILY_DRIVERS, FINDING_WARNING, all.faults[i]);
		all.faults[i] = NULL;
	}
	if (all.n == 0 && !d->profile)
		doctor_find(d, FAMILY_DRIVERS, FINDING_ERROR,
			    err_hint(err_tag(err_new(ERR_PROFILE, N_("No PKCS#11 module is "
								     "registered.")),
					     "module-none"),
				     N_("Install the module of your token: opensc-pkcs11 for most "
					"cards, ykcs11 for a YubiKey.")));
}

void doctor_modules(struct doctor *d)
{
	look_at_registry(d);
	for (size_t i = 0; i < DOCTOR_LISTINGS; i++) {
		struct listing *l = &d->listings[i];
		bool meant = i > 0 || d->cli->o.module;
		for (size_t k = 0; k < l->n; k++)
			look_at(d, l->jobs[k], &l->results[k], meant);
	}
}
