"""The JSON of every command has the shape that the documentation gives it."""

from __future__ import annotations

from cli.json_shapes import DOCUMENTED, RECORDS, WITHOUT_JSON, faults, key_of, parse
from cli_page import described

from torc_core.model.compute import ScheduledComputeNode
from torc_core.model.ids import SchedulerId, WorkflowId

SPEC = """
name: shapes
files: [{name: raw, path: raw.txt}, {name: out, path: out.txt}]
user_data: [{name: rate, data: 0.1}]
failure_handlers: [{name: again, rules: [{exit_codes: [3], max_retries: 2}]}]
slurm_schedulers: [{name: s, account: a}]
resource_requirements: [{name: small, num_cpus: 1, memory: 1m, runtime: PT1M}]
resource_monitor: {granularity: time_series, sample_interval_seconds: 1}
actions: [{trigger_type: on_workflow_start, action_type: run_commands, commands: ["true"]}]
jobs:
- name: a
  command: >
    cat ${files.input.raw} > ${files.output.out};
    python3 -c "x = bytearray(30_000_000); import time; time.sleep(1.5)"
  resource_requirements: small
  failure_handler: again
- {name: b, command: "cat ${files.input.out}", input_user_data: [rate]}
- {name: c, command: "echo Segmentation fault >&2; exit 4"}
"""
PLANNED = """
name: planned
resource_requirements: [{name: small, num_cpus: 1, memory: 1m, runtime: PT1M}]
jobs:
- {name: a, command: "true", resource_requirements: small}
- {name: b, command: "true", resource_requirements: small, depends_on: [a]}
"""
FILES = {
    "spec.yaml": SPEC,
    "raw.txt": "1",
    "planned.yaml": PLANNED,
    "commands.txt": "true\nfalse\n",
    "output/slurm_output_wf1_sl7.e": "DUE TO TIME LIMIT",
}
LINES = """
workflows create spec.yaml --dry-run
workflows create spec.yaml
workflows execution-plan spec.yaml
workflows execution-plan 1
workflows convert spec.yaml --to kdl --output spec.kdl
workflows initialize 1 --dry-run
workflows initialize 1
torc run 1
workflows new -n second
workflows update 2 -d text
workflows list
workflows get 1
workflows status 1
workflows is-complete 1
workflows list-actions 1
workflows reinitialize 1 --dry-run
workflows runs 1
workflows correct-resources 1 --dry-run
workflows archive true 2
workflows archive false 2
workflows export 1
workflows export 1 --include-results --include-events --output exported.json
workflows import exported.json
jobs list 1 --include-relationships
jobs get 1
jobs logs 3
jobs create 2 -n first -c true
jobs create-from-file 2 commands.txt
jobs update 7 -c false
workflows initialize 2
jobs cancel 7
workflows reset-status 2 --no-prompts
jobs list-resource-requirements 1
jobs list-failure-handlers 1
jobs delete 8
jobs delete-all 3 --no-prompts
files list 1
files get 1
files create 2 -n f -p f.txt
files update 5 -p g.txt
files list-required-existing 1
files delete 5
user-data list 1
user-data get 1
user-data create 2 -n u -d 1
user-data update 3 -d 2
user-data list-missing 1
user-data delete 3
user-data delete-all 2
results list 1
results get 1
events list 1
events get 1
events get-latest-event 1
events create 2 -d {}
events delete 1
resource-requirements create 2 -n r
resource-requirements list 1
resource-requirements get 1
resource-requirements update 7 -m 2m
resource-requirements delete 7
failure-handlers list 1
failure-handlers get 1
job-dependencies job-job 1
job-dependencies job-file 1
job-dependencies job-user-data 1
compute-nodes list 1
compute-nodes get 1
scheduled-compute-nodes list 2
scheduled-compute-nodes get 1
scheduled-compute-nodes list-jobs 1
slurm create 2 -n s -a a
slurm list 2
slurm get 2
slurm update 2 --partition debug
slurm delete 2
slurm generate planned.yaml --account a --profile kestrel
slurm generate planned.yaml --account a --profile kestrel --dry-run
slurm generate planned.yaml --account a --profile kestrel --output written.yaml
slurm parse-logs 1
slurm sacct 1
reports summary 1
reports failures 1
reports results 1
reports check-resource-utilization 1
reports check-resource-utilization 1 --include-failed
logs analyze output
logs bundle 1
torc plot-resources output/resource_utilization/*.db
runs list
runs clear --all --no-prompts
hpc list
hpc detect
hpc show kestrel
hpc partitions kestrel
hpc match kestrel
config paths
config show
config validate
config init --local
torc ping
workflows reset-status 1 --no-prompts
workflows reinitialize 1
workflows run 1
workflows resume 1
workflows resume 1 --no-run
workflows sync-status 1
workflows cancel 1
workflows delete 2 --no-prompts
results delete 1
server start
server status
server stop
"""
"""Commands in an order in which all of them work, on a server of their own."""
ALLOCATION = ScheduledComputeNode(
    workflow_id=WorkflowId(2),
    scheduler_id=7,
    scheduler_config_id=SchedulerId(2),
    scheduler_type="slurm",
    status="complete",
)
FAILING = {"torc run", "workflows run", "workflows resume"}
"""Commands that end with 1, as a job fails."""
UNTRIED = {
    "events monitor": "several documents; test_events",
    "hpc generate": "asks Slurm; tests/slurm",
    "jobs retry": "no job waits for it; test_changes",
    "jobs terminate": "no job runs; test_changes",
    "results diff": "there have to be two runs; test_results_diff",
    "torc watch": "its workflow has to end; test_watch",
    "runs stop": "no run goes on; test_runs",
    "torc run --detach": "goes on after the test",
    **dict.fromkeys(("torc recover", "torc recover --dry-run"), "jobs have to fail; test_recover"),
    **dict.fromkeys(
        (
            *("slurm regenerate", "slurm regenerate --dry-run"),
            *("slurm schedule-nodes", "slurm schedule-nodes --dry-run"),
            *("torc submit", "torc submit --dry-run"),
            *("torc submit-slurm", "torc submit-slurm --dry-run"),
            *("workflows create-slurm", "workflows create-slurm --dry-run"),
            *("workflows submit", "workflows submit --dry-run"),
        ),
        "a cluster is needed; tests/slurm/test_submission_json.py",
    ),
}


def test_every_command_is_documented():
    commands = {
        each.path if each.path.count(" ") == 1 else each.path.removeprefix("torc ")
        for each in described()
        if not each.is_group
    }

    assert {key.partition(" --")[0] for key in DOCUMENTED} == commands - WITHOUT_JSON


def test_every_shape_is_tried():
    assert {
        key_of(line) for line in LINES.split("\n") if line
    } == DOCUMENTED.keys() - UNTRIED.keys()


def test_what_commands_print_is_as_documented(torc_here, make_server, monkeypatch, tmp_path):
    server = make_server()
    monkeypatch.setenv("TORC_API_URL", server.url)
    (tmp_path / "output").mkdir()
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    found = []
    for line in LINES.strip().split("\n"):
        words, documented = line.removeprefix("torc ").split(), key_of(line)
        if "*" in words[-1]:
            words[-1:] = map(str, tmp_path.glob(words[-1]))
        answer = torc_here("-f", "json", *words)
        assert answer.code == (1 if documented in FAILING else 0), f"{line}: {answer.err}"
        shape = parse(DOCUMENTED[documented])
        found += [line + fault for fault in faults(answer.json, shape, RECORDS)]
        if line == "compute-nodes list 1":
            server.client().create_scheduled_compute_node(ALLOCATION)

    assert found == []
