from __future__ import annotations

import fcntl
import os
import resource
import select
import signal
import stat
import subprocess
import sys
from pathlib import Path
from typing import IO

import msgspec
import psutil
import pytest
from waiting import wait_for

from torc_core.errors import ConflictError, MachineError, TimedOutError, UnreachableError
from torc_core.host import runs
from torc_core.host.connect import Choice, connect
from torc_core.host.directories import state_directory
from torc_core.host.embedded_server import ensure_server, running_server, stop_server
from torc_core.host.files.json_file import read_record, write_record
from torc_core.host.process import ProcessIdentity
from torc_core.host.runs import RunDirectory, RunMeta, RunState, create_run, list_runs
from torc_core.model.workflow import Workflow


@pytest.fixture
def _embedded():
    yield
    stop_server()


@pytest.mark.usefixtures("_embedded")
def test_commands_at_the_same_time_start_one_server():
    code = "from torc_core.host.embedded_server import ensure_server; print(ensure_server().url)"
    commands = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]

    urls = {command.communicate(timeout=100)[0] for command in commands}

    assert [command.returncode for command in commands] == [0] * 4
    assert len(urls) == 1


@pytest.mark.usefixtures("_embedded")
def test_a_killed_server_is_started_again_where_it_was_with_what_it_knew():
    client = connect(Choice()).client
    workflow = client.create_workflow(Workflow(name="kept", user="tester"))
    before = running_server()
    assert before is not None
    os.kill(before.process.pid, signal.SIGKILL)
    wait_for(lambda: running_server() is None, "the server to be gone")

    assert client.get_workflow(workflow.id).name == "kept"

    after = running_server()
    assert after is not None
    assert after.port == before.port
    assert after.process != before.process


@pytest.mark.usefixtures("_embedded")
def test_what_the_server_keeps_is_private():
    ensure_server()

    modes = {
        path.name: stat.S_IMODE(path.stat().st_mode)
        for path in [state_directory(), *state_directory().rglob("*")]
    }

    assert {name for name, mode in modes.items() if mode & 0o077} == set()


@pytest.mark.usefixtures("_embedded")
def test_the_embedded_server_wants_its_token():
    address = ensure_server()
    stranger = connect(Choice(url=address.url)).client

    with pytest.raises(Exception, match=r"401|[Tt]oken|[Uu]nauthorized"):
        stranger.list_workflows()


def test_a_server_that_cannot_start_shows_the_end_of_its_log(tmp_path: Path):
    (state_directory() / "torc.db").write_text("this is no database" * 100)

    with pytest.raises(MachineError, match="database"):
        ensure_server()


def test_a_server_whose_record_cannot_be_written_does_not_stay_behind():
    state = state_directory()
    (state / "server.json" / "in the way").mkdir(parents=True)

    with pytest.raises(MachineError, match=r"cannot be started: Is a directory; .* free in"):
        ensure_server()

    with (state / "torc.db.lock").open() as lock:  # held for as long as a server serves
        wait_for(lambda: _is_free(lock), "the server to be gone")


def _is_free(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def test_a_failed_write_leaves_no_part_of_a_record(tmp_path: Path):
    path = tmp_path / "record.json"
    write_record(path, {"a": 1})
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8, limit[1]))  # as a disk that fills up

    try:
        with pytest.raises(OSError, match="too large"):
            write_record(path, {"a": "long " * 100})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        signal.signal(signal.SIGXFSZ, handler)

    assert read_record(path, dict) == {"a": 1}
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.usefixtures("_embedded")
def test_a_server_that_is_not_waited_for_does_not_keep_the_database(monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr("torc_core.host.server_process.START_TIMEOUT_S", 0.0)
        with pytest.raises(TimedOutError):
            ensure_server()

    connect(Choice(standalone=True)).client.ping()


def test_a_record_is_whole_or_absent(tmp_path: Path):
    path = tmp_path / "record.json"
    assert read_record(path, dict) is None
    write_record(path, {"a": 1})
    assert read_record(path, dict) == {"a": 1}
    path.write_bytes(path.read_bytes()[:-4])
    assert read_record(path, dict) is None
    path.write_bytes(b'{"a": "\xff"}')
    assert read_record(path, dict) is None
    assert list(tmp_path.iterdir()) == [path]


def test_a_process_is_not_known_by_its_pid_alone():
    here = ProcessIdentity.of(os.getpid())

    assert here.is_alive()
    assert not msgspec.structs.replace(here, pid_start=here.pid_start + 1).is_alive()
    assert not msgspec.structs.replace(here, boot_id="another").is_alive()


def test_an_identity_recorded_by_an_earlier_release_is_the_same_process():
    stat = Path("/proc/self/stat").read_text()
    started = int(stat.rpartition(")")[2].split()[19])
    record = {
        "host": os.uname().nodename,
        "boot_id": Path("/proc/sys/kernel/random/boot_id").read_text().strip(),
        "pid": os.getpid(),
        "pid_start": started,
    }
    assert msgspec.convert(record, ProcessIdentity).is_alive()


@pytest.mark.parametrize(
    ("changes", "is_local", "is_alive"),
    [
        ({"host": "renamed"}, True, True),
        ({"host": ""}, True, True),
        ({"boot_id": "another"}, True, False),  # this machine, before it was restarted
        ({"boot_id": "another", "host": "other"}, False, False),
        ({"pid_namespace": 1}, False, False),  # another container
        ({"pid_namespace": 0}, True, True),  # recorded by an earlier release
    ],
)
def test_the_name_of_the_machine_does_not_identify_a_process(
    changes: dict[str, object], is_local: bool, is_alive: bool
):
    process = msgspec.structs.replace(ProcessIdentity.of(os.getpid()), **changes)
    assert (process.is_local(), process.is_alive()) == (is_local, is_alive)


@pytest.mark.usefixtures("_embedded")
def test_a_changed_host_name_loses_no_server(monkeypatch: pytest.MonkeyPatch):
    running = connect(Choice(standalone=True)).client
    running.ping()
    named = os.uname()
    monkeypatch.setattr(os, "uname", lambda: os.uname_result(("Linux", "renamed", *named[2:])))
    server = running_server()
    assert server is not None
    assert ensure_server() == server.address
    assert stop_server()


@pytest.mark.usefixtures("_embedded")
def test_a_server_that_a_user_stopped_is_not_started_again_by_those_who_had_it():
    had = connect(Choice(standalone=True)).client
    had.ping()
    assert stop_server()
    with pytest.raises(UnreachableError, match="was stopped"):
        had.ping()
    assert running_server() is None
    connect(Choice(standalone=True)).client.ping()
    had.ping()


def test_setting_the_clock_does_not_change_a_process(monkeypatch: pytest.MonkeyPatch):
    before = ProcessIdentity.of(os.getpid())
    booted = psutil.boot_time()
    # psutil adds the time of the boot, as the kernel reports it, to the ticks since.
    monkeypatch.setattr(psutil, "boot_time", lambda: booted + 3600)
    monkeypatch.setattr(psutil._psplatform, "boot_time", lambda: booted + 3600)
    assert psutil.Process().create_time() > booted + 3600
    assert ProcessIdentity.of(os.getpid()) == before


def test_a_process_that_has_exited_is_not_alive_before_it_is_reaped():
    with subprocess.Popen(["/bin/cat"], stdin=subprocess.PIPE) as child:
        identity = ProcessIdentity.of(child.pid)
        assert identity.is_alive()
        fd = os.pidfd_open(child.pid)
        child.stdin.close()
        assert select.select([fd], [], [], 30)[0], "it does not exit"
        os.close(fd)
        assert Path(f"/proc/{child.pid}").exists()
        assert not identity.is_alive()
        with pytest.raises(ProcessLookupError):
            ProcessIdentity.of(child.pid)
    assert not identity.is_alive()


def _meta(number: int, **changes: object) -> RunMeta:
    meta = RunMeta(
        run_id=f"2026010{number}T000000-wf{number}-abc",
        workflow_id=number,
        workflow_name="w",
        url="http://127.0.0.1:1",
        output_dir="output",
        cwd="/",
        started_at="2026-01-01T00:00:00.000Z",
    )
    return msgspec.structs.replace(meta, **changes)


def test_a_run_is_listed_in_every_state():
    here = ProcessIdentity.of(os.getpid())
    dead = msgspec.structs.replace(here, pid_start=1)
    there = msgspec.structs.replace(here, host="other", boot_id="another")
    states = {
        1: (RunState.STARTING, {}),
        2: (RunState.RUNNING, {"process": here}),
        3: (RunState.CRASHED, {"process": dead}),
        4: (RunState.ENDED, {"process": dead, "ended_at": "2026-01-02T00:00:00.000Z"}),
        5: (RunState.ELSEWHERE, {"process": there}),
    }
    for number, (_, changes) in states.items():
        create_run(_meta(number, **changes))

    found = {run.meta.workflow_id: run.state for run in list_runs()}

    assert found == {number: state for number, (state, _) in states.items()}
    assert [run.meta.workflow_id for run in list_runs()] == [5, 4, 3, 2, 1]


def test_only_ended_runs_are_pruned_and_damaged_ones_are_left_alone():
    create_run(_meta(1))
    create_run(_meta(2, ended_at="x"))
    create_run(_meta(3, ended_at="x"))
    damaged = Path(list_runs()[0].directory).with_name("damaged")
    damaged.mkdir()
    (damaged / "meta.json").write_text("{")

    runs.prune_runs(keep=1)

    assert [run.meta.workflow_id for run in list_runs()] == [3, 1]
    assert damaged.exists()


def test_a_run_belongs_to_one_process():
    directory = create_run(_meta(1))
    directory.begin()

    with pytest.raises(ConflictError):
        RunDirectory(directory.path).begin()

    directory.end("completed", 0)
    assert directory.read().state is RunState.ENDED
