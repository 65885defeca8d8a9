"""Which processes belong to which job: in a model of a machine, and on this one."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
)

from torc_core.runner.guard.membership import Membership, Process

REAPER = 10
PIDS = range(11, 60)


def process(pid, parent, session=None, *, start=None, state="S"):
    """Return a process; without a start time, one that started after all with lower pids."""
    return Process(
        pid=pid,
        parent=parent,
        group=session or pid,
        session=session or pid,
        start_ticks=pid if start is None else start,
        state=state,
        threads=1,
        cpu_ticks=0,
        reaped_cpu_ticks=0,
        resident_bytes=4096,
    )


def table(*processes):
    return {each.pid: each for each in (process(REAPER, 1, 5), *processes)}


def jobs(labels=None, **roots):
    """Return a membership in which jobs have these first processes."""
    membership = Membership(REAPER, (labels or {}).get)
    for job, root in roots.items():
        membership.add(job, root)
    return membership


def pids(found):
    return {job: sorted(each.pid for each in processes) for job, processes in found.items()}


def test_descendants_belong_by_their_parents():
    shell, child, grandchild = process(20, REAPER), process(21, 20, 20), process(22, 21, 20)
    other = process(30, REAPER)
    found = jobs(a=20, b=30).update(table(shell, child, grandchild, other))
    assert pids(found) == {"a": [20, 21, 22], "b": [30]}


def test_what_made_its_own_session_belongs_by_its_parents():
    found = jobs(a=20).update(table(process(20, REAPER), process(21, 20), process(22, 21, 21)))
    assert pids(found) == {"a": [20, 21, 22]}


def test_an_orphan_belongs_by_its_session():
    found = jobs(a=20).update(table(process(20, REAPER), process(21, REAPER, 20)))
    assert pids(found) == {"a": [20, 21]}


def test_an_orphan_in_a_session_of_its_own_belongs_by_its_label():
    labels = {21: "a", 22: "z"}
    membership = jobs(labels, a=20)
    seen = table(process(20, REAPER), process(21, REAPER), process(22, REAPER), process(23, REAPER))
    assert pids(membership.update(seen)) == {"a": [20, 21]}
    assert [each.pid for each in membership.strays] == [23]


def test_strays_are_what_descends_from_orphans_without_a_job():
    seen = table(
        process(20, REAPER),
        process(23, REAPER),  # a stray with a family
        process(24, 23),
        process(25, 24, state="Z"),
        process(26, REAPER),  # left by a job that is over, with its label
        process(27, 26),
        process(28, 1),
    )
    membership = jobs({26: "z"}, a=20)
    membership.update(seen)
    assert [each.pid for each in membership.strays] == [23, 24]


def test_what_belonged_to_a_job_that_is_over_is_no_stray():
    membership = jobs(a=20, b=21)
    membership.update(table(process(20, REAPER), process(21, REAPER), process(22, 20)))
    membership.remove("a")
    left = table(process(21, REAPER), process(22, REAPER), process(23, 22), process(24, REAPER))
    for _ in range(2):
        assert pids(membership.update(left)) == {"b": [21]}
        assert [each.pid for each in membership.strays] == [24]


def test_what_descends_from_an_orphan_or_shares_its_session_belongs_too():
    seen = table(
        process(20, REAPER, state="Z"),
        process(25, REAPER, 24),  # the leader of its session, 24, has exited
        process(26, 25, 24),
        process(27, REAPER, 24),
        process(28, 27),
    )
    assert pids(jobs({25: "a"}, a=20).update(seen)) == {"a": [20, 25, 26, 27, 28]}


def test_what_belonged_once_belongs_for_as_long_as_it_lives():
    membership = jobs(a=20)
    membership.update(table(process(20, REAPER), process(21, 20)))
    assert pids(membership.update(table(process(21, REAPER)))) == {"a": [21]}
    assert pids(membership.update(table(process(21, REAPER), process(22, 21)))) == {"a": [21, 22]}


def test_a_child_of_what_was_ended_between_two_looks_belongs_by_its_former_session():
    membership = jobs(a=20)
    membership.update(table(process(20, REAPER), process(21, 20), process(22, 21, 21)))
    assert pids(membership.update(table(process(23, REAPER, 21)))) == {"a": [23]}
    assert pids(membership.update(table(process(24, REAPER, 21)))) == {"a": [24]}
    assert membership.update(table()) == {}
    assert membership.update(table(process(25, REAPER, 21))) == {}


def test_a_reused_pid_is_another_process():
    membership = jobs(a=20)
    membership.update(table(process(20, REAPER), process(21, 20)))
    later = table(process(20, REAPER, start=99), process(21, 1, start=99))
    assert membership.update(later) == {}


def test_a_first_process_that_is_gone_at_the_first_look_is_not_looked_for_later():
    membership = jobs(a=20)
    assert membership.update(table()) == {}
    assert membership.update(table(process(20, REAPER))) == {}


def test_a_parent_that_is_younger_than_its_child_is_no_parent():
    seen = table(process(20, REAPER, start=99), process(21, 20, start=50))
    assert pids(jobs(a=20).update(seen)) == {"a": [20]}


def test_the_session_of_the_reaper_belongs_to_no_job():
    """A job that could not make a session must not take the reaper's other children with it."""
    found = jobs(a=20).update(table(process(20, REAPER, 5), process(21, REAPER, 5)))
    assert pids(found) == {"a": [20]}


def test_children_of_a_job_that_could_not_make_a_session_belong_by_their_parent():
    found = jobs(a=20).update(table(process(20, REAPER, 5), process(21, 20, 5)))
    assert pids(found) == {"a": [20, 21]}


def test_a_parent_may_be_as_old_as_its_child():
    """The clock of start times ticks a hundred times per second."""
    seen = table(process(20, REAPER, start=50), process(21, 20, start=50))
    assert pids(jobs(a=20).update(seen)) == {"a": [20, 21]}


def test_a_job_can_be_taken_up_by_its_label_alone():
    membership = jobs({30: "a"}, a=None)
    assert pids(membership.update(table(process(30, REAPER), process(31, 30)))) == {"a": [30, 31]}


def test_a_job_that_is_removed_has_no_processes():
    membership = jobs({21: "a"}, a=20, b=30)
    seen = table(process(20, REAPER), process(21, REAPER), process(30, REAPER))
    membership.update(seen)
    membership.remove("a")
    membership.remove("unknown")
    assert pids(membership.update(seen)) == {"b": [30]}


def test_a_label_that_came_before_its_job_is_found():
    """A process may be seen before its job is added; the label is read once."""
    read = []
    membership = Membership(REAPER, lambda pid: read.append(pid) or "a")
    orphan = table(process(21, REAPER))
    assert membership.update(orphan) == {}
    membership.add("a", 20)
    assert pids(membership.update(orphan)) == {"a": [21]}
    assert read == [21]


def test_jobs_whose_name_is_false_are_jobs():
    membership = Membership(REAPER, lambda _: None)
    membership.add(0, 20)
    assert pids(membership.update(table(process(20, REAPER), process(21, 20)))) == {0: [20, 21]}


def test_the_first_thread_of_a_process_may_exit_before_the_others():
    assert not process(20, 1, state="Z").is_alive
    assert process(20, 1, state="Z")._replace(threads=2).is_alive


@given(
    st.lists(
        st.builds(
            process,
            st.integers(1, 30),
            st.integers(0, 30),
            st.integers(1, 30),
            start=st.integers(0, 9),
        )
    )
)
def test_any_table_has_an_answer(processes):
    """Tables are not read in one moment, so that anything may stand in them."""
    seen = {each.pid: each for each in processes}
    membership = Membership(REAPER, {pid: pid % 3 for pid in range(0, 30, 2)}.get)
    for job in range(3):
        membership.add(job, 20 + job)
    for _ in range(2):
        found = membership.update(seen)
        assert sum(map(len, found.values())) == len(
            {each.pid for processes in found.values() for each in processes}
        )


class Machine(RuleBasedStateMachine):
    """Jobs that do what they like: nothing is taken for a job's that is not, and little missed."""

    living = Bundle("living")

    @initialize()
    def boot(self):
        self.clock = 100
        self.processes = {REAPER: process(REAPER, 1, 5, start=0)}
        self.truth = {}
        """The job of each process, by pid and start."""
        self.has_label = {}
        self.seen = set()
        self.recent = []
        """The pids and sessions in use at the last looks: the kernel does not reuse them soon."""
        self.membership = Membership(REAPER, self.label)
        self.next_job = 1

    def label(self, pid):
        return self.truth[self.identity(pid)] if self.has_label[pid] else None

    def identity(self, pid):
        return pid, self.processes[pid].start_ticks

    def is_there(self, identity):
        return identity[0] in self.processes and self.identity(identity[0]) == identity

    def new(self, parent, session, job, *, has_label):
        used = {pid for each in self.processes.values() for pid in (each.pid, each.session)}
        pid = next((pid for pid in PIDS if pid not in used.union(*self.recent)), None)
        if pid is None:
            return multiple()
        self.clock += 1
        self.processes[pid] = process(pid, parent, session, start=self.clock)
        self.truth[pid, self.clock] = job
        self.has_label[pid] = has_label
        return pid, self.clock

    @rule(target=living)
    def start_job(self):
        job, self.next_job = self.next_job, self.next_job + 1
        made = self.new(REAPER, None, job, has_label=True)
        if isinstance(made, tuple) and made:
            self.membership.add(job, made[0])
        return made

    @rule(target=living, parent=living)
    def fork(self, parent):
        if not self.is_there(parent) or self.processes[parent[0]].state == "Z":
            return multiple()
        pid = parent[0]
        job, session = self.truth[parent], self.processes[pid].session
        return self.new(pid, session, job, has_label=self.has_label[pid])

    @rule(target=living)
    def start_stranger(self):
        return self.new(1, None, None, has_label=False)

    @rule(leader=living)
    def make_session(self, leader):
        if self.is_there(leader):
            pid = leader[0]
            self.processes[pid] = self.processes[pid]._replace(session=pid, group=pid)

    @rule(changed=living)
    def clear_environment(self, changed):
        if self.is_there(changed):
            self.has_label[changed[0]] = False

    @rule(gone=consumes(living))
    def exit(self, gone):
        if self.is_there(gone):
            del self.processes[gone[0]]
            self.give_orphans_away(gone)

    @rule(gone=living)
    def exit_unreaped(self, gone):
        if self.is_there(gone):
            self.processes[gone[0]] = self.processes[gone[0]]._replace(state="Z")
            self.give_orphans_away(gone)

    def give_orphans_away(self, gone):
        parent = 1 if self.truth[gone] is None else REAPER
        for pid, each in self.processes.items():
            if each.parent == gone[0]:
                self.processes[pid] = each._replace(parent=parent)

    @rule(seed=st.integers(0, 9))
    def look(self, seed):
        order = list(self.processes.values())
        random.Random(seed).shuffle(order)
        found = self.membership.update({each.pid: each for each in order})
        answer = {self.identity(each.pid): job for job, each_ in found.items() for each in each_}
        for identity, job in answer.items():
            assert self.truth[identity] == job
        for pid in self.processes.keys() - {REAPER}:
            identity = self.identity(pid)
            if identity in self.seen or self.has_label[pid]:
                assert answer.get(identity) == self.truth[identity]
        strays = {each.pid for each in self.membership.strays}
        for pid, each in self.processes.items():
            is_missed = pid != REAPER and self.identity(pid) not in answer
            is_live_orphan = each.parent == REAPER and each.is_alive
            if is_missed and self.truth[self.identity(pid)] and is_live_orphan:
                assert pid in strays
        self.seen = set(answer)
        used = {pid for each in order for pid in (each.pid, each.session)}
        self.recent = [*self.recent, used][-2:]

    @invariant()
    def ends(self):
        assert REAPER in self.processes


TestMachine = Machine.TestCase
TestMachine.settings = settings(stateful_step_count=60, max_examples=200, deadline=None)
