"""A seccomp filter that leaves a process computing on what it already has open, written as BPF without libseccomp.

The filter is a list of what is refused, not of what is allowed: the libraries that run under it change their allocators
and thread pools with every release, and a refused ``futex2`` of tomorrow would break all extraction.  Calls newer than
this list are answered ENOSYS, as an older kernel would, so that nothing unknown slips through.
Still possible: asking for the metadata of a named file (glibc makes ``fstat`` out of the same call), and using
descriptors received from the parent.  See seccomp(2), and Documentation/userspace-api/seccomp_filter.rst of Linux.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct

from lsfs.core.posix import libc

NEWEST_KNOWN = 462
"""``mseal`` of Linux 6.10; all architectures share the numbers from 424 on."""

REFUSED = """
open 2 -                creat 85 -              openat 257 56           openat2 437 437         open_tree 428 428
open_by_handle_at 304 265                       name_to_handle_at 303 264                       move_mount 429 429
fsopen 430 430          fsconfig 431 431        fsmount 432 432         fspick 433 433          mount_setattr 442 442
mount 165 40            umount2 166 39          pivot_root 155 41       chroot 161 51           memfd_create 319 279

socket 41 198           socketpair 53 199       connect 42 203          bind 49 200             listen 50 201
accept 43 202           accept4 288 242

execve 59 221           execveat 322 281        fork 57 -               vfork 58 -              ptrace 101 117
process_vm_readv 310 270                        process_vm_writev 311 271                       process_madvise 440 440
process_mrelease 448 448                        kcmp 312 272            pidfd_open 434 434      pidfd_getfd 438 438
pidfd_send_signal 424 424                       tkill 200 130           rt_sigqueueinfo 129 138
rt_tgsigqueueinfo 297 240                       setpgid 109 154         setsid 112 157

rename 82 -             renameat 264 38         renameat2 316 276       link 86 -               linkat 265 37
symlink 88 -            symlinkat 266 36        unlink 87 -             unlinkat 263 35         mkdir 83 -
mkdirat 258 34          rmdir 84 -              mknod 133 -             mknodat 259 33          readlink 89 -
readlinkat 267 78       truncate 76 45          ftruncate 77 46         fallocate 285 47
chmod 90 -              fchmod 91 52            fchmodat 268 53         fchmodat2 452 452       chown 92 -
fchown 93 55            lchown 94 -             fchownat 260 54         utime 132 -             utimes 235 -
utimensat 280 88        futimesat 261 -         setxattr 188 5          lsetxattr 189 6         fsetxattr 190 7
removexattr 197 14      lremovexattr 198 15     fremovexattr 199 16

memfd_secret 447 447    userfaultfd 323 282     bpf 321 280             perf_event_open 298 241 io_setup 206 0
io_uring_setup 425 425  io_uring_enter 426 426  io_uring_register 427 427                       keyctl 250 219
add_key 248 217         request_key 249 218     setns 308 268           unshare 272 97          personality 135 92
fanotify_init 300 262   inotify_init 253 -      inotify_init1 294 26    inotify_add_watch 254 27
quotactl 179 60         quotactl_fd 443 443     swapon 167 224          swapoff 168 225         reboot 169 142
kexec_load 246 104      kexec_file_load 320 294 init_module 175 105     finit_module 313 273    delete_module 176 106
iopl 172 -              ioperm 173 -            modify_ldt 154 -        vhangup 153 58          acct 163 89
sethostname 170 161     setdomainname 171 162   settimeofday 164 170    clock_settime 227 112   adjtimex 159 171
clock_adjtime 305 266   syslog 103 116

sched_setscheduler 144 119                      sched_setparam 142 118  sched_setattr 314 274   setpriority 141 140
ioprio_set 251 30       setrlimit 160 164

shmget 29 194           shmat 30 196            shmctl 31 195           semget 64 190           semop 65 193
semtimedop 220 192      semctl 66 191           msgget 68 186           msgsnd 69 189           msgrcv 70 188
msgctl 71 187           mq_open 240 180         mq_unlink 241 181       mq_timedsend 242 182
mq_timedreceive 243 183 mq_notify 244 184
"""
"""Name, number on x86_64, number on aarch64 (``-``: absent there)."""

_AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_CHECKED = {  # calls that depend on an argument, and the two that are refused in another way
    "x86_64": {"clone": 56, "clone3": 435, "ioctl": 16, "kill": 62, "tgkill": 234, "prctl": 157, "prlimit64": 302}
    | {"fcntl": 72},
    "aarch64": {"clone": 220, "clone3": 435, "ioctl": 29, "kill": 129, "tgkill": 131, "prctl": 167, "prlimit64": 261}
    | {"fcntl": 25},
}
_CLONE_THREAD = 0x10000
_PRCTL_ALLOWED = (15, 16, 0x53564D41)  # names of threads and of memory areas; Rust and glibc set them
_FCNTL_REFUSED = (8, 10, 15)  # F_SETOWN, F_SETSIG, F_SETOWN_EX: a signal to another process by way of a descriptor

_LOAD, _JUMP_EQUAL, _JUMP_GREATER, _JUMP_ANY_BIT, _RETURN = 0x20, 0x15, 0x25, 0x45, 0x06
_OFFSET_NUMBER, _OFFSET_ARCH, _OFFSET_ARGUMENTS = 0, 4, 16  # struct seccomp_data
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_SYS_SECCOMP = {"x86_64": 317, "aarch64": 277}
_SET_MODE_FILTER, _FLAG_TSYNC = 1, 1

Instruction = tuple[int, int, int, int]


def refused_numbers(machine: str) -> dict[str, int]:
    """The calls of `REFUSED` that `machine` has, by name."""
    words = REFUSED.split()
    column = 1 if machine == "x86_64" else 2
    rows = [words[i : i + 3] for i in range(0, len(words), 3)]
    return {row[0]: int(row[column]) for row in rows if row[column] != "-"}


def build(machine: str, pid: int) -> list[Instruction]:
    """The program for `machine` ("x86_64" or "aarch64") as (code, jump if true, jump if false, operand).

    Process `pid` may signal itself, which is what ``abort`` does.  Raises KeyError for other machines.
    """
    refuse = _ret(_ERRNO | errno.EPERM)
    checked = _CHECKED[machine]
    program = [
        _load(_OFFSET_ARCH),
        (_JUMP_EQUAL, 1, 0, _AUDIT_ARCH[machine]),
        _ret(_KILL),  # 32-bit calls on a 64-bit kernel have other numbers
        _load(_OFFSET_NUMBER),
        (_JUMP_GREATER, 0, 1, NEWEST_KNOWN),
        _ret(_ERRNO | errno.ENOSYS),  # also the x32 calls of x86_64
    ]
    for number in refused_numbers(machine).values():
        program += _when(number, [refuse])
    program += _when(checked["clone3"], [_ret(_ERRNO | errno.ENOSYS)])  # flags lie in memory: libc then takes clone
    program += _when(checked["ioctl"], [_ret(_ERRNO | errno.ENOTTY)])  # can set flags through a read-only descriptor
    program += _when(
        checked["clone"], [_load(_argument(0)), (_JUMP_ANY_BIT, 0, 1, _CLONE_THREAD), _ret(_ALLOW), refuse]
    )
    for name in ("kill", "tgkill"):
        program += _when(checked[name], [_load(_argument(0)), (_JUMP_EQUAL, 0, 1, pid), _ret(_ALLOW), refuse])
    program += _when(checked["prctl"], [*_if_among(_PRCTL_ALLOWED, _ret(_ALLOW)), refuse])
    program += _when(
        checked["fcntl"], [_load(_argument(1)), *_if_among(_FCNTL_REFUSED, refuse, load=None), _ret(_ALLOW)]
    )
    no_new_limit = [_load(_argument(2)), (_JUMP_EQUAL, 0, 2, 0), _load(_argument(2) + 4), (_JUMP_EQUAL, 1, 0, 0)]
    program += _when(checked["prlimit64"], [*no_new_limit, refuse, _ret(_ALLOW)])
    return [*program, _ret(_ALLOW)]


def install(program: list[Instruction]) -> bool:
    """Puts every thread of the process under `program`; False where the kernel has no seccomp filters.

    ``no_new_privs`` must be set, or the process be privileged.
    """
    number = _SYS_SECCOMP.get(os.uname().machine)
    if number is None:
        return False
    packed = b"".join(struct.pack("<HBBI", *instruction) for instruction in program)
    code = ctypes.create_string_buffer(packed, len(packed))
    header = struct.pack("@HP", len(program), ctypes.addressof(code))
    return bool(libc().syscall(number, _SET_MODE_FILTER, _FLAG_TSYNC, header) == 0)


def _ret(action: int) -> Instruction:
    return (_RETURN, 0, 0, action)


def _load(offset: int) -> Instruction:
    return (_LOAD, 0, 0, offset)


def _argument(index: int) -> int:
    return _OFFSET_ARGUMENTS + 8 * index  # the low half: both machines are little-endian


def _when(number: int, body: list[Instruction]) -> list[Instruction]:
    """`body` for call `number`, with the call's number in the accumulator before; every path of it must return."""
    return [(_JUMP_EQUAL, 0, len(body), number), *body]


def _if_among(values: tuple[int, ...], action: Instruction, load: int | None = 0) -> list[Instruction]:
    """`action` when the argument (number `load`, None: the one already loaded) is one of `values`."""
    program = [] if load is None else [_load(_argument(load))]
    for value in values:
        program += [(_JUMP_EQUAL, 0, 1, value), action]
    return program
