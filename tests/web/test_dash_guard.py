"""Who may use the pages of torc-dash: decided from a few headers, without a server."""

from __future__ import annotations

import re

import pytest

from torc_core.browsers.hosts import Hosts
from torc_core.errors import UsageError
from torc_tui.appearance.page import Page
from torc_tui.lists.workflows import WORKFLOWS
from torc_tui.web.guard import Asked, Guard, Verdict
from torc_tui.web.headers import plot_policy, policy
from torc_tui.web.tables import read_table

GUARD = Guard("the token", Hosts(["node17"], ["torc.example.org"]))
HOST = "localhost:8090"
OWN = {"host": HOST, "cookie": GUARD.session}


@pytest.mark.parametrize(
    ("asked", "verdict"),
    [
        (Asked("GET", HOST), Verdict.ASK),
        (Asked("GET", HOST, cookie="another"), Verdict.ASK),
        (Asked("GET", HOST, cookie="the token"), Verdict.ASK),
        (Asked("GET", HOST, token="the token"), Verdict.SIGN_IN),
        (Asked("GET", HOST, token="the token "), Verdict.WRONG),
        (Asked("GET", HOST, token=""), Verdict.WRONG),
        (Asked("GET", HOST, token="\udc80é"), Verdict.WRONG),
        (Asked("GET", HOST, token="wrong", cookie=GUARD.session), Verdict.WRONG),
        (Asked("GET", HOST, is_public=True), Verdict.SERVE),
        (Asked("GET", **OWN), Verdict.SERVE),
        (Asked("GET", **OWN, site="same-origin", mode="navigate"), Verdict.SERVE),
        (Asked("GET", **OWN, site="none", mode="navigate"), Verdict.SERVE),
        (Asked("POST", **OWN, origin=f"http://{HOST}"), Verdict.SERVE),
        (Asked("GET", **OWN, origin=f"http://{HOST}", is_socket=True), Verdict.SERVE),
    ],
)
def test_the_token_opens_the_pages_and_the_cookie_keeps_them_open(asked, verdict):
    assert GUARD.judge(asked) is verdict


@pytest.mark.parametrize("origin", ["http://localhost:9999", "http://evil.example", "null", ""])
@pytest.mark.parametrize(("method", "is_socket"), [("POST", False), ("GET", True), ("GET", False)])
def test_what_another_page_sends_is_refused_though_it_has_the_cookie(origin, method, is_socket):
    asked = Asked(method, **OWN, origin=origin, is_socket=is_socket)
    assert GUARD.judge(asked) is Verdict.FOREIGN


@pytest.mark.parametrize(
    "asked",
    [
        Asked("POST", **OWN),
        Asked("DELETE", **OWN),
        Asked("GET", **OWN, is_socket=True),
        Asked("GET", **OWN, site="same-site", mode="no-cors"),
        Asked("GET", **OWN, site="cross-site", mode="cors"),
        Asked("GET", HOST, site="cross-site", mode="no-cors", is_public=True),
        Asked("POST", **OWN, site="cross-site", mode="navigate"),
    ],
)
def test_what_does_not_show_that_it_is_of_the_pages_themselves_changes_nothing(asked):
    assert GUARD.judge(asked) is Verdict.FOREIGN


def test_a_link_on_another_page_leads_here_and_opens_nothing_by_itself():
    link = {"site": "cross-site", "mode": "navigate"}
    assert GUARD.judge(Asked("GET", HOST, **link)) is Verdict.ASK
    assert GUARD.judge(Asked("GET", HOST, **link, token="the token")) is Verdict.SIGN_IN


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8090", "", "localhost.evil.example"]
)
def test_a_name_that_was_pointed_here_is_not_served_even_with_the_token(host):
    for asked in (
        Asked("GET", host, token="the token"),
        Asked("GET", host, cookie=GUARD.session, origin=f"http://{host}", is_socket=True),
        Asked("GET", host, is_public=True),
    ):
        assert GUARD.judge(asked) is Verdict.MISDIRECTED


def test_a_reverse_proxy_that_is_allowed_is_served():
    asked = Asked(
        "POST", "torc.example.org", origin="https://torc.example.org", cookie=GUARD.session
    )
    assert GUARD.judge(asked) is Verdict.SERVE


def test_each_start_has_a_cookie_of_its_own_which_is_not_the_token():
    other = Guard("the token", Hosts([]))
    assert len({GUARD.session, other.session, "the token"}) == 3
    assert len(GUARD.session) > 40


def test_a_page_with_a_plot_runs_its_own_script_and_no_other():
    allowed = plot_policy('<script type="application/json">{}</script><script>draw()</script>')
    own = re.fullmatch(r"'self' 'sha256-[\w+/=]{44}'", allowed["script-src"])
    assert own
    assert "unsafe" not in policy({})
    assert "unsafe" not in allowed["script-src"]
    assert plot_policy("<script>other()</script>")["script-src"] != allowed["script-src"]


@pytest.mark.parametrize(
    ("text", "page"),
    [
        ("80x24-dark", Page(80, 24, is_dark=True)),
        ("9999x9999-light", Page(1000, 500, is_dark=False)),
    ],
)
def test_a_page_says_how_large_its_terminal_is(text, page):
    assert Page.read(text) == page
    assert Page.read(page.argument) == page


@pytest.mark.parametrize(
    "text", ["", "80x24", "0x24-dark", "80x24-red", "99999x1-dark", "-1x1-dark"]
)
def test_what_is_no_size_is_refused(text):
    with pytest.raises(UsageError, match="80x24-dark"):
        Page.read(text)


def test_a_terminal_in_a_page_is_none_of_those_that_started_it():
    outside = {"TERM": "screen", "STY": "1", "SSH_CONNECTION": "x", "COLORFGBG": "0;15", "A": "b"}
    assert Page(80, 24, is_dark=True).terminal(outside) == {
        "A": "b",
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
    }


@pytest.mark.parametrize(
    "asked", [{"sort": "id; DROP"}, {"offset": "-1"}, {"offset": "9" * 30}, {"offset": "²"}]
)
def test_an_address_that_asks_for_no_rows_of_the_list_is_refused(asked):
    with pytest.raises(UsageError):
        read_table(WORKFLOWS, asked)
