"""What rules see of an order: amounts net of what points paid, and of what was paid back; pure."""

from collections.abc import Iterable
from zoneinfo import ZoneInfo

from loyalty.orders.rules import Counted, Member, Payment, Refund
from loyalty.rules.facts import Facts, Line, MemberFacts, OrderFacts


def facts_of(
    payment: Payment, counted: Counted, member: Member, zone: ZoneInfo, refunds: Iterable[Refund] = ()
) -> Facts:
    """The order with these refunds off.

    Points paid and the whole order's discounts are spread over its lines in proportion, as is what is
    paid back without saying for which line.
    """
    back = list(refunds)
    amount = payment.amount_minor
    refunded = min(amount, sum(each.amount_minor for each in back))
    money = amount - payment.points_paid_minor
    what = OrderFacts(
        currency=payment.currency,
        amount_minor=money * (amount - refunded) // amount if amount else 0,
        store=payment.store,
        channel=payment.channel,
        number=counted.number,
        lines=tuple(_lines(payment, money, back)),
        empty=bool(back) and refunded >= amount,
    )
    return Facts(
        occurred_at=payment.paid_at,
        local_at=payment.paid_at.astimezone(zone).replace(tzinfo=None),
        member=MemberFacts(
            joined_at=member.joined_at,
            tier_code=counted.tier_code,
            multiplier_percent=counted.multiplier_percent,
            segments=counted.segments,
        ),
        what=what,
    )


def _lines(payment: Payment, money: int, refunds: list[Refund]) -> Iterable[Line]:
    """Each line with its share of the money; one that was paid back as a whole has no pieces left."""
    amount = payment.amount_minor
    share_of = max(amount, sum(line[4] for line in payment.lines), 1)
    of_lines = dict.fromkeys((line[0] for line in payment.lines), 0)
    unnamed = 0
    for each in refunds:
        named = [(line_id, line_minor) for line_id, line_minor in each.lines if line_id in of_lines]
        for line_id, line_minor in named:
            of_lines[line_id] += line_minor
        unnamed += max(0, each.amount_minor - sum(line_minor for _, line_minor in named))
    for line_id, sku, _, quantity, line_minor, category in payment.lines:
        back = min(line_minor, of_lines[line_id])
        net = line_minor * money // share_of
        if back or unnamed:
            left = max(0, amount - unnamed)
            net = net * (line_minor - back) * left // max(1, line_minor * amount)
        gone = back > 0 and back == line_minor
        yield Line(sku=sku, category=category, quantity=0 if gone else quantity, amount_minor=net)
