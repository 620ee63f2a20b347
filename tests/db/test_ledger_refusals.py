"""What the ledger refuses: a stable code each, and nothing has changed."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from core import db
from core.errors import DomainError
from core.ids import new_id
from loyalty.ledger import (
    AnyCommand,
    Capture,
    Clawback,
    Deduct,
    Earn,
    Expire,
    Hold,
    Merge,
    Redeem,
    Release,
    Reverse,
    Settle,
    Transfer,
    Unmerge,
    Void,
    post,
    reading,
)
from tests.conftest import new_merchant
from tests.factories.ledger_pair import state
from tests.factories.points import WHY
from tests.factories.shop import START, day, new_members, programme

NOW = day(1)
FAR = day(3)


@dataclass(frozen=True)
class Shop:
    """Two members of one merchant and one of another; each has 100 points under the key `earned:<n>`."""

    merchant: UUID
    ann: UUID
    bea: UUID
    stranger: UUID

    def command(self, kind: type[AnyCommand], **fields: Any) -> AnyCommand:
        """Ann's command, with whatever is wrong about it."""
        given: dict[str, Any] = {"key": "k", "member": self.ann, "effective_at": NOW, "reason": WHY}
        made: AnyCommand = kind(**given | fields)
        return made


@pytest.fixture
async def shop(merchant: UUID) -> Shop:
    other = await new_merchant()
    async with db.transaction(other):
        await programme()
        [stranger] = await new_members(1)
        await post([Earn(key="theirs", member=stranger, points=100, effective_at=START, reason=WHY)], START)
    async with db.transaction(merchant):
        await programme()
        ann, bea = await new_members(2)
        common: dict[str, Any] = {"effective_at": START, "reason": WHY}
        await post(
            [
                Earn(key="earned", member=ann, points=100, **common),
                Earn(key="pending", member=ann, points=100, pending=True, **common),
                Earn(key="bea's", member=bea, points=100, **common),
                Redeem(key="spent", member=ann, points=10, **common),
                Hold(key="held", member=ann, points=10, until=day(2), **common),
                Transfer(key="given", member=ann, to_member=bea, points=10, **common),
            ],
            START,
        )
    return Shop(merchant, ann, bea, stranger)


async def refused(shop: Shop, code: str, *commands: AnyCommand, now: datetime = NOW) -> None:
    """The commands are refused with this code, and nothing has changed."""
    before = await _everything(shop)
    with pytest.raises(DomainError) as refusal:
        async with db.transaction(shop.merchant):
            await post(commands, now)
    assert refusal.value.code == code
    assert await _everything(shop) == before


async def _everything(shop: Shop) -> tuple[object, ...]:
    async with db.transaction(shop.merchant):
        assert await reading.check() == []
        counts = await db.fetchrow(
            "SELECT (SELECT count(*) FROM ledger_journal), (SELECT count(*) FROM ledger_accounts),"
            " (SELECT count(*) FROM ledger_lots), (SELECT count(*) FROM outbox)"
        )
        return await state([shop.ann, shop.bea]), tuple(counts or ())


POINTS = [0, -1, -(10**12), 10**12 + 1, 2**63 - 1, 2**63, 10**30]
WITH_POINTS: list[tuple[type[Any], dict[str, Any]]] = [
    (Earn, {}),
    (Redeem, {}),
    (Hold, {"until": FAR}),
    (Deduct, {"policy": "debt"}),
    (Clawback, {"parent": "earned", "policy": "debt"}),
    (Settle, {"parent": "pending"}),
    (Void, {"parent": "pending"}),
    (Capture, {"parent": "held"}),
    (Release, {"parent": "held"}),
    (Reverse, {"parent": "spent"}),
]


@pytest.mark.parametrize(("kind", "fields"), WITH_POINTS, ids=[kind.__name__ for kind, _ in WITH_POINTS])
async def test_points_out_of_range(shop: Shop, kind: type[AnyCommand], fields: dict[str, Any]) -> None:
    for points in POINTS:
        await refused(shop, "points_out_of_range", shop.command(kind, points=points, **fields))
    transfer = shop.command(Transfer, to_member=shop.bea, points=-1)
    await refused(shop, "points_out_of_range", transfer)


@pytest.mark.parametrize(
    ("kind", "fields", "code"),
    [
        (Redeem, {"points": 71}, "points_insufficient"),
        (Hold, {"points": 71, "until": FAR}, "points_insufficient"),
        (Deduct, {"points": 71, "policy": "forbid"}, "points_insufficient"),
        (Clawback, {"parent": "earned", "points": 71, "policy": "forbid"}, "points_insufficient"),
        (Clawback, {"parent": "earned", "points": 101, "policy": "debt"}, "clawback_exceeds_earn"),
        (Clawback, {"parent": "pending", "points": 101, "policy": "clamp"}, "clawback_exceeds_earn"),
        (Capture, {"parent": "held", "points": 11}, "hold_exceeded"),
        (Release, {"parent": "held", "points": 11}, "hold_exceeded"),
        (Reverse, {"parent": "spent", "points": 11}, "reverse_exceeds_redemption"),
    ],
)
async def test_more_than_there_is(
    shop: Shop, kind: type[AnyCommand], fields: dict[str, Any], code: str
) -> None:
    await refused(shop, code, shop.command(kind, **fields))


async def test_more_than_there_is_to_give(shop: Shop) -> None:
    await refused(shop, "points_insufficient", shop.command(Transfer, to_member=shop.bea, points=71))


async def test_a_hold_that_has_ended(shop: Shop) -> None:
    await refused(shop, "hold_ended", shop.command(Capture, parent="held"), now=day(2))


@pytest.mark.parametrize("kind", [Settle, Void, Clawback, Expire, Capture, Release, Reverse, Unmerge])
@pytest.mark.parametrize("parent", ["nothing", "theirs", "bea's", ""])
async def test_a_parent_that_is_not_there(shop: Shop, kind: type[AnyCommand], parent: str) -> None:
    more: dict[str, Any] = {"points": 5, "policy": "debt"} if kind is Clawback else {}
    await refused(shop, "posting_unknown", shop.command(kind, parent=parent, **more))


@pytest.mark.parametrize(
    ("kind", "parents"),
    [
        (Settle, ["spent", "held", "given"]),
        (Void, ["spent", "held", "given"]),
        (Expire, ["spent", "held"]),
        (Capture, ["spent", "earned", "given"]),
        (Release, ["spent", "earned", "given"]),
        (Reverse, ["held", "earned", "given"]),
        (Unmerge, ["spent", "held", "earned", "given"]),
    ],
)
async def test_a_parent_of_another_kind(shop: Shop, kind: type[AnyCommand], parents: list[str]) -> None:
    for parent in parents:
        await refused(shop, "posting_unfitting", shop.command(kind, parent=parent))


async def test_nobody_and_nowhere(shop: Shop) -> None:
    for nobody in (new_id(), shop.stranger):
        await refused(shop, "member_unknown", shop.command(Earn, points=5, member=nobody))
        await refused(shop, "member_unknown", shop.command(Transfer, points=5, to_member=nobody))
        await refused(shop, "member_unknown", shop.command(Merge, into=nobody))
        await refused(shop, "member_unknown", shop.command(Merge, member=nobody, into=shop.ann))
    await refused(shop, "wallet_unknown", shop.command(Earn, points=5, wallet="gold"))
    await refused(shop, "same_account", shop.command(Transfer, points=5, to_member=shop.ann))
    await refused(shop, "same_account", shop.command(Merge, into=shop.ann))


async def test_budgets_that_are_not_there(shop: Shop) -> None:
    await refused(shop, "budget_unknown", shop.command(Earn, points=5, budgets=(new_id(),)))


@pytest.mark.parametrize("year", [1, 1969, 2301, 9999])
async def test_times_that_no_clock_of_ours_reads(shop: Shop, year: int) -> None:
    absurd = datetime(year, 6, 1, tzinfo=UTC)
    for command in (
        shop.command(Earn, points=5, effective_at=absurd),
        shop.command(Earn, points=5, expires_at=absurd),
        shop.command(Redeem, points=5, effective_at=absurd),
        shop.command(Hold, points=5, until=absurd),
        shop.command(Transfer, points=5, to_member=shop.bea, effective_at=absurd),
    ):
        await refused(shop, "command_invalid", command)


@pytest.mark.parametrize("key", ["", "x" * 301])
async def test_keys_that_are_none(shop: Shop, key: str) -> None:
    await refused(shop, "command_invalid", shop.command(Earn, points=5, key=key))


@pytest.mark.parametrize("bad", [0, 1, 2])
async def test_one_bad_command_takes_all_others_with_it(shop: Shop, bad: int) -> None:
    commands = [
        shop.command(Earn, key="a", points=5),
        shop.command(Transfer, key="b", to_member=shop.bea, points=5),
        shop.command(Redeem, key="c", points=5),
    ]
    commands[bad] = shop.command(Redeem, key="bad", points=10**6)
    await refused(shop, "points_insufficient", *commands)


async def test_a_key_stays_with_its_command(shop: Shop) -> None:
    await refused(shop, "posting_key_reused", shop.command(Earn, key="earned", points=101))
    await refused(shop, "posting_key_reused", shop.command(Redeem, key="earned", points=100))
    await refused(shop, "posting_key_reused", shop.command(Earn, key="bea's", points=100))
