# shellcheck shell=bash
# What the checks share: where they are, and which files they read. Sourced, not run.
set -euo pipefail
export LC_ALL=C.UTF-8
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
lib=$top/scripts/checks/lib
cd "$top"
jobs=$(nproc)
export top lib jobs

# Every file of the project (not of its builds) whose name fits a pattern, one a line. No git is asked:
# it may be missing, or refuse a checkout that another user owns.
files() {
  find . \( -path ./build -o -path ./.git -o -path ./.cache \) -prune -o -type f -name "$1" -print |
    sed 's|^\./||' | LC_ALL=C sort
}

# Files that bash runs, by their first line.
scripts() {
  find . \( -path ./build -o -path ./.git -o -path ./.cache \) -prune -o -type f -size -200k -print |
    sed 's|^\./||' | LC_ALL=C sort | while IFS= read -r file; do
    # read fails at a file without a newline; what it read counts.
    IFS= read -r first <"$file" 2>/dev/null || true
    case "$first" in '#!'*bash | '#!/bin/sh' | '# shellcheck shell='*) printf '%s\n' "$file" ;; esac
  done
}

# The compiler's flags for the outside libraries.
outside_cflags() {
  pkg-config --cflags yaml-0.1 libcurl p11-kit-1 libpcsclite sqlite3 liboath jansson libmicrohttpd gnutls cunit openssl libxml-2.0 libpng zbar
}
