#!/usr/bin/env bash
# Revocation: the command, the log, the CRL as openssl reads it, and where certificates say it is.
# shellcheck source=tests/practiceca/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/practiceca/renewal.sh
. "$(dirname "$0")/renewal.sh"
serve --crl-url http://ca.example:8080/crl
own_ca

# crl: the CRL of the server as PEM; field NAME: what openssl says of it.
crl() {
  get /crl
  expect "the CRL" "200 application/pkix-crl" "$status $(header content-type)"
  openssl crl -inform DER -in "$work/answer" -out "$work/crl.pem" 2>/dev/null || fail "openssl cannot read the CRL"
}
field() { openssl crl -in "$work/crl.pem" -noout "-$1" | sed 's/.*=//'; }
revoke() { "$program" revoke --dir "$dir" "$@" >"$work/words" 2>&1 || echo $?; }
checked() {
  if openssl verify -crl_check -CAfile "$anchors" -untrusted "$dir/issuing.pem" -CRLfile "$work/crl.pem" "$work/$1.pem" >"$work/verified" 2>&1; then
    echo good
  else
    grep -o 'certificate revoked' "$work/verified"
  fi
}

crl
expect "an empty one" 'No Revoked Certificates.' "$(openssl crl -in "$work/crl.pem" -noout -text | grep 'No Revoked')"
first=$(field crlnumber)
expect "signed by the issuing CA" 'verify OK' "$(openssl crl -in "$work/crl.pem" -CAfile "$dir/issuing.pem" -noout 2>&1)"
expect "with its key identifier" "$(openssl x509 -in "$dir/issuing.pem" -noout -ext subjectKeyIdentifier | tail -1 | tr -d ' ')" \
  "$(openssl crl -in "$work/crl.pem" -noout -text | grep -A1 'Authority Key Identifier' | tail -1 | tr -d ' ')"
expect "good for a week" 7 "$((($(date -d "$(field nextupdate)" +%s) - $(date -d "$(field lastupdate)" +%s)) / 86400))"
crl
expect "the same while nothing happens" "$first" "$(field crlnumber)"

for person in anna bert carl; do enrolled $person; done
expect "certificates say where it is" 'URI:http://ca.example:8080/crl' "$(openssl x509 -in "$work/anna.pem" -noout -ext crlDistributionPoints | grep -o 'URI:.*')"
expect "good" good "$(checked anna)"
expect "revoked while the server runs" "" "$(revoke --serial "$(serial_of anna)" --reason keyCompromise)"
expect "with colons, in lower case" "" "$(revoke --serial "$(serial_of bert | tr A-F a-f | sed 's/../&:/g; s/:$//')")"
crl
expect "a new number" $((0x${first#0x} + 1)) $(($(field crlnumber)))
expect "revoked" 'certificate revoked' "$(checked anna)"
expect "revoked, without a reason" 'certificate revoked' "$(checked bert)"
expect "not revoked" good "$(checked carl)"
expect "one reason stands there" 'Key Compromise' "$(openssl crl -in "$work/crl.pem" -noout -text | grep -A1 'CRL Reason Code' | tail -1 | sed 's/^ *//')"
expect "and not unspecified (RFC 5280 §5.3.1)" 1 "$(openssl crl -in "$work/crl.pem" -noout -text | grep -c 'CRL Reason Code')"
expect "the log" '["keyCompromise","unspecified",null]' "$("$program" issued --dir "$dir" --json | jq -s -c 'map(.revoked.reason)')"
expect "the list" 2 "$("$program" issued --dir "$dir" --lang en | grep -c ' revoked$')"
expect "twice" 8 "$(revoke --serial "$(serial_of anna)")"
grep -q 'already' "$work/words" || fail "it does not say that it is revoked already"
expect "nobody's" 8 "$(revoke --serial 00112233)"
number=$(field crlnumber)
stop

serve --plain-listen 127.0.0.1:0 --plain-port-file "$work/plain-port"
expect "the port of what needs no TLS" "$plain" "$(cat "$work/plain-port")"
curl -sS "http://127.0.0.1:$plain/crl" -o "$work/plain.crl"
crl
expect "the CRL without TLS" "$(sha256sum <"$work/answer")" "$(sha256sum <"$work/plain.crl")"
expect "EST without TLS" 404 "$(curl -sS -o "$work/words" -w '%{http_code}' "http://127.0.0.1:$plain/.well-known/est/cacerts")"
stop

serve
crl
expect "the CRL survives a restart" "$number" "$(field crlnumber)"
expect "and HEAD" 200 "$(curl -sSI --cacert "$anchors" -o "$work/head" -w '%{http_code}' "https://localhost:$port/crl")"
get /crl -X POST
expect "POST" 405 "$status"
enrolled dora
expect "without --crl-url certificates do not say where it is" "" "$(openssl x509 -in "$work/dora.pem" -noout -ext crlDistributionPoints 2>/dev/null | grep URI || true)"
stop
if later +30d; then
  serve
  crl
  expect "an old one gives way to the next" $(($(printf '%d' "$number") + 1)) $(($(field crlnumber)))
fi
done_here
