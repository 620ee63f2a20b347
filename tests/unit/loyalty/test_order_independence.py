"""Whatever rules are in force: what an order keeps does not depend on when its events are heard of."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty.earning.rules import InForce, granted_in
from loyalty.ledger import Clawback, Earn
from loyalty.orders import rules
from loyalty.orders.postings import Earned, postings
from loyalty.orders.rules import Counted, Member, Order, Payment, Refund
from loyalty.rules.evaluate import Used
from loyalty.rules.model import Active
from loyalty.wallets.rules import Wallet
from tests.factories import rules as make

ID = UUID(int=1)
MEMBER = Member(id=ID, joined_at=make.FROM - timedelta(days=30), left_at=None, tier_code="t1")
WALLET = Wallet(code="points", zone="Europe/London")
AT = datetime(2026, 3, 28, 23, 30, tzinfo=UTC)

lines = st.lists(
    st.tuples(st.sampled_from(make.SKUS), st.sampled_from(make.CATEGORIES), st.integers(1, 3), make.amounts),
    max_size=3,
)
refunds = st.lists(
    st.tuples(
        st.integers(1, 6_000), st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5_000)), max_size=2)
    ),
    min_size=1,
    max_size=3,
)


class Books:
    """What the ledger keeps of one order's earns."""

    def __init__(self, active: list[Active]) -> None:
        self.versions = {each.version_id: each for each in active}
        self.earned: dict[str, Earned] = {}
        self.counted = False

    def post(self, order: Order, known: InForce, counted: Counted) -> None:
        order = msgspec.structs.replace(
            order, counted=msgspec.structs.replace(counted, fresh=not self.counted)
        )
        due = postings(order, MEMBER, [WALLET], known, [*self.earned.values()], AT + timedelta(days=90))
        self.counted = True
        for command in due.commands:
            if isinstance(command, Earn):
                campaign = command.reason.get("campaign")
                self.earned[command.key] = Earned(
                    wallet=command.wallet,
                    campaign_id=UUID(campaign) if campaign else None,
                    points=command.points,
                    points_clawed_back=0,
                    points_pending=command.points,
                    granted=granted_in(command.reason, self.versions),
                    basis=tuple(self.versions[UUID(each)] for each in command.reason.get("basis", ())),
                )
            elif isinstance(command, Clawback):
                known_earn = self.earned[command.parent]
                clawed = known_earn.points_clawed_back + command.points
                assert command.points > 0 and clawed <= known_earn.points
                self.earned[command.parent] = msgspec.structs.replace(
                    known_earn,
                    points_clawed_back=clawed,
                    clawed_refunds=known_earn.clawed_refunds | {command.reason["refund"]},
                )

    @property
    def kept(self) -> dict[str, int]:
        return {key: each.points - each.points_clawed_back for key, each in self.earned.items()}


def told(payment: Payment, back: list[Refund], order: tuple[int, ...], posts: int) -> list[Order]:
    """The order as it is known whenever something is posted; refunds come in this order."""
    known = rules.pay(Order(id=ID, external_id="o"), payment)
    states = [known] if posts & 1 else []
    for place, number in enumerate(order, 1):
        known = rules.refund(known, back[number])
        if posts >> place & 1:
            states.append(known)
    return [*states, known]


@given(
    active=make.in_force(make.order_rules),
    amount=make.amounts,
    which=lines,
    wanted=refunds,
    used=st.sampled_from([0, 5]),
    percent=st.sampled_from([100, 133]),
    currency=st.sampled_from(make.CURRENCIES),
)
@settings(max_examples=150, deadline=None, database=None)
def test_what_is_kept_does_not_depend_on_when_refunds_are_heard_of(
    active: list[Active],
    amount: int,
    which: list[Any],
    wanted: list[Any],
    used: int,
    percent: int,
    currency: str,
) -> None:
    counted = Counted(
        tier_code="t1", multiplier_percent=percent, number=1, segments=frozenset(make.SEGMENTS[:1])
    )
    paid_lines = [
        (str(n), sku, "", pieces, minor, kind) for n, (sku, kind, pieces, minor) in enumerate(which)
    ]
    payment = Payment(
        store_id=ID,
        customer_id=ID,
        currency=currency,
        amount_minor=amount,
        paid_at=AT,
        store="s1",
        lines=tuple(paid_lines),
        channel="online",
        points_paid_minor=amount // 3,
    )
    back, left = [], amount
    for number, (minor, of_lines) in enumerate(wanted):
        minor = min(minor, left)
        left -= minor
        if minor:
            named = tuple((str(line), each) for line, each in of_lines)
            back.append(Refund(f"r{number}", minor, AT + timedelta(days=number), named))
    limits = {each.rule_id: Used(0, used) for each in active if each.rule.limit}
    known = InForce(rules=active, used={"points": limits})
    results = []
    for order in itertools.permutations(range(len(back))):
        for posts in (0, 1, 2**4 - 1):
            books = Books(active)
            for state in told(payment, back, order, posts):
                books.post(state, known, counted)
            results.append(books.kept)
    assert all(each == results[0] for each in results)
    if left == 0 and amount:
        assert not any(results[0].values())
