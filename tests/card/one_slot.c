// A driver for pcscd that makes a reader of vsmartcard-vpcd one with a single slot: Debian's has two, always. Everything goes
// to the real driver, which lies beside this file with ".vpcd" after its name; each reader gets a copy of both files, for the
// real one keeps its connections in static variables. While a file with ".mute" after its name lies there, a card that is put in gives no ATR; with
// ".gone" the reader is unplugged, and with ".goes" it is as well, in the middle of what a program does: its commands no longer
// reach the card, and pcscd, which looks every 400 ms, has not yet seen it.
#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <ifdhandler.h>

static struct {
	RESPONSECODE (*create)(DWORD lun, DWORD channel);
	RESPONSECODE (*create_by_name)(DWORD lun, LPSTR device);
	RESPONSECODE (*close)(DWORD lun);
	RESPONSECODE (*get)(DWORD lun, DWORD tag, PDWORD len, PUCHAR value);
	RESPONSECODE (*set)(DWORD lun, DWORD tag, DWORD len, PUCHAR value);
	RESPONSECODE (*protocol)(DWORD lun, DWORD protocol, UCHAR flags, UCHAR a, UCHAR b, UCHAR c);
	RESPONSECODE (*power)(DWORD lun, DWORD action, PUCHAR atr, PDWORD len);
	RESPONSECODE(*transmit)
	(DWORD lun, SCARD_IO_HEADER send, PUCHAR in, DWORD in_len, PUCHAR out, PDWORD out_len,
	 PSCARD_IO_HEADER receive);
	RESPONSECODE(*control)
	(DWORD lun, DWORD code, PUCHAR in, DWORD in_len, PUCHAR out, DWORD room, LPDWORD out_len);
	RESPONSECODE (*presence)(DWORD lun);
} vpcd;

static const struct {
	const char *name;
	void *to;
} calls[] = {
	{ "IFDHCreateChannel", &vpcd.create }, { "IFDHCreateChannelByName", &vpcd.create_by_name },
	{ "IFDHCloseChannel", &vpcd.close },   { "IFDHGetCapabilities", &vpcd.get },
	{ "IFDHSetCapabilities", &vpcd.set },  { "IFDHSetProtocolParameters", &vpcd.protocol },
	{ "IFDHPowerICC", &vpcd.power },       { "IFDHTransmitToICC", &vpcd.transmit },
	{ "IFDHControl", &vpcd.control },      { "IFDHICCPresence", &vpcd.presence },
};

__attribute__((constructor)) static void load(void)
{
	static const char here = 0;
	char path[4096];
	Dl_info self;
	if (!dladdr(&here, &self))
		return;
	snprintf(path, sizeof(path), "%s.vpcd", self.dli_fname);
	void *driver = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		void *call = driver ? dlsym(driver, calls[i].name) : NULL;
		if (!call) {
			fprintf(stderr, "one-slot: %s has no %s\n", path, calls[i].name);
			_exit(2);
		}
		memcpy(calls[i].to, &call, sizeof(call));
	}
}

static bool told(const char *ending)
{
	static const char here = 0;
	char path[4096];
	Dl_info self;
	if (!dladdr(&here, &self))
		return false;
	snprintf(path, sizeof(path), "%s%s", self.dli_fname, ending);
	return access(path, F_OK) == 0;
}

RESPONSECODE IFDHCreateChannel(DWORD lun, DWORD channel)
{
	return vpcd.create(lun, channel);
}

RESPONSECODE IFDHCreateChannelByName(DWORD lun, LPSTR device)
{
	return told(".gone") ? IFD_NO_SUCH_DEVICE : vpcd.create_by_name(lun, device);
}

RESPONSECODE IFDHCloseChannel(DWORD lun)
{
	return vpcd.close(lun);
}

RESPONSECODE IFDHGetCapabilities(DWORD lun, DWORD tag, PDWORD len, PUCHAR value)
{
	RESPONSECODE code = vpcd.get(lun, tag, len, value);
	if (tag == TAG_IFD_SLOTS_NUMBER && code == IFD_SUCCESS)
		*value = 1;
	return code;
}

RESPONSECODE IFDHSetCapabilities(DWORD lun, DWORD tag, DWORD len, PUCHAR value)
{
	return vpcd.set(lun, tag, len, value);
}

RESPONSECODE IFDHSetProtocolParameters(DWORD lun, DWORD protocol, UCHAR flags, UCHAR a, UCHAR b,
				       UCHAR c)
{
	return vpcd.protocol(lun, protocol, flags, a, b, c);
}

RESPONSECODE IFDHPowerICC(DWORD lun, DWORD action, PUCHAR atr, PDWORD len)
{
	if (action != IFD_POWER_DOWN && told(".mute")) {
		*len = 0;
		return IFD_ERROR_POWER_ACTION;
	}
	return vpcd.power(lun, action, atr, len);
}

RESPONSECODE IFDHTransmitToICC(DWORD lun, SCARD_IO_HEADER header, PUCHAR in, DWORD in_len,
			       PUCHAR out, PDWORD out_len, PSCARD_IO_HEADER receive)
{
	if (told(".gone") || told(".goes"))
		return IFD_NO_SUCH_DEVICE;
	return vpcd.transmit(lun, header, in, in_len, out, out_len, receive);
}

RESPONSECODE IFDHControl(DWORD lun, DWORD code, PUCHAR in, DWORD in_len, PUCHAR out, DWORD room,
			 LPDWORD out_len)
{
	return vpcd.control(lun, code, in, in_len, out, room, out_len);
}

RESPONSECODE IFDHICCPresence(DWORD lun)
{
	return told(".gone") ? IFD_NO_SUCH_DEVICE : vpcd.presence(lun);
}
