"""Installed commands: man pages in the two languages that they are written in, tldr pages, and ``--help``."""

from __future__ import annotations

import bz2
import gzip
import lzma
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from lsfs.core.tools import Tool, ToolSource
from lsfs.tools.importers.asking_help import ask_help
from lsfs.tools.importers.base import Taken
from lsfs.tools.importers.commands import Commands
from lsfs.tools.importers.manpages import man_folders
from lsfs.tools.importers.roff import read_manual

TAR = r"""'\" t
.\" A comment that says nothing.
.de Vb
.ft CW
..
.ie n .ds Aq \(aq
.el .ds Aq '
.if n \{\
.ad l
not this
.\}
.TH TAR 1 "July 13, 2020"
.SH NAME
tar, gtar \- an archiving\& utility \fI(GNU)\fR
.SH SYNOPSIS
\fBtar\fR {\fBA\fR|\fBc\fR}\
 [\fIARG\fR...]
.SH DESCRIPTION
.PP
.B tar
stores
.BR files (5)
in \(lqone\(rq file.
.PP
It can \m[blue]restore\m[] them, too.
.SS Options
.TP
.BR \-c ", " \-\^\-create
Create a \*(Aqnew\*(Aq archive. Arguments supply the names.
.IP "\-x" 4
Extract files.
.PP
\-t, \-\-list
.RS 4
List the contents.
.RE
.IP \(bu 2
A point that is no option.
"""
MDOC = r"""
.Dd May 1, 2020
.Dt NC 1
.Sh NAME
.Nm nc
.Nd arbitrary TCP and UDP connections
.Sh SYNOPSIS
.Nm nc
.Op Fl 46l
.Op Fl i Ar interval
.Op Ar destination
.Sh DESCRIPTION
The
.Nm
utility is used for just about anything, see
.Xr cat 1 .
.Pp
Second paragraph.
.Bl -tag -width Ds
.It Fl l
Listen.
.It Fl i Ar interval
Sends with a delay.
.El
"""


def test_a_page_of_man_macros_is_read():
    manual = read_manual(TAR)
    assert manual.names == ("tar", "gtar") and manual.summary == "an archiving utility (GNU)"
    assert manual.synopsis == "tar {A|c} [ARG...]"
    first = "tar stores files(5) in “one” file."
    assert manual.description.split("\n\n")[:2] == [first, "It can restore them, too."]
    assert manual.options == (
        ("-c, --create", "Create a 'new' archive. Arguments supply the names."),
        ("-x", "Extract files."),
        ("-t, --list", "List the contents."),
    )


def test_a_page_of_mdoc_macros_is_read():
    manual = read_manual(MDOC)
    assert (manual.names, manual.summary) == (("nc",), "arbitrary TCP and UDP connections")
    assert manual.synopsis == "nc [-46l] [-i interval] [destination]"
    assert manual.description.startswith("The nc utility is used for just about anything, see cat(1).")
    assert manual.options == (("-l", "Listen."), ("-i interval", "Sends with a delay."))


@pytest.mark.parametrize(
    "text",
    [
        *("", "\\", ".", ".SH", ".SH NAME\n", ".de X\n", '.SH "', ".B \\", "a" * 100_000, '.B "' * 4000),
        *(".SH NAME\n" + "\\*[" * 5000, ".SH NAME\n" + "\\f(" * 9000, ".if n \\{\\\n" * 500),
        ".SH DESCRIPTION\n.Op " + "Op " * 5000,
    ],
)
def test_any_text_gives_a_manual(text):
    read_manual(text)


class Machine:
    """A machine with programs and pages."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pages = folder / "usr/share/man"
        (folder / "usr/bin").mkdir(parents=True)
        self.asked: list[str] = []

    def program(self, *names: str, script: str = "#!/bin/sh\n") -> None:
        for name in names:
            path = self.folder / "usr/bin" / name
            path.write_text(script)
            path.chmod(0o755)

    def page(self, name: str, summary: str, synopsis: str = "", file: str = "") -> Path:
        section = (file or f"{name}.1").rsplit(".", 1)[-1][0]
        path = self.pages / f"man{section}" / (file or f"{name}.1")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f".SH NAME\n{name} \\- {summary}\n.SH SYNOPSIS\n{synopsis or name}\n")
        return path

    def take(self, help_of: Callable[[str], str] | None = None, **where: object) -> Taken:
        environ = {"PATH": f"{self.folder}/usr/bin:relative:/no/such", "HOME": str(self.folder / "home")}
        environ["MANPATH"] = str(self.pages)
        commands = Commands(environ, help_of or (lambda path: ""))
        return commands.take(ToolSource(name="commands", kind="commands", where=where))

    def tools(self) -> dict[str, Tool]:
        return {tool.name: tool for tool in self.take().tools}


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_only_programs_on_the_path_are_tools(machine):
    machine.program("shrink")
    (machine.folder / "usr/bin/notes.txt").write_text("no program")
    machine.page("shrink", "make files smaller", "shrink [FILE]")
    machine.page("notes.txt", "a text")
    machine.page("elsewhere", "not installed")
    (tool,) = machine.take().tools
    assert (tool.id, tool.kind, tool.effect, tool.group) == ("commands/shrink", "command", "change", "shrink")
    assert tool.description.startswith("make files smaller.") and tool.invocation == {"argv": ["shrink"]}
    assert "shrink [FILE]" in tool.schema["properties"]["args"]["description"]


def test_pages_of_subcommands_belong_to_their_program(machine):
    machine.program("git", "git-shell", "systemd")
    machine.page("git", "the stupid content tracker")
    machine.page("git-commit", "record changes", "git commit [-a]")
    machine.page("git-remote-add", "add a remote", "git [--quiet] remote add NAME")
    machine.page("git-shell", "a restricted shell", "git shell")
    machine.page("systemd-thing", "an internal helper", "/lib/systemd/systemd-thing")
    machine.page("systemd.service", "a unit", file="systemd.service.8")
    tools = machine.tools()
    assert {name: tool.group for name, tool in tools.items()} == {
        "git": "git",
        "git-shell": "git-shell",
        "git-commit": "git",
        "git-remote-add": "git",
    }
    assert tools["git-commit"].invocation["argv"] == ["git", "commit"]
    assert tools["git-remote-add"].invocation["argv"] == ["git", "remote", "add"]


def test_a_program_with_thousands_of_pages_does_not_crowd_out_the_rest(machine):
    machine.program("cloud", "ls")
    machine.page("cloud", "the cloud")
    machine.page("ls", "list files")
    machine.page("cloud_list", "list all", "cloud list")
    for number in range(300):
        machine.page(f"cloud_a_b_{number:03}", f"do {number}", f"cloud a b {number:03}")
    found = machine.take()
    assert len(found.tools) == 202
    assert {"cloud", "ls", "cloud_list"} <= {tool.name for tool in found.tools}
    ((name, why),) = [(problem.name, problem.why) for problem in found.problems]
    assert name == "cloud" and "101" in why


def test_links_and_so_lines_are_one_tool_with_all_names(machine):
    machine.program("pgrep", "pkill", "view", "vi")
    page = machine.page("pgrep", "look up processes")
    (page.parent / "pkill.1").symlink_to(page.name)
    machine.page("vi", "edit text")
    (page.parent / "view.1").write_text('.\\" a comment\n.so man1/vi.1\n')
    tools = machine.tools()
    assert tools.keys() == {"pgrep", "vi"}
    assert "Also: pkill." in tools["pgrep"].description and "Also: view." in tools["vi"].description


@pytest.mark.parametrize(
    ("suffix", "pack"),
    [(".gz", gzip.compress), (".bz2", bz2.compress), (".xz", lzma.compress), (".zst", zstandard.compress)],
)
def test_packed_pages_are_read_and_bombs_cost_themselves(machine, suffix, pack):
    machine.program("shrink", "bomb", "broken")
    page = machine.page("shrink", "make files smaller")
    for name, data in {"shrink": page.read_bytes(), "bomb": bytes(6 << 20)}.items():
        (page.parent / f"{name}.1{suffix}").write_bytes(pack(data))
    (page.parent / f"broken.1{suffix}").write_bytes(b"garbage")
    page.unlink()
    found = machine.take()
    assert [tool.name for tool in found.tools] == ["shrink"]
    assert sorted(problem.name for problem in found.problems) == ["bomb", "broken"]


def test_tldr_pages_give_examples_and_tell_of_programs_without_a_page(machine):
    machine.program("tar", "jq")
    machine.page("tar", "an archiving utility")
    folder = machine.folder / "home/.cache/tldr/pages/common"
    folder.mkdir(parents=True)
    (folder / "tar.md").write_text("# tar\n\n> Archiving.\n\n- [c]reate an archive:\n\n`tar cf {{a}}`\n")
    (folder / "jq.md").write_text("# jq\n\n> Process JSON.\n> More information: <https://jq>.\n\n- Print:\n\n`jq .`\n")
    tools = machine.tools()
    assert tools["tar"].examples == ("create an archive",)
    assert (tools["jq"].description, tools["jq"].examples) == ("Process JSON.", ("Print",))


def test_help_is_asked_only_when_it_is_wanted(machine):
    machine.program("known", "unknown", "silent")
    machine.page("known", "has a page")
    asked: list[str] = []

    def help_of(path: str) -> str:
        asked.append(Path(path).name)
        return "" if path.endswith("silent") else "usage: unknown FILE"

    assert [tool.name for tool in machine.take(help_of).tools] == ["known"] and asked == []
    found = machine.take(help_of, from_help=True)
    assert [tool.name for tool in found.tools] == ["known", "unknown"] and sorted(asked) == ["silent", "unknown"]
    assert [problem.name for problem in found.problems] == ["silent"]


def test_help_runs_without_input_in_a_scratch_home_and_not_for_long(machine):
    script = "#!/bin/sh\ncat\necho usage of $1 in $HOME: $SECRET\n"
    machine.program("good", script=script)
    machine.program("hangs", script="#!/bin/sh\nsleep 60\n")
    machine.program("floods", script="#!/bin/sh\nyes\n")
    machine.program("fails", script="#!/bin/sh\necho no such option --help at all\nexit 70\n")
    said = ask_help(str(machine.folder / "usr/bin/good"))
    assert said.startswith("usage of --help in ") and "lsfs-help-" in said
    assert [ask_help(str(machine.folder / "usr/bin" / name)) for name in ("hangs", "floods", "fails")] == [""] * 3
    assert ask_help("/no/such/program") == ""


def test_folders_of_pages_are_those_of_the_variable_or_lie_beside_the_programs():
    assert man_folders({"MANPATH": "/a:/b", "PATH": "/c/bin"}) == ["/a", "/b"]
    assert man_folders({"MANPATH": ":/a", "PATH": "/c/bin"})[:3] == ["/a", "/c/share/man", "/c/man"]
    assert "/usr/share/man" in man_folders({"PATH": "relative"})
