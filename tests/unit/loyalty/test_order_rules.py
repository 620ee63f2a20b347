"""What an order's facts mean in points: pure rules."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.earning.rules import Due, InForce, granted_in
from loyalty.ledger import AnyCommand, Clawback, Earn, Settle, Void
from loyalty.orders import rules
from loyalty.orders.facts import facts_of
from loyalty.orders.postings import Earned, postings
from loyalty.orders.rules import (
    Counted,
    Member,
    Order,
    OrderPaidDiffers,
    Payment,
    Refund,
    RefundDiffers,
    RefundExceedsOrder,
    Terms,
    counts,
)
from loyalty.programme.service import order_rule
from loyalty.rules.facts import Facts
from loyalty.rules.model import Active
from loyalty.wallets.rules import (
    AfterPayment,
    AtOnce,
    OnDate,
    OnDelivery,
    OnEvent,
    RollingDays,
    Settling,
    Wallet,
)

START = datetime(2026, 1, 1, tzinfo=UTC)
ID = UUID(int=1)
POINTS = Wallet(code="points", expiry=RollingDays(730))
QUALIFYING = Wallet(code="qualifying")
MEMBER = Member(id=ID, joined_at=START, left_at=None, tier_code="gold")
TERMS = Terms(version_id=ID, version=3, guest_claim_days=30, multipliers={"base": 100, "gold": 125})
RATES = {"USD": 150, "JPY": 1, "KWD": 500}
ORDERS = Active(rule_id=ID, version_id=ID, version=3, code="orders", rule=order_rule(RATES))
COUNTED = Counted(tier_code="gold", multiplier_percent=125, number=1)
EMPTY = Order(id=ID, external_id="o1")


def day(number: float) -> datetime:
    return START + timedelta(days=number)


def payment(amount_minor: int = 10_000, at: datetime = START, currency: str = "USD") -> Payment:
    return Payment(ID, ID, currency, amount_minor, at)


def points_for(amount_minor: int, currency: str, rate: int, percent: int) -> int:
    """What one rule gives, by itself."""
    rule = msgspec.structs.replace(ORDERS, rule=order_rule({currency: rate}))
    counted = msgspec.structs.replace(COUNTED, multiplier_percent=percent, fresh=True)
    order = rules.pay(EMPTY, payment(amount_minor, currency=currency))
    order = msgspec.structs.replace(order, counted=counted)
    return sum(
        command.points
        for command in postings(order, MEMBER, [POINTS], InForce(rules=[rule]), [], day(40)).commands
        if isinstance(command, Earn)
    )


# ---------------------------------------------------------------- lines


def test_what_is_paid_back_for_no_line_of_the_order_is_spread_over_its_lines() -> None:
    lines = (("1", "A", "Thing", 1, 6_000, None), ("2", "B", "Thing", 1, 4_000, None))
    order = Payment(ID, ID, "USD", 10_000, START, lines)

    def kept(*back: tuple[str, int]) -> Facts:
        return facts_of(order, COUNTED, MEMBER, ZoneInfo("UTC"), [Refund("r", 5_000, day(1), back)])

    assert kept(("9", 5_000)) == kept()
    assert kept(("9", 2_000), ("1", 3_000)) == kept(("1", 3_000))


# ---------------------------------------------------------------- amounts


@pytest.mark.parametrize(
    ("amount_minor", "currency", "rate", "percent", "points"),
    [
        (100, "USD", 100, 100, 1),  # a dollar, one point a dollar
        (99, "USD", 100, 100, 0),
        (1_999, "USD", 100, 100, 19),
        (1_999, "USD", 100, 150, 29),  # 29.985, rounded down once: not 19 x 1.5
        (1_999, "USD", 250, 125, 62),  # 62.46875
        (100, "JPY", 100, 100, 100),  # yen have no hundredths
        (99, "JPY", 1, 100, 0),
        (100, "JPY", 1, 100, 1),
        (1_000, "KWD", 100, 100, 1),  # dinars have thousandths
        (999, "KWD", 100, 100, 0),
        (12_345, "KWD", 500, 100, 61),
        (0, "USD", 100, 100, 0),
        (100, "USD", 0, 100, 0),
        (10**13, "USD", 100, 100, 10**11),
    ],
)
def test_points_for(amount_minor: int, currency: str, rate: int, percent: int, points: int) -> None:
    assert points_for(amount_minor, currency, rate, percent) == points


@given(
    one=st.integers(0, 10**9),
    other=st.integers(0, 10**9),
    rate=st.integers(0, 10**4),
    percent=st.integers(100, 10**4),
)
def test_splitting_an_order_never_earns_more(one: int, other: int, rate: int, percent: int) -> None:
    apart = points_for(one, "USD", rate, percent) + points_for(other, "USD", rate, percent)
    assert apart <= points_for(one + other, "USD", rate, percent) <= apart + 1


# ---------------------------------------------------------------- facts of an order


def test_the_same_payment_again_changes_nothing() -> None:
    order = rules.pay(EMPTY, payment())
    assert rules.pay(order, payment()) == order
    with pytest.raises(OrderPaidDiffers):
        rules.pay(order, payment(10_001))


def test_the_first_delivery_counts() -> None:
    assert rules.deliver(rules.deliver(EMPTY, day(5)), day(4)).delivered_at == day(4)
    assert rules.deliver(rules.deliver(EMPTY, day(4)), day(5)).delivered_at == day(4)


def test_refunds_add_up_to_the_order_and_no_further() -> None:
    order = rules.refund(rules.pay(EMPTY, payment(100)), Refund("r1", 60, day(1)))
    assert rules.refund(order, Refund("r1", 60, day(1))) == order
    with pytest.raises(RefundDiffers):
        rules.refund(order, Refund("r1", 61, day(1)))
    with pytest.raises(RefundExceedsOrder) as refusal:
        rules.refund(order, Refund("r2", 41, day(2)))
    assert refusal.value.extra == {"left_minor": 40}
    assert rules.refund(order, Refund("r2", 40, day(2))).refunded_minor == 100


# ---------------------------------------------------------------- postings


class Books:
    """As much of a ledger as the rules look at: what was earned, pending and taken back of one order."""

    def __init__(self) -> None:
        self.earned: dict[str, Earned] = {}
        self.settling: Settling = OnDelivery()
        self.counted = False
        """Whether the order was evaluated: its earns are here, if it has any."""

    def post(self, commands: list[AnyCommand], settling: Settling | None = None) -> None:
        self.settling = settling or self.settling
        self.counted = self.counted or bool(commands)
        for command in commands:
            if isinstance(command, Earn):
                self._earn(command)
            elif isinstance(command, Clawback | Void):
                self._claw_back(command)
            elif isinstance(command, Settle):
                self._change(command.wallet, points_pending=0)

    def _earn(self, command: Earn) -> None:
        assert command.wallet not in self.earned, "one earn an order and wallet"
        self.earned[command.wallet] = Earned(
            wallet=command.wallet,
            points=command.points,
            points_clawed_back=0,
            points_pending=command.points if command.pending else 0,
            settles_at=command.settles_at,
            settling=self.settling,
            granted=granted_in(command.reason, {ID: ORDERS}),
        )

    def _claw_back(self, command: Clawback | Void) -> None:
        known = self.earned[command.wallet]
        assert command.points is not None
        assert 0 < command.points <= known.points - known.points_clawed_back
        assert isinstance(command, Clawback) or command.points <= known.points_pending
        refund = command.reason.get("refund", f"cancelled {type(command)}")
        assert refund not in known.clawed_refunds, "one clawback a refund"
        self._change(
            command.wallet,
            points_clawed_back=known.points_clawed_back + command.points,
            points_pending=known.points_pending - min(command.points, known.points_pending),
            clawed_refunds=known.clawed_refunds | {refund},
        )

    def _change(self, wallet: str, **changes: object) -> None:
        self.earned[wallet] = msgspec.structs.replace(self.earned[wallet], **changes)


def due(order: Order, books: Books, others: Sequence[Active] = ()) -> list[AnyCommand]:
    return list(all_due(order, [POINTS, QUALIFYING], books, day(40), others).commands)


def all_due(
    order: Order, wallets: Sequence[Wallet], books: Books, now: datetime, others: Sequence[Active] = ()
) -> Due:
    counted = msgspec.structs.replace(COUNTED, fresh=not books.counted)
    known = msgspec.structs.replace(order, counted=counted)
    return postings(known, MEMBER, wallets, InForce(rules=[ORDERS, *others]), [*books.earned.values()], now)


def test_an_earn_says_why() -> None:
    order = rules.pay(EMPTY, payment())
    earn, qualifying = due(order, Books())
    assert isinstance(earn, Earn) and isinstance(qualifying, Earn)
    assert (earn.points, earn.pending, earn.expires_at, earn.effective_at) == (187, True, day(730), START)
    assert (earn.key, earn.member) == (f"earn:{ID}:points", ID)
    assert earn.reason == {
        "rule": "order",
        "order": "o1",
        "order_id": str(ID),
        "amount_minor": 10_000,
        "currency": "USD",
        "tier": "gold",
        "rules": [
            {
                "id": str(ID),
                "code": "orders",
                "version": 3,
                "version_id": str(ID),
                "points": 187,
                "amount_minor": 10_000,
                "currency": "USD",
                "points_per_100_units": 150,
                "multiplier_percent": 125,
            }
        ],
    }
    # Reaching a tier is not made easier by the tier, and those points do not expire.
    assert (qualifying.points, qualifying.expires_at) == (150, None)


def test_delivery_settles_what_is_kept() -> None:
    order = rules.deliver(rules.refund(rules.pay(EMPTY, payment()), Refund("r", 5_000, day(2))), day(1))
    kinds = [(type(command), command.wallet) for command in due(order, Books())]
    assert kinds == [
        (kind, wallet) for wallet in ("points", "qualifying") for kind in (Earn, Clawback, Settle)
    ]


@pytest.mark.parametrize(
    ("paid_at", "left_at", "counted"),
    [
        (day(-30), None, True),
        (day(-30) - timedelta(seconds=1), None, False),
        (day(5), day(5), False),
        (day(5), day(5) + timedelta(seconds=1), True),
    ],
    ids=["oldest claim", "too old", "left at that moment", "left a second later"],
)
def test_which_orders_count(paid_at: datetime, left_at: datetime | None, counted: bool) -> None:
    member = msgspec.structs.replace(MEMBER, left_at=left_at)
    assert counts(payment(at=paid_at), member, TERMS) is counted


def test_nothing_is_due_without_payment_rate_or_points() -> None:
    refunded = rules.deliver(rules.refund(EMPTY, Refund("r", 1, day(1))), day(1))
    assert due(refunded, Books()) == []
    assert due(rules.pay(EMPTY, payment(currency="EUR")), Books()) == []
    assert due(rules.pay(EMPTY, payment(1)), Books()) == []


FACT = st.one_of(
    st.tuples(st.just("pay")),
    st.tuples(st.just("deliver"), st.integers(0, 9)),
    st.tuples(st.just("cancel"), st.integers(0, 9)),
    st.tuples(st.just("refund"), st.integers(0, 5), st.integers(1, 4_000), st.integers(0, 9)),
    st.tuples(st.just("post")),
)


@given(
    amount=st.integers(0, 12_000),
    currency=st.sampled_from(["USD", "JPY", "KWD"]),
    facts=st.lists(FACT, max_size=12),
)
def test_the_points_kept_are_those_of_the_amount_kept(
    amount: int, currency: str, facts: list[tuple[object, ...]]
) -> None:
    order, books = EMPTY, Books()
    for kind, *arguments in [*facts, ("pay",)]:
        if kind == "post":
            books.post(due(order, books))
        else:
            order = _told(order, str(kind), arguments, payment(amount, currency=currency))
    books.post(due(order, books))
    assert due(order, books) == []  # the ledger agrees: nothing is left to do
    kept = 0 if order.cancelled_at else max(0, amount - order.refunded_minor)
    for wallet, percent in (("points", 125), ("qualifying", 100)):
        known = books.earned.get(wallet)
        points = known.points - known.points_clawed_back if known else 0
        assert points == points_for(kept, currency, RATES[currency], percent)
        assert not (known and order.delivered_at and known.points_pending)


def _told(order: Order, kind: str, arguments: list[object], paid: Payment) -> Order:
    """The order with one more fact; what contradicts it is refused and changes nothing."""
    if kind == "pay":
        return rules.pay(order, paid)
    if kind in ("deliver", "cancel"):
        tell = rules.deliver if kind == "deliver" else rules.cancel
        return tell(order, day(float(str(arguments[0]))))
    number, amount, at = (int(str(argument)) for argument in arguments)
    try:
        return rules.refund(order, Refund(f"r{number}", amount, day(at)))
    except (RefundExceedsOrder, RefundDiffers):
        return order


# ---------------------------------------------------------------- settling


def settling_due(order: Order, settling: Settling, now: datetime, books: Books | None = None) -> Due:
    return all_due(order, [Wallet(code="points", settling=settling)], books or Books(), now)


@pytest.mark.parametrize(
    ("settling", "settles"),
    [
        (OnDelivery(), day(3)),
        (OnDelivery(14), day(17)),
        (AfterPayment(30), day(30)),
        (OnDate(day(20).date()), day(20)),
        (OnEvent("review.approved"), day(9)),
    ],
)
def test_points_settle_at_their_time_whenever_that_is_heard_of(settling: Settling, settles: datetime) -> None:
    paid = rules.pay(EMPTY, payment())
    told = msgspec.structs.replace(rules.deliver(paid, day(3)), happened={"review.approved": day(9)})
    # All is known at once, long after.
    [earn, settle] = settling_due(told, settling, day(400)).commands
    assert isinstance(earn, Earn) and earn.pending and earn.settles_at == settles
    assert isinstance(settle, Settle) and settle.effective_at == settles
    # It is known, but not yet time.
    early = settling_due(told, settling, settles - timedelta(seconds=1))
    assert [type(command) for command in early.commands] == [Earn] and early.dates == ()
    # It was earned before the rest was known: the lot then gets its date, once.
    books = Books()
    books.post(list(settling_due(paid, settling, day(1)).commands), settling)
    known = books.earned["points"]
    later = settling_due(told, settling, settles - timedelta(seconds=1), books)
    assert later.commands == ()
    assert later.dates == (() if known.settles_at == settles else ((earn.key, settles),))
    books._change("points", settles_at=settles)
    assert settling_due(told, settling, settles - timedelta(seconds=1), books) == Due()
    assert [type(command) for command in settling_due(told, settling, settles, books).commands] == [Settle]


def test_points_that_settle_at_once_are_never_pending() -> None:
    [earn] = settling_due(rules.deliver(rules.pay(EMPTY, payment()), day(1)), AtOnce(), day(2)).commands
    assert isinstance(earn, Earn) and not earn.pending and earn.settles_at is None


def test_the_rule_of_the_earn_holds_after_a_change() -> None:
    books = Books()
    order = rules.pay(EMPTY, payment())
    books.post(list(settling_due(order, OnDelivery(), day(1)).commands))
    [settle] = settling_due(rules.deliver(order, day(2)), OnDelivery(30), day(3), books).commands
    assert isinstance(settle, Settle)


def test_a_cancelled_order_keeps_nothing() -> None:
    books = Books()
    order = rules.deliver(rules.refund(rules.pay(EMPTY, payment()), Refund("r", 5_000, day(2))), day(3))
    assert due(rules.cancel(order, day(4)), Books()) == []  # heard of first: it never earns
    books.post(due(order, books))
    cancelled = due(rules.cancel(order, day(4)), books)
    assert [(type(each), each.key.split(":")[0]) for each in cancelled] == [(Clawback, "cancel")] * 2
    unsettled, early = Books(), rules.refund(rules.pay(EMPTY, payment()), Refund("r", 5_000, day(2)))
    unsettled.post(due(early, unsettled))
    assert [type(each) for each in due(rules.cancel(early, day(4)), unsettled)] == [Void, Void]
    books.post(cancelled)
    assert all(each.points == each.points_clawed_back for each in books.earned.values())
    late = rules.refund(rules.cancel(order, day(4)), Refund("r2", 5_000, day(5)))
    assert due(late, books) == []
