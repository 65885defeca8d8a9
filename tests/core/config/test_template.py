"""The file that is made for users."""

from __future__ import annotations

import re
import tomllib

from torc_core.config.keys import NAME, settings_of
from torc_core.config.schema import Configuration
from torc_core.config.sources import Loaded
from torc_core.config.toml import template

UNCOMMENTED = re.sub(r"^#(?! )", "", template(), flags=re.MULTILINE)


def test_it_sets_nothing(folder):
    folder.write("local", template())
    loaded = Loaded(environ={})
    assert (loaded.problems, loaded.notes) == ([], [])
    assert loaded.configuration == Loaded(only_options=True).configuration


def test_every_line_of_it_works_when_its_mark_is_removed(folder):
    folder.write("local", UNCOMMENTED)
    loaded = Loaded(environ={})
    assert loaded.problems == []
    (partition,) = loaded.configuration.client.hpc.custom_profiles[NAME].partitions
    assert partition.name == "compute"


def test_it_has_every_key_with_its_default(folder):
    tables = tomllib.loads(UNCOMMENTED)
    for setting in settings_of(Configuration):
        field = setting.field
        if field.key.is_secret or field.default == {}:
            continue
        table = tables
        for name in setting.path[:-1]:
            table = table[name]
        value = table[field.name]
        if field.default not in (None, ()) and not field.is_required:
            assert value == field.default
    assert "TORC_PASSWORD" not in template()
    assert "#password" not in template()


def test_it_fits_a_terminal():
    assert max(map(len, template().splitlines())) <= 90
