#!/bin/sh
# Makes .venv from the hashed requirements, `setup.sh base` to run or `setup.sh dev` to test. Quick when nothing has changed.
set -eu
cd "$(dirname "$0")/.."
flavour=$1
python=.venv/bin/python

say() { printf '%s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

# apt_get SENTENCE PACKAGE…: installs as root on Debian, else stops with the sentence.
apt_get() {
    sentence=$1; shift
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || fail "$sentence"
    say "Installing $*…"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq && apt-get install -qq -y --no-install-recommends "$@" >/dev/null </dev/null
}

find_python() {
    for candidate in python3 python3.14 python3.13 python3.12 python3.11; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    fail "Frontdesk needs Python 3.11 or later, and no python3 here is. On Debian 12 or later: apt-get install python3 python3-venv"
}

make_environment() {
    base=$(find_python)
    "$base" -c 'import ensurepip, venv' 2>/dev/null \
        || apt_get "Python's venv module is missing. Run: sudo apt-get install python3-venv" python3-venv
    say "Making the virtual environment…"
    "$base" -m venv --clear .venv
}

install_packages() {
    # An account without a home folder has no place for a cache.
    [ -w "${HOME:-/nowhere}" ] || export UV_NO_CACHE=1 PIP_NO_CACHE_DIR=1
    say "Installing the $flavour requirements…"
    "$python" -m pip install -q --disable-pip-version-check --no-deps --require-hashes -r requirements/uv.txt
    "$python" -m uv pip install -q --python "$python" --compile-bytecode --no-deps --require-hashes -r "requirements/$flavour.txt"
    set -- -e .
    for plugin in plugins/*/pyproject.toml; do
        [ -f "$plugin" ] && set -- "$@" -e "$(dirname "$plugin")"
    done
    "$python" -m uv pip install -q --python "$python" --no-deps --no-build-isolation "$@"
}

# What the environment was made from, and where: the scripts in it do not survive a move of the checkout.
recipe() {
    pwd
    cat requirements/uv.txt "requirements/$1.txt" pyproject.toml plugins/*/pyproject.toml 2>/dev/null | cksum
}

up_to_date() { [ "$(recipe "$1")" = "$(cat ".venv/recipe-$1" 2>/dev/null)" ]; }

exec 9<Makefile
if command -v flock >/dev/null; then flock 9; fi

if ! { up_to_date "$flavour" || { [ "$flavour" = base ] && up_to_date dev; }; } || ! "$python" -c '' 2>/dev/null; then
    made_in=$(cat .venv/recipe-* 2>/dev/null | sed -n 1p)
    if ! "$python" -c 'import pip' 2>/dev/null || [ "${made_in:-$PWD}" != "$PWD" ]; then
        make_environment
    fi
    install_packages
    recipe "$flavour" >".venv/recipe-$flavour"
fi

# The browser, the letters it needs, and what Playwright's own program is linked with.
if [ "$flavour" = dev ] \
    && { [ ! -x /usr/bin/chromium ] || ldd .venv/lib/python*/site-packages/playwright/driver/node | grep -q 'not found'; }; then
    set -- chromium fonts-noto-core libatomic1
    apt_get "The browser tests need Chromium. Run: sudo apt-get install $*" "$@"
fi
