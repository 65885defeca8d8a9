"""Whatever is wrong with a workflow file is told, all at once, with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from torc_core.errors import ExitCode, MachineError, SpecError
from torc_core.spec import load_workflow, parse_workflow
from torc_core.spec.formats.read_yaml import read_yaml

ONE_JOB = "name: w\njobs:\n  - {name: a, command: x}\n"


def problems(text: str, format: str = "yaml") -> list[str]:  # noqa: A002 -- as in the function
    with pytest.raises(SpecError) as caught:
        parse_workflow(text, format=format, source="f")
    assert caught.value.exit_code == ExitCode.USAGE
    return caught.value.problems


def jobs(*entries: str) -> str:
    return "name: w\njobs:\n" + "".join(f"  - {{{entry}}}\n" for entry in entries)


ONE_PROBLEM = {
    "unknown field at the top": (
        "name: w\njbos: []\njobs: []\n",
        'jbos: unknown field "jbos"; did',
    ),
    "unknown field of a job": (
        jobs("name: a, command: x, resource_requirement: y"),
        'unknown field "resource_requirement"; did you mean "resource_requirements"?',
    ),
    "number for a list": ("name: w\njobs: 5\n", "f:2:7: jobs: a whole number where a list"),
    "text for a list": (jobs("name: a, command: x, depends_on: b"), 'text "b" where a list'),
    "text for a boolean": (
        jobs("name: a, command: x, supports_termination: no"),
        'text "no" where true or false belongs',
    ),
    "list for a job": (jobs("name: a, command: x") + "  - []\n", "jobs[1]: a list where a mapping"),
    "list as a whole": ("- a\n", "f:1:1: a list where a mapping"),
    "decimal for a text": ("name: 1.10\njobs: []\n", "put it in quotes"),
    "missing name": ("jobs: []\n", 'f:1:1: the field "name" is missing'),
    "missing command": (jobs("name: a"), 'f:3:5: jobs[0]: the field "command" is missing'),
    "missing jobs": ("name: w\n", 'the field "jobs" is missing'),
    "empty name": (jobs("name: '', command: x"), "jobs[0].name: must not be empty"),
    "blank command": (jobs("name: a, command: ' '"), "jobs[0].command: must not be empty"),
    "long name": (jobs(f"name: {'x' * 256}, command: x"), "256 characters long; at most 255"),
    "line break in a name": (
        jobs('name: "a\\nb", command: x'),
        "contains U+000A, which is a control character",
    ),
    "NUL in a command": (jobs('name: a, command: "a\\0b"'), "contains a NUL character"),
    "job twice": (
        jobs("name: a, command: x", "name: a, command: y"),
        'f:4:12: jobs[1].name: jobs[0] too makes a job named "a"',
    ),
    "expansion twice": (
        jobs("name: 'a{x:.1f}', command: x, parameters: {x: '[0.01,0.02]'}"),
        'this entry too makes a job named "a0.0"',
    ),
    "unknown job": (
        jobs("name: prepare, command: x", "name: b, command: x, depends_on: [prepar]"),
        'f:4:40: jobs[1].depends_on[0]: no job named "prepar"; did you mean "prepare"?',
    ),
    "unknown file": (jobs("name: a, command: x, input_files: [f]"), 'no file named "f"'),
    "unknown file in a command": (
        jobs("name: a, command: 'cat ${files.input.f}'"),
        'jobs[0].command: no file named "f"',
    ),
    "unknown user data": (jobs("name: a, command: x, output_user_data: [u]"), "no user data named"),
    "unknown requirements": (
        jobs("name: a, command: x, resource_requirements: r"),
        'no resource requirements named "r"',
    ),
    "unknown handler": (jobs("name: a, command: x, failure_handler: h"), "no failure handler"),
    "unknown scheduler": (jobs("name: a, command: x, scheduler: s"), 'no scheduler named "s"'),
    "self": (jobs("name: a, command: x, depends_on: [a]"), 'the job "a" waits for itself'),
    "cycle by name": (
        jobs(
            "name: a, command: x, depends_on: [b]",
            "name: b, command: x, depends_on: [c]",
            "name: c, command: x, depends_on: [a]",
        ),
        "a -> b -> c -> a",
    ),
    "cycle through files": (
        "files: [{name: f, path: f}, {name: g, path: g}]\n"
        + jobs(
            "name: a, command: '${files.input.f} ${files.output.g}'",
            "name: b, command: '${files.input.g} ${files.output.f}'",
        ),
        "a -> b -> a",
    ),
    "own output": (
        "files: [{name: f, path: f}]\n"
        + jobs("name: a, command: x, input_files: [f], output_files: [f]"),
        "reads and writes the same file",
    ),
    "two writers of one path": (
        "files: [{name: f, path: p}, {name: g, path: p}]\n"
        + jobs("name: a, command: x, output_files: [f]", "name: b, command: x, output_files: [g]"),
        'both "a" and "b" write "p"',
    ),
    "zip of different lengths": (
        jobs(
            "name: 'a{dataset}{model}', command: x, parameter_mode: zip, "
            "parameters: {dataset: '[1,2,3]', model: '[1,2]'}"
        ),
        (
            "All parameters must have the same number of values when using 'zip' mode. "
            "Parameter 'dataset' has 3 values, but 'model' has 2 values."
        ),
    ),
    "unknown parameter in a name": (jobs("name: 'a{i}', command: x"), "{i} is not a parameter"),
    "shared parameter not asked for": (
        "parameters: {i: '1:2'}\n" + jobs("name: 'a{i}', command: x"),
        "add it to use_parameters",
    ),
    "unknown shared parameter": (
        "parameters: {rate: '1:2'}\n" + jobs("name: a, command: x, use_parameters: [rates]"),
        'use_parameters[0]: no parameter named "rates"; did you mean "rate"?',
    ),
    "parameter in the command only": (
        jobs("name: a, command: 'echo {k}', parameters: {k: '1:3'}"),
        "uses {k}, but the name does not",
    ),
    "number format for a text": (
        jobs("name: 'a{s:03d}', command: x, parameters: {s: [x]}"),
        '"x" cannot be written in the format "03d"',
    ),
    "unknown format": (
        jobs("name: 'a{s:%}', command: x, parameters: {s: [1]}"),
        '"%" is not a format',
    ),
    "million and more": (
        jobs("name: 'a{i}{j}{k}', command: x, parameters: {i: '1:1000', j: '1:1000', k: '1:9'}"),
        "9,000,000 combinations",
    ),
    "empty name after expansion": (
        jobs("name: '{s}', command: x, parameters: {s: ['']}"),
        "jobs[0].name: must not be empty",
    ),
    "NUL in a value": (
        jobs("name: 'a{s}', command: x, parameters: {s: [\"a\\0\"]}"),
        "jobs[0].parameters.s[0]: contains a NUL",
    ),
    "parameter in the data only": (
        ONE_JOB + "user_data: [{name: u, data: '{k}', parameters: {k: '1:3'}}]\n",
        "user_data[0].data: uses {k}, but the name does not",
    ),
    "memory": (
        ONE_JOB + "resource_requirements: [{name: r, num_cpus: 1, memory: 8 gigs}]\n",
        "resource_requirements[0].memory: '8 gigs' is not a memory size",
    ),
    "runtime as a clock": (
        ONE_JOB + "resource_requirements: [{name: r, num_cpus: 1, memory: 1g, runtime: 10:00:00}]",
        "'10:00:00' is not a duration",
    ),
    "no CPU": (
        ONE_JOB + "resource_requirements: [{name: r, num_cpus: 0, memory: 1g}]\n",
        "0 is too small; the least is 1",
    ),
    "half a CPU": (
        ONE_JOB + "resource_requirements: [{name: r, num_cpus: 1.5, memory: 1g}]\n",
        "a number where a whole number",
    ),
    "too many CPUs": (
        ONE_JOB + "resource_requirements: [{name: r, num_cpus: 2147483648, memory: 1g}]\n",
        "2147483648 is too large",
    ),
    "trigger": (
        ONE_JOB + "actions: [{trigger_type: on_job_ready, action_type: run_commands, "
        "commands: [x]}]\n",
        'did you mean "on_jobs_ready"?',
    ),
    "action type": (
        ONE_JOB + "actions: [{trigger_type: on_workflow_start, action_type: run}]\n",
        '"run" is not one of run_commands, schedule_nodes',
    ),
    "run_commands without commands": (
        ONE_JOB + "actions: [{trigger_type: on_workflow_start, action_type: run_commands}]\n",
        "run_commands needs commands",
    ),
    "schedule_nodes without scheduler": (
        ONE_JOB + "actions: [{trigger_type: on_workflow_start, action_type: schedule_nodes}]\n",
        "schedule_nodes needs a scheduler",
    ),
    "rule without codes": (
        ONE_JOB + "failure_handlers: [{name: h, rules: [{max_retries: 1}]}]\n",
        "a rule needs exit_codes, or match_all_exit_codes",
    ),
    "rule for success": (
        ONE_JOB + "failure_handlers: [{name: h, rules: [{exit_codes: [0]}]}]\n",
        "exit code 0 is success",
    ),
    "rule for an exit code that no process has": (
        ONE_JOB + "failure_handlers: [{name: h, rules: [{exit_codes: [7, 256]}]}]\n",
        "f:4:55: failure_handlers[0].rules[0].exit_codes[1]: no job ends with exit code 256",
    ),
    "rule for a signal as the reference counts it": (
        ONE_JOB + "failure_handlers: [{name: h, rules: [{exit_codes: [-9]}]}]\n",
        "128+n for a job that signal n killed",
    ),
    "code of an earlier rule": (
        ONE_JOB + "failure_handlers: [{name: h, rules: [{exit_codes: [1, 2]}, {exit_codes: [2]}]}]",
        "rules[1].exit_codes[0]: rules[0] decides about exit code 2 already",
    ),
    "second rule for all codes": (
        ONE_JOB + "failure_handlers: [{name: h, rules: [{match_all_exit_codes: true}, "
        "{exit_codes: [3]}, {match_all_exit_codes: true}]}]",
        "rules[2].match_all_exit_codes: rules[0] decides about all other exit codes already",
    ),
    "rule that allows no attempt": (
        ONE_JOB + "failure_handlers: [{name: h, rules: [{exit_codes: [3], max_retries: 0}]}]",
        "rules[0].max_retries: max_retries counts attempts, the first one included: 0 allows none",
    ),
    "trigger on jobs without jobs": (
        ONE_JOB + "actions: [{trigger_type: on_jobs_ready, action_type: run_commands, "
        "commands: [x]}]\n",
        "f:4:11: actions[0]: on_jobs_ready needs jobs or job_name_regexes; without them",
    ),
    "trigger on jobs that matches none": (
        ONE_JOB + "actions: [{trigger_type: on_jobs_complete, action_type: run_commands, "
        "commands: [x], job_name_regexes: [b]}]\n",
        "actions[0].job_name_regexes: on_jobs_complete is never due: it matches no job",
    ),
    "trigger on an unknown job": (
        ONE_JOB + "actions: [{trigger_type: on_jobs_complete, action_type: run_commands, "
        "commands: [x], jobs: [a, aa]}]\n",
        'actions[0].jobs[1]: no job named "aa"',
    ),
    "nodes of an unknown scheduler": (
        ONE_JOB + "actions: [{trigger_type: on_workflow_start, action_type: schedule_nodes, "
        "scheduler: gpu, scheduler_type: slurm}]\n",
        'actions[0].scheduler: no scheduler named "gpu"',
    ),
    "handler without rules": (
        ONE_JOB + "failure_handlers: [{name: h, rules: []}]\n",
        "needs at least one rule",
    ),
    "scheduler without account": (
        ONE_JOB + "slurm_schedulers: [{name: s}]\n",
        'the field "account" is missing',
    ),
    "line break in an sbatch option": (
        ONE_JOB + 'slurm_schedulers: [{name: s, account: "a\\n#SBATCH"}]\n',
        "cannot be the value of an sbatch option",
    ),
    "walltime": (
        ONE_JOB + "slurm_schedulers: [{name: s, account: a, walltime: 10h}]\n",
        '"10h" is not a Slurm time',
    ),
    "memory of an allocation": (
        ONE_JOB + "slurm_schedulers: [{name: s, account: a, mem: 4q}]\n",
        '"4q" is not a size of Slurm',
    ),
    "evil pattern": (
        jobs("name: a, command: x, depends_on_regexes: ['(a{99}){99}$']"),
        "depends_on_regexes[0]",
    ),
    "bad pattern": (
        jobs("name: a, command: x, depends_on_regexes: ['(']"),
        'depends_on_regexes[0]: "(" has a ( without its )',
    ),
    "long pattern": (
        jobs(f"name: a, command: x, depends_on_regexes: ['{'a' * 1001}']"),
        "at most 1000",
    ),
    "infinity in user data": (
        ONE_JOB + "user_data: [{name: u, data: {x: .inf}}]\n",
        "user_data[0].data.x: inf is not a number",
    ),
    "large number in user data": (
        ONE_JOB + f"user_data: [{{name: u, data: {2**63}}}]\n",
        "does not fit into 64 bits",
    ),
}


@pytest.mark.parametrize(("text", "expected"), ONE_PROBLEM.values(), ids=ONE_PROBLEM)
def test_one_problem_is_told_once_and_nothing_else(text: str, expected: str) -> None:
    found = problems(text)
    assert len(found) == 1
    assert expected in found[0]


@pytest.mark.parametrize(
    "option", ["partition", "nodes", "walltime", "time", "mem", "gres", "name", "job-name"]
)
def test_slurm_defaults_refuse_what_torc_sets(option: str) -> None:
    (found,) = problems(f"{ONE_JOB}slurm_defaults: {{{option}: 1}}\n")
    assert f"slurm_defaults.{option}" in found


@pytest.mark.parametrize(
    "values",
    ["1:10:0", "5:1", "1:2:nan", "0:inf", "a:b", "1:1e9", "0:1:1e-300", "[]", "[1,", "[1,,2]",
     "x", "1:100000000000000000000", "1:5:-1", "::", "[[1]]"],
)  # fmt: skip
def test_values_that_are_none_are_refused_without_counting_them_out(values: str) -> None:
    (found,) = problems(jobs(f"name: 'a{{p}}', command: x, parameters: {{p: '{values}'}}"))
    assert "jobs[0].parameters" in found


SYNTAX = {
    "yaml": [
        ("name: w\njobs:\n  - {name: a\n", "f:4:1: not valid YAML"),
        ("name: w\n\tx: y\n", "f:2:1: not valid YAML"),
        ("\tname: w\n", "lines are indented with spaces, and this one with a tab"),
        ("name: w\njobs:\n  - name: é\n  \t- x: 1\n", "spaces, and this one with a tab"),
        ("name: w\njobs:\n\t- name: a\n", "spaces, and this one with a tab"),
        ("name: w\r\njobs:\r\n\t- name: a\r\n", "f:3:1: not valid YAML"),
        ("name: w\njobs:\n  - command: @b\n", "any token; text that begins with it needs quotes"),
        ("name: w\njobs:\n  - command: `b`\n", "any token; text that begins with it needs quotes"),
        ("a: echo Error: x\n", 'text that holds ": " needs quotes around it'),
        ("a: *.txt\n", "text that begins with * or & needs quotes"),
        ("a: > x\n", "text that begins with > or | needs quotes"),
        ("a: 'it's'\n", "nothing may follow the closing quote"),
        (
            "name: w\njobs: [{name: a, command: b}]\nname: v\n",
            'f:3:1: the key "name" is already on line 1',
        ),
        ("name: w\n---\nname: v\n", "f:2:1: a second document"),
        ("name: !!python/object:os.system x\n", "has no meaning here"),
        ("a: &a [*a]\n", "*a stands for nothing complete"),
        ("[a, b]: c\n", "a key must be plain text"),
        ("a: " + "[" * 65 + "]" * 65, "nested deeper than 64 levels"),
        ("[" * 100_000, "nested deeper than 64 levels"),
        ("{b: " * 100_000, "nested deeper than 64 levels"),
    ],
    "json": [
        ('{"name": "w" "jobs": []}', "f:1:14: "),
        ('{"name": "w",\n "name": "v"}', 'f:2:2: the key "name" is already on line 1'),
        ('{name: "w', "text without its closing quote"),
        ("{/* x", "a comment without its end"),
        ("{name: 'w'} x", '"x" where nothing more belongs'),
        ("{name: " + "9" * 5000 + "}", "a number of 5,000 characters"),
        ("[" * 100_000, "nested deeper than 64 levels"),
        ('{"a":' * 100_000, "nested deeper than 64 levels"),
    ],
    "kdl": [
        ('name "w', "f:1:6: text without its closing quotes"),
        ('name "w"\nname "v"\n', 'f:2:1: the key "name" is already on line 1'),
        ('job "a" {\n', "f:1:9: a { without its }"),
        ("name w\n}", "f:2:1: a } without its {"),
        ("memory 50m", "50m"),
        ('user_data "u" {\n  data "{x"\n}', 'f:2:3: "data" is not JSON'),
        ('job "a" "b"', "takes one value, the name"),
        ("name", '"name" has no value'),
        ("a {" * 100_000, "nested deeper than 64 levels"),
    ],
}


@pytest.mark.parametrize(
    ("format", "text", "expected"),
    [
        pytest.param(name, *case, id=f"{name}-{i}")
        for name, cases in SYNTAX.items()
        for i, case in enumerate(cases)
    ],
)
def test_text_that_is_not_well_formed_is_told_with_its_place(
    format: str,  # noqa: A002 -- as in the function
    text: str,
    expected: str,
) -> None:
    (found,) = problems(text, format)
    assert expected in found


def test_jobs_without_parameters_are_counted_too() -> None:
    text = jobs(*(f"name: j{i}, command: x" for i in range(4)))
    assert len(parse_workflow(text, max_jobs=4).jobs) == 4
    with pytest.raises(SpecError, match="at most 3 jobs"):
        parse_workflow(text, max_jobs=3)


def test_aliases_cannot_blow_up() -> None:
    bomb = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{name}: &{name} [{','.join([f'*{before}'] * 10)}]\n"
        for before, name in zip("abcdefg", "bcdefgh", strict=True)
    )
    (found,) = problems(bomb)
    assert "aliases repeat more than 5,000,000 values" in found


def test_aliases_cannot_repeat_endless_text() -> None:
    text = f"name: w\na: &a {'x' * 1_000_000}\nb: [{', '.join(['*a'] * 300)}]\n"
    (found,) = problems(text)
    assert "aliases repeat more than 256 MB of text" in found


def test_a_long_list_may_be_repeated() -> None:
    names = ", ".join(f"n{i}" for i in range(30_000))
    text = f"a: &a [{names}]\nb: [{', '.join(['*a'] * 100)}]\n"
    assert [len(found) for found in read_yaml(text)["b"]] == [30_000] * 100


def test_merges_cannot_blow_up() -> None:
    bomb = "a: &a {x: 1}\n" + "".join(
        f"{name}: &{name} {{{', '.join([f'<<: *{before}'] * 50)}}}\n"
        for before, name in zip("abcdefg", "bcdefgh", strict=True)
    )
    assert any("aliases repeat" in found or "unknown field" in found for found in problems(bomb))


def test_chains_of_aliases_count_as_depth() -> None:
    text = "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}]\n" for i in range(1, 100))
    (found,) = problems(text)
    assert "nested deeper than 64 levels" in found


def test_all_problems_are_told_in_the_order_of_the_file() -> None:
    found = problems(
        "name: w\n"
        "jobs:\n"
        "  - {name: a, command: x, depends_on: [b, c]}\n"
        "  - {name: '', command: x, foo: 1}\n"
        "resource_requirements:\n"
        "  - {name: r, num_cpus: 0, memory: x}\n"
    )
    assert [line.split(": ")[0] for line in found] == ["f:4:12", "f:4:33", "f:6:25", "f:6:36"]


def test_names_of_a_faulty_section_are_not_called_unknown() -> None:
    (found,) = problems(
        jobs("name: a, command: x, resource_requirements: r") + "resource_requirements: {}\n"
    )
    assert "a mapping where a list belongs" in found


def test_many_problems_are_summed_up() -> None:
    found = problems(jobs(*(f"name: j{i}, command: x, depends_on: [k{i}]" for i in range(1000))))
    assert len(found) == 201
    assert "and 800 more" in found[-1]


def test_messages_hold_no_control_characters() -> None:
    for line in problems('name: w\njobs: [{name: a, command: b}]\n"\\e[31m\\u202e": 1\n'):
        assert line.isprintable()


FILES = {
    "empty": (b"", "the file is empty"),
    "blank": (b" \n\n", "the file is empty"),
    "utf-16": ("name: w".encode("utf-16"), "UTF-16"),
    "binary": (b"\x7fELF\x00\x01", "binary"),
    "latin-1": (b"name: w\nuser: M\xfcller\n", "line 2 is not UTF-8"),
}


@pytest.mark.parametrize(("content", "expected"), FILES.values(), ids=FILES)
@pytest.mark.parametrize("suffix", [".yaml", ".json", ".json5", ".kdl", ".txt"])
def test_files_that_are_no_text_are_refused(
    tmp_path: Path, suffix: str, content: bytes, expected: str
) -> None:
    path = tmp_path / f"w{suffix}"
    path.write_bytes(content)
    with pytest.raises(SpecError, match=expected):
        load_workflow(path)


@pytest.mark.parametrize("name", ["missing.yaml", "missing/w.yaml", "nul\0.yaml", "x" * 5000])
def test_missing_file(tmp_path: Path, name: str) -> None:
    with pytest.raises((SpecError, MachineError)):
        load_workflow(str(tmp_path / name))


def test_directory(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="is a directory"):
        load_workflow(tmp_path)


def test_a_file_that_the_system_refuses(tmp_path: Path) -> None:
    # Links in a circle are refused to everybody, permissions only to those who are not root.
    path = tmp_path / "w.yaml"
    path.symlink_to(path)
    with pytest.raises(MachineError, match="cannot be read"):
        load_workflow(path)


def test_a_workflow_without_jobs(tmp_path: Path) -> None:
    path = tmp_path / "w.yaml"
    path.write_text("name: w\njobs: []\n", "utf-8")
    with pytest.raises(SpecError, match=r"w\.yaml:2:7: jobs: .* at least one job"):
        load_workflow(path)


def test_oversize_file(tmp_path: Path) -> None:
    path = tmp_path / "w.yaml"
    with path.open("wb") as file:
        file.truncate(64 * 1024 * 1024 + 1)
    with pytest.raises(SpecError, match="larger than 64 MiB"):
        load_workflow(path)


@pytest.mark.parametrize(
    "text",
    [
        '{"name": "w", "jobs": [{"name": "a", "command": "b"}]}',
        "name: w\njobs: [{name: a, command: b}]\n",
        'name "w"\njob "a" { command "x"; }\n',
    ],
)
def test_another_suffix_is_read_as_what_it_can_be_read_as(tmp_path: Path, text: str) -> None:
    path = tmp_path / "workflow.txt"
    path.write_text("\ufeff" + text, "utf-8")
    assert load_workflow(path).name == "w"


def test_another_suffix_that_is_nothing_tells_all_attempts(tmp_path: Path) -> None:
    path = tmp_path / "workflow"
    path.write_text("{ not: [a workflow", "utf-8")
    with pytest.raises(SpecError) as caught:
        load_workflow(path)
    assert len(caught.value.problems) == 3


def test_fields_of_the_authors_own_are_left_alone_at_the_top_only():
    text = (
        "name: w\nx-base: &base {command: x}\nx-: 1\n"
        "jobs:\n  - {<<: *base, name: a}\n  - {<<: *base, name: b}\n"
    )
    workflow = parse_workflow(text, format="yaml")
    assert [job.command for job in workflow.jobs] == [("x",), ("x",)]
    assert not workflow.warnings
    assert "x-y" in problems(jobs("name: a, command: x, x-y: 1"))[0]
    assert "xbase" in problems("xbase: 1\n" + ONE_JOB)[0]
