"""A workflow seen as a whole: its graphs, what its ready jobs need, its latest event."""

from __future__ import annotations

import re
from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torc_core.units import parse_duration
from torc_server.queries.graphs import quoted

ENDS = re.compile(r"\{ ([^}]*) \}|(\w+)")


def make_job(call, workflow_id, name, **values) -> int:
    job = {"workflow_id": workflow_id, "name": name, "command": "true"} | values
    return call("POST", "/jobs", job).body["id"]


def make_jobs(call, workflow_id, jobs) -> list[int]:
    own = {"workflow_id": workflow_id, "command": "true"}
    reply = call("POST", "/bulk_jobs", {"jobs": [own | job for job in jobs]})
    assert reply.status == 200, reply.text
    return [job["id"] for job in reply.body["jobs"]]


def drawn(call, workflow_id, name) -> list[str]:
    """Return the statements of a graph, after what all graphs begin with."""
    reply = call("GET", f"/workflows/{workflow_id}/dot_graph/{name}")
    assert reply.status == 200, reply.text
    assert reply.headers["content-type"].startswith("text/vnd.graphviz")
    first, *statements, last = reply.text.splitlines()
    assert (first, last) == ("digraph {", "}")
    return statements[2:]


def edges(statements) -> set[tuple[str, str]]:
    """Return all edges, as Graphviz would draw them."""
    found = set()
    for statement in statements:
        if "->" in statement:
            ends = [
                (many or one).split()
                for many, one in map(re.Match.groups, ENDS.finditer(statement))
            ]
            found.update(edge for pair in pairwise(ends) for edge in product(*pair))
    return found


def without_points(found) -> set[tuple[str, str]]:
    into = {edge for edge in found if edge[1].startswith("s")}
    out_of = {edge for edge in found if edge[0].startswith("s")}
    through = {(a, d) for (a, b), (c, d) in product(into, out_of) if b == c}
    return found - into - out_of | through


def test_the_drawn_edges_are_the_listed_ones(call, workflow_id):
    first = make_jobs(call, workflow_id, [{"name": f"a{n}"} for n in range(4)])
    second = make_jobs(
        call, workflow_id, [{"name": f"b{n}", "depends_on_job_ids": first} for n in range(3)]
    )
    make_job(call, workflow_id, "c", depends_on_job_ids=[first[0], second[1]])
    call("POST", f"/workflows/{workflow_id}/initialize_jobs")

    found = edges(drawn(call, workflow_id, "job_dependencies"))

    listed = call("GET", f"/workflows/{workflow_id}/job_dependencies").body["items"]
    assert len(found) < len(listed) == 14
    assert without_points(found) == {
        (f"j{edge['depends_on_job_id']}", f"j{edge['job_id']}") for edge in listed
    }


def test_jobs_are_drawn_with_name_and_status(call, workflow_id):
    ready = make_job(call, workflow_id, 'a "quoted" \\N & <b>')
    blocked = make_job(call, workflow_id, "b", depends_on_job_ids=[ready])
    call("POST", f"/workflows/{workflow_id}/initialize_jobs")

    nodes = drawn(call, workflow_id, "job_dependencies")[:2]

    assert nodes == [
        rf'j{ready} [label="a \"quoted\" \\N &amp; <b>\nready", fillcolor=lightskyblue];',
        rf'j{blocked} [label="b\nblocked"];',
    ]


@pytest.mark.parametrize(
    ("graph", "path", "given", "fields"),
    [
        (
            "job_file_relationships",
            "/files",
            {"path": "/p"},
            ("output_file_ids", "input_file_ids"),
        ),
        (
            "job_user_data_relationships",
            "/user_data",
            {"data": {}},
            ("output_user_data_ids", "input_user_data_ids"),
        ),
    ],
)
def test_what_flows_stands_between_writer_and_reader(call, workflow_id, graph, path, given, fields):
    thing = call("POST", path, {"workflow_id": workflow_id, "name": "x"} | given).body["id"]
    writer, reader = (make_job(call, workflow_id, field, **{field: [thing]}) for field in fields)

    statements = drawn(call, workflow_id, graph)

    assert edges(statements) == {(f"j{writer}", f"d{thing}"), (f"d{thing}", f"j{reader}")}
    assert any(line.startswith(f'd{thing} [label="x", shape=') for line in statements)


def test_an_unknown_graph_is_not_found_and_the_known_ones_are_named(call, workflow_id):
    refused = call("GET", f"/workflows/{workflow_id}/dot_graph/everything")

    assert refused.status == 404
    assert "job_dependencies" in refused.problem["hint"]
    assert call("GET", f"/workflows/{10**9}/dot_graph/job_dependencies").status == 404


@given(st.text())
def test_quoted_text_cannot_end_early_and_reads_back(text):
    written = quoted(text)

    inside = re.fullmatch(r'"((?:[^"\\]|\\.)*)"', written)
    assert inside is not None
    assert not re.search(r"[\x00-\x1f]", written)
    back = re.sub(r"\\(.)", lambda it: "\n" if it[1] == "n" else it[1], inside[1])
    assert back.replace("&amp;", "&") == re.sub(r"[^\n\x20-\x7e\x80-\U0010ffff]", " ", text)


def test_many_jobs_that_wait_for_many_are_few_edges(call, workflow_id):
    first = make_jobs(call, workflow_id, [{"name": f"a{n}"} for n in range(300)])
    make_jobs(call, workflow_id, [{"name": "b", "depends_on_job_ids": first}] * 300)

    assert len(edges(drawn(call, workflow_id, "job_dependencies"))) == 600


def test_what_ready_jobs_need_adds_up(call, workflow_id):
    needs = {"workflow_id": workflow_id, "name": "n", "memory": "512m", "num_gpus": 1}
    large = needs | {"num_cpus": 3, "num_nodes": 2, "runtime": "PT1H30M"}
    requirements = call("POST", "/resource_requirements", large).body["id"]
    own = {"resource_requirements_id": requirements}
    first, *_ = make_jobs(
        call, workflow_id, [own | {"name": "a"}, own | {"name": "b", "scheduler_id": 7}]
    )
    make_job(call, workflow_id, "blocked", depends_on_job_ids=[first])
    make_job(call, workflow_id, "small")
    path = f"/workflows/{workflow_id}/ready_job_requirements"
    assert call("GET", path).body["num_jobs"] == 0
    call("POST", f"/workflows/{workflow_id}/initialize_jobs")

    everything = call("GET", path).body
    bound = call("GET", path, scheduler_config_id=7).body

    assert parse_duration(everything.pop("max_runtime")) == 5400
    assert everything == {
        "num_jobs": 3,
        "num_cpus": 7,
        "num_gpus": 2,
        "memory_gb": 1 + 1 / 1024,
        "max_num_nodes": 2,
    }
    assert (bound["num_jobs"], bound["num_cpus"], bound["memory_gb"]) == (1, 3, 0.5)
    assert call("GET", path, scheduler_config_id=8).body == {
        "num_jobs": 0,
        "num_cpus": 0,
        "num_gpus": 0,
        "memory_gb": 0.0,
        "max_num_nodes": 0,
        "max_runtime": "PT0S",
    }
    assert call("GET", f"/workflows/{10**9}/ready_job_requirements").status == 404


def test_sums_beyond_what_a_number_holds_are_the_largest_number(call, workflow_id):
    huge = {"workflow_id": workflow_id, "name": "n", "num_cpus": 2**62, "memory": f"{2**62}"}
    requirements = call("POST", "/resource_requirements", huge).body["id"]
    own = {"resource_requirements_id": requirements, "name": "a"}
    make_jobs(call, workflow_id, [own] * 4)
    call("POST", f"/workflows/{workflow_id}/initialize_jobs")

    needed = call("GET", f"/workflows/{workflow_id}/ready_job_requirements").body

    assert (needed["num_jobs"], needed["num_cpus"]) == (4, 2**63 - 1)
    assert needed["memory_gb"] == 2**34


def test_the_latest_event_has_the_latest_timestamp(call, workflow_id):
    path = f"/workflows/{workflow_id}/latest_event_timestamp"
    call("DELETE", "/events", workflow_id=workflow_id)
    assert call("GET", path).body == {"timestamp": 0}

    event = {"workflow_id": workflow_id, "timestamp": 5, "data": {"type": "t"}}
    made = call("POST", "/events", event).body

    latest = call("GET", path).body["timestamp"]
    assert latest == made["timestamp"] > 5
    newer = call("GET", "/events", workflow_id=workflow_id, after_timestamp=latest)
    assert newer.body["items"] == []
    assert call("GET", f"/workflows/{10**9}/latest_event_timestamp").status == 404
