"""Numbers of rows that were counted are known again, but those of deleted workflows go in time."""

from __future__ import annotations

from types import SimpleNamespace

from server.rules.bench import Bench
from server.rules.databases import database
from sqlalchemy import delete

from torc_server.storage import tables
from torc_server.storage.sizes import Sizes

MOST = 3


def test_numbers_that_were_not_asked_for_the_longest_are_forgotten():
    with database() as connection:
        bench, table = Bench(connection), tables.compute_node
        sizes = Sizes(worth_knowing=0, most_known=MOST)
        workflow = bench.workflow()

        def asked_of_others(number):
            for other in range(number):
                sizes.of(connection, table, SimpleNamespace(id=1000 + other, deletions=0))
            return sizes.of(connection, table, workflow)

        assert sizes.of(connection, table, workflow) == 1
        connection.execute(delete(table))  # and it is not noted
        assert asked_of_others(MOST - 1) == 1
        assert asked_of_others(MOST - 1) == 1
        assert asked_of_others(MOST) == 0
