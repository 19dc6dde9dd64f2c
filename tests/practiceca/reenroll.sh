#!/usr/bin/env bash
# /simplereenroll: who has a certificate of this CA gets the next one for it, and nobody else does. The clients are curl and openssl.
# shellcheck source=tests/practiceca/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/practiceca/renewal.sh
. "$(dirname "$0")/renewal.sh"
serve --retry-after 1
own_ca
enrolled anna
pair new
ask "$work/new.b64" new "$subject"

# The good way, in both versions of TLS.
for version in 1.2 1.3; do
  reenroll "$work/new.b64" anna "--tlsv$version" --tls-max "$version"
  expect "TLS $version" 200 "$status"
  expect "its type" "application/pkcs7-mime; smime-type=certs-only" "$(header content-type)"
  certificates >"$work/new.pem"
  expect "the new key" "$(openssl pkey -in "$work/new.key" -pubout)" "$(openssl x509 -in "$work/new.pem" -noout -pubkey)"
  expect "the same subject" "$(openssl x509 -in "$work/anna.pem" -noout -subject -nameopt RFC2253,show_type)" \
    "$(openssl x509 -in "$work/new.pem" -noout -subject -nameopt RFC2253,show_type)"
done
expect "the chain holds" "$work/new.pem: OK" "$(openssl verify -CAfile "$anchors" -untrusted "$dir/issuing.pem" -purpose sslclient "$work/new.pem")"
expect "the log tells which one it renews" "$(serial_of anna | tr A-F a-f)" "$("$program" issued --dir "$dir" --json | tail -1 | jq -r .renews)"
expect "three were issued" 3 "$(issued)"
pair newer
ask "$work/newer.b64" newer "$subject"
reenroll "$work/newer.b64" new
expect "a renewed one renews, too" 200 "$status"
reenroll "$work/newer.b64" new -H 'Authorization: Basic bm9ib2R5Om5vYm9keQ=='
expect "HTTP Basic is not looked at" 200 "$status"

linked simplereenroll newer 'X-Practice: linked' --x509certfile "$work/new.pem" --x509keyfile "$work/new.key"
expect "RFC 7030 §3.5: linked to the connection" "HTTP/1.1 200 OK" "$got"

# As before for others: who offers a certificate, of whomever, where none is wanted.
pair self
itself self "$subject"
for offered in anna self; do
  for path in cacerts csrattrs; do
    get "/.well-known/est/$path" --cert "$work/$offered.pem" --key "$work/$offered.key"
    expect "/$path with the certificate of $offered" "$(if [ $path = cacerts ]; then echo 200; else echo 204; fi)" "$status"
  done
  post "$work/anna.b64" "$name" "$pin:$confirm" --cert "$work/$offered.pem" --key "$work/$offered.key"
  expect "/simpleenroll with it" 200 "$status"
  post "$work/anna.b64" "" "" --cert "$work/$offered.pem" --key "$work/$offered.key"
  expect "/simpleenroll with it alone" 403 "$status"
done
before=$(issued)

# refused WHAT STATUS WORDS FILE NAME [OPTION of curl…]: WHAT names the clause.
refused() {
  reenroll "$4" "$5" "${@:6}"
  expect "$1" "$2" "$status"
  grep -q "$3" "$work/answer" || fail "$1: the words are \"$(cat "$work/answer")\""
}
refused "RFC 7030 §3.3.2: no client certificate" 403 'No client certificate' "$work/new.b64" ""
refused "RFC 7030 §3.3.2: a cookie is no certificate" 403 'No client certificate' "$work/new.b64" "" -b "inkan-ticket=$(printf '0%.0s' $(seq 64))"
printf 'user = "%s:%s:%s"\n' "$name" "$pin" "$confirm" >"$work/credentials"
refused "RFC 7030 §3.3.2: the right PINs in its place" 403 'No client certificate' "$work/new.b64" "" -K "$work/credentials"
refused "RFC 5280 §6.1.3 (a)(1): self-signed with the same names" 403 'signs itself' "$work/new.b64" self

pair other-ca
itself other-ca "/C=JP/O=Other Bank/CN=Other CA"
pair foreign
signed foreign other-ca clientAuth
refused "RFC 5280 §6.1.3 (a)(1): another CA's certificate with the same subject" 403 'not issued by this CA' "$work/new.b64" foreign
pair false-ca
itself false-ca "/C=JP/O=Practice Shinkin Bank/CN=Practice Shinkin Bank Issuing CA"
pair forged
signed forged false-ca clientAuth
refused "RFC 5280 §6.1.3 (a)(1): another CA by this CA's name" 403 'not issued by this CA' "$work/new.b64" forged
reenroll "$work/new.b64" issuing
expect "RFC 8446 §4.4.2.2: the certificate of the issuing CA, which signs no handshake" "curl" "${status%% *}"
cp "$dir/tls.pem" "$work/tls.pem"
cp "$dir/tls.key" "$work/tls.key"
refused "RFC 5280 §4.2.1.12: the certificate of the server itself" 403 'not for TLS clients' "$work/new.b64" tls
pair mail
signed mail issuing emailProtection
refused "RFC 5280 §4.2.1.12: one for mail" 403 'not for TLS clients' "$work/new.b64" mail
pair ended
signed ended issuing clientAuth faketime -f -20d
refused "RFC 5280 §6.1.3 (a)(2): expired" 403 'has expired' "$work/new.b64" ended
pair future
signed future issuing clientAuth faketime -f +2d
refused "RFC 5280 §6.1.3 (a)(2): not valid yet" 403 'not valid yet' "$work/new.b64" future
pair unlogged
signed unlogged issuing clientAuth
refused "RFC 7030 §4.2.2: signed by this CA's key and never issued" 403 'not in the log' "$work/new.b64" unlogged
expect "nothing is a challenge to send PINs" "" "$(header www-authenticate)"

ask "$work/bad.b64" new "/C=JP/O=Practice Shinkin Bank/CN=99999999991283"
refused "RFC 7030 §4.2.2: another subject" 403 'subject of the request' "$work/bad.b64" anna
ask "$work/bad.b64" new "/C=JP/O=Practice Shinkin Bank/OU=Desk/CN=$common"
refused "RFC 7030 §4.2.2: a subject with more in it" 403 'subject of the request' "$work/bad.b64" anna
ask "$work/bad.b64" new "/CN=$common"
refused "RFC 7030 §4.2.2: a subject with less in it" 403 'subject of the request' "$work/bad.b64" anna
ask "$work/bad.b64" new "/O=Practice Shinkin Bank/C=JP/CN=$common"
refused "RFC 7030 §4.2.2: the subject in another order" 403 'subject of the request' "$work/bad.b64" anna
printf '%s\n' '[req]' 'prompt=no' 'string_mask=default' 'distinguished_name=dn' '[dn]' C=JP 'O=Practice Shinkin Bank' "CN=$common" >"$work/printable.cnf"
openssl req -new -key "$work/new.key" -config "$work/printable.cnf" -outform DER -out "$work/printable.der"
openssl base64 -in "$work/printable.der" -out "$work/bad.b64"
expect "PrintableString only" 0 "$(openssl asn1parse -inform DER -in "$work/printable.der" | grep -c UTF8STRING || true)"
refused "RFC 7030 §4.2.2: the same subject, encoded anew" 403 'subject of the request' "$work/bad.b64" anna
ask "$work/bad.b64" new "$subject" -addext subjectAltName=DNS:bank.example
refused "RFC 7030 §4.2.2: another subjectAltName" 403 'subjectAltName' "$work/bad.b64" anna
refused "the bank's own rule: the same key" 403 'wants a new key' "$work/anna.b64" anna

ask "$work/bad.b64" new "$subject" -addext basicConstraints=CA:TRUE
refused "RFC 5280 §4.2.1.9: to be a CA" 400 'extension' "$work/bad.b64" anna
{ openssl base64 -d -in "$work/new.b64" | head -c -1; printf '\001'; } | openssl base64 >"$work/bad.b64"
refused "RFC 7030 §3.4: no proof of possession" 400 'signature' "$work/bad.b64" anna
ask "$work/bad.b64" new "$subject" -sha1
refused "RFC 9155 §2: signed with SHA-1" 400 'SHA-256' "$work/bad.b64" anna
openssl req -new -newkey rsa:1024 -nodes -keyout "$work/weak.key" -subj "$subject" -outform DER 2>/dev/null | openssl base64 >"$work/bad.b64"
refused "NIST SP 800-57: RSA of 1024 bits" 400 '2048' "$work/bad.b64" anna
challenged "$work/bad.b64" elsewhere new
for version in 1.2 1.3; do
  refused "RFC 7030 §3.5: linked to another connection, TLS $version" 403 'challengePassword' "$work/bad.b64" anna "--tlsv$version" --tls-max "$version"
done
{ echo "-----BEGIN CERTIFICATE REQUEST-----"; cat "$work/new.b64"; echo "-----END CERTIFICATE REQUEST-----"; } >"$work/bad.b64"
refused "RFC 8951 §3.1: PEM for base64" 400 'base64' "$work/bad.b64" anna
content_type=application/pkcs7-mime
refused "RFC 7030 §4.2.2: a body of another type" 415 'application/pkcs10' "$work/new.b64" anna
content_type=application/pkcs10
head -c 100000 /dev/zero | tr '\0' A >"$work/large"
refused "RFC 9110 §15.5.14: a body that no request has" 413 'larger' "$work/large" anna
get /.well-known/est/simplereenroll --cert "$work/anna.pem" --key "$work/anna.key"
expect "RFC 7030 §4.2.2: GET" "405 POST" "$status $(header allow)"
refused "RFC 7030 §4.2.2: PUT" 405 'method' "$work/new.b64" anna -X PUT
get /.well-known/est/simplereenroll/ --cert "$work/anna.pem" --key "$work/anna.key"
expect "RFC 7030 §3.2.2: no such path" 404 "$status"
expect "nothing of that was issued" "$before" "$(issued)"

# Somebody else's certificate is no key to this account, nor this one to theirs.
cp "$work/new.b64" "$work/annas.b64"
anna=$common
enrolled bert
refused "RFC 7030 §4.2.2: another person's request" 403 'subject of the request' "$work/annas.b64" bert
pair berts
ask "$work/berts.b64" berts "$subject"
refused "RFC 7030 §4.2.2: another person's certificate" 403 'subject of the request' "$work/berts.b64" anna

# Locked, revoked.
for _ in 1 2 3 4 5; do post "$work/bert.b64" "$name" "wrong1:wrong1"; done
refused "the bank's own rule: a locked account" 403 'is locked' "$work/berts.b64" bert
"$program" account unlock --dir "$dir" --contract-id "$contract" >/dev/null
reenroll "$work/berts.b64" bert
expect "unlocked" 200 "$status"
"$program" revoke --dir "$dir" --serial "$(serial_of bert)" --reason keyCompromise >/dev/null
refused "RFC 5280 §6.1.3 (a)(3): revoked, while the server runs" 403 'is revoked' "$work/berts.b64" bert

# Both languages where none is named, or the one that is.
language=
reenroll "$work/berts.b64" ""
expect "in both languages" 2 "$(wc -l <"$work/answer")"
language=ja
reenroll "$work/berts.b64" ""
grep -q クライアント証明書が提示されませんでした "$work/answer" || fail "the words are not in Japanese"
language=en

# Pending: a ticket that is good with this certificate alone, and here alone.
account admin --pending-polls 2
subject="/C=JP/O=Practice Shinkin Bank/CN=$common"
pair carl
ask "$work/carl.b64" carl "$subject"
for _ in 1 2 3; do
  post "$work/carl.b64" "$name" "$pin:$confirm"
  if [ "$status" = 202 ]; then sleep 1.1; fi
done
certificates >"$work/carl.pem"
pair carls
ask "$work/carls.b64" carls "$subject"
reenroll "$work/carls.b64" carl
expect "a renewal waits" "202 1" "$status $(header retry-after)"
ticket=$(header set-cookie)
ticket=${ticket%%;*}
before=$(issued)
sleep 1.1
post "$work/carls.b64" "" "" -b "$ticket"
expect "RFC 7030 §3.3.2: its ticket does not do without the certificate" 401 "$status"
refused "RFC 7030 §3.3.2: nor here" 403 'No client certificate' "$work/carls.b64" "" -b "$ticket"
ask "$work/other.b64" carls "$subject" -addext keyUsage=digitalSignature
refused "RFC 7030 §4.2.3: another request under the ticket" 403 'ticket' "$work/other.b64" carl -b "$ticket"
for _ in 1 2 3; do
  reenroll "$work/carls.b64" carl -b "$ticket"
  [ "$status" = 202 ] || break
  sleep 1.1
done
expect "then it comes" 200 "$status"
certificates | openssl x509 -noout -serial >"$work/first"
reenroll "$work/carls.b64" carl -b "$ticket"
expect "and the same again, if it was lost" "200 $(cat "$work/first")" "$status $(certificates | openssl x509 -noout -serial)"
expect "one was issued" $((before + 1)) "$(issued)"
stop

serve --reenroll-same-key
reenroll "$work/anna.b64" anna
expect "the same key where that is allowed" 200 "$status"
stop

(umask 077 && echo elsewhere >"$work/challenge.txt")
serve --challenge-file "$work/challenge.txt"
common=$anna
challenged "$work/linked.b64" elsewhere new
reenroll "$work/linked.b64" anna
expect "the challengePassword that is configured" 200 "$status"
refused "RFC 7030 §3.5: none where one is configured" 400 'challengePassword' "$work/new.b64" anna
stop

# A year and a month later.
if later +400d; then
  serve
  refused "RFC 5280 §6.1.3 (a)(2): expired by the clock of the CA" 403 'has expired' "$work/annas.b64" anna
fi
done_here
