"""Workers on nodes with networks of their own reach the server, or say why they do not."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from core.client.raw_server import RawServer, reply
from core.runner.flows import Flow
from slurm.cluster.cluster import Cluster
from waiting import wait_for

from torc_core.clock import SystemClock
from torc_core.errors import ExitCode, UsageError
from torc_core.host.access_file import ServerAccess, read_access_file
from torc_core.host.connect import Choice, Connection, connect
from torc_core.host.embedded_server import ensure_server, running_server, stop_server
from torc_core.host.server_process import usable_port
from torc_core.hpc.slurm.batch.access_file import write_access
from torc_core.hpc.slurm.programs.budget import Budget
from torc_core.hpc.slurm.programs.calls import Slurm
from torc_core.model.ids import WorkflowId
from torc_core.operations.slurm.address import (
    NodeAddress,
    address_for_nodes,
    find_node_address,
)


@pytest.fixture
def apart(share_cluster, monkeypatch: pytest.MonkeyPatch) -> Cluster:
    """A cluster whose nodes are in networks of their own."""
    cluster: Cluster = share_cluster(own_networks=True, accounting=False)
    for name, value in cluster.variables.items():
        monkeypatch.setenv(name, value)
    return cluster


@pytest.fixture
def connection() -> Iterator[Connection]:
    """The embedded server, as it is at first: on loopback."""
    yield connect(Choice())
    stop_server()


@pytest.fixture
def output(tmp_path: Path) -> Path:
    directory = tmp_path / "output"
    directory.mkdir()
    return directory


def nodes() -> tuple[str, ...]:
    return Slurm(SystemClock(), Budget()).node_addresses()


class Allocation:
    """A workflow of one job, which waits for a word, and the allocation with its worker."""

    def __init__(
        self, cluster: Cluster, connection: Connection, address: NodeAddress, output: Path
    ) -> None:
        self.cluster, self.output = cluster, output
        self.flow = Flow(connection.client, output)
        self.pipe = output / "word"
        os.mkfifo(self.pipe)
        self.job_id = self.flow.add(f"cat {self.pipe}; hostname")
        self.flow.initialize()
        self.access_file = write_access(output, WorkflowId(self.flow.id), address.access)
        self.url = address.url

    def submit(self, *options: str, more: str = "") -> int:
        worker = f"{sys.executable} -m torc_core.hpc.slurm {self.url} {self.flow.id}"
        return self.cluster.submit(
            f"exec {worker} {self.output} --access-file {self.access_file} -p 1 {more}",
            "--time=10",
            f"--output={self.output}/slurm_output_wf{self.flow.id}_sl%j.o",
            f"--error={self.output}/slurm_output_wf{self.flow.id}_sl%j.e",
            *options,
        )

    def status(self) -> str:
        return self.flow.status(self.job_id)

    def wait_until_running(self) -> None:
        wait_for(lambda: self.status() == "running", "the job to run", 250)

    def end_job(self) -> None:
        self.pipe.write_text("go\n")

    def said(self, slurm_job: int) -> str:
        return (self.output / f"slurm_output_wf{self.flow.id}_sl{slurm_job}.e").read_text()


@contextmanager
def other_server(host: str, port: int) -> Iterator[RawServer]:
    """Another user's server gets the port of one that was killed, and knows no other token."""
    wait_for(lambda: usable_port(host, port), "the port to be free")
    refusal = reply({"detail": "This server requires its token."}, 401)
    with RawServer(lambda _: refusal, address=(host, port)) as running:
        yield running


def test_the_server_is_opened_where_nodes_reach_it(apart, connection, output):
    planned = find_node_address(connection, nodes)
    assert urlsplit(planned.url).hostname == apart.address
    assert "reached" in planned.sentence
    server = running_server()
    assert server is not None
    assert server.host is None  # a plan changes nothing

    address = address_for_nodes(connection, nodes)

    assert (address.url, address.sentence) == (planned.url, planned.sentence)
    assert address_for_nodes(connection, nodes).url == address.url
    allocation = Allocation(apart, connection, address, output)
    slurm_job = allocation.submit()
    allocation.wait_until_running()
    allocation.end_job()
    assert apart.wait_for_end(slurm_job) == "COMPLETED"
    assert allocation.status() == "completed"
    token = address.access.token
    assert token
    holding = [path for path in output.rglob("*") if path.is_file() and token in path.read_text()]
    assert holding == [allocation.access_file]


def test_a_worker_follows_a_server_that_moves_while_its_job_runs(apart, connection, output):
    address = address_for_nodes(connection, nodes)
    allocation = Allocation(apart, connection, address, output)
    slurm_job = allocation.submit()
    allocation.wait_until_running()
    before = running_server()
    assert before is not None
    assert before.host is not None
    os.kill(before.process.pid, signal.SIGKILL)
    with other_server(before.host, before.outside_port) as other:
        ensure_server()
        assert read_access_file(allocation.access_file).url != address.url
        allocation.end_job()
        assert apart.wait_for_end(slurm_job) == "COMPLETED"
        assert other.received
    assert allocation.status() == "completed"


def test_an_allocation_that_waited_finds_a_server_that_has_moved(apart, connection, output):
    address = address_for_nodes(connection, nodes)
    allocation = Allocation(apart, connection, address, output)
    slurm_job = allocation.submit("--hold")
    before = running_server()
    assert before is not None
    assert before.host is not None
    os.kill(before.process.pid, signal.SIGKILL)
    with other_server(before.host, before.outside_port):
        ensure_server()
        apart.run("scontrol", "release", str(slurm_job))
        allocation.wait_until_running()
        allocation.end_job()
        assert apart.wait_for_end(slurm_job) == "COMPLETED"


@pytest.mark.parametrize("embedded_on", ["login1", None])
def test_a_worker_says_where_it_looked_for_its_server_in_vain(
    apart, connection, output, embedded_on, monkeypatch
):
    monkeypatch.setenv("http_proxy", "http://ada:hunter2@127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "127.0.0.1" if embedded_on else apart.address)
    url = f"http://{apart.address}:9/torc-service/v1"
    access = ServerAccess(url=url, token="hidden-token", embedded_on=embedded_on)
    allocation = Allocation(apart, connection, NodeAddress(access, ""), output)
    node = apart.nodes[1]

    slurm_job = allocation.submit(
        f"--nodelist={node}", more="--wait-for-healthy-database-minutes 0"
    )

    assert apart.wait_for_end(slurm_job) == "FAILED"
    assert apart.show(slurm_job)["ExitCode"] == f"{ExitCode.UNREACHABLE.value}:0"
    said = allocation.said(slurm_job)
    assert f"The worker on {node} does not reach its server" in said
    assert f"No torc server answers at {url}: connection refused" in said
    assert ("On login1, `torc server start`" if embedded_on else "curl -sS") in said
    assert str(allocation.access_file) in said
    assert "Traceback" not in said
    assert "hidden-token" not in said
    assert "hunter2" not in said


def test_an_address_of_this_machine_alone_is_refused(apart, connection, server):
    for host in ("127.0.0.1", "localhost", "0.0.0.0"):
        url = f"http://{host}:{server.port}/torc-service/v1"
        named = connect(Choice(url=url))
        with pytest.raises(UsageError, match="do not reach the server at http://") as refused:
            find_node_address(named, nodes)
        assert "--url" in refused.value.hint
    with pytest.raises(UsageError, match="this machine alone"):
        find_node_address(connection, nodes, "localhost")


def test_the_embedded_server_is_known_by_its_address(apart, connection):
    address = ensure_server()
    named = connect(Choice(url=address.url, token=address.token))
    assert urlsplit(find_node_address(named, nodes).url).hostname == apart.address


def test_a_named_server_is_used_as_it_is(apart, connection):
    url = "https://ada:p%40ss@torc.example.org/torc-service/v1"
    found = find_node_address(connect(Choice(url=url)), nodes)
    assert found.access == ServerAccess(
        url="https://torc.example.org/torc-service/v1", user="ada", password="p@ss"
    )
    assert "p@ss" not in found.sentence
    named = connect(Choice(url="http://torc.example.org", user="ada", password="x", token="t"))
    assert find_node_address(named, nodes).access == ServerAccess(
        url="http://torc.example.org/torc-service/v1", token="t", user="ada", password="x"
    )


def test_nodes_that_are_this_machine_reach_its_loopback(slurm, connection):
    before = running_server()
    address = address_for_nodes(connection, nodes)
    assert address.url == connection.client.url
    assert running_server() == before
