"""Import, export, import: nothing changes, in any format, over all that the format has a place for."""

import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import db
from reviews.files import FORMATS, export_file, import_file
from reviews.intake import IncomingReview, receive
from tests.conftest import new_merchant
from tests.fixtures.reviews.shop import NOW, rows

# Nothing that no database stores, and what spreadsheets, parsers and people stumble over.
TRAPS = (
    *(
        "=1+1",
        "'=1+1",
        "''+x",
        "-5",
        "'-5",
        "@me",
        "＝1",
        "\t=x",
        "a\r\nb",
        "a\rb",
        "\n",
        " blank ",
        "0",
        "null",
    ),
    *(
        '"',
        '"",',
        ";",
        "a;b\tc",
        "<b>&amp;</b>",
        "]]>",
        "\u200f\u202eمرحبا",
        "a\u200bb",
        "\ufeffx",
        "👩‍👩‍👧",
        "\u2028",
        "\x85",
    ),
    *("\x0b\x1f", "\\n", "{{ x }}", "'", "退货也没人理。"),
)
TEXTS = st.sampled_from(TRAPS) | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30
)
WORDS = st.text(st.sampled_from("abcXYZ0189-_.:=+@'#é中"), min_size=1, max_size=12)
URLS = st.builds("https://img.test/{}.jpg".format, st.text("ab0,;|=%&", max_size=5))
TIMES = st.datetimes(datetime(1995, 1, 1), datetime(2026, 2, 1), timezones=st.just(UTC))
SCALES = st.sampled_from([(1, 5), (0, 5), (1, 10), (0, 100), (-100, 100)])


@dataclass(frozen=True)
class Carries:
    """What a format has a place for."""

    title: bool = True
    edited: bool = False
    stars: str = "any"
    """any: on any scale, or none; five: 1 to 5, always; whole: without fractions."""
    clock: bool = True
    """Times, not only days."""
    photos: bool = True
    hidden: bool = True
    reply: bool = True
    replied: bool = True
    incentivised: bool = False
    solicited: bool = False
    lang: bool = False
    product: bool = True
    name: bool = False
    author: bool = True
    mentions: bool = False
    account: bool = True
    xml: bool = False


CARRIES = {
    "generic": Carries(edited=True, incentivised=True, solicited=True, lang=True, name=True, mentions=True),
    "ndjson": Carries(edited=True, incentivised=True, solicited=True, lang=True, name=True, mentions=True),
    "judgeme": Carries(stars="five"),
    "judgeme_import": Carries(stars="five", hidden=False, replied=False),
    "loox": Carries(title=False, stars="five", reply=False),
    "loox_import": Carries(title=False, stars="five", reply=False, hidden=False),
    "shopify": Carries(stars="five", photos=False),
    "yotpo": Carries(stars="five", name=True),
    "okendo": Carries(stars="five", hidden=False, reply=False),
    "powerreviews": Carries(stars="whole", clock=False, photos=False, reply=False),
    "meta": Carries(stars="five", edited=True, hidden=False, reply=False, incentivised=True, name=True),
    "google_product": Carries(
        reply=False, incentivised=True, solicited=True, lang=True, name=True, account=False, xml=True
    ),
    "google_merchant": Carries(
        edited=True,
        photos=False,
        hidden=False,
        reply=False,
        solicited=True,
        product=False,
        account=False,
        xml=True,
    ),
    "trustpilot": Carries(edited=True, stars="whole", photos=False, solicited=True, lang=True, product=False),
    "google_business": Carries(
        title=False, edited=True, stars="whole", photos=False, hidden=False, product=False
    ),
}


@st.composite
def ratings(draw: st.DrawFn, stars: str) -> dict[str, Decimal | None]:
    low, high = draw(SCALES) if stars == "any" else (1, 5)
    whole = st.integers(low, high).map(Decimal)
    if stars == "whole":
        return {"rating": draw(whole)}
    half = st.integers(low * 2, high * 2).map(lambda twice: Decimal(twice) / 2)
    return {
        "rating": draw(whole | half | (st.none() if stars == "any" else whole)),
        "scale_min": Decimal(low),
        "scale_max": Decimal(high),
    }


@st.composite
def incoming(draw: st.DrawFn, code: str) -> IncomingReview:
    """A review as it can be in a file of this format."""
    can = CARRIES[code]
    texts = (
        TEXTS.map(
            lambda text: "".join(c for c in text if c in "\t\n\r" or " " <= c < "\ufffe" or c > "\uffff")
        )
        if can.xml
        else TEXTS
    )
    written = draw(TIMES)
    if not can.clock:
        written = written.replace(hour=0, minute=0, second=0, microsecond=0)
    mention = can.mentions and draw(st.booleans())
    fields: dict[str, Any] = {"rating": None} if mention else draw(ratings(can.stars))
    reply = draw(texts) if can.reply else ""
    edited = (
        written + timedelta(hours=draw(st.integers(1, 99))) if can.edited and draw(st.booleans()) else None
    )
    return IncomingReview(
        source=FORMATS[code].source,
        account=draw(st.sampled_from(["", "shop-1"])) if can.account else "",
        external_id=draw(WORDS),
        kind="mention" if mention else "review",
        written_at=written,
        edited_at=edited,
        title=draw(texts) if can.title else "",
        body=draw(texts) + ("x" if mention or fields["rating"] is None else ""),
        lang=draw(st.sampled_from(["", "en", "zh-Hant"])) if can.lang else "",
        author=draw(st.sampled_from(["", "Ana", "=Bo", "小王", "ana@mail.test"])) if can.author else "",
        product_sku=draw(st.sampled_from(["", "LAMP", "=x", "-5"])) if can.product else "",
        product_name=draw(st.sampled_from(["", "Lamp, brass"])) if can.name else "",
        photo_urls=tuple(draw(st.lists(URLS, max_size=3))) if can.photos else (),
        hidden=draw(st.booleans()) if can.hidden else False,
        solicited=draw(st.sampled_from([None, True, False])) if can.solicited else None,
        incentivised=draw(st.booleans()) if can.incentivised else False,
        reply=reply,
        replied_at=(written if not can.replied or not can.clock else draw(TIMES)) if reply else None,
        **fields,
    )  # fmt: skip


STORED = """
    SELECT r.source, r.account, r.external_id, r.kind, r.state, r.moderation, r.rating_norm, r.written_at,
           r.edited_at, r.version, r.reply, r.replied_at, r.author, r.product_sku, r.product_name,
           r.solicited, r.incentivised, v.number, v.title, v.body, v.lang, v.rating_raw, v.scale_min,
           v.scale_max, v.photo_urls,
           v.fingerprint
    FROM reviews r LEFT JOIN review_versions v ON v.review_id = r.id ORDER BY 1, 2, 3, v.number
"""


def silent(done: int, total: int) -> None:
    """No progress."""


async def brought_back(merchant: UUID, code: str, reviews: list[IncomingReview], folder: Path) -> None:
    async with db.transaction(merchant):
        await receive(reviews, NOW)
    before = await rows(merchant, STORED)
    first, second = folder / "first", folder / "second"
    exported = await export_file(first, code, merchant, silent)
    report = await import_file(first, "auto", merchant, silent, now=NOW)
    if exported.rows:
        assert report.format == code
    assert report.rejects_path is None, report.rejects_path and report.rejects_path.read_text()
    assert {status for status, n in report.counts.items() if n} <= {"unchanged"}
    assert report.counts["unchanged"] == exported.rows
    assert await rows(merchant, STORED) == before
    await export_file(second, code, merchant, silent)
    assert second.read_bytes() == first.read_bytes()


@pytest.mark.parametrize("code", FORMATS)
@given(data=st.data())
@settings(max_examples=6, deadline=None, database=None, suppress_health_check=list(HealthCheck))
async def test_what_is_exported_and_imported_again_changes_nothing(
    database: object, code: str, data: st.DataObject
) -> None:
    several = st.lists(
        incoming(code), min_size=1, max_size=12, unique_by=lambda each: (each.account, each.external_id)
    )
    with tempfile.TemporaryDirectory() as folder:
        await brought_back(await new_merchant(), code, data.draw(several), Path(folder))
