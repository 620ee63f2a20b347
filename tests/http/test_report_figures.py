"""What the report says, on its page and in its file, against figures that are counted here in another way."""

import csv
import html
import io
import math
import re
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from admin import inbox
from api.app import App, create_app
from core import clock, db
from core.embedded import Services
from reviews.cases.remedies import holdout
from tests.db.test_proof import case_on, hold_out, work
from tests.fixtures.reviews.shop import (
    DAY,
    NOW,
    customer,
    employee,
    moved,
    open_case,
    order,
    reading,
    rows,
    score,
    take_in,
    value,
)
from tests.http.conftest import Browser
from tests.http.desk import enter
from tests.http.shop import open_shop

REPORTS = "/staff/inbox/reports"
MARCH = "month=2026-03"


@pytest.fixture(scope="module")
def app(database: Services) -> App:
    return create_app(inbox.router)


@pytest.fixture
async def reader(browser: Browser, merchant: UUID) -> Browser:
    await open_shop(merchant)
    await enter(browser, merchant, await employee(merchant, "community_manager"))
    return browser


async def table(reader: Browser, caption: str, query: str = MARCH) -> dict[str, list[str]]:
    """The cells of a table of the page, by the head of their row."""
    page = (await reader.get(f"{REPORTS}?{query}")).text
    part = re.split(rf"<caption[^>]*>{caption}", page, maxsplit=1)[1]
    body = part[part.index("<tbody>") : part.index("</tbody>")]
    found = {}
    for row in re.findall(r"<tr>(.*?)</tr>", body, re.S):
        cells = re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S)
        first, *others = (html.unescape(re.sub("<[^>]+>", "", each)).strip() for each in cells)
        found[first] = others
    return found


async def told(reader: Browser, section: str, figure: str) -> dict[str, dict[str, str]]:
    """The lines of a figure in the file, by name."""
    answer = await reader.get(f"{REPORTS}.csv?{MARCH}")
    assert answer.headers["content-type"].startswith("text/csv")
    lines = csv.DictReader(io.StringIO(answer.text))
    return {each["name"]: each for each in lines if (each["section"], each["figure"]) == (section, figure)}


async def test_hide_rate_by_star(reader: Browser, merchant: UUID) -> None:
    """Stars: how many came, how many we hid, how many their source did."""
    came = {1: (8, 2, 0), 2: (3, 0, 0), 3: (5, 1, 1), 5: (11, 1, 2)}
    for stars, (many, hidden, there) in came.items():
        told_so = [moved(f"{stars}-{n}", rating=Decimal(stars), hidden=n < there) for n in range(many)]
        await take_in(merchant, *told_so)
        ours = [f"{stars}-{n}" for n in range(there, there + hidden)]
        await value(
            merchant,
            "WITH h AS (UPDATE reviews SET moderation = 'hidden', moderated_by = 'staff'"
            " WHERE external_id = ANY ($1) RETURNING id) SELECT count(*) FROM h",
            ours,
        )
    page = await table(reader, "Reviews of the month")
    file = await told(reader, "stars", "hidden")
    for stars, (many, hidden, there) in came.items():
        head = f"{stars} star" + "s" * (stars > 1)
        share = hidden / (many - there)
        assert page[head][0] == str(many)
        assert page[head][2] == f"{share:.0%} ({hidden} of {many - there})"
        line = file[str(stars)]
        assert (line["count"], line["of"]) == (str(hidden), str(many - there))
        assert float(line["value"]) == pytest.approx(share)
        assert (float(line["low"]), float(line["high"])) == pytest.approx(within(hidden, many - there))


async def test_first_reply_of_half_and_of_nine_of_ten(reader: Browser, merchant: UUID) -> None:
    minutes = (1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144)
    agent = await employee(merchant)
    for n in (7, 2, 9, 0, 4, 10, 1, 6, 3, 8, 5):
        case = await open_case(merchant, external_id=f"r{n}")
        # Ten seconds are for taking it back; each is asked for a second time by nobody.
        await work(merchant, case, agent, ["We are sorry."], NOW + timedelta(minutes=minutes[n], seconds=-10))
    page = await table(reader, "How soon")
    assert page["First reply"][:2] == ["13 min", "1.5 h"], "the sixth and the tenth of eleven: 13 and 89 min"
    for figure, expected_s in (("p50_s", 13 * 60), ("p90_s", 89 * 60)):
        line = (await told(reader, "clocks", figure))["first_reply"]
        assert (float(line["value"]), line["of"]) == (expected_s, "11")


async def test_recovery_against_the_holdout(reader: Browser, merchant: UUID) -> None:
    await hold_out(merchant, "0.5")
    held = [await case_on(merchant, "holdout", f"h{n}") for n in range(20)]
    lucky = [await case_on(merchant, "remedy", f"r{n}") for n in range(22)]
    async with db.transaction(merchant):
        await holdout.assign(NOW)
    buyers = dict(await rows(merchant, "SELECT id, customer_id FROM cases"))
    for n, case in enumerate([*held[:4], *lucky[:11]]):
        await order(merchant, buyers[case], f"o{n}", "lamp", NOW + 20 * DAY)
    file = await told(reader, "holdout", "bought_again")
    assert [(file[arm]["count"], file[arm]["of"]) for arm in ("remedy 30", "holdout 30")] == [
        ("11", "22"),
        ("4", "20"),
    ]
    line = (await told(reader, "holdout", "difference"))["30"]
    assert float(line["value"]) == pytest.approx(11 / 22 - 4 / 20)
    # Newcombe's interval out of the two single ones, which are found by trying and not by the formula.
    (low_1, high_1), (low_2, high_2) = within(11, 22), within(4, 20)
    low = 0.3 - math.hypot(0.5 - low_1, high_2 - 0.2)
    high = 0.3 + math.hypot(high_1 - 0.5, 0.2 - low_2)
    assert (float(line["low"]), float(line["high"])) == pytest.approx((low, high))
    shown = (await table(reader, "What remedies bring"))["30 days"]
    assert shown == ["50% (11 of 22)", "20% (4 of 20)", "30%", f"{low:.0%} … {high:.0%}"]


async def test_stars_by_month_and_what_is_complained_about(reader: Browser, merchant: UUID) -> None:
    for stars in (1, 1, 4, 5, 5):
        word = str(await customer(merchant, f"c{stars}{clock.now()}"))
        await take_in(merchant, moved(word, rating=Decimal(stars)))
    await take_in(merchant, moved("none", rating=None))
    now = clock.now()
    for when, angry in ((now - DAY, 9), (now - 20 * DAY, 1)):
        for n in range(12):
            word = f"{when:%j}-{n}"
            fields = {"product_sku": "lamp", "product_name": "<Lamp>", "written_at": when}
            (received,) = await take_in(merchant, moved(word, rating=None, **fields), at=now)
            await score(merchant, received, reading(0.9 if n < angry else 0.1), now)
    rated = await table(reader, "Rating")
    assert len(rated) == 12 and rated["March 2026"] == ["3.2", "6"], "16 stars of five, one without"
    assert rated["April 2025"] == ["–", "0"]
    topics = await table(reader, "Topics")
    assert topics["<Lamp>"] == ["Product", "9", "12", "75%", "8%", "has risen"]
    page = (await reader.get(f"{REPORTS}?{MARCH}")).text
    assert page.count('<figure class="chart"') == 2 and 'data-value="3.20"' in page
    assert (
        'href="/staff/inbox/trends">All of it' in page and 'href="/staff/studio/dashboards">All of it' in page
    )
    await enter(reader, merchant, await employee(merchant, "agent"))
    assert 'href="/staff/studio/dashboards"' not in (await reader.get(REPORTS)).text


def within(count: int, of: int) -> tuple[float, float]:
    """The shares that `count` of `of` is just not too far from at 95 %, found by halving."""
    share, z = count / of, 1.959963984540054

    def edge(inside: float, outside: float) -> float:
        for _ in range(200):
            middle = (inside + outside) / 2
            if abs(share - middle) <= z * math.sqrt(middle * (1 - middle) / of):
                inside = middle
            else:
                outside = middle
        return inside

    return edge(share, 0.0), edge(share, 1.0)
