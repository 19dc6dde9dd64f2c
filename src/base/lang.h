// The language of the person: English or Japanese, through gettext.
#pragma once

#include "base/attr.h"
#include "base/err.h"

enum lang { LANG_EN, LANG_JA };

// Chooses by `wanted` ("en", "ja", or null: LC_ALL, LC_MESSAGES, LANG, LANGUAGE in gettext's order) and binds the catalogue:
// first the one beside the build (INKAN_BUILD_LOCALEDIR when the program runs from its build tree), then the installed
// one. Works without a generated ja_JP locale (falls back to C.UTF-8 with LANGUAGE). May be called again to change at run time.
// ERR_USAGE for another `wanted`.
MUST struct err *lang_set(const char *wanted);
enum lang lang_now(void);
const char *lang_code(void); // "en" or "ja"
// The translation of a message id; the id itself when there is none. Static storage.
const char *lang_text(const char *msgid);
// The text in the present language.
const char *lang_pick(const char *en, const char *ja);
