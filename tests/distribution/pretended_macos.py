"""Makes an interpreter on Linux look like one on macOS, as far as Python code can tell.

A .pth file of an environment imports it, so it holds in every process of that environment. What is
written in C stays as it is: psutil, uvloop and Python itself go on with Linux.
"""

from __future__ import annotations

import errno
import fcntl
import importlib
import os
import resource
import select
import selectors
import signal
import socket
import sys
import sysconfig
import time
from typing import Any

import psutil

SYSTEM = "darwin"
LINUX_ONLY: dict[Any, tuple[str, ...]] = {
    os: (
        *("EFD_", "GRND_", "MFD_", "O_DIRECT", "O_PATH", "O_TMPFILE", "POSIX_FADV_", "SPLICE_"),
        *("copy_file_range", "eventfd", "fdatasync", "getrandom", "getxattr", "listxattr"),
        *("memfd_create", "pidfd_open", "pipe2", "posix_fadvise", "posix_fallocate", "removexattr"),
        *("sched_get", "sched_set", "sched_rr", "sched_param", "setns", "setxattr", "splice"),
        *("unshare", "getresuid", "getresgid", "setresuid", "setresgid", "preadv2", "RWF_"),
    ),
    select: ("EPOLL", "epoll", "POLLRDHUP"),
    selectors: ("EpollSelector",),
    signal: (
        *("SIGPOLL", "SIGPWR", "SIGRT", "SIGSTKFLT", "SIGCLD"),
        *("pidfd_send_signal", "sigtimedwait", "sigwaitinfo"),
    ),
    socket: (
        *("AF_ALG", "AF_CAN", "AF_NETLINK", "AF_PACKET", "AF_TIPC", "AF_VSOCK", "IP_TRANSPARENT"),
        *("SO_BINDTODEVICE", "SO_DOMAIN", "SO_MARK", "SO_PASSCRED", "SO_PEERCRED", "SO_PRIORITY"),
        *("SO_PROTOCOL", "SOCK_CLOEXEC", "SOCK_NONBLOCK", "TCP_CORK", "TCP_DEFER_ACCEPT"),
        *("TCP_INFO", "TCP_KEEPIDLE", "TCP_QUICKACK", "TCP_SYNCNT", "TCP_USER_TIMEOUT"),
    ),
    fcntl: ("F_ADD_SEALS", "F_GETPIPE_SZ", "F_GET_SEALS", "F_NOTIFY", "F_OFD_", "F_SETPIPE_SZ"),
    resource: ("RLIMIT_MSG", "RLIMIT_NICE", "RLIMIT_RT", "RLIMIT_SIG", "RUSAGE_THREAD", "prlimit"),
    time: ("CLOCK_BOOTTIME", "CLOCK_TAI"),
    psutil.Process: ("cpu_affinity", "cpu_num", "io_counters", "ionice", "rlimit"),
}
"""How names begin that macOS lacks. Source: the documentation of Python and psutil."""
_LINUX_FILES = ("/proc", "/sys")
_LOOK_AT_THE_SYSTEM = ("asyncio", "subprocess", "urllib.request", "uvloop")
"""What loads other C code on another system, when it is imported."""


def pretend() -> None:
    """Take from this interpreter what it would not have on macOS."""
    for module in _LOOK_AT_THE_SYSTEM:
        importlib.import_module(module)
    sysconfig.get_config_vars()
    sys.platform = SYSTEM
    for holder, beginnings in LINUX_ONLY.items():
        for name in [each for each in dir(holder) if each.startswith(beginnings)]:
            delattr(holder, name)
    selectors.DefaultSelector = selectors.PollSelector  # type: ignore[misc,assignment]
    sys.addaudithook(_hide_linux_files)


def _hide_linux_files(event: str, arguments: tuple[Any, ...]) -> None:
    """Refuse to open files that only Linux has, but for psutil, which reads them in place of C."""
    if event in {"open", "os.listdir", "os.scandir"} and isinstance(arguments[0], str):
        if not arguments[0].startswith(_LINUX_FILES):
            return
        caller = sys._getframe(1)
        if not caller.f_globals["__name__"].startswith("psutil"):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), arguments[0])


pretend()
