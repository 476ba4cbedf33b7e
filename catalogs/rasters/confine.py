"""Locks this process up for good: no file but those named, no network, no new program.

Only the standard library is imported here: it runs before any library that could be fooled.
Landlock: https://docs.kernel.org/userspace-api/landlock.html (kernel 5.13; network since 6.7).
Seccomp: https://docs.kernel.org/userspace-api/seccomp_filter.html
"""

import ctypes
import os
import platform
import resource
import struct
from collections.abc import Iterable
from pathlib import Path

_LIBC = ctypes.CDLL(None, use_errno=True)

# Landlock's system calls have one number on every architecture.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION_FLAG, _PATH_BENEATH = 1, 1
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_REMOVE_FILE, _MAKE_REG, _TRUNCATE = 1 << 5, 1 << 8, 1 << 14
_READ = _READ_FILE | _READ_DIR
_WRITE = _READ | _WRITE_FILE | _REMOVE_FILE | _MAKE_REG
_FILE_ONLY = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE
# What each version of Landlock can refuse: file accesses, TCP, scopes.
_FILE_RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
_TCP = 3  # bind and connect, since version 4
_SCOPES = 3  # abstract sockets and signals outside, since version 6

_PR_SET_DUMPABLE, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS, _FILTER = 4, 22, 38, 2
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_EPERM, _ENOSYS = 1, 38

# System calls that reading a raster never needs, by architecture.
_FORBIDDEN: dict[str, tuple[int, dict[str, int]]] = {
    "x86_64": (
        0xC000003E,
        {
            "socket": 41,
            "connect": 42,
            "accept": 43,
            "bind": 49,
            "listen": 50,
            "fork": 57,
            "vfork": 58,
            "execve": 59,
            "kill": 62,
            "ptrace": 101,
            "rt_sigqueueinfo": 129,
            "mount": 165,
            "tkill": 200,
            "tgkill": 234,
            "keyctl": 250,
            "unshare": 272,
            "rt_tgsigqueueinfo": 297,
            "perf_event_open": 298,
            "setns": 308,
            "process_vm_readv": 310,
            "process_vm_writev": 311,
            "bpf": 321,
            "execveat": 322,
            "userfaultfd": 323,
            "pidfd_send_signal": 424,
            "io_uring_setup": 425,
            "pidfd_getfd": 438,
        },
    ),
    "aarch64": (
        0xC00000B7,
        {
            "mount": 40,
            "unshare": 97,
            "ptrace": 117,
            "kill": 129,
            "tkill": 130,
            "tgkill": 131,
            "rt_sigqueueinfo": 138,
            "socket": 198,
            "bind": 200,
            "listen": 201,
            "accept": 202,
            "connect": 203,
            "keyctl": 219,
            "execve": 221,
            "rt_tgsigqueueinfo": 240,
            "perf_event_open": 241,
            "setns": 268,
            "process_vm_readv": 270,
            "process_vm_writev": 271,
            "bpf": 280,
            "execveat": 281,
            "userfaultfd": 282,
            "pidfd_send_signal": 424,
            "io_uring_setup": 425,
            "pidfd_getfd": 438,
        },
    ),
}


class Unconfined(Exception):
    """This system cannot lock the process up; the reason is the message."""


def limit(*, memory: int, seconds: int, written: int) -> None:
    """Bytes of address space, seconds of processor time, bytes in any written file."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (written, written))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))


def confine(readable: Iterable[Path], writable: Iterable[Path]) -> None:
    """From here on only these paths (and what is below them) exist for this process."""
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    _prctl(_PR_SET_DUMPABLE, 0)
    _landlock(readable, writable)
    _seccomp()


def landlock_version() -> int:
    """0 where the kernel has none."""
    version = _LIBC.syscall(
        _CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_VERSION_FLAG)
    )
    return max(int(version), 0)


def _landlock(readable: Iterable[Path], writable: Iterable[Path]) -> None:
    version = landlock_version()
    if version < 1:
        raise Unconfined("The kernel has no Landlock (Linux 5.13 or newer, lsm=landlock).")
    files = _FILE_RIGHTS[max(known for known in _FILE_RIGHTS if known <= version)]
    attributes = struct.pack(
        "=QQQ", files, _TCP if version >= 4 else 0, _SCOPES if version >= 6 else 0
    )
    length = 24 if version >= 6 else 16 if version >= 4 else 8
    ruleset = _LIBC.syscall(
        _CREATE_RULESET, attributes, ctypes.c_size_t(length), ctypes.c_uint32(0)
    )
    if ruleset < 0:
        raise Unconfined(f"Landlock refused its rules: {os.strerror(ctypes.get_errno())}.")
    for path in readable:
        _allow(ruleset, path, _READ & files)
    for path in writable:
        _allow(ruleset, path, (_WRITE | _TRUNCATE) & files)
    if _LIBC.syscall(_RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint32(0)):
        raise Unconfined(f"Landlock was not applied: {os.strerror(ctypes.get_errno())}.")
    os.close(ruleset)


def _allow(ruleset: int, path: Path, rights: int) -> None:
    try:
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        rights = rights if path.is_dir() else rights & _FILE_ONLY
        rule = struct.pack("=Qi", rights, handle)
        if _LIBC.syscall(
            _ADD_RULE, ctypes.c_int(ruleset), ctypes.c_int(_PATH_BENEATH), rule, ctypes.c_uint32(0)
        ):
            raise Unconfined(f"Landlock refused {path}: {os.strerror(ctypes.get_errno())}.")
    finally:
        os.close(handle)


def _seccomp() -> None:
    """Refuse sockets, programs, and looking into other processes."""
    known = _FORBIDDEN.get(platform.machine())
    if known is None:
        raise Unconfined(f"No system call filter is known for {platform.machine()}.")
    architecture, calls = known
    program = _bpf(architecture, sorted(calls.values()))
    buffer = ctypes.create_string_buffer(program, len(program))

    class Program(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]

    filters = Program(len(program) // 8, ctypes.addressof(buffer))
    _prctl(_PR_SET_SECCOMP, _FILTER, ctypes.addressof(filters))


def _bpf(architecture: int, forbidden: list[int]) -> bytes:
    """Another architecture: killed. A forbidden call: EPERM. All else: allowed."""
    load, equal, at_least, answer = 0x20, 0x15, 0x35, 0x06
    code = [
        (load, 0, 0, 4),
        (equal, 1, 0, architecture),
        (answer, 0, 0, _KILL),
        (load, 0, 0, 0),
        (at_least, 0, 1, 0x40000000),  # x86_64's second set of numbers
        (answer, 0, 0, _ERRNO | _ENOSYS),
    ]
    for number in forbidden:
        code += [(equal, 0, 1, number), (answer, 0, 0, _ERRNO | _EPERM)]
    code.append((answer, 0, 0, _ALLOW))
    return b"".join(struct.pack("=HBBI", *step) for step in code)


def _prctl(option: int, *values: int) -> None:
    arguments = [ctypes.c_ulong(value) for value in (*values, 0, 0, 0, 0)[:4]]
    if _LIBC.prctl(ctypes.c_int(option), *arguments):
        raise Unconfined(f"prctl {option} failed: {os.strerror(ctypes.get_errno())}.")
