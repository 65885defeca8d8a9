"""What a recovery makes of the ends of real allocations and their steps."""

from __future__ import annotations

from slurm.workers import Site
from waiting import wait_for

from torc_core.clock import SystemClock
from torc_core.diagnosis.failures import Cause
from torc_core.diagnosis.observation import StepEnd
from torc_core.hpc.slurm.programs.budget import Budget
from torc_core.hpc.slurm.programs.calls import Slurm
from torc_core.operations.recovery.facts import read_facts
from torc_core.operations.recovery.options import RecoveryOptions
from torc_core.operations.recovery.plan import WhyNot
from torc_core.operations.recovery.planning import make_recovery_plan

TAKES_200_MB = "exec perl -e '$x = q(a) x (200 * 1024 * 1024); print 1'"


def test_the_job_that_exceeded_its_memory_alone_gets_more_and_what_slurm_stopped_gets_nothing(
    slurm, client, output
):
    programs = Slurm(SystemClock(), Budget(10_000), environ=slurm.environ)
    hungry = Site(slurm, client, output, execution_config={"mode": "slurm"})
    small = hungry.need("small", memory="50m")
    over, bug, *well = (
        hungry.flow.add(command, name=f"j{at}", resource_requirements_id=small)
        for at, command in enumerate([TAKES_200_MB, "exit 3", "true", "sleep 1"])
    )
    stopped = Site(slurm, client, output, execution_config={"mode": "slurm"})
    needs = stopped.need("n", memory="50m")
    job = stopped.flow.add("exec sleep 1000", name="j", resource_requirements_id=needs)
    hungry.flow.start()
    stopped.flow.start()
    first, second = hungry.submit("--cpus-per-task=4"), stopped.submit("--cpus-per-task=1")
    stopped.wait_for_status("running", job)
    slurm.run("scancel", str(second))
    stopped.wait_for_status("terminated", job)
    slurm.wait_for_end(first)

    def ends(site, job_id):
        facts = read_facts(client, site.flow.id, slurm=programs)
        return facts, facts.diagnoses[job_id].observation.step_end

    wait_for(lambda: ends(hungry, over)[1] is StepEnd.MEMORY, "Slurm's word on the step", 20)
    wait_for(lambda: ends(stopped, job)[1] is StepEnd.CANCELED, "Slurm's word on the step", 20)
    plan = make_recovery_plan(ends(hungry, over)[0], RecoveryOptions())
    other_plan = make_recovery_plan(ends(stopped, job)[0], RecoveryOptions())

    assert plan.reset == (over,)
    (larger,) = plan.raises
    assert (larger.job_ids, larger.memory, larger.num_sharing) == ((over,), "75m", 1)
    assert [(group.job_ids, group.why_not) for group in plan.groups] == [
        ((over,), None),
        ((bug,), WhyNot.UNKNOWN),
    ]
    assert {hungry.flow.status(each) for each in well} == {"completed"}
    assert (other_plan.reset, other_plan.raises) == ((job,), ())
    assert [group.cause for group in other_plan.groups] == [Cause.STOPPED]
