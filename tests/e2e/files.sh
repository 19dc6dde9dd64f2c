# shellcheck shell=bash disable=SC2034,SC2154
# A CA that takes files, played by OpenSSL, and a bank that uses it. Sourced after lib.sh by e2e/by-file and card/by-file.

CN=0123456789
CA=$WORK/file-ca

# The root that the profile names, an issuer below it, and a CA that is none of ours. The names are those of other people, too.
file_ca() {
  local name
  mkdir -p "$CA"
  for name in root other; do
    openssl req -x509 -newkey rsa:2048 -nodes -keyout "$CA/$name.key" -out "$CA/$name.pem" -days 3650 -subj "/CN=File $name" \
      -addext keyUsage=critical,keyCertSign,cRLSign 2>>"$CA/log"
  done
  openssl req -newkey rsa:2048 -nodes -keyout "$CA/issuer.key" -out "$CA/issuer.csr" -subj "/CN=File issuer" 2>>"$CA/log"
  printf 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n' >"$CA/issuer.ext"
  openssl x509 -req -in "$CA/issuer.csr" -CA "$CA/root.pem" -CAkey "$CA/root.key" -days 3000 -set_serial 2 \
    -extfile "$CA/issuer.ext" -out "$CA/issuer.pem" 2>>"$CA/log"
}

# issue OUT [DAYS] [SUBJECT]: what the CA's clerk does with $REQUEST. BY: which CA; EXT: other extensions; KEY: another public key; AGO: so
# many days ago.
issue() {
  local out=$1 days=${2:-365} subject=${3:-} ago=()
  if [ -n "${AGO:-}" ]; then ago=(faketime -f "-${AGO}d"); fi
  printf '%s\n' "${EXT:-basicConstraints=CA:FALSE
keyUsage=critical,digitalSignature
extendedKeyUsage=clientAuth}" >"$T/ext"
  local what=(-req -in "$REQUEST")
  if [ -n "$subject" ]; then
    openssl req -in "$REQUEST" -noout -pubkey >"$T/request-key.pem"
    what=(-new -force_pubkey "${KEY:-$T/request-key.pem}" -subj "$subject")
  fi
  "${ago[@]}" openssl x509 "${what[@]}" -CA "$CA/${BY:-issuer}.pem" -CAkey "$CA/${BY:-issuer}.key" -set_serial "0x7$(openssl rand -hex 8 | tail -c +2)" \
    -extfile "$T/ext" -days "$days" -out "$out" 2>"$T/issue.log" || fail "not issued: $(cat "$T/issue.log")"
}

# profile_of_files [WINDOW DAYS]: PROFILE, with what MODULE says.
profile_of_files() {
  mkdir -p "$T/profile"
  cp "$CA/root.pem" "$T/profile/"
  PROFILE=$T/profile/files.yaml
  cat >"$PROFILE" <<YAML
format: 1
name: files
institution:
  name: {en: Bank of Files, ja: ファイル銀行}
  code: "1283"
practice: true
module: ${MODULE:-$SOFTHSM}
roles:
  staff:
    label: {en: Staff, ja: 職員}
    fields:
      staff_id:
        label: {en: Staff ID, ja: 職員番号}
        digits: 10
    common_name: "{staff_id}"
    subject:
      - C: JP
      - O: Bank of Files
      - CN: "{common_name}"
key:
  custody: software
  attributes: declared
  retire: destroy
ca:
  protocol: file
  anchors: root.pem
window:
  zone: Asia/Tokyo
  renew_before_days: ${1:-30}
  reacquire_days: 90
  after_expiry: ${2:-reacquire}
YAML
}

# A person with a token of SoftHSM: REQUESTS is the beginning of a command, REQUEST its file.
person_of_files() {
  profile_of_files "$@"
  ANSWERS=$T/answers.json REQUEST=$T/request.pem
  jq -n --arg id "$CN" --arg pin "$PIN" '{staff_id: $id, token_pin: $pin}' >"$ANSWERS"
  ASK=(request --json --yes --profile "$PROFILE" --token "$TOKEN" --answers "$ANSWERS" --out "$REQUEST")
}

# installs STATUS [TAG] FILE [ID]
installs() {
  local wanted=$1 tag=$2
  shift 2
  exits "$wanted" install "$@" --json --yes --answers "$ANSWERS"
  same "the tag" "$(result '.error.tag // ""')" "$tag"
}
