"""`torc workflows convert`."""

from __future__ import annotations

import json

import pytest

SPEC = "# mine\nname: w\njobs:\n- {name: a, command: x}\n"


@pytest.fixture(autouse=True)
def _file(tmp_path):
    (tmp_path / "w.yaml").write_text(SPEC)


def test_to_stdout_or_into_a_file_that_torc_reads(torc_alone, tmp_path):
    shown = torc_alone("workflows", "convert", "w.yaml", "--to", "json")
    assert shown.json == {"name": "w", "jobs": [{"name": "a", "command": "x"}]}
    assert shown.err == "Comments are not kept.\n"

    wrote = torc_alone("workflows", "convert", "w.yaml", "--to", "kdl", "-o", "w.kdl")
    assert wrote.out == "Wrote w.kdl.\n"
    assert (tmp_path / "w.kdl").read_text() == 'name "w"\njob "a" {\n    command "x"\n}\n'
    back = torc_alone(
        "workflows", "convert", "-", "--to", "json", stdin=(tmp_path / "w.kdl").read_text()
    )
    assert back.json == shown.json


def test_a_file_is_replaced_only_by_force(torc_alone, tmp_path):
    convert = ("-f", "json", "workflows", "convert", "w.yaml", "--to", "json", "-o", "w.json")
    (tmp_path / "w.json").write_text("old")
    refused = torc_alone(*convert)
    assert (refused.code, refused.out) == (5, "")
    assert "--force" in refused.err
    assert (tmp_path / "w.json").read_text() == "old"
    assert torc_alone(*convert, "--force").json == {
        "status": "success",
        "output_file": "w.json",
        "format": "json",
    }
    assert json.loads((tmp_path / "w.json").read_text())["name"] == "w"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["none.yaml", "--to", "kdl"], "there is no such file"),
        (["w.yaml", "--to", "toml"], "'toml' is not one of"),
        (["w.yaml"], "Missing option '--to'"),
    ],
)
def test_what_cannot_be_converted(torc_alone, arguments, said):
    failed = torc_alone("workflows", "convert", *arguments)
    assert (failed.code, failed.out) == (2, "")
    assert said in failed.err


def test_help(torc_alone):
    shown = torc_alone("workflows", "convert", "--help")
    assert "torc workflows convert workflow.yaml --to kdl" in shown.out
