"""With no workflow the screen says how to begin, and the examples are at hand."""

from __future__ import annotations

from tui.driving import interface

from torc_core.operations.definition.examples import list_examples


async def test_an_example_is_created_from_an_empty_screen(make_server, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    server = make_server()
    async with interface(server.url) as ui:
        await ui.wait_for("X  create an example of torc's")
        await ui.press("X")
        await ui.wait_for("hundred_jobs")
        await ui.press("down", "enter")
        await ui.wait_for("Created #1 hundred_jobs with 100 jobs.")
        await ui.wait_for("Run #1 hundred_jobs on this machine?")
        await ui.press("n")
        await ui.wait_for(lambda: ui.screen is ui.board)
        await ui.press("left")
        await ui.wait_for("hundred_jobs")
        assert "create an example" not in ui.seen()


async def test_a_user_without_workflows_is_named_with_the_key_to_all_others(server, make_workflow):
    make_workflow("there")
    async with interface(server.url) as ui:
        await ui.wait_for("there")
        await ui.press("w", *["backspace"] * 20)
        await ui.type("nobody")
        await ui.press("enter")
        await ui.wait_for("nobody has none here.")
        await ui.wait_for("a  see those of all users")
        await ui.press("w", *["backspace"] * 20, "enter")
        await ui.wait_for("there")


async def test_a_filter_without_a_match_is_no_beginning(server, make_workflow):
    make_workflow("there")
    async with interface(server.url) as ui:
        await ui.wait_for("there")
        await ui.press("f")
        await ui.type("not there")
        await ui.press("enter")
        await ui.wait_for("no workflows")
        assert "create an example" not in ui.seen()


def test_examples_are_complete_workflows_that_say_what_they_show():
    examples = list_examples()

    assert len(examples) == 10
    assert all(each.jobs and each.description for each in examples)
