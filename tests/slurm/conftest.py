"""Slurm clusters: one that all tests share, and others for those that need them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest
from slurm.cluster.cluster import Cluster
from slurm.cluster.settings import Settings
from slurm.cluster.sharing import own_cluster, shared_cluster
from slurm.submissions import Desk


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give tests of clusters more time: they share clusters, and Slurm's tick is 30 s."""
    here = str(Path(__file__).parent)
    for item in items:
        if str(item.path).startswith(here):
            item.add_marker(pytest.mark.timeout(600))


@pytest.fixture(scope="session")
def share_cluster(
    tmp_path_factory: pytest.TempPathFactory, worker_id: str
) -> Iterator[Callable[..., Cluster]]:
    """Return the cluster of some settings that the tests of all workers of pytest-xdist share."""
    place = tmp_path_factory.getbasetemp()
    common = place if worker_id == "master" else place.parent
    with ExitStack() as used:
        known: dict[Settings, Cluster] = {}

        def share(**chosen: object) -> Cluster:
            settings = Settings(**chosen)
            if settings not in known:
                name = sha256(msgspec.json.encode(settings)).hexdigest()[:16]
                register = common / f"slurm-{name}"
                known[settings] = used.enter_context(shared_cluster(settings, register))
            return known[settings]

        yield share


@pytest.fixture
def start_cluster() -> Iterator[Callable[..., Cluster]]:
    """Start clusters of a test's own, whose daemons and nodes it may stop as it likes."""
    with ExitStack() as started:
        yield lambda **chosen: started.enter_context(own_cluster(Settings(**chosen)))


@pytest.fixture
def slurm(share_cluster, monkeypatch) -> Cluster:
    """The shared cluster of three nodes with accounting; this process is a user of it.

    Other tests use it at the same time: daemons and nodes stay as they are, and only the test's own
    jobs are its business.
    """
    cluster = share_cluster()
    for name, value in cluster.variables.items():
        monkeypatch.setenv(name, value)
    return cluster


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """Where the output of Slurm jobs goes."""
    return tmp_path


@pytest.fixture
def make_desk(make_server, tmp_path, monkeypatch) -> Iterator[Callable[[Cluster], Desk]]:
    """Return where a user of a cluster works whose server has no workflow yet."""
    server = make_server()
    made: list[Desk] = []

    def make(cluster: Cluster) -> Desk:
        variables = cluster.variables | {"TORC_API_URL": server.url}
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        made.append(Desk(cluster, server.client(), tmp_path))
        return made[-1]

    yield make
    for desk in made:
        desk.leave()


@pytest.fixture
def desk(slurm, make_desk) -> Desk:
    """Where a user of the shared cluster works."""
    return make_desk(slurm)
