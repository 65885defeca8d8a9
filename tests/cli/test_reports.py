"""`torc reports`: what results say, as tables and in the shapes of the reference."""

from __future__ import annotations

import shutil

import pytest

from tests.cli.logged_runs import LoggedRun
from tests.operations.attempts import Attempts

EMPTY = "name: none\njobs: [{name: a, command: 'true'}]\n"


@pytest.fixture
def torc(torc_here):
    return torc_here


@pytest.fixture(scope="module")
def logged(server, tmp_path_factory) -> LoggedRun:
    return LoggedRun(server.url, tmp_path_factory.mktemp("logged"))


@pytest.fixture
def empty(torc, tmp_path):
    (tmp_path / "empty.yaml").write_text(EMPTY)
    return torc("-f", "json", "workflows", "create", "empty.yaml").json["workflow_id"]


# check-resource-utilization


def test_what_was_used_beyond_requirements_is_reported(torc, logged):
    answer = torc("-f", "json", "reports", "check-resource-utilization", logged.id)

    assert answer.code == 0, answer.err
    report = answer.json
    assert (report["workflow_id"], report["run_id"]) == (logged.id, None)
    assert (report["total_results"], report["over_utilization_count"]) == (3, 2)
    memory, runtime = report["violations"]
    assert memory.pop("peak_used").endswith(" MB")
    assert memory.pop("over_utilization").startswith("+")
    assert memory == {
        "job_id": logged.jobs["large"],
        "job_name": "large",
        "resource_type": "Memory",
        "specified": "2.00 MB",
    }
    assert (runtime["resource_type"], runtime["specified"]) == ("Runtime", "1.0s")
    assert set(report) == {
        "workflow_id",
        "run_id",
        "total_results",
        "over_utilization_count",
        "violations",
    }


def test_failed_jobs_are_included_with_their_likely_causes(torc, logged):
    answer = torc(
        "-f", "json", "reports", "check-resource-utilization", logged.id, "--include-failed"
    )

    report = answer.json
    assert report["total_results"] == 5
    assert report["resource_violations_count"] == 2
    large, killed = report["resource_violations"]
    assert large["job_name"] == "large"
    assert "likely_oom" not in large
    assert large["memory_over_utilization"].startswith("+")
    assert large["likely_runtime_violation"] is True
    assert (killed["job_name"], killed["return_code"]) == ("killed", 137)
    assert (killed["likely_oom"], killed["oom_reason"]) == (True, "sigkill_137")
    assert (killed["configured_memory"], killed["configured_runtime"]) == ("1g", "PT10M")
    assert killed["configured_cpus"] == 1


def test_the_table_says_the_same(torc, logged):
    answer = torc("reports", "check-resource-utilization", logged.id, "--include-failed")

    lines = answer.out.splitlines()
    assert lines[0] == "Found 2 resource over-utilization violations."
    assert lines[2].split() == (
        ["JOB", "ID", "JOB", "NAME", "RESOURCE", "SPECIFIED", "PEAK", "USED", "OVER-UTILIZATION"]
    )
    assert lines[3].split()[:5] == [str(logged.jobs["large"]), "large", "Memory", "2.00", "MB"]
    assert "out of memory (sigkill_137)" in answer.out
    assert "1 failed job with another cause" in answer.out
    assert "Not compared: 1 job without requirements." in answer.out
    assert f"torc workflows correct-resources {logged.id}" in answer.out


def test_all_jobs_and_the_threshold(torc, logged):
    command = ("-f", "json", "reports", "check-resource-utilization", logged.id)
    everything = torc(*command, "--all").json
    nothing = torc(*command, "--min-over-utilization", 900_000).json

    assert {each["job_name"] for each in everything["violations"]} == {"../good", "large"}
    assert any(each["over_utilization"].startswith("-") for each in everything["violations"])
    assert everything["over_utilization_count"] == 2
    assert (nothing["over_utilization_count"], nothing["violations"]) == (0, [])
    assert torc(
        "reports", "check-resource-utilization", logged.id, "--min-over-utilization", 900_000
    ).out.startswith("All within their limits: 2 jobs")


def test_without_results_it_says_so_and_json_stays_json(torc, logged, empty):
    command = ("reports", "check-resource-utilization")
    answer = torc("-f", "json", *command, empty)
    other_run = torc("-f", "json", *command, logged.id, "--run-id", 9)

    assert answer.code == 0
    assert answer.json["violations"] == []
    assert (answer.json["total_results"], answer.json["over_utilization_count"]) == (0, 0)
    assert (other_run.json["run_id"], other_run.json["total_results"]) == (9, 0)
    assert torc(*command, empty).out == f"Workflow {empty} has no results to check.\n"


# results


def test_results_are_reported_as_json_with_the_paths_of_their_logs(torc, logged):
    answer = torc("reports", "results", logged.id, "-o", logged.output)

    assert answer.code == 0, answer.err
    report = answer.json
    assert report["workflow_name"] == "x $(touch gone) ../../etc `id`"
    assert (report["workflow_user"], report["all_runs"]) == ("tester", False)
    assert report["total_results"] == len(report["results"]) == 5
    (result,) = [each for each in report["results"] if each["job_name"] == "wrong"]
    assert (result["return_code"], result["status"]) == (3, "failed")
    assert (result["run_id"], result["attempt_id"]) == (1, 1)
    assert result["exec_time_minutes"] > 0
    assert result["completion_time"].endswith("Z")
    assert result["compute_node_type"] == "local"
    assert result["job_stdout"] == str(logged.stdio("wrong", ".o"))
    assert result["job_stderr"] == str(logged.stdio("wrong", ".e"))
    assert result["job_runner_log"].startswith(f"{logged.output}/job_runner_")
    assert answer.err == ""


def test_results_of_some_jobs(torc, logged):
    jobs = [logged.jobs["wrong"], logged.jobs["large"]]
    answer = torc(
        "reports", "results", logged.id, "-o", logged.output, "-j", jobs[0], "-j", jobs[1]
    )

    assert {each["job_id"] for each in answer.json["results"]} == set(jobs)
    unknown = torc("reports", "results", logged.id, "-j", 987_654)
    assert unknown.code == 4
    assert f"Workflow {logged.id} has no job 987654." in unknown.err


def test_a_table_of_results_is_printed_if_the_command_line_asks_for_one(torc, logged):
    answer = torc("-f", "table", "reports", "results", logged.id, "-o", logged.output)

    lines = answer.out.splitlines()
    assert lines[0].split() == ["JOB", "NAME", "RUN", "STATUS", "CODE", "TIME", "STDERR"]
    assert len(lines) == 6


def test_logs_that_are_missing_are_named_and_left_out(torc, logged, tmp_path):
    shutil.copytree(logged.output, tmp_path / "output")
    stderr = f"output/job_stdio/{logged.stdio('wrong', '.e').name}"
    (tmp_path / stderr).unlink()
    for path in (tmp_path / "output").glob("job_runner_*"):
        path.unlink()
    for ending in (".o", ".e"):
        (tmp_path / "output/job_stdio" / logged.stdio("large", ending).name).unlink()

    answer = torc("reports", "results", logged.id, "-o", "output")

    results = {each["job_name"]: each for each in answer.json["results"]}
    assert results["wrong"]["job_stdout"] == stderr.removesuffix("e") + "o"
    assert "job_stderr" not in results["wrong"]
    assert "job_stdout" not in results["large"]
    assert "job_runner_log" not in results["wrong"]
    large = logged.jobs["large"]
    missing = f"output/job_stdio/{logged.stdio('large', '.o').name}"
    assert f"warning: job stdout log file does not exist for job {large}: {missing}" in answer.err
    assert answer.err.count("job runner log file does not exist") == 1


def test_of_many_logs_that_are_missing_the_first_are_named(torc, client):
    attempts = Attempts(client)
    for number in range(12):
        attempts.add(f"job{number}")

    answer = torc("reports", "results", attempts.workflow_id)

    assert answer.code == 0
    assert len(answer.json["results"]) == 12
    assert answer.err.count("log file does not exist") == 20
    assert answer.err.splitlines()[-1] == "warning: 5 more of these"


def test_an_output_directory_that_does_not_exist_is_an_error(torc, logged):
    answer = torc("reports", "results", logged.id, "--output-dir", "nowhere")

    assert answer.code == 4
    assert answer.out == ""
    assert "The output directory nowhere does not exist." in answer.err


def test_results_of_nodes_of_slurm_have_the_logs_of_their_allocation(torc, client, tmp_path):
    attempts = Attempts(
        client,
        compute_node_type="slurm",
        scheduler={"type": "slurm", "scheduler_id": 1, "slurm_job_id": 77},
    )
    attempts.result(attempts.add("a"), run_id=2)
    workflow = attempts.workflow_id
    (tmp_path / "output").mkdir()
    runner = f"job_runner_slurm_wf{workflow}_sl77_n4_pid33.log"
    printed = f"slurm_output_wf{workflow}_sl77.o"
    messages = f"dmesg_slurm_wf{workflow}_sl77_n4_pid33.log"
    others = (f"slurm_output_wf{workflow}_sl7.e", f"slurm_env_wf{workflow}_sl77_n5_pid34.log")
    for name in (runner, printed, messages, *others):
        (tmp_path / "output" / name).touch()

    answer = torc("reports", "results", workflow, "--all-runs")

    assert [each["run_id"] for each in answer.json["results"]] == [1, 2]
    result = answer.json["results"][1]
    assert (result["compute_node_type"], result["slurm_job_id"]) == ("slurm", 77)
    assert result["job_runner_log"] == f"output/{runner}"
    assert result["slurm_stdout"] == f"output/{printed}"
    assert result["dmesg_log"] == f"output/{messages}"
    assert not {"slurm_stderr", "slurm_env_log"} & result.keys()
    assert answer.err.count("Slurm stderr log file does not exist") == 1
    environment = f"output/slurm_env_wf{workflow}_sl77_n0_pid33.log"
    assert (
        f"Slurm environment log file does not exist for job {result['job_id']}: {environment}"
        in (answer.err)
    )


def test_kernel_messages_of_an_allocation_are_not_missed(torc, client, tmp_path):
    attempts = Attempts(client, compute_node_type="slurm", scheduler={"slurm_job_id": "77"})
    attempts.add("a")
    (tmp_path / "output").mkdir()
    environment = f"slurm_env_wf{attempts.workflow_id}_sl77_n0_pid33.log"
    (tmp_path / "output" / environment).touch()

    answer = torc("reports", "results", attempts.workflow_id)

    assert answer.json["results"][0]["slurm_env_log"] == f"output/{environment}"
    assert "dmesg" not in answer.err


# summary


def test_a_summary_ends_with_how_the_workflow_stands(torc, torc_alone, logged, empty, tmp_path):
    (tmp_path / "good.yaml").write_text(EMPTY)
    good = torc_alone("-f", "json", "run", "good.yaml").json["workflow_id"]

    ends = [
        torc("reports", "summary", each).out.splitlines()[-1] for each in (good, logged.id, empty)
    ]

    assert ends == [
        "All jobs completed successfully.",
        f"2 of 5 jobs did not complete. To see why: torc reports results {logged.id}",
        "1 of 1 job not finished.",
    ]


def test_a_summary_for_programs_has_all_statuses(torc, logged):
    summary = torc("-f", "json", "reports", "summary", logged.id).json

    assert len(summary["jobs_by_status"]) == 11
    assert summary["is_complete"] is True
    assert summary["total_exec_time_formatted"].endswith("s")
    assert summary["walltime_formatted"].endswith("s")


@pytest.mark.parametrize("name", ["check-resource-utilization", "results", "summary"])
def test_each_command_has_help_with_an_example(torc, name):
    answer = torc("reports", name, "--help")

    assert answer.code == 0
    assert f"torc reports {name} " in answer.out
    assert "Examples:" in answer.out


def test_an_unknown_workflow_is_not_found(torc):
    for name in ("check-resource-utilization", "results", "summary"):
        assert torc("reports", name, 987_654).code == 4


# failures


def test_failures_are_grouped_by_what_they_have_in_common(torc, logged):
    answer = torc("-f", "json", "reports", "failures", logged.id)

    assert answer.code == 0, answer.err
    report = answer.json
    assert (report["failed_jobs"], report["logs_not_read"]) == (2, 0)
    groups = {group["kind"]: group for group in report["groups"]}
    wrong = groups["exit code 3"]
    assert (wrong["line"], wrong["need"]) == ("MemoryError: no", "look")
    assert wrong["job_ids"] == [logged.jobs["wrong"]]
    killed = groups["killed, likely for its memory"]
    assert (killed["line"], killed["need"], killed["count"]) == ("", "recover", 1)


def test_failures_for_people_say_what_each_group_needs(torc, logged):
    answer = torc("reports", "failures", logged.id)

    assert "2 failed jobs in 2 groups." in answer.out
    assert f"More memory or time, for 1 job: torc recover {logged.id}" in answer.out
    assert "MemoryError: no" in answer.out
    assert "\x1b" not in answer.out


def test_logs_beyond_the_limit_are_not_read(torc, logged):
    answer = torc("reports", "failures", logged.id, "--logs", "0")

    assert "2 failed jobs in 2 groups; 1 log not read." in answer.out
    assert "MemoryError" not in answer.out


def test_a_workflow_without_failures_has_none(torc, empty):
    assert torc("reports", "failures", empty).out == "No job failed.\n"
