from msgspec.structs import replace

from torc_core.model.exchange import ClaimedJob
from torc_core.model.job import Job
from torc_core.model.workflow import Workflow
from torc_core.runner.process.environment import OWN, base_environment, job_environment

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


def test_a_job_knows_where_its_workflow_was_submitted_from():
    environment = base({}, submission_directory="/home/u/study")

    assert environment["TORC_WORKFLOW_SUBMISSION_DIR"] == "/home/u/study"
