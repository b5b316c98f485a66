#!/usr/bin/env bash
# Makes .venv/ in the checkout hold lsfs with the named extras, and returns at once when it already does.
#
#     packaging/environment.sh [EXTRA...]
#
# An extra once installed stays.  uv builds the environment where it is installed; else venv and pip do, with the
# user's own pip configuration.  PYTHON names the interpreter to use; else the newest fitting one is taken.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly venv=.venv
readonly stamp=$venv/.installed
readonly fits='import sys; sys.exit(sys.version_info < (3, 11))'

say() { printf '%s\n' "$*" >&2; }
fail() { say "lsfs: $*"; exit 1; }

find_python() {
    local name
    for name in ${PYTHON:+"$PYTHON"} python3 python3.14 python3.13 python3.12 python3.11 python; do
        if "$name" -c "$fits" 2>/dev/null; then
            command -v "$name"
            return
        fi
    done
}

compiler=$(command -v "${CXX:-c++}" || command -v g++ || command -v clang++ || true)
readonly compiler

# What the environment was built from: with the same line, it needs nothing.
fingerprint() {
    printf '%s %s %s %s\n' "$(cat pyproject.toml packaging/environment.sh packaging/cmake/* | cksum | tr ' ' :)" "$PWD" "${compiler:+c++}" "$*"
}

privileged() {
    if [[ $(id -u) == 0 ]]; then "$@"; else sudo -n "$@"; fi
}

can_be_privileged() {
    [[ $(id -u) == 0 ]] || { command -v sudo >/dev/null && sudo -n true 2>/dev/null; }
}

install_venv_module() {
    command -v apt-get >/dev/null && can_be_privileged || return 1
    local version
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    say "lsfs: installing python$version-venv"
    privileged env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "python$version-venv" </dev/null >/dev/null 2>&1 ||
        { privileged apt-get update -qq </dev/null >/dev/null 2>&1 &&
            privileged env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "python$version-venv" </dev/null >/dev/null 2>&1; }
}

# Debian's Python comes without the venv module's other half; there are four ways around, the plainest first.
create_with_python() {
    "$python" -m venv --clear "$venv" >/dev/null 2>&1 && return
    install_venv_module && "$python" -m venv --clear "$venv" >/dev/null 2>&1 && return
    "$python" -m virtualenv --quiet "$venv" >/dev/null 2>&1 && return
    "$python" -m venv --clear --without-pip "$venv" >/dev/null 2>&1 &&
        "$python" -m pip --python "$venv/bin/python" install --quiet pip >/dev/null 2>&1 && return
    rm -rf "$venv"
    fail "this Python cannot make a virtual environment; install it with: sudo apt install python3-venv"
}

has_uv() { command -v uv >/dev/null; }

create() {
    # With pip seeded in: `lsfs models pull` fetches with it.
    has_uv && uv venv --quiet --clear --seed --python "${python:->=3.11}" "$venv" </dev/null && return
    [[ -n $python ]] || fail "needs Python 3.11 or newer; install it with: sudo apt install python3"
    create_with_python
}

# What llama.cpp is built with, where the user has not said it: kernels for every processor (packaging/cmake), and
# neither its programs nor what they share.  Both installers keep the wheel and take it for the next environment.
export_build_options() {
    local cmake=$PWD/packaging/cmake
    export CMAKE_ARGS="${CMAKE_ARGS:--DGGML_NATIVE=OFF -DGGML_BACKEND_DL=ON -DLLAVA_BUILD=OFF -DLLAMA_ALL_WARNINGS=OFF \
'-DCMAKE_MODULE_PATH=$cmake' '-DCMAKE_PROJECT_llama.cpp_INCLUDE=$cmake/library_only.cmake' \
-DCMAKE_INSTALL_BINDIR=llama_cpp/lib -DCMAKE_INSTALL_LIBDIR=llama_cpp/lib -DCMAKE_INSTALL_INCLUDEDIR=llama_cpp/include}"
}

# The language model's library is the one package that has to be compiled: where it cannot be, lsfs goes on without.
install_llm() {
    local -r without="sentences will be read by rules alone"
    if [[ -z $compiler ]]; then
        say "lsfs: no C++ compiler to build llama.cpp with, $without; to change that: sudo apt install g++"
        return
    fi
    say "lsfs: installing llama.cpp for the language model (built once, in a few minutes)"
    export_build_options
    install "$1" ||
        say "lsfs: llama.cpp could not be built (the reason is above), $without; to try again: rm $stamp"
}

# pip after uv, because a mirror that only pip's configuration names is unknown to uv.
install() {
    has_uv && uv pip install --quiet --python "$venv/bin/python" --editable "$1" </dev/null && return
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --root-user-action ignore --editable "$1" </dev/null
}

# An environment that was made here and still starts; in one of a moved checkout every script names the old place.
usable() {
    [[ $(cat "$stamp.place" 2>/dev/null) == "$PWD" ]] && "$venv/bin/python" -m pip --version >/dev/null 2>&1
}

extras=$( (cat "$stamp.extras" 2>/dev/null || true; printf '%s\n' "$@") | sed '/^$/d' | sort -u | paste -sd, -)
wanted=$(fingerprint "$extras")
if [[ $(cat "$stamp" 2>/dev/null) == "$wanted" ]] && "$venv/bin/python" -c "$fits" 2>/dev/null; then
    exit 0
fi

[[ -w . ]] || fail "cannot write into $PWD, where the environment .venv is to be made; clone into a folder of your own"
python=$(find_python)
readonly python
say "lsfs: building the environment in $PWD/$venv (once; a few minutes at most)"
if ! usable; then
    create
    printf '%s\n' "$PWD" >"$stamp.place"
fi
# One extra after the others, since it may fail without the rest being worth less.
others=$(tr ',' '\n' <<<"$extras" | sed '/^llm$/d' | paste -sd, -)
install ".${others:+[$others]}" || fail "the packages could not be installed; the installer's own message is above"
tr ',' '\n' <<<"$extras" >"$stamp.extras"
[[ ",$extras," != *,llm,* ]] || install_llm ".[$extras]"
printf '%s\n' "$wanted" >"$stamp"
