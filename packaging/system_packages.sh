#!/usr/bin/env bash
# Installs the system packages that mounting needs, or says in one line which are missing and goes on without them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# fuse3 brings the libfuse3 of its release with it, whatever that package is called there.
readonly packages=(fuse3)
readonly hint="mounting will not work until fuse3 is installed (sudo apt install fuse3); everything else does"
# Where an attempt failed: a second run says so again but does not wait for the network again.
readonly failed=.venv/.fuse3-failed

command -v fusermount3 >/dev/null && exit 0

go_on_without() {
    printf 'lsfs: %s\n' "$hint" >&2
    exit 0
}

if [[ $(id -u) == 0 ]]; then
    as_root=()
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    as_root=(sudo -n)
else
    go_on_without
fi
command -v apt-get >/dev/null || go_on_without
[[ -e $failed ]] && go_on_without

# Bounded in time, because a machine without a network would otherwise wait minutes for each mirror.
apt() {
    timeout 120 "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq \
        -o Acquire::http::Timeout=10 -o Acquire::Retries=0 -o DPkg::Lock::Timeout=30 "$@" </dev/null >/dev/null 2>&1
}

printf 'lsfs: installing %s\n' "${packages[*]}" >&2
if apt install -y --no-install-recommends "${packages[@]}" ||
    { apt update && apt install -y --no-install-recommends "${packages[@]}"; }; then
    exit 0
fi
if [[ -d .venv ]]; then : >"$failed"; fi
go_on_without
