"""torc-dash as a program: what it serves, what it refuses, and what is left of it."""

from __future__ import annotations

import asyncio
import html
import json
import os
import re
import signal
import sqlite3
import stat
import subprocess
import sys
from contextlib import asynccontextmanager, closing
from pathlib import Path

import aiohttp
import psutil
import pytest
from tui.pty_screen import PtyScreen
from waiting import wait_for
from web.dashes import Dash, are_gone

from torc_core.model.artifact import File
from torc_core.model.workflow import Workflow
from torc_core.operations.definition.create import create_workflow
from torc_core.spec.load import parse_workflow

HOSTILE = "<script>alert(1)</script>\"'&\x1b]0;x\x07\u202e"
SPEC = b'name: uploaded\njobs: [{name: one, command: "echo hello"}]\n'


@pytest.fixture(scope="module")
def dash(server, tmp_path_factory):
    """One for all tests of this module."""
    running = Dash(tmp_path_factory.mktemp("dash"), "--api-url", server.url, "--max-tabs", "2")
    yield running
    running.close()


@asynccontextmanager
async def tab_of(dash, *, cookie=None, origin=None, **size):
    """Open the interface as the script of its page does."""
    headers = {"Cookie": dash.cookie if cookie is None else cookie, "Origin": origin or dash.url}
    url = f"ws://127.0.0.1:{dash.port}/terminal/dark"
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(url, headers=headers, params=size) as socket,
    ):
        yield socket


async def received(socket, text):
    """Read what the interface paints, up to a text."""
    seen = b""
    async with asyncio.timeout(100):
        while text not in seen:
            message = await socket.receive()
            assert message.type in {aiohttp.WSMsgType.BINARY, aiohttp.WSMsgType.TEXT}, seen
            seen += message.data if isinstance(message.data, bytes) else message.data.encode()


def test_without_the_token_a_page_only_asks_for_it(dash):
    answers = [
        dash.ask("GET", path, cookie=cookie)
        for path in ("/", "/workflows", "/create", "/files/1", "/?token=wrong", "/nothing")
        for cookie in ("", f"torc-dash-{dash.port}=wrong")
    ]
    assert {each.status for each in answers} == {401}
    assert all("torc-dash" in each.text and "Set-Cookie" not in each.headers for each in answers)
    assert dash.ask("POST", "/create", b"", cookie="", Origin=dash.url).status == 401
    for path in ("/static/../workflows", "/static/%2e%2e/workflows", "//static/x", "/static/x/../"):
        assert dash.ask("GET", path, cookie="").status in {401, 404}
    assert dash.ask("GET", "/static/dash.css", cookie="").status == 200


def test_the_token_is_in_one_address_and_nowhere_else(dash):
    token = dash.opens.partition("token=")[2]
    answer = dash.ask("GET", f"/?token={token}", cookie="")

    assert len(token) >= 43
    assert answer.status == 200
    assert answer.headers["Set-Cookie"].partition("; ")[2] == "HttpOnly; Path=/; SameSite=Strict"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    assert token not in answer.text + answer.headers["Set-Cookie"] + dash.said + dash.log
    assert token not in " ".join(psutil.Process(dash.process.pid).cmdline())
    assert stat.S_IMODE(dash.address_file.stat().st_mode) == 0o600
    form = dash.ask(
        "POST",
        "/sign-in",
        f"token={token}".encode(),
        cookie="",
        Origin=dash.url,
        Content_Type="application/x-www-form-urlencoded",
    )
    assert form.headers["Set-Cookie"] == answer.headers["Set-Cookie"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 421),
        ({"Host": "evil.example", "Origin": "http://evil.example"}, 421),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "http://127.0.0.1:1"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec_Fetch_Site": "same-site", "Sec_Fetch_Mode": "no-cors"}, 403),
    ],
)
def test_requests_of_other_pages_are_refused_though_they_have_the_cookie(dash, headers, status):
    for method, path in (("GET", "/workflows"), ("POST", "/create"), ("GET", "/terminal/dark")):
        answer = dash.ask(method, path, **headers)
        assert answer.status == status
        assert "Access-Control-Allow-Origin" not in answer.headers
    assert dash.ask("POST", "/create", b"").status == 403


@pytest.mark.parametrize(
    ("cookie", "origin", "status"),
    [("", None, 401), (None, "http://evil.example", 403), (None, "http://127.0.0.1:1", 403)],
)
async def test_a_socket_is_opened_for_our_own_page_alone(dash, cookie, origin, status):
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        async with tab_of(dash, cookie=cookie, origin=origin):
            pass
    assert refused.value.status == status
    assert not dash.tabs


def test_all_answers_forbid_what_our_pages_do_not_need(dash):
    for path in ("/", "/workflows", "/static/dash.css", "/nothing", "/workflows/999999999"):
        headers = dash.ask("GET", path).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
    for path in ("/static/", "/static/..%2f..%2fsite.py", "/static/%2e%2e/site.py", "/..%2fx"):
        assert dash.ask("GET", path).status == 404


async def test_each_page_has_a_process_that_ends_with_it_and_their_number_is_limited(dash):
    async with tab_of(dash, width=100, height=30) as first, tab_of(dash) as second:
        await received(first, b"orkflow")
        processes = dash.tabs
        assert len(processes) == 2
        assert any("--page 100x30-dark" in " ".join(each.cmdline()) for each in processes)
        full = await asyncio.to_thread(dash.ask, "GET", "/")
        assert full.status == 503
        assert "--max-tabs" in full.text
        with pytest.raises(aiohttp.WSServerHandshakeError):
            async with tab_of(dash):
                pass
        await second.send_str("no list")
        async with asyncio.timeout(100):
            while not second.closed:
                await second.receive()
    assert await asyncio.to_thread(are_gone, processes)
    assert (await asyncio.to_thread(dash.ask, "GET", "/")).status == 200


@pytest.mark.parametrize(
    "message",
    [
        '["resize", {"width": 1e9, "height": true}]',
        '["resize", {"width": "x"}]',
        '["stdin"]',
        "[]",
        "{}",
        '["deliver_file_start"]',
        "[" * 10_000,
    ],
)
async def test_what_no_page_of_ours_says_ends_the_connection_and_nothing_else(dash, message):
    async with tab_of(dash) as socket:
        await socket.send_str(message)
        async with asyncio.timeout(100):
            while not socket.closed:
                await socket.receive()
    assert await asyncio.to_thread(are_gone, dash.tabs)


async def test_a_page_that_reads_nothing_does_not_keep_the_others_waiting(dash):
    async with tab_of(dash, width=300, height=100) as deaf:
        for number in range(200):
            size = f'{{"width": {250 + number % 50}, "height": 100}}'
            await deaf.send_str(f'["resize", {size}]')
        async with tab_of(dash) as other:
            await received(other, b"orkflow")


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
async def test_no_process_is_left_however_it_ends(server, tmp_path, how):
    dash = await asyncio.to_thread(Dash, tmp_path, "--api-url", server.url)
    async with tab_of(dash) as socket:
        await received(socket, b"orkflow")
        processes = dash.tabs
        assert len(processes) == 1
        code = await asyncio.to_thread(dash.close, how)
    assert await asyncio.to_thread(are_gone, processes)
    if how != signal.SIGKILL:
        assert code == 0
        assert not dash.address_file.exists()


async def test_with_nohup_it_outlives_the_terminal_and_its_runs_have_the_umask_of_the_user(
    server, tmp_path
):
    options = ("--api-url", server.url)
    before = ("nohup", "bash", "-c", 'umask 027; exec "$@"', "-")
    dash = await asyncio.to_thread(Dash, tmp_path, *options, before=before)
    try:
        dash.process.send_signal(signal.SIGHUP)
        async with tab_of(dash) as socket:
            await received(socket, b"orkflow")
            (tab,) = dash.tabs
            status = await asyncio.to_thread(Path(f"/proc/{tab.pid}/status").read_text)
            assert "Umask:\t0027" in status
            assert (await asyncio.to_thread(dash.ask, "GET", "/")).status == 200
    finally:
        assert await asyncio.to_thread(dash.close) == 0


def test_a_workflow_is_created_from_an_uploaded_file(dash, client):
    answer = dash.upload("uploaded.yaml", SPEC)
    found = re.search(r"/workflows/(\d+)", answer.text)

    assert answer.status == 200
    assert found
    workflow = client.get_workflow(int(found[1]))
    assert (workflow.name, workflow.user) == ("uploaded", "tester")
    assert [job.name for job in client.list_jobs(workflow.id).items] == ["one"]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("w.yaml", b"name: x\njobs: [{name: a, depends_on: [b]}]\n", "depends_on"),
        ("w.yaml", b"\xff\xfe\x00", "UTF-8"),
        ("w.yaml", b"", "empty"),
        ("../<b>.json", b"[" * 100_000, "&lt;b&gt;.json"),
        ("w.yaml", b"#" * (17 << 20), "16 MiB"),
    ],
    ids=["wrong", "no text", "empty", "deep", "large"],
)
def test_a_file_that_is_none_creates_nothing_and_the_page_says_why(dash, name, content, said):
    answer = dash.upload(name, content)
    assert answer.status == 400
    assert said in answer.text
    assert "Nothing was created" in answer.text
    assert "<b>" not in answer.text


def test_a_form_without_a_file_is_refused(dash):
    kinds = ("multipart/form-data", "multipart/form-data; boundary=x", "text/plain")
    for kind in kinds:
        answer = dash.ask("POST", "/create", b"--y\r\n", Origin=dash.url, Content_Type=kind)
        assert answer.status == 400


@pytest.fixture
def made(client, dash):
    """A workflow whose job has failed, with its output below the directory of torc-dash."""
    spec = parse_workflow('{name: "w", jobs: [{name: "j", command: "false"}]}', format="json")
    workflow_id = create_workflow(client, spec, user="tester")
    client.initialize_jobs(workflow_id)
    run = subprocess.run(
        [sys.executable, "-m", "torc_tui", "--url", client.url, "run", str(workflow_id)],
        cwd=dash.place,
        capture_output=True,
        check=False,
    )
    assert run.returncode == 1, run.stderr
    return client.get_workflow(workflow_id)


def test_what_a_job_printed_is_shown_and_sent_as_a_file(dash, client, made):
    job = client.list_jobs(made.id).items[0]
    stderr = next((dash.place / "output" / "job_stdio").glob(f"job_wf{made.id}_*.e"))
    stderr.write_text(f"first\n{HOSTILE}\n")
    results = dash.ask("GET", f"/workflows/{made.id}?filter=failed")
    link = re.search(rf"/jobs/{job.id}(\?run=\d+&amp;attempt=\d+)", results.text)
    assert link, results.text
    shown = dash.ask("GET", html.unescape(link[0]))
    sent = dash.ask("GET", f"/jobs/{job.id}/stderr{html.unescape(link[1])}")

    assert "&lt;script&gt;alert(1)" in shown.text
    assert "<script>alert" not in shown.text
    assert not {"\x1b", "\x07", "\u202e"} & set(shown.text)
    assert sent.text == f"first\n{HOSTILE}\n"
    assert sent.headers["Content-Disposition"] == f"attachment; filename*=UTF-8''{stderr.name}"
    assert sent.headers["Content-Type"] == "application/octet-stream"
    assert "sandbox" in sent.headers["Content-Security-Policy"]
    for wrong in ("/nothing", "/stderr?run=x", "/stderr?attempt=7", "/stderr?run=-1"):
        assert dash.ask("GET", f"/jobs/{job.id}{wrong}").status in {400, 404}


def test_a_link_in_the_place_of_a_jobs_output_is_not_followed(dash, client, made, tmp_path):
    job = client.list_jobs(made.id).items[0]
    secret = tmp_path / "secret"
    secret.write_text("the secret")
    for file in (dash.place / "output" / "job_stdio").glob(f"job_wf{made.id}_*"):
        file.unlink()
        file.symlink_to(secret)
    for path in (f"/jobs/{job.id}", f"/jobs/{job.id}/stderr", f"/jobs/{job.id}/stdout"):
        assert "the secret" not in dash.ask("GET", path).text


def test_a_file_of_a_workflow_is_sent_whole_under_its_own_name(dash, client, tmp_path):
    path = tmp_path / 'a "b"\n<c>é.csv'
    path.write_bytes(content := os.urandom(3 << 20))
    workflow = client.create_workflow(Workflow(name=HOSTILE, user="tester"))
    file = client.create_file(File(workflow_id=workflow.id, name=HOSTILE, path=str(path)))
    listed = dash.ask("GET", f"/workflows/{workflow.id}/files")
    sent = dash.ask("GET", f"/files/{file.id}")

    assert "<script>alert" not in listed.text + dash.ask("GET", "/workflows").text
    assert sent.body == content
    named = sent.headers["Content-Disposition"].partition("''")[2]
    assert named == "a%20%22b%22%0A%3Cc%3E%C3%A9.csv"


def test_what_is_no_regular_file_is_not_sent(dash, client, tmp_path):
    workflow = client.create_workflow(Workflow(name="w", user="tester"))
    os.mkfifo(tmp_path / "pipe")
    for number, path in enumerate(
        (tmp_path / "pipe", tmp_path, "/dev/zero", tmp_path / "none", "~nobody-at-all/x")
    ):
        file = client.create_file(File(workflow_id=workflow.id, name=f"f{number}", path=str(path)))
        answer = dash.ask("GET", f"/files/{file.id}")
        assert answer.status in {404, 500}, path
        assert "Content-Disposition" not in answer.headers


@pytest.mark.parametrize(
    "path",
    [
        "/workflows/999999999",
        "/workflows/0x1",
        "/workflows/99999999999999999999",
        "/jobs/999999999",
        "/jobs/1/..%2f..%2fetc%2fpasswd",
        "/files/..%2f1",
        "/workflows/999999999/plots/summary",
        "/workflows/1/plots/..%2fplotly.js",
        "/download/x",
        "/api/cli/read-file",
        "/torc-service/v1/workflows",
    ],
)
def test_what_there_is_not_is_a_page_that_says_so(dash, path):
    answer = dash.ask("GET", path)
    assert answer.status == 404
    assert "Traceback" not in answer.text
    assert "did not work" in answer.text


def test_an_address_of_no_page_is_said_in_words(dash):
    assert "There is no such page." in dash.ask("GET", "/nowhere").text


def test_a_relative_file_is_sent_from_where_its_workflow_was_created(dash, client, tmp_path):
    (tmp_path / "out.csv").write_bytes(b"1,2\n")
    workflow = client.create_workflow(
        Workflow(name="w", user="tester", submission_directory=str(tmp_path))
    )
    for name in ("out.csv", "none.csv"):
        client.create_file(File(workflow_id=workflow.id, name=name, path=name))
    there, gone = client.list_files(workflow.id).items

    assert dash.ask("GET", f"/files/{there.id}").body == b"1,2\n"
    assert f"{tmp_path}/none.csv" in dash.ask("GET", f"/files/{gone.id}").text


def test_a_server_that_does_not_answer_is_a_page_that_says_so(tmp_path):
    dash = Dash(tmp_path, "--api-url", "http://127.0.0.1:9")
    try:
        answer = dash.ask("GET", "/workflows")
        wait_for(lambda: "--standalone" in dash.log, "the warning")
    finally:
        dash.close()
    assert answer.status == 502
    assert "127.0.0.1:9" in answer.text


def test_standalone_starts_a_server_of_its_database_and_stops_it_again(tmp_path):
    database = tmp_path / "own.db"
    program = tmp_path / "served-by"
    program.write_text(f'#!/bin/sh\ntouch "$0.called"\nexec {sys.executable} -m torc_server "$@"\n')
    program.chmod(0o700)
    options = ("--standalone", "--database", str(database), "--torc-server-bin", str(program))
    dash = Dash(tmp_path, *options)
    try:
        assert dash.upload("uploaded.yaml", SPEC).status == 200
        assert "uploaded" in dash.ask("GET", "/workflows").text
        (record,) = (tmp_path / "state" / "torc" / "servers").glob("*/server.json")
        server = psutil.Process(json.loads(record.read_text())["process"]["pid"])
        assert str(database) in server.cmdline()
        assert (tmp_path / "served-by.called").exists()
    finally:
        assert dash.close() == 0
    assert are_gone([server])


def test_a_program_that_serves_is_found_or_missed_before_anything_is_served(tmp_path):
    run = subprocess.run(
        [sys.executable, "-m", "torc_tui.web", "--standalone", "--torc-server-bin", "no-such"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert run.returncode == 9
    assert "There is no program no-such." in run.stderr


def test_samples_of_a_run_are_plotted_and_stored(dash, client, tmp_path):
    workflow = client.create_workflow(Workflow(name="sampled", user="tester"))
    place = dash.place / "output" / "resource_utilization"
    place.mkdir(parents=True, exist_ok=True)
    path = place / f"resource_metrics_host_{workflow.id}_1.db"
    with closing(sqlite3.connect(path)) as database, database:
        database.executescript(
            "CREATE TABLE job_resource_samples (job_id, timestamp, cpu_percent, memory_bytes,"
            " num_processes); CREATE TABLE job_metadata (job_id, job_name);"
        )
        database.executemany(
            "INSERT INTO job_resource_samples VALUES (7, ?, 50.0, 1000000, 1)", [(1,), (2,), (3,)]
        )
        database.execute("INSERT INTO job_metadata VALUES (7, ?)", [HOSTILE])
    at = f"/workflows/{workflow.id}/plots"
    listed = dash.ask("GET", at)
    plot = dash.ask("GET", f"{at}/job-7")
    stored = dash.ask("GET", f"{at}/summary?download")

    assert path.name in listed.text
    assert f"{at}/job-7" in listed.text
    assert "<script>alert" not in plot.text
    assert "'sha256-" in plot.headers["Content-Security-Policy"]
    assert "unsafe-inline" not in plot.headers["Content-Security-Policy"].partition("style-src")[0]
    assert stored.headers["Content-Disposition"] == 'attachment; filename="plot_summary.html"'
    assert len(stored.body) > 1_000_000
    for wrong in ("/job-8", "/summary?db=x", "/job-999999999999999999", "/other"):
        assert dash.ask("GET", at + wrong).status in {400, 404}
    path.unlink()
    path.symlink_to("/etc/passwd")
    assert "passwd" not in dash.ask("GET", at).text


def test_in_a_terminal_the_address_has_its_token(server, tmp_path):
    screen = PtyScreen(
        [sys.executable, "-m", "torc_tui.web", "--port", "0", "--api-url", server.url],
        columns=160,
        rows=10,
        environ={},
        cwd=tmp_path,
    )
    try:
        screen.wait_for("?token=")
    finally:
        assert screen.end(signal.SIGHUP) == 0
        screen.close()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--host", "0.0.0.0"], "--token-file"),
        (["--host", "no.such.host.invalid", "--token-file", "token"], "not an address"),
        (["--token-file", "short"], "could be guessed"),
        (["--port", "99999"], "65,535"),
        (["--allowed-host", "http://x"], "not a name"),
        (["--api-url", "ftp://x"], "URL"),
    ],
)
def test_options_that_would_let_others_in_or_make_no_sense_are_refused(tmp_path, options, said):
    (tmp_path / "token").write_text("0123456789abcdef\n")
    (tmp_path / "short").write_text("secret\n")
    run = subprocess.run(
        [sys.executable, "-m", "torc_tui.web", *options],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert run.returncode == 2
    assert said in run.stderr
    assert "Traceback" not in run.stderr
