"""Which jobs run again after failures, and with how much more: the decision. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator

import msgspec

from torc_core.diagnosis.corrections import with_raised
from torc_core.diagnosis.failures import Diagnosis
from torc_core.diagnosis.observation import NOTHING
from torc_core.model.ids import JobId, RequirementsId, id_of
from torc_core.model.resources import ResourceRequirements
from torc_core.model.status import JobStatus
from torc_core.operations.recovery.facts import RecoveryFacts
from torc_core.operations.recovery.node_kinds import Cap, memory_cap, runtime_cap
from torc_core.operations.recovery.options import RecoveryOptions
from torc_core.operations.recovery.plan import JobGroup, Raise, RecoveryPlan, WhyNot
from torc_core.operations.recovery.raises import (
    make_raises,
    room_for_memory,
    room_for_runtime,
    with_memory,
)
from torc_core.operations.recovery.verdicts import RAISED, JobVerdict, first_verdicts
from torc_core.units import parse_duration

NAMES_KEPT = 20
"""Of one group: a plan of many jobs is to stay small."""
_HOUR_S = 3600
_FINISHED = frozenset({JobStatus.COMPLETED, JobStatus.DISABLED})


def make_recovery_plan(facts: RecoveryFacts, options: RecoveryOptions) -> RecoveryPlan:
    """Return what a recovery would do.

    Only jobs whose present status is unsuccessful are looked at: what was reset since it failed
    neither runs again because of that nor raises anything a second time. Requirements are shared,
    so a raise is for all jobs of a set that have not completed; those that completed do not run
    again.

    Raises:
        UsageError: The options make no sense, or a new amount is too large.
    """
    options.check()
    decision = _Decision(facts, options)
    decision.refuse(lambda each: each.needs_memory, decision.memory_refusal())
    decision.refuse(lambda each: each.needs_runtime, decision.runtime_refusal())
    node_hours = decision.spend_node_hours()
    return RecoveryPlan(
        workflow_id=facts.workflow_id,
        run_id=facts.run_id,
        memory_multiplier=options.memory_multiplier,
        runtime_multiplier=options.runtime_multiplier,
        groups=tuple(decision.groups()),
        raises=tuple(decision.shared_raises()),
        node_hours=node_hours,
    )


_Refusal = Callable[[Diagnosis, ResourceRequirements], tuple[WhyNot, str] | None]


class _Decision:
    """The verdict on each job, refined from step to step."""

    def __init__(self, facts: RecoveryFacts, options: RecoveryOptions) -> None:
        self._facts = facts
        self._options = options
        self._verdicts: dict[JobId, JobVerdict] = dict(first_verdicts(facts, options))
        self._known_raises: dict[RequirementsId, Raise] | None = None
        """Of the verdicts as they are; each takes a look at all jobs."""

    def refuse(self, needs_more: Callable[[Diagnosis], bool], refusal: _Refusal) -> None:
        """Give up jobs for which more would be needed than there is."""
        for job_id, diagnosis in list(self._to_raise()):
            needs = diagnosis.observation.requirements
            if needs is None or diagnosis.observation.stated == NOTHING:
                continue
            said = refusal(diagnosis, needs) if needs_more(diagnosis) else None
            if said is not None:
                self._give_up(job_id, *said)

    def memory_refusal(self) -> _Refusal:
        """Return what decides whether the memory of a job cannot be raised as it has to be."""
        caps: dict[RequirementsId, Cap | None] = {}

        def refuse(diagnosis: Diagnosis, needs: ResourceRequirements) -> tuple[WhyNot, str] | None:
            if (needs_id := id_of(needs)) not in caps:
                most = self._options.max_memory_bytes
                caps[needs_id] = memory_cap(needs, self._facts.nodes, most)
            cap = caps[needs_id]
            peak = diagnosis.observation.result.peak_memory_bytes or 0
            if cap is None or diagnosis.observation.stated.memory_bytes is None:
                return None
            if peak > cap.amount >= 0:
                said = f"used more memory than it may have: {cap.set_by}"
                return WhyNot.MEMORY_LIMIT, said
            if diagnosis.observation.is_before_change or room_for_memory(needs, cap):
                return None
            return WhyNot.MEMORY_LIMIT, f"has {needs.memory} of memory already: {cap.set_by}"

        return refuse

    def runtime_refusal(self) -> _Refusal:
        """Return the same for runtimes, where there is the memory that the job needs."""
        caps: dict[RequirementsId, Cap | None] = {}
        raises = self._raises()

        def refuse(diagnosis: Diagnosis, needs: ResourceRequirements) -> tuple[WhyNot, str] | None:
            if (needs_id := id_of(needs)) not in caps:
                larger = with_memory(needs, raises[needs_id].memory if needs_id in raises else None)
                most = self._options.max_runtime_s
                caps[needs_id] = runtime_cap(larger, self._facts.nodes, most)
            cap = caps[needs_id]
            if cap is None or diagnosis.observation.stated.runtime_s is None:
                return None
            if diagnosis.observation.is_before_change or room_for_runtime(needs, cap):
                return None
            return WhyNot.RUNTIME_LIMIT, f"may run {needs.runtime} already: {cap.set_by}"

        return refuse

    def spend_node_hours(self) -> float:
        """Give up, in the order of ids, jobs that may exceed what all together may take."""
        raises = self._raises()
        each_takes: dict[RequirementsId | None, float] = {None: 0.0}
        left = self._options.max_node_hours
        spent = 0.0
        for job_id, verdict in list(self._verdicts.items()):
            if verdict.why_not is not None:
                continue
            needs_id = self._facts.jobs[job_id].resource_requirements_id
            if needs_id not in each_takes:
                each_takes[needs_id] = self._node_hours(needs_id, raises)
            takes = each_takes[needs_id]
            if left is not None and spent + takes > left:
                reason = f"may take {takes:.3g} node-hours: --max-node-hours allows {left:g} in all"
                self._give_up(job_id, WhyNot.NODE_HOURS, reason)
            else:
                spent += takes
        return round(spent, 3)

    def groups(self) -> Iterator[JobGroup]:
        """Yield the jobs with the same verdict, those that are retried first."""
        together: dict[tuple[JobVerdict, RequirementsId | None], list[JobId]] = defaultdict(list)
        for job_id, verdict in self._verdicts.items():
            needs_id = self._facts.jobs[job_id].resource_requirements_id
            together[verdict, needs_id if verdict.cause in RAISED else None].append(job_id)
        for (verdict, needs_id), job_ids in sorted(
            together.items(), key=lambda each: (each[0][0].why_not is not None, each[1][0])
        ):
            yield JobGroup(
                cause=verdict.cause,
                job_ids=tuple(job_ids),
                names=tuple(self._facts.jobs[each].name for each in job_ids[:NAMES_KEPT]),
                requirements_id=needs_id,
                why_not=verdict.why_not,
                reason=verdict.reason,
                kind=verdict.kind,
            )

    def shared_raises(self) -> Iterator[Raise]:
        """Yield the raises with how many other jobs share each."""
        unfinished = Counter(
            job.resource_requirements_id
            for job in self._facts.jobs.values()
            if job.status not in _FINISHED
        )
        for needs_id, each in sorted(self._raises().items()):
            sharing = unfinished[needs_id] - len(each.job_ids)
            yield msgspec.structs.replace(each, num_sharing=sharing)

    def _give_up(self, job_id: JobId, why_not: WhyNot, reason: str) -> None:
        self._verdicts[job_id] = JobVerdict(self._verdicts[job_id].cause, why_not, reason)
        self._known_raises = None

    def _raises(self) -> dict[RequirementsId, Raise]:
        if self._known_raises is None:
            diagnoses = (diagnosis for _, diagnosis in self._to_raise())
            self._known_raises = make_raises(diagnoses, self._facts.nodes, self._options)
        return self._known_raises

    def _to_raise(self) -> Iterator[tuple[JobId, Diagnosis]]:
        """Yield the jobs that are retried because they lacked something."""
        for job_id, verdict in self._verdicts.items():
            if verdict.why_not is None and verdict.cause in RAISED:
                yield job_id, self._facts.diagnoses[job_id]

    def _node_hours(
        self, needs_id: RequirementsId | None, raises: dict[RequirementsId, Raise]
    ) -> float:
        """Return what a job with these requirements takes at most."""
        needs = self._facts.requirements.get(needs_id) if needs_id is not None else None
        if needs is None or needs_id is None:
            return 0.0
        larger = raises.get(needs_id)
        needs = with_raised(needs, None if larger is None else larger.patch)
        shares = [each.share(needs) for each in self._facts.nodes if each.has(needs)]
        runtime_s = parse_duration(needs.runtime)
        return max(needs.num_nodes, 1) * max(shares, default=1.0) * runtime_s / _HOUR_S
