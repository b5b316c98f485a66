"""What `lsfs doctor` tells a user to type is one command in a shell, whatever the folders are called."""

from __future__ import annotations

import shlex
from pathlib import Path

from lsfs.core.locations import Paths
from lsfsd import environment_check
from lsfsd.environment_check import check_environment


def test_a_path_with_a_quote_or_a_space_is_one_word_of_the_command(tmp_path: Path, monkeypatch):
    home = tmp_path / "Ann's home"
    paths = Paths.from_env({"HOME": str(home)})
    point = str(home / "it's; mine")
    monkeypatch.setattr(environment_check, "stale", lambda _: [point.encode()])
    folder = Path(paths.vault_dir)
    folder.mkdir(parents=True)
    folder.chmod(0o755)
    hints = [finding.hint for finding in check_environment(paths) if finding.severity == "warning"]
    assert [shlex.split(hint) for hint in hints] == [
        ["chmod", "700", str(folder)],
        ["fusermount3", "-u", "-z", point],
    ]
