"""Make a workflow of three jobs: two that run side by side, and one that waits for both.

    python simple_workflow.py [URL]

Without a URL it uses the server that the `torc` command uses here. Then: torc run ID
"""

import getpass
import sys

from torc_core.api import (
    JobModel,
    WorkflowModel,
    make_api,
)


def main() -> None:
    api = make_api(*sys.argv[1:])
    workflow = api.create_workflow(WorkflowModel(name="simple", user=getpass.getuser()))
    names = ["north", "south"]
    surveys = [
        api.create_job(
            JobModel(workflow_id=workflow.id, name=name, command=f"echo {name} > {name}.txt")
        )
        for name in names
    ]
    api.create_job(
        JobModel(
            workflow_id=workflow.id,
            name="atlas",
            command="cat north.txt south.txt > atlas.txt",
            depends_on_job_ids=[survey.id for survey in surveys],
        )
    )
    print(f"Created workflow {workflow.id} with {len(names) + 1} jobs.")


if __name__ == "__main__":
    main()
