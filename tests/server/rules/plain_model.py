"""The life of jobs, said as simply as it can be: dicts, lists, everything looked at each time.

Written from the documents, not from the rules. Jobs go by name here. Whatever the documents refuse
raises `Refused` with the HTTP status; what a turn of a runner reports is judged in a word.
"""

from __future__ import annotations

from dataclasses import dataclass, field

SHEET = """
uninitialized -> blocked ready disabled
blocked -> ready canceled
ready -> pending canceled
pending -> running ready canceled terminated
running -> completed failed terminated ready pending_failed canceled
pending_failed -> failed ready uninitialized
completed -> uninitialized ready
failed -> uninitialized ready
canceled -> uninitialized ready
terminated -> uninitialized ready
disabled -> uninitialized
"""
"""Who may follow whom: the specification, word for word. Canceling ends what runs."""

WAYS = {
    line.split(" -> ")[0]: set(line.split(" -> ")[1].split()) for line in SHEET.strip().splitlines()
}
ENDED = {"completed", "failed", "canceled", "terminated"}
SETTLED = ENDED | {"disabled"}
BAD = {"failed", "canceled", "terminated"}
ACTIVE = {"pending", "running"}
REPORTED = ENDED | {"pending_failed"}
LOST = ("failed", -128)
TOO_MANY = 5
NOT_CLAIMED = {"uninitialized", "blocked", "ready", "pending"}


class Refused(Exception):  # noqa: N818 - an answer, not an error
    def __init__(self, status):
        super().__init__(status)
        self.status = status


@dataclass
class Job:
    needs: set
    minds: bool
    priority: int
    size: int
    status: str = "uninitialized"
    attempt: int = 1
    token: int = 0
    node: int | None = None
    interrupted: bool = False
    uncounted: int = 0

    @property
    def standing(self):
        """What it is for those that wait for it: who was interrupted goes on some time."""
        return "ready" if self.status == "terminated" and self.interrupted else self.status


@dataclass
class Attempt:
    node: int | None
    run: int
    number: int
    outcome: str | None = None
    is_open: bool = True
    started: bool = False

    @property
    def may_have_started(self):
        """A runner that fell silent has told nothing; clients without tokens never do."""
        return self.started or (self.node is not None and self.outcome != "released")

    @property
    def is_unreported(self):
        return self.is_open or self.outcome in {"lost", "given up"}

    @property
    def was_released(self):
        return self.outcome in {"released", "lost with its guard"}


@dataclass
class Action:
    trigger: str
    members: set
    executed: bool = False
    is_due: bool = False
    """Of triggers on the workflow; those on jobs are counted."""


@dataclass
class Model:
    jobs: dict = field(default_factory=dict)
    attempts: dict = field(default_factory=dict)
    """By job and token."""
    results: dict = field(default_factory=dict)
    """Status and return code by job, run and attempt."""
    latest: dict = field(default_factory=dict)
    late: list = field(default_factory=list)
    """Refused ends of attempts that no one else had reported: job, token, status, return code."""
    actions: list = field(default_factory=list)
    live_nodes: set = field(default_factory=set)
    run: int = 0
    is_canceled: bool = False
    is_noticed: bool = False
    completions: int = 0

    # What follows from what.

    def follow(self, *changed, reopens=False):
        """Let blocked jobs go on, or not, that wait for the changed ones; then look for the end."""
        queue = list(changed)
        while queue:
            mover = queue.pop()
            for name, job in self.jobs.items():
                before = {self.jobs[other].standing for other in job.needs}
                if mover in job.needs and job.status == "blocked" and before <= SETTLED:
                    job.status = "canceled" if job.minds and before & BAD else "ready"
                    queue.append(name)
        if reopens:
            self.is_noticed = False
        else:
            self.notice()

    def notice(self):
        if self.is_noticed or not self.all_settled():
            return
        self.is_noticed = True
        self.completions += 1
        for action in self.actions:
            if action.trigger == "on_workflow_complete" and not action.executed:
                action.is_due = True

    def all_settled(self):
        return all(job.standing in SETTLED for job in self.jobs.values())

    def is_complete(self):
        return self.is_canceled or self.all_settled()

    def move(self, name, status):
        job = self.jobs[name]
        was_settled = job.standing in SETTLED
        job.status = status
        self.follow(name, reopens=was_settled and job.standing not in SETTLED)

    def after(self, names):
        """Everything that waits for one of these, however indirectly."""
        found = set(names)
        while more := {n for n, job in self.jobs.items() if job.needs & found} - found:
            found |= more
        return found - set(names)

    def pending_actions(self):
        counted = {
            "on_jobs_ready": set(WAYS) - {"uninitialized", "blocked"},
            "on_jobs_complete": SETTLED,
        }
        pending = []
        for number, action in enumerate(self.actions):
            states = [self.jobs[name].standing for name in action.members]
            if action.trigger in counted:
                due = bool(states) and set(states) <= counted[action.trigger]
            else:
                due = action.is_due
            if due and not action.executed:
                pending.append(number)
        return pending

    # Attempts and results.

    def claim(self, names, node):
        for name in names:
            job = self.jobs[name]
            job.status, job.token, job.node = "pending", job.token + 1, node
            number = max(job.attempt, self.last_started(name) + 1)
            job.uncounted += number - job.attempt
            job.attempt = number
            self.attempts[name, job.token] = Attempt(node, self.run, number)

    def stop(self, names):
        """What a runner of ours holds is to be stopped; those of others cannot be stopped."""
        for (name, _), attempt in self.attempts.items():
            if name in names and attempt.is_open and attempt.outcome is None:
                attempt.outcome = "canceled" if attempt.node is None else "cancel"
                attempt.is_open = attempt.node is not None

    def to_kill(self, node):
        """The jobs that a node is to stop, unless it holds them again."""
        return sorted(
            {
                name
                for (name, token), attempt in self.attempts.items()
                if attempt.node == node
                and attempt.is_open
                and attempt.outcome is not None
                and not (self.jobs[name].node == node and self.jobs[name].token > token)
            }
        )

    def last_started(self, name):
        return max(
            (
                attempt.number
                for (owner, _), attempt in self.attempts.items()
                if owner == name and attempt.run == self.run and attempt.may_have_started
            ),
            default=0,
        )

    def last_recorded(self, name):
        return max((a for n, run, a in self.results if (n, run) == (name, self.run)), default=0)

    def record(self, name, attempt, status, code):
        self.results[name, self.run, attempt] = (status, code)
        self.latest[name] = (self.run, attempt)

    def close(self, name, token, outcome):
        attempt = self.attempts.get((name, token))
        if attempt is not None and attempt.is_unreported:
            attempt.is_open, attempt.outcome = False, outcome

    def close_from_afar(self, name, outcome):
        """Another client says how it ended: a runner of ours is still to stop it."""
        token = self.jobs[name].token
        attempt = self.attempts.get((name, token))
        if attempt is not None and attempt.is_open and attempt.node is not None:
            attempt.outcome = attempt.outcome or "cancel"
        else:
            is_over = attempt is not None and not attempt.is_open
            self.close(name, token, "given up" if is_over else outcome)

    def take_back(self, names):
        for name in names:
            job = self.jobs[name]
            job.status, job.node, job.uncounted = "uninitialized", None, job.attempt - 1
        self.stop(names)
        for (name, _), attempt in self.attempts.items():
            if name in names and attempt.outcome == "lost":
                attempt.outcome = "given up"
        if names:
            self.is_noticed = False

    # What owners do.

    def initialize(self, *, only_uninitialized):
        new = {n for n, job in self.jobs.items() if job.status == "uninitialized"}
        if only_uninitialized:
            kept = ACTIVE | {"disabled"}
            chosen = new | {n for n in self.after(new) if self.jobs[n].status not in kept}
            chosen |= {n for n, job in self.jobs.items() if job.status == "terminated"}
        else:
            waiting = {"blocked", "ready", "terminated", "pending_failed"}
            chosen = new | {n for n, job in self.jobs.items() if job.status in waiting}
            for name, job in self.jobs.items():
                if (
                    job.status in ACTIVE
                    and job.node is not None
                    and job.node not in self.live_nodes
                ):
                    chosen.add(name)
                    self.abandon(name)
        chosen |= self.give_up_claims()
        for name in chosen:
            self.jobs[name].status = "blocked" if self.jobs[name].needs else "ready"
            self.jobs[name].node = None
        for name, job in self.jobs.items():
            if job.status not in SETTLED | {"pending_failed"}:
                self.latest.pop(name, None)
            again = (name, self.run, job.attempt) in self.results
            job.attempt += again and job.status in {"blocked", "ready"}
        for action in self.actions:
            action.executed = False
            action.is_due = action.trigger == "on_workflow_start"
        self.is_noticed = False
        self.follow(*self.jobs)

    def abandon(self, name):
        """Its node has signed off, and left it: nothing more will be heard of it."""
        job = self.jobs[name]
        attempt = self.attempts[name, job.token]
        if job.status == "running":
            self.lose(name, attempt, is_forgiven=True)
        attempt.is_open, attempt.outcome = False, attempt.outcome or "lost"

    def give_up_claims(self):
        """Give up those of clients that may be gone, which nothing would tell."""
        given_up = {n for n, j in self.jobs.items() if j.status == "pending" and j.node is None}
        for name in given_up:
            self.close(name, self.jobs[name].token, "lost")
        return given_up

    def manage(self, name, wanted, run):
        job = self.jobs[name]
        if wanted in {"completed", "terminated"}:
            raise Refused(422)
        if job.status == wanted:
            return
        if run != self.run:
            raise Refused(422)
        beyond = wanted == "uninitialized" or (job.status, wanted) == ("ready", "running")
        if (wanted not in WAYS[job.status] and not beyond) or (job.status, wanted) == (
            "running",
            "failed",
        ):
            raise Refused(422 if wanted in ENDED else 409)
        if job.status == "ready" and wanted in ACTIVE:
            self.claim([name], None)
        if wanted == "pending":
            return
        if wanted != "running":
            self.stop({name})
            job.node = None
        if wanted == "ready":
            job.attempt = max(job.attempt, self.last_recorded(name) + 1)
        if wanted == "uninitialized" and job.status in ENDED:
            self.take_back_dependents(name)
        self.move(name, wanted)

    def take_back_dependents(self, name):
        for job in self.jobs.values():
            if name in job.needs and job.status in {"completed", "failed"}:
                job.status, job.node = "uninitialized", None

    def retry(self, name, run, max_retries):
        job = self.jobs[name]
        if run != self.run:
            raise Refused(422)
        if job.status not in {"running", "failed", "terminated", "pending_failed"}:
            raise Refused(409)
        if job.attempt >= max_retries:
            raise Refused(422)
        if job.status == "running":
            self.close_from_afar(name, "failed")
        job.attempt += 1
        job.node = None
        self.move(name, "ready")

    def disable(self, name):
        job = self.jobs[name]
        if job.status == "disabled":
            return
        if job.status != "uninitialized":
            raise Refused(422)
        self.move(name, "disabled")

    def delete(self, name):
        if self.jobs[name].status in ACTIVE:
            raise Refused(409)
        self.move(name, "disabled")
        del self.jobs[name]
        self.latest.pop(name, None)
        for key in [key for key in self.attempts if key[0] == name]:
            del self.attempts[key]
        for key in [key for key in self.results if key[0] == name]:
            del self.results[key]
        for job in self.jobs.values():
            job.needs.discard(name)
        for action in self.actions:
            action.members.discard(name)

    def cancel(self):
        self.is_canceled = True
        held = {name for name, job in self.jobs.items() if job.status in ACTIVE}
        for name in held:
            self.jobs[name].status, self.jobs[name].node = "canceled", None
        self.stop(held)

    def reset_workflow(self, *, force):
        if not force and any(job.status in ACTIVE for job in self.jobs.values()):
            raise Refused(422)
        self.is_canceled = False

    def reset_jobs(self, *, failed_only):
        if failed_only:
            failed = {n for n, job in self.jobs.items() if job.status in BAD | {"pending_failed"}}
            after = {n for n in self.after(failed) if self.jobs[n].status != "disabled"}
            self.take_back(failed | after)
        else:
            self.take_back(set(self.jobs))

    # What clients and runners report.

    def start(self, name, node):
        job = self.jobs[name]
        if (job.status, job.node) == ("running", node):
            return
        if job.status != "pending":
            raise Refused(409)
        job.status, job.node = "running", node
        if (name, job.token) in self.attempts:
            self.attempts[name, job.token].started = True

    def start_in_turn(self, name, token, node):
        """Return whether the process is to be stopped.

        Younger nodes take jobs over, and a node that is back goes on with those it had.
        """
        job = self.jobs[name]
        attempt = self.attempts.get((name, token))
        is_older = attempt is not None and attempt.node is not None and attempt.node < node
        if is_older and attempt.is_open and attempt.outcome is not None:
            attempt.node = node  # what was to be stopped there is to be stopped here
        if job.token != token or attempt is None:
            return True
        is_own = attempt.node is not None and attempt.node == node
        is_back = (job.status, attempt.outcome) == ("ready", "lost")
        is_elsewhere = job.status in ACTIVE and job.node != node
        if (is_back and (is_older or is_own)) or (is_elsewhere and is_older):
            self.find_again(name, attempt)
            attempt.node, attempt.outcome, attempt.is_open = node, None, True
        elif job.status == "running":
            return False
        elif job.status != "pending":
            return True
        job.status, job.node, attempt.started = "running", node, True
        return False

    def complete(self, name, status, run, attempt, code):
        job = self.jobs[name]
        if status not in REPORTED:
            raise Refused(422)
        recorded = self.results.get((name, run, attempt))
        if recorded == (status, code) and status == job.status:
            return
        if job.status in ENDED or recorded is not None:
            raise Refused(422)
        if job.status not in NOT_CLAIMED and status not in WAYS[job.status]:
            raise Refused(409)
        if run != self.run:
            raise Refused(422)
        self.record(name, attempt, status, code)
        self.close_from_afar(name, status)
        job.attempt, job.node, job.interrupted = max(job.attempt, attempt), None, False
        self.move(name, status)

    def judge(self, name, token, wanted):
        if name not in self.jobs:
            return "unknown"
        job = self.jobs[name]
        attempt = self.attempts.get((name, token))
        is_current = job.token == token
        if is_current and job.status in ACTIVE:
            return "ok"
        late = "fenced" if token < job.token else "illegal"
        if attempt is None:
            return "illegal"
        if attempt.is_open:
            is_told = self.last_recorded(name) >= job.attempt
            return "ok" if is_current and job.status == "canceled" and not is_told else late
        if attempt.was_released if wanted == "released" else attempt.outcome == wanted:
            return "duplicate"
        return "ok" if is_current and (attempt.outcome, job.status) == ("lost", "ready") else late

    def end(self, name, token, status, code, *, retry, interrupted):
        verdict = self.judge(name, token, status)
        if status not in REPORTED:
            return "illegal"
        if verdict in {"fenced", "illegal"}:
            if (name, token) in self.attempts and self.attempts[name, token].is_unreported:
                self.late.append((name, token, status, code))
            self.close(name, token, "fenced")
        if verdict != "ok":
            return verdict
        job = self.jobs[name]
        if (attempt := self.attempts.get((name, token))) is not None and attempt.outcome == "lost":
            self.find_again(name, attempt)
        number = max(job.attempt, self.last_recorded(name) + 1)
        self.close(name, token, status)
        if job.status == "canceled":
            self.record(name, number, "canceled", code)
            return verdict
        self.record(name, number, status, code)
        is_again = retry and status in BAD and not interrupted
        job.attempt, job.node = number + is_again, None
        job.interrupted = interrupted and status == "terminated" and not is_again
        job.uncounted += job.interrupted
        self.move(name, "ready" if is_again else status)
        return verdict

    def release(self, name, token):
        verdict = self.judge(name, token, "released")
        if verdict in {"ok", "fenced", "illegal"}:
            self.close(name, token, "released")
        if verdict == "ok" and self.jobs[name].status != "canceled":
            self.jobs[name].status, self.jobs[name].node = "ready", None
        return verdict

    def lose_with_guard(self, name, token):
        """Its guard is gone, and with it how it would have ended."""
        verdict = self.judge(name, token, "released")
        if verdict in {"ok", "fenced", "illegal"}:
            self.close(name, token, "lost with its guard")
        if verdict == "ok" and self.jobs[name].status != "canceled":
            attempt = self.attempts[name, token]
            if attempt.node is None:
                self.jobs[name].status, self.jobs[name].node = "ready", None
            else:
                self.lose(name, attempt)
        return verdict

    def sign_off(self, node):
        self.live_nodes.discard(node)
        for (name, token), attempt in self.attempts.items():
            if attempt.node == node and attempt.is_open:
                job = self.jobs[name]
                attempt.is_open = False
                attempt.outcome = "lost" if attempt.outcome is None else "given up"
                if job.token == token and job.status == "running":
                    self.lose(name, attempt)
                elif job.token == token and job.status == "pending":
                    job.status, job.node = "ready", None

    def lose(self, name, attempt, *, is_forgiven=False):
        """What ran is recorded as failed, and is tried again; some losses are too many."""
        job = self.jobs[name]
        key = (name, attempt.run, attempt.number)
        if key in self.results:
            job.status, job.node = "ready", None
            return
        self.results[key] = LOST
        self.latest[name] = key[1:]
        lost = [k for k, found in self.results.items() if k[:2] == key[:2] and found == LOST]
        is_again = len(lost) < TOO_MANY or is_forgiven
        job.attempt = max(job.attempt, attempt.number) + is_again
        job.uncounted += is_again
        job.node, job.interrupted = None, False
        self.move(name, "ready" if is_again else "failed")

    def find_again(self, name, attempt):
        """It was not lost: what was recorded of it is forgotten."""
        job = self.jobs[name]
        key = (name, attempt.run, attempt.number)
        if self.results.get(key) != LOST:
            return
        del self.results[key]
        self.latest.pop(name, None)  # initializing may have forgotten it
        for _, *before in [k for k in self.results if k[:2] == key[:2]]:
            self.latest[name] = tuple(before)
        if job.attempt == attempt.number + 1:
            job.attempt -= 1
            job.uncounted -= 1
