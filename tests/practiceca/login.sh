#!/usr/bin/env bash
# The login page: whom the CA takes a client certificate for, in two languages and as JSON; words for those it takes for nobody.
# shellcheck source=tests/practiceca/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/practiceca/renewal.sh
. "$(dirname "$0")/renewal.sh"
serve --login-listen 127.0.0.1:0 --login-port-file "$work/login-port"
expect "the login page's port file" "$login" "$(cat "$work/login-port")"
own_ca
enrolled anna
est=$port port=$login

# page PATH NAME [OPTION of curl…]: the login page with that certificate, or with none.
page() {
  local with=()
  if [ -n "$2" ]; then with=(--cert "$work/$2.pem" --key "$work/$2.key"); fi
  get "$1" "${with[@]}" "${@:3}"
}
for version in 1.2 1.3; do
  page /login.json anna "--tlsv$version" --tls-max "$version"
  expect "TLS $version" "200 application/json" "$status $(header content-type)"
  expect "who it is" "[\"$common\",\"admin\",\"$(serial_of anna | tr A-F a-f)\",\"TLSv$version\"]" \
    "$(jq -c '[.common_name, .role, .serial, .tls]' "$work/answer")"
done
expect "until when" "$(date -u -d "$(openssl x509 -in "$work/anna.pem" -noout -enddate | sed 's/.*=//')" +%Y-%m-%dT%H:%M:%SZ)" "$(jq -r .not_after "$work/answer")"
expect "the chain" "[\"$common\",\"Practice Shinkin Bank Issuing CA\",\"Practice Shinkin Bank Root CA\"]" "$(jq -c .chain "$work/answer")"
page /login.json anna --tls-max 1.3 --tls13-ciphers TLS_AES_128_GCM_SHA256
expect "the cipher suite of TLS 1.3" TLS_AES_128_GCM_SHA256 "$(jq -r .cipher "$work/answer")"
page /login.json anna --tls-max 1.2 --ciphers ECDHE-ECDSA-AES128-GCM-SHA256
expect "the cipher suite of TLS 1.2" TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 "$(jq -r .cipher "$work/answer")"

page / anna -H 'Accept-Language: en-GB'
expect "in English" "200 text/html; charset=utf-8" "$status $(header content-type)"
grep -q "^<li>Name (Common Name): $common</li>" "$work/answer" || fail "the page does not name the person"
grep -q '^<li>Role: administrator</li>' "$work/answer" || fail "the page does not say the role"
grep -q '^<li>TLS version: TLSv1.3</li>' "$work/answer" || fail "the page does not say the version of TLS"
grep -q "$common &lt; Practice Shinkin Bank Issuing CA &lt; Practice" "$work/answer" || fail "the chain is not escaped"
if grep -q ログイン "$work/answer"; then fail "the English page is in Japanese, too"; fi
page / anna -H 'Accept-Language: ja'
grep -q '<h1>証明書でログインしました</h1>' "$work/answer" || fail "the Japanese page has no heading"
grep -q '^<li>役割: 管理者</li>' "$work/answer" || fail "the Japanese page does not say the role"
if grep -q 'logged in' "$work/answer"; then fail "the Japanese page is in English, too"; fi
page / anna
expect "in both" 2 "$(grep -c '<section lang=' "$work/answer")"

# refused WHAT WORDS NAME
refused() {
  page / "$3" -H 'Accept-Language: en'
  expect "$1" "403 text/html; charset=utf-8" "$status $(header content-type)"
  grep -q "<p>$2" "$work/answer" || fail "$1: the words are missing"
  page /login.json "$3" -H 'Accept-Language: en'
  expect "$1, as JSON" 403 "$status"
  jq -r .error "$work/answer" | grep -q "^$2" || fail "$1: the words are missing in JSON"
}
pair self
itself self "$subject"
pair other-ca
itself other-ca "/C=JP/O=Other Bank/CN=Other CA"
pair foreign
signed foreign other-ca clientAuth
pair unlogged
signed unlogged issuing clientAuth
pair ended
signed ended issuing clientAuth faketime -f -20d
refused "no certificate" 'No client certificate' ""
refused "a self-signed one" 'The client certificate signs itself' self
refused "another CA's" 'The client certificate was not issued by this CA' foreign
refused "one that was never issued" 'The client certificate is not in the log' unlogged
refused "an expired one" 'The client certificate has expired' ended
"$program" revoke --dir "$dir" --serial "$(serial_of anna)" >/dev/null
refused "a revoked one" 'The client certificate is revoked' anna
page / "" -H 'Accept-Language: ja'
grep -q '<h1>ログインできませんでした</h1>' "$work/answer" || fail "the refusal is not in Japanese"

page /.well-known/est/cacerts ""
expect "EST is not here" 404 "$status"
page / "" -X POST
expect "POST" "405 GET, HEAD" "$status $(header allow)"
port=$est
get /login.json
expect "nor the page at EST's port" 404 "$status"
stop
[ ! -e "$work/login-port" ] || fail "the port file stays"
done_here
