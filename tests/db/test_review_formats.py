"""A file of each format, with its traps, as it is taken in; and what every intake must survive."""

import gzip
import shutil
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from core import db
from core.files.errors import FileUnreadable
from core.files.opening import fingerprint
from core.webhooks import endpoints
from core.webhooks.endpoints import Wanted
from reviews.files import FORMATS, Choices, Report, import_file, runs
from reviews.files.errors import ImportBusy
from reviews.files.rules import scale_of
from reviews.files.runs import Run
from reviews.files.taking import Chunk
from reviews.intake import remove
from tests.db.test_reviews_files import FIXTURES, rejects, run, written
from tests.fixtures.reviews.shop import NOW, customer, order, rows, take_in, value
from tests.fixtures.reviews.shop import review as a_review

# file: its format, how many reviews come in, which column of the last row but removals is wrong
SAMPLES = {
    "judgeme.csv": ("judgeme", 3, "review_date"),
    "judgeme_import.csv": ("judgeme_import", 3, "review_date"),
    "loox.csv": ("loox", 3, "status"),
    "loox_import.csv": ("loox_import", 3, "created_at"),
    "shopify.csv": ("shopify", 3, "rating"),
    "yotpo.csv": ("yotpo", 3, "published"),
    "okendo.csv": ("okendo", 3, "dateCreated"),
    "powerreviews.csv": ("powerreviews", 3, "Review Date"),
    "meta.csv": ("meta", 3, "incentivized"),
    "google_product.xml": ("google_product", 2, "rating"),
    "google_merchant.xml": ("google_merchant", 2, "collection_method"),
    "trustpilot.json": ("trustpilot", 2, "stars"),
    "google_business.json": ("google_business", 2, "body"),
    "mentions.ndjson": ("ndjson", 1, "rating"),
    "generic_gb18030.csv": ("generic", 2, ""),
    "generic_big5.csv": ("generic", 2, ""),
    "generic_utf16.csv": ("generic", 2, ""),
}

KEPT = """
    SELECT r.external_id, r.rating_norm, r.author, r.product_sku, r.moderation, v.title, v.body, v.photo_urls,
           r.reply, r.written_at, r.edited_at, r.solicited, r.incentivised, r.kind, r.account, v.extra
    FROM reviews r JOIN review_versions v ON v.review_id = r.id AND v.number = r.version
    ORDER BY r.written_at, 1
"""


async def kept(merchant: UUID) -> list[dict[str, Any]]:
    async with db.transaction(merchant):
        return [dict(row) | {"extra": db.from_json(row["extra"])} for row in await db.fetch(KEPT)]


async def sample(merchant: UUID, folder: Path, name: str, **said: Any) -> tuple[Report, list[dict[str, Any]]]:
    path = Path(shutil.copy(FIXTURES / name, folder / name))
    report = await run(merchant, path, "auto", **said)
    return report, await kept(merchant)


@pytest.mark.parametrize("name", SAMPLES)
async def test_each_sample_is_recognised_and_comes_in(merchant: UUID, tmp_path: Path, name: str) -> None:
    form, new, wrong = SAMPLES[name]
    report, _ = await sample(merchant, tmp_path, name)
    assert (report.format, report.new) == (form, new)
    assert [row[1] for row in rejects(report)] == ([wrong] if wrong else [])
    again, _ = await sample(merchant, tmp_path, name)
    assert (again.new, again.changed, again.unchanged) == (
        0,
        0,
        new + again.counts["removed"] + ("merchant" in form),
    )
    assert await value(merchant, "SELECT count(*) FROM review_versions") == new


def test_every_format_has_a_sample() -> None:
    assert {form for form, _, _ in SAMPLES.values()} == set(FORMATS)


async def test_judgeme_import(merchant: UUID, tmp_path: Path) -> None:
    _, (first, second, third) = await sample(merchant, tmp_path, "judgeme_import.csv")
    assert first["photo_urls"] == ["https://img.test/1.jpg", "https://img.test/2.jpg"]
    assert (first["reply"], first["body"]) == ("Thank you!", "Warm light, easy to mount.\nWould buy again.")
    assert (second["author"], second["body"]) == ("b***", "=cmd|' /C calc'!A0")
    assert (third["product_sku"], third["written_at"].isoformat()[:10]) == ("", "2025-12-31")


async def test_loox(merchant: UUID, tmp_path: Path) -> None:
    _, (first, second, third) = await sample(merchant, tmp_path, "loox.csv")
    assert (first["author"], first["body"]) == ("Ana", 'Looks great in the hall 😍\nand "warm" light')
    assert (second["author"], second["moderation"]) == ("Bo Example", "hidden")
    assert second["body"] == "<b>Broken</b> on arrival<script>alert(1)</script>", "kept as it was written"
    assert (third["product_sku"], third["body"], third["rating_norm"]) == ("8813", "", 4)
    assert "full_name" not in first["extra"] and first["extra"]["variant"] == "Brass"


async def test_loox_import(merchant: UUID, tmp_path: Path) -> None:
    _, (first, second, third) = await sample(merchant, tmp_path, "loox_import.csv")
    assert first["photo_urls"] == ["https://img.test/a.jpg"]
    assert second["rating_norm"] is None, "zero where the least is one means none"
    assert third["body"] == "‏جيد جدا‏ لكن التوصيل متأخر"


async def test_shopify(merchant: UUID, tmp_path: Path) -> None:
    _, (first, second, third) = await sample(merchant, tmp_path, "shopify.csv")
    assert (first["moderation"], second["moderation"]) == ("approved", "hidden")
    assert third["written_at"].isoformat() == "2021-03-07T11:30:00+00:00"


async def test_yotpo(merchant: UUID, tmp_path: Path) -> None:
    _, (first, second, third) = await sample(merchant, tmp_path, "yotpo.csv")
    assert (first["reply"], second["reply"]) == ("Thank you", "")
    assert second["extra"]["private_comment"] == "Call us please"
    assert first["extra"]["cf_Fit"] == "True to size" and "appkey" not in first["extra"]
    assert [each["moderation"] for each in (first, second, third)] == ["approved", "hidden", "approved"]


async def test_okendo_powerreviews_and_meta(merchant: UUID, tmp_path: Path) -> None:
    await sample(merchant, tmp_path, "okendo.csv")
    await sample(merchant, tmp_path, "powerreviews.csv")
    _, found = await sample(merchant, tmp_path, "meta.csv")
    by_body = {each["body"]: each for each in found}
    assert [by_body[body]["product_sku"] for body in ("Very soft", "Too small", "Fine")] == [
        "SKU-1",
        "socks",
        "77",
    ]
    assert by_body["Bright and warm"]["written_at"].isoformat()[:10] == "2024-05-03"
    assert [by_body[b]["moderation"] for b in ("Too dim", "Rejected by moderation")] == ["hidden", "hidden"]
    assert (by_body["Love it"]["incentivised"], by_body["Broken"]["incentivised"]) == (True, False)
    assert (by_body["Broken"]["author"], by_body["Love it"]["edited_at"].day) == ("", 3)


async def test_google_product(merchant: UUID, tmp_path: Path) -> None:
    report, (first, second) = await sample(merchant, tmp_path, "google_product.xml")
    assert rejects(report)[0][0] == "41", "the line of its element"
    assert (first["rating_norm"], first["author"]) == (Decimal("4.4"), "")
    assert (first["solicited"], first["incentivised"], second["solicited"]) == (True, True, False)
    assert second["moderation"] == "hidden", "spam"
    assert (first["product_sku"], second["product_sku"]) == ("LAMP", "541710238425")
    assert first["extra"]["pros"] == '["Warm","Bright"]'


async def test_google_merchant(merchant: UUID, tmp_path: Path) -> None:
    await take_in(merchant, a_review("gm0", source="google_merchant", written_at=NOW - timedelta(days=900)))
    report, found = await sample(merchant, tmp_path, "google_merchant.xml")
    assert report.counts["removed"] == 1
    assert await value(merchant, "SELECT state FROM reviews WHERE external_id = 'gm0'") == "tombstone"
    first, second = (each for each in found if each["external_id"] != "gm0")
    assert (first["rating_norm"], second["rating_norm"]) == (Decimal("4.5556"), Decimal("1.4444"))
    assert (second["body"], second["solicited"]) == ("", True)


async def test_trustpilot_and_google_business(merchant: UUID, tmp_path: Path) -> None:
    _, (first, second) = await sample(merchant, tmp_path, "trustpilot.json")
    assert (first["account"], first["solicited"], second["solicited"]) == ("bu1", True, False)
    assert (second["author"], second["moderation"], second["body"]) == (
        "b***",
        "hidden",
        "坏了，退货也没人理。",
    )
    _, found = await sample(merchant, tmp_path, "google_business.json")
    five, one = found[2:]
    assert (five["account"], five["rating_norm"], five["reply"]) == (
        "accounts/1/locations/2",
        5,
        "See you soon",
    )
    assert (one["body"], one["author"], one["rating_norm"]) == ("", "", 1)


async def test_mentions_have_no_rating(merchant: UUID, tmp_path: Path) -> None:
    _, (mention,) = await sample(merchant, tmp_path, "mentions.ndjson")
    assert (mention["kind"], mention["rating_norm"]) == ("mention", None)
    path = written(tmp_path, "id,date,text\n1,2026-02-01,a chat\n")
    await run(merchant, path, mentions=True)
    assert await value(merchant, "SELECT kind FROM reviews WHERE external_id = '1'") == "mention"


async def test_encodings_of_east_asia(merchant: UUID, tmp_path: Path) -> None:
    report, (first, _) = await sample(merchant, tmp_path, "generic_gb18030.csv")
    assert (report.encoding, first["body"]) == ("GB18030", "物流很快，质量不错；下次还会再来。")
    report, found = await sample(merchant, tmp_path, "generic_big5.csv")
    assert report.encoding == "Big5"
    assert "物流很快，品質不錯，下次還會再來。" in {each["body"] for each in found}
    report, found = await sample(merchant, tmp_path, "generic_utf16.csv")
    assert report.encoding == "UTF-16-LE"
    assert {"Größe passt", "Zu klein für ਊ und ༊"} <= {each["body"] for each in found}


# ---------------------------------------------------------------- the feed that is always complete


def feed(*ids: str, spoilt: str = "") -> str:
    reviews = "".join(
        f"<review><review_id>{word}</review_id><review_timestamp>2025-04-2{n}T07:00:00Z</review_timestamp>"
        f"<content>Text {word}</content>"
        f'<ratings><overall min="1" max="5">{9 if word == spoilt else 3}</overall></ratings></review>'
        for n, word in enumerate(ids)
    )
    return f'<feed x="product_reviews"><version>2.4</version><reviews>{reviews}</reviews></feed>'


async def states(merchant: UUID) -> dict[str, str]:
    return dict(await rows(merchant, "SELECT external_id, state FROM reviews"))


async def test_what_a_complete_feed_leaves_out_is_deleted_and_comes_back_with_it(
    merchant: UUID, tmp_path: Path
) -> None:
    await take_in(merchant, a_review("other", source="google_product", account="two"))
    await run(merchant, written(tmp_path, feed("a", "b", "c")), "auto")
    dry = await run(merchant, written(tmp_path, feed("a", "c")), "auto", dry_run=True)
    assert dry.counts["removed"] == 1
    assert (await states(merchant))["b"] == "live"
    report = await run(merchant, written(tmp_path, feed("a", "c")), "auto")
    assert report.counts["removed"] == 1
    assert await states(merchant) == {"a": "live", "b": "tombstone", "c": "live", "other": "live"}
    report = await run(merchant, written(tmp_path, feed("a", "b", "c")), "auto")
    assert (report.counts["returned"], report.counts["removed"], report.new) == (1, 0, 0)
    assert (await states(merchant))["b"] == "live"


async def test_a_review_that_cannot_be_read_is_not_left_out(merchant: UUID, tmp_path: Path) -> None:
    await run(merchant, written(tmp_path, feed("a", "b")), "auto")
    report = await run(merchant, written(tmp_path, feed("a", "b", spoilt="b")), "auto")
    assert (report.rejected, report.counts["removed"]) == (1, 0)


async def test_a_table_with_a_feeds_columns_is_no_feed_and_deletes_nothing(
    merchant: UUID, tmp_path: Path
) -> None:
    head = "review_id,review_time,content,rating\n"
    for row in ("a,2026-02-01,Good,5\n", "b,2026-02-01,Bad,1\n"):
        report = await run(merchant, written(tmp_path, head + row), "google_product")
        assert (report.new, report.counts["removed"]) == (1, 0)
    assert set((await states(merchant)).values()) == {"live"}


async def test_webhooks_are_told_what_a_complete_feed_leaves_out(merchant: UUID, tmp_path: Path) -> None:
    async with db.transaction(merchant):
        await endpoints.add(Wanted("https://shop.test/hook", ("review.removed",)), NOW)
    await run(merchant, written(tmp_path, feed("a", "b")), "auto")
    await run(merchant, written(tmp_path, feed("a")), "auto")
    told = (
        "SELECT payload->>'type', jsonb_array_length(payload->'of') FROM outbox WHERE topic = 'webhook.deed'"
    )
    assert await rows(merchant, told) == [("review.removed", 1)]


@pytest.mark.parametrize("broken", [feed("a")[:-20], feed("a").replace("</review>", ""), feed()])
async def test_a_broken_or_empty_feed_deletes_nothing(merchant: UUID, tmp_path: Path, broken: str) -> None:
    await run(merchant, written(tmp_path, feed("a", "b")), "auto")
    await run(merchant, written(tmp_path, broken), "auto")
    assert set((await states(merchant)).values()) == {"live"}


async def test_a_feed_for_google_has_a_limit(
    merchant: UUID, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path, feed("a"))
    with path.open("r+b") as file:
        file.truncate(100_000_001)
    with pytest.raises(FileUnreadable, match="at most 100000000 bytes"):
        await run(merchant, path, "google_product")
    packed = gzip.compress(feed(*"abcdefgh").encode())
    path.write_bytes(packed)
    monkeypatch.setitem(
        FORMATS, "google_product", replace(FORMATS["google_product"], limit_bytes=len(packed))
    )
    with pytest.raises(FileUnreadable, match="unpacked too"):
        await run(merchant, path, "auto")
    assert await value(merchant, "SELECT count(*) FROM reviews") == 0


# ---------------------------------------------------------------- what every intake must survive


@pytest.mark.parametrize(
    ("rating", "scale", "norm"),
    [
        ("4.5", None, "4.5"),
        ("4,5", None, "4.5"),
        ("88/100", None, "4.52"),
        ("7 of 10", None, "3.6667"),
        ("0", None, None),
        ("0", "0-5", "1"),
        ("0", "-100..100", "3"),
        ("-100", "-100..100", "1"),
        ("10", "1-10", "5"),
        ("", "1-10", None),
    ],
)
async def test_scales(
    merchant: UUID, tmp_path: Path, rating: str, scale: str | None, norm: str | None
) -> None:
    path = written(tmp_path, f'id,date,rating,text\n1,2026-02-01,"{rating}",ok\n')
    report = await run(merchant, path, scale=scale_of(scale) if scale else None)
    assert report.new == 1, rejects(report)
    found = await value(merchant, "SELECT rating_norm FROM reviews")
    assert found == (None if norm is None else Decimal(norm))


@pytest.mark.parametrize("wrong", ["5-1", "1", "a-b", "1-1"])
def test_what_is_no_scale(wrong: str) -> None:
    with pytest.raises(ValueError):
        scale_of(wrong)


async def test_long_and_strange_texts_are_kept_as_they_are(merchant: UUID, tmp_path: Path) -> None:
    strange = [
        "字" * 50_000,
        "a\u200b\u200db\u202e\u2066c",
        " leading and trailing \t",
        "👩‍👩‍👧‍👦",
        "<script>alert(1)</script>&lt;",
    ]
    lines = [f'{n},2026-02-01,"{text}"' for n, text in enumerate(strange)]
    report = await run(merchant, written(tmp_path, "\n".join(["id,date,text", *lines])))
    assert report.rejected == 0
    found = await rows(
        merchant,
        "SELECT body FROM reviews r JOIN review_versions v ON v.review_id = r.id ORDER BY external_id",
    )
    assert [body for (body,) in found] == strange


async def test_null_characters_in_json_are_left_out_and_in_csv_rejected(
    merchant: UUID, tmp_path: Path
) -> None:
    line = '{"id": "1", "date": "2026-02-01", "text": "a\\u0000b"}\n'
    await run(merchant, written(tmp_path, line), "auto")
    assert await value(merchant, "SELECT body FROM review_versions") == "ab"
    big = "id,date,text\n" + "2,2026-02-01,ok\n" * 5_000 + "3,2026-02-01,a\0b\n"
    report = await run(merchant, written(tmp_path, big), "auto")
    assert [(row[0], row[1], row[2]) for row in rejects(report)] == [("5002", "text", "encoding")]


async def test_a_header_alone_has_no_rows(merchant: UUID, tmp_path: Path) -> None:
    report = await run(merchant, written(tmp_path, "id,date,rating,text\n"), "auto")
    assert (report.rows, report.counts) == (0, Counter())


async def test_a_packed_file_is_read_like_a_plain_one(merchant: UUID, tmp_path: Path) -> None:
    path = tmp_path / "shop.csv.gz"
    path.write_bytes(gzip.compress((FIXTURES / "shopify.csv").read_bytes()))
    done: list[tuple[int, int]] = []
    report = await import_file(path, "auto", merchant, lambda *at: done.append(at), now=NOW)
    assert (report.format, report.new, done[-1]) == ("shopify", 3, (path.stat().st_size,) * 2)


async def test_a_column_can_be_left_unread(merchant: UUID, tmp_path: Path) -> None:
    path = written(tmp_path, "id,date,text,published\n1,2026-02-01,ok,perhaps\n")
    assert (await run(merchant, path)).rejected == 1
    report = await run(merchant, path, columns={"published": ""})
    assert (report.new, report.unmapped) == (1, ("published",))


async def test_what_our_own_form_writes_is_not_taken_from_a_file(merchant: UUID, tmp_path: Path) -> None:
    text = (
        "regulars_source,regulars_id,date,text\nfirst_party,1,2026-02-01,I love us\ngoogle,2,2026-02-01,ok\n"
    )
    report = await run(merchant, written(tmp_path, text), "auto")
    assert [row[1] for row in rejects(report)] == ["regulars_source"]
    assert await rows(merchant, "SELECT source, external_id FROM reviews") == [("google", "2")]


async def test_a_purchase_is_verified_by_an_order_alone(merchant: UUID, tmp_path: Path) -> None:
    buyer = await customer(merchant, email="ana@mail.test")
    await order(merchant, buyer, "o1", "lamp", NOW - timedelta(days=400))
    await sample(merchant, tmp_path, "loox.csv")
    found = await rows(merchant, "SELECT external_id, verified FROM reviews ORDER BY 1")
    assert found == [("LX1", True), ("LX2", False), ("LX3", False)], "whatever verified_purchase says"


def test_choices_say_nothing_by_themselves() -> None:
    assert Choices() == Choices(account="", columns={}, date_order=None, scale=None, mentions=False)


async def test_a_removed_review_stays_away_unless_its_feed_is_complete(
    merchant: UUID, tmp_path: Path
) -> None:
    await sample(merchant, tmp_path, "loox.csv")
    async with db.transaction(merchant):
        await remove("loox", "", "LX1", NOW)
    await sample(merchant, tmp_path, "loox.csv")
    assert (await states(merchant))["LX1"] == "tombstone"


async def test_a_later_reply_and_another_state_are_facts(merchant: UUID, tmp_path: Path) -> None:
    await sample(merchant, tmp_path, "shopify.csv")
    later = (FIXTURES / "shopify.csv").read_text().replace("lamp,unpublished", "lamp,published")
    said, then = "Good,,2021-03-07 12:30:00 +0100,", "Good,Thanks,2021-03-07 12:30:00 +0100,2021-03-08"
    later = later.replace(said, then, 1)
    report = await run(merchant, written(tmp_path, later), "auto")
    assert (report.counts["facts"], report.unchanged, report.new, report.changed) == (2, 1, 0, 0)
    found = await kept(merchant)
    assert [each["moderation"] for each in found] == ["approved"] * 3
    assert found[2]["reply"] == "Thanks"
    assert await value(merchant, "SELECT count(*) FROM review_versions") == 3


async def test_two_runs_of_one_file_at_once_do_not_double(merchant: UUID, tmp_path: Path) -> None:
    path = written(tmp_path, "id,date,text\n" + "".join(f"{n},2026-02-01,ok\n" for n in range(30)))
    async with db.transaction(merchant):
        other = Run(None, "in.csv", path.stat().st_size, "generic", "", Choices(), "running")
        other = await runs.start(other, fingerprint(path, path.stat().st_size), NOW)
        stale = replace(other)
        await runs.advance(other, Chunk(rows=10), Counter(new=10), 0, NOW)
        with pytest.raises(ImportBusy):
            await runs.advance(stale, Chunk(rows=10), Counter(new=10), 0, NOW)
