"""Files of reviews in the studio: sent, tried, read otherwise, taken in by the worker, step by step."""

import gzip
import random
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from api.app import App
from core import db
from core.celery_app import HANDLER_MODULES
from core.embedded import Services
from core.i18n import LOCALES
from core.outbox import work
from core.outbox.store import Item
from reviews.files import taking, uploads
from tests.conftest import new_merchant
from tests.fixtures.reviews.shop import NOW, rows, value
from tests.http.conftest import PAGE, Browser
from tests.http.shop import enter_as_staff, form, pages_app

IMPORTS = "/staff/studio/imports"
FIXTURES = Path(__file__).parents[1] / "fixtures" / "reviews"
MANY = "nr,day,stars,words\n" + "".join(f"r{n},2026-02-01,{n % 5 + 1},text {n}\n" for n in range(45))


@pytest.fixture(scope="module")
def app(database: Services) -> App:
    return pages_app()


async def send(browser: Browser, name: str, content: bytes, **said: str) -> httpx.Response:
    fields = form((await browser.get(IMPORTS)).text, IMPORTS) | said
    return await browser.client.post(IMPORTS, data=fields, files={"file": (name, content)}, headers=PAGE)


async def sent(browser: Browser, name: str, content: bytes, **said: str) -> str:
    """The path of the file's page."""
    answer = await send(browser, name, content, **said)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"]).partition("?")[0]


async def press(browser: Browser, path: str, what: str, **said: str) -> str:
    fields = form((await browser.get(path)).text, f"{path}/{what}") | said
    answer = await browser.post(f"{path}/{what}", fields, path)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"]).partition("notice=")[2]


async def work_off(merchant: UUID) -> int:
    """Do what waits of files, one step after the other; how many steps there were."""
    for module in HANDLER_MODULES:
        import_module(module)
    steps = 0
    while True:
        async with db.transaction(merchant):
            found = await db.fetch(
                "SELECT id, merchant_id, topic, attempts FROM outbox WHERE topic = $1 AND parked_at IS NULL",
                uploads.TOPIC,
            )
        if not found:
            return steps
        steps += 1
        await work.run([Item(**row) for row in found])
        async with db.transaction(merchant):
            assert await db.fetchval("SELECT max(attempts) FROM outbox WHERE topic = $1", uploads.TOPIC) in (
                0,
                None,
            )


async def test_a_file_is_tried_then_taken_in(browser: Browser, merchant: UUID) -> None:
    await enter_as_staff(browser, merchant, "community_manager")
    path = await sent(browser, "C:\\old\\loox.csv.gz", gzip.compress((FIXTURES / "loox.csv").read_bytes()))
    page = (await browser.get(path)).text
    assert "Looks great in the hall" in page and "Being tried" in page
    assert "/start" not in page, "not before it is tried"
    assert 'hx-get="' in page and "Look again" in page
    await work_off(merchant)
    page = (await browser.get(path)).text
    assert "Ready to start" in page and "does not say whether it is shown" in page
    assert await value(merchant, "SELECT count(*) FROM reviews") == 0, "nothing is kept yet"
    assert await press(browser, path, "start") == "started"
    await work_off(merchant)
    assert await rows(merchant, "SELECT source, count(*) FROM reviews GROUP BY 1") == [("loox", 3)]
    page = (await browser.get(path)).text
    assert "Taken in" in page and "/check" not in page and "/drop" not in page
    assert await value(merchant, "SELECT count(*) FROM review_import_parts") == 0, "the file is gone"
    assert await value(merchant, "SELECT findings ->> 'samples' FROM review_imports") == "[]"
    rejects = await browser.get(f"{path}/rejects.csv")
    assert rejects.text.splitlines()[1].startswith("6,status,invalid,")
    assert "loox.csv.gz" in (await browser.get(IMPORTS)).text
    async with db.transaction(merchant):
        latest = await db.fetchval("SELECT updated_at FROM review_imports")
        await uploads.tidy(latest + timedelta(days=uploads.REJECTS_KEPT_DAYS))
        assert await db.fetchval("SELECT count(*) FROM review_import_rejects") == 1
        assert await uploads.tidy(latest + timedelta(days=uploads.REJECTS_KEPT_DAYS + 1)) == 0
        assert await db.fetchval("SELECT count(*) FROM review_import_rejects") == 0


async def test_columns_that_nobody_knows_are_chosen(
    browser: Browser, merchant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking, "CHUNK_ROWS", 4)
    await enter_as_staff(browser, merchant, "owner")
    path = await sent(browser, "strange.csv", MANY.replace("stars", "how").replace("words", "what").encode())
    page = (await browser.get(path)).text
    assert "no column for a rating or a text" in page
    assert await work_off(merchant) == 0
    chosen = {"map_external_id": "nr", "map_written_at": "day", "map_rating": "how", "map_body": "what"}
    chosen |= {"scale": "0-10", "date_order": "dmy"}
    assert await press(browser, path, "check", **chosen) == "checked"
    assert await work_off(merchant) == 3, "45 rows, 20 a step"
    page = (await browser.get(path)).text
    assert "Ready to start" in page and 'value="what" selected' in page
    assert await press(browser, path, "start") == "started"
    assert await work_off(merchant) == 3
    assert await value(merchant, "SELECT count(*) FROM reviews") == 45
    assert await rows(merchant, "SELECT DISTINCT scale_min, scale_max FROM review_versions") == [(0, 10)]
    [(counts,)] = await rows(merchant, "SELECT counts::text FROM review_imports")
    assert db.from_json(counts) == {"new": 45}


async def test_a_step_that_fails_is_repeated_and_doubles_nothing(
    browser: Browser, merchant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking, "CHUNK_ROWS", 4)
    await enter_as_staff(browser, merchant, "owner")
    path = await sent(
        browser, "a.csv", MANY.replace("nr", "id").replace("words", "text").replace("day", "date").encode()
    )
    await work_off(merchant)
    await press(browser, path, "start")
    import_id = UUID(path.rpartition("/")[2])
    with pytest.raises(KeyboardInterrupt):
        async with db.transaction(merchant):
            await uploads.step(import_id, NOW)
            raise KeyboardInterrupt
    assert await value(merchant, "SELECT count(*) FROM reviews") == 0
    async with db.transaction(merchant):
        await uploads.step(import_id, NOW)
    await work_off(merchant)
    assert await value(merchant, "SELECT count(*) FROM review_versions") == 45
    assert await value(merchant, "SELECT rows FROM review_imports") == 45


async def test_a_complete_feed_is_whole_over_several_steps(
    browser: Browser, merchant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.db.test_review_formats import feed, states

    monkeypatch.setattr(taking, "CHUNK_ROWS", 1)
    await enter_as_staff(browser, merchant, "owner")
    for ids in ("abcdefgh", "abcdefg"):
        path = await sent(browser, "feed.xml", feed(*ids).encode())
        assert await work_off(merchant) == 2
        await press(browser, path, "start")
        await work_off(merchant)
    assert [word for word, state in (await states(merchant)).items() if state == "tombstone"] == ["h"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(20), "a picture"),
        (b"", "the file is empty"),
        (b"PK\x03\x04" + bytes(20), "damaged"),
        (gzip.compress(b"0" * (33 << 20)), "unpacks to far more"),
        (b'<!DOCTYPE f [<!ENTITY a "b">]><feed>product_reviews</feed>', "entities"),
    ],
)
async def test_what_is_no_file_of_reviews_is_said_on_the_form(
    browser: Browser, merchant: UUID, content: bytes, said: str
) -> None:
    await enter_as_staff(browser, merchant, "owner")
    answer = await send(browser, "x.csv", content)
    if answer.status_code == 303:  # it looks right from its first bytes
        assert said in (await browser.get(str(answer.headers["location"]))).text
        return
    assert (answer.status_code, said in answer.text) == (422, True), answer.text
    assert await value(merchant, "SELECT count(*) FROM review_imports") == 0


async def test_a_file_that_is_too_large_is_left_to_the_command(browser: Browser, merchant: UUID) -> None:
    await enter_as_staff(browser, merchant, "owner")
    content = b"id,date,text\n" + random.Random(1).randbytes(uploads.UPLOAD_LIMIT_BYTES // 2).hex().encode()
    answer = await send(browser, "x.csv", content)
    assert (answer.status_code, "larger than can be sent here" in answer.text) == (422, True)
    assert await value(merchant, "SELECT count(*) FROM review_imports") == 0


async def test_a_wrong_scale_is_told_and_changes_nothing(browser: Browser, merchant: UUID) -> None:
    await enter_as_staff(browser, merchant, "owner")
    path = await sent(browser, "s.csv", (FIXTURES / "shopify.csv").read_bytes())
    fields = form((await browser.get(path)).text, f"{path}/check") | {"scale": "9-1"}
    answer = await browser.post(f"{path}/check", fields, path)
    assert answer.status_code == 422 and "has no extent" in answer.text
    assert await value(merchant, "SELECT choices::text FROM review_imports") == "{}"


async def test_a_dropped_file_leaves_nothing(browser: Browser, merchant: UUID) -> None:
    await enter_as_staff(browser, merchant, "owner")
    path = await sent(browser, "s.csv", (FIXTURES / "shopify.csv").read_bytes())
    assert await press(browser, path, "drop") == "dropped"
    assert await work_off(merchant) == 1, "its work finds nothing to do"
    assert await rows(merchant, "SELECT state, findings FROM review_imports") == [("dropped", None)]
    for table in ("reviews", "review_import_parts", "review_import_rejects"):
        assert await value(merchant, f"SELECT count(*) FROM {table}") == 0


async def test_files_that_nobody_comes_back_to_go(browser: Browser, merchant: UUID) -> None:
    await enter_as_staff(browser, merchant, "owner")
    for state in ("checking", "running"):  # the latter's work can be parked
        await sent(browser, "s.csv", (FIXTURES / "shopify.csv").read_bytes())
        async with db.transaction(merchant):
            await db.execute("UPDATE review_imports SET state = $1 WHERE state = 'checking'", state)
            latest = await db.fetchval("SELECT updated_at FROM review_imports WHERE state = $1", state)
            assert await uploads.tidy(latest) == 0
            assert await uploads.tidy(latest + timedelta(days=uploads.KEPT_DAYS, seconds=1)) == 1
        assert await value(merchant, "SELECT count(*) FROM review_import_parts") == 0
        assert await value(merchant, "SELECT count(*) FROM review_imports WHERE findings IS NOT NULL") == 0


async def test_who_may(browser: Browser, merchant: UUID) -> None:
    await enter_as_staff(browser, merchant, "owner")
    path = await sent(browser, "s.csv", (FIXTURES / "shopify.csv").read_bytes())
    fields = form((await browser.get(path)).text, f"{path}/drop")
    for role in ("marketer", "auditor"):
        await enter_as_staff(browser, merchant, role)
        assert "multipart" not in (await browser.get(IMPORTS)).text
        page = await browser.get(path)
        assert page.status_code == 200 and '<form method="post" action="' + path not in page.text
        assert (await browser.post(f"{path}/drop", fields, path)).status_code == 403
    assert await value(merchant, "SELECT state FROM review_imports") == "checking"
    await enter_as_staff(browser, await new_merchant(), "owner")
    assert (await browser.get(path)).status_code == 404
    assert (await browser.get(f"{path}/rejects.csv")).status_code == 404


async def test_the_pages_in_each_language(browser: Browser, merchant: UUID) -> None:
    await enter_as_staff(browser, merchant, "owner")
    path = await sent(browser, "s.csv", (FIXTURES / "shopify.csv").read_bytes())
    await work_off(merchant)
    for locale in LOCALES:
        await enter_as_staff(browser, merchant, "owner", locale)
        for each in (IMPORTS, path, f"{path}/progress"):
            assert (await browser.get(each)).status_code == 200
    assert (await browser.get(f"{path}/progress")).headers["hx-refresh"] == "true"
