"""Requests made from the published document, valid and invalid, sent to a real server.

    python tests/campaigns/openapi.py --requests 100000 --workers 4

Fails when an answer has a status, a type or a shape that the document does not name, when one is
the server's own failure or takes longer than a second, when the server is gone at the end, or when
its memory has grown: the database grows with what is created, the memory must not.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from queue import Empty
from random import Random
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import psutil
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.transport import Response
from schemathesis.schemas import APIOperation

BASE = "/torc-service/v1"
SLOW_S = 1.0
REPORT_EVERY = 10_000
SETTLED_AFTER = 20_000
"""How many requests the server may take to reach the memory that it then keeps."""
MAX_GROWTH = 1.1
BATCH = 50
"""How many requests of one operation follow each other."""
REFRESH_EVERY = 10
"""After how many batches, at the latest, all is deleted and the workflow whose ids hit is created
again; sooner when a request has deleted something."""
OWNER = "campaign"

HITS = 0.8
"""How many of the ids in valid requests are those of records that are there."""

UNBOUNDED = {"stream_events"}
"""Operations whose answers never end."""

RECORDS: dict[str, tuple[str, dict[str, Any]]] = {
    "file_id": ("/files", {"name": "f", "path": "/f"}),
    "user_data_id": ("/user_data", {"name": "d", "data": {"a": 1}}),
    "resource_requirements_id": ("/resource_requirements", {"name": "r"}),
    "failure_handler_id": ("/failure_handlers", {"name": "h", "rules": "[]"}),
    "local_scheduler_id": ("/local_schedulers", {"name": "l"}),
    "scheduler_config_id": ("/slurm_schedulers", {"account": "a", "nodes": 1, "walltime": "1:00"}),
    "compute_node_id": (
        "/compute_nodes",
        {
            "hostname": "h",
            "pid": 1,
            "start_time": "2026-01-01T00:00:00Z",
            "num_cpus": 8,
            "memory_gb": 8,
            "num_gpus": 1,
            "num_nodes": 1,
            "compute_node_type": "local",
        },
    ),
    "scheduled_compute_node_id": (
        "/scheduled_compute_nodes",
        {"scheduler_id": 1, "scheduler_config_id": 1, "scheduler_type": "s", "status": "pending"},
    ),
    "event_id": ("/events", {"timestamp": 0, "data": {"type": "t"}}),
    "done_id": ("/jobs", {"name": "done", "command": "true"}),
    "job_id": ("/jobs", {"name": "j", "command": "true"}),
    "result_id": (
        "/results",
        {
            "run_id": 0,
            "return_code": 0,
            "exec_time_minutes": 1.0,
            "status": "completed",
            "completion_time": "2026-01-01T00:00:00.000Z",
        },
    ),
    "action_id": (
        "/workflows/{workflow_id}/actions",
        {
            "trigger_type": "on_workflow_start",
            "action_type": "run_commands",
            "action_config": {"commands": ["true"]},
        },
    ),
    "group_id": ("/access_groups", {}),
}
"""The records of the workflow whose ids hit: path and values, by the name of the id."""

COLLECTIONS = {
    "files": "file_id",
    "user_data": "user_data_id",
    "resource_requirements": "resource_requirements_id",
    "failure_handlers": "failure_handler_id",
    "local_schedulers": "local_scheduler_id",
    "slurm_schedulers": "scheduler_config_id",
    "compute_nodes": "compute_node_id",
    "scheduled_compute_nodes": "scheduled_compute_node_id",
    "events": "event_id",
    "results": "result_id",
}
"""The ids that stand after the names of collections in paths."""

load_all_checks()
CHECKED = [
    CHECKS.get_one(name)
    for name in (
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_headers_conformance",
        "response_schema_conformance",
        "negative_data_rejection",
    )
]


@dataclass
class Findings:
    """What one worker, or all of them, saw."""

    sent: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    failures: dict[str, str] = field(default_factory=dict)
    """One report by operation and kind of failure."""
    slowest: list[tuple[float, str]] = field(default_factory=list)

    def add(self, other: Findings) -> None:
        self.sent += other.sent
        self.statuses += other.statuses
        self.failures = other.failures | self.failures
        self.slowest = sorted([*self.slowest, *other.slowest], reverse=True)[:10]


class Explorer:
    """Sends requests to one server and looks at the answers."""

    def __init__(self, url: str, number: int, *, size: int = BATCH) -> None:
        self.url = url
        self.number = number
        self.size = size
        self.random = Random(number)
        self.session = requests.Session()
        schema = schemathesis.openapi.from_dict(self.ask("GET", "/openapi.json"))
        schema.config.generation.update(allow_x00=False)
        found = (result.ok() for result in schema.get_all_operations())
        self.operations = [
            one for one in found if one.definition.raw["operationId"] not in UNBOUNDED
        ]
        self.ids: dict[str, int] = {}
        self.is_stale = True
        self.findings = Findings()

    def explore(self, budget: int, tell: Callable[[Findings], None]) -> None:
        """Send as many requests as the budget allows, and tell of each batch."""
        for turn in count():
            if budget <= 0:
                return
            if self.is_stale or turn % REFRESH_EVERY == 0:
                self.refresh()
            self.findings = Findings()
            self.batch(self.operations[turn % len(self.operations)], min(self.size, budget), turn)
            budget -= max(1, self.findings.sent)
            tell(self.findings)

    def batch(self, operation: APIOperation, size: int, turn: int) -> None:
        """Send some requests of one operation; three in four are valid."""
        valid, invalid = map(
            operation.as_strategy, (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
        )

        @seed(self.number * 1_000_003 + turn)
        @settings(
            max_examples=size,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=st.one_of(valid, valid, valid, invalid))
        def send(case: Case) -> None:
            self.send(case)

        send()

    def send(self, case: Case) -> None:
        """Send one request and keep what is wrong with its answer."""
        if case.meta is not None and case.meta.generation.mode is GenerationMode.POSITIVE:
            collection = case.path.split("/")[1]
            ids = self.ids | {"record_id": self.ids.get(COLLECTIONS.get(collection, ""), 1)}
            for values in (case.path_parameters, case.query, case.body):
                if isinstance(values, dict | list):
                    self.aim(values, ids)
        if isinstance(case.body, dict) and "wait_seconds" in case.body:
            case.body["wait_seconds"] = 0.01
        response, took = self.timed(case)
        is_slow = took > SLOW_S and self.timed(case)[1] > SLOW_S  # once may be the machine's doing
        called = case.operation.label
        findings = self.findings
        findings.sent += 1
        findings.statuses[response.status_code] += 1
        self.is_stale |= case.method == "DELETE" and response.status_code == 200
        findings.slowest = sorted([*findings.slowest, (took, called)], reverse=True)[:3]
        if is_slow:
            findings.failures[f"{called}: slow"] = f"{took:.2f} s: {case.as_curl_command()[:2000]}"
        try:
            case.validate_response(response, checks=CHECKED)
        except FailureGroup as group:
            for failure in group.exceptions:
                if not is_about_empty_values(str(failure), response.request.url or ""):
                    self.keep(failure, case, response.text)

    def timed(self, case: Case) -> tuple[Response, float]:
        """Send a request; return the answer, and the seconds that it took."""
        begin = time.monotonic()
        response = case.call(base_url=self.url + BASE, session=self.session, timeout=30)
        return response, time.monotonic() - begin

    def keep(self, failure: Exception, case: Case, answer: str) -> None:
        """Keep the first failure of a kind of each operation, with what reproduces it."""
        title = failure.title if isinstance(failure, Failure) else type(failure).__name__
        request = case.as_curl_command()[:3000]
        report = f"{str(failure)[:600]}\n{request}\n{answer[:600]}"
        self.findings.failures.setdefault(f"{case.operation.label}: {title}", report)

    def aim(self, values: Any, ids: dict[str, int]) -> None:
        """Make most ids hit; and write integers as such, which the document cannot ask for."""
        for key, value in list(values.items() if isinstance(values, dict) else enumerate(values)):
            if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
                values[key] = int(value)
                continue
            name = str(key)
            hit = next((ids[one] for one in ids if name.removesuffix("s").endswith(one)), None)
            if hit is not None and self.random.random() < HITS:
                values[key] = [hit] if name.endswith("_ids") else hit
            elif isinstance(value, dict | list):
                self.aim(value, ids)

    def refresh(self) -> None:
        """Delete what piled up, and make a workflow with records of every kind."""
        try:
            self.furnish()
        except requests.HTTPError:  # a request of another worker deleted the workflow meanwhile
            self.furnish()
        self.is_stale = False

    def furnish(self) -> None:
        """Do it once."""
        name = f"{OWNER} {self.number}"
        for workflow in self.ask("GET", "/workflows")["items"]:
            if workflow["name"] == name or not workflow["name"].startswith(OWNER):
                self.ask("DELETE", f"/workflows/{workflow['id']}")
        for group in self.ask("GET", "/access_groups?limit=1000")["items"]:
            if group["name"] == name or not group["name"].startswith(OWNER):
                self.ask("DELETE", f"/access_groups/{group['id']}")
        workflow_id = self.ask("POST", "/workflows", {"name": name, "user": OWNER})["id"]
        self.ids = {"workflow_id": workflow_id, "run_id": 0}
        for kind, (path, values) in RECORDS.items():
            body = {"workflow_id": workflow_id} | values
            if kind == "group_id":
                body["name"] = name
            if kind == "result_id":
                body |= {"job_id": self.ids["done_id"]} | self.ids
            made = self.ask("POST", path.format(workflow_id=workflow_id), body)
            self.ids[kind] = made["id"]
        self.ask("POST", f"/workflows/{workflow_id}/initialize_jobs")
        self.ask("POST", f"/workflows/{workflow_id}/claim_next_jobs?limit=1")

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Send one request that has to succeed, except that another worker may have been first."""
        answer = self.session.request(method, self.url + BASE + path, json=body, timeout=30)
        if not (method == "DELETE" and answer.status_code == 404):
            answer.raise_for_status()
        return answer.json()


def is_about_empty_values(failure: str, url: str) -> bool:
    """Return whether a request was expected to be refused for empty values in its query alone.

    An empty value is not given, whatever its type in the document. Of several the first counts.
    """
    blamed = re.search(r"Invalid component: parameters? (.+) in query", failure)
    given = parse_qsl(urlsplit(url).query, keep_blank_values=True)
    first = dict(reversed(given))
    empty = {name for name, value in first.items() if not value}
    return bool(blamed) and empty.issuperset(re.findall(r"`([^`]+)`", blamed[1]))


def fill_caches(url: str) -> None:
    """Have the server's database fill its caches, which are bounded; what then grows has no bound.

    The writer keeps up to 32 MiB of the file, each of the four readers 8.
    """
    workflow = {"name": f"{OWNER} caches", "user": OWNER}
    workflow_id = requests.post(f"{url}{BASE}/workflows", json=workflow, timeout=30).json()["id"]
    kept = {"workflow_id": workflow_id, "name": "d", "data": "x" * 2**16}
    for _ in range(10):
        body = {"user_data": [kept] * 100}
        requests.post(f"{url}{BASE}/bulk_user_data", json=body, timeout=30).raise_for_status()
    pages = [
        f"{url}{BASE}/user_data?workflow_id={workflow_id}&limit=20&offset={offset}"
        for offset in range(0, 1000, 20)
    ]
    with ThreadPoolExecutor(16) as pool:
        for answer in pool.map(lambda page: requests.get(page, timeout=30), 3 * pages):
            answer.raise_for_status()


def work(url: str, number: int, budget: int, told: multiprocessing.Queue[Findings | str]) -> None:
    """Explore in a process of its own."""
    try:
        Explorer(url, number).explore(budget, told.put)
        told.put("done")
    except BaseException as error:
        told.put(f"worker {number}: {error!r}")
        raise


@contextmanager
def server(folder: Path) -> Iterator[tuple[str, psutil.Process]]:
    """Run a server with a database of its own; yield its address and its process."""
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "torc_server", "run", "--port", "0"),
                *("--database", str(folder / "torc.db")),
            ],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    assert process.stdout is not None
    try:
        port = process.stdout.readline().strip().removeprefix("TORC_SERVER_PORT=")
        yield f"http://127.0.0.1:{port}", psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(30)
        process.stdout.close()


def campaign(url: str, process: psutil.Process, budget: int, workers: int, first: int) -> list[str]:
    """Send all requests, print what is seen, and return what is wrong."""
    told: multiprocessing.Queue[Findings | str] = multiprocessing.Queue()
    share = -(-budget // workers)
    team = [
        multiprocessing.Process(target=work, args=(url, first + number, share, told), daemon=True)
        for number in range(workers)
    ]
    for member in team:
        member.start()
    total, wrong, settled, begin = Findings(), [], 0, time.monotonic()
    reported, working = 0, workers
    while working:
        try:
            news = told.get(timeout=300)
        except Empty:
            wrong.append("no worker has said anything for five minutes")
            break
        if isinstance(news, str):
            working -= 1
            if news != "done":
                wrong.append(news)
            continue
        for kind in news.failures.keys() - total.failures.keys():
            print(f"\n{kind}\n{news.failures[kind]}", flush=True)
        total.add(news)
        if total.sent // REPORT_EVERY > reported or not working:
            reported = total.sent // REPORT_EVERY
            memory = process.memory_info().rss
            if total.sent >= SETTLED_AFTER:
                settled = settled or memory
                if memory > settled * MAX_GROWTH:
                    wrong.append(f"memory {memory >> 20} MiB after {total.sent:,} requests")
            rate = total.sent / (time.monotonic() - begin)
            print(f"{total.sent:>8,} {rate:6.0f}/s {memory / 2**20:6.1f} MiB", flush=True)
    print("\nstatuses", dict(sorted(total.statuses.items())))
    print("slowest ", *(f"{took * 1000:.0f} ms {called};" for took, called in total.slowest))
    return [*wrong, *sorted(total.failures)]


def main() -> int:
    """Run the campaign as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 2)
    parser.add_argument("--seed", type=int, default=1, help="the first worker's; others follow")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, server(Path(folder)) as (url, process):
        fill_caches(url)
        wrong = campaign(url, process, options.requests, options.workers, options.seed)
        if (
            not process.is_running()
            or requests.get(f"{url}{BASE}/ping", timeout=5).status_code != 200
        ):
            wrong.append("the server is gone")
        print((Path(folder) / "server.log").read_text("utf-8", "replace")[-5000:])
    print("\n".join(["", f"{len(wrong)} findings", *wrong]))
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
