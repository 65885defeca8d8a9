"""Groups of jobs that are alike: which there are, how far they are, and what is left."""

from __future__ import annotations

from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torc_core.model.status import JobStatus
from torc_core.operations.progress.groups import (
    JobStates,
    group_progress,
    longest_chain,
    make_graph,
    throughput,
    total_time_left,
)
from torc_core.operations.progress.runtimes import most_at_once

C, R, W, B, F = (
    JobStatus.COMPLETED,
    JobStatus.RUNNING,
    JobStatus.READY,
    JobStatus.BLOCKED,
    JobStatus.FAILED,
)


def graph_of(jobs, total=None):
    """Jobs by name, each with the names of those that it needs."""
    place = {name: at for at, name in enumerate(jobs)}
    needs = [tuple(place[each] for each in needed) for needed in jobs.values()]
    size = len(jobs)
    return make_graph(
        array("q", range(100, 100 + size)),
        list(jobs),
        array("q", [1] * size),
        needs,
        size if total is None else total,
    )


def states(*statuses, **more):
    return JobStates(statuses=statuses, attempts=[1] * len(statuses), **more)


PIPELINE = {
    "merge": ["fit_1", "fit_2", "fit_30"],
    "fit_1": ["prep_1"],
    "fit_2": ["prep_2"],
    "fit_30": ["prep_2"],
    "prep_1": [],
    "prep_2": [],
}


def test_groups_come_in_the_order_in_which_they_run_with_what_they_wait_for():
    graph = graph_of(PIPELINE)

    assert [(each.name, list(each.members), each.after) for each in graph.groups] == [
        ("prep_#", [4, 5], ()),
        ("fit_#", [1, 2, 3], (0,)),
        ("merge", [0], (1,)),
    ]
    assert list(graph.group_of) == [2, 1, 1, 1, 0, 0]
    assert sorted(graph.dependents.of(5)) == [2, 3]


def test_groups_may_wait_for_each_other():
    jobs = {"a_1": [], "b_1": ["a_1"], "a_2": ["b_1"], "b_2": ["a_2"], "z": ["b_2"]}
    graph = graph_of(jobs)

    assert {each.name for each in graph.groups} == {"a_#", "b_#", "z"}
    assert {each.name: len(each.after) for each in graph.groups} == {"a_#": 1, "b_#": 1, "z": 1}


def test_progress_of_a_group_counts_its_jobs_and_says_how_long_it_takes():
    progress = group_progress(
        graph_of(PIPELINE),
        states(B, R, B, B, C, C, began={1: 70.0}, runtimes={4: 9.0, 5: 11.0}, now=100.0,
               stated={1: 600.0}, at_once=2),
    )  # fmt: skip

    assert progress[0].counts == {"completed": 2}
    assert progress[0].left is None
    assert progress[1].counts == {"running": 1, "blocked": 2}
    assert progress[1].left is not None
    assert progress[1].left.words == "at most 19m 45s left"


@pytest.mark.parametrize(
    ("runtimes", "words"),
    [
        # The longest chain is fit_30 and merge, 25 s; fit_1 has 10 s left beside it.
        ({2: 20.0, 4: 9.0, 5: 9.0, 0: 5.0}, "25s to 30s left"),
        ({2: 20.0, 4: 9.0}, None),  # how long a merge takes is not known
    ],
)
def test_what_is_left_is_bounded_by_the_longest_chain(runtimes, words):
    left = total_time_left(
        graph_of(PIPELINE),
        states(B, R, C, W, C, C, began={1: 90.0}, runtimes=runtimes, now=100.0, at_once=2),
    )

    assert (left and left.words) == words


def test_of_part_of_the_jobs_nothing_is_said_of_the_whole():
    graph = graph_of({"a_1": [], "a_2": []}, total=3)

    assert graph.is_partial
    assert total_time_left(graph, states(W, C, runtimes={1: 5.0}, at_once=1)) is None


def test_the_critical_path_leads_through_what_takes_longest():
    ran = {0: 1.0, 1: 5.0, 2: 90.0, 3: 10.0, 4: 60.0, 5: 3.0}
    graph = graph_of(PIPELINE)
    over = longest_chain(graph, states(C, C, C, C, C, C, runtimes=ran))
    half = longest_chain(graph, states(B, C, C, W, C, C, runtimes=ran))

    assert [graph.names[at] for at in over.places] == ["prep_2", "fit_2", "merge"]
    assert over.seconds == 94.0
    assert [graph.names[at] for at in half.places] == ["fit_30", "merge"]
    assert half.seconds == 11.0


def test_without_runtimes_the_critical_path_has_the_most_jobs():
    graph = graph_of(PIPELINE)
    path = longest_chain(graph, states(B, B, B, B, W, W))

    assert [graph.names[at] for at in path.places] == ["prep_1", "fit_1", "merge"]
    assert path.seconds is None
    assert longest_chain(graph, states(B, B, B, B, W, W, stated={1: 60.0})).seconds == 180.0


def test_throughput_counts_ends_by_spans_of_time():
    assert throughput([10.0, 59.0, 61.0, 119.9, 300.0], 120.0, 3, 60.0) == [0, 2, 2]


@pytest.mark.parametrize(
    ("spans", "most"),
    [([], 0), ([(0, 10)], 1), ([(0, 10), (10, 20)], 1), ([(0, 10), (5, 15), (9, 11)], 3)],
)
def test_the_most_jobs_that_ran_together(spans, most):
    assert most_at_once(spans) == most


@given(st.lists(st.sampled_from([C, R, W, B, F]), min_size=6, max_size=6))
def test_every_job_is_counted_once(statuses):
    graph = graph_of(PIPELINE)
    progress = group_progress(graph, states(*statuses))

    for group, each in zip(graph.groups, progress, strict=True):
        assert sum(each.counts.values()) == len(group.members)
