"""A segment as SQL over members. Expressions read `m`, a member."""

from datetime import datetime

from loyalty.rules.compile import Arguments, number_range
from loyalty.segments import model as s


def members(segment: s.Segment, at: datetime, args: Arguments) -> str:
    """A boolean expression about a member `m` as of `at`; never NULL."""
    return " AND ".join(_who(each, at, args) for each in segment.where)


def _who(who: s.Who, at: datetime, args: Arguments) -> str:
    match who:
        case s.AllOf(of=of):
            return "(" + " AND ".join(_who(each, at, args) for each in of) + ")"
        case s.OneOf(of=of):
            return "(" + " OR ".join(_who(each, at, args) for each in of) + ")"
        case s.NotSo(of=one):
            return f"(NOT {_who(one, at, args)})"
    return f"coalesce({_of_member(who, at, args) or _of_orders(who, at, args)}, false)"


def _of_member(who: s.Who, at: datetime, args: Arguments) -> str | None:
    match who:
        case s.TierNow(tiers=tiers):
            return f"m.tier_code = ANY ({args.add(list(tiers), 'text[]')})"
        case s.Joined(at_least_days=least, below_days=below):
            return number_range(_days(at, "m.joined_at", args), least, below, args)
        case s.Language(languages=languages):
            tag = _profile("p.locale")
            wanted = args.add(list(languages), "text[]")
            return f"EXISTS (SELECT FROM unnest({wanted}) t WHERE {tag} = t OR starts_with({tag}, t || '-'))"
        case s.Country(countries=countries):
            country = _profile("substring(p.locale FROM '-([A-Z]{2})(?:-|$)')")
            return f"{country} = ANY ({args.add(list(countries), 'text[]')})"
        case s.Tagged(tags=tags, origin=origin):
            where = (
                f"t.origin = {args.add(origin, 'text')} AND t.tag = ANY ({args.add(list(tags), 'text[]')})"
            )
            return f"EXISTS (SELECT FROM member_tags t WHERE t.member_id = m.id AND {where})"
    return None


def _of_orders(who: s.Who, at: datetime, args: Arguments) -> str | None:
    match who:
        case s.OrderCount(at_least=least, at_most=most, within_days=days):
            count = _orders("count(*)", "true", days, at, args)
            return number_range(count, least, None if most is None else most + 1, args)
        case s.Spend(currency=currency, at_least_minor=least, below_minor=below, within_days=days):
            money = (
                "coalesce(sum(div((o.amount_minor - o.points_paid_minor)::numeric"
                " * greatest(0, o.amount_minor - o.refunded_minor), greatest(1, o.amount_minor))), 0)"
            )
            of = f"o.currency = {args.add(currency, 'text')}"
            return number_range(_orders(money, of, days, at, args), least, below, args)
        case s.LastOrder(at_least_days=least, below_days=below):
            last = _orders("max(o.paid_at)", "true", None, at, args)
            return number_range(_days(at, last, args), least, below, args)
    return None


def _profile(value: str) -> str:
    return f"(SELECT {value} FROM customer_profiles p WHERE p.customer_id = m.customer_id)"


def _orders(value: str, which: str, days: int | None, at: datetime, args: Arguments) -> str:
    now = args.add(at, "timestamptz")
    since = f"AND o.paid_at > {now} - make_interval(days => {args.add(days, 'int')})" if days else ""
    return (
        f"(SELECT {value} FROM orders o WHERE o.customer_id = m.customer_id AND o.paid_at <= {now}"
        f" AND o.cancelled_at IS NULL AND {which} {since})"
    )


def _days(at: datetime, since: str, args: Arguments) -> str:
    now = args.add(at, "timestamptz")
    return f"floor(extract(epoch FROM {now} - {since}) / 86400)"
