"""Which team a case is for, and who of it gets it."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from reviews.cases.escalation import told
from reviews.cases.routing.rules import Team, Worker, share_out, team_for

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def team(n: int, aspects: str = "", languages: str = "") -> Team:
    return Team(UUID(int=n), frozenset(aspects.split()), frozenset(languages.split()), frozenset())


def test_the_team_that_is_made_for_it() -> None:
    parcels, chinese, anything = team(1, "shipping packaging"), team(2, "", "zh"), team(3)
    both = team(4, "shipping", "zh")
    teams = [anything, chinese, parcels, both]
    assert team_for(teams, ["shipping", "price"], "en") == parcels
    assert team_for(teams, ["price"], "zh-Hant") == chinese
    assert team_for(teams, ["shipping"], "zh-Hans") == both
    assert team_for(teams, [], "de") == anything
    assert team_for([parcels], ["price"], "en") is None


def worker(
    n: int, load: int = 0, capacity: int | None = None, idle_h: int = 0, present: bool = True
) -> Worker:
    since = NOW - timedelta(hours=idle_h) if load else None
    return Worker(UUID(int=n), load, capacity, since, present)


def test_whoever_is_there_then_has_least_then_has_waited_longest() -> None:
    away = worker(1, 0, present=False)
    busy, waited, fresh = worker(2, 3), worker(3, 1, idle_h=5), worker(4, 1, idle_h=1)
    owners = share_out([away, busy, fresh, waited], [None] * 3, NOW)
    assert owners == [waited.id, fresh.id, waited.id]
    assert share_out([away], [None], NOW) == [away.id]


def test_nobody_gets_more_than_fits_and_only_the_team_gets_it() -> None:
    one, two = worker(1, 0, 1), worker(2, 0, 5)
    assert share_out([one, two], [{one.id}] * 2, NOW) == [one.id, None]
    assert share_out([], [None], NOW) == [None]


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 12)), min_size=1, max_size=6), st.integers(0, 40))
def test_shared_out_evenly_within_capacity(people: list[tuple[int, int]], cases: int) -> None:
    workers = [worker(n, load, capacity) for n, (load, capacity) in enumerate(people)]
    owners = share_out(workers, [None] * cases, NOW)
    after = {each.id: each.load + owners.count(each.id) for each in workers}
    room = sum(max(0, (each.capacity or 0) - each.load) for each in workers)
    assert owners.count(None) == max(0, cases - room)
    for each in workers:
        assert after[each.id] <= max(each.load, each.capacity or 0)
        if each.id in owners:
            others = [after[other.id] for other in workers if after[other.id] < (other.capacity or 0)]
            assert after[each.id] <= min(others, default=99) + 1


def test_one_person_a_level_and_nobody_twice() -> None:
    owner, lead, boss = UUID(int=1), UUID(int=2), UUID(int=3)
    assert told([owner, lead, boss], ()) == owner
    assert told([owner, lead, boss], (owner,)) == lead
    assert told([None, owner, owner, boss], (owner,)) == boss
    assert told([owner, lead, boss], (boss, lead, owner)) is None
    assert told([None, None, None], ()) is None
