# shellcheck shell=bash
# Comparing what stands on a terminal with docs/SCREENS.md. Sourced, not run, after lib.sh.

# documented TITLE: what was seen stands in docs/SCREENS.md under this title (scripts/screens writes it).
documented() {
  local text
  perl "$E2E_SOURCE/tests/e2e/screens.pl" clean <"$T/screen" >"$T/seen"
  if [ -n "${E2E_SCREENS:-}" ]; then
    cp "$T/seen" "$E2E_SCREENS/$1"
    return
  fi
  awk -v title="## $1" '/^## / { here = $0 == title; next } here && !/^```$/' "$E2E_SOURCE/docs/SCREENS.md" >"$T/documented"
  for text in documented seen; do perl "$E2E_SOURCE/tests/e2e/screens.pl" shape <"$T/$text" >"$T/$text.shape"; done
  diff -u "$T/documented.shape" "$T/seen.shape" >"$T/difference" ||
    fail "docs/SCREENS.md does not show what is seen under \"$1\" (scripts/screens writes it anew):
$(cat "$T/difference")"
}

# Every line as it stood on the terminal; what was typed, a URI, and a path of ours may be longer.
shows_80_columns() {
  local wide
  wide=$(tr '\r' '\n' <"$T/screen" | sed 's/\x1b\[K//g' | grep -vF -e pkcs11: -e "$T" | wc -L)
  [ "$wide" -le 80 ] || fail "a line is $wide columns wide:
$(cat "$T/screen")"
}
