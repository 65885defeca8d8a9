"""Where torc is started: a directory with modules of the user's own, an account without a name."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from waiting import wait_for

Run = Callable[..., subprocess.CompletedProcess[str]]

_TORC = Path(sys.executable).with_name("torc")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that other users can reach, unlike those of pytest."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


@pytest.fixture
def run(folder: Path) -> Iterator[Run]:
    """Run a command in a folder with a workflow; its embedded server is stopped in the end."""
    (folder / "w.yaml").write_text("name: w\njobs: [{name: a, command: 'echo ok'}]\n")

    def start(
        *command: object, env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        environment = (
            {**os.environ, "XDG_STATE_HOME": str(folder / "state")} if env is None else env
        )
        return subprocess.run(
            [str(part) for part in command],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )

    yield start
    for path in folder.glob("*.py"):
        path.unlink()
    start(_TORC, "server", "stop")


def _ended_runs(run: Run, prefix: tuple[object, ...] = (), **options: object) -> list[str]:
    """Return how the runs ended, once all have."""

    def all_ended() -> list[str]:
        done = run(*prefix, _TORC, "-f", "json", "runs", "list", **options)
        found = json.loads(done.stdout)
        runs = found if isinstance(found, list) else next(iter(found.values()))
        states = [
            one["meta"]["final_status"] if "meta" in one else one["final_status"] for one in runs
        ]
        return states if all(states) else []

    return wait_for(all_ended, "the runs to end")


@pytest.mark.parametrize(
    "names",
    [("random.py",), ("types.py", "queue.py", "enum.py", "http.py"), ("torc_core", "torc_server")],
)
def test_modules_in_the_current_folder_are_not_imported(
    run: Run, folder: Path, names: tuple[str, ...]
) -> None:
    for name in names:
        path = folder / name
        if name.endswith(".py"):
            path.write_text("raise SystemExit('imported')\n")
        else:
            path.mkdir()
            (path / "__init__.py").write_text("raise SystemExit('imported')\n")

    done = run(_TORC, "run", "w.yaml", "--detach")

    assert done.returncode == 0, done.stderr
    assert "imported" not in done.stdout + done.stderr
    assert _ended_runs(run) == ["completed"]


def test_jobs_still_import_from_the_current_folder(run: Run, folder: Path) -> None:
    (folder / "mine.py").write_text("print('mine')\n")
    (folder / "w.yaml").write_text(
        f"name: w\njobs: [{{name: a, command: \"{sys.executable} -c 'import mine'\"}}]\n"
    )
    done = run(_TORC, "run", "w.yaml")
    assert done.returncode == 0, done.stderr
    assert [path.read_text() for path in folder.glob("output/job_stdio/*.o")] == ["mine\n"]


def _with_broken_library(folder: Path, place: Path) -> dict[str, str]:
    """Return an environment in which a library of torc is broken, but for `torc` itself."""
    (place / "psutil").mkdir(parents=True)
    (place / "psutil/__init__.py").write_text("raise ImportError('this psutil is broken')\n")
    # The command itself must start: only its children have this variable's path in front.
    (place / "sitecustomize.py").write_text(
        f"import sys\nif '-m' not in sys.orig_argv:\n    sys.path.remove({str(place)!r})\n"
    )
    state = str(folder / "state")
    return {**os.environ, "XDG_STATE_HOME": state, "PYTHONPATH": str(place)}


def test_a_runner_that_cannot_start_is_reported_and_has_ended(
    run: Run, folder: Path, tmp_path: Path
) -> None:
    assert run(_TORC, "server", "start").returncode == 0
    environment = _with_broken_library(folder, tmp_path / "path")
    environment["PYTHONUSERBASE"] = str(tmp_path)  # torc itself may be installed there

    done = run(_TORC, "run", "w.yaml", "--detach", env=environment)

    assert done.returncode != 0
    assert "The runner exited at once with exit code 9" in done.stderr
    assert "this psutil is broken" in done.stderr
    assert _ended_runs(run) == ["failed"]


def test_variables_of_python_are_for_jobs_and_not_for_the_runner(
    run: Run, folder: Path, tmp_path: Path
) -> None:
    variables = {
        **_with_broken_library(folder, tmp_path / "path"),
        "PYTHONSTARTUP": "/nonexistent",
        "PYTHONSAFEPATH": "1",
        "PYTHONWARNINGS": "error",
        "PYTHONOPTIMIZE": "2",
    }
    names = [name for name in variables if name.startswith("PYTHON")]
    shown = " ".join(f"${name}" for name in names)
    (folder / "w.yaml").write_text(f'name: w\njobs: [{{name: a, command: "echo {shown}"}}]\n')
    assert run(_TORC, "server", "start").returncode == 0

    done = run(_TORC, "run", "w.yaml", "--detach", env=variables)

    assert done.returncode == 0, done.stderr
    assert _ended_runs(run) == ["completed"]
    (printed,) = folder.glob("output/job_stdio/*.o")
    assert printed.read_text().split() == [variables[name] for name in names]


@pytest.mark.parametrize("options", [(), ("--detach",)])
@pytest.mark.parametrize("locale", [{}, {"LANG": "C", "LC_CTYPE": "C"}, {"LC_CTYPE": "C.UTF-8"}])
def test_jobs_have_the_locale_of_the_user(
    run: Run, folder: Path, options: tuple[str, ...], locale: dict[str, str]
) -> None:
    (folder / "w.yaml").write_text("name: w\njobs: [{name: a, command: env}]\n")
    kept = {"PATH": os.environ["PATH"], "XDG_STATE_HOME": str(folder / "state"), **locale}
    assert run(_TORC, "run", "w.yaml", *options, env=kept).returncode == 0
    assert _ended_runs(run, env=kept) == ["completed"]
    (printed,) = folder.glob("output/job_stdio/*.o")
    lines = printed.read_text().splitlines()
    assert [line for line in lines if line.startswith(("LANG", "LC_"))] == [
        f"{name}={value}" for name, value in locale.items()
    ]


def test_jobs_cannot_reach_the_terminal_of_torc(run: Run, folder: Path) -> None:
    commands = {"shell": "test -t 0 || : </dev/tty", "program": "/bin/cat /dev/tty"}
    jobs = [{"name": name, "command": command} for name, command in commands.items()]
    (folder / "w.json").write_text(json.dumps({"name": "w", "jobs": jobs}))
    assert run(_TORC, "server", "start").returncode == 0
    screen, terminal = os.openpty()
    with os.fdopen(terminal, "rb", buffering=0) as streams, os.fdopen(screen, "rb", buffering=0):
        done = subprocess.run(
            ["setsid", "--ctty", "--wait", _TORC, "run", "w.json"],
            cwd=folder,
            env={**os.environ, "XDG_STATE_HOME": str(folder / "state")},
            stdin=streams,
            stdout=streams,
            stderr=streams,
            timeout=100,
            check=False,
        )
    assert done.returncode == 1
    errors = [path.read_text() for path in folder.glob("output/job_stdio/*.e")]
    assert len(errors) == 2
    assert all("/dev/tty: No such device or address" in text for text in errors)


def _nobody(folder: Path) -> tuple[str, ...]:
    """Return how to run a command as a user without an account."""
    if os.geteuid() != 0:
        return ("unshare", "--user", "--map-user=12345")
    shutil.chown(folder, 12345)
    shutil.chown(folder / "w.yaml", 12345)
    capabilities = ("--inh-caps=+dac_override", "--ambient-caps=+dac_override")
    return ("setpriv", "--reuid=12345", "--regid=12345", "--clear-groups", *capabilities)


def test_a_user_without_an_account_runs_workflows(run: Run, folder: Path) -> None:
    prefix = _nobody(folder)
    env = {"PATH": os.environ["PATH"], "XDG_STATE_HOME": str(folder / "own")}

    front = run(*prefix, _TORC, "run", "w.yaml", env=env)
    detached = run(*prefix, _TORC, "run", "w.yaml", "--detach", env=env)

    assert front.returncode == 0, front.stderr
    assert detached.returncode == 0, detached.stderr
    assert _ended_runs(run, prefix, env=env) == ["completed", "completed"]
    assert run(*prefix, _TORC, "server", "stop", env=env).returncode == 0


@pytest.mark.parametrize(
    "command", [("runs", "list"), ("run", "w.yaml"), ("workflows", "list"), ("server", "status")]
)
def test_without_a_home_a_sentence_says_what_to_set(
    run: Run, folder: Path, command: tuple[str, ...]
) -> None:
    env = {"PATH": os.environ["PATH"]}

    done = run(*_nobody(folder), _TORC, *command, env=env)

    assert done.returncode == 9
    assert "home directory" in done.stderr
    assert "Set HOME" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_relative_state_directory_belongs_to_the_current_folder(run: Run, folder: Path) -> None:
    env = {**os.environ, "XDG_STATE_HOME": "kept"}
    done = run(_TORC, "run", "w.yaml", env=env)
    assert done.returncode == 0, done.stderr
    assert (folder / "kept" / "torc" / "torc.db").exists()
    assert run(_TORC, "server", "stop", env=env).returncode == 0
