#!/bin/bash
# Make a virtual environment from a hashed requirements file, or bring it up to date.
# usage: requirements/make-venv.sh DIRECTORY REQUIREMENTS.txt
#
# Works with what a fresh Debian has: looks for a Python 3.11 or newer that really runs, and for a way to get pip
# into the environment. Debian keeps the one that belongs to Python in a package of its own (python3-venv).
set -euo pipefail

directory=$1
requirements=$2

say() { printf '%s\n' "make-venv: $*" >&2; }

# pyenv and others put shims on PATH that fail when run, so each candidate has to answer.
find_python() {
    local candidate
    for candidate in ${PYTHON:-python3 python3.11 python3.12 python3.13 python3.14}; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
            command -v "$candidate"
            return
        fi
    done
    say "no Python 3.11 or newer found (tried: ${PYTHON:-python3 python3.11 python3.12 python3.13 python3.14})."
    say "Install one (Debian 12 and later: apt-get install python3-venv), or name it: make PYTHON=/path/to/python3.11"
    return 1
}

# With its own pip where Python can give it one; else without, for the pip of the Python that it is made from.
make_environment() {
    local python=$1 version
    if "$python" -c 'import ensurepip' 2>/dev/null; then
        "$python" -m venv --clear "$directory"
        return
    fi
    if "$python" -m pip --version >/dev/null 2>&1; then
        "$python" -m venv --clear --without-pip "$directory"
        return
    fi
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        say "$python has no ensurepip: installing the Debian package python$version-venv"
        install_package "python$version-venv" && "$python" -m venv --clear "$directory" && return
    fi
    say "$python can make no virtual environment: its ensurepip is missing."
    say "Install it with: sudo apt-get install python$version-venv"
    return 1
}

install_package() {
    apt-get -qq update &&
        DEBIAN_FRONTEND=noninteractive apt-get -qq -y install --no-install-recommends "$1" >/dev/null
}

if ! "$directory/bin/python" -c '' 2>/dev/null; then
    python=$(find_python)
    say "creating $directory with $("$python" --version)"
    make_environment "$python"
fi
pip=("$directory/bin/python" -m pip)
if ! "${pip[@]}" --version >/dev/null 2>&1; then
    pip=("$(find_python)" -m pip --python "$directory/bin/python")
fi
"${pip[@]}" --quiet --disable-pip-version-check --no-input install --require-hashes -r "$requirements"
