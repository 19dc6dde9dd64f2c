#!/usr/bin/env bash
# TLS 1.2 and 1.3 only; /csrattrs as configured; challengePassword: configured, or linked to the connection.
. "$(dirname "$0")/lib.sh"
serve
handshake() { openssl s_client -connect "localhost:$port" -CAfile "$anchors" -verify_return_error "$@" </dev/null >"$work/tls" 2>&1 && echo yes || echo no; }
expect "TLS 1.3" yes "$(handshake -tls1_3 -verify_hostname localhost)"
expect "TLS 1.2" yes "$(handshake -tls1_2 -verify_ip 127.0.0.1)"
expect "its certificate names ::1 too" yes "$(handshake -verify_ip ::1)"
expect "and nobody else" no "$(handshake -verify_hostname bank.example)"
expect "TLS 1.1" no "$(handshake -tls1_1 -cipher DEFAULT@SECLEVEL=0)"
expect "TLS 1.0" no "$(handshake -tls1 -cipher DEFAULT@SECLEVEL=0)"
curl -sS --max-time 5 "http://localhost:$port/.well-known/est/cacerts" -o "$work/plain" 2>/dev/null && fail "it answers without TLS"
get /.well-known/est/cacerts
expect "and goes on after all that" 200 "$status"
get /.well-known/est/csrattrs
expect "csrattrs: nothing to say" 204 "$status"

account user
request "$work/linked.b64" "$common"
challenged "$work/challenge.b64" "not the connection"
post "$work/challenge.b64" "$name" "$pin:$(otp_now)"
expect "a challengePassword that is not this connection's" 403 "$status"

# Without the extended master secret somebody in between can give two connections the same: it is no link, and no password is spent.
without=:%NO_SESSION_HASH linked simpleenroll "" "Authorization: Basic $(printf '%s:%s:%s' "$name" "$pin" "$(otp_now)" | openssl base64 -A)"
expect "a link to a connection that another one may share" "HTTP/1.1 403 Forbidden" "$got"
linked simpleenroll "" "Authorization: Basic $(printf '%s:%s:%s' "$name" "$pin" "$(otp_now)" | openssl base64 -A)"
expect "a challengePassword that links the request to the connection" "HTTP/1.1 200 OK" "$got"
stop

serve --csrattrs challenge-password,rsa-3072,sha256,key-usage
get /.well-known/est/csrattrs
expect "csrattrs" 200 "$status"
expect "its type" application/csrattrs "$(header content-type)"
openssl base64 -d -in "$work/answer" | openssl asn1parse -inform DER >"$work/asn1"
for object in challengePassword rsaEncryption sha256WithRSAEncryption "Extension Request" "X509v3 Key Usage"; do
  grep -q ":$object\$" "$work/asn1" || fail "csrattrs lack $object"
done
grep -q 'INTEGER *:0C00$' "$work/asn1" || fail "csrattrs lack the size 3072"
post "$work/linked.b64" "$name" "$pin:$(otp_now)"
expect "a smaller key than it asked for" 400 "$status"
stop

serve --csrattrs challenge-password
post "$work/linked.b64" "$name" "$pin:$(otp_now)"
expect "no challengePassword where one is wanted" 400 "$status"
stop
(umask 077 && echo 'not the connection' >"$work/challenge.txt")
serve --challenge-file "$work/challenge.txt"
account user
request "$work/linked.b64" "$common"
challenged "$work/challenge.b64" "not the connection"
post "$work/linked.b64" "$name" "$pin:$(otp_now)"
expect "none where one is configured" 400 "$status"
post "$work/challenge.b64" "$name" "$pin:$(otp_now)"
expect "the configured one" 200 "$status"
done_here
