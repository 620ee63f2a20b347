"""Earning rules: draft, publish, retire, say in words, try and back-test."""

from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import Meta

from api.auth import Integrator, requires_scope
from api.idempotency import Once
from api.openapi import WRITE_PROBLEMS, problems
from core import clock, db
from core.i18n import Locale
from loyalty.changes import service as changes
from loyalty.earning import trial
from loyalty.earning.trial import Somebody, WalletTrial
from loyalty.intake.service import YEARS
from loyalty.rules import service as rules
from loyalty.rules.backtest import Backtest, backtest
from loyalty.rules.backtest import trial as in_place
from loyalty.rules.check import Overlap, every
from loyalty.rules.facts import (
    CustomFacts,
    Happening,
    Line,
    MomentFacts,
    OrderFacts,
    ReferralFacts,
    ReviewFacts,
)
from loyalty.rules.model import AmountMinor, Code, Currency, InSegment, Moment, Rule
from loyalty.rules.service import Market, Settings, Version

PAGE_LIMIT = 100
RuleCode = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,99}\Z")]
Name = Annotated[str, Meta(min_length=1, max_length=200)]


class NewRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rule, as a draft. `name` is for staff."""

    code: RuleCode
    name: Name
    rule: Rule


class NextVersion(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The next version of a rule, as a draft: the whole rule, not a change of it."""

    rule: Rule


class Publish(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which draft comes into force. Without `valid_from`: now; never in the past. It decides by the time of
    the event: an order that is paid before earns by the version before, whenever it is heard of."""

    version: Annotated[int, Meta(ge=1)]
    valid_from: Moment | None = None
    valid_until: Moment | None = None


class Retire(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When the rule ends; without it: now."""

    at: Moment | None = None


class Saved(msgspec.Struct, frozen=True, kw_only=True):
    """A version as it is stored, in words, and what it and the rules in force would do to each other."""

    version: Version
    sentence: str
    overlaps: list[Overlap]


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """A version and what it means."""

    version: Version
    sentence: str


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """A page of rules, the youngest first: of each the published and the newest version.

    `next_before` asks for the page after it; None: there is none.
    """

    rules: list[Said]
    next_before: UUID | None


class TryLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A line; `amount_minor` is what is paid for it in money."""

    sku: Code
    category: Code | None = None
    quantity: Annotated[int, Meta(ge=1, le=1_000_000)] = 1
    amount_minor: AmountMinor = 0


class TryOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An order; `amount_minor` is what is paid in money, `number` which order of the customer's it is."""

    currency: Currency
    amount_minor: AmountMinor
    store: Annotated[str, Meta(max_length=200)] = ""
    channel: Code | None = None
    number: Annotated[int, Meta(ge=1)] = 1
    lines: Annotated[tuple[TryLine, ...], Meta(max_length=1000)] = ()


class TryEvent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An event of the shop's own."""

    name: Annotated[str, Meta(pattern=r"^custom\.[a-z_.]+\Z", max_length=100)]
    data: dict[str, str | int | float | bool | None] = {}


class Try(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Exactly one of `order`, `event`, `review`, `moment` and `referral`; at `at`, or now.

    For a member of the shop's (`customer_id`), or for somebody in the tier `tier` who joined `member_days`
    ago. Against `rules`, or against the rules in force at that moment.
    """

    order: TryOrder | None = None
    event: TryEvent | None = None
    review: ReviewFacts | None = None
    moment: Literal["birthday", "profile_completed", "enrolment"] | None = None
    referral: Literal["advocate", "friend"] | None = None
    at: Moment | None = None
    customer_id: Code | None = None
    tier: Code | None = None
    member_days: Annotated[int, Meta(ge=0, le=36_500)] = 365
    rules: Annotated[tuple[Rule, ...], Meta(min_length=1, max_length=50)] | None = None

    def __post_init__(self) -> None:
        if sum(each is not None for each in self._said()) != 1:
            raise ValueError("say exactly one of order, event, review, moment and referral")
        if self.at and not YEARS[0] <= self.at.year <= YEARS[1]:
            raise ValueError(f"at must lie in the years {YEARS[0]} to {YEARS[1]}")

    def _said(self) -> tuple[object, ...]:
        return (self.order, self.event, self.review, self.moment, self.referral)

    def happening(self) -> Happening:
        """As rules see it."""
        if self.order:
            fields = {
                name: getattr(self.order, name) for name in TryOrder.__struct_fields__ if name != "lines"
            }
            return OrderFacts(**fields, lines=tuple(_line(each) for each in self.order.lines))
        if self.event:
            return CustomFacts(name=self.event.name, data=self.event.data)
        if self.moment:
            return MomentFacts(name=self.moment)
        return self.review or ReferralFacts(side=self.referral or "")


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """What each wallet would get and why; nothing was posted."""

    wallets: list[WalletTrial]


class Test(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Events from `start` until just before `end`: of the rule as it is, or of `rule` in its place."""

    start: Moment
    end: Moment
    rule: Rule | None = None
    wallet: Code = "points"


def _line(line: TryLine) -> Line:
    return Line(sku=line.sku, category=line.category, quantity=line.quantity, amount_minor=line.amount_minor)


async def _saved(version: Version, locale: Locale, now: datetime) -> Saved:
    say = await rules.words(locale)
    found = await rules.warnings(version.rule, version.rule_id, now, version.campaign_id)
    return Saved(version=version, sentence=say.rule(version.rule), overlaps=found)


@post("/", guards=[requires_scope("programme:write")], status_code=201, responses=WRITE_PROBLEMS)
async def create(
    data: JSONBody[NewRule], once: NamedDependency[Once[Saved]], locale: FromQuery[Locale] = "en"
) -> Response[Saved]:
    """Draft a rule. A rule that contradicts itself, does not fit its trigger or loops is refused."""

    async def effect() -> Saved:
        now = clock.now()
        return await _saved(await rules.create(data.code, data.name, data.rule, now), locale, now)

    return await once(effect, status=201)


@post(
    "/{code:str}/versions",
    guards=[requires_scope("programme:write")],
    status_code=201,
    responses=WRITE_PROBLEMS,
)
async def revise(
    code: FromPath[str],
    data: JSONBody[NextVersion],
    once: NamedDependency[Once[Saved]],
    locale: FromQuery[Locale] = "en",
) -> Response[Saved]:
    """Draft the next version of a rule; the one in force stays as it is."""

    async def effect() -> Saved:
        now = clock.now()
        return await _saved(await rules.revise(code, data.rule, now), locale, now)

    return await once(effect, status=201)


@post(
    "/{code:str}/publish",
    guards=[requires_scope("programme:write")],
    status_code=200,
    responses=WRITE_PROBLEMS,
)
async def publish(
    code: FromPath[str],
    data: JSONBody[Publish],
    once: NamedDependency[Once[Saved]],
    locale: FromQuery[Locale] = "en",
) -> Response[Saved]:
    """Put a draft in force; the version before it ends at the same moment."""

    async def effect() -> Saved:
        now = clock.now()
        draft = await rules.numbered(code, data.version)
        await changes.by_program("rule", code, now)
        done = await rules.publish(draft.version_id, now, data.valid_from, data.valid_until)
        return await _saved(done, locale, now)

    return await once(effect)


@post(
    "/{code:str}/retire",
    guards=[requires_scope("programme:write")],
    status_code=200,
    responses=WRITE_PROBLEMS,
)
async def retire(
    code: FromPath[str],
    data: JSONBody[Retire],
    once: NamedDependency[Once[Saved]],
    locale: FromQuery[Locale] = "en",
) -> Response[Saved]:
    """Take a rule out of force."""

    async def effect() -> Saved:
        now = clock.now()
        await changes.by_program("rule", code, now)
        await rules.retire(code, now, data.at)
        return await _saved((await rules.versions(code))[0], locale, now)

    return await once(effect)


@get("/", guards=[requires_scope("members:read")], responses=problems(401, 403))
async def listed(
    user: NamedDependency[Integrator],
    before: FromQuery[UUID | None] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=PAGE_LIMIT)] = 50,
    locale: FromQuery[Locale] = "en",
) -> Rules:
    """Rules with their sentences."""
    async with db.transaction(user.merchant_id):
        found = await rules.page(before, limit + 1)
        say = await rules.words(locale)
    ids = list(dict.fromkeys(each.rule_id for each in found))
    shown = [Said(version=v, sentence=say.rule(v.rule)) for v in found if v.rule_id in ids[:limit]]
    return Rules(rules=shown, next_before=ids[limit - 1] if len(ids) > limit else None)


@get("/{code:str}", guards=[requires_scope("members:read")], responses=problems(401, 403))
async def one(
    code: FromPath[str], user: NamedDependency[Integrator], locale: FromQuery[Locale] = "en"
) -> Rules:
    """All versions of a rule, the newest first."""
    async with db.transaction(user.merchant_id):
        found = await rules.versions(code)
        say = await rules.words(locale)
    return Rules(rules=[Said(version=v, sentence=say.rule(v.rule)) for v in found], next_before=None)


@post("/try", guards=[requires_scope("members:read")], status_code=200, responses=problems(401, 403, 422))
async def try_out(
    data: JSONBody[Try], user: NamedDependency[Integrator], locale: FromQuery[Locale] = "en"
) -> Tried:
    """What an order or event would earn, rule by rule, and why each other rule would give nothing."""
    now = clock.now()
    at = data.at or now
    asked = [c.segment for r in data.rules or () for c in every(r.conditions) if isinstance(c, InSegment)]
    async with db.transaction(user.merchant_id):
        for each in data.rules or ():
            await rules.check_saved(each)
        if data.customer_id:
            segments = asked or await rules.segments_in_force(at)
            who = await trial.somebody(data.customer_id, segments, now)
        else:
            who = Somebody(tier=data.tier, joined_at=at - timedelta(days=data.member_days))
        return Tried(wallets=await trial.try_out(data.happening(), who, at, locale, data.rules))


@post(
    "/{code:str}/backtest",
    guards=[requires_scope("members:read")],
    status_code=200,
    responses=problems(401, 403, 422),
)
async def run_backtest(
    code: FromPath[str], data: JSONBody[Test], user: NamedDependency[Integrator]
) -> Backtest:
    """What the rule gave in a stretch of time, or what another would have given in its place."""
    async with db.transaction(user.merchant_id):
        version = (await rules.versions(code))[0]
        tested = version.active
        if data.rule:
            await rules.check_saved(data.rule)
        if data.rule or version.state == "draft":
            tested = in_place(data.rule or version.rule, tested)
        return await backtest(tested, data.start, data.end, data.wallet)


class NewSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The market, and whether reviews earn; without `review_points`: not in the market `cn`."""

    market: Market
    review_points: bool | None = None


@get("/", guards=[requires_scope("members:read")], responses=problems(401, 403))
async def show_settings(user: NamedDependency[Integrator]) -> Settings:
    """Whether reviews earn points at all."""
    async with db.transaction(user.merchant_id):
        return await rules.settings()


@post("/", guards=[requires_scope("programme:write")], status_code=200, responses=WRITE_PROBLEMS)
async def change_settings(
    data: JSONBody[NewSettings], once: NamedDependency[Once[Settings]]
) -> Response[Settings]:
    """Switch points for reviews on or off; points that were given stay."""

    async def effect() -> Settings:
        return await rules.set_settings(data.market, data.review_points, clock.now())

    return await once(effect)


v1_rule_settings = Router(
    "/rule-settings", route_handlers=[show_settings, change_settings], tags=["Earning rules"]
)
v1_rules = Router(
    "/rules",
    route_handlers=[create, revise, publish, retire, listed, one, try_out, run_backtest],
    tags=["Earning rules"],
)
