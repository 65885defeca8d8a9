"""Workflow files with wrong patterns, parameters, expansions and requirements: classes 19-29."""

from __future__ import annotations

from bad_input.specs import JOB, ONE, job, needs, text, tree, values

_ZIPPED = {"name": "a{i}{k}", "command": "b", "parameter_mode": "zip"}
_PRODUCT = {"name": "a{i}{k}", "command": "b", "parameters": {"i": "1:10000", "k": "1:10000"}}
_SMALL = {"name": "s", "account": "a", "nodes": 1, "walltime": "01:00:00"}
_LARGE = {"name": "r", "num_cpus": 1, "memory": "1g", "num_nodes": 9}

REFUSED = [
    *job(19, "a parenthesis", "depends_on_regexes[0]", "(", depends_on_regexes=["a("]),
    *job(19, "a star", "depends_on_regexes[0]", "*", depends_on_regexes=["*"]),
    *job(19, "too large", "depends_on_regexes[0]", depends_on_regexes=["(a{1,999}){1,999}"]),
    *(
        spec
        for pattern in ("(?=a)", "(?<!a)b", r"(a)\1", r"\Ga")
        for spec in job(21, pattern, "depends_on_regexes[0]", depends_on_regexes=[pattern])
    ),
    *values(22, "1:x", "1:x"),
    *values(22, "1:5:0", "1:5:0"),
    *values(22, "0:1:nan", "nan"),
    *values(22, "0:inf:1", "inf"),
    *values(22, "5:1", "5:1"),
    *values(22, "0:1:1e-300", "values"),
    *values(22, "[]", "parameters.i"),
    *values(22, "[", "parameters.i"),
    *tree(
        23, "two lists", "3", "2", "zip", jobs=(_ZIPPED | {"parameters": {"i": "1:3", "k": "1:2"}},)
    ),
    *tree(24, "a parameter", "{k}", jobs=(JOB | {"name": "a{k}", "parameters": {"i": "1:2"}},)),
    *tree(
        24, "a format", '"a"', '"x"', jobs=(JOB | {"name": "a{i:x}", "parameters": {"i": "[a]"}},)
    ),
    *tree(
        24, "huge format", "999", jobs=(JOB | {"name": "a{i:999999d}", "parameters": {"i": "1:2"}},)
    ),
    *tree(24, "not declared", '"k"', jobs=(JOB | {"name": "a", "use_parameters": ["k"]},)),
    *values(25, "1:2000000", "2,000,000", "1,000,000"),
    *values(25, "1:1000000000000", "values"),
    *tree(25, "a product", "100,000,000", jobs=(_PRODUCT,)),
    *(
        spec
        for memory in ("8 gigs", "-1g", "1e99g", "", "g", "99999999999t", -1, True)
        for spec in needs(26, f"memory {memory}", "memory", memory=memory)
    ),
    *(
        spec
        for runtime in ("PT", "10:00:00", "-PT1H", "1h", "", "PT1e9S", 60)
        for spec in needs(27, f"runtime {runtime}", "runtime", runtime=runtime)
    ),
    *text(
        27,
        "not quoted",
        "w.yaml",
        f"name: x\n{ONE}\nresource_requirements:\n- name: r\n  runtime: 10:00:00\n",
        "w.yaml:5",
        "runtime",
        "10:00:00",
    ),
    *(
        spec
        for cpus in (0, -1, 1.5, 2**31, "many", True)
        for spec in needs(28, f"cpus {cpus}", "num_cpus", num_cpus=cpus)
    ),
    *(
        spec
        for name, number in (("num_gpus", -1), ("num_nodes", 0))
        for spec in needs(28, f"{name} {number}", name, **{name: number})
    ),
    *tree(
        29,
        "nodes of a scheduler",
        '"a"',
        "9",
        jobs=(JOB | {"resource_requirements": "r", "scheduler": "s"},),
        resource_requirements=[_LARGE],
        slurm_schedulers=[_SMALL],
    ),
]

WARNED = [
    *job(
        20,
        "jobs",
        "depends_on_regexes[0]",
        "^b$",
        depends_on_regexes=["^b$"],
        kdl='job "a" { command "b"; depends_on_regexes "^b$" }',
    ),
    *job(20, "files", "input_file_regexes[0]", "x+", input_file_regexes=["x+"]),
]
"""What is allowed, and probably not meant."""
