# shellcheck shell=bash disable=SC2034,SC2001
# End-to-end tests through the built programs: what they share. Sourced, not run.
#
# A test file sources this, defines functions named test_..., and ends with run_tests. Each test runs in a subshell with
# directories of its own: $T, its state ($XDG_STATE_HOME), its SoftHSM tokens ($SOFTHSM2_CONF). Everything lies below one
# temporary directory; at the end every process that was started here is stopped and the directory is removed.
#
#   E2E_BIN       where inkan and inkan-practice-ca are (ctest sets it)
#   E2E_ONLY      run only the tests whose names contain this
#   E2E_KEEP=1    leave the temporary directory for looking at
set -euo pipefail

E2E_SOURCE=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
: "${E2E_BIN:=$E2E_SOURCE/build/gcc-dev/bin}"
INKAN=$E2E_BIN/inkan
PRACTICE_CA=$E2E_BIN/inkan-practice-ca
readonly PRACTICE_CA E2E_SOURCE
E2E_THEME=$(basename "$0")

# What the surroundings bring along must not decide a test.
export LC_ALL=C.UTF-8 LANGUAGE=en TZ=UTC
unset LANG XDG_CONFIG_HOME XDG_DATA_HOME XDG_CACHE_HOME XDG_RUNTIME_DIR OPENSSL_CONF SSL_CERT_FILE SSL_CERT_DIR
unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY
# A limit that only something that hangs can reach, also under a sanitizer on a busy machine.
E2E_PATIENCE=${E2E_PATIENCE:-60}

for program in "$INKAN" "$PRACTICE_CA"; do
  if [ ! -x "$program" ]; then
    echo "$E2E_THEME: $program is not built" >&2
    exit 1
  fi
done

SOFTHSM=
for at in /usr/lib/*/softhsm/libsofthsm2.so /usr/lib/softhsm/libsofthsm2.so; do
  if [ -e "$at" ]; then SOFTHSM=$at; fi
done
readonly SOFTHSM

# gojq knows the same language, in a tenth of the time: a test asks often. It sorts the keys of objects: what writes them in one line is left to jq.
jq() {
  case " $* " in
    *" -c "* | *tojson*) command jq "$@" ;;
    *) gojq "$@" ;;
  esac
}

umask 077
WORK=$(mktemp -d "${TMPDIR:-/tmp}/inkan-e2e.XXXXXX")
export HOME=$WORK/home
mkdir "$HOME"

# --- Processes -------------------------------------------------------------------------------------------------------

# started PID: it is ended with the test file, whatever happens. Kept in a file because tests run in subshells.
started() {
  printf '%s\n' "$1" >>"$WORK/pids"
}

# alive PID: it runs. One that has ended and that nobody has asked about yet does not.
alive() {
  kill -0 "$1" 2>/dev/null && ! grep -q '^State:[[:space:]]*Z' "/proc/$1/status" 2>/dev/null
}

# stop PID: asks it to end, waits, and then insists.
stop() {
  local pid=$1 i
  kill "$pid" 2>/dev/null || return 0
  for ((i = 0; i < 100; i++)); do
    alive "$pid" || return 0
    sleep 0.05
  done
  kill -9 "$pid" 2>/dev/null || true
}

e2e_end() {
  local pid
  trap - EXIT INT TERM
  if [ -e "$WORK/pids" ]; then
    while read -r pid; do stop "$pid"; done <"$WORK/pids"
  fi
  if [ "${E2E_KEEP:-0}" = 1 ]; then
    echo "kept: $WORK"
  else
    rm -rf "$WORK"
  fi
}
trap e2e_end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# until_true SECONDS COMMAND...: looks often instead of sleeping for luck.
until_true() {
  local limit=$((SECONDS + $1))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$limit" ] || return 1
    sleep 0.02
  done
}

# --- Saying what was seen ---------------------------------------------------------------------------------------------

# fail WORDS...: ends the test; says where, and what the last command said.
fail() {
  local i
  printf 'FAILED: %s\n' "$*"
  for ((i = 1; i < ${#FUNCNAME[@]}; i++)); do
    case "${FUNCNAME[i]}" in run_one | run_tests | main | source) break ;; esac
    printf '  in %s, line %s\n' "${FUNCNAME[i]}" "${BASH_LINENO[i - 1]}"
  done
  if [ -n "${RAN:-}" ]; then
    printf -- '--- ran: %s\n--- exit status: %s\n' "$RAN" "${STATUS:-?}"
    printf -- '--- standard output\n%s\n--- standard error\n%s\n---\n' "$(tail -c 6000 "$T/out")" "$(tail -c 6000 "$T/err")"
  fi
  exit 1
}

# same WHAT IS SHOULD
same() {
  [ "$2" = "$3" ] || fail "$1 is
    $2
  and should be
    $3"
}

# has TEXT WORDS / lacks TEXT WORDS: as fixed strings.
has() {
  case "$1" in *"$2"*) ;; *) fail "\"$2\" does not stand in
$1" ;; esac
}
lacks() {
  case "$1" in *"$2"*) fail "\"$2\" stands in
$1" ;; esac
}
# said WORDS: on standard error or output of the last command, however the lines were broken.
said() {
  local all
  all=$(cat "$T/out" "$T/err")
  case "$(flatten "$all")" in *"$(flatten "$1")"*) ;; *) fail "\"$1\" was not said" ;; esac
}
# Japanese breaks lines anywhere, English at blanks: without any white space both compare.
flatten() {
  printf '%s' "${1//[[:space:]]/}"
}

# --- Running inkan ----------------------------------------------------------------------------------------------------

# inkan ARGUMENTS...: with nobody at the terminal. Leaves STATUS, $T/out and $T/err.
inkan() {
  RAN="inkan $*"
  STATUS=0
  timeout -k 5 "$E2E_PATIENCE" "$INKAN" "$@" </dev/null >"$T/out" 2>"$T/err" || STATUS=$?
  nothing_leaked
}

# exits STATUS ARGUMENTS...
exits() {
  local wanted=$1
  shift
  inkan "$@"
  [ "$STATUS" -eq "$wanted" ] || fail "exit status $STATUS instead of $wanted"
}

in_japanese() {
  LANGUAGE=ja "$@"
}

# refuses STATUS MSGID ARGUMENTS...: the same answer in both languages, twice in a row. MSGID is the message as it stands in
# the source, %1 and all; its Japanese is that of the catalogue.
refuses() {
  local wanted=$1 msgid=$2
  shift 2
  exits "$wanted" "$@"
  said_message en "$msgid"
  in_japanese exits "$wanted" "$@"
  said_message ja "$msgid"
}

# said_message LANGUAGE MSGID: all of its fixed parts were said.
said_message() {
  local text=$2 part
  if [ "$1" = ja ]; then
    text=$(LANGUAGE=ja TEXTDOMAINDIR=$E2E_BIN/../locale gettext -d inkan -- "$2")
    [ "$text" != "$2" ] || fail "\"$2\" has no Japanese"
  fi
  while IFS= read -r part; do
    [ -z "$(flatten "$part")" ] || said "$part"
  done <<<"$(sed 's/%[1-9]/\n/g' <<<"$text")"
}

# The last command kept to the width of a terminal; a URI is never broken, so that it can be copied, nor is a path of ours.
fits_80_columns() {
  local wide
  wide=$(cat "$T/out" "$T/err" | grep -vF -e pkcs11: -e "$WORK" | wc -L)
  [ "$wide" -le 80 ] || fail "a line is $wide columns wide"
}

# No PIN and no one-time password on the screen, whatever went wrong; and no sanitizer's report.
nothing_leaked() {
  local secret all
  all=$(cat "$T/out" "$T/err")
  for secret in "$PIN" "$SO_PIN" "${OTP_GIVEN:-}" "${ACCOUNT_PIN:-}" "${ACCOUNT_CONFIRM:-}"; do
    [ -n "$secret" ] || continue
    ! grep -qwF -- "$secret" <<<"$all" || fail "the secret $secret was printed"
  done
  case "$all" in *"runtime error:"* | *Sanitizer*) fail "a sanitizer spoke" ;; esac
}

# result FILTER: jq over the result line (the last one) of the last --json run.
result() {
  tail -n 1 "$T/out" | jq -r "$1"
}

# --- Tokens -----------------------------------------------------------------------------------------------------------

PIN=70912653 SO_PIN=48205617

# softhsm_home DIR: tokens of SoftHSM live there from now on.
softhsm_home() {
  mkdir -p "$1/tokens"
  printf 'directories.tokendir = %s/tokens\nobjectstore.backend = file\nlog.level = ERROR\n' "$1" >"$1/softhsm2.conf"
  export SOFTHSM2_CONF=$1/softhsm2.conf
}

# token_new LABEL: an empty token; TOKEN is its URI.
token_new() {
  softhsm2-util --init-token --free --label "$1" --pin "$PIN" --so-pin "$SO_PIN" >"$T/softhsm" 2>&1 ||
    fail "no token: $(cat "$T/softhsm")"
  TOKEN="pkcs11:token=$1"
}

# p11 LABEL ARGUMENTS...: an independent look with pkcs11-tool, at the token of that name, logged in; through P11_MODULE where that is set.
p11() {
  local label=$1
  shift
  pkcs11-tool --module "${P11_MODULE:-${MODULE:-$SOFTHSM}}" --token-label "$label" --login --pin "$PIN" "$@" 2>>"$T/p11.err"
}

# What a token holds, sorted: all that a test compares to see that nothing was lost and nothing came.
token_holds() {
  p11 "$1" --list-objects >"$T/holds" || fail "the token $1 cannot be read: $(tail -n 3 "$T/p11.err")"
  sed 's/[[:space:]]*$//' "$T/holds"
}

# token_counts LABEL: "private public certificates"
token_counts() {
  token_holds "$1" >"$T/counted"
  printf '%s %s %s' "$(grep -c '^Private Key Object' "$T/counted" || true)" \
    "$(grep -c '^Public Key Object' "$T/counted" || true)" "$(grep -c '^Certificate Object' "$T/counted" || true)"
}

# The flags of a token, as C_GetTokenInfo says.
token_flags() {
  pkcs11-tool --module "${P11_MODULE:-${MODULE:-$SOFTHSM}}" --list-token-slots 2>/dev/null |
    awk -v label="$1" '$1 == "token" && $2 == "label" { sub(/^[^:]*: */, ""); sub(/ *$/, ""); here = ($0 == label); next } here && $1 == "token" && $2 == "flags" { sub(/^[^:]*: /, ""); print }'
}

# token_is_whole LABEL: exactly one key pair, one certificate, all of one CKA_ID, and the certificate is of that key.
token_is_whole() {
  local label=$1 ids
  [ "$(token_counts "$label")" = "1 1 1" ] || fail "the token holds not one pair and one certificate, but $(cat "$T/counted")"
  ids=$(sed -n 's/^ *ID: *//p' "$T/counted" | sort -u)
  same "the number of different CKA_IDs" "$(wc -l <<<"$ids")" 1
  KEY_ID=$ids
  p11 "$label" --read-object --type cert --id "$ids" --output-file "$T/cert.der" >/dev/null
  openssl x509 -inform DER -in "$T/cert.der" -out "$T/cert.pem"
  head -c 100 /dev/urandom >"$T/challenge"
  cp "$T/challenge" "$T/to-sign"
  if [ "${SIGN_MECHANISM:=SHA256-RSA-PKCS}" = RSA-PKCS ]; then
    # What the token does not hash it gets as a DigestInfo (RFC 8017 §9.2, note 1).
    {
      printf '\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20'
      openssl dgst -sha256 -binary "$T/challenge"
    } >"$T/to-sign"
  fi
  p11 "$label" --sign --mechanism "$SIGN_MECHANISM" --id "$ids" --input-file "$T/to-sign" --output-file "$T/signature" >/dev/null ||
    fail "the key does not sign: $(cat "$T/p11.err")"
  openssl x509 -in "$T/cert.pem" -noout -pubkey >"$T/public.pem"
  openssl dgst -sha256 -verify "$T/public.pem" -signature "$T/signature" "$T/challenge" >"$T/verified" 2>&1 ||
    fail "the key on the token does not fit the certificate: $(cat "$T/verified")"
}

# token_is_empty LABEL
token_is_empty() {
  same "what the token holds (private, public, certificates)" "$(token_counts "$1")" "0 0 0"
}

# --- The practice CA ---------------------------------------------------------------------------------------------------

# ca_start [OPTIONS...]: a practice CA for the whole test file. CA_DIR, CA_URL, CA_ROOT, CA_LOG (every request), CA_PID.
ca_start() {
  CA_DIR=$WORK/ca CA_LOG=$WORK/ca.log CA_ROOT=$WORK/ca/practice-ca.pem
  : >"$WORK/ca.out"
  "$PRACTICE_CA" serve --dir "$CA_DIR" --listen 127.0.0.1:0 --verbose "$@" </dev/null >"$WORK/ca.out" 2>"$CA_LOG" &
  CA_PID=$!
  started "$CA_PID"
  until_true 30 ca_answers || fail_early "the practice CA does not start: $(cat "$WORK/ca.out" "$CA_LOG")"
}
ca_answers() {
  alive "$CA_PID" || fail_early "the practice CA has ended: $(cat "$WORK/ca.out" "$CA_LOG")"
  CA_URL=$(awk '$1 == "READY" { print $2 }' "$WORK/ca.out")
  [ -n "$CA_URL" ]
}
fail_early() {
  echo "$E2E_THEME: $*" >&2
  exit 1
}

# The CA's certificates, as anybody can fetch them.
ca_chain() {
  curl -sS --cacert "$CA_ROOT" "${CA_URL/127.0.0.1/localhost}/cacerts" | base64 -di |
    openssl pkcs7 -inform DER -print_certs
}

# ca_issued CN: how many certificates the CA has issued for this Common Name.
ca_issued() {
  "$PRACTICE_CA" issued --dir "$CA_DIR" --json | jq -r --arg cn "$1" 'select(.common_name == $cn) | .serial' | wc -l
}

# ca_account FIELD: what the CA keeps of the test's account: failures, locked, issued.
ca_account() {
  "$PRACTICE_CA" account list --dir "$CA_DIR" --json | jq -r --arg contract "$CONTRACT" --arg user "${USER_ID:-}" \
    ".[] | select(.fields.contract_id == \$contract and (.fields.user_id // \"\") == \$user) | .$1"
}

# ca_submits: how many requests for a certificate the CA has got. Tests of one file run one after the other, so a test may
# compare two counts.
ca_submits() {
  grep -c 'POST .*/simpleenroll' "$CA_LOG" || true
}

# account_admin [OPTIONS...], account_user [OPTIONS...]: a new account at the practice CA. ACCOUNT (its JSON), CONTRACT,
# USER_ID, ACCOUNT_PIN, ACCOUNT_CONFIRM, CN.
account_admin() {
  ACCOUNT=$("$PRACTICE_CA" account add --dir "$CA_DIR" --role admin --random 1 --json "$@" | jq '.[0]')
  account_read
}
account_user() {
  ACCOUNT=$("$PRACTICE_CA" account add --dir "$CA_DIR" --role user --random 1 --json "$@" | jq '.[0]')
  account_read
}
account_read() {
  CONTRACT=$(jq -r .fields.contract_id <<<"$ACCOUNT")
  USER_ID=$(jq -r '.fields.user_id // ""' <<<"$ACCOUNT")
  ACCOUNT_PIN=$(jq -r '.fields.user_pin // .fields.contract_pin' <<<"$ACCOUNT")
  ACCOUNT_CONFIRM=$(jq -r '.fields.confirm_pin // ""' <<<"$ACCOUNT")
  CN=$CONTRACT${USER_ID}1283
  HOTP_COUNTER=0
}

# otp [SECONDS]: the one-time password that the account's TOTP token shows now, or some seconds later (never earlier: the clock
# goes on, and the CA takes one step to each side); a HOTP token's next one.
otp() {
  if jq -e .hotp <<<"$ACCOUNT" >/dev/null; then
    jq -r .hotp <<<"$ACCOUNT" | oathtool --hotp -b -c "$HOTP_COUNTER" -
  else
    jq -r .totp <<<"$ACCOUNT" | oathtool --totp -b -N "@$(($(date +%s) + ${1:-0}))" -
  fi
}

# answers_admin, answers_user [SECONDS]: the answers of the account, a one-time password of now among them. ANSWERS.
answers_admin() {
  ANSWERS=$T/answers.json
  jq -n --arg contract "$CONTRACT" --arg pin "$ACCOUNT_PIN" --arg confirm "$ACCOUNT_CONFIRM" --arg token "$PIN" \
    '{contract_id: $contract, contract_pin: $pin, confirm_pin: $confirm, token_pin: $token}' >"$ANSWERS"
}
answers_user() {
  ANSWERS=$T/answers.json
  OTP_GIVEN=$(otp "${1:-0}")
  HOTP_COUNTER=$((HOTP_COUNTER + 1))
  jq -n --arg contract "$CONTRACT" --arg user "$USER_ID" --arg pin "$ACCOUNT_PIN" --arg otp "$OTP_GIVEN" --arg token "$PIN" \
    '{contract_id: $contract, user_id: $user, user_pin: $pin, otp: $otp, token_pin: $token}' >"$ANSWERS"
}
# answers_with NAME VALUE: one of them otherwise. answers_without NAME: one of them left out.
answers_with() {
  jq --arg name "$1" --arg value "$2" '.[$name] = $value' "$ANSWERS" >"$T/answers.new"
  mv "$T/answers.new" "$ANSWERS"
}
answers_without() {
  jq --arg name "$1" 'del(.[$name])' "$ANSWERS" >"$T/answers.new"
  mv "$T/answers.new" "$ANSWERS"
}

# --- A server that misbehaves -------------------------------------------------------------------------------------------

BYTESERVER=${E2E_BYTESERVER:-$E2E_BIN/../tests/server/byteserver}

# server_start [OPTIONS...]: answers by the script on standard input (tests/server/byteserver.c says how). SERVER_URL and
# SERVER_ROOT, and SERVER_LOG with a line a request.
server_start() {
  SERVER_LOG=$T/server.log SERVER_ROOT=$T/server.pem
  cat >"$T/script"
  rm -f "$T/server.in" "$T/server.out" "$SERVER_LOG" "$SERVER_ROOT"
  : >"$SERVER_LOG"
  mkfifo "$T/server.in"
  : >"$T/server.out"
  # Opened for both, so that its standard input stays open until it is stopped.
  "$BYTESERVER" --script "$T/script" --anchors "$SERVER_ROOT" --log "$SERVER_LOG" "$@" <>"$T/server.in" >"$T/server.out" 2>"$T/server.err" &
  SERVER_PID=$!
  started "$SERVER_PID"
  until_true 30 server_answers || fail "the byte server does not start: $(cat "$T/server.err")"
}
server_answers() {
  alive "$SERVER_PID" || fail "the byte server has ended: $(cat "$T/server.err")"
  SERVER_URL=https://localhost:$(awk '$1 == "port" { print $2 }' "$T/server.out")/.well-known/est
  [ "$SERVER_URL" != https://localhost:/.well-known/est ]
}
server_stop() {
  stop "$SERVER_PID"
  wait "$SERVER_PID" 2>/dev/null || true
}

# server_heard PATTERN: how many requests of its log fit.
server_heard() {
  grep -v '^closed ' "$SERVER_LOG" | grep -cE -- "$1" || true
}

# --- The institution ----------------------------------------------------------------------------------------------------

# profile_new [URL ROOT]: the practice bank at the practice CA, or at another server. PROFILE.
profile_new() {
  local url=${1:-${CA_URL/127.0.0.1/localhost}} root=${2:-$CA_ROOT}
  mkdir -p "$T/profile"
  PROFILE=$T/profile/practice.yaml
  sed -e "s|^  url: .*|  url: $url|" "$E2E_SOURCE/profiles/practice.yaml" >"$PROFILE"
  printf 'module: %s\n' "${MODULE:-$SOFTHSM}" >>"$PROFILE"
  cp "$root" "$T/profile/practice-ca.pem"
}

# --- Running the tests ------------------------------------------------------------------------------------------------

# skip WORDS...: the test cannot be run here, and says why.
skip() {
  echo "SKIPPED: $*"
  exit 77
}

run_one() {
  T=$WORK/$1
  mkdir -p "$T/state"
  : >"$T/out"
  : >"$T/err"
  export XDG_STATE_HOME=$T/state
  softhsm_home "$T/hsm"
  "$1"
}

run_tests() {
  local name status began failed=0 ran=0 skipped=0
  for name in $(declare -F | awk '$3 ~ /^test_/ { print $3 }'); do
    case "$name" in *"${E2E_ONLY:-}"*) ;; *) continue ;; esac
    began=${EPOCHREALTIME/./}
    set +e
    (
      set -e
      run_one "$name"
    ) >"$WORK/$name.log" 2>&1
    status=$?
    set -e
    ran=$((ran + 1))
    printf '%-60s %5d ms  ' "${name#test_}" $(((${EPOCHREALTIME/./} - began) / 1000))
    case "$status" in
      0) echo ok ;;
      77)
        skipped=$((skipped + 1))
        grep '^SKIPPED' "$WORK/$name.log"
        ;;
      *)
        failed=$((failed + 1))
        echo "FAILED (status $status)"
        sed 's/^/    /' "$WORK/$name.log"
        ;;
    esac
  done
  if [ "$ran" -eq 0 ]; then
    echo "$E2E_THEME: no test was run"
    exit 1
  fi
  [ "$failed" -eq 0 ] || exit 1
  [ "$skipped" -lt "$ran" ] || exit 77
}
