"""Every source: everything comes in once, whatever the source does, and what is gone goes."""

from datetime import timedelta
from uuid import UUID

import pytest

from core import clock, db, outbox, tenancy
from reviews.accounts import service, sync, tasks
from reviews.connectors.failures import SourceRefused
from tests.conftest import new_merchant
from tests.contract.conftest import Joined, fake_of, join, work_off, write
from tests.contract.fakes.google import FakeGoogle
from tests.contract.fakes.server import Answer, Fake, Trouble, answers, cut, html, then


async def test_everything_comes_in_and_again_changes_nothing(joined: Joined) -> None:
    write(joined.fake, 120)
    first = await joined.read()
    assert (first["state"], first["mode"], first["new"], first["rejected"]) == ("done", "full", 120, 0)
    assert await joined.texts() == {str(n): f"Text {n}" for n in range(1, 121)}
    account = await joined.account()
    assert (account.failures, account.problem, account.synced_to) == (0, None, first["started_at"])
    assert account.next_at > clock.now()

    await joined.ask(full=True)
    again = await joined.read()
    assert (again["state"], again["new"], again["changed"], again["removed"]) == ("done", 0, 0, 0)
    assert await joined.versions() == 120
    assert await joined.rows("SELECT * FROM review_sightings") == []


async def test_what_is_new_comes_without_listing_all(joined: Joined) -> None:
    write(joined.fake, 120)
    await joined.read()
    before = joined.fake.lists()
    joined.fake.add("900", 2, "Fresh", clock.now())
    await joined.ask()
    found = await joined.read()
    assert (found["mode"], found["new"], found["changed"]) == ("incremental", 1, 0)
    assert (await joined.texts())["900"] == "Fresh"
    assert joined.fake.lists() - before <= 2


async def test_edits_and_removals_are_found_by_listing_all(joined: Joined) -> None:
    write(joined.fake, 20)
    await joined.read()
    joined.fake.edit("3", "Text 3, after the repair", clock.now())
    joined.fake.delete("7")
    await joined.ask(full=True)
    found = await joined.read()
    assert (found["changed"], found["removed"], found["state"]) == (1, 1, "done")
    texts = await joined.texts()
    assert texts["3"] == "Text 3, after the repair"
    assert "7" not in texts
    assert await joined.versions() == 21
    [gone] = await joined.rows("SELECT state, version FROM reviews WHERE external_id = '7'")
    assert tuple(gone) == ("tombstone", 1)


async def test_what_counted_as_gone_and_is_there_again_comes_back(joined: Joined) -> None:
    write(joined.fake, 20)
    await joined.read()
    joined.fake.delete("7")
    await joined.ask(full=True)
    await joined.read()
    write(joined.fake, 1, first=7)
    await joined.ask(full=True)
    await joined.read()
    assert len(await joined.texts()) == 20


@pytest.mark.parametrize(
    "trouble",
    [
        answers(500),
        answers(503, retry_after="0"),
        answers(429, retry_after="0"),
        html(),
        html(404),
        html(502),
        cut(),
        answers(200, {"something": "else entirely", "reviews": 5}),
        answers(401),
    ],
    ids=["500", "503", "429", "html", "html404", "html502", "cut", "other_json", "401"],
)
async def test_one_trouble_in_the_middle_loses_and_doubles_nothing(joined: Joined, trouble: Trouble) -> None:
    write(joined.fake, 120)
    joined.fake.trouble(then(lambda: joined.fake.trouble(trouble, on="list")), on="list")
    await joined.read()
    for _ in range(3):  # what could not be waited out is tried again later
        if (await joined.sync())["state"] != "running":
            break
        await joined.ask()
        await joined.read()
    done = await joined.sync()
    assert (done["state"], done["removed"]) == ("done", 0)
    assert len(await joined.texts()) == 120
    assert await joined.versions() == 120
    assert (await joined.account()).problem is None


async def test_a_source_that_stays_away_is_said_and_tried_later(joined: Joined) -> None:
    write(joined.fake, 5)
    joined.fake.trouble(*[answers(500)] * 3)
    running = await joined.read()
    account = await joined.account()
    assert (running["state"], account.state, account.problem) == ("running", "connected", "source_away")
    assert account.failures == 1
    assert account.next_at > clock.now()
    assert await sync.claim(joined.merchant, clock.now()) is None


async def test_a_429_without_a_time_waits_a_minute_and_counts_as_no_failure(joined: Joined) -> None:
    write(joined.fake, 5)
    joined.fake.trouble(answers(429), on="list")
    await joined.read()
    account = await joined.account()
    assert (account.problem, account.failures) == ("source_limited", 0)
    assert timedelta(seconds=50) < account.next_at - clock.now() <= timedelta(seconds=60)


async def test_a_429_for_long_is_honoured_to_the_second(joined: Joined) -> None:
    joined.fake.trouble(answers(429, retry_after="1234"), on="list")
    await joined.read()
    account = await joined.account()
    assert timedelta(seconds=1120) < account.next_at - clock.now() <= timedelta(seconds=1234)


async def test_refused_credentials_stop_until_a_person_acts(joined: Joined) -> None:
    joined.fake.trouble(*[answers(401)] * 4)
    await joined.read()
    account = await joined.account()
    assert (account.state, account.problem) == ("refused", "source_credentials_refused")
    assert await sync.claim(joined.merchant, clock.now() + timedelta(days=9)) is None
    write(joined.fake, 2)
    joined.fake.troubles.clear()
    await joined.ask()
    assert (await joined.read())["new"] == 2
    assert (await joined.account()).state == "connected"


async def test_an_expired_token_is_renewed_in_the_middle(joined: Joined) -> None:
    write(joined.fake, 120)
    joined.fake.trouble(then(joined.fake.expire_tokens), on="list")
    done = await joined.read()
    assert (done["state"], done["new"]) == ("done", 120)


async def test_edits_and_new_ones_while_paging_lose_and_double_nothing(joined: Joined) -> None:
    write(joined.fake, 120)
    now = clock.now()

    def life() -> None:
        joined.fake.edit("1", "Text 1, edited", now)
        joined.fake.edit("110", "Text 110, edited", now)
        joined.fake.add("901", 1, "Written meanwhile", now)

    joined.fake.trouble(then(life), on="list")
    await joined.read()
    await joined.ask(full=True)
    done = await joined.read()
    texts = await joined.texts()
    assert (done["state"], len(texts), done["removed"]) == ("done", 121, 0)
    assert (texts["1"], texts["110"], texts["901"]) == (
        "Text 1, edited",
        "Text 110, edited",
        "Written meanwhile",
    )
    assert await joined.versions() <= 123


async def test_one_that_slips_between_two_pages_is_asked_for_and_stays(joined: Joined) -> None:
    write(joined.fake, 120)
    await joined.read()
    # Of those that go, two were on the first page: the first two of the second move up and are on no page.

    def some_go() -> None:
        for name in ("1", "2", "119", "120"):
            joined.fake.delete(name)

    joined.fake.trouble(then(some_go), on="list")
    await joined.ask(full=True)
    done = await joined.read()
    # The two that the first page had shown go with the next pass.
    assert (done["state"], done["removed"]) == ("done", 2)
    await joined.ask(full=True)
    assert (await joined.read())["removed"] == 2
    assert set(await joined.texts()) == {str(n) for n in range(3, 119)}


async def test_a_list_that_is_empty_all_at_once_removes_nothing(joined: Joined) -> None:
    write(joined.fake, 40)
    await joined.read()
    for n in range(1, 41):
        joined.fake.delete(str(n))
    await joined.ask(full=True)
    stopped = await joined.read()
    assert (stopped["state"], stopped["removed"]) == ("suspicious", 0)
    account = await joined.account()
    assert (account.problem, account.problem_detail) == ("source_suspicious", "40 of 40")
    assert len(await joined.texts()) == 40
    assert await joined.rows("SELECT * FROM review_sightings") == []

    await joined.ask(accept_removals=True)
    accepted = await joined.read()
    assert (accepted["state"], accepted["removed"]) == ("done", 40)
    assert await joined.texts() == {}
    assert (await joined.account()).problem is None


async def test_a_pass_that_breaks_off_removes_nothing(joined: Joined) -> None:
    write(joined.fake, 120)
    await joined.read()
    joined.fake.delete("5")
    joined.fake.trouble(then(lambda: joined.fake.trouble(*[answers(500)] * 3, on="list")), on="list")
    await joined.ask(full=True)
    broken = await joined.read()
    assert (broken["state"], broken["removed"], broken["listed_at"]) == ("running", 0, None)
    assert len(await joined.texts()) == 120
    await joined.ask()
    assert (await joined.read())["removed"] == 1


async def test_the_next_reader_goes_on_where_the_last_one_stopped(joined: Joined) -> None:
    write(joined.fake, 120)
    halted = await joined.read(until=clock.now())
    assert (halted["state"], halted["pages"]) == ("running", 1)
    asked = joined.fake.lists()
    done = await joined.read()
    assert (done["id"], done["state"], done["new"]) == (halted["id"], "done", 120)
    pages = {"google": 3, "trustpilot": 3, "woocommerce": 2, "app_store": 2}[joined.source]
    assert (asked, joined.fake.lists()) == (1, pages)


async def test_one_reader_at_a_time_and_a_dead_one_loses_its_right(joined: Joined) -> None:
    write(joined.fake, 3)
    now = clock.now()
    dead = await sync.claim(joined.merchant, now)
    assert dead is not None
    assert await sync.claim(joined.merchant, now) is None
    later = await sync.claim(joined.merchant, now + sync.LEASE)
    assert later is not None
    assert await sync.read(dead, now)  # it stops, and has changed nothing
    assert await joined.texts() == {}
    await sync.read(later, now + timedelta(minutes=1))
    assert len(await joined.texts()) == 3


async def test_what_a_dead_reader_met_is_no_word_about_the_one_that_lives(joined: Joined) -> None:
    write(joined.fake, 3)
    now = clock.now()
    dead = await sync.claim(joined.merchant, now)
    assert dead is not None
    later = await sync.claim(joined.merchant, now + sync.LEASE)
    assert later is not None
    await sync.read(later, now)  # it has begun, and goes on below
    living = await sync.claim(joined.merchant, clock.now())
    assert living is not None
    await sync._note_failure(dead, SourceRefused("answered 418"))
    account = await joined.account()
    assert (account.problem, account.failures, (await joined.sync())["state"]) == (None, 0, "running")
    await sync.read(living, clock.now() + timedelta(minutes=1))
    assert (await joined.sync())["state"] == "done"


async def test_disconnected_in_the_middle_nothing_more_comes(joined: Joined) -> None:
    write(joined.fake, 120)
    await joined.read(until=clock.now())
    before = len(await joined.texts())
    claimed = await sync.claim(joined.merchant, clock.now())
    assert claimed is not None
    async with db.transaction(joined.merchant):
        await service.disconnect(joined.id)
    await sync.read(claimed, clock.now() + timedelta(minutes=1))
    assert len(await joined.texts()) == before
    [row] = await joined.rows("SELECT credentials, token, state FROM review_accounts")
    assert tuple(row) == (None, None, "disconnected")


async def test_a_hint_brings_the_review_and_its_absence_the_tombstone(joined: Joined) -> None:
    write(joined.fake, 3)
    await joined.read()
    joined.fake.edit("2", "Text 2, edited", clock.now())
    joined.fake.add("55", 1, "Just now", clock.now())
    joined.fake.delete("3")
    for _ in range(2):  # a delivery that comes twice
        async with db.transaction(joined.merchant):
            hinted = [{"account": joined.id, "review": each} for each in ("2", "55", "3", "777")]
            await outbox.add_many("review_account.hint", hinted, clock.now())
        await work_off(joined.merchant, "review_account.hint")
    assert await joined.texts() == {"1": "Text 1", "2": "Text 2, edited", "55": "Just now"}
    assert await joined.versions() == 5
    assert await joined.rows("SELECT * FROM reviews WHERE external_id = '777'") == []


async def test_a_hint_waits_for_the_quota_and_is_not_lost(joined: Joined) -> None:
    write(joined.fake, 1)
    await joined.read()
    joined.fake.edit("1", "Edited", clock.now())
    joined.fake.trouble(answers(429, retry_after="900"))
    async with db.transaction(joined.merchant):
        await outbox.add("review_account.hint", {"account": joined.id, "review": "1"}, clock.now())
    assert await work_off(joined.merchant, "review_account.hint") == 1
    [(due_at, attempts)] = await joined.rows(
        "SELECT available_at, attempts FROM outbox WHERE topic = 'review_account.hint'"
    )
    assert timedelta(seconds=840) < due_at - clock.now() <= timedelta(seconds=900)
    assert attempts == 0
    await work_off(joined.merchant, "review_account.hint")
    assert await joined.texts() == {"1": "Edited"}


async def test_the_task_reads_what_is_due_of_every_merchant(
    fake: Fake, merchant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(fake, 3)
    both = [await join(merchant, fake), await join(await new_merchant(), fake)]
    idle = await join(await new_merchant(), fake)
    async with db.transaction(idle.merchant):
        await db.execute("UPDATE review_accounts SET next_at = $1", clock.now() + timedelta(hours=1))
    whose = {each.merchant for each in (*both, idle)}
    found = [each for each in await tenancy.merchants() if each.id in whose]

    async def of_this_test() -> list[tenancy.Merchant]:
        return found

    monkeypatch.setattr(tenancy, "merchants", of_this_test)
    await tasks.read_due(clock.now())
    assert [len(await each.texts()) for each in (*both, idle)] == [3, 3, 0]


async def test_a_month_of_passes_is_kept(joined: Joined) -> None:
    write(joined.fake, 1)
    await joined.read()
    await joined.rows("UPDATE review_syncs SET ended_at = ended_at - interval '31 days'")
    await joined.ask(full=True)
    await joined.read()
    assert [row["mode"] for row in await joined.rows("SELECT mode FROM review_syncs")] == ["full"]


async def test_a_review_that_cannot_be_read_is_counted_and_hinders_no_other(joined: Joined) -> None:
    write(joined.fake, 5)
    broken = joined.fake.reviews["3"]
    for name in ("createTime", "createdAt", "date_created_gmt", "attributes"):
        if name in broken:
            broken[name] = "no date"
    done = await joined.read()
    assert (done["state"], done["new"], done["rejected"]) == ("done", 4, 1)
    assert done["reject"]


async def test_null_instead_of_an_absent_page_token_is_the_end(merchant: UUID) -> None:
    with fake_of(FakeGoogle) as fake:
        assert isinstance(fake, FakeGoogle)
        fake.null_tokens = True
        joined = await join(merchant, fake)
        write(fake, 60)
        done = await joined.read()
        assert (done["state"], done["new"], done["pages"]) == ("done", 60, 2)


async def test_a_page_that_comes_twice_doubles_nothing(merchant: UUID) -> None:
    with fake_of(FakeGoogle) as fake:
        joined = await join(merchant, fake)
        write(fake, 120)
        # The first page again under the token of the second.
        fake.trouble(then(lambda: fake.trouble(lambda asked, work: _first_page(fake), on="list")), on="list")
        done = await joined.read()
        assert (done["state"], done["new"], done["seen"]) == ("done", 120, 170)
        assert await joined.versions() == 120


def _first_page(fake: Fake) -> Answer:
    return fake.handle(next(each for each in fake.asked if fake.is_list(each)))


async def test_a_forgotten_cursor_begins_the_list_anew(merchant: UUID) -> None:
    with fake_of(FakeGoogle) as fake:
        joined = await join(merchant, fake)
        write(fake, 120)
        fake.trouble(then(lambda: fake.trouble(answers(400), on="list")), on="list")
        done = await joined.read()
        assert (done["state"], done["new"]) == ("done", 120)


async def test_a_list_whose_second_page_is_always_refused_is_left_alone_for_a_while(merchant: UUID) -> None:
    with fake_of(FakeGoogle) as fake:
        joined = await join(merchant, fake)
        write(fake, 120)

        def refuse() -> None:
            fake.trouble(answers(400), on="list")
            fake.trouble(then(refuse), on="list")

        fake.trouble(then(refuse), on="list")
        running = await joined.read()
        account = await joined.account()
        assert (running["state"], running["new"], fake.lists()) == ("running", 50, 4)
        assert (account.problem, account.failures) == ("source_cursor_lost", 1)
        assert account.next_at > clock.now()


async def test_a_source_that_wants_to_be_left_alone_for_ever_is_asked_again_tomorrow(joined: Joined) -> None:
    for forever in ("9" * 20, "Fri, 31 Dec 9999 23:59:59 GMT"):
        joined.fake.trouble(answers(429, retry_after=forever), on="list")
        await joined.ask()
        await joined.read()
        account = await joined.account()
        assert account.problem == "source_limited"
        assert timedelta(hours=23) < account.next_at - clock.now() <= timedelta(days=1)


async def test_an_id_that_no_database_stores_hinders_no_other(merchant: UUID) -> None:
    with fake_of(FakeGoogle) as fake:
        joined = await join(merchant, fake)
        write(fake, 3)
        fake.reviews["2"]["reviewId"] = "a\0b"
        done = await joined.read()
        assert (done["state"], done["new"], done["rejected"]) == ("done", 2, 1)
