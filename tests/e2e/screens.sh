# shellcheck shell=bash disable=SC2034
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

# person: the story on standard input. The screen, all of it, is $T/screen.
person() {
  RAN="a person at a terminal"
  STATUS=0
  {
    cat "$E2E_SOURCE/tests/e2e/person.tcl"
    cat <<'PROCS'
# asked WORDS: at the next question, whatever its language.
proc asked {words} {
  expect {
    -re {(: |：|\] |］ ?)$} {}
    timeout { wrong "nothing is asked" }
    eof { wrong "it ended before $words" }
  }
  types $words
}
proc run {args} { set ::ended 0; begin $::env(INKAN) {*}$args }
PROCS
    cat
  } >"$T/story"
  export T E2E_PATIENCE INKAN PIN NEW_PIN YES
  timeout -k 5 $((E2E_PATIENCE * 3)) expect -f "$T/story" >"$T/out" 2>"$T/err" || STATUS=$?
  [ "$STATUS" -eq 0 ] || fail "$(cat "$T/out" "$T/err"); on the screen was:
$(cat "$T/screen")"
  ! grep -qwF -e "$PIN" -e "${NEW_PIN:-$PIN}" -e "${SECRET_GIVEN:-$PIN}" "$T/screen" || fail "a secret stands on the screen:
$(cat "$T/screen")"
  shows_80_columns
}
