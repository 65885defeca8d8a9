"""Records of a server, with a hostile text in every field of text that takes one.

Fields are those of the published document: a new one is filled without a change here, and a request
that is new, and takes texts, has to be named.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from hostile.payloads import PAYLOADS, rotated

from torc_core.client import TorcClient

_DOCUMENT = Path(__file__).parents[2] / "docs/reference/openapi.json"
_PUBLISHED = json.loads(_DOCUMENT.read_text("utf-8"))
PATHS: Mapping[str, Any] = _PUBLISHED["paths"]
_SCHEMAS: Mapping[str, Any] = _PUBLISHED["components"]["schemas"]

CHECKED: dict[str, object] = {
    "RemoteWorker": "EVIL",
    "ResourceRequirements.memory": "1m",
    "ResourceRequirements.runtime": "PT1M",
    "SpawnJob.name": "EVIL",
    "SpawnRequest.lineage": "EVIL",
    "UserGroupMembership.role": "member",
    "UserGroupMembership.user_name": "EVIL",
    "Workflow.execution_config": None,
    "Workflow.jobs_sort_method": "none",
    "WorkflowAction.trigger_type": "on_workflow_start",
}
"""Fields in which the server takes a few texts only, and one of them."""
LEFT_OUT = (
    "id", "access_groups", "depends_on_job_ids", "executed_by", "failure_handler_id", "file_id",
    "held_by", "input_file_ids", "input_user_data_ids", "job_ids", "latest_result",
    "output_file_ids", "output_user_data_ids", "resource_requirements_id", "Job.compute_node_id",
    "Job.scheduler_id", "Job.status", "ComputeNode.scheduler_config_id", "SpawnJob.depends_on",
    "SpawnJob.resource_requirements",
)  # fmt: skip
"""Fields that are left out: what the server sets, and what refers to other records."""


def resolved(schema: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """Return the name of a schema, if it has one, and what it says; of two, what is not null."""
    name = ""
    while "$ref" in schema or "anyOf" in schema:
        if "anyOf" in schema:
            schema = next(each for each in schema["anyOf"] if each.get("type") != "null")
        else:
            name = schema["$ref"].rpartition("/")[2]
            schema = _SCHEMAS[name]
    return name, schema


def body_of(path: str, method: str = "post") -> Mapping[str, Any] | None:
    """Return the schema of what a request sends, None if it sends nothing."""
    body = PATHS[path].get(method, {}).get("requestBody")
    return None if body is None else body["content"]["application/json"]["schema"]


def texts_in(schema: Mapping[str, Any], place: str = "RemoteWorker") -> Iterator[str]:
    """Yield the fields that hold text, such as `Job.name`."""
    name, schema = resolved(schema)
    place = name or place
    if "properties" in schema:
        for field, each in schema["properties"].items():
            yield from texts_in(each, f"{place}.{field}")
    elif schema.get("type") == "array":
        yield from texts_in(schema["items"], place)
    elif _takes_text(schema):
        yield place


def _takes_text(schema: Mapping[str, Any]) -> bool:
    """Return whether it is a text, or an object or any value that may hold one."""
    kind = schema.get("type")
    of = resolved(schema.get("additionalProperties", {}))[1] if kind == "object" else schema
    return "enum" not in schema and of.get("type") in {None, "string"}


class Filler:
    """Makes what requests send.

    Args:
        texts: What goes into their texts, one after the other.
        stated: The values of fields, by their names alone or with those of their records.
        limits: How long the texts of some fields may be, by their names.
    """

    def __init__(
        self, texts: list[str], stated: Mapping[str, object], limits: Mapping[str, int]
    ) -> None:
        self._texts = texts
        self._limits = limits
        self._stated = {**dict.fromkeys(LEFT_OUT), **CHECKED, **stated}
        self._at = 0

    def value(self, schema: Mapping[str, Any], place: str = "RemoteWorker") -> Any:
        """Return a value of that form."""
        name, schema = resolved(schema)
        place = name or place
        if "properties" in schema:
            fields = schema["properties"].items()
            made = {field: self._field(each, f"{place}.{field}") for field, each in fields}
            return {field: value for field, value in made.items() if value is not None}
        if "enum" in schema:
            return schema["enum"][0]
        if _takes_text(schema):
            return self._text_of(schema, place)
        if schema["type"] == "array":
            return [self._field(schema["items"], place)]
        return _PLAIN[schema["type"]]

    def _text_of(self, schema: Mapping[str, Any], place: str) -> Any:
        """Return a text, or what may hold texts."""
        if schema.get("type") == "string":
            return self._text()[: self._limits.get(place.rpartition(".")[2])]
        if "additionalProperties" in schema:  # variables, whose names are checked
            return {"EVIL": self._text()}
        return {self._text(): self._text(), "text": self._text(), "list": [self._text()]}

    def _field(self, schema: Mapping[str, Any], place: str) -> Any:
        for name in (place, place.rpartition(".")[2]):
            if name in self._stated:
                return self._stated[name]
        return self.value(schema, place)

    def _text(self) -> str:
        self._at += 1
        return self._texts[self._at % len(self._texts)].replace("\0", "")


class Records:
    """Makes the records of a workflow.

    Args:
        http: Sends requests to the server.
    """

    def __init__(self, http: httpx.Client) -> None:
        self._http = http
        self._ids: dict[str, int] = {}
        self._limits: dict[str, int] = {}
        self.asked: set[tuple[str, str]] = set()

    def send(self, path: str, *, method: str = "post", start: int = 0, **stated: object) -> Any:
        """Send a request that has texts in its fields, shorter where they have to be.

        Args:
            path: As the document has it.
            method: The method.
            start: The payload to begin with.
            stated: Fields that are as they are.
        """
        self.asked.add((method, path))
        answer = self.answer(path, method, start, **stated)
        assert answer.is_success, (path, answer.text[:1000])
        return answer.json()

    def answer(self, path: str, method: str, start: int, **stated: object) -> httpx.Response:
        """Return what the server answers to such a request, whatever that is."""
        stated = {**self._ids, **stated}
        schema = body_of(path, method)
        while True:
            body = None
            if schema is not None:
                body = self._bulk(schema, stated) or self._filler(start, stated).value(schema)
            answer = self._http.request(method, path.format_map(stated), json=body)
            error = {} if answer.is_success else answer.json()["error"]
            if "limit" not in error:
                return answer
            self._limits[error["field"].rpartition(".")[2]] = error["limit"]

    def keep(self, name: str, record: Any) -> None:
        """Use the id of a record in what follows."""
        self._ids[name] = record["id"]

    def _bulk(self, schema: Mapping[str, Any], stated: Mapping[str, object]) -> Any:
        """Return what is sent to make one record for each payload, None if it is for one record."""
        fields = resolved(schema)[1].get("properties", {})
        if len(fields) > 1:
            return None
        return {
            name: [self._filler(at, stated).value(each["items"]) for at in range(len(PAYLOADS))]
            for name, each in fields.items()
            if each.get("type") == "array"
        }

    def _filler(self, start: int, stated: Mapping[str, object]) -> Filler:
        return Filler(rotated(start), stated, self._limits)


SOME = range(0, len(PAYLOADS), 4)
"""Which payload the first field begins with, where a request makes one record."""
EACH = (
    "/resource_requirements", "/failure_handlers", "/local_schedulers", "/slurm_schedulers",
    "/access_groups", "/ro_crate_entities", "/events", "/compute_nodes", "/scheduled_compute_nodes",
)  # fmt: skip
"""Requests that make one record of their kind."""
_PLAIN = {"integer": 1, "number": 1, "boolean": False, "object": {}}
WORKFLOW = "/workflows/{workflow_id}"
RUN_COMMANDS = {"action_type": "run_commands"}
_STARTED, _ENDED = 26, 20
_CODES = (1, 137, 139, 2)


def fill(records: Records, client: TorcClient) -> int:
    """Make a workflow with records of every kind; return its id."""
    send, put = records.send, partial(records.send, method="put")
    for start in SOME:
        send("/workflows", start=start)
    records.keep("workflow_id", send("/workflows", start=5, user="tester"))
    for path in ("/bulk_files", "/bulk_user_data"):
        send(path)
    records.keep("scheduler_config_id", send("/slurm_schedulers"))
    send("/bulk_jobs")
    for start in SOME:
        for path in EACH:
            send(path, start=start, is_active=True)
    records.keep("group_id", send("/access_groups", start=1))
    send("/access_groups/{group_id}/members")
    send(f"{WORKFLOW}/access_groups")
    send(f"{WORKFLOW}/remote_workers")
    action = {"commands": rotated(0)[:10]}
    send(f"{WORKFLOW}/actions", start=5)
    records.keep("action_id", send(f"{WORKFLOW}/actions", action_config=action, **RUN_COMMANDS))
    run = send(f"{WORKFLOW}/start", start=7)["run"]
    records.keep("workflow_run_id", run)
    records.keep("compute_node_id", send("/compute_nodes", start=7, is_active=True))
    claimed = client.claim_next_jobs(run["workflow_id"], _STARTED).jobs
    for at, job in enumerate(claimed):
        records.keep("job_id", {"id": job.id})
        put("/jobs/{job_id}/start_job/{run_id}/{compute_node_id}", run_id=run["run_id"])
        if at < _ENDED:
            send(
                "/jobs/{job_id}/complete_job/{status}/{run_id}",
                start=at, status="failed", run_id=run["run_id"], return_code=_CODES[at % 4],
            )  # fmt: skip
            send("/slurm_stats", start=at, run_id=run["run_id"], attempt_id=1)
    send("/jobs/{job_id}/spawn_jobs", start=11)
    send("/recoveries", run_id=run["run_id"])
    send(WORKFLOW + "/actions/{action_id}/claim", reports_end=True)
    send(WORKFLOW + "/actions/{action_id}/complete", start=3, return_code=1)
    put("/workflow_runs/{workflow_run_id}", start=9, status="running")
    put(f"{WORKFLOW}/status", start=9, run_id=run["run_id"])
    return int(run["workflow_id"])
