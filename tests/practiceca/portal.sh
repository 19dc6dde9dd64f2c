#!/usr/bin/env bash
# The bank's portal and the look-alike of Microsoft's pages, walked by curl; and what they do not allow.
. "$(dirname "$0")/lib.sh"
serve --plain-listen 127.0.0.1:0
account admin
request "$work/good.b64" "$common"
pem() { echo "-----BEGIN CERTIFICATE REQUEST-----"; cat "$1"; echo "-----END CERTIFICATE REQUEST-----"; }
pem "$work/good.b64" >"$work/good.pem"

# page METHOD PATH [OPTION of curl…]: with the session in $work/jar.
jar=$work/jar language=en
page() {
  status=$(curl -sS --cacert "$anchors" -b "$jar" -c "$jar" -H "Accept-Language: $language" -X "$1" -D "$work/headers" -o "$work/answer" \
    -w '%{http_code}' "${@:3}" "https://localhost:$port$2" 2>"$work/curl.err") || status="curl $?: $(cat "$work/curl.err")"
}
token() { sed -n 's/.*name="token" value="\([0-9a-f]*\)".*/\1/p' "$work/answer"; }
says() { sed -n 's/.*<p id="\([a-z]*\)">.*/\1/p' "$work/answer"; }
# forbidden WHAT STATUS ELEMENT METHOD PATH [OPTION of curl…]
forbidden() {
  page "$4" "$5" "${@:6}"
  expect "$1" "$2 $3" "$status $(says)"
}
begin() {
  rm -f "$jar"
  page GET /portal/admin
  page GET /portal/one
}
one() { page POST /portal/one -d "token=$(token)&contract_id=$contract&contract_pin=$pin" --data-urlencode "next=${1:-Next}"; }
two() { page GET /portal/two && page POST /portal/two -d "token=$(token)&confirm_pin=$confirm" --data-urlencode "acquire=${1:-Acquire the certificate}"; }
inside() {
  begin
  one
  two
  page GET /portal/request
}

# --- the whole way, in Japanese
language=ja
page GET /portal/
expect "the top page names both entries" 2 "$(grep -c '者用：電子証明書取得' "$work/answer")"
page GET /portal/admin
expect "the page of preparing goes on by itself" 1 "$(grep -c 'http-equiv="refresh" content="0; url=/portal/one"' "$work/answer")"
expect "and names itself" 1 "$(grep -c '<h1>電子証明書取得前処理中</h1>' "$work/answer")"
page GET /portal/one
expect "page one has an on-screen keyboard" 1 "$(grep -c 'ソフトウェアキーボード' "$work/answer")"
one 次へ
expect "page one leads to page two" "303 /portal/two" "$status $(header location)"
two 電子証明書取得
expect "page two leads to the request" "303 /portal/request" "$status $(header location)"
page GET /portal/request
page POST /portal/request -d "token=$(token)" --data-urlencode "request@$work/good.pem" --data-urlencode "send=送信"
expect "the request leads on" "303 /portal/issuing" "$status $(header location)"
page GET /portal/issuing
expect "which is done" "303 /portal/done" "$status $(header location)"
page GET /portal/done
expect "the Common Name is shown" 1 "$(grep -c "<dd>$common</dd>" "$work/answer")"
page GET /portal/certificate
expect "the download is a PKCS#7 with the issuing CA" 2 "$(openssl pkcs7 -in "$work/answer" -print_certs | grep -c BEGIN)"
expect "one was issued" 1 "$(issued)"
page GET /portal/certificate
expect "it is fetched once" "403 refused" "$status $(says)"
language=en

# --- the session and its order
rm -f "$jar"
forbidden "page one without a session" 403 expired GET /portal/one
forbidden "a session of one's own making" 403 expired GET /portal/one -b "inkan-portal=0123456789abcdef0123456789abcdef"
begin
forbidden "page two without page one" 403 refused GET /portal/two
begin
forbidden "page two sent without page one" 403 refused POST /portal/two -d "token=$(token)&confirm_pin=$confirm&acquire=Acquire+the+certificate"
begin
forbidden "a request without authentication" 403 refused GET /portal/request
begin
forbidden "a request sent without authentication" 403 refused POST /portal/request -d "token=$(token)" --data-urlencode "request@$work/good.pem" -d send=Send
forbidden "a certificate without authentication" 403 refused GET /portal/certificate
begin
one
forbidden "a certificate after page one alone" 403 refused GET /portal/done

# --- the form's token
begin
forbidden "no token" 400 refused POST /portal/one -d "contract_id=$contract&contract_pin=$pin&next=Next&x=1&=2"
begin
forbidden "a form without its token" 403 refused POST /portal/one -d "contract_id=$contract&contract_pin=$pin&next=Next"
begin
used=$(token)
page GET /portal/one
forbidden "the token of the form before" 403 refused POST /portal/one -d "token=$used&contract_id=$contract&contract_pin=$pin&next=Next"
begin
used=$(token)
one
page GET /portal/one
forbidden "a token that was used" 403 refused POST /portal/one -d "token=$used&contract_id=$contract&contract_pin=$pin&next=Next"
begin
other=$(token)
begin
forbidden "the form of another session" 403 refused POST /portal/one -d "token=$other&contract_id=$contract&contract_pin=$pin&next=Next"

# --- the form
begin
forbidden "a field too many" 400 refused POST /portal/one -d "token=$(token)&contract_id=$contract&contract_pin=$pin&next=Next&user_id=1"
begin
forbidden "a field twice" 400 refused POST /portal/one -d "token=$(token)&contract_id=$contract&contract_id=$contract&contract_pin=$pin&next=Next"
begin
forbidden "a field too few" 400 refused POST /portal/one -d "token=$(token)&contract_id=$contract&next=Next"
begin
forbidden "another button" 400 refused POST /portal/one -d "token=$(token)&contract_id=$contract&contract_pin=$pin&next=Back"
begin
forbidden "a broken escape" 400 refused POST /portal/one -d "token=$(token)&contract_id=$contract&contract_pin=%4&next=Next"
begin
forbidden "another content type" 415 refused POST /portal/one -H 'Content-Type: text/plain' -d "token=$(token)"
begin
forbidden "GET with the answers in the address" 200 "" GET "/portal/one?contract_id=$contract&contract_pin=$pin"
expect "shows the page again, and takes nothing" 1 "$(grep -c 'name="contract_pin"' "$work/answer")"
forbidden "another method" 405 refused PUT /portal/one -d x
head -c 100000 /dev/zero | tr '\0' A >"$work/large"
begin
forbidden "100 KB" 413 refused POST /portal/one --data-binary "@$work/large"
forbidden "nothing at that address" 404 refused GET /portal/admin/

# --- the request
inside
request "$work/other.b64" 99999999991283
pem "$work/other.b64" >"$work/other.pem"
forbidden "the name of somebody else" 403 refused POST /portal/request -d "token=$(token)" --data-urlencode "request@$work/other.pem" -d send=Send
page GET /portal/request
forbidden "base64 without PEM" 400 refused POST /portal/request -d "token=$(token)" --data-urlencode "request@$work/good.b64" -d send=Send
page GET /portal/request
{ cat "$work/good.pem" "$work/good.pem"; } >"$work/two.pem"
forbidden "two requests" 400 refused POST /portal/request -d "token=$(token)" --data-urlencode "request@$work/two.pem" -d send=Send
page GET /portal/request
openssl req -new -key "$work/key.pem" -subj "/CN=$common" -sha1 -out "$work/weak.pem" 2>/dev/null
forbidden "a signature with SHA-1" 400 refused POST /portal/request -d "token=$(token)" --data-urlencode "request@$work/weak.pem" -d send=Send
expect "plain HTTP has no portal" 404 "$(curl -sS -o /dev/null -w '%{http_code}' "http://localhost:$plain/portal/")"
first=$port
serve --portal-session 1
page GET /portal/admin
# As long as it takes, for a busy machine may be late: each look would keep the session alive, so there is one.
until=$(($(date +%s) + 3))
until [ "$(date +%s)" -ge "$until" ]; do sleep 0.2; done
forbidden "a session that was idle for too long" 403 expired GET /portal/one
port=$first

# --- who it is: counted as EST counts, once for each
failures() { "$program" account list --dir "$dir" --json | jq '.[0].failures'; }
expect "nothing was counted so far" 0 "$(failures)"
right=$confirm confirm=999000
begin
one
two
expect "a wrong second PIN" "403 wrong 1" "$status $(says) $(failures)"
forbidden "has ended the session" 403 expired GET /portal/two
confirm=$right
for _ in 2 3 4 5; do
  post "$work/good.b64" "$name" "000999:000999"
done
begin
one
two
expect "locked by failures at EST, with the right PINs" "403 locked" "$status $(says)"
expect "nothing more was issued" 1 "$(issued)"

# --- /certsrv/
account admin --pending-polls 1
request "$work/good.b64" "$common"
pem "$work/good.b64" >"$work/good.pem"
srv() {
  printf 'user = "%s:%s"\n' "$name" "${password:-$pin:$confirm}" >"$work/credentials"
  page "$1" "/certsrv/$2" -K "$work/credentials" "${@:3}"
}
new() { srv POST certfnsh.asp -d "Mode=newreq&CertAttrib=${template:-}&FriendlyType=x&ThumbPrint=&TargetStoreFlags=${flags:-0}&SaveCert=yes" --data-urlencode "CertRequest@$1"; }
page POST /certsrv/certfnsh.asp -d Mode=newreq
expect "no credentials" 401 "$status"
password=x:y srv GET certnew.cer?ReqID=1\&Enc=b64
expect "wrong credentials" 401 "$status"
template=CertificateTemplate:WebServer new "$work/good.pem"
expect "a template that it does not have is denied" 1 "$(grep -c 'disposition message' "$work/answer")"
flags=1 new "$work/good.pem"
expect "a form that it does not know" 400 "$status"
new "$work/other.pem"
expect "the name of somebody else is denied" 1 "$(grep -c 'disposition message' "$work/answer")"
srv GET certfnsh.asp
expect "GET where POST is wanted" 405 "$status"
new "$work/good.pem"
id=$(sed -n 's/.*Your Request Id is \([0-9]*\).*/\1/p' "$work/answer")
expect "pending, with a number" 1 "$([ -n "$id" ] && echo 1)"
srv GET "certnew.cer?ReqID=$id&Enc=b64"
expect "no certificate while it is pending" text/html "$(header content-type | cut -d';' -f1)"
srv GET certckpn.asp
expect "the page of what waits has its form" "1 1" "$(grep -c 'Name=Mode Value="chkpnd"' "$work/answer") $(grep -c "Name=ReqID Value=\"$id\"" "$work/answer")"
mine=$name:$pin:$confirm
account admin
srv GET certckpn.asp
expect "and nothing of somebody else's" "1 0" "$(grep -c locNoReqs "$work/answer") $(grep -c ReqID "$work/answer")"
srv POST certfnsh.asp -d "Mode=chkpnd&ReqID=$id&TargetStoreFlags=0&SaveCert=yes"
expect "somebody else's number is denied" 1 "$(grep -c 'disposition message' "$work/answer")"
name=${mine%%:*} password=${mine#*:}
until grep -qs 'certnew.cer' "$work/answer"; do
  srv POST certfnsh.asp -d "Mode=chkpnd&ReqID=$id&TargetStoreFlags=0&SaveCert=yes"
  [ "$status" = 200 ] || break
done
srv GET "certnew.cer?ReqID=$id&Enc=b64"
expect "the certificate" "subject=C = JP, O = Practice Shinkin Bank, CN = ${mine%%:*}1283" "$(openssl x509 -in "$work/answer" -noout -subject)"
srv GET certckpn.asp
expect "what is issued waits no more" 0 "$(grep -c ReqID "$work/answer")"
srv GET "certnew.p7b?ReqID=$id&Enc=b64"
expect "its chain" 3 "$(openssl pkcs7 -in "$work/answer" -print_certs | grep -c BEGIN)"
srv GET "certnew.cer?ReqID=$id&Enc=bin"
expect "another encoding" 400 "$status"
account user
password=$pin:000000
srv GET certnew.cer?ReqID=1\&Enc=b64
expect "a user has no password that serves twice" 401 "$status"
done_here
