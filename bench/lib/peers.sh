# shellcheck shell=bash disable=SC2154
# What a person who knows the tools would type in the place of inkan: one function a protocol. The key is the token's, by OpenSSL's engine
# for PKCS#11. Sourced by bench/protocols, which sets what they use. PINs stand in arguments here, as they would there.

# der TAG HEX...: DER in hex, in the variable DER.
der() {
  local tag=$1 body='' n
  shift
  printf -v body '%s' "$@"
  n=$((${#body} / 2))
  if [ "$n" -lt 128 ]; then
    printf -v DER '%s%02x%s' "$tag" "$n" "$body"
  elif [ "$n" -lt 256 ]; then
    printf -v DER '%s81%02x%s' "$tag" "$n" "$body"
  else
    printf -v DER '%s82%04x%s' "$tag" "$n" "$body"
  fi
}
# attribute OID VALUE: both in hex, whole.
attribute() {
  der 31 "$2"
  der 30 "$1" "$DER"
}

script_key() {
  pkcs11-tool --module "$MODULE" --token-label bench --login --pin "$PIN" --keypairgen --key-type rsa:2048 --id 01 --label "$CN"
}
# script_store FILE: what is PEM, or has some in it.
script_store() {
  openssl x509 -in "$1" -outform DER -out certificate.der
  pkcs11-tool --module "$MODULE" --token-label bench --login --pin "$PIN" --write-object certificate.der --type cert --id 01 --label "$CN"
}
script_request() {
  openssl req -new -engine pkcs11 -keyform engine -key "$KEY" -subj "/C=JP/O=Practice Shinkin Bank/CN=$CN" "$@"
}

script_file() {
  script_key
  script_request -out request.pem
  clerk request.pem certificate.pem
  script_store certificate.pem
}

script_cmp() {
  script_key
  # It takes the form of a new key for that of a signer's, too; there is none here.
  openssl cmp -cmd ir -server "${CMP_URL#http://}" -ref "$CONTRACT/$USER_ID" -secret "pass:$CMP_SECRET" -engine pkcs11 -keyform engine \
    -newkey "$KEY" -subject "/C=JP/O=Practice Shinkin Bank/CN=$CN" -trusted "$CA_ROOT" -certout certificate.pem -batch
  script_store certificate.pem
}

# page CURL...: one page of the portal, or more, with the session's cookie.
page() {
  curl -sS --fail --cacert "$CA_ROOT" -b jar -c jar -H 'Accept-Language: en' -L "$@"
}
form_token() {
  FORM=$(sed -n 's/.*name="token" value="\([0-9a-f]*\)".*/\1/p' "$1")
}
script_portal() {
  script_key
  script_request -out request.pem
  page -o preparing.html "$PORTAL/admin" -o one.html "$PORTAL/one"
  form_token one.html
  page -o two.html -d "token=$FORM&contract_id=$CONTRACT&contract_pin=$BANK_PIN&next=Next" "$PORTAL/one"
  form_token two.html
  page -o request.html -d "token=$FORM&confirm_pin=$CONFIRM_PIN" --data-urlencode "acquire=Acquire the certificate" "$PORTAL/two"
  form_token request.html
  page -o done.html -d "token=$FORM&send=Send" --data-urlencode request@request.pem "$PORTAL/request" \
    --next -sS --fail --cacert "$CA_ROOT" -b jar -o certificates.p7 "$PORTAL/certificate"
  openssl pkcs7 -in certificates.p7 -print_certs -out certificates.pem
  script_store certificates.pem
}

# RFC 8894: openssl cms adds no attributes of one's own to what it signs, so that part is put together here.
script_scep() {
  local data=06092a864886f70d010701 signed=06092a864886f70d010702 sha256=300d06096086480165030402010500 scep=060a6086480186f8450109
  local digest id nonce attributes issuer serial content certificate signature signer
  script_key
  printf '[req]\nprompt = no\ndistinguished_name = dn\nattributes = more\n[dn]\nC = JP\nO = Practice Shinkin Bank\nCN = %s\n[more]\nchallengePassword = %s\n' \
    "$CN" "$BANK_PIN:$CONFIRM_PIN" >request.conf
  openssl req -new -config request.conf -engine pkcs11 -keyform engine -key "$KEY" -outform DER -out request.der
  openssl req -x509 -engine pkcs11 -keyform engine -key "$KEY" -subj "/C=JP/O=Practice Shinkin Bank/CN=$CN" -days 1 -out own.pem
  curl -sS --fail -o caps "$SCEP_URL?operation=GetCACaps" -o ca.p7 "$SCEP_URL?operation=GetCACert"
  openssl pkcs7 -inform DER -in ca.p7 -print_certs -out ca.pem
  openssl cms -encrypt -binary -aes256 -in request.der -outform DER -out envelope.der ca.pem

  digest=$(openssl dgst -sha256 -r envelope.der)
  digest=${digest%% *}
  id=$(openssl dgst -sha256 -r own.pem)
  id=${id%% *}
  nonce=$(openssl rand -hex 16)
  attribute "${scep}02" 13023139
  attributes=$DER
  attribute 06092a864886f70d010903 "$data"
  attributes+=$DER
  der 04 "$nonce"
  attribute "${scep}05" "$DER"
  attributes+=$DER
  der 04 "$digest"
  attribute 06092a864886f70d010904 "$DER"
  attributes+=$DER
  der 13 "$(printf '%s' "$id" | xxd -p -c 256)"
  attribute "${scep}07" "$DER"
  attributes+=$DER
  der 31 "$attributes"
  xxd -r -p <<<"$DER" | openssl dgst -sha256 -engine pkcs11 -keyform engine -sign "$KEY" -out signature

  certificate=$(openssl x509 -in own.pem -outform DER | xxd -p -c 99999)
  serial=$(openssl x509 -in own.pem -noout -serial)
  issuer=$(openssl asn1parse -in own.pem | awk '/cons: SEQUENCE/ && ++n == 4 { sub(/:.*/, ""); print $1 + 0; exit }')
  issuer=$(openssl asn1parse -in own.pem -strparse "$issuer" -noout -out /dev/stdout | xxd -p -c 9999)
  signature=$(xxd -p -c 9999 signature)
  serial=${serial#*=}
  der 02 "$serial"
  case "$serial" in [89A-F]*) der 02 "00$serial" ;; esac
  der 30 "$issuer" "$DER"
  signer=020101$DER$sha256
  der a0 "$attributes"
  signer+=$DER
  der 04 "$signature"
  der 30 "$signer" 300d06092a864886f70d0101010500 "$DER"
  der 31 "$DER"
  signer=$DER
  der 04 "$(xxd -p -c 99999 envelope.der)"
  der a0 "$DER"
  der 30 "$data" "$DER"
  content=$DER
  der a0 "$certificate"
  certificate=$DER
  der 31 "$sha256"
  der 30 020101 "$DER" "$content" "$certificate" "$signer"
  der a0 "$DER"
  der 30 "$signed" "$DER"
  xxd -r -p <<<"$DER" >message.der

  curl -sS --fail -H 'Content-Type: application/x-pki-message' --data-binary @message.der -o answer.der "$SCEP_URL?operation=PKIOperation"
  openssl cms -verify -inform DER -in answer.der -CAfile "$CHAIN" -purpose any -binary -out opened.der
  openssl cms -decrypt -inform DER -in opened.der -engine pkcs11 -keyform engine -inkey "$KEY" -recip own.pem -binary -out certificates.p7
  openssl pkcs7 -inform DER -in certificates.p7 -print_certs -out certificates.pem
  script_store certificates.pem
}
