"""Scripts that bind a key of the user's shell to ``lsfs do`` with the line that was typed so far.

What the three have in common: the line goes into the shell's history (in fish, which keeps only what it runs, with
``lsfs do`` before it), the terminal is as for any command while the preview is shown below the prompt and asked about,
and the prompt is empty afterwards.
"""

from __future__ import annotations

import re

from lsfs.core.errors import UsageError

DEFAULT_KEY = r"\el"
"""Alt-L."""
_KEY = re.compile(r"(?:\\e|\\C-[a-z]|[A-Za-z0-9])+")


def key_script(shell: str, key: str) -> str:
    """The script for `shell` (bash, zsh or fish); `key` is as readline names it: ``\\el``, ``\\C-o``.

    Raises `UsageError` for another key: what is typed there becomes a part of the script.
    """
    if not _KEY.fullmatch(key) or key[0] != "\\":
        raise UsageError(f"the key {key!r} is not one to bind", hint=r"for example '\el' (Alt-L) or '\C-o' (Ctrl-O)")
    script, written = _SCRIPTS[shell], key
    if shell == "zsh":
        written = re.sub(r"\\C-([a-z])", lambda control: f"^{control[1].upper()}", key)
    elif shell == "fish":
        written = re.sub(r"\\C-([a-z])", r"\\c\1", key)
    return script.replace("@KEY@", written)


_BASH = r"""
_lsfs_do_line() {
    local line=$READLINE_LINE prompt=${PS1@P} settings
    [[ $line =~ [^[:space:]] ]] || return 0
    history -s -- "$line"
    READLINE_LINE='' READLINE_POINT=0
    prompt=${prompt//[$'\001\002']/}
    printf '%s%s\n' "${prompt##*$'\n'}" "$line"
    settings=$(stty -g </dev/tty)
    stty icanon echo isig icrnl opost </dev/tty
    lsfs do -- "$line" </dev/tty
    stty "$settings" </dev/tty
}
bind -x '"@KEY@": _lsfs_do_line'
"""

_ZSH = r"""
_lsfs_do_line() {
    local line=$BUFFER
    [[ $line == *[^[:space:]]* ]] || return 0
    print -sr -- "$line"
    zle end-of-line
    zle -I
    BUFFER=''
    lsfs do -- "$line" </dev/tty
    return 0
}
zle -N _lsfs_do_line
bindkey '@KEY@' _lsfs_do_line
"""

_FISH = r"""
function _lsfs_do_line
    set -l line (commandline | string collect)
    string match -qr '\S' -- $line; or return 0
    commandline -r -- "lsfs do -- "(string escape -- $line)
    commandline -f execute
end
bind @KEY@ _lsfs_do_line
"""

_SCRIPTS = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}
