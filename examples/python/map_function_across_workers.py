"""Make a workflow whose jobs call functions of `simulation.py`.

    python map_function_across_workers.py [URL]

Without a URL it uses the server that the `torc` command uses here. Then: torc run ID
"""

import getpass
import sys

from torc_core.api import (
    ResourceRequirementsModel,
    WorkflowModel,
    make_api,
    map_function_to_jobs,
    setup_logging,
)


def main() -> None:
    setup_logging()
    api = make_api(*sys.argv[1:])
    workflow = api.create_workflow(
        WorkflowModel(name="fishing", user=getpass.getuser(), description="How much to catch?")
    )
    try:
        needs = api.create_resource_requirements(
            ResourceRequirementsModel(
                workflow_id=workflow.id, name="small", num_cpus=1, memory="100m", runtime="PT1M"
            )
        )
        jobs = map_function_to_jobs(
            api,
            workflow.id,
            "simulation",
            "run",
            [{"growth": 0.3, "caught": percent / 100} for percent in range(5, 30, 5)],
            postprocess_func="postprocess",
            resource_requirements_id=needs.id,
        )
    except Exception:
        api.delete_workflow(workflow.id)
        raise
    print(f"Created workflow {workflow.id} with {len(jobs)} jobs.")


if __name__ == "__main__":
    main()
