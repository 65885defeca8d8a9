"""What a case has at hand: the client, and a workflow of its own."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Callable
from typing import Any
from urllib.request import Request, urlopen
from uuid import uuid4

from torc.openapi_client import models

FULL_NODE = {
    "hostname": "h",
    "pid": 1,
    "start_time": "2026-01-01T00:00:00Z",
    "num_cpus": 8,
    "memory_gb": 16.0,
    "num_gpus": 0,
    "num_nodes": 1,
    "compute_node_type": "local",
    "is_active": True,
}
ENDED = {
    "return_code": 0,
    "exec_time_minutes": 0.5,
    "completion_time": "2026-01-01T00:00:30.000Z",
    "status": "completed",
}

CASES: dict[str, list[Callable[[World], None]]] = defaultdict(list)
"""The cases by the method that they are about."""


def case(function: Callable[[World], None]) -> Callable[[World], None]:
    """Make a function the case of the method whose name it bears."""
    CASES[function.__name__].append(function)
    return function


def case_of(method: str) -> Callable[[Callable[[World], None]], Callable[[World], None]]:
    """Make a function one more case of a method."""

    def add(function: Callable[[World], None]) -> Callable[[World], None]:
        CASES[method].append(function)
        return function

    return add


class World(ABC):
    """A client and a new workflow."""

    models = models

    def __init__(self, client: Any) -> None:
        self.client = client
        self.api = self.api_of(client)
        self.mark = uuid4().hex
        """Different in each case, to make names that are unique on the server."""
        self.workflow = self.api.create_workflow(models.WorkflowModel(name="w", user="u"))

    @abstractmethod
    def api_of(self, client: Any) -> Any:
        """Return the API object on which every method can be called."""

    @property
    def id(self) -> int:
        """The id of the workflow."""
        return self.workflow.id

    def model(self, name: str, /, **fields: Any) -> Any:
        """Return a model that belongs to the workflow."""
        return getattr(self.models, name)(workflow_id=self.id, **fields)

    def job(self, name: str = "j", **fields: Any) -> Any:
        """Create a job."""
        return self.api.create_job(self.model("JobModel", name=name, command="true", **fields))

    def node(self) -> Any:
        """Create a compute node."""
        return self.api.create_compute_node(self.model("ComputeNodeModel", **FULL_NODE))

    def file(self, name: str) -> Any:
        """Create a file."""
        return self.api.create_file(self.model("FileModel", name=name, path=f"/{name}"))

    def user_data(self, name: str, **fields: Any) -> Any:
        """Create user data."""
        return self.api.create_user_data(self.model("UserDataModel", name=name, **fields))

    def post(self, path: str, **body: Any) -> Any:
        """Create what another client would, beyond the types of this one."""
        url = self.client.configuration.host + path
        data = json.dumps(body | {"workflow_id": self.id}).encode()
        with urlopen(Request(url, data, {"Content-Type": "application/json"})) as answer:
            return json.load(answer)

    def ready_job(self) -> Any:
        """Create a job and initialize the workflow."""
        job = self.job()
        self.api.initialize_jobs(self.id)
        return job

    def running_job(self) -> tuple[Any, Any]:
        """Create a job and a node that runs it; return both."""
        job, node = self.ready_job(), self.node()
        self.api.claim_next_jobs(self.id)
        return self.api.start_job(job.id, self.run_id, node.id), node

    def result(self, job: Any, node: Any, **fields: Any) -> Any:
        """Return what a node reports of a job."""
        stated = ENDED | {"job_id": job.id, "compute_node_id": node.id, "run_id": self.run_id}
        return self.model("ResultModel", **(stated | fields))

    @property
    @abstractmethod
    def run_id(self) -> int:
        """The workflow's run; each generation finds it elsewhere."""

    @abstractmethod
    def share(self, group: Any) -> Any:
        """Link the workflow to an access group; the generations name it in different places."""

    def status_of(self, job: Any) -> str:
        """Return a job's present status."""
        return text(self.api.get_job(job.id).status)


def text(status: Any) -> str:
    """Return a status as a word; one generation knows an enumeration, the other anything."""
    return getattr(status, "value", status)


def counted(reply: Any) -> int:
    """Return how many records a reply says were deleted: a model or a plain object."""
    return reply["count"] if isinstance(reply, dict) else reply.count


def refused(call: Callable[[], Any]) -> Any:
    """Make a call that must fail and return the exception, which has `status` and `body`."""
    try:
        call()
    except Exception as error:  # noqa: BLE001 - each client has exceptions of its own
        return error
    message = "the call was not refused"
    raise AssertionError(message)
