"""Every command is in the README's table, the reverse, and every command explains itself."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def lsfs(*arguments: str) -> str:
    """What the command prints; fails the test when it fails."""
    program = "import sys; from lsfs_cli.main import main; sys.argv[0] = 'lsfs'; sys.exit(main())"
    done = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"lsfs {' '.join(arguments)}: exit {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


def commands() -> set[str]:
    """The commands that `lsfs --help` lists."""
    _options, _heading, listed = lsfs("--help").partition("Commands:\n")
    return set(re.findall(r"^  ([a-z][a-z-]*)", listed, flags=re.MULTILINE))


def documented() -> set[str]:
    """The commands in the README's table of commands."""
    rows = re.findall(r"^\| *(`lsfs [^|]*(?:\\\|[^|]*)*)\|", (ROOT / "README.md").read_text(), flags=re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`lsfs ([a-z][a-z-]*)", row)}


def test_readme_lists_every_command_and_no_other() -> None:
    assert documented() == commands()


def test_every_command_has_help() -> None:
    for command in sorted(commands()):
        text = lsfs(command, "--help")
        assert "Usage:" in text or "usage:" in text, command
        assert len(text.splitlines()) > 3, f"{command} says nothing about itself"
