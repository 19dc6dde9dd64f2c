#!/usr/bin/env bash
# A one-time password is accepted once: after a restart, by two servers at once, beside its step; HOTP and its look-ahead.
. "$(dirname "$0")/lib.sh"
serve
account user
request "$work/user.b64" "$common"
otp=$(otp_fresh)
post "$work/user.b64" "$name" "$pin:$otp"
expect "a one-time password" 200 "$status"
post "$work/user.b64" "$name" "$pin:$otp"
expect "the same again" 401 "$status"
before=$(oathtool --totp -b "$totp" --now "$(date -u -d '30 seconds ago' '+%F %T UTC')")
post "$work/user.b64" "$name" "$pin:$before"
expect "the one before it, once a later one was used" 401 "$status"
kill -KILL "$server"
wait "$server" 2>/dev/null || true
serve
post "$work/user.b64" "$name" "$pin:$otp"
expect "the same after the server was killed" 401 "$status"

account user
request "$work/user.b64" "$common"
early=$(oathtool --totp -b "$totp" --now "$(date -u -d '30 seconds' '+%F %T UTC')")
late=$(oathtool --totp -b "$totp" --now "$(date -u -d '120 seconds ago' '+%F %T UTC')")
post "$work/user.b64" "$name" "$pin:$late"
expect "two minutes old" 401 "$status"
post "$work/user.b64" "$name" "$pin:$early"
expect "a clock one step ahead" 200 "$status"
post "$work/user.b64" "$name" "$pin:$(otp_now)"
expect "a step that lies behind the used one" 401 "$status"

account user
request "$work/user.b64" "$common"
first=$port
serve
second=$port
otp=$(otp_fresh)
for n in 1 2 3 4; do
  port=$first
  [ $((n % 2)) -eq 0 ] || port=$second
  printf 'user = "%s:%s:%s"\n' "$name" "$pin" "$otp" >"$work/same"
  curl -sS -K "$work/same" --cacert "$anchors" -H 'Content-Type: application/pkcs10' --data-binary "@$work/user.b64" \
    -o /dev/null -w '%{http_code}\n' "https://localhost:$port/.well-known/est/simpleenroll" >"$work/code.$n" &
  curls[n]=$!
done
for n in 1 2 3 4; do wait "${curls[n]}"; done
expect "the same at two servers at once: one accepts it" "1 3" \
  "$(cat "$work"/code.? | grep -c 200) $(cat "$work"/code.? | grep -c 401)"
expect "and one certificate comes of it" 1 "$("$program" issued --dir "$dir" --json | grep -c "\"$common\"")"

account user --otp hotp
request "$work/user.b64" "$common"
at() { oathtool -b "$hotp" -c "$1"; }
post "$work/user.b64" "$name" "$pin:$(at 3)"
expect "HOTP, three ahead" 200 "$status"
post "$work/user.b64" "$name" "$pin:$(at 2)"
expect "HOTP, one that was passed over" 401 "$status"
post "$work/user.b64" "$name" "$pin:$(at 10)"
expect "HOTP, beyond the look-ahead" 401 "$status"
post "$work/user.b64" "$name" "$pin:$(at 9)"
expect "HOTP, the last of the look-ahead" 200 "$status"
post "$work/user.b64" "$name" "$pin:12345"
expect "five digits" 401 "$status"
post "$work/user.b64" "$name" "$pin"
expect "no one-time password at all" 401 "$status"
done_here
