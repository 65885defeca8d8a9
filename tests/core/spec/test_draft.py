"""A complete draft is a workflow file in each format; problems lead to their field."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from torc_core.model.action import JOB_TRIGGERS, ActionType, TriggerType
from torc_core.spec import SpecFile, parse_workflow
from torc_core.spec.convert import Format
from torc_core.spec.draft.check import check_draft, draft_text
from torc_core.spec.draft.draft import CUSTOM, NO_PRESET, ZIP, Draft
from torc_core.spec.draft.needs import PRESETS, Needs
from torc_core.spec.draft.parameters import split_parameters
from torc_core.spec.draft.tree import MOST_NAMED, make_tree

VALUES = {"i": "1:3", "k": "['x', 'y']", "n": "0:100:10"}
"""One parameter has the same values everywhere, as `make_tree` wants it of dependencies."""

texts = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp", "Cf"]), min_size=1
).filter(lambda text: text.strip() and not set("{}$") & set(text))
"""What users may write that means nothing to parameters and references."""
needs = st.builds(
    Needs,
    num_cpus=st.integers(1, 64).map(str),
    memory=st.sampled_from(["512m", "1g", "50g"]),
    num_gpus=st.integers(0, 4).map(str),
    num_nodes=st.just("1"),
    runtime=st.sampled_from(["PT1M", "PT30M"]),
)


@st.composite
def drafts(draw) -> Draft:
    """Return a draft in which nothing is missing or wrong."""
    draft = Draft(name=draw(texts), description=draw(texts | st.just("")))
    for at in range(draw(st.integers(0, 2))):
        draft = draft.added(
            "schedulers",
            name=f"scheduler {at}",
            account="acc",
            walltime="04:00:00",
            partition=draw(st.sampled_from(["", "short"])),
        )
    schedulers = [item.key for item in draft.schedulers]
    for at in range(draw(st.integers(1, 6))):
        own = draw(st.lists(st.sampled_from(sorted(VALUES)), unique=True, max_size=2))
        slots = "".join(f"_{{{name}}}" for name in own)
        before = st.sampled_from([job.key for job in draft.jobs]) if at else st.nothing()
        draft = draft.added(
            "jobs",
            name=f"{draw(texts).strip()[:40]} {at}{slots}",
            command=draw(texts),
            parameters="; ".join(f"{name}: {VALUES[name]}" for name in own),
            depends_on=tuple(draw(st.lists(before, unique=True))),
            preset=draw(st.sampled_from([NO_PRESET, CUSTOM, "small"])),
            needs=draw(needs),
            scheduler=draw(st.sampled_from([None, *schedulers])),
        )
    for _ in range(draw(st.integers(0, 3))):
        trigger = draw(st.sampled_from(list(TriggerType)))
        kinds = list(ActionType) if schedulers else [ActionType.RUN_COMMANDS]
        keys = st.sampled_from([job.key for job in draft.jobs])
        draft = draft.added(
            "actions",
            trigger_type=trigger,
            action_type=draw(st.sampled_from(kinds)),
            jobs=tuple(draw(st.lists(keys, min_size=1, unique=True))),
            scheduler=draw(st.sampled_from(schedulers)) if schedulers else None,
            command=draw(texts),
        )
    return draft


@settings(max_examples=60, deadline=None)
@given(drafts())
def test_a_complete_draft_is_the_same_workflow_in_every_format(draft):
    checked = check_draft(draft)

    assert not checked.problems
    for form in (Format.YAML, Format.JSON5, Format.KDL):
        file = SpecFile(source="draft", suffix=f".{form}", text=draft_text(draft, form))
        assert msgspec.structs.replace(file.expand(), warnings=()) == checked.workflow


@settings(max_examples=40, deadline=None)
@given(drafts())
def test_jobs_wait_for_exactly_the_jobs_that_were_chosen(draft):
    workflow = check_draft(draft).workflow
    assert workflow is not None
    entries = [at for at, entry in enumerate(workflow.job_entries) for _ in range(entry.num_jobs)]
    place = {job.key: at for at, job in enumerate(draft.jobs)}

    for at, dependencies in zip(entries, workflow.dependencies(), strict=True):
        chosen = {place[key] for key in draft.jobs[at].depends_on}
        assert {entries[each] for each in dependencies} == chosen


@settings(max_examples=40, deadline=None)
@given(drafts(), st.data())
def test_what_is_removed_leaves_no_trace(draft, data):
    section = data.draw(st.sampled_from(["jobs", "schedulers", "actions"]))
    if not draft.items(section):
        return
    index = data.draw(st.integers(0, len(draft.items(section)) - 1))
    key = draft.items(section)[index].key

    left = draft.removed(section, index)

    assert len(left.items(section)) == len(draft.items(section)) - 1
    for job in left.jobs:
        assert key != job.scheduler
        assert key not in job.depends_on
    for action in left.actions:
        assert key != action.scheduler
        assert key not in action.jobs


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.builds(
            dict,
            name=st.text(max_size=4) | st.just("j_{i}"),
            command=st.text(max_size=4),
            parameters=st.text(st.sampled_from("i:;1,2[]'\" "), max_size=12),
            preset=st.sampled_from([*PRESETS, CUSTOM, "odd"]),
        ),
        max_size=3,
    )
)
def test_whatever_was_typed_is_a_workflow_or_has_problems(jobs):
    draft = Draft()
    for job in jobs:
        draft = draft.added("jobs", **job)

    checked = check_draft(draft, max_jobs=1000)

    assert checked.problems
    assert checked.workflow is None


def a_draft(**job: object) -> Draft:
    fields = {"name": "a", "command": "true", **job}
    return Draft(name="w").added("jobs", **fields)


def spots(draft: Draft) -> list[tuple[str, int | None, str | None]]:
    return [msgspec.structs.astuple(problem.spot) for problem in check_draft(draft).problems]


@pytest.mark.parametrize(
    ("job", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "a_{j}"}, "name"),
        ({"command": " "}, "command"),
        ({"parameters": "1:10"}, "parameters"),
        ({"parameters": "i: 1-10", "name": "a_{i}"}, "parameters"),
        ({"parameters": "i: 1:2; i: 3:4"}, "parameters"),
        ({"preset": CUSTOM, "needs": Needs(memory="much")}, "memory"),
        ({"preset": CUSTOM, "needs": Needs(num_cpus="0")}, "num_cpus"),
        ({"preset": CUSTOM, "needs": Needs(num_gpus="one")}, "num_gpus"),
        ({"preset": CUSTOM, "needs": Needs(runtime="1h")}, "runtime"),
    ],
)
def test_a_problem_of_a_job_leads_to_its_field(job, field):
    assert ("jobs", 0, field) in spots(a_draft(**job))


def test_a_circle_leads_to_the_dependencies():
    draft = a_draft().added("jobs", name="b", command="true", depends_on=(1,))

    assert spots(draft.changed("jobs", 0, depends_on=(2,))) == [("jobs", 0, "depends_on")]


def test_a_job_that_is_larger_than_its_scheduler_leads_to_the_scheduler_and_names_no_option():
    draft = a_draft(preset="medium", scheduler=2)
    draft = draft.added("schedulers", name="s", account="acc", mem="4G")

    (problem,) = check_draft(draft).problems

    assert msgspec.structs.astuple(problem.spot) == ("jobs", 0, "scheduler")
    assert "--" not in problem.message


@pytest.mark.parametrize(
    ("section", "values", "field"),
    [
        ("schedulers", {"account": "acc"}, "name"),
        ("schedulers", {"name": "s"}, "account"),
        ("schedulers", {"name": "s", "account": "a", "nodes": "many"}, "nodes"),
        ("schedulers", {"name": "s", "account": "a", "walltime": "1 hour"}, "walltime"),
        ("actions", {}, "scheduler"),
        ("actions", {"action_type": "run_commands"}, "command"),
        ("actions", {"trigger_type": "on_jobs_ready", "action_type": "run_commands",
                     "command": "true"}, "jobs"),
    ],
)  # fmt: skip
def test_a_problem_of_another_entry_leads_to_its_field(section, values, field):
    assert spots(a_draft().added(section, **values)) == [(section, 0, field)]


def test_an_empty_draft_lacks_a_name_and_jobs():
    assert spots(Draft()) == [("basics", None, "name")]
    assert spots(Draft(name="w")) == [("jobs", None, None)]


def test_a_job_without_the_parameters_of_others_waits_for_all_of_them():
    draft = a_draft(name="a_{i}", parameters="i: 1:3").added(
        "jobs", name="end", command="true", depends_on=(1,)
    )

    workflow = check_draft(draft).workflow

    assert workflow is not None
    assert [job.name for job in workflow.jobs] == ["a_1", "a_2", "a_3", "end"]
    assert workflow.dependencies()[3] == (0, 1, 2)


def test_a_job_with_the_same_parameter_waits_for_the_one_with_its_value():
    draft = a_draft(name="a_{i}", parameters="i: 1:3").added(
        "jobs", name="b_{i}", command="true", parameters="i: 1:3", depends_on=(1,)
    )

    workflow = check_draft(draft).workflow

    assert workflow is not None
    assert workflow.dependencies()[3:] == [(0,), (1,), (2,)]


def test_other_values_of_one_parameter_cannot_be_waited_for_together():
    draft = (
        a_draft(name="a_{i}", parameters="i: 1:3")
        .added("jobs", name="b_{i}", command="true", parameters="i: 1:4")
        .added("jobs", name="end", command="true", depends_on=(1, 2))
    )

    assert ("jobs", 2, "depends_on") in spots(draft)


@pytest.mark.parametrize("number", [MOST_NAMED, MOST_NAMED + 1])
def test_an_action_on_parameterized_jobs_is_for_all_of_them(number):
    draft = a_draft(name="a_{i:03d}", parameters=f"i: 1:{number}").added(
        "jobs", name="b", command="true"
    )
    draft = draft.added(
        "actions", trigger_type="on_jobs_complete", action_type="run_commands", command="true",
        jobs=(1,),
    )  # fmt: skip

    workflow = check_draft(draft).workflow

    assert workflow is not None
    (action,) = workflow.actions
    assert action.trigger_type in JOB_TRIGGERS
    assert action.jobs == tuple(range(number))


def test_jobs_with_the_same_needs_share_one_entry_with_a_name_that_says_them():
    draft = a_draft(preset="medium")
    draft = draft.added("jobs", name="b", command="true", preset="medium")
    draft = draft.added("jobs", name="c", command="true", preset="gpu")

    workflow = check_draft(draft).workflow

    assert workflow is not None
    names = [item.name for item in workflow.resource_requirements]
    assert names[:2] == ["res_8cpu_50g", "res_1cpu_10g_1gpu"]


def test_a_new_name_of_a_job_is_that_of_the_dependencies_too():
    draft = a_draft().added("jobs", name="b", command="true", depends_on=(1,))

    workflow = parse_workflow(draft_text(draft.changed("jobs", 0, name="new"), Format.YAML))

    assert workflow.dependencies() == [(), (0,)]


def test_exactly_the_chosen_jobs_belong_to_a_scheduler():
    draft = a_draft().added("jobs", name="b", command="true").added("schedulers", name="s")

    draft = draft.with_scheduler_of(3, (1,)).with_scheduler_of(3, (2,))

    assert draft.jobs_of_scheduler(3) == (2,)


@pytest.mark.parametrize(
    ("typed", "parameters"),
    [
        ("", {}),
        ("i: 1:10", {"i": "1:10"}),
        (' i : "0:100:10" ;', {"i": "0:100:10"}),
        ("i: 1:3; set: ['a;b', train]", {"i": "1:3", "set": "['a;b', train]"}),
        ("x: 'a; y: 1:2", {"x": "'a", "y": "1:2"}),
    ],
)
def test_parameters_are_typed_on_one_line(typed, parameters):
    assert split_parameters(typed) == parameters


def side_by_side() -> Draft:
    draft = Draft(name="pairs").added(
        "jobs",
        name="train_{lr}_{size}",
        command="train {lr} {size}",
        parameters="lr: [1, 2, 3]; size: [10, 20, 30]",
        parameter_mode=ZIP,
    )
    return draft.added("jobs", name="report", command="report", depends_on=(draft.jobs[0].key,))


def test_parameters_go_side_by_side_and_so_do_those_that_are_waited_for():
    workflow = check_draft(side_by_side()).workflow

    assert workflow is not None
    assert [job.name for job in workflow.jobs] == [
        "train_1_10", "train_2_20", "train_3_30", "report"
    ]  # fmt: skip
    assert tuple(workflow.dependencies()[3]) == (0, 1, 2)


def test_an_action_of_jobs_side_by_side_names_those_that_there_are():
    draft = side_by_side().added(
        "actions",
        trigger_type="on_jobs_complete",
        action_type="run_commands",
        command="true",
        jobs=(1,),
    )

    (action,) = make_tree(draft).data["actions"]

    assert action["jobs"] == ["train_1_10", "train_2_20", "train_3_30"]


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ((0, {"parameters": "lr: [1, 2]; size: [10]"}), "parameters", "same number of values"),
        ((1, {"name": "report_{k}", "parameters": "k: [x, y]"}), "depends_on", "side by side"),
    ],
)
def test_what_cannot_go_side_by_side_is_said_at_its_field(changes, field, said):
    at, values = changes

    problems = check_draft(side_by_side().changed("jobs", at, **values)).problems

    assert (at, field) in {(each.spot.index, each.spot.field) for each in problems}
    assert any(said in each.message for each in problems)
