"""The bound key in the user's own shell, on a real terminal: a sentence, its preview below the prompt, y, and done."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from lsfs.core import api
from lsfs.core.errors import UsageError
from lsfs_cli.key_binding import key_script
from tests.cli.terminal import SOURCES, Terminal

SHELLS = {
    "bash": ["bash", "--norc", "--noprofile", "-i"],
    "zsh": ["zsh", "-f", "-i"],
    "fish": ["fish", "--no-config", "-i"],
}
SETUP = {
    "bash": 'PS1="=> "; eval "$(lsfs completion bash --keys)"',
    "zsh": 'unsetopt prompt_sp; PS1="=> "; eval "$(lsfs completion zsh --keys)"',
    "fish": "function fish_prompt; echo '=> '; end; lsfs completion fish --keys | source",
}
KEPT = {"bash": "history 9", "zsh": "fc -ln -9", "fish": "history"}
LINE = "move the lease to Legal's folder"
EFFECT = api.EffectInfo(action="move", path="/docs/lease.pdf", to="/docs/Legal/lease.pdf")


@pytest.fixture(params=["bash", "zsh", "fish"])
def shell(request, door, private_home, preview, done) -> Iterator[Terminal]:
    """Each shell with the key bound, and an ``lsfs`` on its path whose daemon moves a file."""
    name = request.param
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not installed here")
    programs = private_home / "bin"
    programs.mkdir()
    program = f"#!{sys.executable}\nimport sys\nsys.path[:0] = {SOURCES!r}\nfrom lsfs_cli.main import main\nmain()\n"
    (programs / "lsfs").write_text(program)
    (programs / "lsfs").chmod(0o755)
    door.on("do", api.SayEvent(phase="understanding"), done(preview(EFFECT)))
    door.on("apply", api.OpEvent(phase="done", result=preview(EFFECT, kind=api.PlanResult, state="applied")))
    tagged = api.TaggedFile(path="/docs/a.md", tags=("tax 2026", "taxi"))
    door.on("tags", api.TagsResult(files=(tagged,)))
    (private_home / "Taxonomy notes.md").write_text("")
    environ = {
        **os.environ, "PATH": f"{programs}:{os.environ['PATH']}", "TERM": "xterm", "NO_COLOR": "1", "LC_ALL": "C.UTF-8",
    }  # fmt: skip
    made = Terminal(SHELLS[name], environ, private_home)
    made.name = name
    made.type(SETUP[name] + "; echo re''ady\n")
    made.until("ready\n")
    made.until("=> ")
    yield made
    made.close()


def test_a_typed_sentence_is_previewed_below_the_prompt_and_done_on_y(shell, door):
    shell.type(LINE)
    shell.until("folder")
    shell.type("\x1bl")
    shell.until("Plan 17 · 1 file\n  move  /docs/lease.pdf → /docs/Legal/lease.pdf\n")
    shell.until("Apply? [y/N]: ")
    shell.type("y\n")
    shell.until("Done. Take it back with: lsfs undo 17")
    shell.until("=> ")
    assert [request["sentence"] for request in door.said("do")] == [LINE]
    assert door.said("apply")[0]["confirmed"] == "asked"
    shell.type("echo em''pty\n")  # nothing of the sentence stands at the prompt any more
    shell.until("\nempty\n")
    shell.type(KEPT[shell.name] + "; echo en''d\n")
    kept = shell.until("\nend\n")
    assert "move the lease to Legal" in kept.replace("\\ ", " ")


def test_no_leaves_all_as_it_is_and_an_empty_line_asks_nothing(shell, door):
    shell.type("  \x1bl")
    shell.type("\x15trash it\x1bl")
    shell.until("Apply? [y/N]: ")
    shell.type("n\n")
    shell.until("lsfs: nothing was done")
    shell.type("echo stty: $(stty -a | grep -o -e '-*icanon')\n")
    shell.until("\nstty: icanon\n")
    assert [request["sentence"].strip() for request in door.said("do")] == ["trash it"]
    assert door.said("apply") == []


def test_ctrl_c_stops_the_model_and_the_shell_goes_on(shell, door, wait_until):
    never = threading.Event()
    door.on("do", api.SayEvent(phase="loading"), never)
    shell.type("trash it\x1bl")
    shell.until("loading the model…")
    shell.interrupt(door.gone.is_set)
    shell.until("=> ")
    shell.type("cho still he''re\x01e")  # Ctrl-A is the shell's to obey again, not the terminal's to show
    shell.type("\n")
    assert "^A" not in shell.until("\nstill here\n")


def test_tab_completes_commands_paths_and_tags(shell, door):
    for typed, completed in (
        ("lsfs summ", "lsfs summarize "),
        ("lsfs history Taxon", "lsfs history Taxonomy\\ notes.md"),
        ("lsfs find --tag 'tax", "tax 2026") if shell.name != "bash" else ("lsfs find --tag taxi", "taxi "),
    ):
        shell.type(f"{typed}\t")
        shell.until(completed)
        shell.type("\x15")


@pytest.mark.parametrize(
    ("shell_name", "key", "bound"),
    [
        ("bash", r"\C-o", r""""\C-o": _lsfs"""),
        ("zsh", r"\C-o", "bindkey '^O' "),
        ("fish", r"\C-o", r"bind \co "),
        ("fish", r"\el", r"bind \el "),
    ],
)
def test_another_key_is_written_as_each_shell_writes_it(shell_name, key, bound):
    assert bound in key_script(shell_name, key)


@pytest.mark.parametrize("key", ["l", "", "\\el'; rm", "\\e\n", "\\", "^O"])
def test_what_is_no_key_is_refused(key):
    with pytest.raises(UsageError):
        key_script("bash", key)


def test_the_scripts_are_valid_where_their_shells_are():
    for name in SHELLS:
        if shutil.which(name):
            flags = ["--no-execute"] if name == "fish" else ["-n"]
            subprocess.run([name, *flags], input=key_script(name, r"\el"), text=True, check=True)


def test_keys_come_when_they_are_wanted(door, lsfs):
    assert "lsfs do" not in lsfs("completion", "bash").out
    assert "lsfs do" in lsfs("completion", "bash", "--keys").out
    assert r"\C-o" in lsfs("completion", "bash", "--key", r"\C-o").out
    assert lsfs("completion", "bash", "--key", "x", "--json").document["error"]["code"] == "usage"
    assert door.asked == []
