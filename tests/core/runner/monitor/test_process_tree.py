from torc_core.runner.monitor.process_tree import Process, sample_sessions
from torc_core.runner.policy.sampling import Sample


def process(pid, parent, session, cpu_s=1.0, memory=10):
    return Process(pid, parent, session, cpu_s, memory)


def machine(*processes):
    return {each.pid: each for each in processes}


def zombie(pid, parent, session, cpu_s=1.0):
    return process(pid, parent, session, cpu_s, memory=0)


def test_processes_belong_by_session_or_by_parent():
    processes = machine(
        process(1, 0, 1),
        process(100, 1, 100),
        process(101, 100, 100),
        process(102, 101, 102),  # made a session of its own
        process(103, 102, 102),
        process(104, 1, 100),  # its parent is gone
        process(200, 1, 200),
    )
    samples = sample_sessions(processes, {100, 200, 300})
    assert samples == {100: Sample(5.0, 50, 5), 200: Sample(1.0, 10, 1)}


def test_a_circle_of_parents_ends():
    assert sample_sessions(machine(process(1, 2, 1), process(2, 1, 2)), {9}) == {}


def test_a_job_whose_only_process_has_exited_is_no_sample():
    assert sample_sessions(machine(zombie(100, 1, 100), process(200, 1, 200)), {100, 200}) == {
        200: Sample(1.0, 10, 1)
    }


def test_a_job_of_which_all_processes_have_exited_is_no_sample():
    processes = machine(zombie(100, 1, 100), zombie(101, 100, 100), zombie(102, 101, 102))
    assert sample_sessions(processes, {100}) == {}


def test_a_process_that_has_exited_is_not_counted_beside_live_ones():
    processes = machine(process(100, 1, 100, memory=30), zombie(101, 100, 100))
    assert sample_sessions(processes, {100})[100].num_processes == 1
    assert sample_sessions(processes, {100})[100].memory_bytes == 30


def test_a_job_outlives_its_first_process():
    processes = machine(zombie(100, 1, 100), process(101, 100, 100, memory=20))
    assert sample_sessions(processes, {100}) == {100: Sample(2.0, 20, 1)}


def test_cpu_time_is_the_same_before_at_and_after_the_exit_of_a_child():
    """Otherwise the sum would fall and jump back, which looks like a peak."""
    shell = process(100, 1, 100, cpu_s=1.0)
    moments = [
        machine(shell, process(101, 100, 100, cpu_s=5.0)),
        machine(shell, zombie(101, 100, 100, cpu_s=5.0)),
        machine(process(100, 1, 100, cpu_s=6.0)),  # reaped: it has its child's time
    ]
    assert [sample_sessions(moment, {100})[100].cpu_s for moment in moments] == [6.0] * 3


def test_what_has_exited_still_connects_its_children_to_the_job():
    processes = machine(
        process(100, 1, 100), zombie(101, 100, 100), process(102, 101, 102, memory=7)
    )
    assert sample_sessions(processes, {100})[100].memory_bytes == 17
