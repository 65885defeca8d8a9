"""References in texts that the shell runs, and paths where they are filled in."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, reject, settings
from hypothesis import strategies as st

from torc_core.errors import SpecError
from torc_core.spec import ExpandedWorkflow, parse_workflow
from torc_core.spec.commands.quoting import Quotes, fault_at, quotes_around
from torc_core.spec.commands.references import REFERENCE, near_misses
from torc_core.spec.files.paths import Surroundings

REF = "${files.input.x}"
PLACES = [
    f"printf %s {REF}",
    f"printf %s '{REF}'",
    f'printf %s "{REF}"',
    f"printf %s $'{REF}'",
    f'printf %s "$(printf %s {REF})"',
    f"printf %s \"$(printf %s '{REF}')\"",
    f"echo 'a \\' \"it's\" > /dev/null; printf %s {REF}",
    f"# don't stop\nprintf %s {REF}",
    f"cat <<END > /dev/null\nit's\nEND\nprintf %s {REF}",
    f'cat <<< "x" > /dev/null && (printf %s {REF})',
    f'printf %s `printf %s "{REF}"`',
]


def build(job: dict[str, Any], path: str = "in.txt", **more: Any) -> ExpandedWorkflow:
    document = {
        "name": "w",
        "jobs": [{"name": "j", **job}],
        "files": [{"name": "x", "path": path}],
        "user_data": [{"name": "u", "data": 1}],
        **more,
    }
    return parse_workflow(json.dumps(document), format="json")


def fault(command: str, path: str) -> str | None:
    reference = REFERENCE.search(command)
    assert reference is not None
    return fault_at(command, reference, path)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(PLACES[:-1]),
    st.text("ab/ .&;|<>()$`\"'\\*?[]{},#~-!=%^é", min_size=1, max_size=8),
)
def test_a_path_without_a_warning_reaches_the_program_as_it_is(command, path):
    assume(path.strip() and fault(command, path) is None)
    ran = subprocess.run(
        ["bash", "-c", command.replace(REF, path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert ran.stdout == path, ran.stderr


WRITES = [f": > {quote}${{files.output.x}}{quote}" for quote in ("", "'", '"')]
NAMED = ["$A", "${A}", "$B", "~/", "~", "$", "$$", "${A:-b}", r"\$A", "{x,y}", ".t"]
SIGNS = "a é'\"*-#&;({}=%"
PATHS = st.lists(st.sampled_from([*NAMED, *SIGNS]), min_size=1, max_size=5).map("".join)


@settings(max_examples=100, deadline=None)
@given(PATHS, st.sampled_from(WRITES))
def test_a_file_without_a_warning_is_written_where_the_plan_says(path, command):
    with tempfile.TemporaryDirectory() as folder:
        environment = {"HOME": f"{folder}/home", "A": "value", "B": "two words"}
        document = {
            "name": "w",
            "jobs": [{"name": "j", "command": command}],
            "files": [{"name": "x", "path": path}],
        }
        try:
            found = parse_workflow(json.dumps(document), surroundings=Surroundings(environment))
        except SpecError:
            reject()
        written = Path(folder, found.files[0].path)
        assume(not found.warnings and not found.files[0].path.endswith("/"))
        written.parent.mkdir(parents=True, exist_ok=True)
        assume(not written.is_dir())
        shell = ["bash", "-c", found.jobs[0].render_command([])]
        environment["PATH"] = os.environ["PATH"]
        ran = subprocess.run(
            shell, cwd=folder, env=environment, capture_output=True, check=False, timeout=100
        )
        assert ran.returncode == 0, ran.stderr
        assert written.is_file()


@pytest.mark.parametrize("command", PLACES)
def test_plain_paths_are_fine_everywhere(command):
    assert fault(command, "out/a-b_1.csv") is None
    assert len(quotes_around(command)) == 1


@pytest.mark.parametrize(
    ("command", "path", "says"),
    [
        (f"cat {REF}", "my out.txt", "(blank); put single quotes"),
        (f"cat {REF}", "a&b.txt", "(&)"),
        (f"cat {REF}", "res(1).csv", "(( ))"),
        (f'cat "{REF}"', "a$b", "between these quotes ($)"),
        (f"cat '{REF}'", "it's", "put double quotes"),
        (f"cat {REF}", "it's$", "another name"),
        (f"cat {REF}", "-n", "begins with -"),
        (f"cat '{REF}'", "-n", "begins with -"),
        (f"cat {REF}", "a{b,c}", "({)"),
        (f"cat {REF}", "#x", "(#)"),
        (f"echo 'x'\"y\" && cat {REF}", "a b", "blank"),
    ],
)
def test_what_the_shell_would_make_of_a_path(command, path, says):
    found = fault(command, path)
    assert found is not None
    assert says in found


@pytest.mark.parametrize(
    ("command", "path"),
    [
        (f'cat "{REF}"', "my out.txt"),
        (f"cat '{REF}'", "a&b$c"),
        (f"echo x > {REF}", "-n"),
        (f"tool --in={REF}", "-n"),
        (f"cat x{REF}", "#1"),
        (f"# {REF}\ntrue", "a b"),
        (f"cat <<E\n{REF}\nE", "a b"),
    ],
)
def test_where_a_path_means_nothing_to_the_shell(command, path):
    assert fault(command, path) is None


def test_quotes_are_seen_around_each_reference():
    command = f"a {REF} '{REF}' \"{REF} $(b {REF})\" $'{REF}'"
    assert list(quotes_around(command).values()) == [
        Quotes.NONE,
        Quotes.SINGLE,
        Quotes.DOUBLE,
        Quotes.NONE,
        Quotes.ANSI,
    ]


@pytest.mark.parametrize(
    ("written", "right"),
    [
        ("${file.input.x}", "${files.input.x}"),
        ("${files.inputs.x}", "${files.input.x}"),
        ("${ files.input.x }", "${files.input.x}"),
        ("${FILES.OUTPUT.x}", "${files.output.x}"),
        ("$(files.input.x)", "${files.input.x}"),
        ("$files.input.x", "${files.input.x}"),
        ("{files.input.x}", "${files.input.x}"),
        ("${input.x}", "${files.input.x}"),
        ("${userdata.output.u}", "${user_data.output.u}"),
        ("${files.x}", "${files.input.x} or ${files.output.x}"),
        ("${user_data.u}", "${user_data.input.u} or ${user_data.output.u}"),
    ],
)
def test_what_was_meant_to_be_a_reference_is_reported(written, right):
    assert list(near_misses(f"cat {written} done")) == [(written, right)]
    (warning,) = build({"command": f"cat {written}"}).warnings
    assert right in warning


@pytest.mark.parametrize(
    "plain",
    [
        "${files}",
        "$files.txt",
        "${HOME}",
        "${arr[0]}",
        "${input:-x}",
        "$(input)",
        "${x.y}",
        "$inputs/a",
        "$(inputs.sh --all)",
        "$(file.exe x)",
        "$FILES.output.txt",
        "x; for files in *; do sort $files > $files.output.txt; done",
        "x; files=a; sort $files > $files.output.txt",
    ],
)
def test_the_shell_s_own_variables_are_left_in_peace(plain):
    assert not build({"command": f"echo {plain}"}).warnings


def test_references_are_filled_in_wherever_a_job_has_text():
    found = build(
        {
            "command": "true",
            "invocation_script": "wrap ${files.input.x}",
            "env": {"IN": "${files.input.x}", "ID": "${user_data.input.u}"},
        }
    )
    (job,) = found.jobs
    assert job.invocation_script == "wrap in.txt"
    assert job.env == {"IN": "in.txt", "ID": "${user_data.input.u}"}
    assert job.input_files == (0,)
    (warning,) = found.warnings
    assert "jobs[0].env.ID" in warning


@pytest.mark.parametrize("field", ["command", "invocation_script"])
def test_a_reference_to_nothing_is_a_problem(field):
    with pytest.raises(SpecError, match='no file named "y"'):
        build({"command": "true", field: "cat ${files.input.y}"})


def test_thousands_of_references_in_one_command_are_looked_at_once_each():
    names = [f"f{i}" for i in range(5_000)]
    document = {
        "name": "w",
        "jobs": [{"name": "j", "command": " ".join(f"${{files.input.{n}}}" for n in names)}],
        "files": [{"name": n, "path": f"{n} x"} for n in names],
    }
    assert len(parse_workflow(json.dumps(document)).warnings) == 201


def test_one_warning_for_all_that_one_entry_becomes():
    found = build(
        {
            "name": "j{i}",
            "command": "cat ${files.x{i}} ${files.input.x}",
            "parameters": {"i": "1:50"},
        },
        "a b",
    )
    assert len(found.warnings) == 2


def test_texts_without_a_job_say_that_references_stay():
    found = build(
        {"command": "true", "failure_handler": "h"},
        actions=[
            {
                "trigger_type": "on_workflow_start",
                "action_type": "run_commands",
                "commands": ["ls", "cat ${files.input.x}"],
            }
        ],
        failure_handlers=[
            {"name": "h", "rules": [{"exit_codes": [1], "recovery_script": "rm ${files.output.x}"}]}
        ],
        env={"A": "${files.x}"},
    )
    places = [warning.split(": ")[1] for warning in found.warnings]
    assert sorted(places) == [
        "actions[0].commands[1]",
        "env.A",
        "failure_handlers[0].rules[0].recovery_script",
    ]
