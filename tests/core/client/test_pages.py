"""Lists are read whole, whatever happens to them between two pages."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.client.raw_server import RawServer, reply
from torc_core.client import TorcClient, every_item, pages
from torc_core.errors import ProtocolError
from torc_core.model.page import Page
from torc_core.model.workflow import Workflow


class Item(NamedTuple):
    id: int


class Edge(NamedTuple):
    job_id: int


class ServedList:
    """Pages of a list that changes before each request but the first, as a server makes them."""

    def __init__(self, ids, changes=(), *, make=Item, most=10_000):
        self.ids = set(ids)
        self.changes = list(changes)
        self.requests = []
        self._make = make
        self._most = most

    def fetch(self, *, offset, limit, reverse_sort=False, sort_by=None):
        if self.requests and self.changes:
            self.ids = set(self.changes.pop(0))
        self.requests.append((offset, limit))
        by_name = (lambda each: (each % 3, each)) if sort_by == "name" else None
        ids = sorted(self.ids, key=by_name, reverse=reverse_sort)
        rows = list(map(self._make, ids))
        items = rows[offset : offset + min(limit, self._most)]
        return Page(items=items, has_more=offset + len(items) < len(rows))


@pytest.fixture(autouse=True)
def small_pages(monkeypatch):
    monkeypatch.setattr(pages, "MAX_LIMIT", 5)


IDS = st.sets(st.integers(1, 60), max_size=40)


@given(IDS, st.lists(IDS, max_size=12), st.booleans())
def test_what_is_there_all_the_time_comes_once_and_in_order(first, changes, is_reverse):
    served = ServedList(first, changes)

    found = [item.id for item in every_item(served.fetch, reverse_sort=is_reverse)]

    assert found == sorted(set(found), reverse=is_reverse)
    seen_by_requests = [first, *changes][: len(served.requests)]
    assert set.intersection(*seen_by_requests) <= set(found)
    assert set(found) <= set.union(*seen_by_requests)


@given(
    IDS,
    st.integers(0, 50),
    st.one_of(st.none(), st.integers(0, 50)),
    st.sampled_from([Item, Edge]),
    st.sampled_from([3, 5, 100]),
    st.sampled_from([None, "id", "name"]),
)
def test_offset_and_limit_count_items_of_the_whole_list(ids, offset, limit, make, most, order):
    served = ServedList(ids, make=make, most=most)
    order = None if make is Edge else order
    whole = ServedList(ids, make=make).fetch(offset=0, limit=1000, sort_by=order).items

    found = list(every_item(served.fetch, offset=offset, limit=limit, sort_by=order))

    assert found == whole[offset : None if limit is None else offset + limit]


def test_no_more_is_asked_for_than_is_wanted():
    served = ServedList(range(1, 100))

    assert len(list(every_item(served.fetch, limit=7))) == 7
    assert served.requests == [(0, 5), (4, 3)]
    assert len(list(every_item(served.fetch, limit=0))) == 0


def test_pages_are_read_when_they_are_needed():
    served = ServedList(range(1, 100))
    items = every_item(served.fetch)

    assert served.requests == []
    assert next(items) == Item(1)
    assert len(served.requests) == 1


@pytest.mark.parametrize("items", [[{"id": 1}, {"id": 2}], [{"id": 2}, {"id": 1}]])
def test_a_server_that_sends_the_same_page_for_ever_is_left(items):
    body = {"items": [{**item, "name": "w", "user": "u"} for item in items], "has_more": True}
    with RawServer(lambda _request: reply(body)) as server:
        found = every_item(TorcClient(server.url).list_workflows)

        assert [next(found).id for _ in items] == [item["id"] for item in items]
        with pytest.raises(ProtocolError, match="does not end"):
            list(found)


def test_an_empty_page_is_the_end_whatever_it_says():
    with RawServer(lambda _request: reply({"items": [], "has_more": True})) as server:
        assert list(every_item(TorcClient(server.url).list_workflows)) == []
        assert len(server.received) == 1


def test_a_list_of_a_server_is_read_to_its_end(client):
    for number in range(12):
        client.create_workflow(Workflow(name=f"paged {number}", user="pager"))

    found = every_item(client.list_workflows, user="pager")
    backward = every_item(client.list_workflows, user="pager", reverse_sort=True, offset=1)

    assert [workflow.name for workflow in found] == [f"paged {number}" for number in range(12)]
    assert [workflow.name for workflow in backward] == [f"paged {n}" for n in range(10, -1, -1)]
