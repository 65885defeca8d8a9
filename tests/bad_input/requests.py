"""Wrong requests, and how each is answered."""

from __future__ import annotations

import json
from typing import Any, NamedTuple


class Case(NamedTuple):
    """A request; `{W}`, `{J}` and `{F}` are ids of a workflow, a job and a file."""

    number: int
    name: str
    method: str
    path: str
    body: bytes
    status: int
    code: str
    says: tuple[str, ...]
    """What is in the body of the answer."""


def _request(
    number: int,
    name: str,
    line: str,
    body: Any = b"",
    *says: str,
    status: int = 400,
    code: str = "invalid",
) -> Case:
    method, path = line.split(" ", 1)
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    content = content.replace(b'"{W}"', b"{W}").replace(b'"{J}"', b"{J}")
    return Case(number, name, method, path, content, status, code, says)


OWN = {"workflow_id": "{W}"}
JOB = OWN | {"name": "b", "command": "true"}
NEEDS = OWN | {"name": "r", "num_cpus": 1, "memory": "1g", "runtime": "PT1H", "num_gpus": 0}
RESULT = {
    "workflow_id": "{W}",
    "job_id": "{J}",
    "compute_node_id": 1,
    "run_id": 1,
    "return_code": 0,
    "exec_time_minutes": 0.0,
    "completion_time": "2026-01-01T00:00:00.000Z",
    "status": "completed",
}
WORDS = ("999999", "9223372036854775807")

CASES = [
    _request(4, "no body", "POST /workflows", b"", "needs a body"),
    _request(4, "null", "POST /workflows", b"null"),
    _request(5, "bytes", "POST /jobs", b"\x7fELF\0\xff"),
    _request(5, "UTF-16", "POST /workflows", '{"name": "x", "user": "u"}'.encode("utf-16")),
    _request(5, "a mark", "POST /workflows", b'\xef\xbb\xbf{"name": "x", "user": "u"}'),
    _request(6, "Latin-1", "POST /workflows", b'{"name": "caf\xe9", "user": "u"}', "UTF-8"),
    _request(7, "NUL", "POST /jobs", JOB | {"command": "a\0b"}, "NUL"),
    _request(7, "NUL in a query", "GET /jobs?workflow_id={W}&name=a%00b", b"", "NUL"),
    _request(8, "cut off", "POST /jobs", b'{"workflow_id": {W}, "name": "b'),
    _request(8, "two values", "POST /workflows", b'{"name": "x", "user": "u"} {}'),
    _request(8, "YAML", "POST /workflows", b"name: x\nuser: u\n"),
    _request(8, "a form", "POST /workflows", b"name=x&user=u"),
    _request(10, "an unknown path", "GET /workflow", status=404, code="not_found"),
    _request(10, "an unknown method", "PATCH /workflows", status=405),
    _request(10, "a field to sort by", "GET /jobs?workflow_id={W}&sort_by=x", b"", "x", status=422),
    _request(11, "a list", "POST /workflows", [], "object"),
    _request(11, "a number", "POST /workflows", {"name": 1, "user": "u"}, '"field":"name"'),
    _request(11, "of an item", "POST /bulk_jobs", {"jobs": [JOB, 7]}, "jobs[1]"),
    _request(11, "of a query", "GET /jobs?workflow_id={W}&limit=ten", b"", "limit"),
    _request(11, "of a path", "GET /jobs/one", b"", "number"),
    _request(12, "a field", "POST /workflows", {"name": "w"}, '"field":"user"'),
    _request(12, "of an item", "POST /bulk_jobs", {"jobs": [JOB, OWN]}, "jobs[1].name"),
    _request(12, "a query", "GET /jobs", b"", "workflow_id"),
    _request(13, "long", "POST /jobs", JOB | {"name": "n" * 256}, '"limit":255', status=422),
    _request(13, "long path", "POST /files", OWN | {"name": "f", "path": "p" * 4097}, status=422),
    _request(
        15, "a job", "POST /jobs", JOB | {"depends_on_job_ids": [987654]}, "987654", status=422
    ),
    _request(15, "a file", "POST /jobs", JOB | {"input_file_ids": [987654]}, "987654", status=422),
    _request(26, "memory", "POST /resource_requirements", NEEDS | {"memory": "8 gigs"}, status=422),
    _request(27, "runtime", "POST /resource_requirements", NEEDS | {"runtime": "PT"}, status=422),
    _request(28, "cpus -1", "POST /resource_requirements", NEEDS | {"num_cpus": -1}, status=422),
    _request(28, "cpus 1.5", "POST /resource_requirements", NEEDS | {"num_cpus": 1.5}),
    _request(32, "lists", "POST /user_data", b'{"data": ' + b"[" * 100_000, "levels"),
    _request(33, "65 MiB", "POST /user_data", b'{"data": "' + b"x" * (65 << 20), status=413),
    _request(33, "lists", "POST /user_data", b'{"data": [%b1]}' % (b"[]," * 2_000_001), "2,000"),
    _request(33, "long text", "POST /jobs", JOB | {"command": "x" * 1_000_001}, status=422),
    _request(34, "64 bits", "POST /user_data", OWN | {"data": 2**63}, "64 bits", "hint"),
    _request(34, "5,000 digits", "POST /jobs", JOB | {"priority": int("9" * 4_000)}, "64 bits"),
    _request(34, "in a path", "GET /jobs/" + "9" * 5_000),
    _request(34, "in a query", "GET /jobs?workflow_id=" + "9" * 5_000, b"", "workflow_id"),
    _request(34, "NaN", "POST /user_data", b'{"workflow_id": {W}, "name": "d", "data": NaN}'),
    _request(35, "escaped", "POST /workflows", rb'{"name": "\ud800", "user": "u"}'),
    _request(35, "in a query", "GET /workflows?name=%ED%A0%80"),
    _request(37, "in a path", "GET /../../etc/passwd", status=404, code="not_found"),
    _request(38, "zero", "GET /jobs/0", b"", ">= 1"),
    *(
        _request(38, f"{method} {path}/{word}", f"{method} /{path}/{word}", b"", word,
            status=404, code="not_found")
        for word in WORDS
        for path in ("workflows", "jobs", "files", "user_data", "events", "results",
            "resource_requirements", "compute_nodes", "failure_handlers", "slurm_schedulers")
        for method in ("GET", "DELETE")
    ),
    _request(38, "start", "PUT /jobs/987654/start_job/1/1", b"", status=404, code="not_found"),
    _request(
        38, "a result", "POST /results", RESULT | {"job_id": 987654}, "987654", status=422
    ),
    _request(39, "not claimed", "PUT /jobs/{J}/start_job/7/1", b"", "Claim", status=409,
        code="illegal_transition"),
    _request(39, "another run", "POST /jobs/{J}/complete_job/completed/7", RESULT, status=422,
        code="illegal_transition"),
]  # fmt: skip
