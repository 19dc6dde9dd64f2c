#!/usr/bin/env bash
# Five failures in a row lock a name; a right PIN clears the count; a locked account judges nothing; the bank unlocks it.
. "$(dirname "$0")/lib.sh"
serve
account admin
request "$work/admin.b64" "$common"
failures() { "$program" account list --dir "$dir" --json | jq -c ".[] | select(.fields.contract_id == \"$contract\") | [.failures, .locked]"; }

for _ in 1 2 3 4; do
  post "$work/admin.b64" "$name" "$pin:wrong1"
  expect "a wrong PIN" 401 "$status"
done
expect "four are counted" '[4,false]' "$(failures)"
post "$work/admin.b64" "$name" "$pin:$confirm"
expect "the right PINs" 200 "$status"
expect "clear the count" '[0,false]' "$(failures)"

for n in 1 2 3 4 5; do
  post "$work/admin.b64" "$name" "wrong1:$confirm" -H 'Accept-Language: en'
  expect "wrong PIN number $n" 401 "$status"
done
grep -q 'locked now' "$work/answer" || fail "the fifth does not say that it locks"
expect "the account is locked" '[5,true]' "$(failures)"
post "$work/admin.b64" "$name" "$pin:$confirm" -H 'Accept-Language: en'
expect "the right PINs of a locked account" 401 "$status"
cp "$work/answer" "$work/right"
post "$work/admin.b64" "$name" "$pin:wrong1" -H 'Accept-Language: en'
cmp -s "$work/right" "$work/answer" || fail "a locked account tells whether a PIN is right"
stop
serve
post "$work/admin.b64" "$name" "$pin:$confirm"
expect "the lock survives a restart" 401 "$status"
"$program" account unlock --dir "$dir" --contract-id "$contract" >/dev/null
post "$work/admin.b64" "$name" "$pin:$confirm"
expect "unlocked while the server runs" 200 "$status"

request "$work/nobody.b64" 00000000001283
for n in 1 2 3 4 5 6; do
  post "$work/nobody.b64" 0000000000 "$pin:$confirm" -H 'Accept-Language: en'
  cp "$work/answer" "$work/nobody.$n"
done
grep -q 'locked now' "$work/nobody.5" || fail "a name without an account does not lock like any other"
cmp -s "$work/nobody.6" "$work/right" || fail "a name without an account is told from a locked one"

# Thirty guesses at once, the right PINs among them at the end, are still five.
account admin
request "$work/admin.b64" "$common"
for n in $(seq 30); do
  printf 'user = "%s:%s:wrong%s"\n' "$name" "$pin" "$n" >"$work/guess.$n"
done
seq 30 | xargs -P 15 -I{} curl -sS -K "$work/guess.{}" --cacert "$anchors" -H 'Accept-Language: en' \
  -H 'Content-Type: application/pkcs10' --data-binary "@$work/admin.b64" -o "$work/guessed.{}" \
  "https://localhost:$port/.well-known/est/simpleenroll"
expect "thirty guesses at once: five are judged" 5 "$(grep -l 'is wrong' "$work"/guessed.* | wc -l)"
expect "and the count stops" '[5,true]' "$(failures)"
done_here
