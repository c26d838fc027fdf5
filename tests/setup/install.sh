#!/bin/bash
# Install the Debian packages that tests use: as root, or through a sudo that asks no password.
# Without that right, or without apt, it says so and ends well: the tests that need a missing package skip, by name.
set -euo pipefail

list=$(dirname "$0")/apt-packages.txt
policy=/usr/sbin/policy-rc.d

say() { printf '%s\n' "install: $*" >&2; }

missing_packages() {
    sed 's/#.*//' "$list" | while read -r package; do
        [ -z "$package" ] || dpkg-query --show --showformat='${db:Status-Status}\n' "$package" 2>/dev/null |
            grep -qx installed || printf '%s\n' "$package"
    done
}

# No server that comes with a package is started: tests start their own, where they want them (policy-rc.d(8)).
hold_servers() {
    [ ! -e "$policy" ] || return 0
    trap 'rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
}

install_packages() {
    export DEBIAN_FRONTEND=noninteractive
    apt-get -qq update &&
        apt-get -qq -y -o DPkg::Lock::Timeout=300 install --no-install-recommends "$@" >/dev/null
}

if ! { command -v apt-get && command -v dpkg-query; } >/dev/null; then
    say "this is no Debian: tests that need a program which is not here skip."
    exit 0
fi
mapfile -t missing < <(missing_packages)
if [ ${#missing[@]} -eq 0 ]; then
    exit 0
fi
if [ "$(id -u)" != 0 ]; then
    if sudo -n true 2>/dev/null; then
        exec sudo -n "$0"
    fi
    say "neither root nor sudo without a password: tests that need one of these skip: ${missing[*]}"
    exit 0
fi
say "installing ${missing[*]}"
hold_servers
install_packages "${missing[@]}" || say "apt-get failed: tests that need one of these skip: ${missing[*]}"
