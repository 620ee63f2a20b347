"""Requests that come together are done together, and never at each other's expense."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

import pytest

from core.errors import NotFound
from core.gather import Gather
from core.ids import new_id

MERCHANT, OTHER = new_id(), new_id()


class Desk:
    """Doubles numbers, group by group; what is odd about a number is told by its value."""

    def __init__(self, limit: int = 64, lanes: int = 1) -> None:
        self.groups: list[tuple[UUID, list[int]]] = []
        self.go_on = asyncio.Event()
        self.gather: Gather[int, int] = Gather(self.work, limit, lanes)

    async def work(self, merchant_id: UUID, numbers: Sequence[int]) -> list[int | Exception]:
        self.groups.append((merchant_id, list(numbers)))
        await self.go_on.wait()
        if -1 in numbers:
            raise ValueError("cannot be done")
        if -2 in numbers:
            raise ConnectionError("away")
        return [NotFound(str(number)) if number == 0 else number * 2 for number in numbers]

    async def ask(self, *numbers: int, merchant: UUID = MERCHANT) -> list[asyncio.Task[int]]:
        """Start to ask, one request a number."""
        tasks = [asyncio.create_task(self.gather.do(merchant, number)) for number in numbers]
        await asyncio.sleep(0.01)
        return tasks


async def test_the_first_starts_at_once_and_the_others_go_together() -> None:
    desk = Desk(limit=3)
    tasks = [*await desk.ask(1), *await desk.ask(2, 3, 4, 5)]
    assert desk.groups == [(MERCHANT, [1])]
    desk.go_on.set()
    assert await asyncio.gather(*tasks) == [2, 4, 6, 8, 10]
    assert [numbers for _, numbers in desk.groups] == [[1], [2, 3, 4], [5]]
    assert await asyncio.gather(*await desk.ask(6)) == [12]


async def test_merchants_are_not_mixed_and_do_not_wait_for_each_other() -> None:
    desk = Desk()
    tasks = [*await desk.ask(1, 2), *await desk.ask(3, merchant=OTHER)]
    assert desk.groups == [(MERCHANT, [1, 2]), (OTHER, [3])]
    desk.go_on.set()
    assert await asyncio.gather(*tasks) == [2, 4, 6]


async def test_lanes_go_side_by_side_and_what_is_asked_for_together_stays_in_one() -> None:
    desk = Desk(limit=2, lanes=2)
    together = asyncio.create_task(desk.gather.do_all(MERCHANT, [1, 2, 3]))
    await asyncio.sleep(0.01)
    tasks = [*await desk.ask(4), *await desk.ask(5)]
    assert desk.groups == [(MERCHANT, [1, 2]), (MERCHANT, [4])]  # 5 waits where fewer do
    desk.go_on.set()
    assert (await together, await asyncio.gather(*tasks)) == ([2, 4, 6], [8, 10])
    assert sorted(numbers for _, numbers in desk.groups) == [[1, 2], [3], [4], [5]]


async def test_an_error_is_of_its_request_alone() -> None:
    desk = Desk()
    desk.go_on.set()
    outcomes = await asyncio.gather(*await desk.ask(1, 0, 2), return_exceptions=True)
    assert outcomes[0::2] == [2, 4] and isinstance(outcomes[1], NotFound)
    outcomes = await asyncio.gather(*await desk.ask(1, -1, 2), return_exceptions=True)
    assert outcomes[0::2] == [2, 4] and isinstance(outcomes[1], ValueError)
    assert await desk.gather.do_all(MERCHANT, []) == []
    first, second = await desk.gather.do_all(MERCHANT, [0, 4])
    assert isinstance(first, NotFound) and second == 8


async def test_a_database_that_is_away_is_asked_once_for_all() -> None:
    desk = Desk()
    desk.go_on.set()
    outcomes = await asyncio.gather(*await desk.ask(1, -2, 3), return_exceptions=True)
    assert [type(each) for each in outcomes] == [ConnectionError] * 3
    assert len(desk.groups) == 1


async def test_who_goes_away_stops_neither_the_work_nor_the_others() -> None:
    desk = Desk()
    first, second = await desk.ask(1, 2)
    waiting = asyncio.create_task(desk.gather.do_all(MERCHANT, [3, 4]))
    await asyncio.sleep(0.01)
    first.cancel()
    waiting.cancel()
    await asyncio.sleep(0.01)
    desk.go_on.set()
    assert await second == 4
    for gone in (first, waiting):
        with pytest.raises(asyncio.CancelledError):
            await gone
    assert await asyncio.gather(*await desk.ask(5)) == [10]
    assert [numbers for _, numbers in desk.groups] == [[1, 2], [3, 4], [5]]
