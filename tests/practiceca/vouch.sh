#!/usr/bin/env bash
# /simpleenroll on behalf of another (RFC 7030 §3.3.2): who may vouch, for whom, and that nobody else does. The clients are curl and openssl.
# shellcheck source=tests/practiceca/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/practiceca/renewal.sh
. "$(dirname "$0")/renewal.sh"
serve --retry-after 1
own_ca
enrolled desk
desk_contract=$contract desk_common=$common desk_request=$work/desk.b64
may() { "$program" account vouch --dir "$dir" --contract-id "$desk_contract" --for "$1" >"$work/words" 2>&1 || echo $?; }

# A user of the desk's own contract, and one of another.
(umask 077 && echo '{"user_pin":"4321abcd"}' >"$work/secrets.json")
"$program" account add --dir "$dir" --role user --contract-id "$desk_contract" --user-id taro --secrets "$work/secrets.json" --json >"$work/words"
request "$work/taro.b64" "${desk_contract}taro1283"
account user
request "$work/other.b64" "$common"
other=$common

# vouched FILE NAME [OPTION of curl…]: by the certificate NAME.
vouched() { post "$1" "" "" --cert "$work/$2.pem" --key "$work/$2.key" -H 'Accept-Language: en' "${@:3}"; }
# refused WHAT WORDS FILE NAME [OPTION of curl…]
refused() {
  vouched "$3" "$4" "${@:5}"
  expect "$1" 403 "$status"
  grep -q "$2" "$work/answer" || fail "$1: the words are \"$(cat "$work/answer")\""
}

before=$(issued)
refused "RFC 7030 §3.3.2: no RA" 'may not vouch' "$work/taro.b64" desk
expect "no such word" 2 "$(may everybody)"
expect "contract" "" "$(may contract)"
refused "a person of another contract" 'own contract only' "$work/other.b64" desk
refused "itself" 'Nobody vouches for themselves' "$desk_request" desk
request "$work/nobody.b64" "${desk_contract}hanako1283"
refused "nobody's name" 'no account' "$work/nobody.b64" desk
request "$work/strange.b64" "taro"
refused "a name of another shape" 'no account' "$work/strange.b64" desk
pair self
itself self "$subject"
refused "RFC 5280 §6.1.3 (a)(1): self-signed" 'signs itself' "$work/taro.b64" self
expect "nothing was issued" "$before" "$(issued)"

vouched "$work/taro.b64" desk
expect "a person of its own contract" 200 "$status"
expect "the person's name, not the desk's" "${desk_contract}taro1283" "$(certificates | openssl x509 -noout -subject -nameopt sep_multiline | sed -n 's/^ *CN=//p')"
expect "the log tells who vouched" "$desk_common" "$("$program" issued --dir "$dir" --json | tail -1 | jq -r .vouched_by)"
post "$work/taro.b64" "$desk_contract/taro" "wrong:000000" --cert "$work/desk.pem" --key "$work/desk.key"
expect "credentials that come with it are the person's own, and wrong" 401 "$status"

expect "anyone" "" "$(may anyone)"
vouched "$work/other.b64" desk
expect "a person of another contract" 200 "$status"
for _ in 1 2 3 4 5; do post "$work/other.b64" "$name" "wrong:000000"; done
refused "a person who is locked out" 'locked' "$work/other.b64" desk
"$program" account unlock --dir "$dir" --contract-id "$contract" --user-id "$user" >/dev/null
vouched "$work/other.b64" desk
expect "unlocked" 200 "$status"

# A ticket is the person's; the desk's revocation is seen when the certificate would be issued.
account user --pending-polls 1
request "$work/later.b64" "$common"
vouched "$work/later.b64" desk
expect "wait" 202 "$status"
cookie=$(header set-cookie | sed 's/;.*//')
sleep 1.2
post "$work/later.b64" "" "" -b "$cookie"
expect "the ticket alone" 200 "$status"
expect "the log tells who vouched then" "$desk_common" "$("$program" issued --dir "$dir" --json | tail -1 | jq -r .vouched_by)"
account user --pending-polls 1
request "$work/nobody.b64" "$common"
vouched "$work/nobody.b64" desk
cookie=$(header set-cookie | sed 's/;.*//')
may nobody
sleep 1.2
post "$work/nobody.b64" "" "" -b "$cookie" -H 'Accept-Language: en'
expect "the desk may vouch for nobody any more" "403 1" "$status $(grep -c 'may not vouch' "$work/answer")"
may contract
post "$work/nobody.b64" "" "" -b "$cookie" -H 'Accept-Language: en'
expect "for its own contract only" "403 1" "$status $(grep -c 'own contract only' "$work/answer")"
may anyone
account user --pending-polls 1
request "$work/too-late.b64" "$common"
vouched "$work/too-late.b64" desk
cookie=$(header set-cookie | sed 's/;.*//')
"$program" revoke --dir "$dir" --serial "$(serial_of desk)" >"$work/words"
sleep 1.2
post "$work/too-late.b64" "" "" -b "$cookie" -H 'Accept-Language: en'
expect "the desk was revoked meanwhile" "403 1" "$status $(grep -c 'is revoked' "$work/answer")"
refused "RFC 5280 §6.3: revoked" 'is revoked' "$work/taro.b64" desk
expect "nobody" "" "$(may nobody)"
expect "one certificate each" 1 "$("$program" issued --dir "$dir" --json | jq -r .common_name | grep -cx "${desk_contract}taro1283")"
expect "and for the other two" 2 "$("$program" issued --dir "$dir" --json | jq -r .common_name | grep -cx "$other")"
done_here
