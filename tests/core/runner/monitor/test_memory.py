"""How much memory a job uses when its processes share some."""

from hypothesis import given
from hypothesis import strategies as st

from torc_core.runner.guard.membership import Process
from torc_core.runner.guard.procfs import PAGE
from torc_core.runner.monitor.memory import Budget, JobMemory

MIB = 2**20


class Machine:
    """Processes with private and shared memory, and a job of all of them."""

    def __init__(self):
        self.faults = {}
        self.private = {}
        self.shared = {}
        """By pid: the bytes that it shares with all others that share."""
        self.reads = []
        self.now = 0.0
        self.memory = JobMemory(self.read)

    def read(self, process):
        self.reads.append(process.pid)
        sharers = sum(1 for bytes_ in self.shared.values() if bytes_)
        return self.private[process.pid] + (self.shared[process.pid] // max(sharers, 1))

    def set(self, pid, private, shared=0):
        got = max(private - self.private.get(pid, 0), 0) + max(shared - self.shared.get(pid, 0), 0)
        self.faults[pid] = self.faults.get(pid, 0) + got // PAGE
        self.private[pid], self.shared[pid] = private, shared

    def end(self, pid):
        del self.private[pid], self.shared[pid]

    @property
    def processes(self):
        return [
            Process(pid, 1, 1, 1, 0, "S", 1, 0, 0, private + self.shared[pid], self.faults[pid])
            for pid, private in self.private.items()
        ]

    @property
    def truth(self):
        return sum(self.private.values()) + max(self.shared.values(), default=0)

    def measure(self, *, may_read=True, limit=None):
        """Return what is measured, and which processes were read for it."""
        self.reads = []
        found = self.memory.measure(
            self.processes, self.now, may_read=lambda: may_read, limit=limit
        )
        return found, self.reads


def test_one_process_is_not_read():
    machine = Machine()
    machine.set(2, 10 * MIB, 5 * MIB)
    assert machine.measure() == (15 * MIB, [])
    assert machine.measure(limit=20 * MIB) == (15 * MIB, [])


def test_what_several_share_counts_once():
    machine = Machine()
    for pid in (2, 3, 4, 5):
        machine.set(pid, MIB, 1000 * MIB)
    assert machine.measure() == (1004 * MIB, [2, 3, 4, 5])


def test_it_is_read_again_only_after_a_change():
    machine = Machine()
    machine.set(2, 100 * MIB)
    machine.set(3, 50 * MIB)
    machine.measure()
    assert machine.measure() == (150 * MIB, [])
    machine.set(3, 52 * MIB)
    assert machine.measure() == (152 * MIB, []), "what was added is not shared yet"
    machine.set(3, 80 * MIB)
    assert machine.measure() == (180 * MIB, [3])
    machine.set(3, 20 * MIB)
    assert machine.measure() == (120 * MIB, [3])


def test_a_small_helper_beside_a_large_program_is_not_worth_a_reading():
    machine = Machine()
    machine.set(2, 1000 * MIB)
    machine.set(3, 2 * MIB, 2 * MIB)
    machine.measure()
    machine.end(3)
    machine.measure()
    machine.set(4, 2 * MIB, 2 * MIB)
    assert machine.measure() == (1004 * MIB, [])


def test_a_fork_of_a_large_program_is_read_and_so_is_the_program():
    machine = Machine()
    machine.set(2, 0, 1000 * MIB)
    machine.measure()
    machine.set(3, MIB, 1000 * MIB)
    found, reads = machine.measure()
    assert (found, sorted(reads)) == (1001 * MIB, [2, 3])


def test_what_was_shared_with_a_process_that_has_exited_is_not_forgotten():
    machine = Machine()
    for pid in (2, 3, 4):
        machine.set(pid, 0, 900 * MIB)
    machine.measure()
    machine.end(4)
    assert machine.measure() == (900 * MIB, [2, 3])
    machine.end(3)
    assert machine.measure() == (900 * MIB, [])


def test_what_several_shared_may_be_copied_without_a_change_in_size():
    machine = Machine()
    for pid in (2, 3):
        machine.set(pid, 0, 100 * MIB)
    machine.measure()
    assert machine.measure() == (100 * MIB, [])
    for pid in (2, 3):
        machine.set(pid, 100 * MIB, 0)
    assert machine.measure() == (200 * MIB, [2, 3])
    assert machine.measure() == (200 * MIB, [])


def test_near_a_limit_copies_are_looked_for_although_they_are_dear():
    machine = Machine()
    for pid in (2, 3):
        machine.set(pid, 0, 100 * MIB)
    machine.measure(limit=150 * MIB)
    for pid in (2, 3):
        machine.set(pid, 100 * MIB, 0)
    machine.now = 1.0
    assert machine.measure(limit=150 * MIB, may_read=False) == (200 * MIB, [2, 3])


def test_much_memory_near_its_limit_is_read_less_often():
    machine = Machine()
    for pid in (2, 3):
        machine.set(pid, 0, 10_000 * MIB)
    machine.measure(limit=15_000 * MIB)
    for pid in (2, 3):
        machine.set(pid, 6_000 * MIB, 4_000 * MIB)
    machine.now = 9.0
    assert machine.measure(limit=15_000 * MIB) == (10_000 * MIB, [])
    machine.now = 11.0
    assert machine.measure(limit=15_000 * MIB) == (16_000 * MIB, [2, 3])


def test_without_time_to_read_the_memory_stays_as_it_was():
    machine = Machine()
    for pid in (2, 3):
        machine.set(pid, 10 * MIB, 900 * MIB)
    assert machine.measure(may_read=False) == (910 * MIB, []), "at least that of one process"
    assert machine.measure()[0] == 920 * MIB
    machine.end(3)
    machine.set(4, 500 * MIB, 900 * MIB)
    assert machine.measure(may_read=False) == (920 * MIB, [])
    assert machine.measure() == (machine.truth, [4, 2])


def test_a_job_is_read_before_it_is_said_to_exceed_its_limit():
    machine = Machine()
    for pid in (2, 3):
        machine.set(pid, 10 * MIB, 900 * MIB)
    assert machine.measure(limit=1000 * MIB)[0] == 920 * MIB
    machine.set(3, 95 * MIB, 900 * MIB)
    machine.now = 1.0
    found, reads = machine.measure(limit=1000 * MIB, may_read=False)
    assert found > 1000 * MIB
    assert reads


def test_one_process_that_seems_to_exceed_its_limit_is_read():
    """It may share a file with another job."""
    machine = Machine()
    machine.set(2, MIB, 1000 * MIB)
    machine.memory = JobMemory(lambda _: 501 * MIB)
    assert machine.measure(limit=600 * MIB)[0] == 501 * MIB
    assert machine.measure(limit=500 * MIB)[0] == 501 * MIB


@given(
    st.lists(
        st.tuples(st.integers(2, 6), st.integers(0, 500), st.booleans(), st.booleans()),
        min_size=1,
        max_size=40,
    )
)
def test_what_is_measured_is_near_the_truth(steps):
    """While nothing but whole programs shares memory, with time to read after each change."""
    machine = Machine()
    for pid, private, shares, ends in steps:
        if ends and len(machine.private) > 1 and pid in machine.private:
            machine.end(pid)
        else:
            machine.set(pid, private * MIB, 200 * MIB if shares else 0)
        found, _ = machine.measure()
        # A twentieth each: of those unread, of those read before, of what was shared.
        assert abs(found - machine.truth) <= 0.16 * machine.truth + 5 * MIB


def test_a_budget_is_spent_and_earned():
    budget = Budget(0.01, now=100.0)
    assert budget.has_credit(100.0)
    budget.spend(0.5)
    assert not budget.has_credit(101.0)
    assert not budget.has_credit(119.0)
    assert budget.has_credit(121.0)


def test_a_budget_that_was_not_needed_for_long_is_no_treasure():
    budget = Budget(0.01, now=0.0)
    assert budget.has_credit(1e6)
    budget.spend(0.31)
    assert not budget.has_credit(1e6)
