"""Servers that do not answer when a runner starts or ends."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest
from core.runner.flows import Flow, RunnerThread
from core.runner.forwarding import forwarding
from core.runner.left_behind import Runners
from core.runner.simulated import SimulatedClock
from forks.processes import Process
from waiting import wait_for

from torc_core.client import TorcClient
from torc_core.errors import AccessError, ServerError, TransportError, UnreachableError
from torc_core.runner.server.patience import Patience

# ---- how long it asks


class Question:
    """A question that is answered after some failures, or never."""

    def __init__(self, clock, error, failures=None):
        self.clock, self.error, self.left = clock, error, failures
        self.asked = 0

    def __call__(self):
        self.asked += 1
        self.clock.now += 1.0
        if self.left == 0:
            return "answer"
        if self.left is not None:
            self.left -= 1
        raise self.error


@pytest.fixture
def clock():
    return SimulatedClock()


def patience(clock, limit_s=10.0, **fields):
    return Patience(limit_s, clock, jitter=lambda: 0.0, **fields)


@pytest.mark.parametrize("error", [UnreachableError("no"), TransportError("no"), ServerError("no")])
def test_what_may_pass_is_asked_again(clock, error):
    question = Question(clock, error, failures=3)
    assert patience(clock).ask(question) == "answer"
    assert question.asked == 4


def test_a_refusal_is_an_answer(clock):
    question = Question(clock, AccessError("no"))
    with pytest.raises(AccessError):
        patience(clock).ask(question)
    assert question.asked == 1


def test_it_ends_after_its_time_and_then_each_question_is_asked_once(clock):
    waiting = patience(clock, 10.0)
    for times in (11, 1):
        question = Question(clock, UnreachableError("no"))
        with pytest.raises(UnreachableError):
            waiting.ask(question)
        assert question.asked == times


def test_a_server_that_has_answered_is_given_the_whole_time_again(clock):
    waiting = patience(clock, 10.0)
    for _ in range(2):
        assert waiting.ask(Question(clock, UnreachableError("no"), failures=9)) == "answer"


def test_a_runner_that_is_to_stop_waits_no_longer(clock):
    question = Question(clock, UnreachableError("no"))
    with pytest.raises(UnreachableError):
        patience(clock, is_over=lambda: question.asked == 2).ask(question)
    assert question.asked == 2


# ---- runners


@pytest.fixture
def own(make_server):
    return make_server()


@pytest.fixture
def make(tmp_path):
    """Make a workflow at a server."""
    clients = []

    def make(url):
        clients.append(TorcClient(url))
        return Flow(clients[-1], tmp_path / "out")

    yield make
    for client in clients:
        client.close()


def test_a_runner_that_starts_while_the_server_restarts_waits_for_it(own, make, caplog):
    flow = make(own.url)
    job = flow.add("true")
    flow.start()
    own.kill()
    thread = RunnerThread(flow.client, flow.options())
    wait_for(lambda: "Server does not answer" in caplog.text, "the runner's warning")
    own.start()
    assert thread.wait().exit_code == 0
    assert flow.status(job) == "completed"


def test_a_runner_that_waits_for_its_first_answer_can_be_stopped(own, make, caplog):
    flow = make(own.url)
    flow.add("true")
    flow.start()
    own.kill()
    thread = RunnerThread(flow.client, flow.options())
    wait_for(lambda: "Server does not answer" in caplog.text, "the runner's warning")
    thread.runner.stop()
    summary = thread.wait()
    assert (summary.exit_code, summary.reason) == (130, "the runner was asked to stop")


def test_a_registration_whose_answer_is_lost_is_not_repeated(server, make):
    flow = make(server.url)
    flow.add("true")
    flow.start()
    cut = []

    def is_first_registration(request):
        is_cut = request.method == "POST" and request.target.endswith("/compute_nodes") and not cut
        cut.extend([request] if is_cut else [])
        return is_cut

    with forwarding(server, is_first_registration) as between:
        client = TorcClient(between.url)
        assert RunnerThread(client, flow.options()).wait().exit_code == 0
        client.close()
    assert cut
    [node] = flow.client.list_compute_nodes(flow.id).items
    assert node.is_active is False


def last_words(flow, *jobs):
    """Return whether a request is one of the last: the jobs are over and reported."""

    def is_last(request):
        if request.target.endswith("/exchange") or "/actions" in request.target:
            return False
        return {flow.status(job) for job in jobs} <= {"completed", "failed"}

    return is_last


def test_the_last_questions_are_asked_again(server, make):
    flow = make(server.url)
    is_last = last_words(flow, flow.add("true"))
    run_id = flow.start()
    seen = {}

    def is_cut(request):
        if not is_last(request) or request.target.endswith("/version"):
            return False
        key = request.method, request.target
        seen[key] = seen.get(key, 0) + 1
        return seen[key] <= 3

    with forwarding(server, is_cut) as between:
        client = TorcClient(between.url)
        summary = RunnerThread(client, flow.options(workflow_run_id=run_id)).wait()
        client.close()
    assert summary.exit_code == 0
    assert summary.jobs_by_status["completed"] == 1
    assert [node.is_active for node in flow.client.list_compute_nodes(flow.id).items] == [False]
    assert [run.status for run in flow.client.list_workflow_runs(flow.id).items] == ["completed"]
    assert len(seen) == 3


@pytest.mark.parametrize(("command", "code"), [("true", 0), ("exit 3", 1)])
def test_a_run_whose_last_questions_are_not_answered_ends_by_what_is_known(
    server, make, command, code
):
    flow = make(server.url)
    job = flow.add(command)
    flow.initialize()
    with forwarding(server, last_words(flow, job)) as between:
        program = [sys.executable, "-m", "torc_tui", "--url", between.url, "run", str(flow.id)]
        runner = Process(
            [*program, "--output-dir", str(flow.output_dir)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        wait_for(lambda: "Server does not answer" in log_in(flow.output_dir), "the first try")
        runner.send_signal(signal.SIGINT)  # it would wait for a minute
        stdout, stderr = runner.communicate(timeout=100)
    assert runner.returncode == code, stderr
    assert f"this runner's jobs: 1 {flow.status(job)}" in stdout
    assert "is not known" in stderr


def log_in(folder):
    return "".join(path.read_text() for path in folder.glob("job_runner_*"))


def test_ctrl_c_while_the_server_is_away_keeps_its_exit_code(own, make, tmp_path):
    flow = make(own.url)
    flow.add(f"touch {tmp_path}/runs; sleep 100")
    runners = Runners()
    try:
        runner = runners.start(flow)
        wait_for((tmp_path / "runs").exists, "the job")
        own.kill()
        runner.send_signal(signal.SIGINT)
        wait_for(lambda: "Shutting down" in log_in(flow.output_dir), "the first signal")
        runner.send_signal(signal.SIGINT)
        assert runner.wait(100) == 130
    finally:
        runners.end()
