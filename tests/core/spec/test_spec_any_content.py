"""Well-formed files of any content are expanded or refused, never anything else."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import event, given, settings
from hypothesis import strategies as st

from torc_core.errors import SpecError
from torc_core.spec import parse_workflow
from torc_core.spec.failure_handlers import RULE
from torc_core.spec.plan import plan_workflow
from torc_core.spec.schema import ACTION, FILE, JOB, SECTIONS, SETTINGS, USER_DATA

words = st.sampled_from(
    ["a", "b", "j{i}", "{i}", "{i:03d}", "{i:.2f}_{k}", "", " ", "1:3", "[1,2]", "['x','y']",
     "0:1:0.5", "zip", "product", "1g", "PT1M", "on_jobs_ready", "on_workflow_start", "slurm",
     "run_commands", "schedule_nodes", "^j", ".*", "(", "${files.input.a}", "${user_data.output.b}",
     "i", "k", "\x00", "\ud800", "é", "[", "local", "01:00:00", "default"]
)  # fmt: skip
plain = st.none() | st.booleans() | st.integers(-2, 3) | st.floats() | words
values = st.recursive(
    plain,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=2),
    max_leaves=4,
)


def entries(table: dict[str, Any], **better: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Return mappings with some of a table's fields, most of them with likely values."""
    likely = st.lists(words, max_size=2) | words | values
    parameters = st.dictionaries(st.sampled_from(["i", "k"]), words, max_size=2)
    known = {
        "name": words,
        "command": words,
        "parameters": parameters,
        "use_parameters": st.lists(st.sampled_from(["i", "k"]), max_size=2),
        **better,
    }
    return st.fixed_dictionaries(
        {}, optional={field: known.get(field, likely) | values for field in table}
    )


def some(entry: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(entry, max_size=4)


workflows = entries(
    {**SETTINGS, **SECTIONS, "parameters": None},
    jobs=some(entries(JOB)),
    files=some(entries(FILE)),
    user_data=some(entries(USER_DATA)),
    actions=some(entries(ACTION)),
    failure_handlers=some(entries({"name": None, "rules": None}, rules=some(entries(RULE)))),
)


names = st.lists(st.sampled_from(["a", "b", "c", "j1", "j{i}", "f{k}"]), max_size=2)
patterns = st.lists(st.sampled_from(["^j", ".*", "a|b", "[bc]"]), max_size=1)
likely_jobs = st.lists(
    st.fixed_dictionaries(
        {"name": st.sampled_from(["a", "b", "c", "j{i}", "j{i}_{k}"])},
        optional={
            "command": st.sampled_from(["x", "${files.input.f}", "{i} ${user_data.output.u}"]),
            "depends_on": names,
            "depends_on_regexes": patterns,
            "output_files": st.just(["f"]),
            "parameters": st.dictionaries(
                st.sampled_from(["i", "k"]), st.sampled_from(["1:3", "[1,2]", "['x','y']"])
            ),
            "parameter_mode": st.sampled_from(["product", "zip"]),
        },
    ).map(lambda job: {"command": "x", **job}),
    max_size=4,
    unique_by=lambda job: job["name"],
)
likely_workflows = likely_jobs.map(
    lambda jobs: {
        "name": "w",
        "jobs": jobs,
        "files": [{"name": "f", "path": "f"}],
        "user_data": [{"name": "u"}],
    }
)


@settings(max_examples=300, deadline=None)
@given(workflows | likely_workflows)
def test_any_content_is_expanded_or_refused(tree: Any) -> None:
    text = json.dumps(tree)
    try:
        workflow = parse_workflow(text, format="json", max_jobs=50)
    except SpecError as error:
        event("refused")
        assert error.problems  # noqa: PT017 -- both outcomes are right
        assert all(line.isprintable() for line in error.problems)  # noqa: PT017
        return
    event("expanded")
    assert sum(len(moment.jobs_becoming_ready) for moment in plan_workflow(workflow).events) == len(
        workflow.jobs
    )
    assert len({job.name for job in workflow.jobs}) == len(workflow.jobs) <= 50
    for job in workflow.jobs:
        job.render_command(range(len(workflow.user_data))).encode()
