"""Workflow files whose fields, names and references are wrong: classes 10-18, 36."""

from __future__ import annotations

from bad_input.specs import JOB, KDL_ONE, job, text, tree

_TWICE = 'job "a" { command "b" }\njob "a" { command "c" }'
_FILES = [{"name": "f", "path": "f"}, {"name": "f", "path": "g"}]
_TWO = (JOB | {"name": "prepare"}, JOB | {"depends_on": ["prepar"]})
_ACTION = {"trigger_type": "on_jobs_ready", "action_type": "run_commands", "commands": ["true"]}
_LOOP = {"input_files": ["f"], "output_files": ["f"]}
_CIRCLE = (JOB | {"depends_on": ["c"]}, {"name": "c", "command": "b", "depends_on": ["a"]})
_RING = tuple(
    {"name": f"j{i}", "command": "b", "depends_on": [f"j{(i + 1) % 5000}"]} for i in range(5000)
)
_BOTH = tuple({"name": name, "command": "b", "output_files": ["f"]} for name in "ac")
_PATHS = [{"name": "f", "path": "out/t"}, {"name": "g", "path": "./out/../out/t"}]
_EACH = tuple({"name": n, "command": "b", "output_files": [f]} for n, f in ("af", "cg"))
_SMALL = {"name": "s", "account": "a", "nodes": 1, "walltime": "01:00:00"}

REFUSED = [
    *tree(10, "of the file", "colour", colour="red", kdl=f'colour "red"\n{KDL_ONE}'),
    *tree(10, "misspelt", "descripton", "did you mean", "description", descripton="d"),
    *job(
        10,
        "of a job",
        "jobs[0]",
        "comand",
        "command",
        comand="b",
        kdl='job "a" { comand "true" }',
    ),
    *tree(10, "of an entry", "files[0]", "pth", files=[{"name": "f", "pth": "f"}]),
    *tree(10, "of another kind", "jobs[0]", "path", jobs=(JOB | {"path": "f"},)),
    *tree(11, "a number for jobs", "jobs", jobs=7, kdl="jobs 7"),
    *tree(11, "a mapping for jobs", "jobs", jobs={"a": "true"}),
    *tree(11, "a text for a job", "jobs[1]", jobs=(JOB, "b")),
    *tree(11, "a list for a name", "name", name=["x"]),
    *job(11, "a mapping for a command", "jobs[0].command", command={"a": 1}),
    *job(11, "a text for a boolean", "supports_termination", supports_termination="maybe"),
    *job(11, "a text for a number", "jobs[0].priority", priority="high"),
    *job(11, "a list of lists", "jobs[0].depends_on[0]", depends_on=[["a"]]),
    *job(11, "env of a list", "jobs[0].env", env=["A=1"]),
    *text(11, "a list", "w.yaml", "- name: x\n", "mapping"),
    *text(11, "a list", "w.json", "[1]", "mapping"),
    *text(11, "a text", "w.json5", "'x'", "mapping"),
    *tree(12, "no name", '"name"', name=None),
    *tree(12, "no jobs", '"jobs"', jobs=None),
    *text(12, "no name", "w.kdl", KDL_ONE, "w.kdl", '"name"'),
    *tree(12, "no command", "jobs[0]", '"command"', jobs=({"name": "a"},), kdl='job "a"'),
    *tree(12, "no path", "files[0]", '"path"', files=[{"name": "f"}]),
    *tree(12, "no memory", "memory", resource_requirements=[{"name": "r", "num_cpus": 1}]),
    *tree(13, "empty", "name", name=""),
    *job(13, "empty", "jobs[0].name", name="", kdl='job "" { command "true" }'),
    *job(13, "blank", "jobs[0].name", name="  "),
    *job(13, "long", "jobs[0].name", "255", name="n" * 256),
    *job(13, "an empty command", "jobs[0].command", command=""),
    *job(13, "of a variable", "jobs[0].env", "A B", env={"A B": "1"}),
    *tree(13, "long path", "files[0].path", "4096", files=[{"name": "f", "path": "p" * 5000}]),
    *tree(14, "next to it", '"a"', jobs=(JOB, JOB), kdl=_TWICE),
    *tree(
        14,
        "after expansion",
        '"a1"',
        jobs=({"name": "a1", "command": "b"}, JOB | {"name": "a{i}", "parameters": {"i": "1:2"}}),
    ),
    *tree(14, "a file", "files[1]", '"f"', files=_FILES),
    *tree(
        15,
        "a job",
        '"prepar"',
        "did you mean",
        '"prepare"',
        jobs=_TWO,
        kdl='job "prepare" { command "b" }\njob "a" { command "b"; depends_on "prepar" }',
    ),
    *job(15, "a file", "nope", command="cat ${files.input.nope}"),
    *job(15, "an output", "jobs[0]", "nope", output_files=["nope"]),
    *job(15, "user data", "nope", input_user_data=["nope"]),
    *job(15, "requirements", '"big"', resource_requirements="big"),
    *job(15, "a failure handler", '"again"', failure_handler="again"),
    *job(15, "a scheduler", '"cluster"', scheduler="cluster"),
    *tree(15, "of an action", "actions[0]", '"b"', actions=[_ACTION | {"jobs": ["b"]}]),
    *job(
        16,
        "by name",
        '"a"',
        "itself",
        depends_on=["a"],
        kdl='job "a" { command "b"; depends_on "a" }',
    ),
    *tree(16, "by a file", '"a"', jobs=(JOB | _LOOP,), files=[{"name": "f", "path": "f"}]),
    *tree(
        17,
        "of two",
        "circle",
        "a -> c -> a",
        jobs=_CIRCLE,
        kdl='job "a" { command "b"; depends_on "c" }\njob "c" { command "b"; depends_on "a" }',
    ),
    *tree(17, "of thousands", "circle", "j0 -> j1 -> ", jobs=_RING),
    *tree(18, "one record", '"a"', '"c"', jobs=_BOTH, files=[{"name": "f", "path": "f"}]),
    *tree(18, "two records", '"a"', '"c"', jobs=_EACH, files=_PATHS),
    *(
        spec
        for field, value in (
            ("account", "a\n#SBATCH --wrap=x"),
            ("partition", 'p"; touch x; "'),
            ("qos", "a b"),
            ("gres", "$(id)"),
            ("extra", "--x\n#SBATCH --y"),
            ("walltime", "1:00\n2"),
        )
        for spec in tree(
            36, field, "slurm_schedulers[0]", field, slurm_schedulers=[_SMALL | {field: value}]
        )
    ),
    *tree(36, "a default", "slurm_defaults", slurm_defaults={"qos": "a\n#SBATCH -x"}),
]
