"""torc-dash in a real browser: the interface, the pages beside it, and what others try."""

from __future__ import annotations

import asyncio
import os

import pytest
from web.browser import attacker
from web.dashes import Dash, are_gone
from web.driven import driven_browser

from torc_core.model.artifact import File
from torc_core.model.workflow import Workflow

SPEC = "name: from-the-browser\njobs: [{name: one, command: 'echo hello'}]\n"


@pytest.fixture
async def dash(make_server, tmp_path):
    server = await asyncio.to_thread(make_server)
    running = await asyncio.to_thread(Dash, tmp_path, "--api-url", server.url)
    running.server = server
    yield running
    await asyncio.to_thread(running.close)


async def test_the_interface_is_used_in_a_page_and_files_go_in_and_out(dash, tmp_path):
    client = dash.server.client()
    workflow = client.create_workflow(Workflow(name="seen-in-a-page", user="tester"))
    result = tmp_path / "result.csv"
    result.write_bytes(content := os.urandom(500_000))
    file = client.create_file(File(workflow_id=workflow.id, name="result", path=str(result)))
    spec = tmp_path / "spec.yaml"
    spec.write_text(SPEC)
    (downloads := tmp_path / "downloads").mkdir()

    async with driven_browser(tmp_path / "profile") as page:
        await page.open(dash.opens, lambda: "seen-in-a-page" in page.seen)
        assert await page.run("location.href") == f"{dash.url}/"
        assert await page.run("document.cookie") == ""
        history = await page.call("Page.getNavigationHistory")
        assert not [each for each in history["entries"] if "token" in each["url"]]
        (tab,) = dash.tabs
        await page.press("?")
        await page.wait_for(
            lambda: "seen-in-a-page" not in page.seen and "One line up" in page.seen
        )
        await page.press("Escape")
        await page.wait_for(lambda: "seen-in-a-page" in page.seen)

        await page.open(f"{dash.url}/create", "Create a workflow")
        assert await asyncio.to_thread(are_gone, [tab])
        await page.choose_file("input[type=file]", spec)
        await page.run("document.querySelector('button').click()")
        await page.wait_for("Created #")
        names = [each.name for each in client.list_workflows(user="tester").items]
        assert "from-the-browser" in names

        await page.store_downloads(downloads)
        await page.open(f"{dash.url}/workflows/{workflow.id}/files", "result.csv")
        await page.run(f"document.querySelector('a[href=\"/files/{file.id}\"]').click()")
        stored = downloads / "result.csv"
        await page.wait_for(lambda: stored.exists() and stored.stat().st_size == len(content))
        assert stored.read_bytes() == content

        await page.open(f"{dash.url}/", lambda: "from-the-browser" in page.seen)
        await page.press("q")
        await page.wait_for("Open it again")
        assert await asyncio.to_thread(are_gone, dash.tabs)
        # Nothing is fetched from elsewhere, and nothing that the pages need is forbidden.
        asked = {each for each in page.requests if not each.startswith("data:")}
        assert all(each.startswith(f"{dash.url}/") for each in asked), asked
        assert page.refused == []


ATTACK = """
(async () => {
  const base = %r, found = {};
  const read = async (name, promise) => {
    try { found[name] = await promise; } catch (error) { found[name] = ""; }
  };
  const form = new FormData();
  form.append("file", new Blob([%r]), "w.yaml");
  await read("upload", fetch(base + "/create",
    { method: "POST", body: form, credentials: "include", mode: "no-cors" }).then((a) => a.text()));
  await read("list", fetch(base + "/workflows", { credentials: "include" }).then((a) => a.text()));
  await read("script", new Promise((done) => {
    const script = document.createElement("script");
    script.src = base + "/static/dash.js";
    script.onload = () => done("loaded"); script.onerror = () => done("");
    document.head.append(script);
  }));
  await read("socket", new Promise((done) => {
    const socket = new WebSocket(base.replace("http", "ws") + "/terminal/dark?width=80&height=24");
    socket.onopen = () => done("open"); socket.onerror = () => done("");
  }));
  await read("frame", new Promise((done) => {
    const frame = document.createElement("iframe");
    frame.src = base + "/workflows";
    const text = () => frame.contentDocument.body.innerText;
    frame.onload = () => { try { done(text()); } catch { done(""); } };
    document.body.append(frame);
  }));
  return found;
})()
"""


PAGES = (
    ("127.0.0.1", "127.0.0.1"),  # another port
    ("evil.example", "127.0.0.1"),  # a foreign site
    ("evil.example", "evil.example"),  # a name that was pointed here
)


async def test_a_page_of_another_server_reaches_nothing_in_a_browser_that_is_signed_in(
    dash, tmp_path
):
    client = dash.server.client()
    async with driven_browser(tmp_path / "profile") as page:
        await page.open(dash.opens, lambda: "orkflow" in page.seen)
        await page.open(f"{dash.url}/workflows", "There are no workflows")
        assert await asyncio.to_thread(are_gone, dash.tabs)
        for number, (page_host, target_host) in enumerate(PAGES):
            with attacker() as other:
                path = f"/here{number}"
                await page.go(f"http://{page_host}:{other.port}{path}")
                await page.wait_for(lambda: any(each[1] == path for each in other.asked))  # noqa: B023
                script = ATTACK % (f"http://{target_host}:{dash.port}", SPEC)
                found = await page.run(script)
            assert set(found) == {"upload", "list", "script", "socket", "frame"}
            assert not any(found.values()), (page_host, target_host, found)
        assert client.list_workflows().total_count == 0
        assert not dash.tabs
