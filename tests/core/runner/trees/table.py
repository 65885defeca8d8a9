"""Commands whose processes are hard to end, and how each has to end."""

from __future__ import annotations

from typing import NamedTuple

from torc_core.model.status import JobStatus


class Row(NamedTuple):
    """A job. In its command, SLEEP is replaced by a command that stands for its program.

    That replaces its shell, waits to be released, and exits with 0. STAY is never released;
    VANISH, LOGS and HERE are a gate, the directory of the logs, and the working directory.
    """

    name: str
    command: str
    sleepers: int = 1
    """How many programs run once its tree is complete."""
    code: int = 0
    """Its exit code when it ends by itself."""
    stopped_code: int = 143
    """The same when it is ended, and has its grace."""
    stays: int = 0
    """How many programs it leaves behind on purpose."""
    lacks_output: bool = False
    """It has an output file that it does not write."""

    @property
    def status(self) -> JobStatus:
        return JobStatus.FAILED if self.code else JobStatus.COMPLETED


TABLE = [
    Row("plain", "(SLEEP)\ntrue"),
    Row("exec", "SLEEP"),
    Row("heredoc", "bash <<'END'\n(SLEEP)\necho done\nEND"),
    Row("fork_bomb", "for i in {1..200}; do (SLEEP) & done; wait", sleepers=200),
    Row(
        "fork_tree",
        "f() { if (( $1 )); then f $(($1 - 1)) & f $(($1 - 1)) & wait; else SLEEP; fi; }; f 5",
        sleepers=32,
    ),
    Row("ignores_sigterm", "trap '' TERM; (SLEEP)\ntrue", stopped_code=137),
    Row("starts_again", "trap : TERM; until (SLEEP); do :; done", stopped_code=137),
    Row("forks_twice", "( (SLEEP) & )\n(SLEEP)\ntrue", sleepers=2),
    Row("setsid", "setsid bash -c 'SLEEP'\necho two"),
    Row("forks_twice_setsid", "(setsid bash -c 'SLEEP' &)\n(SLEEP)\ntrue", sleepers=2),
    Row("unseen_daemon", "(setsid env -i bash -c 'SLEEP' &)\n(SLEEP)\ntrue", sleepers=2),
    Row("job_control", "set -m\n(SLEEP) &\nwait"),
    Row("timeout", "timeout 300 bash -c 'SLEEP' && echo one\necho two"),
    Row("nohup", "nohup bash -c 'STAY' >/dev/null 2>&1 &\n(SLEEP)\ntrue", sleepers=2, stays=1),
    Row(
        "nohup_setsid",
        "setsid nohup bash -c 'STAY' >/dev/null 2>&1 &\n(SLEEP)\ntrue",
        sleepers=2,
        stays=1,
    ),
    Row("process_1", "CONTAINER bash -c '(SLEEP)\ntrue'\necho two"),
    Row("full_disk", "echo x >/dev/full; code=$?; (SLEEP); exit $code", code=1),
    Row(
        "limited_log",
        "ulimit -f 64; head -c 1000000 /dev/zero; code=$?; (SLEEP); exit $code",
        code=153,
    ),
    Row("closes_stdout", "exec >&- 2>&-; (SLEEP); echo lost", code=1),
    Row("1_gb", "truncate -s 1G /dev/stdout; head -c 1G /dev/zero >/dev/null; (SLEEP)\ntrue"),
    Row("no_output", "(SLEEP)\ntrue", code=1, lacks_output=True),
    Row("not_found", "no-such-command-here; code=$?; (SLEEP); exit $code", code=127),
    Row("directory_vanishes", "cat VANISH; rm -r HERE; (SLEEP)\ntrue"),
    Row("logs_vanish", "cat VANISH; rm -r LOGS; (SLEEP)\ntrue"),
]
