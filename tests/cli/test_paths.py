"""Paths of files in real runs: what the dry run shows is what runs."""

from __future__ import annotations

import pytest

SPELLINGS = """
name: spellings
files:
  - {name: table, path: out/t.csv}
  - {name: again, path: ./out//t.csv}
  - {name: folder, path: out/}
  - {name: sum, path: sum.txt}
jobs:
  - {name: sum, command: "cat ${files.input.folder}*.csv > ${files.output.sum}"}
  - {name: use, command: "cat ${files.input.again}"}
  - {name: make, command: "mkdir -p out; echo 1 > ${files.output.table}"}
"""
DIRECTORY = """
name: directory
files:
  - {name: part, path: out/deep/part.txt}
  - {name: folder, path: out}
jobs:
  - {name: use, command: "cat ${files.input.part} > used"}
  - {name: make, command: "mkdir -p out/deep; echo 1 > out/deep/part.txt", output_files: [folder]}
"""
VARIABLES = """
name: variables
env: {MINE: mine}
files:
  - {name: home, path: ~/t/res.txt}
  - {name: variable, path: "$SCRATCH/${MINE}-out.txt"}
jobs:
  - {name: home, command: "mkdir -p ~/t && echo 1 > ${files.output.home}"}
  - {name: variable, command: "echo 1 > ${files.output.variable}"}
  - {name: after, command: "cat ${files.input.home} ${files.input.variable} > both"}
"""
QUOTED = """
name: quoted
files:
  - {name: s, path: my out.txt}
  - {name: a, path: a&b$c.txt}
  - {name: q, path: "it's (1).csv"}
jobs:
  - {name: blank, command: "echo x > '${files.output.s}'"}
  - {name: signs, command: "echo x > '${files.output.a}'", env: {IN: "${files.input.s}"}}
  - {name: quote, command: 'echo x > "${files.output.q}"', input_files: [a]}
"""


def run(torc, tmp_path, text):
    (tmp_path / "w.yaml").write_text(text)
    return torc("-f", "json", "run", "w.yaml")


@pytest.mark.parametrize(("text", "written"), [(SPELLINGS, "sum.txt"), (DIRECTORY, "used")])
def test_who_reads_a_file_waits_for_who_writes_it_by_any_path(torc, tmp_path, text, written):
    answer = run(torc, tmp_path, text)
    assert answer.code == 0, answer.err
    assert (tmp_path / written).read_text() == "1\n"


def test_variables_and_homes_in_paths_are_filled_in(torc, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SCRATCH", str(tmp_path))
    (tmp_path / "w.yaml").write_text(VARIABLES)
    shown = torc("-f", "json", "workflows", "create", "w.yaml", "--dry-run").json["notes"]
    assert f"is {tmp_path}/home/t/res.txt" in shown[0]
    assert f"is {tmp_path}/mine-out.txt" in shown[1]
    answer = run(torc, tmp_path, VARIABLES)
    assert answer.code == 0, answer.err
    assert (tmp_path / "both").read_text() == "1\n1\n"
    assert (tmp_path / "mine-out.txt").exists()


def test_a_variable_that_is_not_set_creates_nothing(torc, tmp_path, monkeypatch):
    monkeypatch.delenv("SCRATCH", raising=False)
    answer = run(torc, tmp_path, VARIABLES.replace("name: variables", "name: unset_variable"))
    assert answer.code == 2
    assert "the variable $SCRATCH is not set" in answer.err
    assert "w.yaml:6:" in answer.err
    listed = torc("-f", "json", "workflows", "list").json["workflows"]
    assert not [w for w in listed if w["name"] == "unset_variable"]


def test_special_characters_in_paths_are_as_the_dry_run_says(torc, tmp_path):
    text = QUOTED.replace("a&b$c", "a&b\\$c")
    answer = run(torc, tmp_path, text)
    assert answer.code == 0, answer.err
    assert "warning" not in answer.err
    assert (tmp_path / "a&b$c.txt").exists()
    assert (tmp_path / "it's (1).csv").exists()
    (tmp_path / "w.yaml").write_text(text.replace("'${", "${").replace("}'", "}"))
    warned = torc("-f", "json", "workflows", "create", "w.yaml", "--dry-run").json["warnings"]
    assert len(warned) == 2
    assert "single quotes" in warned[0]
