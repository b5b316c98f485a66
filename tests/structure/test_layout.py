"""The shape of the checkout: what lies where, how long a file may be, what no file may name."""

from __future__ import annotations

import ast
import os
import pwd
import re
import subprocess
import tomllib
from collections import Counter
from pathlib import Path

import lsfs

ROOT = Path(__file__).parents[2]
PACKAGES = ("lsfs", "daemon/lsfsd", "cli/lsfs_cli")
MOST_LINES = 400


def tracked_files() -> list[Path]:
    """Files that belong to the project: tracked, or new and not ignored; all of them where there is no git."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode == 0:
        return [path for name in listed.stdout.decode().split("\0") if name and (path := ROOT / name).is_file()]
    # An unpacked source archive: no list of what is ours, so leave out what is built.
    built = {".venv", "__pycache__", ".hypothesis", ".ruff_cache", "build", "dist", ".git"}
    return [path for path in ROOT.rglob("*") if path.is_file() and not built & set(path.relative_to(ROOT).parts)]


def modules() -> list[Path]:
    """Python files of the three packages."""
    return [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]


def text_of(path: Path) -> str:
    """The file as text; nothing for a binary file."""
    content = path.read_bytes()
    return "" if b"\0" in content else content.decode(errors="replace")


def test_bare_folders_are_no_packages() -> None:
    """`packaging/__init__.py` would shadow PyPI's packaging; `daemon` and `cli` would collide with others'."""
    bare = ("daemon", "cli", "packaging", "docs", "benchmarks")
    assert [name for name in bare if (ROOT / name / "__init__.py").exists()] == []
    assert list((ROOT / "tests").rglob("__init__.py")) == []


def test_test_files_have_names_of_their_own() -> None:
    names = Counter(path.name for path in (ROOT / "tests").rglob("test_*.py"))
    assert [name for name, count in names.items() if count > 1] == []


def test_no_python_file_is_long() -> None:
    python = [path for path in tracked_files() if path.suffix == ".py"]
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in python}
    assert {name: lines for name, lines in lengths.items() if lines > MOST_LINES} == {}


def test_every_module_says_what_it_is_for() -> None:
    mute = [str(path.relative_to(ROOT)) for path in modules() if not ast.get_docstring(ast.parse(path.read_text()))]
    assert mute == []


def test_every_public_class_and_function_says_what_the_caller_gets() -> None:
    mute = []
    for path in modules():
        for node in ast.parse(path.read_text()).body:
            if not isinstance(node, ast.ClassDef | ast.FunctionDef) or node.name.startswith("_"):
                continue
            if not ast.get_docstring(node):
                mute.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.name}")
    assert mute == []


def test_annotations_are_not_evaluated_at_import() -> None:
    """Types imported for checking only then cost a starting command nothing."""
    without = []
    for path in modules():
        tree = ast.parse(path.read_text())
        code = [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AnnAssign)]
        if code and "from __future__ import annotations" not in path.read_text():
            without.append(str(path.relative_to(ROOT)))
    assert without == []


def test_no_file_names_the_place_where_it_was_written() -> None:
    """A path of the machine at hand works nowhere else."""
    # The real home: the tests' own HOME is elsewhere.  Short ones (/root) are names that a test may well use.
    homes = [
        person.pw_dir for person in pwd.getpwall() if person.pw_uid == os.getuid() and Path(person.pw_dir).is_dir()
    ]
    places = [place for place in (str(ROOT), *homes) if len(place) > 8]
    guilty = [
        f"{path.relative_to(ROOT)}: {place}" for path in tracked_files() for place in places if place in text_of(path)
    ]
    assert guilty == []


def test_documents_point_inside_the_checkout() -> None:
    """Every relative link of a document leads to a file that is here."""
    broken = []
    for path in tracked_files():
        if path.suffix != ".md":
            continue
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", path.read_text()):
            if "://" in target or target.startswith("mailto:"):
                continue
            place = (path.parent / target).resolve()
            if not place.exists() or not place.is_relative_to(ROOT):
                broken.append(f"{path.relative_to(ROOT)} → {target}")
    assert broken == []


def test_changelog_has_this_version() -> None:
    headings = re.findall(r"^## \[?([^\]\s]+)\]?", (ROOT / "CHANGELOG.md").read_text(), flags=re.MULTILINE)
    assert headings[0] == "Unreleased"
    assert lsfs.__version__ in headings


def test_version_is_written_once() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert "version" not in project
    assert "version" in project["dynamic"]


def test_every_package_of_the_library_has_its_layer() -> None:
    """The contract is exhaustive; this says so without running import-linter, and names no layer that is not there."""
    configuration = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    [layers] = [contract["layers"] for contract in configuration["contracts"] if contract["id"] == "layers"]
    named = {name.strip() for line in layers for name in line.split("|")}
    there = {path.parent.name for path in (ROOT / "lsfs").glob("*/__init__.py")}
    there |= {path.stem for path in (ROOT / "lsfs").glob("*.py") if path.stem != "__init__"}
    assert named == there
