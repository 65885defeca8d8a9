"""The CPU time of jobs whose processes come and go."""

from hypothesis import given, settings
from hypothesis import strategies as st

from torc_core.runner.guard.membership import Process
from torc_core.runner.monitor.cpu_time import CpuTime

REAPER = 1


def process(pid, parent, own=0, reaped=0, *, start=0):
    return Process(pid, parent, pid, pid, start, "S", 1, own, reaped, 4096)


def totals(*looks):
    cpu = CpuTime()
    return [cpu.update(look) for look in looks]


def test_the_time_of_all_processes_counts_and_that_of_their_children():
    assert totals([process(5, REAPER, 3, 4), process(6, 5, 10)]) == [17]


def test_a_child_that_was_waited_for_is_in_the_time_of_its_parent():
    shell = process(5, REAPER, 1)
    assert totals([shell, process(6, 5, 10)], [shell._replace(reaped_cpu_ticks=12)]) == [11, 13]


def test_an_orphan_that_has_exited_is_not_forgotten():
    shell = process(5, REAPER, 1)
    assert totals([shell, process(6, REAPER, 10)], [shell], [shell]) == [11, 11, 11]


def test_workers_that_replace_each_other_add_up():
    shell = process(5, REAPER)
    looks = [[shell, process(10 + each, REAPER, 100)] for each in range(4)]
    assert totals(*looks) == [100, 200, 300, 400]


def test_an_orphan_is_lost_with_the_children_that_it_had():
    first, second = process(6, REAPER, 10), process(7, 6, 20)
    assert totals([process(5, REAPER), first, second], [process(5, REAPER)]) == [30, 30]


def test_children_whose_exits_are_ignored_do_not_make_the_sum_fall():
    shell = process(5, REAPER, 1)
    assert totals([shell, process(6, 5, 10)], [shell], [shell._replace(cpu_ticks=20)]) == [
        11,
        11,
        20,
    ]


def test_a_pid_that_is_used_again_is_another_process():
    assert totals([process(6, REAPER, 10)], [process(6, REAPER, 2, start=9)]) == [10, 12]


def test_a_circle_of_parents_ends():
    assert totals([process(5, 6, 1), process(6, 5, 1)], []) == [2, 2]


@st.composite
def histories(draw):
    """Yield looks at processes that fork, work and exit, and the true sum at each."""
    alive, true, looks, next_pid = {2: [REAPER, 0, 0]}, 0, [], 3
    for _ in range(draw(st.integers(1, 30))):
        pid = draw(st.sampled_from(sorted(alive))) if alive else None
        what = draw(st.sampled_from(["fork", "work", "exit", "look"]))
        if what == "fork" and pid:
            alive[next_pid], next_pid = [pid, 0, 0], next_pid + 1
        elif what == "work" and pid:
            ticks = draw(st.integers(1, 50))
            alive[pid][1] += ticks
            true += ticks
        elif what == "exit" and pid:
            parent, own, reaped = alive.pop(pid)
            if parent in alive:
                alive[parent][2] += own + reaped
            for each in alive.values():
                each[0] = REAPER if each[0] == pid else each[0]
        elif what == "look":
            looks.append(([process(p, *rest) for p, rest in alive.items()], true))
    return looks


@settings(max_examples=500)
@given(histories())
def test_the_sum_never_falls_and_is_never_more_than_there_was(history):
    cpu, before = CpuTime(), 0
    for look, true in history:
        total = cpu.update(look)
        assert before <= total <= true
        before = total
