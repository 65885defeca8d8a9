"""What JSON can hold goes through unchanged; the rest is refused with its place."""

from __future__ import annotations

import enum
import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torc_core.api.json_values import MAX_DEPTH, encode
from torc_core.errors import UsageError

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner), max_leaves=20
)


class Color(enum.StrEnum):
    RED = "red"


@given(VALUES)
def test_json_goes_through_unchanged(value):
    assert json.loads(bytes(encode(value, "it"))) == value


def test_what_is_almost_json_becomes_json():
    assert bytes(encode({"at": (1, Color.RED, True)}, "it")) == b'{"at":[1,"red",true]}'


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({1: 2}, "it has the key 1, which is not text."),
        ([b"x"], "it[0] is no JSON: its type is bytes."),
        ({"a": Decimal(1)}, "it['a'] is no JSON: its type is Decimal."),
        (2**63, "it is a number of more than 64 bits."),
        (-(2**63) - 1, "it is a number of more than 64 bits."),
        (float("-inf"), "it is -inf, which JSON does not have."),
        ("a\0b", "it contains the character '\\x00'."),
        ({"\ud800": 1}, "The key '\\ud800' of it contains the character '\\ud800'."),
    ],
)
def test_what_is_not_is_refused_with_its_place(value, said):
    with pytest.raises(UsageError) as refused:
        encode(value, "it")

    assert refused.value.message == said


def test_what_contains_itself_is_refused():
    value = []
    value.append(value)
    with pytest.raises(UsageError, match=f"nested too deeply: {MAX_DEPTH} levels are possible"):
        encode(value, "it")
