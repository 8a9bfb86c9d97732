# What `.ci/run` and `.ci/platforms` share: how they report, and how they get tools. To be sourced by bash.
# shellcheck shell=bash

cache=${XDG_CACHE_HOME:-$HOME/.cache}
python=$cache/nuget-plugin-codeartifact-python/bin/python

# A part of the run, and how many seconds it begins after the start.
step() { printf '\n== %s (%s s)\n' "$*" "$SECONDS"; }

# What is not checked, and why. It is a failure where CODEARTIFACT_NUGET_TEST_COMPLETE is set.
left_out() {
    printf '== LEFT OUT: %s\n' "$*"
    [ -z "${CODEARTIFACT_NUGET_TEST_COMPLETE:-}" ] || exit 1
}

have() {
    local program
    for program; do command -v "$program" >/dev/null || return 1; done
}

# A machine of a CI service gives root without a password; elsewhere nobody wants packages installed so.
as_root=()
[ "$(id -u)" = 0 ] || [ -z "${CI:-}" ] || ! sudo -n true 2>/dev/null || as_root=(sudo -n)

# PROGRAM[=PACKAGE]…: installs Debian's packages of those programs that are missing, where that is
# possible: all at once or, where one is not to be had, each that is. Whether a program is there
# afterwards is for the caller to see.
debian() {
    local each missing=()
    for each; do have "${each%%=*}" || missing+=("${each#*=}"); done
    [ ${#missing[@]} -gt 0 ] && have apt-get || return 0
    [ "$(id -u)" = 0 ] || [ ${#as_root[@]} -gt 0 ] || return 0
    if [ -z "${debian_is_fresh:-}" ]; then
        "${as_root[@]}" apt-get update -qq >/dev/null 2>&1 || true
        debian_is_fresh=1
    fi
    apt_install "${missing[@]}" || for each in "${missing[@]}"; do apt_install "$each" || true; done
}

apt_install() {
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$@" >/dev/null 2>&1
}

# Installs Python's packages, each as NAME==VERSION, into an environment of our own.
python_packages() {
    [ -x "$python" ] || python3 -m venv "${python%/bin/python}" >/dev/null 2>&1 || return 1
    "$python" -m pip install --quiet --disable-pip-version-check "$@" >/dev/null 2>&1
}

# Their programs, behind those that PATH has already.
PATH=$PATH:${python%/python}

# The folder that a package was installed into.
python_package_folder() { "$python" -c 'import importlib.util, sys; print(importlib.util.find_spec(sys.argv[1]).submodule_search_locations[0])' "$1"; }

has_target() { rustup target add "$1" >/dev/null 2>&1; }

# Puts the .NET SDK on PATH where it is not, and one can be had.
find_dotnet() {
    local archive=../shared/dotnet
    if ! have dotnet && [ -x "$archive/unpack.sh" ]; then
        PATH="$("$archive/unpack.sh" "${TMPDIR:-/tmp}/nuget-plugin-codeartifact-dotnet"):$PATH"
        export PATH
    fi
}

# LOG COMMAND…: starts the command again for each test that failed in a log of its output, alone this time.
# Emulated, everything takes many times as long, and tests have time limits. Many failures are no such thing.
try_failed_again() {
    local log=$1 name names
    shift
    mapfile -t names < <(awk '
        /^failures:$/ { count = 0 }
        /^    [^ ]+$/ { found[count++] = $1 }
        /^test result: FAILED/ { for (i = 0; i < count; i++) print found[i]; count = 0 }' "$log")
    [ ${#names[@]} -gt 0 ] && [ ${#names[@]} -le 10 ] || return 1
    for name in "${names[@]}"; do
        printf '== AGAIN, alone: %s\n' "$name"
        "$@" --exact "$name" || return 1
    done
}
