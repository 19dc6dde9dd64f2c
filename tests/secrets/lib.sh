# shellcheck shell=bash disable=SC2034,SC2119
# What the tests of secrets share. Sourced, not run; brings the end-to-end tests' own tools along.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"

SECRETS=$E2E_SOURCE/tests/secrets
MEMORY_HAS=$E2E_BIN/../tests/secrets/memory-has
MOCK=$E2E_BIN/../lib/inkan-mock-pkcs11.so

# Only root sees into a process that keeps others out, as inkan's do.
as_root_only() {
  [ "$(id -u)" -eq 0 ] || skip "only root sees into these processes"
}
# A sanitizer keeps copies of its own, and its memory is too large to be searched.
without_sanitizer() {
  ! grep -qa __asan_init "$INKAN" || skip "a sanitizer's build has other memory"
}

# A user (PIN, bank PIN, one-time password) or an administrator (PIN, two bank PINs): token, profile, account, answers.
set_up_user() {
  token_new alpha
  profile_new
  account_user "$@"
  answers_user
  ROLE="user"
}
set_up_admin() {
  token_new alpha
  profile_new
  account_admin "$@"
  answers_admin
  ROLE="admin"
  OTP_GIVEN=''
}

# words: every secret of the enrolment, by name, and the header that two of them make (RFC 7617).
words() {
  local user=$CONTRACT password=$ACCOUNT_PIN:$ACCOUNT_CONFIRM
  if [ "$ROLE" = user ]; then
    user=$CONTRACT/$USER_ID password=$ACCOUNT_PIN:$OTP_GIVEN
    printf 'otp\t%s\n' "$OTP_GIVEN"
  else
    printf 'confirm-pin\t%s\n' "$ACCOUNT_CONFIRM"
  fi
  printf 'token-pin\t%s\nbank-pin\t%s\nbasic\t%s\n' "$PIN" "$ACCOUNT_PIN" "$(printf '%s' "$user:$password" | base64 -w 0)"
}

# person: the story on standard input, played on a terminal (tests/e2e/person.tcl). The secrets stand in the story as $secret(pin),
# $secret(bank) and $secret(otp), never in the environment, which the program would inherit.
person() {
  RAN="a person at a terminal"
  STATUS=0
  {
    printf 'array set secret {pin %s bank %s otp %s}\n' "$PIN" "$ACCOUNT_PIN" "$OTP_GIVEN"
    cat "$E2E_SOURCE/tests/e2e/person.tcl"
    cat
  } >"$T/story"
  export T E2E_PATIENCE INKAN PROFILE TOKEN CONTRACT USER_ID
  timeout -k 5 $((E2E_PATIENCE * 2)) expect -f "$T/story" >"$T/out" 2>"$T/err" || STATUS=$?
  [ "$STATUS" -eq 0 ] || fail "on the screen was:
$(cat "$T/screen")"
  # A one-time password is shown where the profile says so: it is spent at once.
  ! grep -qwF -e "$PIN" -e "$ACCOUNT_PIN" "$T/screen" || fail "a secret stands on the screen:
$(cat "$T/screen")"
}

# at_stop FILE: waits until the mock module has stopped its process there. WORKER and PARENT.
at_stop() {
  until_true "$E2E_PATIENCE" test -s "$1" || fail "it never came to $(basename "$1")"
  WORKER=$(tr -dc 0-9 <"$1")
  PARENT=$(awk '$1 == "PPid:" { print $2 }' "/proc/$WORKER/status")
}
go_on() {
  rm "$1"
}
