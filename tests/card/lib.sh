# shellcheck shell=bash disable=SC2034
# Tests with virtual cards in the readers of a real pcscd. Sourced, not run, and first of all: the test file starts again in
# namespaces of its own, and tests/e2e/lib.sh comes along with it.
#
#   . "$here/../card/lib.sh"
#   readers_start 2
#   test_something() {
#     card_start one 0 --firmware 5.4.3
#     ...
#     card_do one remove
#   }
#   run_tests
#
# pcscd's socket is a fixed path and vpcd's ports are fixed numbers: with a mount, network and process namespace for each test
# file they run beside each other, as root or, where the kernel lets them, as anybody. Where neither is allowed the file runs
# as it stands, alone (CMakeLists.txt then gives all of them one lock), and only as root. Everything that was started ends with
# the namespace, however the test file ends.
#
#   CARD_BIN      where virtual-card is (ctest sets it)
CARD_SOURCE=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

card_namespaces() {
  local -a plain=(unshare -mn --pid --fork --kill-child --mount-proc) user=(unshare -Urmn --pid --fork --kill-child --mount-proc)
  export CARD_NAMESPACES=own
  if "${plain[@]}" true 2>/dev/null; then exec "${plain[@]}" -- "$0" "$@"; fi
  if "${user[@]}" true 2>/dev/null; then exec "${user[@]}" -- "$0" "$@"; fi
  CARD_NAMESPACES=none
  echo "$(basename "$0"): namespaces are refused here; pcscd is started for all to see"
}
if [ -z "${CARD_NAMESPACES:-}" ]; then card_namespaces "$@"; fi

# shellcheck source=tests/e2e/lib.sh
. "$CARD_SOURCE/tests/e2e/lib.sh"

: "${CARD_BIN:=$E2E_BIN/../tests/card}"
VIRTUAL_CARD=$CARD_BIN/virtual-card
PIV_PIN=123456 PIV_PUK=12345678 PIV_MANAGEMENT=010203040506070801020304050607080102030405060708
CARD_PORT=35100
CARD_READERS=0
YKCS11=
OPENSC=
for at in /usr/lib/*/libykcs11.so.2 /usr/lib/libykcs11.so.2; do
  if [ -e "$at" ]; then YKCS11=$at; fi
done
for at in /usr/lib/*/opensc-pkcs11.so /usr/lib/opensc-pkcs11.so; do
  if [ -e "$at" ]; then OPENSC=$at; fi
done
PCSC_DRIVER=/usr/lib/pcsc/drivers/serial/libifdvpcd.so
readonly YKCS11 OPENSC VIRTUAL_CARD

card_need() {
  local program
  for program in "$VIRTUAL_CARD" /usr/sbin/pcscd; do
    [ -x "$program" ] || fail_early "$program is missing"
  done
  [ -e "$PCSC_DRIVER" ] || fail_early "the driver of vsmartcard-vpcd is missing"
}

# --- Readers -----------------------------------------------------------------------------------------------------------

# A /run/pcscd that nobody else sees, and a loopback.
card_ground() {
  if [ "$CARD_NAMESPACES" != own ]; then
    [ "$(id -u)" -eq 0 ] || skip_file "without namespaces pcscd wants root"
    if [ -e /run/pcscd/pcscd.comm ]; then skip_file "another pcscd is running"; fi
    mkdir -p /run/pcscd
    return
  fi
  ip link set lo up
  if ! mountpoint -q /run/pcscd; then
    # Where the directory is not there and cannot be made, all of /run is covered.
    if [ -d /run/pcscd ]; then mount -t tmpfs none /run/pcscd; else mount -t tmpfs none /run && mkdir /run/pcscd; fi
  fi
}
skip_file() {
  echo "$E2E_THEME: SKIPPED: $*"
  exit 77
}

# readers_start N [NAME]: a pcscd with N readers, empty, called "NAME" with a number ("Yubico Virtual Reader": ykcs11 looks at
# readers of no other name). READER[0] ... are their names as PC/SC has them; PCSCD_PID, PCSCD_LOG.
readers_start() {
  local n=$1 name=${2:-Yubico Virtual Reader} i
  card_need
  card_ground
  READERS_DIR=$WORK/readers
  PCSCD_LOG=$WORK/pcscd.log
  rm -rf "$READERS_DIR"
  # pcscd reads every file of its directory: the drivers lie elsewhere.
  mkdir -p "$READERS_DIR" "$WORK/drivers"
  CARD_READERS=$n
  READER=()
  for ((i = 0; i < n; i++)); do
    readers_add "$i" "$name $((i + 1))"
  done
  pcscd_start
}

# A driver of its own for each reader (one_slot.c says why).
readers_add() {
  local i=$1 name=$2 port
  port=$(printf '0x%X' $((CARD_PORT + 2 * i)))
  cp "$CARD_BIN/one-slot.so" "$WORK/drivers/driver-$i.so"
  cp "$PCSC_DRIVER" "$WORK/drivers/driver-$i.so.vpcd"
  printf 'FRIENDLYNAME "%s"\nDEVICENAME /dev/null:%s\nLIBPATH %s\nCHANNELID %s\n' \
    "$name" "$port" "$WORK/drivers/driver-$i.so" "$port" >>"$READERS_DIR/readers"
  READER+=("$name 00 00")
}

# pcscd_start, pcscd_stop: with the same readers, so that it can be restarted.
pcscd_start() {
  /usr/sbin/pcscd --foreground --config "$READERS_DIR" "${PCSCD_OPTIONS[@]}" </dev/null >>"$PCSCD_LOG" 2>&1 &
  PCSCD_PID=$!
  started "$PCSCD_PID"
  # In a file, for a test that starts it anew is a subshell of its own.
  printf '%s\n' "$PCSCD_PID" >"$WORK/pcscd.started"
  until_true 30 pcscd_answers || fail_early "pcscd does not start: $(tail -n 20 "$PCSCD_LOG")"
}
PCSCD_OPTIONS=()
pcscd_answers() {
  alive "$PCSCD_PID" || fail_early "pcscd has ended: $(tail -n 20 "$PCSCD_LOG")"
  [ -S /run/pcscd/pcscd.comm ]
}
pcscd_stop() {
  PCSCD_PID=$(cat "$WORK/pcscd.started")
  stop "$PCSCD_PID"
  wait "$PCSCD_PID" 2>/dev/null || true
  rm -f /run/pcscd/pcscd.comm /run/pcscd/pcscd.pid
}
readers_stop() {
  pcscd_stop
  rm -rf "$READERS_DIR"
}

# --- Cards -------------------------------------------------------------------------------------------------------------

# card_start NAME READER [OPTIONS...]: a card in the reader with this number (from 0), and waits until pcscd has seen it; with
# --removed it lies beside the reader. Its files are $WORK/cards/NAME.*: log (a line a command), socket, out.
# CARD_ROOT is the root of all statements about keys: one for all cards of the test file.
card_start() {
  local name=$1 reader=$2 base=$WORK/cards/$1 pid
  shift 2
  [ "$reader" -lt "$CARD_READERS" ] || fail "there is no reader $reader"
  mkdir -p "$WORK/cards"
  CARD_ROOT=$WORK/cards/root.pem
  : >"$base.out"
  : >"$base.log"
  "$VIRTUAL_CARD" --port $((CARD_PORT + 2 * reader)) --control "$base.socket" --log "$base.log" \
    --attestation-root "$CARD_ROOT" "$@" </dev/null >"$base.out" 2>"$base.err" &
  pid=$!
  started "$pid"
  card_end_with_test
  printf '%s\n' "$pid" >"$base.pid"
  printf "%s\n" "${READER[reader]}" >"$base.reader"
  until_true 60 card_is_ready "$name" || fail "the card $name does not start: $(cat "$base.err")"
  case " $* " in *" --removed "*) ;; *) card_wait_in "$name" ;; esac
}
# The cards of a test end with it, whatever came of it.
card_end_with_test() {
  if [ "$BASHPID" != "$$" ]; then trap card_stop_all EXIT; fi
}
card_stop_all() {
  local pid
  for pid in "$WORK"/cards/*.pid; do
    [ ! -e "$pid" ] || card_stop "$(basename "$pid" .pid)"
  done
}
card_is_ready() {
  alive "$(cat "$WORK/cards/$1.pid")" || fail "the card $1 has ended: $(cat "$WORK/cards/$1.err")"
  grep -q READY "$WORK/cards/$1.out"
}

# card_do NAME COMMAND...: tells the card (README.md has the commands), prints what it answers.
card_do() {
  local name=$1
  shift
  "$VIRTUAL_CARD" --control "$WORK/cards/$name.socket" --do "$*"
}

# card_counts NAME: "pin=3 puk=3 verify=0 …". card_count NAME WHICH: one of them.
card_counts() {
  card_do "$1" counts
}
card_count() {
  card_counts "$1" | tr ' ' '\n' | sed -n "s/^$2=//p"
}

# card_is NAME WORD: as "connected=1" stands in its state.
card_is() {
  case " $(card_do "$1" state) " in *" $2 "*) return 0 ;; *) return 1 ;; esac
}

# card_insert NAME, card_remove NAME: and waits until pcscd has seen it.
card_insert() {
  card_do "$1" insert
  card_wait_in "$1"
}
# card_is_seen NAME present|empty: both the card and pcscd say so. (A card that is back before pcscd has missed it is, for pcscd,
# the card that it was, and still powered.)
card_is_seen() {
  case "$2" in
    present) card_is "$1" powered=1 ;;
    empty) card_is "$1" inserted=0 ;;
  esac && "$CARD_BIN/reader-states" "$2" "$(cat "$WORK/cards/$1.reader")"
}
card_wait_in() {
  until_true 30 card_is_seen "$1" present || fail "pcscd does not see the card $1: $(tail -n 5 "$PCSCD_LOG")"
}
card_remove() {
  card_do "$1" remove
  card_wait_out "$1"
}
# vpcd sometimes takes some 30 s to miss a card that left in the middle of a command.
card_wait_out() {
  until_true 90 card_is_seen "$1" empty || fail "the card $1 is not out: $(card_do "$1" state); $(tail -n 8 "$PCSCD_LOG")"
}

# card_stop NAME: it ends; what it remembers is in its --state file.
card_stop() {
  local pid
  pid=$(cat "$WORK/cards/$1.pid")
  stop "$pid"
  wait "$pid" 2>/dev/null || true
  rm -f "$WORK/cards/$1.pid"
}

# card_log NAME PATTERN: how many of its commands fit ("00 20 00 80" is a VERIFY).
card_log() {
  grep -cE -- "$2" "$WORK/cards/$1.log" || true
}
