"""Windows that slide, counted for all processes together."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from core import clock, db
from core.embedded import Services
from core.ids import new_id
from reviews.accounts import health
from reviews.connectors.failures import SourceAway
from reviews.connectors.quotas import Budget, Quotas
from reviews.connectors.trustpilot import CALLS_AN_HOUR, CALLS_IN_5_MINUTES, Trustpilot
from tests.contract.conftest import fake_of, join, write
from tests.contract.fakes.trustpilot import FakeTrustpilot

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


@pytest.fixture
async def quotas(servers: Services) -> AsyncIterator[Quotas]:
    opened = Quotas(servers.valkey_url)
    yield opened
    await opened.close()


async def test_no_window_ever_holds_more_than_allowed(quotas: Quotas) -> None:
    budget = Budget(str(new_id()), calls=5, window_s=10)
    taken: list[int] = []
    for second in range(60):  # three tries a second
        for _ in range(3):
            if await quotas.take([budget], NOON + timedelta(seconds=second)) == 0:
                taken.append(second)
    assert all(sum(begin <= each < begin + 10 for each in taken) <= 5 for begin in range(60))
    assert len(taken) == 30  # and nothing that is allowed is lost


async def test_the_wait_that_is_said_is_exactly_enough(quotas: Quotas) -> None:
    budget = Budget(str(new_id()), calls=2, window_s=10)
    for second in (0, 3):
        assert await quotas.take([budget], NOON + timedelta(seconds=second)) == 0
    wait_s = await quotas.take([budget], NOON + timedelta(seconds=4))
    assert wait_s == 6
    assert await quotas.take([budget], NOON + timedelta(seconds=9.999)) > 0
    assert await quotas.take([budget], NOON + timedelta(seconds=4 + wait_s)) == 0
    assert await quotas.left(budget, NOON + timedelta(seconds=10)) == 0
    assert await quotas.left(budget, NOON + timedelta(seconds=21)) == 2


async def test_all_budgets_or_none_is_charged(quotas: Quotas) -> None:
    subject = str(new_id())
    short, long = Budget(subject, 2, 10), Budget(subject, 3, 3600)
    for _ in range(2):
        assert await quotas.take([short, long], NOON) == 0
    assert await quotas.take([short, long], NOON) == 10
    assert await quotas.left(long, NOON) == 1
    assert await quotas.take([short, long], NOON + timedelta(seconds=10)) == 0
    assert await quotas.take([short, long], NOON + timedelta(seconds=20)) == 3580


async def test_two_processes_share_what_is_left(quotas: Quotas, servers: Services) -> None:
    budget = Budget(str(new_id()), calls=3, window_s=60)
    other = Quotas(servers.valkey_url)
    try:
        waits = [await each.take([budget], NOON) for each in (quotas, other, quotas, other, quotas)]
    finally:
        await other.close()
    assert [wait == 0 for wait in waits] == [True, True, True, False, False]


async def test_without_valkey_nothing_is_called() -> None:
    away = Quotas("redis://127.0.0.1:1/0")
    try:
        with pytest.raises(SourceAway):
            await away.take([Budget("x", 1, 1)], NOON)
    finally:
        await away.close()


def test_trustpilots_limits_are_those_it_names() -> None:
    given = {"api_key": "a-secret-key"}
    budgets = Trustpilot.about.budgets(given)
    assert [(each.calls, each.window_s) for each in budgets] == [(833, 300), (10_000, 3600)]
    assert (CALLS_IN_5_MINUTES, CALLS_AN_HOUR) == (833, 10_000)
    assert not any("secret" in each.key for each in budgets)


async def test_a_spent_quota_pauses_the_pass_and_calls_nothing_more(merchant: UUID, quotas: Quotas) -> None:
    with fake_of(FakeTrustpilot) as fake:
        joined = await join(merchant, fake)
        write(fake, 120)
        [short, _] = Trustpilot.about.budgets(fake.fields)
        now = clock.now()
        for _ in range(short.calls - 2):  # the token and one page are left
            assert await quotas.take([short], now) == 0
        async with db.transaction(merchant):
            [found] = await health.of([await joined.account()], clock.now())
        assert found.quota == health.Quota(2, 833, 300)
        paused = await joined.read()
        account = await joined.account()
        assert (paused["state"], paused["pages"], len(fake.asked)) == ("running", 1, 2)
        assert (account.problem, account.failures) == ("source_limited", 0)
        assert timedelta(seconds=250) < account.next_at - now <= timedelta(seconds=310)
