import pytest
from msgspec.structs import replace

from torc_core.model.exchange import ClaimedJob
from torc_core.model.job import Job
from torc_core.model.workflow import Workflow
from torc_core.runner.process.environment import OWN, base_environment, job_variables

CLAIMED = ClaimedJob(
    job=Job(id=5, workflow_id=2, name="train", command="true", attempt_id=3),
    token=9,
    run_id=1,
    num_cpus=1,
    num_gpus=0,
    num_nodes=1,
    memory_bytes=1,
    runtime_seconds=1,
)


def job_environment(shared, claimed, *arguments, **options):
    return {**shared, **job_variables(claimed, *arguments, **options)}


def base(inherited, token=None, **workflow):
    return base_environment(
        inherited,
        Workflow(id=2, name="w", user="u", **workflow),
        output_dir="/o",
        api_url="http://h/torc-service/v1",
        token=token,
        scripts_dir="/venv/bin",
    )


def test_jobs_get_the_documented_variables_and_all_others():
    environment = job_environment(base({"PATH": "/bin", "MINE": "1"}), CLAIMED)
    assert environment == {
        "MINE": "1",
        "PATH": "/bin:/venv/bin",
        "TORC_WORKFLOW_ID": "2",
        "TORC_OUTPUT_DIR": "/o",
        "TORC_API_URL": "http://h/torc-service/v1",
        "TORC_JOB_ID": "5",
        "TORC_JOB_NAME": "train",
        "TORC_ATTEMPT_ID": "3",
    }


def test_the_token_is_passed_on_and_path_grows_once():
    environment = base({"PATH": "/venv/bin:/bin"}, token="secret")
    assert environment["TORC_TOKEN"] == "secret"
    assert environment["PATH"] == "/venv/bin:/bin"


def test_gpus_are_named_only_to_jobs_that_have_some():
    shared = base({"CUDA_VISIBLE_DEVICES": "0,1,2"})
    assert job_environment(shared, CLAIMED)["CUDA_VISIBLE_DEVICES"] == "0,1,2"
    own = job_environment(shared, CLAIMED, ("2", "0"))
    assert own["CUDA_VISIBLE_DEVICES"] == own["ROCR_VISIBLE_DEVICES"] == "2,0"


def test_a_recovery_script_knows_the_exit_code():
    assert job_environment(base({}), CLAIMED, (), 137)["TORC_RETURN_CODE"] == "137"
    assert "TORC_RETURN_CODE" not in job_environment(base({}), CLAIMED)


def with_env(**env):
    return replace(CLAIMED, job=replace(CLAIMED.job, env=env))


def test_a_job_wins_over_its_workflow_and_both_over_the_runner():
    shared = base({"A": "runner", "B": "runner", "C": "runner"}, env={"B": "flow", "C": "flow"})

    environment = job_environment(shared, with_env(C="job"))

    assert [environment[name] for name in "ABC"] == ["runner", "flow", "job"]


def test_nobody_but_torc_says_what_torc_promises():
    users = dict.fromkeys(OWN, "user")

    environment = job_environment(base({"TORC_JOB_ID": "1"}, env=users), with_env(**users))

    assert "user" not in environment.values()
    assert environment["TORC_JOB_ID"] == "5"
    assert "TORC_RETURN_CODE" not in environment


def test_other_variables_of_torc_and_the_path_may_be_set():
    shared = base({"PATH": "/bin"}, env={"PATH": "/tools", "TORC_LOG_LEVEL": "debug"})

    environment = job_environment(shared, with_env(TORC_ORCHESTRATOR_LINEAGE_ID="loop"))

    assert environment["PATH"] == "/tools:/venv/bin"
    assert environment["TORC_LOG_LEVEL"] == "debug"
    assert environment["TORC_ORCHESTRATOR_LINEAGE_ID"] == "loop"


SECRETS = {
    "TORC_PASSWORD": "hunter2",
    "TORC_CLIENT__API_URL": "http://user:hunter2@host/torc-service/v1",
    "TORC_TOKEN": "hunter2",
}
OF_AN_OUTER_JOB = {
    **dict.fromkeys(OWN, "outer"),
    "TORC_ORCHESTRATOR_LINEAGE_ID": "outer",
}


@pytest.mark.parametrize("inherited", [SECRETS, OF_AN_OUTER_JOB])
@pytest.mark.parametrize("exit_code", [None, 1])
def test_secrets_and_what_concerns_an_outer_job_are_not_passed_on(inherited, exit_code):
    environment = job_environment(base(inherited), CLAIMED, exit_code=exit_code)

    assert not [value for value in environment.values() if "hunter2" in value or value == "outer"]
    assert environment.get("TORC_RETURN_CODE") == (None if exit_code is None else "1")


def test_what_users_call_after_torc_is_theirs():
    mine = {"TORC_MY_DATA": "1", "TORC_LOG_LEVEL": "debug", "SLURM_JOB_ID": "7", "TORC_": "x"}

    assert mine.items() <= job_environment(base(mine), CLAIMED).items()


def test_a_workflow_may_give_its_jobs_a_password():
    environment = job_environment(base({}, env={"TORC_PASSWORD": "theirs"}), CLAIMED)

    assert environment["TORC_PASSWORD"] == "theirs"


def test_a_job_knows_where_its_workflow_was_submitted_from():
    environment = base({}, submission_directory="/home/u/study")

    assert environment["TORC_WORKFLOW_SUBMISSION_DIR"] == "/home/u/study"
