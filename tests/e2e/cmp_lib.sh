# shellcheck shell=bash disable=SC2034,SC2154
# Enrolments by CMP through the built programs: what their tests share. Sourced after lib.sh.

# cmp_start [OPTIONS...]: the practice CA, which serves CMP at CMP_URL without TLS, too.
cmp_start() {
  ca_start --plain-listen 127.0.0.1:0 --retry-after 1 "$@"
  CMP_PLAIN=$(sed -n 's|.* plain=\(http://[^ ]*\)$|\1|p' "$WORK/ca.out")
  CMP_URL=${CMP_PLAIN}.well-known/cmp
}

# cmp_profile URL ROOT [LINES OF ca.cmp...]: a bank that speaks CMP. PROFILE.
cmp_profile() {
  local url=$1 root=$2 line
  shift 2
  mkdir -p "$T/profile"
  PROFILE=$T/profile/cmp.yaml
  cat >"$PROFILE" <<YAML
format: 1
name: cmp
institution: {name: Practice Shinkin Bank, code: "1283"}
practice: true
module: ${MODULE:-$SOFTHSM}
roles:
  user:
    label: User
    fields:
      contract_id: {label: Contract ID, digits: 10}
      user_id: {label: User ID, max_length: 20}
      activation_key: {label: Activation key, pattern: "[0-9A-Za-z-]{${CMP_SHORTEST:-16},40}", max_length: 40, secret: true}
    common_name: "{contract_id}{user_id}{institution_code}"
    subject: [{C: JP}, {O: Practice Shinkin Bank}, {CN: "{common_name}"}]
    cmp: {reference: "{contract_id}/{user_id}", secret: "{activation_key}"}
key: {custody: software, attributes: withheld, retire: destroy}
ca:
  protocol: cmp
  url: $url
  anchors: root.pem
  answer_seconds: ${CMP_PATIENCE:-20}
  max_wait_seconds: 20
  cmp:
    unprotected_errors: false
$(for line in "$@"; do printf '    %s\n' "$line"; done)
window: {zone: Asia/Tokyo, renew_before_days: 400, reacquire_days: 90, after_expiry: renew, remind_days: [30, 10]}
YAML
  cp "$root" "$T/profile/root.pem"
}

# cmp_key: a new reference and secret for the account; ANSWERS with them. SECRET_GIVEN never shows up anywhere.
cmp_key() {
  SECRET_GIVEN=$("$PRACTICE_CA" account cmp-key --dir "$CA_DIR" --contract-id "$CONTRACT" --user-id "$USER_ID" --json | jq -r .secret)
  ACCOUNT_CONFIRM=$SECRET_GIVEN # nothing_leaked looks for it
  ANSWERS=$T/answers.json
  jq -n --arg contract "$CONTRACT" --arg user "$USER_ID" --arg key "$SECRET_GIVEN" --arg token "$PIN" \
    '{contract_id: $contract, user_id: $user, activation_key: $key, token_pin: $token}' >"$ANSWERS"
}

# cmp_set_up [LINES OF ca.cmp...]: a token, an account with its secret, a profile of the practice CA. ENROLL.
cmp_set_up() {
  token_new alpha
  # shellcheck disable=SC2086 # options
  account_user ${CMP_ACCOUNT:-}
  cmp_key
  cmp_profile "$CMP_URL" "$CA_ROOT" "$@"
  ENROLL=(enroll --yes --json --profile "$PROFILE" --role user --token "$TOKEN" --answers "$ANSWERS")
}

# cmp_open: certificates that nobody has confirmed.
ca_revoked() {
  "$PRACTICE_CA" issued --dir "$CA_DIR" --json | jq -r --arg cn "$CN" 'select(.common_name == $cn) | .revoked.reason // "good"' | paste -sd ' '
}
