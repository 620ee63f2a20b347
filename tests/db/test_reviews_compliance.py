"""The report counts what it says, every figure leads to exactly its rows, and the exports agree."""

import csv
import io
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import httpx
import pytest

from admin import studio
from admin.studio import compliance as pages
from api.app import create_app
from core import clock, db
from core.embedded import Services
from core.people import sessions
from reviews.compliance import rules, service
from reviews.compliance.rules import ByStars
from reviews.intake import remove
from reviews.publishing.rules import POLICIES
from tests.fixtures.reviews.shop import NOW, customer, employee, moved, order, rows, take_in, value
from tests.http.conftest import PAGE, _transport

HIDE = "UPDATE reviews SET moderation = 'hidden', moderated_by = 'staff' WHERE external_id = $1 RETURNING id"
SAID = (
    "INSERT INTO review_moderations (merchant_id, review_id, version, moderation, reason, moderated_by,"
    " staff_id, at) VALUES ($1, $2, 1, 'hidden', $3, 'staff', $4, $5)"
)


def _period() -> service.Period:
    return pages.period(0, NOW + timedelta(days=400))


@pytest.fixture
async def filled(merchant: UUID) -> UUID:
    """Ten reviews: two of one star hidden for two reasons, one hidden at its source, one taken back."""
    staff = await employee(merchant)
    told = [moved(f"low{n}", rating=Decimal(1)) for n in range(4)]
    told += [moved(f"high{n}", rating=Decimal(5), incentivised=n == 0) for n in range(3)]
    told += [moved("there", rating=Decimal(5), hidden=True), moved("gone"), moved("mute", rating=None)]
    told += [moved("mention", rating=None, kind="mention")]
    await take_in(merchant, *told)
    for key, reason in (("low0", "spam"), ("low1", "off_topic")):
        await value(merchant, SAID, merchant, await value(merchant, HIDE, key), reason, staff, NOW)
    async with db.transaction(merchant):
        await remove("import", "", "gone", NOW)
    await value(
        merchant,
        "UPDATE reviews SET reply = 'Thanks', replied_at = received_at + interval '90 minutes'"
        " WHERE external_id IN ('high0', 'low2')",
    )
    return merchant


async def _by_stars(merchant: UUID) -> dict[int | None, ByStars]:
    async with db.transaction(merchant):
        return {part.stars: part for part in await service.by_stars(_period())}


async def test_what_is_counted(filled: UUID) -> None:
    found = await _by_stars(filled)
    low, high = found[1], found[5]
    assert (low.live, low.shown, low.hidden, low.answered, low.answer_hours) == (4, 2, 2, 1, 1.5)
    assert (high.live, high.shown, high.hidden, high.hidden_there, high.incentivised) == (4, 3, 0, 1, 1)
    assert (found[3].live, found[3].removed, found[None].shown) == (0, 1, 1)
    assert low.hide_rate == 0.5 and high.hide_rate == 0.0 and found[3].hide_rate is None
    rates = rules.hide_rates(list(found.values()))
    assert (rates.low, rates.high, rates.hidden, rates.live) == (0.5, 0.0, 2, 8)


async def test_each_figure_leads_to_exactly_its_rows(filled: UUID) -> None:
    found = await _by_stars(filled)
    names: dict[rules.Rows, str] = {"all": "live", "unverified": "", "unanswered": ""}
    async with db.transaction(filled):
        for wanted in rules.ROWS:
            name = names.get(wanted, wanted)
            for stars, part in found.items():
                page = await service.rows(_period(), wanted, 0 if stars is None else stars, None)
                assert {each.stars for each in page.rows} <= {stars}
                if name:
                    assert len(page.rows) == getattr(part, name), (wanted, stars)
        (spam,) = (await service.rows(_period(), "hidden", None, "spam")).rows
        first = await service.rows(_period(), "all", None, None, limit=5)
        second = await service.rows(_period(), "all", None, None, first.next or "", limit=5)
    assert spam.external_id == "low0"
    assert len({each.id for each in (*first.rows, *second.rows)}) == 9 and second.next is None


async def test_who_was_asked(merchant: UUID) -> None:
    buyer = await customer(merchant)
    asked = await order(merchant, buyer, "asked", "lamp", NOW)
    skipped = await order(merchant, buyer, "skipped", "lamp", NOW)
    await order(merchant, buyer, "before", "lamp", NOW)
    await value(merchant, "UPDATE orders SET delivered_at = $1", NOW)
    for order_id, state, why in ((asked, "sent", None), (skipped, "skipped", "no_address")):
        await value(
            merchant,
            "INSERT INTO review_invitations (merchant_id, order_id, customer_id, delivered_at, state,"
            " sent_at, skip_reason)"
            " VALUES ($1, $2, $3, $4, $5, CASE WHEN $5 = 'sent' THEN $4::timestamptz END, $6)",
            merchant, order_id, buyer, NOW, state, why,
        )  # fmt: skip
    async with db.transaction(merchant):
        report = await service.report(_period())
        assert [each.order for each in await service.unasked(_period(), "no_address")] == ["skipped"]
        assert [each.order for each in await service.unasked(_period(), "")] == ["before"]
    assert (report.invitations.delivered, report.invitations.sent, report.invitations.unasked) == (3, 1, 1)
    # Its delivery is said to have been at another time, since: each figure counts it there.
    await value(
        merchant, "UPDATE orders SET delivered_at = $1 WHERE id = $2", NOW.replace(year=1980), skipped
    )
    async with db.transaction(merchant):
        later = (await service.report(_period())).invitations
    assert (later.delivered, later.skipped, later.unasked) == (2, {}, 1)


@pytest.fixture
async def client(database: Services) -> httpx.AsyncClient:
    """A browser of the studio."""
    return httpx.AsyncClient(transport=_transport(create_app(studio.router)), base_url="http://x.test")


async def _cookie(merchant: UUID, role: str) -> dict[str, str]:
    staff_id = await employee(merchant, role)
    async with db.transaction(merchant):
        token = await sessions.start(clock.now(), staff_id=staff_id)
    return {"cookie": f"regulars_staff={token}", **PAGE}


async def test_page_and_exports_agree(client: httpx.AsyncClient, filled: UUID) -> None:
    headers = await _cookie(filled, "auditor")
    text = (await client.get(f"{pages.PATH}?days=0", headers=headers)).text
    assert "Advertising or spam" in text and "50%" in text
    assert f"{pages.PATH}/reviews?rows=hidden&amp;days=0&amp;stars=1" in text
    table = list(
        csv.reader(io.StringIO((await client.get(f"{pages.PATH}.csv?days=0", headers=headers)).text))
    )
    assert table[0] == ["section", "stars", "figure", "value"]
    assert ["reviews", "1", "hidden", "2"] in table and ["reviews", "1", "hide_rate", "0.5000"] in table
    assert ["hidden", "1", "spam", "1"] in table and ["requests", "", "delivered", "0"] in table
    told = (await client.get(f"{pages.PATH}.json?days=0", headers=headers)).json()
    assert {part["stars"]: part["hidden"] for part in told["by_stars"]}[1] == 2
    assert told["policy_version"] == POLICIES[-1].version
    listed = await client.get(f"{pages.PATH}/reviews?rows=hidden&days=0&stars=1&reason=spam", headers=headers)
    (review_id,) = (await rows(filled, "SELECT id FROM reviews WHERE external_id = 'low0'"))[0]
    assert f"/staff/moderation/reviews/{review_id}" in listed.text


async def test_who_may_not_see_it(client: httpx.AsyncClient, filled: UUID) -> None:
    headers = await _cookie(filled, "agent")
    for path in ("", ".csv", ".json", "/reviews", "/orders"):
        answer = await client.get(f"{pages.PATH}{path}", headers=headers)
        assert answer.status_code == 403, path
        assert "low0" not in answer.text
