"""What people, programs and attackers type where something else was meant."""

from typing import Any

import msgspec
from hypothesis import strategies as st

from tests.access.bodies import body
from tests.access.doors import Door

ODD = (
    *("", " ", "0", "-1", "1", "007", "1e309", "-0", "NaN", "Infinity", "0x10", "1_000", "٣", "½", "9" * 40),
    *("9223372036854775808", "2147483648", "1.5", "1,5", "true", "null", "[]", "{}", "on"),
    *("2026-02-30", "0001-01-01", "9999-12-31T23:59:59Z", "2026-01-01T00:00:00", "24:00", "-1 day"),
    *("\x00", "a\x00b", "\r\n", "\t", "\u2028", "\u202e", "\ufeff", "\ud7ff", "\U0001f4a9", "\U0010ffff"),
    *("' OR 1=1 --", "%", "_", "\\", "../../etc/passwd", "<script>alert(1)</script>", "{{7*7}}", "${7*7}"),
    *("%s%n", "%00", "%ff", "=cmd|' /C calc'!A0", "http://169.254.169.254/", "javascript:alert(1)"),
    *("a" * 300, "a" * 20_000, "漢" * 1000, "e\u0301" * 500),
    *("00000000-0000-7000-8000-000000000000", "zz", "en", "USD", "Europe/Berlin", "a@b", "x@example.test"),
)
ODD_TEXTS: st.SearchStrategy[str] = st.one_of(
    st.sampled_from(ODD), st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=60)
)
ODD_BYTES: st.SearchStrategy[bytes] = st.one_of(
    st.binary(max_size=200),
    ODD_TEXTS.map(str.encode),
    st.sampled_from([b"\xff\xfe", b"[" * 50_000, b'{"a":']),
)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(allow_nan=False), ODD_TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(ODD_TEXTS, inner, max_size=4)),
    max_leaves=12,
)


def forms(door: Door) -> st.SearchStrategy[dict[str, str]]:
    """What could be posted to a door: fields as they should be, odd, missing, or never heard of."""
    usual = body(door)
    known = {name: str(value) for name, value in usual.items()} if isinstance(usual, dict) else {}
    fields = {
        name: st.one_of(st.just(known[name]), st.just(known[name]), ODD_TEXTS) if name in known else ODD_TEXTS
        for name in names(door)
    }
    required = {name: fields[name] for name in fields if name in known}
    optional = {name: fields[name] for name in fields if name not in known}
    whole = st.fixed_dictionaries(required, optional=optional)
    partly = st.fixed_dictionaries({}, optional=fields)
    return st.one_of(whole, whole, partly, st.dictionaries(ODD_TEXTS, ODD_TEXTS, max_size=3))


def names(door: Door) -> list[str]:
    """The fields of a door's form."""
    taken = door.handler.parsed_fn_signature.parameters.get("data")
    if taken is None:
        return []
    [schema], parts = msgspec.json.schema_components((taken.annotation,), ref_template="{name}")
    found = parts[schema["$ref"]] if "$ref" in schema else schema
    return list(found.get("properties", {}))
