"""The demo's merchant: stores, programme, rewards, staff, keys. Passwords are random."""

import secrets
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import msgspec
from msgspec import Struct

from admin.demo import articles, parcels, templates
from admin.demo.shapes import Store
from admin.demo.stores import MERCHANT_NAMES, STORES
from core import db, tenancy
from core.people import api_keys, staff, webhooks
from core.people.roles import Role
from loyalty.programme import service as programme
from loyalty.programme.service import Setup
from loyalty.rewards import catalogue, pools
from loyalty.rewards.kinds import CashBack, Experience, Money, PercentOff, Product, Shipping, StoreCredit
from loyalty.rewards.rules import Offer, PeriodLimit
from loyalty.rules import service as rules
from loyalty.rules.model import Fixed, Review, Rule
from loyalty.tiers.rules import Benefit, Tier
from reviews import attributes
from reviews.attributes import Attribute

MERCHANT = "juniper-moon"
SEED = 7

TIERS = (
    Tier(rank=0, code="member", name={"en": "Member", "zh-Hans": "会员", "zh-Hant": "會員"}, threshold=0),
    Tier(
        rank=1,
        code="silver",
        name={"en": "Silver", "zh-Hans": "银卡", "zh-Hant": "銀卡"},
        threshold=120,
        multiplier_percent=110,
        benefits=(Benefit(code="early", kind="early_access", value=24),),
    ),
    Tier(
        rank=2,
        code="gold",
        name={"en": "Gold", "zh-Hans": "金卡", "zh-Hant": "金卡"},
        threshold=300,
        multiplier_percent=125,
        benefits=(
            Benefit(code="early", kind="early_access", value=48),
            Benefit(code="shipping", kind="free_shipping", value=0),
            Benefit(code="gift", kind="birthday_gift", value=50),
        ),
    ),
)
# One point for what one US dollar buys, at the story's fixed rates.
EARN_RATES = {"USD": 100, "CNY": 14, "HKD": 13}

# code, what it is, how many there are
REWARDS: tuple[tuple[str, Offer, int | None], ...] = (
    (
        "ten-percent-off",
        Offer(
            name={"en": "10% off your next order", "zh-Hans": "下次购物九折", "zh-Hant": "下次購物九折"},
            description={
                "en": "One order, any store.",
                "zh-Hans": "任意门店，限一单。",
                "zh-Hant": "任何門市，限一筆訂單。",
            },
            terms=PercentOff(percent=10),
            cost_points=60,
            valid_days=90,
        ),
        None,
    ),
    (
        "cash-back",
        Offer(
            name={"en": "Money off at checkout", "zh-Hans": "积分抵现", "zh-Hant": "積分折抵"},
            description={
                "en": "As many points as you like, off one order.",
                "zh-Hans": "自选积分数量，抵扣一单。",
                "zh-Hant": "自選積分，折抵一筆訂單。",
            },
            terms=CashBack(
                step_points=50,
                step_amount=Money(amount_minor=100, currency="USD"),
                min_points=100,
                max_points=1000,
            ),
            valid_days=30,
        ),
        None,
    ),
    (
        "free-shipping",
        Offer(
            name={"en": "Free shipping for a month", "zh-Hans": "一个月免运费", "zh-Hant": "一個月免運費"},
            description={
                "en": "Every order for 30 days.",
                "zh-Hans": "30 天内每单免运费。",
                "zh-Hant": "30 天內每筆訂單免運費。",
            },
            terms=Shipping(),
            cost_points=120,
            limit_per_period=PeriodLimit(times=1, period="month"),
            valid_days=30,
        ),
        None,
    ),
    (
        "store-credit",
        Offer(
            name={"en": "$5 of store credit", "zh-Hans": "5 美元店铺余额", "zh-Hant": "5 美元購物金"},
            description={
                "en": "Kept in your account, for any order.",
                "zh-Hans": "存入账户，任意订单可用。",
                "zh-Hant": "存入帳戶，任何訂單皆可使用。",
            },
            terms=StoreCredit(amount=Money(amount_minor=500, currency="USD")),
            cost_points=240,
            tiers=("silver", "gold"),
        ),
        None,
    ),
    (
        "gift-box",
        Offer(
            name={"en": "Seasonal gift box", "zh-Hans": "当季礼盒", "zh-Hant": "當季禮盒"},
            description={
                "en": "Packed by hand; while stocks last.",
                "zh-Hans": "手工包装，送完即止。",
                "zh-Hant": "手工包裝，送完為止。",
            },
            terms=Product(sku="gift-box"),
            cost_points=250,
        ),
        40,
    ),
    (
        "tasting-evening",
        Offer(
            name={"en": "Evening with our buyers", "zh-Hans": "买手之夜", "zh-Hant": "選品師之夜"},
            description={
                "en": "Twelve seats, one evening.",
                "zh-Hans": "仅一晚，十二席。",
                "zh-Hant": "僅一晚，十二席。",
            },
            terms=Experience(place="Juniper & Moon, Hong Kong"),
            cost_points=600,
            limit_per_member=1,
            tiers=("gold",),
        ),
        12,
    ),
)

ATTRIBUTES = (
    Attribute("quality", {"en": "Quality", "zh-Hans": "品质", "zh-Hant": "品質"}),
    Attribute("as_described", {"en": "As described", "zh-Hans": "与描述相符", "zh-Hant": "與描述相符"}),
)
REVIEW_POINTS = 10
REVIEW_POINTS_SINCE = timedelta(days=45)

# name, role, e-mail, locale, goodwill in points
STAFF: tuple[tuple[str, Role, str, str, int], ...] = (
    ("Olga Winter", "owner", "owner@example.com", "en", 5000),
    ("Marco Reyes", "marketer", "marketer@example.com", "en", 0),
    ("Mei Lin", "community_manager", "manager@example.com", "en", 500),
    ("陈静", "agent", "agent.cn@example.com", "zh-Hans", 100),
    ("林佩珊", "agent", "agent.hk@example.com", "zh-Hant", 100),
    ("Audrey Stone", "auditor", "auditor@example.com", "en", 0),
)


class Shop(Struct, frozen=True, kw_only=True):
    """What is needed to use the demo, as kept in `demo.json` of the data folder (mode 0600)."""

    merchant_id: UUID
    began_at: datetime
    """The story is told up to here; a restart continues the same one."""
    api_key: str
    webhook_id: UUID
    webhook_secret: str
    passwords: dict[str, str]
    """By e-mail address."""


async def create(now: datetime) -> Shop:
    """Make the merchant and everything that history needs. Raises MerchantExists."""
    merchant_id = await tenancy.create_merchant(MERCHANT, MERCHANT_NAMES, "Asia/Hong_Kong", "USD", now)
    async with db.transaction(merchant_id):
        for store in STORES:
            await _add_store(store)
        setup = Setup(tiers=TIERS, earn_rates=EARN_RATES, point_cost_micros=20_000, terms_version="2025-01")
        await programme.create(setup, now)
        for code, wanted, stock in REWARDS:
            await catalogue.offer(code, wanted, now, stock)
        await _offer_tickets(now)
        await _ask_for_reviews(now)
        await articles.publish(now)
        await templates.keep(now)
        passwords = {}
        for name_, role, email, locale, limit in STAFF:
            passwords[email] = secrets.token_urlsafe(12)
            person = await staff.create(
                email, name_, role, passwords[email], now, locale=locale, goodwill_limit_points=limit
            )
            if role == "owner":
                await parcels.set_up(person, now)
        source = await webhooks.create("Shop system", now)
        key = await api_keys.create("Demo", sorted(api_keys.SCOPES), now)
    return Shop(
        merchant_id=merchant_id,
        began_at=now,
        api_key=key,
        webhook_id=source.id,
        webhook_secret=source.secret,
        passwords=passwords,
    )


async def _offer_tickets(now: datetime) -> None:
    """A partner's tickets: their codes come out of a pool."""
    await pools.create("museum", 20, now)
    await pools.generate("museum", "MUS-????-????", 200)
    tickets = Offer(
        name={"en": "Museum ticket", "zh-Hans": "博物馆门票", "zh-Hant": "博物館門票"},
        description={"en": "One visit, any day.", "zh-Hans": "任选一天参观。", "zh-Hant": "任選一天參觀。"},
        terms=Experience(place="Museum of the Harbour"),
        cost_points=180,
        limit_per_period=PeriodLimit(times=2, period="month"),
        valid_days=180,
        pool="museum",
    )
    await catalogue.offer("museum-ticket", tickets, now)


async def _ask_for_reviews(now: datetime) -> None:
    """What the form asks for, and points for whoever answers."""
    await attributes.ask(ATTRIBUTES)
    began = now - REVIEW_POINTS_SINCE
    rule = Rule(trigger=Review(), effect=Fixed(points=REVIEW_POINTS))
    draft = await rules.create("review", "A review", rule, began)
    await rules.publish(draft.version_id, began)


async def _add_store(store: Store) -> None:
    await tenancy.create_store(store.store_id, store.names, store.currency, store.time_zone)


def keep(shop: Shop, folder: Path) -> None:
    """Write `demo.json`, readable by its owner alone."""
    file = folder / "demo.json"
    file.touch(mode=0o600)
    file.write_bytes(msgspec.json.encode(shop))


def kept(folder: Path) -> Shop | None:
    """The shop of an earlier start."""
    file = folder / "demo.json"
    return msgspec.json.decode(file.read_bytes(), type=Shop) if file.exists() else None
