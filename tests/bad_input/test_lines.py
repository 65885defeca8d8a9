"""A wrong command line is explained, and changes nothing."""

from __future__ import annotations

import shlex

import click
import pytest
from bad_input.commands import LEAVES, OF_UNKNOWN, UNKNOWN, WORKFLOW_FILE, lines_of
from bad_input.lines import FILES, VALUES
from bad_input.test_connections import NOWHERE

from torc_core.model.artifact import File, UserData
from torc_core.model.job import Job
from torc_core.model.resources import FailureHandler, ResourceRequirements
from torc_core.model.workflow import Workflow

LARGE = {"%LONG%": "n" * 256, "%DEEP%": "[" * 5000 + "]" * 5000, "%DIGITS%": "9" * 5000}


@pytest.fixture(scope="module")
def ids(server):
    with_job = server.client()
    workflow = with_job.create_workflow(Workflow(name="of lines", user="lines"))
    own = {"workflow_id": workflow.id}
    return {
        "W": workflow.id,
        "J": with_job.create_job(Job(**own, name="a", command="true")).id,
        "F": with_job.create_file(File(**own, name="f", path="f")).id,
        "D": with_job.create_user_data(UserData(**own, name="d", data=1)).id,
        "R": with_job.create_resource_requirements(
            ResourceRequirements(**own, name="r", num_cpus=1, memory="1g", runtime="PT1H")
        ).id,
    }


@pytest.fixture(autouse=True)
def _files(folder):
    (folder / "w.yaml").write_text(WORKFLOW_FILE)
    (folder / "w.txt").write_text("true\n")
    (folder / "empty").write_bytes(b"")
    (folder / "binary").write_bytes(b"\x7fELF\0\xff")
    (folder / "folder.yaml").mkdir()


@pytest.mark.parametrize(
    "line", [*FILES, *VALUES], ids=lambda line: f"{line.number} {line.words!a}"
)
@pytest.mark.usefixtures("unchanged")
def test_a_wrong_line_is_explained_and_changes_nothing(line, torc, ids):
    words = [str(ids.get(word, LARGE.get(word, word))) for word in shlex.split(line.words)]

    ended = torc(*words)

    assert (ended.code, ended.out) == (line.code, ""), ended
    for part in line.says:
        assert part in ended.err
    assert "hint: " in ended.err or line.code != 2
    assert len(ended.err) < 3_000


def test_rules_of_any_depth_are_shown(torc, server, ids):
    rules = "[" * 5_000 + "]" * 5_000
    server.client().create_failure_handler(
        FailureHandler(workflow_id=ids["W"], name="h", rules=rules)
    )

    for words in (("failure-handlers", "list"), ("jobs", "list-failure-handlers")):
        assert torc(*words, ids["W"]).code == 0
        assert torc(*words, ids["W"], "-f", "json").code == 0


@pytest.mark.parametrize("words", lines_of(OF_UNKNOWN), ids=" ".join)
@pytest.mark.usefixtures("unchanged")
def test_an_unknown_id_is_named(words, torc):
    ended = torc(*words)

    assert (ended.code, ended.out) == (4, ""), ended
    assert UNKNOWN in ended.err
    assert "\nhint: " in ended.err


WRONG = {
    "integer": ("x", "1.5", "", "9" * 5000, "-9223372036854775809", "1e400"),
    "float": ("x", "nan", "inf", "-1", "1e400", "9" * 5000),
    "choice": ("nonsense", "", "\x1b[31m"),
    "ids": ("x", "0", "-1", "1,,x", "9" * 5000),
    "id": ("x", "0", "-1", "1.5", "9" * 30),
    "boolean": ("maybe", "2"),
}


def _kind(option: click.Option) -> str:
    match option.type.name:
        case "choice" | "ids" | "id" | "boolean" as name:
            return name
        case "seconds" | "minutes" | "gib":
            return "float"
        case "n":
            return "integer" if option.type.is_whole else "float"
    return ""


OPTIONS = [
    pytest.param(
        words, option.opts[-1], value, id=f"{' '.join(words)} {option.opts[-1]} {value[:9]!a}"
    )
    for words, command in LEAVES.items()
    for option in command.params
    if isinstance(option, click.Option) and not option.is_flag
    for value in WRONG.get(_kind(option), ())
]


@pytest.mark.parametrize(("words", "option", "value"), OPTIONS)
def test_a_wrong_value_of_an_option_is_named_and_no_request_is_made(
    words, option, value, torc_alone, ids
):
    example = shlex.split(LEAVES[words].examples[0])
    line = [*example[example.index(words[-1]) + 1 :], f"{option}={value}"]

    ended = torc_alone(*words, *line, "--url", NOWHERE)

    assert (ended.code, ended.out) == (2, ""), ended
    assert option in ended.err
    assert f"hint: torc {' '.join(words)} --help" in ended.err
    assert len(ended.err) < 1_000
