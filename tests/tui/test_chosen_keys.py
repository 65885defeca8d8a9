"""Keys that the user has chosen: what is wrong with them is said with its place, and they count."""

from __future__ import annotations

import pytest

from torc_core.config.sources import Loaded
from torc_tui.keys.chosen import faults, key_problems, with_keys
from torc_tui.keys.table import ACTIONS


def action_with(keys, action_id):
    return next(each for each in with_keys(ACTIONS, keys) if each.id == action_id)


@pytest.mark.parametrize(
    ("value", "keys", "label"),
    [
        ("ctrl+k", "ctrl+k", "C-k"),
        ("Ctrl+K", "ctrl+k", "C-k"),
        (["X", "F5"], "X,f5", "X F5"),
        (";", "semicolon", ";"),
        ("PgUp", "pageup", "PgUp"),
    ],
)
def test_a_key_is_written_as_people_do(value, keys, label):
    action = action_with({"workflow.cancel": value}, "workflow.cancel")

    assert (action.keys, action.labels) == (keys, label)


def test_an_id_may_be_quoted_or_a_table():
    nested = action_with({"workflow": {"cancel": "f9"}}, "workflow.cancel")

    assert nested == action_with({"workflow.cancel": "f9"}, "workflow.cancel")


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"workflow.cancle": "x"}, "no action workflow.cancle. Did you mean workflow.cancel?"),
        ({"workflow.cancel": "q"}, "q would be workflow.cancel and app.quit."),
        ({"workflow.cancel": "f9", "workflow.run": "f9"}, "f9 would be"),
        ({"workflow.cancel": "ctrl+c"}, "ctrl+c cannot be workflow.cancel: it quits everywhere."),
        ({"workflow.cancel": "hyper+x"}, "is 'hyper+x'; it must be a key"),
        ({"workflow.cancel": 7}, "is 7; it must be a key"),
        ({"workflow.cancel": []}, "is []; it must be a key"),
        ({"sort.column": "x"}, "has the digits"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(keys, said):
    (_, text, hint), *_ = faults(ACTIONS, keys)

    assert said in f"{text} {hint}"


def test_two_actions_may_change_places():
    assert not list(faults(ACTIONS, {"workflow.cancel": "x", "workflow.run": "C"}))
    assert not list(faults(ACTIONS, {"log.wrap": "f8", "workflow.run": "f8"}))


def test_a_problem_names_file_and_line(tmp_path, monkeypatch):
    path = tmp_path / "torc.toml"
    path.write_text('[client.tui]\ntheme = "dark"\n[client.tui.keys]\n"workflow.cancel" = "q"\n')
    monkeypatch.setenv("TORC_CONFIG", str(path))

    (problem,) = key_problems(Loaded("client"))
    assert problem.place.endswith("torc.toml:4")


def test_the_foot_of_the_screen_shows_the_keys_that_were_chosen():
    shown = with_keys(ACTIONS, {"view.refresh": "f5"})

    labels = {action.id: action.label for action in shown}
    assert labels["view.refresh"] == "F5"
    assert labels["app.quit"] == "q"
