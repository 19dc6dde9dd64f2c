#!/usr/bin/env bash
# The counter's commands, bad command lines, files and modes, starting and stopping.
. "$(dirname "$0")/lib.sh"

# gives STATUS COMMAND…: the exit status of the program; its words in $work/words.
gives() {
  local got=0
  "$program" "${@:2}" >"$work/words" 2>&1 </dev/null || got=$?
  expect "$(printf '%s ' "${@:2}" | sed "s|$work|DIR|g")" "$1" "$got"
}
gives 2
gives 2 nothing
gives 0 --help
gives 0 --version
for command in serve "account add" "account list" "account unlock" issued revoke; do
  # shellcheck disable=SC2086 # the words of a command
  gives 0 $command --help
  expect "its help begins with an example" "inkan-practice-ca $command --dir" "$(head -1 "$work/words" | grep -o "^inkan-practice-ca $command --dir")"
  # serve has an option for each way to be strange: two screens.
  if [ "$command" = serve ]; then lines=72; else lines=36; fi
  [ "$(wc -l <"$work/words")" -le "$lines" ] || fail "the help of $command does not fit a screen"
done
gives 2 serve
gives 2 serve --dir
gives 2 serve --dir "$dir" --dir "$dir"
gives 2 serve --dir "$dir" --what
gives 2 serve --dir "$dir" --listen 8443
gives 2 serve --dir "$dir" --listen 127.0.0.1:99999
gives 2 serve --dir "$dir" --listen 0.0.0.0:0
gives 2 serve --dir "$dir" --csrattrs rsa-512
gives 2 serve --dir "$dir" --retry-after x
gives 2 serve --dir "$dir" --login-port-file "$work/port"
gives 2 serve --dir "$dir" --listen 127.0.0.1:0 --login-listen 0.0.0.0:0
gives 2 serve --dir "$dir" --listen 192.0.2.1:0 --login-listen 192.0.2.2:0 --allow-remote
gives 2 serve --dir "$dir" --crl-url ftp://ca.example/crl
gives 2 serve --dir "$dir" --crl-url http://
gives 2 serve --dir "$dir" --crl-url http://ca.example/a,b
gives 1 serve --dir /proc/inkan
: >"$work/file"
gives 1 serve --dir "$work/file"
mkdir -m 777 "$work/open"
chmod 777 "$work/open"
gives 1 serve --dir "$work/open"
gives 2 account add --dir "$dir"
gives 2 account add --dir "$dir" --role clerk --random 1
gives 2 account add --dir "$dir" --role user --random 1 --contract-id 1234567890
gives 2 account add --dir "$dir" --role user --contract-id 1234567890
gives 8 account add --dir "$dir" --role admin --contract-id 1234567890
gives 8 account add --dir "$dir" --role admin --contract-id 12345 --secrets /dev/null
gives 2 account list --dir "$work/typo"
gives 2 issued --dir "$work/typo"
gives 2 revoke --dir "$work/typo" --serial 4a
gives 2 revoke --dir "$dir"
gives 2 revoke --dir "$dir" --serial 4a4
gives 2 revoke --dir "$dir" --serial 4g
gives 2 revoke --dir "$dir" --serial 4a --reason removeFromCRL
[ ! -e "$work/typo" ] || fail "looking at a CA that is not there makes one"

secrets() { (umask 077 && printf '%s' "$1" >"$work/secrets.json"); }
secrets '{"user_pin":"1234"}'
gives 8 account add --dir "$dir" --role admin --contract-id 1234567890 --secrets "$work/secrets.json"
secrets '{"user_pin":"123"}'
gives 8 account add --dir "$dir" --role user --contract-id 1234567890 --user-id taro --secrets "$work/secrets.json"
secrets '{"user_pin":"123456","totp":"short"}'
gives 8 account add --dir "$dir" --role user --contract-id 1234567890 --user-id taro --secrets "$work/secrets.json"
secrets '{"user_pin":"s3cretPIN","totp":"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"}'
chmod 644 "$work/secrets.json"
gives 8 account add --dir "$dir" --role user --contract-id 1234567890 --user-id taro --secrets "$work/secrets.json"
chmod 600 "$work/secrets.json"
gives 0 account add --dir "$dir" --role user --contract-id 1234567890 --user-id taro --secrets "$work/secrets.json"
gives 8 account add --dir "$dir" --role user --contract-id 1234567890 --user-id taro --secrets "$work/secrets.json"
printf '{"contract_pin":"a1b2c3","confirm_pin":"d4e5f6"}' |
  "$program" account add --dir "$dir" --role admin --contract-id 1234567890 --secrets - --json >"$work/admin.json"
expect "the new account as JSON" \
  '[{"role":"admin","fields":{"contract_id":"1234567890","contract_pin":"a1b2c3","confirm_pin":"d4e5f6"},"used":false}]' \
  "$(cat "$work/admin.json")"
"$program" account add --dir "$dir" --role user --random 3 --json >"$work/users.json"
expect "three users at random, in the shape of accounts.json" '["fields","role","totp","used"] 3' \
  "$(jq -c '.[0] | keys' "$work/users.json") $(jq 'map(.fields.contract_id) | unique | length' "$work/users.json")"
gives 8 account unlock --dir "$dir" --contract-id 1234567899
gives 0 account unlock --dir "$dir" --contract-id 1234567890 --user-id taro
gives 0 account list --dir "$dir"
expect "the list has every account and a heading" 6 "$(wc -l <"$work/words")"
gives 0 account list --dir "$dir" --lang ja
grep -q 利用者 "$work/words" || fail "the list is not in Japanese"
"$program" account list --dir "$dir" --json >"$work/list.json"
expect "the list as JSON" \
  '{"role":"user","fields":{"contract_id":"1234567890","user_id":"taro"},"otp":"totp","pending_polls":0,"pending_seconds":0,"failures":0,"locked":false,"issued":0}' \
  "$(jq -c '.[] | select(.fields.user_id == "taro")' "$work/list.json")"
if grep -aq 's3cretPIN\|a1b2c3' "$dir"/practice-ca.db*; then fail "a PIN lies in the database"; fi

# On a terminal the PINs are asked for, without echo.
export program dir
# shellcheck disable=SC2016 # Tcl's own variables
command expect -c '
  set timeout 20
  spawn $env(program) account add --dir $env(dir) --role admin --contract-id 7777777777 --json
  expect "Contract PIN: " { send "typed1\r" }
  expect "Confirmation PIN: " { send "typed2\r" }
  expect eof
' >"$work/typed" </dev/null || true
grep -q '"contract_pin":"typed1","confirm_pin":"typed2"' "$work/typed" || fail "the PINs are not asked for on a terminal"
expect_echo=$(grep -v contract_pin "$work/typed" | grep -c 'typed[12]' || true)
expect "and not echoed" 0 "$expect_echo"
# shellcheck disable=SC2016
command expect -c '
  set timeout 20
  spawn $env(program) account add --dir $env(dir) --role admin --contract-id 8888888888
  expect "Contract PIN: " { send "typed1\003" }
  expect eof
  exit [lindex [wait] 3]
' >/dev/null </dev/null && got=0 || got=$?
expect "Ctrl-C at the question" 11 "$got"

serve --port-file "$work/port"
expect "the port file" "$port" "$(cat "$work/port")"
expect "files that others can read" "issuing.pem practice-ca.pem root.pem scep-ra.pem tls.pem " \
  "$(find "$dir" -type f -perm /077 -printf '%f\n' | sort | tr '\n' ' ')"
# A process that may not be dumped hides its limits from all but root.
if [ "$(id -u)" -eq 0 ]; then
  expect "no core files" 0 "$(awk '/^Max core file size/ { print $5 }' "/proc/$server/limits")"
else
  [ ! -O "/proc/$server/limits" ] || fail "the server could be dumped"
fi
gives 9 serve --dir "$dir" --listen "127.0.0.1:$port"
old=$(openssl x509 -in "$dir/tls.pem" -noout -fingerprint)
kill -INT "$server"
stopped=0
wait "$server" || stopped=$?
expect "SIGINT stops it cleanly" 0 "$stopped"
[ ! -e "$work/port" ] || fail "the port file stays"
serve
expect "the TLS certificate is kept" "$old" "$(openssl x509 -in "$dir/tls.pem" -noout -fingerprint)"
stop
# A root that ends within the life of what it signs is made anew with its key, and what is below it still holds.
openssl req -x509 -new -key "$dir/root.key" -days 100 -subj "/CN=old" -out "$dir/root.pem"
serve
expect "a root that runs out is made anew" 10 \
  "$((($(date -d "$(openssl x509 -in "$anchors" -noout -enddate | sed 's/.*=//')" +%s) - $(date +%s) + 86400) / 31536000))"
get /.well-known/est/cacerts
expect "and the server's chain ends at it" 200 "$status"
stop
echo garbage >"$dir/issuing.key"
gives 1 serve --dir "$dir" --listen 127.0.0.1:0
grep -q issuing.key "$work/words" || fail "a broken key file is not named"
done_here
