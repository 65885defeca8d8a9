"""Make a workflow of four jobs whose order follows from the files that they read and write.

    python diamond_workflow.py [URL]

Without a URL it uses the server that the `torc` command uses here. Then: torc run ID
"""

import getpass
import sys

from torc_core.api import (
    FileModel,
    JobModel,
    ResourceRequirementsModel,
    WorkflowModel,
    make_api,
)

FILES = {name: f"{name}.txt" for name in ("numbers", "sum", "count", "mean")}

JOBS = {
    "prepare": ("seq 1 9 > numbers.txt", [], ["numbers"]),
    "add": ("awk '{ s += $1 } END { print s }' numbers.txt > sum.txt", ["numbers"], ["sum"]),
    "count": ("wc -l < numbers.txt > count.txt", ["numbers"], ["count"]),
    "divide": (
        "echo $(( $(cat sum.txt) / $(cat count.txt) )) > mean.txt",
        ["sum", "count"],
        ["mean"],
    ),
}
"""Command, files read and files written, by name."""


def main() -> None:
    api = make_api(*sys.argv[1:])
    workflow = api.create_workflow(WorkflowModel(name="diamond", user=getpass.getuser()))
    try:
        needs = api.create_resource_requirements(
            ResourceRequirementsModel(
                workflow_id=workflow.id, name="small", num_cpus=1, memory="100m", runtime="PT1M"
            )
        )
        files = {
            name: api.create_file(FileModel(workflow_id=workflow.id, name=name, path=path)).id
            for name, path in FILES.items()
        }
        for name, (command, read, written) in JOBS.items():
            api.create_job(
                JobModel(
                    workflow_id=workflow.id,
                    name=name,
                    command=command,
                    input_file_ids=[files[file] for file in read],
                    output_file_ids=[files[file] for file in written],
                    resource_requirements_id=needs.id,
                )
            )
    except Exception:
        api.delete_workflow(workflow.id)
        raise
    print(f"Created workflow {workflow.id} with {len(JOBS)} jobs.")


if __name__ == "__main__":
    main()
