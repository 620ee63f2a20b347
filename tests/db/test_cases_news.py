"""What open pages hear: everything once, also what was missed, and nothing of another merchant."""

import asyncio
from datetime import timedelta
from uuid import UUID

from admin.inbox.live import messages
from core import db
from reviews.cases import news, service
from tests.conftest import new_merchant
from tests.fixtures.reviews.shop import NOW, employee, open_case

SOON_S = 10.0


async def test_everybody_hears_of_a_case_and_nobody_of_another_shops(merchant: UUID) -> None:
    other = await new_merchant()
    feeds = [news.listen(merchant, None), news.listen(merchant, None)]
    theirs = news.listen(other, None)
    deaf = asyncio.create_task(anext(theirs))
    listening = [asyncio.create_task(anext(feed)) for feed in feeds]
    await asyncio.sleep(3 * news.POLL_S)
    case = await open_case(merchant)
    async with asyncio.timeout(SOON_S):
        for each in await asyncio.gather(*listening):
            assert each.cases == {case}
    assert not deaf.done()
    deaf.cancel()
    await asyncio.wait({deaf})
    for feed in (*feeds, theirs):
        await feed.aclose()
    assert merchant not in news._feeds and other not in news._feeds


async def test_a_page_that_comes_again_hears_what_it_missed(merchant: UUID) -> None:
    first, agent = await open_case(merchant), await employee(merchant)
    async with db.transaction(merchant):
        last = await news.newest()
    assert last is not None
    second = await open_case(merchant, external_id="r2")
    async with db.transaction(merchant):
        await service.note(second, "Seen", agent, NOW)
    feed = news.listen(merchant, last)
    heard = await asyncio.wait_for(anext(feed), SOON_S)
    assert heard.cases == {second} and first not in heard.cases
    assert heard.id > last
    await feed.aclose()


async def test_what_commits_late_is_heard_all_the_same(merchant: UUID) -> None:
    case, agent = await open_case(merchant), await employee(merchant)
    feed = news.listen(merchant, None)
    listening = asyncio.create_task(anext(feed))
    begun, ended = asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        async with db.transaction(merchant):
            await service.note(case, "Begun first", agent, NOW)
            begun.set()
            await ended.wait()

    writing = asyncio.create_task(slow())
    await begun.wait()
    second = await open_case(merchant, external_id="r2")
    assert (await asyncio.wait_for(listening, SOON_S)).cases == {second}
    ended.set()
    await writing
    assert (await asyncio.wait_for(anext(feed), SOON_S)).cases == {case}
    await feed.aclose()


async def test_the_stream_of_a_page(merchant: UUID) -> None:
    stream = messages(merchant, UUID(int=0))
    greeting = (await anext(stream)).encode().decode()
    assert greeting.startswith(": here") and "retry: 500" in greeting
    case = await open_case(merchant, at=NOW + timedelta(hours=1))
    told = (await asyncio.wait_for(anext(stream), SOON_S)).encode().decode()
    assert "event: cases" in told and str(case) in told and "id: " in told
    await stream.aclose()
