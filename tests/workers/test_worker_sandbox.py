"""What a process can still do once the sandbox is closed, tried from inside."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

import lsfs
from lsfs.workers import seccomp

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux calls")

PREAMBLE = """
import json, os, resource, socket, subprocess, sys, threading, time
from lsfs.workers import landlock, sandbox, seccomp
from lsfs.workers.sandbox import Limits, enter
fd = os.open(sys.argv[1], os.O_RDONLY)
dir_fd = os.open(os.path.dirname(sys.argv[1]), os.O_RDONLY)
def tried(function):
    try:
        function()
    except OSError as error:
        return error.strerror
    except Exception as error:
        return type(error).__name__
    return "done"
def thread():
    done = []
    runner = threading.Thread(target=lambda: done.append(1))
    runner.start()
    runner.join()
    assert done
"""


def told_by(program: str, tmp_path: Path) -> dict[str, str]:
    (tmp_path / "file").write_text("inside")
    path = os.pathsep.join([str(Path(lsfs.__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    environment = os.environ | {"PYTHONPATH": path}
    command = [sys.executable, "-c", PREAMBLE + program, str(tmp_path / "file")]
    ran = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60)
    assert ran.returncode == 0, ran.stderr
    told: dict[str, str] = json.loads(ran.stdout)
    return told


ATTEMPTS = """
print(json.dumps({"report": " ".join(enter(Limits()).active)} | {name: tried(action) for name, action in {
    "open": lambda: open(sys.argv[1]),
    "open beneath a descriptor": lambda: os.open("file", os.O_RDONLY, dir_fd=dir_fd),
    "list": lambda: os.listdir("/"),
    "write": lambda: open(sys.argv[1] + "2", "w"),
    "remove": lambda: os.unlink(sys.argv[1]),
    "rename": lambda: os.rename(sys.argv[1], sys.argv[1] + "2"),
    "read a link": lambda: os.readlink("/proc/self/exe"),
    "change mode by descriptor": lambda: os.fchmod(fd, 0),
    "change times by descriptor": lambda: os.utime(fd),
    "memory file": lambda: os.memfd_create("x"),
    "Internet": lambda: socket.socket(socket.AF_INET),
    "Unix socket": lambda: socket.socket(socket.AF_UNIX),
    "socket pair": lambda: socket.socketpair(),
    "exec": lambda: os.execv("/bin/true", ["true"]),
    "spawn": lambda: subprocess.run(["true"]),
    "fork": os.fork,
    "signal the parent": lambda: os.kill(os.getppid(), 0),
    "signal everyone": lambda: os.kill(-1, 0),
    "raise own priority": lambda: os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0)),
    "new session": os.setsid,
    "allocate": lambda: bytearray(2 << 30),
    "read what is open": lambda: os.pread(fd, 6, 0),
    "start a thread": thread,
    "signal itself": lambda: os.kill(os.getpid(), 0),
    "ask for its limits": lambda: resource.getrlimit(resource.RLIMIT_AS),
    "sleep": lambda: time.sleep(0.01),
}.items()}))
"""


def test_only_computing_on_what_is_open_is_left(tmp_path: Path) -> None:
    told = told_by(ATTEMPTS, tmp_path)
    active = told.pop("report").split()
    assert {"memory", "cpu", "no-writing", "no-core", "descriptors", "no-new-privs", "not-dumpable"} <= set(active)
    if "seccomp" not in active:
        pytest.skip("this kernel has no seccomp filters")
    left = {"read what is open", "start a thread", "signal itself", "ask for its limits", "sleep"}
    assert {name for name, outcome in told.items() if outcome == "done"} == left
    assert told.pop("allocate") == "MemoryError"
    assert {outcome for name, outcome in told.items() if name not in left} == {os.strerror(1)}


def test_landlock_alone_closes_the_files(tmp_path: Path) -> None:
    told = told_by(
        """
abi = landlock.abi()
sandbox._prctl(sandbox._PR_SET_NO_NEW_PRIVS, 1)
done = bool(abi) and landlock.restrict(abi)
outcomes = {"open": tried(lambda: open(sys.argv[1])), "read": tried(lambda: os.pread(fd, 1, 0))}
print(json.dumps({"on": str(done)} | outcomes))
""",
        tmp_path,
    )
    if told["on"] != "True":
        pytest.skip("this kernel has no Landlock")
    assert (told["open"], told["read"]) == (os.strerror(13), "done")


def test_seccomp_binds_threads_that_run_already(tmp_path: Path) -> None:
    told = told_by(
        """
go, outcome = threading.Event(), []
early = threading.Thread(target=lambda: (go.wait(), outcome.append(tried(lambda: open(sys.argv[1])))))
early.start()
report = enter(Limits())
go.set()
early.join()
print(json.dumps({"seccomp": str("seccomp" in report.active), "open": outcome[0]}))
""",
        tmp_path,
    )
    assert told["open"] == os.strerror(1) or told["seccomp"] != "True"


def test_what_a_kernel_lacks_is_reported_and_the_rest_still_holds(tmp_path: Path) -> None:
    told = told_by(
        """
landlock.abi = lambda: 0
seccomp.install = lambda program: False
report = enter(Limits())
print(json.dumps({"missing": " ".join(report.missing), "active": " ".join(report.active)}))
""",
        tmp_path,
    )
    assert told["missing"] == "landlock seccomp"
    assert "memory" in told["active"].split()


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_every_jump_of_the_filter_stays_inside_it(machine: str) -> None:
    program = seccomp.build(machine, 4711)
    assert len(program) < 4096  # BPF_MAXINSNS
    for at, (instruction, if_true, if_false, _) in enumerate(program):
        if instruction & 0x07 == 0x05:
            assert at + 1 + max(if_true, if_false) < len(program)
            assert max(if_true, if_false) < 256
    assert program[-1] == (0x06, 0, 0, 0x7FFF0000)


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
@pytest.mark.parametrize("call", ["openat", "socket", "execve", "unlinkat", "ptrace", "io_uring_setup"])
def test_the_calls_that_matter_are_refused_on_each_machine(machine: str, call: str) -> None:
    assert decide(machine, seccomp.refused_numbers(machine)[call]) == 0x00050001


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_calls_are_decided_by_their_arguments(machine: str) -> None:
    allow, refuse, unknown = 0x7FFF0000, 0x00050001, 0x00050026
    clone, kill, prctl, fcntl, prlimit = (56, 62, 157, 72, 302) if machine == "x86_64" else (220, 129, 167, 25, 261)
    assert decide(machine, clone, 0x3D0F00) == allow
    assert decide(machine, clone, 17) == refuse
    assert decide(machine, kill, 4711) == allow
    assert decide(machine, kill, 4712) == refuse
    assert decide(machine, prctl, 15) == allow
    assert decide(machine, prctl, 4) == refuse
    assert decide(machine, fcntl, 3, 3) == allow
    assert decide(machine, fcntl, 3, 8) == refuse
    assert decide(machine, prlimit, 0, 9, 0) == allow
    assert decide(machine, prlimit, 0, 9, 0x7FFF_0000_0000) == refuse
    assert decide(machine, 435) == unknown
    assert decide(machine, 5000) == unknown
    assert decide(machine, seccomp.refused_numbers(machine)["openat"], arch=0x40000003) == 0x80000000


def decide(machine: str, number: int, *arguments: int, arch: int | None = None) -> int:
    """What the filter answers: the few instructions that it uses, interpreted."""
    fields = [number, arch if arch is not None else {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}[machine], 0, 0]
    for argument in (*arguments, 0, 0, 0, 0, 0, 0)[:6]:
        fields += [argument & 0xFFFFFFFF, argument >> 32]
    program = seccomp.build(machine, 4711)
    at = accumulator = 0
    while True:
        instruction, if_true, if_false, operand = program[at]
        at += 1
        if instruction == 0x20:
            accumulator = fields[operand // 4]
        elif instruction == 0x06:
            return operand
        else:
            holds = {0x15: accumulator == operand, 0x25: accumulator > operand, 0x45: bool(accumulator & operand)}
            at += if_true if holds[instruction] else if_false


@pytest.mark.skipif(platform.machine() not in ("x86_64", "aarch64"), reason="no table for this machine")
def test_a_process_with_the_wrong_parent_ends(tmp_path: Path) -> None:
    told = told_by(
        """
child = os.fork()
if child == 0:
    sandbox.die_with_parent(1 if os.getppid() != 1 else 2)
    os._exit(9)
print(json.dumps({"code": str(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))}))
""",
        tmp_path,
    )
    assert told == {"code": "0"}
