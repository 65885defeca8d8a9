"""The daemons of this machine: munge, the database, accounting and the controller."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

from environments import PATHS, program
from slurm.cluster.place import Place
from slurm.cluster.processes import has_ended, kill
from waiting import wait_for

START_TIMEOUT_S = 250


class Daemons:
    """Starts and stops them. Each is in the background when its start returns, and answers."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.directory = place.directory
        self.socket = self.directory / "run" / "mysqld.sock"
        self.environ: Mapping[str, str] = {
            "LC_ALL": "C",
            "MYSQL_UNIX_PORT": str(self.socket),
            "PATH": PATHS,
            "SLURM_CONF": str(place.configuration),
        }

    def run(self, *command: str | Path) -> None:
        """Run a program to its end; what it prints is in log/start.log.

        Raises:
            AssertionError: It failed.
        """
        name, *arguments = command
        with (self.directory / "log" / "start.log").open("ab") as log:
            code = subprocess.run(
                [program(str(name)), *arguments],
                env=self.environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                timeout=START_TIMEOUT_S,
                check=False,
            ).returncode
        assert code == 0, f"{name} exited with {code}\n{self.logs()}"

    def answers(self, *command: str | Path) -> bool:
        """Return whether a program succeeds."""
        return self.ask(*command).returncode == 0

    def ask(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        """Run a program for what it prints."""
        name, *arguments = command
        return subprocess.run(
            [program(str(name)), *arguments],
            env=self.environ,
            capture_output=True,
            text=True,
            check=False,
        )

    def logs(self) -> str:
        """Return the ends of all logs, for messages."""
        texts = ((path.name, path.read_text("utf-8", "replace")) for path in self._log_files())
        return "\n".join(f"--- {name}\n{text[-1500:]}" for name, text in texts)

    def _log_files(self) -> list[Path]:
        return sorted((self.directory / "log").glob("*.log"))

    def start_munge(self) -> None:
        """Start what all programs of the cluster prove their user with."""
        key = self.directory / "munge" / "key"
        key.touch(mode=0o600)
        key.write_bytes(os.urandom(128))
        self.run(
            *("munged", "--force", "--num-threads=2", f"--key-file={key}"),
            f"--seed-file={self.directory}/munge/seed",
            f"--socket={self.directory}/run/munge.socket",
            f"--pid-file={self.directory}/run/munged.pid",
            f"--log-file={self.directory}/log/munged.log",
        )

    def start_database(self, user: str) -> None:
        """Make an empty database, and start it."""
        self.run(
            *("mariadb-install-db", "--no-defaults", f"--user={user}"),
            *(f"--datadir={self.directory}/mysql", "--auth-root-authentication-method=normal"),
            *("--skip-test-db", "--innodb-log-file-size=8M", "--innodb-flush-method=nosync"),
            f"--tmpdir={self.directory}/run",  # where it starts, it deletes files of others
        )
        defaults = f"--defaults-file={self.directory}/etc/my.cnf"
        self.run("setsid", "--fork", program("mariadbd"), defaults)
        client = ("--no-defaults", "--user=root", f"--socket={self.socket}")
        wait_for(
            lambda: self.answers("mariadb-admin", *client, "ping"), "the database", START_TIMEOUT_S
        )
        statements = (
            "create database slurm_acct_db; create user slurm@localhost identified by 'slurm';"
            " grant all on slurm_acct_db.* to slurm@localhost"
        )
        self.run("mariadb", *client, "--execute", statements)

    def start_accounting(self) -> None:
        """Start what `sacct` asks."""
        self.run("slurmdbd")
        asking = ("sacctmgr", "--noheader", "--quiet", "show", "cluster")
        wait_for(lambda: self.answers(*asking), "slurmdbd to answer", START_TIMEOUT_S)

    def register_cluster(self) -> None:
        """Tell accounting of the cluster; a controller that it does not know would not start.

        Accounting fails at it now and then while it sets up its tables.
        """
        name = f"torc{self.place.number}"
        adding = ("sacctmgr", "--immediate", "--quiet", "add", "cluster", name)
        listing = ("sacctmgr", "--noheader", "--parsable2", "show", "cluster", "format=cluster")
        wait_for(
            lambda: self.answers(*adding) or self.ask(*listing).stdout == f"{name}\n",
            "slurmdbd to know the cluster",
            START_TIMEOUT_S,
        )

    def start_controller(self) -> None:
        """Start what `squeue` and `sbatch` ask."""
        self.run("slurmctld", "-f", self.place.configuration)
        wait_for(
            lambda: self.answers("scontrol", "show", "partition"),
            "slurmctld to answer",
            START_TIMEOUT_S,
        )

    def stop(self, name: str, how: int = signal.SIGTERM) -> None:
        """Stop a daemon; return when it has ended, which is after it has removed its pid file."""
        noted = self.directory / "run" / f"{name}.pid"
        process = int(noted.read_text("utf-8"))
        kill(process, how)
        wait_for(lambda: has_ended(process), f"{name} to end")
        noted.unlink(missing_ok=True)
