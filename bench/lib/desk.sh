# shellcheck shell=bash disable=SC2034
# What the figures of enrolments share: a practice CA, an administrator, one SoftHSM token that is as new before each run. Sourced.
#
# DESK is the temporary directory; at the end it goes, with every process started here.
set -euo pipefail
BENCH=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
: "${INKAN_BENCH_BIN:=$BENCH/../build/gcc-release/bin}"
INKAN=$INKAN_BENCH_BIN/inkan
PRACTICE_CA=$INKAN_BENCH_BIN/inkan-practice-ca
TOOLS=$INKAN_BENCH_BIN/../bench
export LC_ALL=C.UTF-8 LANGUAGE=en TZ=UTC
unset OPENSSL_CONF SSL_CERT_FILE SSL_CERT_DIR http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY

umask 077
DESK=$(mktemp -d "${TMPDIR:-/tmp}/inkan-bench.XXXXXX")
export HOME=$DESK/home XDG_STATE_HOME=$DESK/state
mkdir "$HOME" "$XDG_STATE_HOME" "$DESK/profile"
CA_PID='' TOKENS=''
desk_end() {
  trap - EXIT INT TERM
  if [ -n "$CA_PID" ]; then
    kill "$CA_PID" 2>/dev/null || true
    wait "$CA_PID" 2>/dev/null || true
  fi
  rm -rf "$DESK" ${TOKENS:+"$TOKENS"}
}
trap desk_end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

SOFTHSM=
for at in /usr/lib/*/softhsm/libsofthsm2.so /usr/lib/softhsm/libsofthsm2.so; do
  if [ -e "$at" ]; then SOFTHSM=$at; fi
done

# The token's files lie in memory where there is room: SoftHSM truncates a file some thirty times to write one object, and what a busy
# disk makes of that says nothing about those who are compared. The journal is on the disk.
PIN=70912653
desk_token() {
  TOKENS=$DESK
  [ ! -w /dev/shm ] || TOKENS=$(mktemp -d /dev/shm/inkan-bench.XXXXXX)
  mkdir "$TOKENS/tokens"
  printf 'directories.tokendir = %s/tokens\nobjectstore.backend = file\nlog.level = ERROR\n' "$TOKENS" >"$DESK/softhsm2.conf"
  export SOFTHSM2_CONF=$DESK/softhsm2.conf
  softhsm2-util --init-token --free --label bench --pin "$PIN" --so-pin 48205617 >/dev/null
  cp -a "$TOKENS/tokens" "$TOKENS/tokens.new"
}
# The token as it was: the same one, with nothing on it.
token_renew() {
  rm -rf "$TOKENS/tokens"
  cp -a "$TOKENS/tokens.new" "$TOKENS/tokens"
}

# desk_ca [OPTIONS...]
desk_ca() {
  : >"$DESK/ca.out"
  "$PRACTICE_CA" serve --dir "$DESK/ca" --listen 127.0.0.1:0 "$@" </dev/null >"$DESK/ca.out" 2>"$DESK/ca.err" &
  CA_PID=$!
  local i
  for ((i = 0; i < 500; i++)); do
    CA_URL=$(awk '$1 == "READY" { print $2 }' "$DESK/ca.out")
    [ -z "$CA_URL" ] || break
    sleep 0.02
  done
  CA_URL=${CA_URL/127.0.0.1/localhost}
  CA_ROOT=$DESK/ca/practice-ca.pem
}

# desk_profile MODULE: the practice bank at this CA.
desk_profile() {
  PROFILE=$DESK/profile/practice.yaml
  sed -e "s|^  url: .*|  url: $CA_URL|" "$BENCH/../profiles/practice.yaml" >"$PROFILE"
  printf 'module: %s\n' "$1" >>"$PROFILE"
  cp "$CA_ROOT" "$DESK/profile/practice-ca.pem"
}

desk_person() {
  local account
  account=$("$PRACTICE_CA" account add --dir "$DESK/ca" --role admin --random 1 --json | jq -c '.[0].fields')
  USER_NAME=$(jq -r .contract_id <<<"$account")
  PASSWORD=$(jq -r '.contract_pin + ":" + .confirm_pin' <<<"$account")
  CN=${USER_NAME}1283
  ANSWERS=$DESK/answers.json
  jq -c --arg pin "$PIN" '. + {token_pin: $pin}' <<<"$account" >"$ANSWERS"
}

# desk_open MODULE [OPTIONS of the CA...]: all of it.
desk_open() {
  desk_token
  desk_ca "${@:2}"
  desk_person
  desk_profile "$1"
  ENROLL=("$INKAN" enroll --yes --profile "$PROFILE" --role admin --token pkcs11:token=bench --answers "$ANSWERS")
}
# The profile's first use is agreed to, and the journal is there: what every later enrolment finds.
desk_usual() {
  token_renew
  "${ENROLL[@]}" </dev/null >"$DESK/first" 2>&1 || {
    cat "$DESK/first" >&2
    exit 1
  }
  token_renew
}
