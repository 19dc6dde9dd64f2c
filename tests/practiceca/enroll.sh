#!/usr/bin/env bash
# A good enrolment of each role, the certificate itself, and who gets none.
. "$(dirname "$0")/lib.sh"
serve

get /.well-known/est/cacerts
expect "cacerts" 200 "$status"
expect "its type" application/pkcs7-mime "$(header content-type)"
certificates >"$work/cas.pem"
expect "root and issuing CA" 2 "$(grep -c BEGIN "$work/cas.pem")"
get /.well-known/est/any-label/cacerts -I
expect "a label, with HEAD" 200 "$status"

account admin
request "$work/admin.b64" "$common"
post "$work/admin.b64" "$name" "$pin:$confirm"
expect "an administrator" 200 "$status"
expect "its type" "application/pkcs7-mime; smime-type=certs-only" "$(header content-type)"
certificates >"$work/got.pem"
openssl x509 -in "$work/got.pem" -out "$work/leaf.pem"
expect "the new certificate alone" 1 "$(grep -c BEGIN "$work/got.pem")"
expect "the chain ends at the anchor" "$work/leaf.pem: OK" \
  "$(openssl verify -x509_strict -purpose sslclient -CAfile "$anchors" -untrusted "$work/cas.pem" "$work/leaf.pem" 2>&1)"
expect "the key is the one asked for" "$(openssl pkey -in "$work/key.pem" -pubout)" \
  "$(openssl x509 -in "$work/leaf.pem" -noout -pubkey)"
expect "the subject" "CN=$common,O=Practice Shinkin Bank,C=JP" \
  "$(openssl x509 -in "$work/leaf.pem" -noout -subject -nameopt RFC2253 | sed 's/^subject=//')"
expect "the key usage" "Digital Signature, Key Encipherment" \
  "$(openssl x509 -in "$work/leaf.pem" -noout -ext keyUsage | tail -n +2 | sed 's/^ *//')"
expect "the purpose" "TLS Web Client Authentication" \
  "$(openssl x509 -in "$work/leaf.pem" -noout -ext extendedKeyUsage | tail -n +2 | sed 's/^ *//')"
expect "a serial of 128 bits" 32 "$(openssl x509 -in "$work/leaf.pem" -noout -serial | sed 's/^serial=//' | tr -d '\n' | wc -c)"
# The last day is whole in Tokyo, 365 days after the day of issue there.
began=$(date -d "$(openssl x509 -in "$work/leaf.pem" -noout -startdate | sed 's/^.*=//')" +%s)
ends=$(openssl x509 -in "$work/leaf.pem" -noout -enddate | sed 's/^.*=//')
expect "its last moment" "$(TZ=Asia/Tokyo date -d "@$((began + 365 * 86400))" +%F) 23:59:59" \
  "$(TZ=Asia/Tokyo date -d "$ends" '+%F %T')"

post "$work/admin.b64" "$name" "$pin:$confirm"
expect "the same request again" 200 "$status"
expect "is a second certificate" 2 "$(issued)"
"$program" issued --dir "$dir" --json >"$work/issued"
expect "of its own serial" 2 "$(jq -r .serial "$work/issued" | sort -u | wc -l)"
expect "the log names the certificate" \
  "$(openssl x509 -in "$work/leaf.pem" -noout -fingerprint -sha256 | sed 's/.*=//; s/://g' | tr A-F a-f)" \
  "$(head -1 "$work/issued" | jq -r .sha256)"
expect "and the request" "$(openssl base64 -d -in "$work/admin.b64" | sha256sum | cut -d' ' -f1)" \
  "$(head -1 "$work/issued" | jq -r .request_sha256)"

account user
request "$work/user.b64" "$common"
post "$work/user.b64" "$name" "$pin:$(otp_now)"
expect "a user with TOTP" 200 "$status"
certificates | openssl x509 -out "$work/user.pem"
expect "its Common Name" "$common" \
  "$(openssl x509 -in "$work/user.pem" -noout -subject -nameopt multiline | sed -n 's/.*commonName *= //p')"

post "$work/admin.b64" "$name" "$pin:000000"
expect "a request with another's Common Name" 403 "$status"
grep -q 'Common Name' "$work/answer" || fail "the words name no Common Name"
expect "the words come in both languages" 2 "$(wc -l <"$work/answer")"
post "$work/admin.b64" "$name" "$pin:000000" -H 'Accept-Language: ja,en;q=0.5'
expect "or in the one that was asked for" 'Common Name がこのアカウントのものではありません。' "$(cat "$work/answer")"
request "$work/two.b64" "$common/CN=$common"
post "$work/two.b64" "$name" "$pin:000000"
expect "two Common Names" 400 "$status"
request "$work/mail.b64" "$common/emailAddress=a@example.com"
post "$work/mail.b64" "$name" "$pin:000000"
expect "a subject with more than it may hold" 400 "$status"
expect "none of them was issued" 3 "$(issued)"

stop
expect "SIGTERM stops it cleanly" 0 "$stopped"
serve --with-chain
account admin
request "$work/leaf.b64" "$common"
post "$work/leaf.b64" "$name" "$pin:$confirm"
expect "--with-chain: leaf and issuing CA" 2 "$(certificates | grep -c BEGIN)"
openssl x509 -in "$anchors" -noout -fingerprint >"$work/root.after"
expect "the root stays the same over a restart" "$(openssl crl2pkcs7 -nocrl -certfile "$work/cas.pem" | openssl pkcs7 -print_certs | openssl x509 -noout -fingerprint)" \
  "$(cat "$work/root.after")"
done_here
