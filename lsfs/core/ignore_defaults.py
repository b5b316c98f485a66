"""Names that nobody means when they say "my files": secrets, caches, and what hides behind a dot.

Data only, except for one look-up.  Secrets and caches are on both lists (neither searched nor kept as versions);
hidden names and backups are not searched, but their versions are kept.
"""

from __future__ import annotations

import msgspec

from lsfs.core.paths import ancestors

SECRET = "secret"
CACHE = "cache"
HIDDEN = "hidden"
BACKUP = "backup"

_SECRET_NAMES = (
    b".ssh .gnupg .pki .password-store .netrc .authinfo .pgpass .my.cnf .git-credentials .npmrc .pypirc .vault-token "
    b".aws .azure .kube .docker .env .envrc id_rsa id_dsa id_ecdsa id_ed25519 .htpasswd .bash_history .zsh_history "
    b".python_history .electrum .bitcoin .mozilla .thunderbird .mozilla-thunderbird keyrings kwalletd"
).split()
_SECRET_PATHS = (
    b".config/google-chrome .config/chromium .config/BraveSoftware .config/microsoft-edge .config/vivaldi "
    b".config/opera .config/gh .config/gcloud .config/rclone .config/Bitwarden .config/keepassxc "
    b"snap/firefox snap/chromium .var/app/org.mozilla.firefox .var/app/com.google.Chrome "
    b".var/app/org.chromium.Chromium .var/app/org.mozilla.Thunderbird Library/Keychains"
).split()
_SECRET_SUFFIXES = b".kdbx .kdb .p12 .pfx .jks .keystore .ppk".split()
_CACHE_NAMES = (
    b"node_modules __pycache__ .cache .ccache .venv .tox .nox .mypy_cache .pytest_cache .ruff_cache .hypothesis .eggs "
    b".ipynb_checkpoints .gradle .npm .yarn .pnpm-store bower_components .terraform .direnv .thumbnails .Trash "
    b"lost+found .fseventsd .Spotlight-V100 .DocumentRevisions-V100 .DS_Store Thumbs.db ehthumbs.db desktop.ini"
).split()
_CACHE_PATHS = b".local/share/Trash .local/share/baloo .local/state .cargo/registry .rustup/toolchains go/pkg".split()
_CACHE_SUFFIXES = b".pyc .pyo .swp .swx .crdownload .partial".split()
_CACHE_PREFIXES = (b".Trash-", b".nfs", b".fuse_hidden", b".~lock.", b".#", b".lsfs-")
_HARMLESS = frozenset(b".env.example .env.sample .env.template .env.dist".split())

_BUILD_FOLDERS = frozenset(
    b"build _build dist target out obj bin .next .nuxt .output .svelte-kit coverage htmlcov Debug Release "
    b"cmake-build-debug cmake-build-release DerivedData site-packages vendor Pods venv env".split()
)


class Defaults(msgspec.Struct, frozen=True):
    """The built-in lists, ready to be asked."""

    names: dict[bytes, str]
    suffixes: dict[bytes, str]
    paths: dict[bytes, tuple[tuple[bytes, str], ...]]
    """By last component: (path that the asked one ends with, reason)."""
    build_folders: frozenset[bytes] = _BUILD_FOLDERS

    def reasons(self, name: bytes, path: bytes) -> tuple[str | None, str | None]:
        """(why it is not searched, why no versions are kept) for a name; None where it is."""
        reason = self.names.get(name)
        if reason is None and (dot := name.rfind(b".")) > 0:
            reason = self.suffixes.get(name[dot:])
        if reason is None and name in self.paths:
            reason = next((why for tail, why in self.paths[name] if path == tail or path.endswith(b"/" + tail)), None)
        if reason is not None:
            return reason, reason
        if name[:1] == b".":
            if name.startswith(_CACHE_PREFIXES):
                return CACHE, CACHE
            if name.startswith(b".env.") and name not in _HARMLESS:
                return SECRET, SECRET
            return HIDDEN, None
        return (BACKUP, None) if name[-1:] == b"~" else (None, None)

    def is_secret(self, path: bytes) -> bool:
        """Whether a path, or a folder that it lies in, is a secret, whatever ignore files say."""
        parts = (part for part in (*ancestors(path), path) if part)
        return any(SECRET in self.reasons(part[part.rfind(b"/") + 1 :], part) for part in parts)


def defaults() -> Defaults:
    """The lists of this version of lsfs."""
    paths: dict[bytes, tuple[tuple[bytes, str], ...]] = {}
    for group, reason in ((_SECRET_PATHS, SECRET), (_CACHE_PATHS, CACHE)):
        for path in group:
            name = path.rpartition(b"/")[2]
            paths[name] = (*paths.get(name, ()), (path, reason))
    return Defaults(
        names=dict.fromkeys(_CACHE_NAMES, CACHE) | dict.fromkeys(_SECRET_NAMES, SECRET),
        suffixes=dict.fromkeys(_CACHE_SUFFIXES, CACHE) | dict.fromkeys(_SECRET_SUFFIXES, SECRET),
        paths=paths,
    )
