# shellcheck shell=bash disable=SC2154,SC2034 # lib.sh sets and uses the names
# For the tests with client certificates: after lib.sh. Pairs are $work/NAME.key and $work/NAME.pem.

# pair NAME: a key.
pair() { openssl genrsa -out "$work/$1.key" 2048 2>/dev/null; }

# ask FILE NAME SUBJECT [OPTION of openssl req…]: a request of that key in base64.
ask() { openssl req -new -key "$work/$2.key" -subj "$3" -outform DER "${@:4}" 2>/dev/null | openssl base64 >"$1"; }

# enrolled NAME: a new account of an administrator, and its certificate; sets contract, pin, confirm, name, common, subject.
enrolled() {
  account admin
  subject="/C=JP/O=Practice Shinkin Bank/CN=$common"
  pair "$1"
  ask "$work/$1.b64" "$1" "$subject"
  post "$work/$1.b64" "$name" "$pin:$confirm"
  certificates >"$work/$1.pem"
  expect "$1 is enrolled" 200 "$status"
}

# signed NAME KEY CA-NAME PURPOSE [COMMAND…]: a certificate for the key NAME and $subject by a CA's $work/CA-NAME.pem and .key, made by
# openssl under the command (faketime, say).
signed() {
  printf '%s\n' 'basicConstraints=critical,CA:FALSE' 'keyUsage=critical,digitalSignature,keyEncipherment' "extendedKeyUsage=$3" >"$work/signed.ext"
  openssl req -new -key "$work/$1.key" -subj "$subject" -out "$work/signed.csr"
  "${@:4}" openssl x509 -req -in "$work/signed.csr" -CA "$work/$2.pem" -CAkey "$work/$2.key" -set_serial "0x$(openssl rand -hex 12)" -days 10 \
    -extfile "$work/signed.ext" -out "$work/$1.pem" 2>/dev/null
}

# itself NAME SUBJECT: a self-signed certificate, of a CA or of anybody.
itself() { openssl req -x509 -key "$work/$1.key" -subj "$2" -days 3000 -out "$work/$1.pem" "${@:3}"; }

# own_ca: $work/issuing.pem and .key are the practice CA's own.
own_ca() { cp "$dir/issuing.pem" "$dir/issuing.key" "$work/"; }
serial_of() { openssl x509 -in "$work/$1.pem" -noout -serial | sed 's/.*=//'; }

# later OFFSET: from now on serve starts a server whose clock is ahead by it (+400d); false where a sanitizer and libfaketime do not bear
# each other.
later() {
  local library
  if grep -q __asan_init "$program"; then return 1; fi
  library=$(find /usr/lib -name libfaketimeMT.so.1 -print -quit)
  printf '#!/bin/sh\nLD_PRELOAD=%s FAKETIME=%s FAKETIME_DONT_FAKE_MONOTONIC=1 NO_FAKE_STAT=1 exec "%s" "$@"\n' "$library" "$1" "$program" >"$work/later"
  chmod +x "$work/later"
  program=$work/later
}
