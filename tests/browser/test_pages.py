"""Every page in each language, wide and narrow, light and dark: correct, accessible, in one language.

Three looks a page; all twelve with REGULARS_LOOKS=all (`make browser`).
"""

import asyncio
import os
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from uuid import UUID

import msgspec
import pytest
from axe_playwright_python.async_playwright import Axe
from babel.messages.catalog import Message
from playwright.async_api import BrowserContext, ConsoleMessage, Page

from core import clock, db
from core.i18n import LOCALES, Locale, translator
from core.i18n.update import extract
from core.notifications import consent
from core.webhooks import endpoints, log, queries
from core.webhooks.endpoints import Wanted
from loyalty.backtests import service as backtests
from loyalty.changes import service as changes
from loyalty.ledger import Earn, post
from loyalty.ledger import reading as ledger
from loyalty.members import service as members
from loyalty.openings import sending
from loyalty.programme import service as programme
from loyalty.referrals import service as referrals
from loyalty.referrals.service import Terms
from loyalty.rewards import catalogue
from loyalty.rewards import service as rewards
from loyalty.rules import service as rules
from loyalty.segments import service as segments
from loyalty.segments.model import Joined, Segment
from reviews.accounts import service as accounts
from reviews.files import uploads
from reviews.files.rules import Choices
from reviews.invitations import notices as invitation_notices
from reviews.surveys import service as surveys
from tests.browser.site import Site

pytestmark = pytest.mark.browser

Look = tuple[Locale, int, str]
EVERY_LOOK = [
    (locale, width, theme) for locale in LOCALES for width in (1280, 360) for theme in ("light", "dark")
]
# Every page in each language, width and theme; both sets together have each pair of these three.
PAIRWISE: tuple[tuple[Look, ...], ...] = (
    (("en", 1280, "light"), ("zh-Hans", 360, "dark"), ("zh-Hant", 1280, "dark")),
    (("en", 360, "dark"), ("zh-Hans", 1280, "light"), ("zh-Hant", 360, "light")),
)
# `make browser` asks for all of them.
LOOKS = [EVERY_LOOK] if os.environ.get("REGULARS_LOOKS") == "all" else PAIRWISE
LOOKS_AT_ONCE = 3
WHO = {
    "nobody": "",
    "customer": "customer",
    "manager": "manager@example.com",
    "marketer": "marketer@example.com",
    "owner": "owner@example.com",
    "auditor": "auditor@example.com",
}
# name, who, path, status; braces are filled in from what the shop has
PAGES = (
    ("staff-sign-in", "nobody", "/staff/sign-in", 200),
    ("wrong-password", "nobody", "/staff/sign-in?problem=wrong", 200),
    ("customer-sign-in", "nobody", "/portal/sign-in", 200),
    ("all-pages", "marketer", "/staff/pages", 200),
    ("account", "owner", "/staff/account?notice=password", 200),
    ("second-factor-set-up", "owner", "/staff/sign-in/enrol", 200),
    ("access-staff", "owner", "/staff/access/staff?notice=invited", 200),
    ("access-roles", "auditor", "/staff/access/roles", 200),
    ("access-keys", "owner", "/staff/access/keys", 200),
    ("access-handoff", "owner", "/staff/access/handoff", 200),
    ("access-company", "owner", "/staff/access/company", 200),
    ("handoff-refused", "nobody", "/handoff?token=x", 401),
    ("my-sessions", "customer", "/portal/sessions", 200),
    ("confirm", "nobody", "/portal/enter?token=x", 200),
    ("home", "customer", "/portal", 200),
    ("activity", "customer", "/portal/activity", 200),
    ("why", "customer", "/portal/activity/{entry}", 200),
    ("activity-spent", "customer", "/portal/activity?show=spent", 200),
    ("earning", "customer", "/portal/earning?amount=80", 200),
    ("earning-problem", "customer", "/portal/earning?amount=ten", 200),
    ("rewards", "customer", "/portal/rewards?notice=points_insufficient", 200),
    ("voucher", "customer", "/portal/vouchers/{voucher}?notice=redeemed", 200),
    ("friends", "customer", "/portal/friends", 200),
    ("goals", "customer", "/portal/achievements", 200),
    ("my-reviews", "customer", "/portal/reviews", 200),
    ("review-new", "customer", "/portal/reviews/write?store={store}", 200),
    ("review-edit", "customer", "/portal/reviews/{review}/edit", 200),
    ("my-case", "customer", "/portal/cases/{answered}", 200),
    ("chat", "customer", "/portal/chat", 200),
    ("moderation", "manager", "/staff/moderation", 200),
    ("moderation-decided", "manager", "/staff/moderation/decided", 200),
    ("moderation-review", "manager", "/staff/moderation/reviews/{review}", 200),
    ("moderation-requests", "manager", "/staff/moderation/requests", 200),
    ("review-link-ended", "nobody", "/reviews/write?token=x", 404),
    ("moderation-settings", "manager", "/staff/moderation/settings", 200),
    ("inbox", "manager", "/staff/inbox", 200),
    ("compliance", "auditor", "/staff/studio/compliance?days=0", 200),
    ("compliance-orders", "manager", "/staff/studio/compliance/orders?days=0", 200),
    ("compliance-rows", "manager", "/staff/studio/compliance/reviews?rows=shown&days=0", 200),
    ("inbox-filtered", "manager", "/staff/inbox?stars=2&sign=mismatch", 200),
    ("inbox-none", "manager", "/staff/inbox?tag=nothing", 200),
    ("review-search", "manager", "/staff/inbox/search?q=good+or+好", 200),
    ("review-search-none", "manager", "/staff/inbox/search?q=-x", 200),
    ("inbox-resolved", "manager", "/staff/inbox?view=resolved", 200),
    ("trends", "manager", "/staff/inbox/trends", 200),
    ("models", "manager", "/staff/inbox/models", 200),
    ("case", "manager", "/staff/inbox/cases/{waiting}", 200),
    ("case-resolved", "manager", "/staff/inbox/cases/{answered}", 200),
    ("patrol", "manager", "/staff/inbox/patrol", 200),
    ("mails-in", "manager", "/staff/inbox/mail", 200),
    ("case-contact", "manager", "/staff/inbox/settings/contact", 200),
    ("case-calendars", "manager", "/staff/inbox/settings/calendars", 200),
    ("case-targets", "manager", "/staff/inbox/settings/targets", 200),
    ("case-teams", "manager", "/staff/inbox/settings/teams", 200),
    ("reports", "manager", "/staff/inbox/reports", 200),
    ("case-surveys", "manager", "/staff/inbox/settings/surveys", 200),
    ("case-remedies", "manager", "/staff/inbox/settings/remedies", 200),
    ("case-templates", "manager", "/staff/inbox/settings/templates", 200),
    ("survey", "nobody", "{survey}", 200),
    ("survey-done", "nobody", "{survey}&q=done", 200),
    ("unsubscribe", "nobody", "/messages/unsubscribe?token={unsubscribe}", 200),
    ("review-thanks", "nobody", "/reviews/thanks?token={invited}", 200),
    ("knowledge", "manager", "/staff/inbox/settings/knowledge?q=how+do+I+return+it", 200),
    ("article", "manager", "/staff/inbox/settings/knowledge/how-to-return", 200),
    ("help", "customer", "/portal/help", 200),
    ("help-article", "customer", "/portal/help/how-to-return", 200),
    ("mails", "manager", "/staff/mails", 200),
    ("mail", "manager", "/staff/mails/{mail}", 200),
    ("messages", "manager", "/staff/messages", 200),
    ("message-settings", "manager", "/staff/messages/settings", 200),
    ("webhooks", "owner", "/staff/webhooks", 200),
    ("webhooks-failed", "auditor", "/staff/webhooks?only=failed", 200),
    ("api-reference", "nobody", "/docs/api", 200),
    ("webhook-new", "owner", "/staff/webhooks/new", 200),
    ("webhook-endpoint", "owner", "/staff/webhooks/{endpoint}", 200),
    ("webhook-delivery", "owner", "/staff/webhooks/deliveries/{delivery}", 200),
    ("my-messages", "customer", "/portal/messages", 200),
    ("my-profile", "customer", "/portal/profile?notice=asked", 200),
    ("people", "owner", "/staff/people?customer={member}", 200),
    ("audit", "auditor", "/staff/audit", 200),
    ("studio", "marketer", "/staff/studio", 200),
    ("dashboards", "marketer", "/staff/studio/dashboards?months=6", 200),
    ("dashboard-rows", "marketer", "/staff/studio/dashboards/rows?figure=points&flow=earned", 200),
    ("studio-goals", "marketer", "/staff/studio/goals", 200),
    ("segments", "marketer", "/staff/studio/segments", 200),
    ("segment", "marketer", "/staff/studio/segments/{segment}", 200),
    ("segment-new", "marketer", "/staff/studio/segments/new?preset=champions", 200),
    ("tiers", "marketer", "/staff/studio/tiers", 200),
    ("tiers-preview", "marketer", "/staff/studio/tiers?threshold_silver=60&threshold_gold=200", 200),
    ("tiers-problem", "marketer", "/staff/studio/tiers?threshold_silver=600", 200),
    ("tiers-wrong-rules", "marketer", "/staff/studio/tiers?downgrade=one_step", 200),
    ("tiers-of-nobody", "marketer", "/staff/studio/tiers/members?customer=c-none", 404),
    ("tiers-of-a-member", "marketer", "/staff/studio/tiers/members/{member}", 200),
    ("tiers-compare", "marketer", "/staff/studio/tiers/compare", 200),
    ("changes", "owner", "/staff/studio/changes", 200),
    ("change", "marketer", "/staff/studio/changes/{change}", 200),
    ("simulator", "marketer", "/staff/studio/simulator", 200),
    ("simulator-order", "marketer", "/staff/studio/simulator?customer={member}&amount=80", 200),
    ("backtest", "marketer", "/staff/studio/simulator/{backtest}", 200),
    ("wallets", "marketer", "/staff/studio/wallets", 200),
    ("wallet", "marketer", "/staff/studio/wallets/points", 200),
    ("sources", "manager", "/staff/studio/sources", 200),
    ("rules", "marketer", "/staff/studio/rules", 200),
    ("rule", "marketer", "/staff/studio/rules/orders", 200),
    ("rule-new", "marketer", "/staff/studio/rules/new", 200),
    ("campaigns", "marketer", "/staff/studio/campaigns", 200),
    ("campaign-new", "marketer", "/staff/studio/campaigns/new", 200),
    ("source", "manager", "/staff/studio/sources/{account}", 200),
    ("member", "marketer", "/staff/studio/members/{member_id}", 200),
    ("member-entry", "marketer", "/staff/studio/members/{member_id}/entries/{entry}", 200),
    ("members", "marketer", "/staff/studio/members?q=a", 200),
    ("adjustments", "owner", "/staff/studio/adjustments", 200),
    ("imports", "owner", "/staff/studio/imports?notice=dropped", 200),
    ("import", "owner", "/staff/studio/imports/{import}", 200),
    ("openings", "owner", "/staff/studio/openings", 200),
    ("opening", "owner", "/staff/studio/openings/{opening}?notice=waiting", 200),
    ("liability", "owner", "/staff/studio/liability", 200),
    ("studio-rewards", "marketer", "/staff/studio/rewards?notice=made", 200),
    ("studio-reward", "marketer", "/staff/studio/rewards/free-shipping", 200),
    ("studio-reward-new", "marketer", "/staff/studio/rewards/new?kind=cash_back", 200),
    ("referrals", "marketer", "/staff/studio/referrals", 200),
    ("achievements", "marketer", "/staff/studio/achievements", 200),
    ("back-office", "owner", "/staff/backoffice", 200),
    ("back-office-table", "owner", "/staff/backoffice/ledger_journal", 200),
    ("back-office-row", "owner", "/staff/backoffice/stores/{store}", 200),
    ("parked", "owner", "/staff/parked?notice=retried", 200),
    ("design", "manager", "/staff/design", 200),
    ("about-the-demo", "owner", "/staff/demo", 200),
    ("review-policy", "nobody", "/shops/juniper-moon/review-policy", 200),
    ("reviews-page", "nobody", "/shops/juniper-moon/reviews?product={product}", 200),
    ("sample-shop", "nobody", "/demo/shop", 200),
    ("sample-shop-product", "nobody", "/demo/shop/{product}", 200),
    ("case-of-an-auditor", "auditor", "/staff/inbox/cases/{waiting}", 200),
    ("denied", "marketer", "/staff/parked", 403),
    ("nothing-here", "owner", "/staff/nowhere", 404),
)
GOOGLE = {
    "location": "accounts/101/locations/202",
    "client_id": "client-7",
    "client_secret": "never used",
    "refresh_token": "never used",
}
PLACEHOLDER = re.compile(r"%\(\w+\)s|%%s")
# A date or a plural that no language writes so.
RAW = re.compile(
    r"\b20\d\d-[01]\d-[0-3]\d\b"
    r"|(?<![\d.,])1 (points|days|orders|stars|reviews|cases|members|times|hours|minutes)\b"
)
GIVEN_AT = datetime(2026, 1, 1, tzinfo=UTC)
"""The same each time: the ids are looked up by two files of tests."""
EXAMPLE = "2026-12-24"
"""Of what is typed so."""
FRAGMENT_CHARS = 12
# What stands in the page for people: texts and the attributes that are read out.
READ = """() => {
  const found = [document.title];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const around = walker.currentNode.parentElement;
    // What somebody wrote in another language says so.
    const spoken = around.closest("[lang]").lang;
    if (!around.closest("script, style, textarea, code") && spoken === document.documentElement.lang)
      found.push(walker.currentNode.data);
  }
  for (const name of ["aria-label", "title", "placeholder", "alt"])
    for (const element of document.querySelectorAll(`[${name}]`)) found.push(element.getAttribute(name));
  return found.map((text) => text.replace(/\\s+/g, " ").trim()).filter(Boolean);
}"""
SHOWN_THOUGH_HIDDEN = """() => [...document.querySelectorAll("[hidden]")]
  .filter((element) => element.getClientRects().length).map((element) => element.outerHTML)"""
WATCH = """document.addEventListener("securitypolicyviolation",
  (event) => console.error("CSP", event.violatedDirective, event.blockedURI));"""


@dataclass(frozen=True)
class English:
    """What may not be on a page in another language."""

    whole: frozenset[str]
    """As a whole text."""
    parts: tuple[str, ...]
    """Anywhere in a text."""


@cache
def messages() -> list[Message]:
    """Those of the source tree; reading it takes seconds."""
    return list(extract())


@cache
def english(locale: Locale) -> English:
    """The English messages, less those that are the same in this language."""
    words = translator(locale)
    whole: set[str] = set()
    parts: set[str] = set()
    for message in messages():
        forms = [message.id] if isinstance(message.id, str) else list(message.id)
        translated = words.raw(forms[0], message.context)
        for form in filter(None, forms):
            if form == translated:
                continue
            if not PLACEHOLDER.search(form):
                whole.add(form)
            pieces = (piece.strip(" .,:;·") for piece in PLACEHOLDER.split(form))
            parts |= {p for p in pieces if len(p) >= FRAGMENT_CHARS and " " in p and p not in translated}
    return English(frozenset(whole), tuple(sorted(parts)))


@pytest.fixture(scope="package")
async def found(site: Site) -> dict[str, str]:
    """Ids for the addresses."""
    async with db.transaction(site.shop.merchant_id):
        member = await members.by_customer(site.answered.customer_id)
        assert member
        entry = (await ledger.statement(member.id))[-1].journal_id
        voucher = await a_voucher(member.id)
        webhook = await a_webhook()
        mail = await db.fetchval("SELECT id FROM mails ORDER BY created_at LIMIT 1")
        product = await db.fetchval(
            "SELECT product_sku FROM reviews WHERE published AND source = 'first_party' AND product_sku <> ''"
            " ORDER BY id LIMIT 1"
        )
        review = await db.fetchrow(
            "SELECT id, store_id FROM reviews WHERE customer_id = $1 AND source = 'first_party' LIMIT 1",
            site.answered.customer_id,
        )
        assert review
        change, backtest = await a_change(), await a_backtest()
        others = await further(site)
    # The least urgent one, which the tasks of the other tests leave alone.
    waiting = site.waiting[-1].id
    return others | {
        "entry": str(entry),
        "backtest": str(backtest),
        "change": str(change),
        "member_id": str(member.id),
        "member": member.external_id,
        "mail": str(mail),
        "product": product,
        "voucher": str(voucher),
        "review": str(review["id"]),
        "store": str(review["store_id"]),
        "answered": str(site.answered.id),
        "waiting": str(waiting),
        **webhook,
    }


async def a_change() -> UUID:
    """A kept draft that moves somebody."""
    live, now = (await programme.live()).primary, clock.now()
    lower = tuple(msgspec.structs.replace(tier, threshold=tier.threshold // 3) for tier in live.tiers)
    wanted = msgspec.structs.replace(live, tiers=lower)
    return (await changes.draft("tiers", live.code, "A softer way", wanted, None, now)).id


async def a_backtest() -> UUID:
    """Of the rule for orders, over half a year."""
    now = clock.now()
    version = next(each for each in await rules.live(now) if each.code == "orders")
    return (await backtests.ask(version, now - timedelta(days=180), now, "points", None, now)).id


async def a_webhook() -> dict[str, str]:
    """An endpoint that was not there, and what was to be sent to it."""
    now = clock.now()
    at = await endpoints.add(Wanted("https://shop.example/hooks", note="The till"), now)
    await endpoints.test(at.id, now)
    await db.execute("DELETE FROM outbox WHERE topic = 'webhook.deliver'")
    [delivery] = await log.newest(1)
    tried = (now, 15_000, None, "timeout", "")
    await db.execute(queries.NOTE_ATTEMPT, delivery.id, 0, *tried)
    await db.execute(queries.SETTLE, delivery.id, "failed", "timeout", now)
    return {"endpoint": str(at.id), "delivery": str(delivery.id)}


OPENINGS = b"id,customer_id,points\nb-1,newcomer,5\nb-2,newcomer,none\n"


async def further(site: Site) -> dict[str, str]:
    """What the story does not have: an account, a file, links out of mails; in the open transaction."""
    now, customer = clock.now(), site.answered.customer_id
    by = await db.fetchval("SELECT id FROM staff WHERE email = 'owner@example.com'")
    file = b"nr,day,stars,words\nr1,2026-02-01,5,Fine\nr2,someday,9,Odd\n"
    choices = Choices(columns={"external_id": "nr", "written_at": "day", "rating": "stars", "body": "words"})
    return {
        "account": str(await accounts.connect("google", "Main street", GOOGLE, now, by)),
        "import": str(await uploads.send("old.csv", file, "generic", "utf-8", choices, by, now)),
        "opening": str((await sending.send("points.csv", OPENINGS, "Brought along", True, by, now)).id),
        "survey": await surveys.make("recommend", customer, None, now),
        "unsubscribe": await consent.add_link(customer, "points", "mail", now),
        "segment": await a_segment_and_friends(now),
        "invited": await an_invitation(customer, now),
    }


async def a_segment_and_friends(now: datetime) -> str:
    """A segment of everybody, by its code; and members may bring friends."""
    everybody = Segment(where=(Joined(at_least_days=0),))
    terms = Terms(landing_url="https://shop.example", currency="EUR", min_order_minor=2000)
    await referrals.set_terms(terms, now)
    if "s-1" not in {each.code for each in await segments.every()}:
        await segments.create("s-1", "S 1", everybody, now)
    return "s-1"


async def an_invitation(customer: UUID, now: datetime) -> str:
    """What opens the form for one of their orders, as the mail has it."""
    invitation = await db.fetchval(
        "INSERT INTO review_invitations (merchant_id, order_id, customer_id, delivered_at, state, sent_at)"
        " SELECT o.merchant_id, o.id, o.customer_id, o.delivered_at, 'sent', $2 FROM orders o"
        " WHERE o.customer_id = $1 AND o.delivered_at IS NOT NULL"
        " AND EXISTS (SELECT FROM order_lines l WHERE l.order_id = o.id) ORDER BY o.id LIMIT 1"
        " ON CONFLICT (merchant_id, order_id) DO UPDATE SET sent_at = excluded.sent_at RETURNING id",
        customer, now,
    )  # fmt: skip
    return await invitation_notices.link(invitation, now + timedelta(days=30))


async def a_voucher(member_id: UUID) -> UUID:
    """Bought with points that the member is given for it."""
    reward = await catalogue.find("free-shipping")
    now = clock.now()
    gift = Earn(
        key="test-voucher-points", member=member_id, wallet="points", points=reward.cost_points,
        effective_at=GIVEN_AT, reason={"rule": "api"},
    )  # fmt: skip
    await post([gift], now)
    bought = await rewards.redeem(member_id, reward.id, "test-voucher", now, version=reward.version)
    return bought.id


Visitor = Callable[[str, Locale, int, str], Awaitable[BrowserContext]]


@pytest.fixture(scope="module")
async def visitor(site: Site) -> AsyncIterator[Visitor]:
    """Somebody's browser, the same one for all pages that they see in this look."""
    known: dict[tuple[str, Locale, int, str], BrowserContext] = {}

    async def visit(who: str, locale: Locale, width: int, theme: str) -> BrowserContext:
        key = (who, locale, width, theme)
        if key not in known:
            context = known[key] = await site.visitor(locale, width=width, theme=theme)
            await context.add_init_script(WATCH)
            if who:
                await site.enter(context, who)
        return known[key]

    yield visit
    for context in known.values():
        await context.close()


CASES = [pytest.param(*page, LOOKS[n % len(LOOKS)], id=name) for n, (name, *page) in enumerate(PAGES)]


@pytest.mark.parametrize(("who", "path", "status", "looks"), CASES)
async def test_page(
    visitor: Visitor, found: dict[str, str], who: str, path: str, status: int, looks: Sequence[Look]
) -> None:
    """Several looks at once: most of the time is the browser's, which has processes of its own."""
    at_once = asyncio.Semaphore(LOOKS_AT_ONCE)

    async def look(at: Look) -> None:
        context = await visitor(WHO[who], *at)
        try:
            async with at_once:
                await _look(context, path.format(**found), status, *at)
        except Exception as error:
            error.add_note(f"{path} as {at}")
            raise

    async with asyncio.TaskGroup() as group:
        for at in looks:
            group.create_task(look(at))


async def _look(
    context: BrowserContext, path: str, status: int, locale: Locale, width: int, theme: str
) -> None:
    page = await context.new_page()
    try:
        said = _listen(page)
        answer = await page.goto(path)
        assert answer and answer.status == status
        assert await page.locator("html").get_attribute("lang") == locale
        assert await page.locator("h1").count() == 1
        assert await page.evaluate("document.documentElement.scrollWidth") <= width
        assert await page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") == (theme == "dark")
        assert await page.evaluate(SHOWN_THOUGH_HIDDEN) == []
        texts = await page.evaluate(READ)
        _assert_in_one_language(texts, locale)
        assert [text for text in texts if RAW.search(text.replace(EXAMPLE, ""))] == []
        results = await Axe().run(page)
        assert results.violations_count == 0, results.generate_report()
        # The page itself is an error here, and the browser notes that.
        unexpected = [text for text in said if status == 200 or "Failed to load resource" not in text]
        assert unexpected == []
    finally:
        await page.close()


def _listen(page: Page) -> list[str]:
    said: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            said.append(message.text)

    page.on("console", note)
    page.on("pageerror", lambda error: said.append(str(error)))
    return said


def _assert_in_one_language(texts: list[str], locale: Locale) -> None:
    if locale == "en":
        return
    left = english(locale)
    assert [text for text in texts if text in left.whole] == []
    whole = "\n".join(texts)
    assert [part for part in left.parts if part in whole] == []
