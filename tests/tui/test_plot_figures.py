"""Figures of jobs are plain data that a page can hold."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from torc_core.usage.comparison import Comparison
from torc_core.usage.series import CPU, JobUsage, Part
from torc_tui.plots.figures import job_figure, overview_figure, summary_figure
from torc_tui.plots.pages import as_json


def usage(*parts, job_id=1, name="one"):
    found = [Part(times, [[value] * len(times) for value in (1.0, 2.0, 3.0)]) for times in parts]
    return JobUsage(job_id, name, found)


@given(
    st.recursive(
        st.text() | st.none() | st.floats(allow_nan=False, allow_infinity=False),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_json_in_a_page_has_no_brackets_of_tags_and_means_the_same(value):
    text = as_json(value)

    assert not set("<>") & set(text)
    assert text.isascii()
    assert json.loads(text) == value


def test_a_line_is_broken_where_nothing_is_known():
    figure = job_figure(usage([1.0, 2.0], [9.0]))

    assert figure["data"][0]["x"] == [1_000, 2_000, None, 9_000]
    assert figure["data"][0]["y"] == [1.0, 1.0, None, 1.0]


def test_jobs_with_one_long_name_stay_apart():
    comparison = Comparison(CPU, 10, 10)
    for job_id in (1, 2):
        comparison.add(usage([1.0], job_id=job_id, name="n" * 200))
    labels = summary_figure([comparison])["data"][0]["x"]

    assert len(set(labels)) == 2
    assert max(map(len, labels)) == 60
    assert [line["name"] for line in overview_figure(comparison)["data"]] == labels


def test_panels_lie_above_each_other():
    layout = job_figure(usage([1.0]))["layout"]
    domains = [layout[axis]["domain"] for axis in ("yaxis3", "yaxis2", "yaxis")]
    edges = [edge for domain in domains for edge in domain]

    assert edges == sorted(edges)
    assert 0 <= edges[0] < edges[-1] <= 1
    assert layout["xaxis"]["anchor"] == "y3"
