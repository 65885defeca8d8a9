"""The real processes of this machine, and which of them belong to a job."""

import contextlib
import ctypes
import itertools
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from waiting import wait_for

from torc_core.runner.guard import procfs
from torc_core.runner.guard.membership import Membership

PR_SET_CHILD_SUBREAPER = 36
LAST_PID = Path("/proc/sys/kernel/ns_last_pid")

FORKS_TWICE = "(setsid sleep 60 &) ; sleep 60; true"
CLEARS_ITS_ENVIRONMENT = "env -i setsid sleep 60 & sleep 60"
IS_A_DAEMON = """
import os, sys, time
for _ in range(2):
    if os.fork():
        os._exit(0)
    os.setsid()
if sys.argv[1:]:
    os.execve(sys.executable, ["python", "-c", {clears!r}, sys.argv[1]], {{}})
time.sleep(60)
""".format(
    clears="""
import os, sys, time
with open(f"{sys.argv[1]}.new", "w") as file:
    file.write(str(os.getpid()))
os.rename(file.name, sys.argv[1])
time.sleep(60)
"""
)


_numbers = itertools.count(1)


class Job:
    """A job's first process, started by this one, and what is found of it."""

    def __init__(self, *argv):
        self.job = job = f"{os.getpid()}.{next(_numbers)}"  # that no other test has
        self.process = subprocess.Popen(
            argv,
            env={**os.environ, "TORC_JOB_ID": job},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        self.scanner = procfs.Scanner(os.getpid())
        self.membership = Membership(os.getpid(), lambda p: procfs.read_variables(p, NAMES))
        self.membership.add((job,), self.process.pid)

    def find(self):
        found = self.membership.update(self.scanner.scan()).get((self.job,), [])
        return [each for each in found if each.is_alive]

    def wait_for(self, count):
        return wait_for(
            lambda: found if len(found := self.find()) == count else None,
            f"{count} processes",
        )

    def end(self):
        while self.find():
            for each in self.find():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(each.pid, signal.SIGKILL)
        self.process.wait()


NAMES = ("TORC_JOB_ID",)


@pytest.fixture
def start():
    """Start jobs whose orphans come to this process, and leave none of their processes behind."""
    libc = ctypes.CDLL(None)
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    jobs = []

    def begin(*argv):
        jobs.append(Job(*argv))
        return jobs[-1]

    yield begin
    for job in jobs:
        job.end()
    libc.prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def test_a_shell_and_its_children_are_a_job(start):
    job = start("bash", "-c", "sleep 60 & sleep 60 | sleep 60")
    assert {each.session for each in job.wait_for(4)} == {job.process.pid}


def test_what_forks_twice_and_makes_a_session_is_found(start):
    job = start("bash", "-c", FORKS_TWICE)

    def orphan():
        found = job.find()
        others = [each for each in found if each.session != job.process.pid]
        return len(found) == 3 and others and others[0].parent == os.getpid()

    wait_for(orphan, "the one that has a session of its own")


def test_the_daemon_is_found_when_nothing_else_is_left(start):
    job = start(sys.executable, "-c", IS_A_DAEMON)
    (daemon,) = wait_for(
        lambda: job.process.poll() is not None and job.find(),
        "the first process to exit",
    )[-1:]
    assert daemon.pid != job.process.pid


def test_what_clears_its_environment_was_seen_before(start):
    job = start("bash", "-c", CLEARS_ITS_ENVIRONMENT)
    found = job.wait_for(3)
    os.kill(job.process.pid, signal.SIGKILL)
    job.process.wait()
    assert {each.pid for each in job.find()} == {each.pid for each in found} - {job.process.pid}
    strays = [each for each in found if procfs.read_variables(each.pid, NAMES) is None]
    assert strays


def test_a_daemon_that_was_never_seen_and_clears_its_environment_is_a_stray(start, tmp_path):
    pid = tmp_path / "pid"
    job = start(sys.executable, "-c", IS_A_DAEMON, str(pid))
    job.process.wait()
    wait_for(pid.exists, "the daemon to clear its environment")
    assert job.find() == []
    # The session's PostgreSQL has children, too, and what other tests have started leaves orphans.
    strays = [each.pid for each in job.membership.strays if each.pid == int(pid.read_text())]
    for stray in strays:
        os.kill(stray, signal.SIGKILL)
    assert len(strays) == 1


def test_the_processes_of_two_jobs_are_told_apart(start):
    both = [start("bash", "-c", FORKS_TWICE) for _ in range(2)]
    looking = both[0]
    looking.membership.add((both[1].job,), both[1].process.pid)

    def three_each():
        found = looking.membership.update(looking.scanner.scan())
        each = [set(found.get((job.job,), [])) for job in both]
        return each if [*map(len, each)] == [3, 3] else None

    first, second = wait_for(three_each, "three processes of each")
    assert not first & second


def now_ticks():
    return int(time.clock_gettime(time.CLOCK_BOOTTIME) * os.sysconf("SC_CLK_TCK"))


@pytest.mark.skipif(not os.access(LAST_PID, os.W_OK), reason="pids can be chosen by root only")
def test_a_pid_that_is_used_again_is_another_process(start):
    job = start("sleep", "60")
    (found,) = job.wait_for(1)
    pid = job.process.pid
    job.process.kill()
    job.process.wait()
    wait_for(lambda: now_ticks() > found.start_ticks, "the clock to tick")

    def start_with_the_same_pid():
        LAST_PID.write_text(str(pid - 1))
        other = subprocess.Popen(["sleep", "60"], start_new_session=True)
        if other.pid != pid:
            other.kill()
            other.wait()
        return other if other.pid == pid else None

    other = wait_for(start_with_the_same_pid, f"pid {pid} again")
    found_again = job.find()
    other.kill()
    other.wait()
    assert found_again == []


def test_this_process_is_read_as_it_is():
    found = procfs.read_process(os.getpid())
    assert (found.pid, found.parent) == (os.getpid(), os.getppid())
    assert (found.group, found.session) == (os.getpgid(0), os.getsid(0))
    assert found.is_alive
    assert found.resident_bytes > 1_000_000


def test_a_process_that_is_not_there_is_none():
    with subprocess.Popen(["true"]) as child:
        pass
    assert procfs.read_process(child.pid) is None
    assert procfs.read_variables(child.pid, NAMES) is None


def test_older_processes_are_left_out():
    with subprocess.Popen(["sleep", "60"]) as child:
        assert child.pid in procfs.Scanner().scan()
        scanner = procfs.Scanner(child.pid)
        for full in (False, False, True):
            found = scanner.scan(full=full)
            assert child.pid in found
            assert os.getppid() not in found
        child.kill()


NAME_AND_FIELDS = [
    "S",
    "7",
    "8",
    "9",
    *["0"] * 7,
    "100",
    "50",
    "25",
    "25",
    "0",
    "0",
    "3",
    "0",
    "77",
]


@given(st.text(max_size=15).filter(lambda name: "\0" not in name))
@example("a b) c) 1 2 (")
def test_a_name_may_contain_anything(name):
    text = f"42 ({name}) {' '.join([*NAME_AND_FIELDS, '0', '3', '0'])}\n"
    found = procfs.parse_stat(text.encode())
    assert (found.pid, found.parent, found.group, found.session) == (42, 7, 8, 9)
    assert (found.cpu_ticks, found.reaped_cpu_ticks) == (150, 50)
    assert (found.threads, found.start_ticks) == (3, 77)
    assert found.resident_bytes == 3 * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.parametrize("text", [b"", b"42 (a", b"42 (a) S 1 2", b"(a) S"])
def test_what_is_cut_off_is_no_process(text):
    with pytest.raises(ValueError, match=r"not complete|not found"):
        procfs.parse_stat(text)


def test_variables_are_those_that_a_process_was_started_with():
    code = "import os, sys; os.environ['A'] = '3'; print(flush=True); sys.stdin.read()"
    environment = {"A": "1", "AB": "2", "B": "x=y\nz"}
    with subprocess.Popen(
        [sys.executable, "-c", code],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as child:
        child.stdout.readline()
        assert procfs.read_variables(child.pid, ("A", "B")) == ("1", "x=y\nz")
        assert procfs.read_variables(child.pid, ("A", "C")) is None
        child.communicate()


def test_the_modules_are_cheap_to_import():
    code = (
        "import sys; before = set(sys.modules);"
        "import torc_core.runner.guard.procfs;"
        "print([n for n in set(sys.modules) - before if n.split('.')[0] in"
        " ('msgspec', 'psutil', 'httpx', 'asyncio', 'subprocess', 'logging')])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
