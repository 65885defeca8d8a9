from __future__ import annotations


def test_a_lost_terminal_ends_the_interface_at_once(start_tui, server, make_workflow):
    make_workflow("lost")
    screen = start_tui(server.url)
    screen.wait_for("lost", "●")

    screen.hang_up()

    assert screen.process.wait(100) == 143


def test_a_terminal_lost_at_the_start_ends_it_too(start_tui, server):
    screen = start_tui(server.url)
    screen.hang_up()

    assert screen.process.wait(100) != 0
