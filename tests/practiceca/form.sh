#!/usr/bin/env bash
# What is no proper request is refused with the status of the standards, and costs no one-time password.
. "$(dirname "$0")/lib.sh"
serve
account user --otp hotp # whose passwords do not grow old while this runs
request "$work/good.b64" "$common"
der() { openssl base64 -d -in "$work/good.b64"; }
otp=$(oathtool -b "$hotp" -c 0)

# refused WHAT STATUS FILE [OPTION of curl…]
refused() {
  post "$3" "$name" "$pin:$otp" "${@:4}"
  expect "$1" "$2" "$status"
}

printf 'garbage!' >"$work/bad"
refused "a body that is no base64" 400 "$work/bad"
: >"$work/bad"
refused "an empty body" 400 "$work/bad"
printf 'AAAA' >"$work/bad"
refused "base64 of no request" 400 "$work/bad"
der >"$work/bad"
refused "DER without base64" 400 "$work/bad"
{ echo "-----BEGIN CERTIFICATE REQUEST-----"; cat "$work/good.b64"; echo "-----END CERTIFICATE REQUEST-----"; } >"$work/bad"
refused "PEM" 400 "$work/bad"
{ der; printf 'x'; } | openssl base64 >"$work/bad"
refused "a byte after the request" 400 "$work/bad"
{ der; der; } | openssl base64 >"$work/bad"
refused "two requests" 400 "$work/bad"
der | head -c 300 | openssl base64 >"$work/bad"
refused "a request cut short" 400 "$work/bad"
{ printf 'AA=='; cat "$work/good.b64"; } >"$work/bad"
refused "base64 after padding" 400 "$work/bad"
{ der | head -c -1; printf '\001'; } | openssl base64 >"$work/bad"
refused "a wrong signature" 400 "$work/bad"
request "$work/bad" "$common" -sha1
refused "a signature with SHA-1" 400 "$work/bad"
openssl req -new -newkey rsa:1024 -nodes -keyout "$work/weak.pem" -subj "/CN=$common" -outform DER 2>/dev/null | openssl base64 >"$work/bad"
refused "RSA of 1024 bits" 400 "$work/bad"
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -pkeyopt rsa_keygen_pubexp:3 -out "$work/small-e.pem" 2>/dev/null
openssl req -new -key "$work/small-e.pem" -subj "/CN=$common" -outform DER 2>/dev/null | openssl base64 >"$work/bad"
refused "RSA with the exponent 3" 400 "$work/bad"
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/ec.pem" -subj "/CN=$common" -outform DER 2>/dev/null | openssl base64 >"$work/bad"
refused "an EC key" 400 "$work/bad"
request "$work/bad" "$common" -addext basicConstraints=CA:TRUE
refused "a request to be a CA" 400 "$work/bad"
request "$work/bad" "$common" -addext subjectAltName=DNS:bank.example
refused "a request for another name" 400 "$work/bad"
request "$work/bad" "$common" -addext keyUsage=keyCertSign
refused "a request to sign certificates" 400 "$work/bad"

content_type=application/octet-stream
refused "another content type" 415 "$work/good.b64"
content_type=application/pkcs10x
refused "a content type that only begins like it" 415 "$work/good.b64"
content_type=
refused "no content type" 415 "$work/good.b64"
content_type=application/pkcs10
head -c 10000000 /dev/zero | tr '\0' A >"$work/large"
refused "10 MB, unasked" 413 "$work/large" -H 'Expect:'
refused "10 MB, asked first" 413 "$work/large" -H 'Expect: 100-continue'
refused "10 MB, in chunks" 413 "$work/large" -H 'Transfer-Encoding: chunked' -H 'Expect:'

post "$work/good.b64" "" ""
expect "no credentials" 401 "$status"
expect "names what it wants" 'Basic realm="inkan practice CA", charset="UTF-8"' "$(header www-authenticate)"
post "$work/good.b64" "" "" -H 'Authorization: Bearer abc'
expect "other credentials" 401 "$status"
post "$work/good.b64" "" "" -H 'Authorization: Basic !!!'
expect "Basic that is no base64" 401 "$status"
post "$work/good.b64" "no such name" "$pin:$otp"
expect "a name that nobody can have" 401 "$status"

get /.well-known/est/simpleenroll
expect "GET where POST is wanted" 405 "$status"
expect "says what is allowed" POST "$(header allow)"
get /.well-known/est/cacerts -X POST -d x
expect "POST where GET is wanted" 405 "$status"
for path in / /.well-known/est /.well-known/est/ /.well-known/est/nothing /.well-known/est/a/b/cacerts \
  /.well-known/est/cacerts/cacerts /.well-known/est//cacerts /.well-known/est/fullcmc /crl/; do
  get "$path"
  expect "nothing at $path" 404 "$status"
done

expect "nothing was issued" 0 "$(issued)"
expect "and no failure counted" 0 "$("$program" account list --dir "$dir" --json | jq '.[0].failures')"
tr -d '\n' <"$work/good.b64" >"$work/line.b64"
refused "the password was not spent; one line without its end is good" 200 "$work/line.b64"
account admin
request "$work/admin.b64" "$common" -addext keyUsage=critical,digitalSignature,keyEncipherment -addext extendedKeyUsage=clientAuth
sed 's/$/\r/' "$work/admin.b64" >"$work/crlf.b64"
content_type='Application/PKCS10; charset=us-ascii'
post "$work/crlf.b64" "$name" "$pin:$confirm" -0
expect "HTTP/1.0, CR LF, a parameter, and the usual key usage" 200 "$status"
expect "the server is still there" 1 "$(kill -0 "$server" && echo 1)"
done_here
