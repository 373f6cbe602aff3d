"""JSON that is what it seems."""

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.errors import InvalidInput, MalformedBody
from service.readers import strict_json

plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), inner)
    ),
)


@settings(deadline=None)
@given(plain)
def test_plain_values_pass_unchanged(value: object) -> None:
    assert strict_json.loads(json.dumps(value).encode()) == value


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_bytes_are_read_or_refused(body: bytes) -> None:
    try:
        value = strict_json.loads(body)
    except (MalformedBody, InvalidInput):
        return
    assert not isinstance(value, float) or math.isfinite(value)


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (b'{"a": [1, {"b": NaN}]}', "/a/1/b"),
        (b'{"a/b": {"c~d": Infinity}}', "/a~1b/c~0d"),
        (b'["x", "\\u0000"]', "/1"),
        (b'["\\ud800"]', "/0"),
        (b'{"attributes": {"a": 9223372036854775808}}', "/attributes/a"),
        (b"[-9223372036854775809]", "/0"),
        (b'["x", 1' + b"0" * 400 + b"]", "/1"),
    ],
)
def test_what_cannot_be_stored_is_named(body: bytes, where: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        strict_json.loads(body)
    assert caught.value.where == {"pointer": where}


def test_nesting_is_limited_whatever_its_depth() -> None:
    strict_json.loads(b"[" * 64 + b"]" * 64)
    for depth in (65, 500, 900, 200_000):
        with pytest.raises(MalformedBody):
            strict_json.loads(b"[" * depth + b"]" * depth)
