"""How every program ends: with a sentence and a documented exit code, never with a traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

_BIN = Path(sys.executable).parent
_NAME = "nåme-名前"
_PROGRAMS = {
    "torc": "click",
    "torc-server": "click",
    "torc-htpasswd": "click",
    "torc-slurm-job-runner": "msgspec",
}
"""Each with a module that it imports after it began."""
_COMMANDS = ("--help", "run --help", "-f json workflows list", "runs list", "jobs list 1")

Shell = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """Run a line of bash beside a workflow that has run; its embedded server is stopped at last."""
    folder = tmp_path_factory.mktemp("programs")
    (folder / "w.yaml").write_text(
        f"name: {_NAME}\njobs: [{{name: å, command: 'env | grep TORC_; true'}}]\n"
    )
    environment = {
        **os.environ,
        "PATH": f"{_BIN}:{os.environ['PATH']}",
        "XDG_STATE_HOME": str(folder / "state"),
    }

    def run(line: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-c", line],
            cwd=folder,
            env={**environment, **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=100,
            check=False,
        )

    secrets = {"TORC_PASSWORD": "hunter2", "TORC_RETURN_CODE": "3"}
    assert run("torc run w.yaml", **secrets).returncode == 0
    yield run
    run("torc server stop")


def _is_clean(done: subprocess.CompletedProcess[str]) -> bool:
    return not any(word in done.stderr for word in ("Traceback", "Exception", "Error:"))


@pytest.mark.parametrize("command", _COMMANDS)
@pytest.mark.parametrize(
    ("line", "exit_code"),
    [
        ("torc {} > /dev/full", 9),
        ("torc {} >&-", 0),
        ("torc {} | head -c 1 > /dev/null; exit ${{PIPESTATUS[0]}}", 0),
        ("torc {} 2> /dev/full > /dev/null", 0),
        ("torc {} 2>&- > /dev/null", 0),
        ("torc {} <&- >&- 2>&-", 0),
    ],
)
def test_output_that_cannot_be_written(
    shell: Shell, command: str, line: str, exit_code: int
) -> None:
    done = shell(line.format(command))
    assert done.returncode == exit_code, done.stderr
    assert _is_clean(done)
    if exit_code:
        assert "No space left on device" in done.stderr


def test_a_run_whose_reader_has_left_still_says_that_a_job_failed(shell: Shell) -> None:
    shell(
        "mkfifo left;"
        "printf 'name: f\\njobs: [{name: a, command: \"read x < left; exit 3\"}]\\n' > f.yaml"
    )
    leave = "exec <&-; echo > left"
    for reader in (f"| ({leave})", f"2>&1 | (head -c 1; {leave})"):
        line = f"torc run f.yaml {reader}"
        done = shell(f"{line}; exit ${{PIPESTATUS[0]}}")
        assert done.returncode == 1, done.stderr
        assert _is_clean(done)


@pytest.mark.parametrize("closed", ["2>/dev/full", "2>&-", ">&- 2>&-"])
def test_an_error_that_cannot_be_printed_keeps_its_exit_code(shell: Shell, closed: str) -> None:
    assert shell(f"torc jobs get nonsense {closed}").returncode == 2
    assert shell(f"torc workflows get 4711 {closed}").returncode == 4


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
@pytest.mark.parametrize("command", ["workflows list", "jobs list 1", "runs list", "run w.yaml"])
def test_names_that_the_encoding_lacks_are_escaped(
    shell: Shell, command: str, encoding: str
) -> None:
    done = shell(
        f"set -o pipefail; torc {command} | iconv -f latin1 -t utf8", PYTHONIOENCODING=encoding
    )
    assert done.returncode == 0, done.stderr
    assert _is_clean(done)


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252"])
def test_json_stays_json_in_every_encoding(shell: Shell, encoding: str) -> None:
    done = shell("torc -f json workflows list | iconv -f latin1 -t utf8", PYTHONIOENCODING=encoding)
    assert json.loads(done.stdout)["workflows"][0]["name"] == _NAME


def test_jobs_get_no_password_and_nothing_of_an_outer_job(shell: Shell) -> None:
    seen = shell("cat output/job_stdio/*.o").stdout
    assert "TORC_JOB_ID=" in seen
    assert "hunter2" not in seen
    assert "TORC_RETURN_CODE" not in seen


@pytest.mark.parametrize(
    "url", ["http://ada:hunter2@127.0.0.1:9", "ada:hunter2@127.0.0.1:9", "ftp://hunter2@h"]
)
def test_the_password_of_a_url_is_not_printed(shell: Shell, url: str) -> None:
    done = shell(f"torc --url {url} ping")
    assert done.returncode in {2, 6}
    assert "hunter2" not in done.stdout + done.stderr


def test_no_token_is_listed_or_on_a_command_line(shell: Shell) -> None:
    token = shell("cat $XDG_STATE_HOME/torc/server.token").stdout.strip()
    assert token
    assert shell("torc -f json runs list").returncode == 0
    listed = shell("torc -f json runs list; torc runs list; torc server status; ps -eo args").stdout
    assert token not in listed


@pytest.mark.parametrize("program", _PROGRAMS)
@pytest.mark.parametrize(
    ("raised", "exit_code", "words"),
    [
        ("ImportError('it is broken')", 9, "installation of torc is not complete"),
        ("MemoryError()", 9, "not enough memory"),
        ("RecursionError('too deep')", 70, "RecursionError: too deep"),
        ("ValueError('password: TORC_PASSWORD=hunter2')", 70, "A fault of torc itself"),
        ("KeyboardInterrupt()", 130, "interrupted"),
    ],
)
def test_whatever_is_raised_becomes_a_sentence(
    shell: Shell, tmp_path: Path, program: str, raised: str, exit_code: int, words: str
) -> None:
    (tmp_path / f"{_PROGRAMS[program]}.py").write_text(f"raise {raised}\n")
    state = tmp_path / "state"

    done = shell(program, PYTHONPATH=str(tmp_path), XDG_STATE_HOME=str(state))

    assert done.returncode == exit_code, done.stderr
    assert words in done.stderr
    assert "Traceback (most" not in done.stderr
    assert "hunter2" not in done.stderr
    if exit_code != 130:
        log = state / "torc" / "errors.log"
        assert str(log) in done.stderr
        assert "Traceback" in log.read_text()
        assert "hunter2" not in log.read_text()
        assert log.stat().st_mode & 0o077 == 0


def test_a_fault_is_json_where_results_are(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "httpx.py").write_text("raise ValueError('not foreseen')\n")

    done = shell(
        "torc -f json workflows list --url http://127.0.0.1:9",
        PYTHONPATH=str(tmp_path),
        XDG_STATE_HOME=str(tmp_path / "state"),
    )

    assert (done.returncode, done.stdout) == (70, "")
    error = json.loads(done.stderr.splitlines()[-1])["error"]
    assert (error["code"], error["exit_code"]) == ("fault", 70)
    assert "not foreseen" in error["message"]
    assert "errors.log" in error["hint"]


@pytest.mark.parametrize("password", ["hunter2", "'my hunter2'", '"it\'s hunter2"', "a\\;hunter2"])
def test_a_log_of_faults_has_no_password_of_the_command_line(
    shell: Shell, tmp_path: Path, password: str
) -> None:
    (tmp_path / "click.py").write_text("raise ValueError('x')\n")
    shell(
        f"torc --password {password} jobs list",
        PYTHONPATH=str(tmp_path),
        XDG_STATE_HOME=str(tmp_path),
    )

    log = (tmp_path / "torc" / "errors.log").read_text()
    assert "--password *** jobs list" in log
    assert "hunter2" not in log


def test_a_traceback_that_cannot_be_kept_is_said(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "click.py").write_text("raise ValueError('x')\n")
    (tmp_path / "state").write_text("a file")
    done = shell("torc", PYTHONPATH=str(tmp_path), XDG_STATE_HOME=str(tmp_path / "state"))
    assert done.returncode == 70
    assert "could not be kept" in done.stderr
    assert "Not a directory" in done.stderr


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("run w.yaml --num-cpus x", "'x' is not a whole number from 1 to 1,000,000"),
        ("run w.yaml --num-gpus -1", "'-1' is not a whole number from 0 to 1,000,000"),
        ("run w.yaml -p nan", "'nan' is not a number above 0, at most 31,536,000"),
        ("run w.yaml --memory-gb 1e400", "'1e400' is not a number above 0"),
        ("events monitor 1 -d -1", "'-1' is not a number above 0"),
        ("jobs list 99999999999999999999", "is not an id, which is a whole number from 1 to"),
        ("results list 1 --return-code 1e3", "'1e3' is not a whole number from"),
    ],
)
def test_a_number_that_is_none_is_refused_with_its_bounds(
    shell: Shell, command: str, words: str
) -> None:
    done = shell(f"torc {command}")
    assert done.returncode == 2
    assert words in done.stderr


def _workflows(shell: Shell) -> int:
    return len(json.loads(shell("torc -f json workflows list").stdout)["workflows"])


@pytest.mark.parametrize("directory", ["/proc/xx", "/sys/xx", "/dev/null/x", "w.yaml/x"])
def test_an_unusable_output_directory_is_refused_before_anything_is_created(
    shell: Shell, directory: str
) -> None:
    before = _workflows(shell)
    done = shell(f"torc run w.yaml -o {directory}")
    assert done.returncode == 9
    assert f"The output directory {directory} cannot be used" in done.stderr
    assert _workflows(shell) == before


def test_a_missing_file_is_not_to_be_corrected(shell: Shell) -> None:
    done = shell("torc run nowhere.yaml")
    assert done.returncode == 2
    assert "there is no such file" in done.stderr
    assert "Check the path" in done.stderr
    assert "Correct the file" not in done.stderr


def test_a_canceled_job_says_how_it_is_run_again(shell: Shell) -> None:
    created = json.loads(shell("torc -f json workflows create w.yaml").stdout)
    workflow_id = created.get("workflow_id", created.get("id"))
    assert shell(f"torc workflows initialize {workflow_id}").returncode == 0
    jobs = json.loads(shell(f"torc -f json jobs list {workflow_id}").stdout)["jobs"]
    assert shell(f"torc jobs cancel {jobs[0]['id']}").returncode == 0
    done = shell(f"torc jobs retry {jobs[0]['id']}")
    assert done.returncode == 5
    assert f"torc workflows reset-status {workflow_id} --failed-only --reinitialize" in done.stderr


@pytest.mark.parametrize(
    ("line", "exit_code", "words"),
    [
        ("XDG_STATE_HOME=$PWD/w.yaml torc run w.yaml", 9, "Not a directory"),
        ("XDG_STATE_HOME=/proc/1 torc runs list", 9, "cannot be used"),
        ("XDG_STATE_HOME=$PWD/$'n\\xff' torc run w.yaml", 9, "its name is not UTF-8"),
        ("mkdir $'d\\xff'; cp w.yaml $'d\\xff'; cd $'d\\xff'; torc run w.yaml", 2, "is not UTF-8"),
        ("mkdir d1; cd d1; rmdir ../d1; XDG_STATE_HOME=r torc runs list", 9, "no longer exists"),
        ("mkdir d2; cd d2; rmdir ../d2; torc run 1", 9, "The output directory"),
        ("mkdir d3; cd d3; rmdir ../d3; torc --help", 0, ""),
        ("mkdir d4; cd d4; rmdir ../d4; torc workflows list", 0, ""),
        ("env -u USER -u LOGNAME torc workflows list", 0, ""),
    ],
)
def test_foreign_surroundings_are_a_sentence(
    shell: Shell, line: str, exit_code: int, words: str
) -> None:
    done = shell(line)
    assert done.returncode == exit_code, done.stderr
    assert words in done.stderr
    assert _is_clean(done)


def test_a_state_directory_may_have_any_printable_name(shell: Shell) -> None:
    variables = 'export XDG_STATE_HOME="$PWD/a b ü\'名";'
    assert shell(f"{variables} torc run w.yaml -d && torc server stop").returncode == 0
