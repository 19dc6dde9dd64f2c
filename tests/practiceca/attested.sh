#!/usr/bin/env bash
# The token maker's attestation in a request, as yubico-piv-tool puts it there: checked by the CA's own roots, written into the log, and
# refused with its words when it is missing, wrong, or of another key.
# shellcheck source=tests/practiceca/lib.sh
. "$(dirname "$0")/lib.sh"

# key NAME, and certificate NAME SUBJECT ISSUER [EXTENSION…]: below $work; the issuer may be the certificate itself.
key() { openssl genrsa -out "$work/$1.key" 2048 2>/dev/null; }
certificate() {
  local name=$1 subject=$2 issuer=$3
  shift 3
  printf '%s\n' "$@" >"$work/$name.ext"
  openssl req -new -key "$work/$name.key" -subj "/CN=$subject" -out "$work/$name.csr"
  if [ "$issuer" = "$name" ]; then
    openssl x509 -req -in "$work/$name.csr" -signkey "$work/$name.key" -set_serial 1 -days 3000 -extfile "$work/$name.ext" -out "$work/$name.pem" 2>/dev/null
  else
    openssl x509 -req -in "$work/$name.csr" -CA "$work/$issuer.pem" -CAkey "$work/$issuer.key" -set_serial 2 -days 3000 \
      -extfile "$work/$name.ext" -out "$work/$name.pem" 2>/dev/null
  fi
  openssl x509 -in "$work/$name.pem" -outform DER -out "$work/$name.der"
}
says() { # firmware serial
  printf '%s\n' "1.3.6.1.4.1.41482.3.3=DER:$1" "1.3.6.1.4.1.41482.3.7=ASN1:INTEGER:$2" 1.3.6.1.4.1.41482.3.8=DER:0201
}
hex() { od -An -v -tx1 "$1" | tr -d ' \n'; }

# asks [STATEMENT F9]: a request of the key "ours" for the account's name, with these certificates in it; $work/body.
asks() {
  {
    printf '[req]\ndistinguished_name=dn\nprompt=no\nstring_mask=utf8only\n'
    if [ $# -gt 0 ]; then printf 'req_extensions=ext\n'; fi
    printf '[dn]\nC=JP\nO=Practice Shinkin Bank\nCN=%s\n' "$common"
    if [ $# -gt 0 ]; then
      printf '[ext]\n1.3.6.1.4.1.41482.3.11=DER:%s\n' "$(hex "$work/$1")"
      if [ $# -gt 1 ]; then printf '1.3.6.1.4.1.41482.3.2=DER:%s\n' "$(hex "$work/$2")"; fi
    fi
  } >"$work/req.cnf"
  openssl req -new -key "$work/ours.key" -sha256 -config "$work/req.cnf" -outform DER -out "$work/req.der"
  base64 "$work/req.der" >"$work/body"
}
# sends: as the account, in English; the status in $status, the words in $work/answer.
sends() { post "$work/body" "$name" "$pin:$confirm" -H 'Accept-Language: en'; }
refused() { # what status words
  sends
  expect "$1: status" "$2" "$status"
  expect "$1: words" "$3" "$(cat "$work/answer")"
}

for k in root f9 forged forged9 ours other statement others weak fake; do key "$k"; done
certificate root 'Maker PIV Root CA' root 'basicConstraints=critical,CA:TRUE,pathlen:1'
certificate f9 'Yubico PIV Attestation' root 'basicConstraints=critical,CA:TRUE,pathlen:0'
certificate forged 'Maker PIV Root CA' forged 'basicConstraints=critical,CA:TRUE,pathlen:1'
certificate forged9 'Yubico PIV Attestation' forged 'basicConstraints=critical,CA:TRUE,pathlen:0'
cp "$work/ours.key" "$work/statement.key"
cp "$work/ours.key" "$work/weak.key"
cp "$work/ours.key" "$work/fake.key"
mapfile -t good < <(says 050403 12345678)
mapfile -t old < <(says 040304 12345678)
certificate statement 'YubiKey PIV Attestation 9a' f9 "${good[@]}"
certificate others 'YubiKey PIV Attestation 9a' f9 "${good[@]}"
certificate weak 'YubiKey PIV Attestation 9a' f9 "${old[@]}"
certificate fake 'YubiKey PIV Attestation 9a' forged9 "${good[@]}"
head -c 500 /dev/urandom >"$work/garbage"

expect "to require without roots is a mistake" 2 "$("$program" serve --dir "$dir" --require-attestation >/dev/null 2>&1 || echo $?)"

serve --attestation-roots "$work/root.pem" --require-attestation
account admin
asks
refused "none" 403 "The request must carry the token maker's attestation of the key."
asks garbage f9.der
refused "garbage" 400 "The attestation in the request cannot be read."
asks statement.der garbage
refused "a garbage issuer" 400 "The attestation in the request cannot be read."
asks statement.der
refused "no issuer" 403 "The attestation does not come from a maker that this CA trusts."
asks fake.der forged9.der
refused "a self-made issuer" 403 "The attestation does not come from a maker that this CA trusts."
asks others.der f9.der
refused "another key" 403 "The attestation is about another key than the one in the request."
asks weak.der f9.der
refused "a weak firmware" 403 "The firmware of the token makes weak keys (ROCA, CVE-2017-15361)."
expect "nothing was issued" 0 "$(issued)"
asks statement.der f9.der
sends
expect "a good one: status" 200 "$status"
expect "what is written down" '{"serial":"12345678","firmware":"5.4.3"}' \
  "$("$program" issued --dir "$dir" --json | tail -1 | jq -c .attested)"
certificates >"$work/issued.pem"
expect "it is not certified" 0 "$(openssl x509 -in "$work/issued.pem" -noout -text | grep -c 41482 || true)"

# Bound to that token from now on.
mapfile -t other < <(says 050403 87654321)
cp "$work/ours.key" "$work/another.key"
certificate another 'YubiKey PIV Attestation 9a' f9 "${other[@]}"
asks another.der f9.der
refused "another token" 403 "This account has enrolled with another token. Have the bank release it."
asks statement.der f9.der
sends
expect "the same token again" 200 "$status"
"$program" account release --dir "$dir" --contract-id "$name" >/dev/null
asks another.der f9.der
sends
expect "another token after the release" 200 "$status"
expect "the account's token" 87654321 "$("$program" account list --dir "$dir" --json | jq -r --arg id "$name" '.[] | select(.fields.contract_id == $id) | .token')"

# As files: kept by their keys, judged when the request comes.
adds() { "$program" attestation add --dir "$dir" --file "$work/$1" >/dev/null 2>&1 || echo $?; }
cat "$work/f9.pem" "$work/others.pem" >"$work/others.bundle"
cat "$work/f9.pem" "$work/another.pem" >"$work/another.bundle"
cat "$work/forged9.pem" "$work/fake.pem" >"$work/fake.bundle"
expect "a file that is none" 8 "$(adds f9.pem)"
expect "a file about another key" "" "$(adds others.bundle)"
asks
refused "a file about another key does not count" 403 "The request must carry the token maker's attestation of the key."
expect "a file by a self-made issuer" "" "$(adds fake.bundle)"
refused "a file by a self-made issuer" 403 "The attestation does not come from a maker that this CA trusts."
expect "a good file" "" "$(adds another.bundle)"
sends
expect "a good file: status" 200 "$status"
stop

# A renewal is bound to the token like any other request.
certificates >"$work/ours.pem"
renews() { reenroll "$work/body" ours; }
serve --attestation-roots "$work/root.pem" --reenroll-same-key
asks statement.der f9.der
renews
expect "a renewal from another token: status" 403 "$status"
expect "a renewal from another token: words" "This account has enrolled with another token. Have the bank release it." "$(cat "$work/answer")"
asks another.der f9.der
renews
expect "a renewal from the same token" 200 "$status"
stop

key ours # one that no file is about
# Not required: a request may do without, but a wrong one is refused all the same.
serve --attestation-roots "$work/root.pem"
account admin
asks others.der f9.der
refused "a wrong one where none is required" 403 "The attestation is about another key than the one in the request."
asks
sends
expect "none where none is required" 200 "$status"
expect "nothing is written down" null "$("$program" issued --dir "$dir" --json | tail -1 | jq -c .attested)"
stop

# No roots: it is not looked at.
serve
account admin
asks garbage
sends
expect "unlooked at" 200 "$status"
done_here
