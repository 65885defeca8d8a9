"""What is kept of the output of jobs, by the stdio of their workflow and their own."""

from __future__ import annotations

import json

import msgspec
import pytest

from torc_core.model.execution import StdioMode
from torc_core.model.resources import FailureHandler, ResourceRequirements

BOTH = "echo 1; echo 2 >&2; echo 3; echo 4 >&2"


def config(mode, **more):
    return {"stdio": {"mode": mode, **more}}


def kept(flow):
    """Return the files of jobs by their endings."""
    files = (flow.output_dir / "job_stdio").iterdir()
    return {path.suffix.removeprefix("."): path.read_text() for path in files}


@pytest.mark.parametrize(
    ("mode", "files"),
    [
        ("separate", {"o": "1\n3\n", "e": "2\n4\n"}),
        ("combined", {"log": "1\n2\n3\n4\n"}),
        ("no_stdout", {"e": "2\n4\n"}),
        ("no_stderr", {"o": "1\n3\n"}),
        ("none", {}),
    ],
)
def test_each_mode_keeps_its_files(make_flow, mode, files):
    flow = make_flow(execution_config=config(mode))
    flow.add(BOTH)

    assert flow.run().outcomes == {"completed": 1}
    assert kept(flow) == files


def test_a_job_of_its_own_mode_is_found_by_its_name(make_flow):
    overrides = {"job_stdio_overrides": {"quiet": {"mode": "none"}, "é b=c": {"mode": "combined"}}}
    flow = make_flow(execution_config=json.dumps(overrides))
    flow.add("echo quiet", name="quiet")
    flow.add("echo odd", name="é b=c")
    flow.add("echo plain", name="plain")

    assert flow.run().outcomes == {"completed": 3}
    assert kept(flow) == {"log": "odd\n", "o": "plain\n", "e": ""}


def test_output_of_completed_jobs_is_deleted_and_that_of_failed_ones_kept(make_flow):
    flow = make_flow(execution_config=config("combined", delete_on_success=True))
    for command in ("echo good", "echo bad; exit 3", "echo kept; false"):
        flow.add(command, name=command)

    assert flow.run().outcomes == {"completed": 1, "failed": 2}
    texts = [path.read_text() for path in (flow.output_dir / "job_stdio").iterdir()]
    assert sorted(texts) == ["bad\n", "kept\n"]


def test_the_output_of_an_attempt_that_failed_outlives_a_retry_that_completed(make_flow, tmp_path):
    flow = make_flow(execution_config=config("separate", delete_on_success=True))
    rule = {"exit_codes": [5], "max_retries": 2, "recovery_script": "echo fixing"}
    handler = FailureHandler(workflow_id=flow.id, name="h", rules=json.dumps([rule]))
    handler_id = flow.client.create_failure_handler(handler).id
    command = f"echo $TORC_ATTEMPT_ID; [ -e {tmp_path}/x ] || {{ touch {tmp_path}/x; exit 5; }}"
    job = flow.add(command, failure_handler_id=handler_id)

    assert flow.run().outcomes == {"retried": 1, "completed": 1}
    assert flow.stdio(job) == "1\n"
    assert {path.name.partition("_a")[2] for path in (flow.output_dir / "job_stdio").iterdir()} == {
        "1.o",
        "1.e",
        "1.recovery.o",
        "1.recovery.e",
    }


def test_the_output_of_a_recovery_script_is_kept_as_that_of_its_job(make_flow, tmp_path):
    flow = make_flow(execution_config=config("combined"))
    rule = {"exit_codes": [5], "max_retries": 2, "recovery_script": "echo fixing; echo it >&2"}
    handler = FailureHandler(workflow_id=flow.id, name="h", rules=json.dumps([rule]))
    handler_id = flow.client.create_failure_handler(handler).id
    job = flow.add(f"[ -e {tmp_path}/x ] || {{ touch {tmp_path}/x; {BOTH}; exit 5; }}",
                   failure_handler_id=handler_id)  # fmt: skip

    flow.run()
    assert flow.stdio(job, "log") == "1\n2\n3\n4\n"
    assert flow.stdio(job, "recovery.log") == "fixing\nit\n"


@pytest.mark.parametrize(
    ("mode", "said"),
    [("combined", "log"), ("no_stdout", "e"), ("no_stderr", None), ("none", None)],
)
def test_what_the_runner_says_of_a_job_goes_where_its_stderr_goes(make_flow, mode, said):
    flow = make_flow(execution_config=config(mode))
    too_much = {f"V{number}": "x" * 120_000 for number in range(25)}
    flow.add("true", env=too_much)  # no process can be started with it

    assert flow.run().outcomes == {"failed": 1}
    assert [ending for ending, text in kept(flow).items() if "torc: " in text] == (
        [said] if said else []
    )


def test_a_time_limit_is_named_in_the_combined_file(make_flow):
    flow = make_flow(execution_config={**config("combined"), "timeout_exit_code": 99})
    needs = ResourceRequirements(workflow_id=flow.id, name="r", memory="1g", runtime="PT1S")
    requirements_id = flow.client.create_resource_requirements(needs).id
    flow.add("echo begins; sleep 600", resource_requirements_id=requirements_id)

    flow.run(limit_resources=True)
    begins, _, end = kept(flow)["log"].partition("\n")
    assert begins == "begins"
    assert end.startswith("torc: The job was stopped: out of time")
    (result,) = flow.client.list_results(flow.id).items
    assert (result.status, result.return_code) == ("terminated", 99)


def test_an_unknown_mode_of_another_server_means_the_default(make_flow, monkeypatch):
    flow = make_flow()
    flow.add("echo x")
    get_workflow = flow.client.get_workflow

    def odd(workflow_id):
        later = '{"stdio": {"mode": "later"}}'
        return msgspec.structs.replace(get_workflow(workflow_id), execution_config=later)

    monkeypatch.setattr(flow.client, "get_workflow", odd)
    assert flow.run().outcomes == {"completed": 1}
    assert kept(flow) == {"o": "x\n", "e": ""}


def test_every_mode_is_known():
    assert len(StdioMode) == 5
