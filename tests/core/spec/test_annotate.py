"""Schedulers written into the text of workflow files."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from torc_core.errors import SpecError
from torc_core.model.action import ActionType
from torc_core.spec import SpecFile, read_spec
from torc_core.spec.annotate.annotate import annotate
from torc_core.spec.annotate.scheduling import NodeAction, Scheduling
from torc_core.spec.convert import Format, convert
from torc_core.spec.expanded import ExpandedSlurmScheduler, ExpandedWorkflow

ROOT = Path(__file__).parents[3]
FOLDERS = (ROOT / "examples", ROOT / "tests" / "data" / "reference_examples")
EXAMPLES = sorted(
    path
    for folder in FOLDERS
    for path in folder.glob("*/*")
    if path.suffix in {".yaml", ".json", ".json5", ".kdl"}
)
FORMS = sorted((ROOT / "tests" / "data" / "file_forms").iterdir())
SCHEDULER = ExpandedSlurmScheduler(
    name="all: of them", account="acc", walltime="12:03:00", extra='--nice=1 "--exclusive"'
)


def scheduling(spec: ExpandedWorkflow, *, with_actions: bool = True) -> Scheduling:
    first = NodeAction(
        trigger_type="on_workflow_start", scheduler=SCHEDULER.name, num_allocations=3
    )
    later = NodeAction(
        trigger_type="on_jobs_ready",
        scheduler=SCHEDULER.name,
        num_allocations=1,
        start_one_worker_per_node=True,
        jobs=(spec.jobs[-1].name,),
        job_name_regexes=("^.+$",),
    )
    return Scheduling(
        schedulers=(SCHEDULER,),
        actions=(first, later) if with_actions else (),
        assignments=(SCHEDULER.name,) * len(spec.job_entries),
    )


def check(file: SpecFile, *, with_actions: bool = True) -> str:
    """Annotate a file, see that it says what it should and nothing else, and return the text."""
    spec = file.expand(skip_checks=True)
    text = annotate(file, scheduling(spec, with_actions=with_actions))
    found = msgspec.structs.replace(file, text=text).expand(skip_checks=True)

    assert found.slurm_schedulers == (SCHEDULER,)
    assert {job.scheduler for job in found.jobs} == {SCHEDULER.name}
    kept = [each for each in spec.actions if each.action_type != ActionType.SCHEDULE_NODES]
    number = len(found.actions) - len(kept)
    assert number == (2 if with_actions else 0)
    assert list(found.actions[number:]) == kept
    assert plain(found) == plain(spec)
    return text


def plain(spec: ExpandedWorkflow) -> ExpandedWorkflow:
    """Return the workflow without all that is written into its file."""
    jobs = tuple(msgspec.structs.replace(job, scheduler=None) for job in spec.jobs)
    return msgspec.structs.replace(
        spec, jobs=jobs, slurm_schedulers=(), actions=(), warnings=(), notes=()
    )


def lines_in_order(text: str, within: str) -> bool:
    others = iter(within.splitlines())
    return all(any(line == other for other in others) for line in text.splitlines())


def spec_file(text: str, suffix: str) -> SpecFile:
    return SpecFile(source=f"w{suffix}", suffix=suffix, text=text)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_example_gets_schedulers_and_stays_otherwise_the_same(path: Path) -> None:
    file = read_spec(path)
    text = check(file)

    has_schedulers = "scheduler" in file.text
    assert has_schedulers or lines_in_order(file.text, text)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_schedulers_that_were_written_are_replaced(path: Path) -> None:
    text = check(read_spec(path))
    file = spec_file(text, path.suffix)

    assert check(file) == check(spec_file(check(file), path.suffix))
    check(file, with_actions=False)


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.name)
def test_any_form_of_a_file_gets_schedulers(path: Path) -> None:
    file = read_spec(path)
    for _ in range(2):
        file = spec_file(check(file), path.suffix)
    check(file, with_actions=False)


def test_comments_stay_above_what_they_are_about() -> None:
    text = check(
        spec_file(
            "name: w\n# the jobs\njobs:\n  - name: a\n    # runs x\n    command: x # now\n", ".yaml"
        )
    )

    assert (
        "  - name: a\n    scheduler: 'all: of them'\n    # runs x\n    command: x # now\n" in text
    )
    assert text.startswith("name: w\n# the jobs\njobs:\n")


@pytest.mark.parametrize("target", Format)
def test_a_file_that_was_converted_gets_the_same_schedulers(target: Format) -> None:
    file = read_spec(ROOT / "examples" / "yaml" / "slurm_staged.yaml")
    converted = spec_file(convert(file, target).text, f".{target}")

    check(converted)


@pytest.mark.parametrize(
    ("suffix", "text"),
    [
        (".yaml", "x-job: &job {name: a, command: x}\nname: w\njobs:\n- *job\n"),
        (".yaml", "x-jobs: &jobs [{name: a, command: x}]\nname: w\njobs: *jobs\n"),
        (".yaml", "x-base: &base\n  jobs: [{name: a, command: x}]\n<<: *base\nname: w\n"),
        (".yaml", "? name\n: w\n? jobs\n: - ? name\n    : a\n    ? command\n    : x\n"),
        (".kdl", 'name "w"\njob "a" {\n  command r"x"\n}\n'),
    ],
    ids=["a job", "all jobs", "merged", "explicit keys", "version 1 of KDL"],
)
def test_a_job_that_stands_elsewhere_is_refused(suffix: str, text: str) -> None:
    with pytest.raises(SpecError, match="cannot be written") as caught:
        check(spec_file(text, suffix))

    assert "torc workflows convert" in caught.value.hint
