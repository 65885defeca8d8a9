"""`torc results diff`: which jobs differ between two runs."""

from __future__ import annotations

from cli.json_shapes import faults, parse
from json_page import JSON_OUTPUT
from operations.progress.test_history import begin_next, two_runs

from torc_core.errors import ExitCode

__all__ = ["two_runs"]


def test_what_differs_between_two_runs_is_a_table_and_json(
    torc_here, server, client, monkeypatch, two_runs
):
    number, first, ended = two_runs
    monkeypatch.setenv("TORC_API_URL", server.url)
    begin_next(client, number)
    ended("a", first + 1, clock="13:00")
    ended("c", first + 1, minutes=9.0, clock="13:20")
    table = torc_here("results", "diff", str(number))
    answer = torc_here("-f", "json", "results", "diff", str(number), "--older", str(first))

    lines = table.out.splitlines()
    assert lines[1].split()[1:3] == ["a", "outcome"]
    assert "failed -> completed" in lines[1]
    assert "1m 00s -> 9m 00s" in lines[2]
    assert lines[-1] == (
        f"2 of 2 jobs differ between run {first} and run {first + 1}: 1 in outcome, 1 in "
        f"duration; 1 ran only in run {first}."
    )
    assert list(faults(answer.json, parse(JSON_OUTPUT["results"]["diff"]), {})) == []
    assert answer.json["differences"][0]["older"]["status"] == "failed"


def test_a_workflow_with_one_run_has_nothing_to_compare(torc_here, server, monkeypatch, two_runs):
    number, first, _ = two_runs
    monkeypatch.setenv("TORC_API_URL", server.url)
    answer = torc_here("results", "diff", str(number), "--newer", str(first + 5))

    assert answer.code == ExitCode.NOT_FOUND
    assert f"no results of run {first + 4}" in answer.err
