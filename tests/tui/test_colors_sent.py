"""What a real terminal is sent: colors of each status, under each TERM, and characters."""

from __future__ import annotations

import re

import pytest
from nodes import compute_node
from waiting import wait_for

from torc_core.model.job import Job
from torc_core.model.result import Result
from torc_core.model.status import JobStatus
from torc_core.model.workflow import Workflow
from torc_tui.appearance.background import QUESTION, Answer, parse_answer, stated_background
from torc_tui.appearance.late_answers import AnswersApart
from torc_tui.appearance.plain import in_ascii
from torc_tui.theme import JOB_LOOK

STATUSES = (
    "blocked",
    "ready",
    "pending",
    "running",
    "completed",
    "failed",
    "terminated",
    "canceled",
)
"""Statuses with every tone that there is."""
TIME = "2026-01-31T11:00:00.000Z"
LIGHT, DARK = "\x1b]11;rgb:ffff/ffff/ffff\x1b\\", "\x1b]11;rgb:1d1d/2c2c/0d0d\x07"


@pytest.fixture
def colorful(client):
    """A workflow with a job in each status."""
    workflow = client.create_workflow(Workflow(name="colorful", user="tester")).id
    names = [f"job_{status}" for status in STATUSES[1:]]
    jobs = client.create_jobs(
        [Job(workflow_id=workflow, name=name, command="true") for name in names]
    )
    waiting = {"workflow_id": workflow, "command": "true", "depends_on_job_ids": [jobs[0].id]}
    client.create_jobs([Job(name=name, **waiting) for name in ("job_blocked", "last")])
    client.initialize_jobs(workflow)
    node = client.create_compute_node(
        compute_node(workflow_id=workflow, start_time=TIME, is_active=True)
    )
    for job, status in zip(jobs[1:], STATUSES[2:], strict=True):
        bring_into(client, job, JobStatus(status), node.id)
    yield workflow
    client.delete_workflow(workflow)


def bring_into(client, job, status, node_id):
    """Bring a ready job into a status by the steps that lead there."""
    if status is JobStatus.CANCELED:
        client.manage_status_change(job.id, status, run_id=0)
        return
    client.manage_status_change(job.id, JobStatus.PENDING, run_id=0)
    if status is JobStatus.PENDING:
        return
    client.manage_status_change(job.id, JobStatus.RUNNING, run_id=0)
    if status is JobStatus.RUNNING:
        return
    result = Result(
        job_id=job.id,
        workflow_id=job.workflow_id,
        run_id=0,
        attempt_id=1,
        compute_node_id=node_id,
        return_code=0 if status is JobStatus.COMPLETED else 1,
        exec_time_minutes=0.1,
        completion_time=TIME,
        status=status,
    )
    client.complete_job(job.id, status, 0, result)


def _has_cursor(screen, name):
    """Whether the cursor is at a row, after what has arrived by now."""
    screen.read(0.1)
    return any(re.search(rf"> +\d+  {name} ", line) for line in screen.lines)


def styles_of(start_tui, server, **environ):
    """How each status is shown in the list of jobs."""
    screen = start_tui(server.url, 160, 48, **environ)
    screen.wait_for("colorful", "Workflows")
    screen.send("\r")
    screen.wait_for("[Jobs]", "job_canceled", "last")
    screen.send("G")  # the row of the cursor has no tone
    wait_for(lambda: _has_cursor(screen, "last"), "the cursor at the last row")
    screen.wait_for_silence()
    styles = {
        status: screen.style_of(f" {status} ", beside=f"job_{status} ") for status in STATUSES
    }
    return styles, screen


EIGHT = {"default", "black", "red", "green", "brown", "blue", "magenta", "cyan", "white"}
SIXTEEN = EIGHT | {f"bright{name}" for name in EIGHT}
TERMINALS = {
    "xterm": ("", EIGHT),
    "linux": ("", EIGHT),
    "screen": ("", EIGHT),
    "xterm-16color": ("", SIXTEEN),
    "xterm-256color": ("", None),
    "tmux-256color": ("", None),
    "xterm-direct": ("truecolor", None),
}


@pytest.mark.parametrize(
    ("term", "theme"),
    [*((term, "dark") for term in TERMINALS), ("xterm", "light"), ("xterm-16color", "colorblind")],
)
def test_statuses_that_have_different_tones_differ_in_every_terminal(
    start_tui, server, colorful, term, theme
):
    colorterm, names = TERMINALS[term]
    styles, screen = styles_of(
        start_tui, server, TERM=term, COLORTERM=colorterm, TORC_CLIENT__TUI__THEME=theme
    )
    tones = {JOB_LOOK[status].tone: styles[status] for status in STATUSES}

    assert len(set(tones.values())) == len(tones)
    for status, style in styles.items():
        assert style == tones[JOB_LOOK[status].tone]
        if names is not None:
            assert set(style[:2]) <= names
    if names is not None:
        assert not {38, 48} & codes_sent(screen)
    if names is EIGHT:
        assert not {*range(90, 98), *range(100, 108)} & codes_sent(screen)


def codes_sent(screen):
    """The numbers of all sequences that change how text looks."""
    sequences = re.findall(rb"\x1b\[([0-9;]*)m", bytes(screen.output))
    return {int(code or 0) for sequence in sequences for code in sequence.split(b";")}


@pytest.mark.parametrize("environ", [{"NO_COLOR": "1"}, {"TERM": "vt100", "COLORTERM": ""}])
def test_without_colors_none_is_sent(start_tui, server, colorful, environ):
    styles, screen = styles_of(start_tui, server, **environ)
    screen.send("d")
    screen.wait_for("Delete workflow")

    assert {style[:2] for style in styles.values()} == {("default", "default")}
    assert max(codes_sent(screen)) < 30


@pytest.mark.parametrize("size", [(80, 24), (120, 35), (160, 48)], ids=str)
def test_in_ascii_no_other_character_is_sent(start_tui, server, make_workflow, size):
    make_workflow("größe_東京", 30, job_name="…▶ {} naïve")
    screen = start_tui(server.url, *size, TORC_CLIENT__TUI__ASCII="true")
    screen.wait_for("gro?e_????", "torc > Workflows")
    screen.send("\r")
    screen.wait_for("[Jobs]", "~> 1 naive", "o ready", "l logs")
    for keys, seen, gone in (
        ("\r", "> details", ""), ("q", "[Jobs]", "details"), ("?", "^ k", ""),
        ("q", "[Jobs]", "^ k"), ("d", "Delete workflow", ""), ("n", "[Jobs]", "Delete workflow"),
        ("f", "Filter by", ""), ("\x1b", "[Jobs]", "Filter by"), ("1", "ID^", ""),
        ("l", "log >", ""), ("q", "[Jobs]", "log >"), ("\x1b[Z\x1b[Z\x1b[Z", "[DAG]", ""),
    ):  # fmt: skip
        screen.send(keys)
        screen.wait_for(seen, gone=gone)
    screen.wait_for_silence()

    assert screen.output.isascii()


def test_the_option_sets_it_too(start_tui, server, make_workflow):
    make_workflow("optional")
    screen = start_tui(server.url, 120, 35, options=("--ascii", "--theme", "light"))
    screen.wait_for("optional", "+- Workflows -")
    screen.wait_for_silence()

    assert screen.output.isascii()
    assert screen.style_of("Workflows")[1] == "e4e4e4"


def ask(screen, answer):
    """Answer the question for the background as soon as it is asked."""
    while QUESTION not in screen.output:
        assert screen.read(30)
    screen.type_ahead(answer)


@pytest.mark.parametrize(
    ("answer", "ground"), [(LIGHT, "ffffff"), (DARK, "14171c"), ("", "14171c")]
)
def test_the_theme_is_that_of_the_background(start_tui, server, make_workflow, answer, ground):
    make_workflow("grounded")
    screen = start_tui(server.url)
    ask(screen, answer)
    screen.wait_for("grounded")

    wait_for(lambda: ground_of(screen) == ground, "the theme")


def test_an_answer_that_comes_late_is_believed_until_the_user_chooses(
    start_tui, server, make_workflow
):
    make_workflow("late")
    screen = start_tui(server.url)
    screen.wait_for("late")
    screen.type_ahead(LIGHT)
    wait_for(lambda: ground_of(screen) == "ffffff", "the light theme")
    screen.send("\x14")
    screen.wait_for("Theme high-contrast.")
    screen.wait_for_silence(0.5)
    chosen = ground_of(screen)
    screen.type_ahead(LIGHT)
    screen.wait_for_silence(0.5)

    assert ground_of(screen) == chosen != "ffffff"


def ground_of(screen):
    screen.read(0.1)
    return screen.style_of("Name")[1]


def test_a_variable_that_says_the_background_is_believed_without_a_question(
    start_tui, server, make_workflow
):
    make_workflow("stated")
    screen = start_tui(server.url, COLORFGBG="0;15")
    screen.wait_for("stated")

    assert screen.style_of("Name")[1] == "ffffff"
    assert QUESTION not in screen.output


def test_what_is_typed_before_the_first_picture_is_not_lost(start_tui, server, make_workflow):
    make_workflow("typed")
    screen = start_tui(server.url)
    ask(screen, f"{LIGHT}?")
    screen.wait_for("Keys", "One line up")


def test_an_answer_that_comes_late_presses_no_key(start_tui, server, make_workflow):
    make_workflow("later", 3)
    screen = start_tui(server.url)
    screen.wait_for("later", "Workflows")
    screen.wait_for_silence()
    before = screen.lines[1:]
    for answer in (DARK, LIGHT):
        screen.type_ahead(answer)
        screen.wait_for_silence()  # another answer of the terminal must not come between
    screen.type_ahead(DARK[:9])
    screen.wait_for_silence(0.3)
    screen.type_ahead(DARK[9:])
    screen.wait_for_silence()

    assert screen.lines[1:] == before
    screen.send("?")
    screen.wait_for("Keys")


def test_the_key_shows_one_theme_after_the_other(start_tui, server, make_workflow):
    make_workflow("themed")
    screen = start_tui(server.url)
    screen.wait_for("themed")
    grounds = []
    for name in ("light", "high-contrast", "high-contrast-light", "colorblind"):
        screen.send("\x14")
        screen.wait_for(f"Theme {name}.")
        screen.wait_for_silence(0.5)
        grounds.append(screen.style_of("Name")[1])

    assert grounds == ["ffffff", "000000", "ffffff", "121212"]


@pytest.mark.parametrize(
    ("data", "answer"),
    [
        (b"", Answer(None, b"")),
        (b"jj", Answer(None, b"jj")),
        (b"\x1b]11;rgb:0000/0000/0000\x1b\\", Answer(True, b"")),
        (b"a\x1b]11;rgb:ff/ff/ff\x07b", Answer(False, b"ab")),
        (b"\x1b]11;rgb:fdfd/f6f6/e3e3\x1b\\", Answer(False, b"")),
        (b"\x1b]11;rgb:0000/2b2b/3636\x1b\\", Answer(True, b"")),
        (b"\x1b]11;rgba:ffff/ffff/ffff/8000\x1b\\", Answer(False, b"")),
        (b"\x1b]11;?\x1b\\", Answer(None, b"\x1b]11;?\x1b\\")),
    ],
)
def test_answers_of_terminals(data, answer):
    assert parse_answer(data) == answer


@pytest.mark.parametrize(
    ("said", "is_dark"),
    [("15;0", True), ("0;15", False), ("0;default;15", False), ("12;8", True), ("0;7", False),
     ("", None), ("15;default", None), ("0;²", None)],
)  # fmt: skip
def test_a_background_that_is_stated(said, is_dark):
    assert stated_background({"COLORFGBG": said}) is is_dark
    assert stated_background({}) is None


@pytest.mark.parametrize("at", range(5, len(DARK)))
def test_an_answer_may_come_in_two_parts(at):
    parser = AnswersApart()
    parts = (f"j{DARK[:at]}", f"{DARK[at:]}k")
    first, told, last = (event for part in parts for event in parser.feed(part))

    assert (first.key, told.is_dark, last.key) == ("j", True, "k")


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("plain", "plain"),
        ("naïve café", "naive cafe"),
        ("東京x", "????x"),
        ("e\u0301a", "ea"),
        ("╭─ Jobs ─╮", "+- Jobs -+"),
        ("▶ ✓ ✗ ○ … ▸ │", "> + x o ~ > |"),
        ("😀👨\u200d👩", "????"),
    ],
)
def test_every_character_has_a_likeness_of_its_width(text, plain):
    assert in_ascii(text) == plain
