#!/usr/bin/env bash
# Pending accounts: 202, a ticket bound to the request, polls without a credential.
. "$(dirname "$0")/lib.sh"
serve --retry-after 60
account admin --pending-polls 1
request "$work/early.b64" "$common"
post "$work/early.b64" "$name" "$pin:$confirm"
expect "wait a minute" "202 60" "$status $(header retry-after)"
ticket=$(header set-cookie)
post "$work/early.b64" "" "" -b "${ticket%%;*}"
expect "a poll that comes too soon brings nothing" 202 "$status"
wait_left=$(header retry-after)
{ [ "$wait_left" -gt 0 ] && [ "$wait_left" -le 60 ]; } || fail "it says to wait $wait_left"
stop

serve --retry-after 1
account user --pending-polls 3
request "$work/user.b64" "$common"
otp=$(otp_fresh)
post "$work/user.b64" "$name" "$pin:$otp"
expect "the first answer says wait" 202 "$status"
expect "how long" 1 "$(header retry-after)"
cookie=$(header set-cookie)
ticket=${cookie%%;*}
case $cookie in *Secure*HttpOnly*) echo "ok: the cookie is for TLS alone" ;; *) fail "the cookie is \"$cookie\"" ;; esac
[ ! -s "$work/answer" ] || fail "a 202 has a body"

sleep 1.1
openssl req -new -key "$work/key.pem" -subj "/CN=$common" -outform DER | openssl base64 >"$work/other.b64"
post "$work/other.b64" "" "" -b "$ticket"
expect "another request under the ticket" 403 "$status"
post "$work/user.b64" "" "" -b "inkan-ticket=$(printf '0%.0s' $(seq 64))"
expect "a ticket that was never given" 401 "$status"
post "$work/user.b64" "" "" -b "$ticket"
expect "the second wait" 202 "$status"
expect "nothing is issued meanwhile" 0 "$(issued)"
stop
serve --retry-after 1
for _ in 1 2 3 4 5; do
  sleep 1.1
  post "$work/user.b64" "" "" -b "$ticket"
  [ "$status" = 202 ] || break
done
expect "then the certificate, by the ticket alone and over a restart" 200 "$status"
certificates | openssl x509 -noout -serial >"$work/first"
post "$work/user.b64" "" "" -b "$ticket"
expect "the same poll again" 200 "$status"
expect "brings the same certificate" "$(cat "$work/first")" "$(certificates | openssl x509 -noout -serial)"
expect "one was issued" 1 "$(issued)"
post "$work/user.b64" "$name" "$pin:$otp"
expect "without the ticket credentials are judged anew" 401 "$status"

account admin --pending-polls 1
request "$work/admin.b64" "$common"
post "$work/admin.b64" "$name" "$pin:$confirm"
expect "an administrator waits" 202 "$status"
sleep 1.1
post "$work/admin.b64" "$name" "$pin:$confirm"
expect "and comes again with credentials and no ticket" 200 "$status"

account admin --pending-seconds 3
request "$work/late.b64" "$common"
post "$work/late.b64" "$name" "$pin:$confirm"
expect "so many seconds" "202 3" "$status $(header retry-after)"
ticket=$(header set-cookie)
ticket=${ticket%%;*}
sleep 3.1
# Two polls at once bring one certificate.
for n in 1 2; do
  curl -sS --cacert "$anchors" -b "$ticket" -H 'Content-Type: application/pkcs10' --data-binary "@$work/late.b64" \
    -o "$work/poll.$n" "https://localhost:$port/.well-known/est/simpleenroll" &
  curls[n]=$!
done
wait "${curls[1]}" "${curls[2]}"
cmp -s "$work/poll.1" "$work/poll.2" || fail "two polls at once bring two answers"
expect "two polls at once bring one certificate" 1 "$("$program" issued --dir "$dir" --json | grep -c "\"$common\"")"
done_here
