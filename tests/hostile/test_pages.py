"""Hostile records in the pages of torc-dash: text stays text, and headers stay what they are."""

from __future__ import annotations

import re
from contextlib import closing
from html.parser import HTMLParser
from urllib.parse import unquote

import pytest
from hostile import disk
from web.dashes import Dash

from torc_core.characters import HIDDEN
from torc_core.client import TorcClient
from torc_core.model.artifact import File


class Page(HTMLParser):
    """The elements of a page and the values of their attributes, and its text."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.values, self.text = set(), [], ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.elements.add(tag)
        self.values += [f"{name}={value}" for name, value in attributes]

    def handle_data(self, data):
        self.text += data


@pytest.fixture(scope="module")
def dash(filled, tmp_path_factory):
    place = tmp_path_factory.mktemp("dash")
    with closing(TorcClient(filled.url)) as client:
        disk.write_logs(client, filled.workflow_id, place / "output")
    running = Dash(place, "--api-url", filled.url)
    yield running
    running.close()


def test_texts_are_texts(dash, filled):
    number = filled.workflow_id
    pages = ["/workflows", *(f"/workflows/{number}{each}" for each in ("", "/files", "/plots"))]
    pages += re.findall(r"/jobs/\d+\?[^\"]*", dash.ask("GET", pages[1]).text)[:3]
    pages += [f"{pages[1]}?filter=EVIL%1b%5b2J%0d%0aSet-Cookie:EVIL", "/EVIL%1b%0d%0aEVIL:%20EVIL"]
    for path in pages:
        answer = dash.ask("GET", path.replace("&amp;", "&"))
        page = Page(answer.text)
        assert not page.elements & {"script", "img", "iframe", "object"}, path
        assert not [each for each in page.values if re.match(r"on|style=|.*javascript:", each)], (
            path
        )
        assert not [each for each in page.values if "EVIL" in each and not _is_own(each)], path
        assert not HIDDEN.search(page.text.replace("\n", "").replace("\t", "")), path
        assert "EVIL" not in str(answer.headers), path
    assert "EVIL" in dash.ask("GET", pages[1]).text


def _is_own(value):
    """Return whether a value is what was typed into the filter, in its field or in an address."""
    return value.startswith(("value=EVIL", "href=?filter=EVIL", "href=?sort="))


def test_the_name_of_a_download_is_only_a_name(dash, filled, tmp_path):
    with closing(TorcClient(filled.url)) as client:
        for name in disk.file_names()[::4]:
            path = tmp_path / name
            path.write_bytes(b"content")
            file = File(workflow_id=filled.workflow_id, name="file", path=str(path))
            number = client.create_file(file).id
            headers = dash.ask("GET", f"/files/{number}").headers
            stated = headers["Content-Disposition"]
            assert re.fullmatch(r"attachment; filename\*=UTF-8''[\w.~%-]+", stated)
            assert unquote(stated.partition("''")[2]) == name
            assert "Set-Cookie" not in headers
            assert "sandbox" in headers["Content-Security-Policy"]
            client.delete_file(number)
