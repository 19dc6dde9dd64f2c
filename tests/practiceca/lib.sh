# shellcheck shell=bash disable=SC2034,SC2119,SC2120 # the names are for the scripts that source this
# For the tests of the practice CA: a directory, servers on free ports, accounts, requests, enrolments, and what is expected.
# Source it with the program as the first argument of the script; everything is stopped and removed at the end.
set -euo pipefail
program=$1
work=$(mktemp -d "${TMPDIR:-/tmp}/inkan-practiceca.XXXXXX")
dir=$work/ca
anchors=$dir/practice-ca.pem
servers=()
failed=0
unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY
export LC_ALL=C.UTF-8
# gojq knows the same language, in a tenth of the time: a test asks often. It sorts the keys of objects: what writes them in one line is left to jq.
jq() {
  case " $* " in
    *" -c "* | *tojson*) command jq "$@" ;;
    *) gojq "$@" ;;
  esac
}

finish() {
  local status=$?
  for pid in "${servers[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${servers[@]}"; do wait "$pid" 2>/dev/null || true; done
  rm -rf "$work"
  [ "$status" -eq 0 ] || echo "the script ended with $status"
}
trap finish EXIT

fail() {
  echo "FAILED: $*"
  failed=1
}

# expect WHAT WANTED GOT
expect() {
  if [ "$2" = "$3" ]; then echo "ok: $1"; else fail "$1: \"$3\" and not \"$2\""; fi
}

# done_here: the last line of each script.
done_here() { exit "$failed"; }

# serve [OPTION…]: starts a server; its port is in $port, that of its login page in $login, that without TLS in $plain, its process in $server.
serve() {
  local out=$work/out.${#servers[@]}
  "$program" serve --dir "$dir" --listen 127.0.0.1:0 "$@" >"$out" 2>"$out.err" &
  server=$!
  servers+=("$server")
  for _ in $(seq 400); do
    if grep -qs '^READY ' "$out"; then break; fi
    kill -0 "$server" 2>/dev/null || break
    sleep 0.05
  done
  port=$(sed -n 's|^READY https://[^ ]*:\([0-9]*\)/.*|\1|p' "$out")
  login=$(sed -n 's|^READY .* login=https://[^ ]*:\([0-9]*\)/$|\1|p' "$out")
  plain=$(sed -n 's|^READY .* plain=http://[^ ]*:\([0-9]*\)/$|\1|p' "$out")
  [ -n "$port" ] || { cat "$out" "$out.err"; echo "the server did not start"; exit 1; }
}

# stop: the newest server, by SIGTERM; its status in $stopped.
stop() {
  kill -TERM "$server"
  stopped=0
  wait "$server" || stopped=$?
}

# account ROLE [OPTION…]: a random account; sets contract, user, pin, confirm, totp, hotp, name, common.
account() {
  local json
  json=$("$program" account add --dir "$dir" --role "$1" --random 1 --json "${@:2}")
  contract=$(jq -r '.[0].fields.contract_id' <<<"$json")
  user=$(jq -r '.[0].fields.user_id // ""' <<<"$json")
  pin=$(jq -r '.[0].fields | .user_pin // .contract_pin' <<<"$json")
  confirm=$(jq -r '.[0].fields.confirm_pin // ""' <<<"$json")
  totp=$(jq -r '.[0].totp // ""' <<<"$json")
  hotp=$(jq -r '.[0].hotp // ""' <<<"$json")
  name=$contract${user:+/$user}
  common=$contract${user}1283
}

otp_now() { oathtool --totp -b "$totp"; }

# otp_fresh: waits for a step that has some seconds left, so that a test does not cross its end.
otp_fresh() {
  while [ $((30 - $(date +%s) % 30)) -lt 6 ]; do sleep 0.5; done
  otp_now
}

# request FILE COMMON_NAME [OPTION of openssl req…]: a request in base64, with a key made once.
request() {
  [ -e "$work/key.pem" ] || openssl genrsa -out "$work/key.pem" 2048 2>/dev/null
  openssl req -new -key "$work/key.pem" -subj "/C=JP/O=Practice Shinkin Bank/CN=$2" -outform DER "${@:3}" 2>/dev/null |
    openssl base64 >"$1"
}

# post FILE USER PASSWORD [OPTION of curl…]: the status in $status, answer and headers in $work/answer and $work/headers.
# The credentials go through a file, like anything secret. $content_type is sent, unless it is empty.
content_type=application/pkcs10
post() {
  local credentials=()
  if [ -n "$2" ]; then
    printf 'user = "%s:%s"\n' "$2" "$3" >"$work/credentials"
    credentials=(-K "$work/credentials")
  fi
  status=$(curl -sS --cacert "$anchors" "${credentials[@]}" -H "Content-Type:${content_type:+ $content_type}" --data-binary "@$1" \
    -D "$work/headers" -o "$work/answer" -w '%{http_code}' "${@:4}" "https://localhost:$port/.well-known/est/simpleenroll" \
    2>"$work/curl.err") || status="curl $?: $(cat "$work/curl.err")"
}

# reenroll FILE NAME [OPTION of curl…]: the same as post, at /simplereenroll, with the client certificate $work/NAME.pem and its key
# $work/NAME.key; without any for an empty NAME. No credentials. $language is asked for, unless it is empty.
language=en
reenroll() {
  local with=()
  if [ -n "$2" ]; then with=(--cert "$work/$2.pem" --key "$work/$2.key"); fi
  status=$(curl -sS --cacert "$anchors" "${with[@]}" -H "Content-Type:${content_type:+ $content_type}" -H "Accept-Language:${language:+ $language}" \
    --data-binary "@$1" -D "$work/headers" -o "$work/answer" -w '%{http_code}' "${@:3}" \
    "https://localhost:$port/.well-known/est/simplereenroll" 2>"$work/curl.err") || status="curl $?: $(cat "$work/curl.err")"
}

# challenged FILE WORD [NAME]: a request for the account in base64 that carries the word as its challengePassword; with key.pem, or with
# NAME.key.
challenged() {
  local key=$work/${3:-key}.key
  [ -n "${3:-}" ] || key=$work/key.pem
  printf '%s\n' '[req]' 'prompt = no' 'string_mask = utf8only' 'distinguished_name = dn' 'attributes = attributes' '[dn]' 'C = JP' \
    'O = Practice Shinkin Bank' "CN = $common" '[attributes]' "challengePassword = $2" >"$work/challenge.cnf"
  openssl req -new -key "$key" -config "$work/challenge.cnf" -outform DER | openssl base64 >"$1"
}

# linked OPERATION NAME HEADER [OPTION of gnutls-cli…]: GnuTLS's client tells the connection's tls-unique (TLS 1.2), and a request of the
# key NAME (empty: key.pem) with it as challengePassword goes over the same connection; the status line in $got. $without: what the client's
# TLS goes without (":%NO_SESSION_HASH").
linked() {
  local unique='' line escaped client
  coproc gnutls { exec stdbuf -oL gnutls-cli --verbose --x509cafile "$anchors" --priority "NORMAL:-VERS-ALL:+VERS-TLS1.2${without:-}" "${@:4}" -p "$port" localhost 2>&1; }
  # shellcheck disable=SC2154 # coproc sets it
  client=$gnutls_PID
  exec 8<&"${gnutls[0]}" 9>&"${gnutls[1]}"
  while IFS= read -r -t 10 -u 8 line; do
    case $line in
      *"'tls-unique': "*) unique=${line##*: } ;;
      *"Simple Client Mode"*) break ;;
    esac
  done
  # shellcheck disable=SC2001 # two characters at a time
  escaped=$(sed 's/../\\x&/g' <<<"$unique")
  challenged "$work/unique.b64" "$(printf '%b' "$escaped" | openssl base64)" "$2"
  {
    printf 'POST /.well-known/est/%s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n' "$1"
    printf '%s\r\nContent-Type: application/pkcs10\r\n' "$3"
    printf 'Content-Length: %s\r\n\r\n' "$(wc -c <"$work/unique.b64")"
    cat "$work/unique.b64"
  } >&9
  got=
  while IFS= read -r -t 10 -u 8 line; do
    case $line in *HTTP/1.1*) got=HTTP/1.1${line//$'\r'/} && got=HTTP/1.1${got##*HTTP/1.1} && break ;; esac
  done
  exec 8<&- 9>&-
  wait "$client" 2>/dev/null || true
}

# get PATH [OPTION of curl…]
get() {
  status=$(curl -sS --cacert "$anchors" -D "$work/headers" -o "$work/answer" -w '%{http_code}' "${@:2}" \
    "https://localhost:$port$1" 2>"$work/curl.err") || status="curl $?: $(cat "$work/curl.err")"
}

header() { sed -n "s/^$1: \(.*\)\r\$/\1/Ip" "$work/headers"; }

# certificates: the answer as PEM; the first is the new one.
certificates() { openssl base64 -d -in "$work/answer" | openssl pkcs7 -inform DER -print_certs; }

issued() { "$program" issued --dir "$dir" --json | wc -l; }
