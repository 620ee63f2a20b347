"""One sample view for every template, and the states that look different."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from admin.demo import design
from api.portal import qr
from core.design import access_views as xv
from core.design import account_views as zv
from core.design import audit_views as ua
from core.design import backoffice_views as ov
from core.design import case_views as ca
from core.design import change_views as hv
from core.design import chat_views as av
from core.design import compliance_views as cv
from core.design import (
    composer_views,
    delivery_views,
    demo_views,
    inbox_views,
    model_views,
    operations_views,
    portal_review_views,
    portal_views,
    signin_views,
    staff_case_views,
    studio_views,
    trend_views,
    views,
)
from core.design import dashboard_views as dv
from core.design import desk_views as kw
from core.design import earning_views as rn
from core.design import friend_views as fv
from core.design import goal_board_views as bv
from core.design import goal_views as gv
from core.design import import_views as iv
from core.design import knowledge_views as kv
from core.design import ledger_views as lv
from core.design import message_views as mv
from core.design import opening_views as ow
from core.design import person_views as nv
from core.design import publishing_views as pv
from core.design import report_views as qv
from core.design import review_views as ev
from core.design import reward_views as rv
from core.design import rule_views as uv
from core.design import segment_views as wg
from core.design import simulator_views as iu
from core.design import source_views as sv
from core.design import survey_views as yv
from core.design import tier_views as t
from core.design import wallet_views as wv
from core.design import webhook_views as hk
from core.i18n import translator

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
CSRF = "csrf-token-sample"
HOSTILE = '<script>alert(1)</script>" onmouseover="alert(2)" \' {{ 7*7 }}'


def _ago(**amount: float) -> datetime:
    return NOW - timedelta(**amount)


def _ahead(**amount: float) -> datetime:
    return NOW + timedelta(**amount)


@dataclass(frozen=True)
class Sample:
    """A page to render: its template and context."""

    name: str
    template: str
    view: object
    frame: views.Frame


def _portal(path: str, section: str, name: str = "Mei Lin") -> views.Frame:
    return views.Frame(
        path, NOW, "Asia/Shanghai", shop="Harbour & Home", who="w1", person=name, section=section
    )


def _staff(path: str, section: str) -> views.Frame:
    sections = ("inbox", "moderation", "studio", "mails", "webhooks", "parked", "people", "audit", "demo")
    shop = "Harbour & Home"
    return views.Frame(path, NOW, "Europe/Berlin", shop, "w2", "Ada Brandt", "owner", sections, section)


SESSIONS = zv.SessionList(
    "/portal/sessions",
    (
        zv.SessionLine("s1", "Firefox · Windows", "password", _ago(days=2), _ago(minutes=1), True, "k1"),
        zv.SessionLine("s2", "", "", _ago(days=9), _ago(days=1), False, "k2"),
    ),
    "k3",
)
ACCOUNT = zv.Account("ada@example.org", "Ada Brandt", "owner", SESSIONS, False, False, 0, 12)
INVITE = ca.SettingsForm(
    "/staff/access/staff/invite",
    "Invite somebody",
    "Invite",
    "k9",
    (rv.FormGroup("They get a mail.", (rv.FormField("email", "E-mail address", "", "email"),)),),
)
STAFF_KEYS = xv.StaffKeys("k2", "k3", "k4", "", "k5")
STAFF_LINE = xv.StaffLine("p1", "Ada", "a@x.test", "owner", "active", True, NOW, 0, True, xv.StaffKeys("k1"))
STAFF = xv.StaffList(
    (
        STAFF_LINE,
        replace(
            STAFF_LINE, id="p2", name=HOSTILE, state="invited", seen_at=None, self=False, keys=STAFF_KEYS
        ),
        replace(STAFF_LINE, id="p3", state="off", second_factor=False, keys=xv.StaffKeys("k6", on="k7")),
    ),
    ("owner", "marketer", "community_manager", "agent", "auditor"),
    INVITE,
    False,
    "k8",
    1,
)
ROLE_TABLE = xv.RoleTable(
    ("owner", "agent"), (("inbox.read", (True, True)), ("keys.manage", (True, False))), True
)
KEYS = xv.KeyList(
    (
        xv.KeyLine("a1", "Till", "0123", ("events:write",), NOW, NOW, None, "active", "k1", "k2"),
        xv.KeyLine("a2", HOSTILE, "4567", ("events:write",), NOW, None, _ahead(days=1), "replaced", "k3", ""),
        xv.KeyLine("a3", "Old", "89ab", (), NOW, None, None, "ended", "", ""),
    ),
    (("events:write", "Send events", True), ("members:read", "Read members", False)),
    "k4",
    secret="rk_0123_secret",
)
HANDOFF = xv.HandoffKeys(
    (
        xv.HandoffLine("h1", HOSTILE, ("https://shop.example",), NOW, NOW, False, "k1", "k3"),
        xv.HandoffLine("h2", "Old", (), NOW, None, True, "", ""),
    ),
    "k2",
    "juniper",
    "https://regulars.example/handoff",
    "https://regulars.example",
    "h1",
    "hs_secret",
)
COMPANY = xv.CompanySignIn(
    INVITE, "https://id.example", "https://r.example/back", "https://r.example/in", "k1"
)
ENROL = zv.Enrol(qr.svg("otpauth://totp/x", "QR code"), "ABCD-EFGH", "sealed", "/staff", False)

_OUT = views.Frame("/portal/sign-in", NOW, "UTC", shop="Harbour & Home")

LINES = (
    portal_views.LedgerLine(
        "e5",
        _ago(days=2),
        "earn",
        240,
        1240,
        "#HH-20418",
        "1 point for each euro spent",
        "pending",
        settles_at=_ahead(days=9),
    ),
    portal_views.LedgerLine("e4", _ago(days=9), "redeem", -500, 1240, "Free shipping for a year"),
    portal_views.LedgerLine(
        "e3", _ago(days=20), "goodwill", 150, 1740, "Ceramic pour-over set", expires_at=_ahead(days=345)
    ),
    portal_views.LedgerLine("e2", _ago(days=40), "clawback", -60, 1590, "#HH-19877"),
    portal_views.LedgerLine(
        "e1",
        _ago(days=61),
        "earn",
        410,
        1650,
        "#HH-19877",
        "1 point for each euro spent; Gold earns double",
        expires_at=_ahead(days=304),
    ),
)

CASE = portal_review_views.MyCase(
    "c1", "open", "Ceramic pour-over set", _ago(hours=5), next_by=_ahead(hours=19)
)

PICTURES = tuple(
    ev.Picture(name, f"/media/reviews/{name}", f"/media/reviews/{name}/small") for name in ("p1", "p2")
)
TO_REVIEW = (
    ev.ToReview("Oak tray", "/portal/reviews/write?order=o1&line=1", _ago(days=6)),
    ev.ToReview("Harbour & Home", "/portal/reviews/write?store=s1", _ago(days=6), is_store=True),
)
REVIEW_FORM = ev.ReviewForm(
    about="Oak tray",
    action="/portal/reviews/write?order=o1&line=1",
    key="k-write",
    back_href="/portal/reviews",
    stars=ev.StarField("stars", "Your stars", 0, required=True),
    attributes=(ev.StarField("attribute_finish", "Finish", 3), ev.StarField("attribute_size", "Size")),
    author="Mei",
    text_limit=10_000,
    points=("20 points for a review",),
)
EDIT_FORM = ev.ReviewForm(
    about="Oak tray",
    action="/portal/reviews/r3/edit",
    key="k-edit",
    back_href="/portal/reviews",
    stars=ev.StarField("stars", "Your stars", 4, required=True),
    title="Solid",
    text="A little smaller than I thought.",
    author="Mei",
    insider=True,
    insider_fixed=True,
    pictures=PICTURES,
    problem="The title is too long.",
    delete_action="/portal/reviews/r3/delete",
    delete_key="k-delete",
)

HELD = ev.HeldReview(
    id="h1",
    version=2,
    at=_ago(hours=3),
    about="Oak tray",
    author="Mei L.",
    text="Cheaper at https://example.com, call 415-555-2671.",
    language="en",
    verified=True,
    incentivised=True,
    evidence=(ev.Evidence("spam", "https://"), ev.Evidence("insider", "the author belongs to the shop")),
    signals=("Four reviews came from one device within an hour.",),
    covered=("phone",),
    pictures=PICTURES,
    approve_key="k-approve",
    hide_key="k-hide",
)
REASONS = ("spam", "duplicate", "unlawful")
DECIDED = (
    ev.Decided(_ago(days=1), "Ada Brandt", "hidden", "spam", "Oak tray", "Cheaper at …", 5, "/staff/x/h2"),
    ev.Decided(_ago(days=2), "Ada Brandt", "approved", "passed", "Linen", "颜色很正。", None, "/staff/x/h3"),
)
STEPS = (
    ev.Step(_ago(days=2), "held", "spam"),
    ev.Step(_ago(days=1), "hidden", "spam", "Ada Brandt"),
)
REVIEW_SETTINGS = ev.ReviewSettings(
    held_count=3,
    attributes=(ev.AttributeRow("fit", "Fit", "合身度", "合身度"), ev.AttributeRow()),
    marketplace=True,
    insiders=(ev.Insider("i1", "c-104", "sister of our agent", "Ada Brandt", _ago(days=9), "k-remove"),),
    attributes_key="k-attributes",
    profile_key="k-profile",
    insider_key="k-insider",
    problem="There is no such customer, or they are on the list already.",
)

REQUESTS = ev.Requests(
    held_count=3,
    fields={
        "active": "1",
        "days_after_delivery": "7",
        "reminder_after_days": "7",
        "cooldown_days": "14",
        "valid_days": "60",
    },
    key="k-requests",
    days=30,
    delivered=120,
    sent=80,
    waiting=20,
    answered=17,
    unasked=4,
    skipped=(("cooldown", 9), ("no_address", 3), ("opted_out", 4)),
    problem="Something does not fit: look at the numbers.",
)
INVITED = ev.ReviewForm(
    about="Oak tray",
    action="/reviews/write?token=t&line=1",
    key="k-write",
    back_href="",
    stars=ev.StarField("stars", "Your stars", 3, required=True),
)
_VISITOR = views.Frame("/reviews/write?token=t", NOW, "UTC", shop="Harbour & Home")

REVIEWS = (
    portal_review_views.MyReview(
        "r1",
        _ago(days=1),
        "Ceramic pour-over set",
        2,
        "The lid arrived cracked and nobody answered my mail.",
        "published",
        "We are sorry about the lid. A new one is on its way.",
        _ago(hours=5),
        20,
        True,
        True,
        CASE,
    ),
    portal_review_views.MyReview(
        "r2", _ago(days=80), "棉麻桌布", 5, "颜色很正，洗了三次也没有褪色。", "published", verified=True
    ),
    portal_review_views.MyReview(
        "r3",
        _ago(days=120),
        "Oak tray",
        4,
        "",
        "pending",
        incentivised=True,
        pictures=PICTURES,
        attributes=(("Finish", 5), ("Size", 3)),
        insider=True,
        earned=20,
        earned_state="pending",
        edit_href="/portal/reviews/r3/edit",
    ),
)

REWARDS = (
    portal_views.Reward(
        "w1", "€10 off", "On any order above €40.", "amount_off", 1000, "affordable", redeem_key="k-w1"
    ),
    portal_views.Reward(
        "w2",
        "Tasting evening",
        "An evening with our roaster, for two.",
        "experience",
        1800,
        "short",
        short_points=560,
        stock_left=4,
    ),
    portal_views.Reward("w3", "Hand-thrown mug", "One of forty.", "product", 900, "sold_out", stock_left=0),
    portal_views.Reward(
        "w4",
        "Free shipping for a year",
        "On every order.",
        "shipping",
        600,
        "tier_locked",
        tier_needed="Platinum",
    ),
    portal_views.Reward(
        "w5",
        "Money off",
        "As much as you like.",
        "cash_back",
        100,
        "affordable",
        redeem_key="k-w5",
        version=3,
        worth="€1.00 for every 100 points",
        choice=portal_views.PointsChoice(100, 1200, 100, "€1.00 for every 100 points"),
    ),
    portal_views.Reward("w6", "Coffee", "One a day.", "product", 40, "limit_reached", limit_period="day"),
    portal_views.Reward("w7", "Keyring", "", "product", 40, "limit_reached"),
    portal_views.Reward("w8", "Advent box", "", "product", 400, "later", begins_at=_ahead(days=4)),
    portal_views.Reward("w9", "Tote", "", "product", 400, "left"),
    portal_views.Reward(
        "w10", "€5", "", "store_credit", 400, "affordable", redeem_key="k-w10", worth="€5 to spend"
    ),
)

REWARD_GROUPS = (
    rv.FormGroup(
        "What it is",
        (
            rv.FormField("name_en", "Name in English", "Mug", required=True),
            rv.FormField("description_en", "Description", "One of forty.", kind="textarea", hint="Short."),
            rv.FormField("cost_points", "Price", "x", problem="Type a whole number.", inputmode="numeric"),
            rv.FormField("offered_from", "On offer from", "2026-11-26T10:00", kind="datetime-local"),
            rv.FormField("tier_gold", "For the tier Gold", "on", kind="check"),
            rv.FormField(
                "pool", "Codes", "b", kind="select", hint="Of a pool.", options=(("a", "A"), ("b", "B"))
            ),
        ),
    ),
)
ANY_GROUPS = tuple(
    replace(group, fields=tuple(replace(each, name=f"any1.{each.name}") for each in group.fields))
    for group in REWARD_GROUPS
)
STUDIO_REWARD_ROWS = (
    rv.StudioReward("mug", "Hand-thrown mug", "product", "2 pieces", 900, False, 4, "on", 3, switch_key="k1"),
    rv.StudioReward(
        "money",
        "Money off",
        "cash_back",
        "€1.00 for every 100 points",
        100,
        True,
        None,
        "off",
        1,
        "spring",
        True,
        "k2",
    ),
    rv.StudioReward("tote", "Tote", "product", "", 400, False, 0, "sold_out", 1),
)
STUDIO_REWARDS = rv.StudioRewards(
    STUDIO_REWARD_ROWS,
    (
        rv.StudioPool("spring", 20, 980, 50, True, "k3"),
        rv.StudioPool("dry", 0, 10, 0, True),
        rv.StudioPool("rich", 1_000_000, 0, 50, False, "k4"),
    ),
    ("percent_off", "product", "cash_back"),
    "k5",
)
STUDIO_REWARD = rv.StudioRewardPage(
    STUDIO_REWARD_ROWS[0],
    rv.RewardForm(
        "/staff/studio/rewards/mug",
        "k6",
        REWARD_GROUPS,
        "product",
        3,
        "Something is missing; look at the fields.",
    ),
    (rv.RewardVersion(3, 900, _ago(days=2), "Mina"), rv.RewardVersion(1, 800, _ago(days=200), "")),
    "k7",
)

TIER = portal_views.TierProgress(
    "Gold", "points", 3120, "Platinum", 5000, _ahead(days=130), "Gold is kept.", ("Free shipping",)
)

VOUCHER = portal_views.Voucher(
    "v1",
    "€10 off",
    "HRBR-7K2M-Q4XW",
    "issued",
    1000,
    _ago(minutes=3),
    _ahead(days=90),
    cancel_key="k-v1",
    worth="€10.00",
)

HOME = portal_views.PortalHome(
    "Mei", 1240, 240, TIER, portal_views.Expiry(180, _ahead(days=24)), REWARDS[0], LINES, REVIEWS[0],
    member_qr=qr.svg("mei-1", "Your member code"),
    wallets=(
        portal_views.WalletNow(
            "Store credit", 1250, 0, "/portal/activity?wallet=store_credit", "EUR",
            portal_views.Expiry(500, _ahead(days=30)),
        ),
        portal_views.WalletNow(HOSTILE, 12, 3, "/portal/activity?wallet=stamps", points_debt=4),
    ),
)  # fmt: skip

ENTRY = portal_views.PortalEntry(
    LINES[4],
    3,
    (portal_views.Input("Order total", "€205.00"), portal_views.Input("Tier", "Gold")),
    (
        portal_views.LotUse(410, _ago(days=61), _ahead(days=304), 350),
        portal_views.LotUse(-60, _ago(days=90), None, 0),
    ),
    (portal_views.CountedRule("For each paid order: 2 points for each €1.00", 3, 410),),
    (portal_views.OtherRule("50 points on your birthday", "The order was not placed on it."),),
)

MESSAGES = (
    portal_review_views.Message(
        _ago(hours=5),
        "Ada at Harbour & Home",
        False,
        "I have sent a new lid today.\nIt should be with you on Monday.",
        150,
    ),
    portal_review_views.Message(_ago(hours=2), "Mei Lin", True, "Thank you, that is kind."),
)

CASE_STEPS = (
    portal_review_views.CaseStep("opened", _ago(hours=9)),
    portal_review_views.CaseStep("assigned", _ago(hours=8), HOSTILE),
    portal_review_views.CaseStep("reply", _ago(hours=5)),
)
CHAT = av.PortalChat(
    lines=(
        av.ChatLine(
            HOSTILE, _ago(hours=3), (av.ChatSource("Parcels", HOSTILE, "/portal/help/parcels"),), True
        ),
        av.ChatLine(
            "And returns?",
            _ago(hours=2),
            (av.ChatSource("Returns", "", "/portal/help/a"), av.ChatSource(HOSTILE, "", "/portal/help/b")),
            False,
        ),
        av.ChatLine("What is the weather?", _ago(hours=1), (), False),
    ),
    ask_key="k-ask",
    person_key="k-person",
    ask_limit_chars=500,
    person_limit_chars=4000,
    cases=(replace(CASE, settled_by=_ahead(days=4)), replace(CASE, id="c2", state="waiting_for_others")),
)
MAILS_IN = ca.MailsIn(
    "parked",
    ("parked", "refused", "dismissed", "taken"),
    2,
    (
        ca.MailIn(
            "m1", _ago(hours=1), "eve@mail.test", "Eve", HOSTILE, HOSTILE, True, ("lamp.jpg", HOSTILE),
            "other_sender", "/staff/inbox/cases/c1", "12", "", "k-put", "k-dismiss",
        ),
        ca.MailIn("m2", _ago(hours=2), "", "", "", "", False, (), "no_case", "", "", "Mina", "", ""),
    ),
)  # fmt: skip

NEGATIVE = inbox_views.Sentiment("negative", 0.964, 1.6)
ASPECTS = (
    inbox_views.Aspect("packaging", "negative", 0.91, "The lid arrived cracked"),
    inbox_views.Aspect("service", "negative", 0.88, "nobody answered my mail"),
    inbox_views.Aspect("design", "positive", 0.71, "beautiful shape"),
)
WARNING = inbox_views.Clock("first_reply", "warning", _ahead(minutes=48))
BREACHED = inbox_views.Clock("first_reply", "breached", _ago(hours=3))

ROWS = (
    inbox_views.CaseRow(
        "c1",
        "Mei Lin",
        "Harbour & Home Berlin",
        2,
        "en",
        "The lid arrived cracked and nobody answered my mail. Beautiful shape, but I expected "
        "more for this price and I have been waiting for two weeks now.",
        _ago(hours=20),
        "open",
        "Ceramic pour-over set",
        NEGATIVE,
        ASPECTS,
        ("low_stars", "negative_text"),
        WARNING,
    ),
    inbox_views.CaseRow(
        "c2",
        "王小明",
        "海港生活 上海",
        1,
        "zh-Hans",
        "插头一用就发烫冒烟，太危险了，差点起火！客服一直让我等。",
        _ago(hours=27),
        "in_progress",
        "电热水壶",
        inbox_views.Sentiment("negative", 0.99),
        ASPECTS[:1],
        ("low_stars", "negative_text", "safety"),
        BREACHED,
        "Ada Brandt",
        True,
    ),
    inbox_views.CaseRow(
        "c3",
        "",
        "Trustpilot",
        5,
        "zh-Hant",
        "五顆星是按錯的，東西用兩天就壞。",
        _ago(days=2),
        "waiting",
        "",
        inbox_views.Sentiment("negative", 0.81),
        (),
        ("mismatch",),
        inbox_views.Clock("next_reply", "paused", _ahead(days=1)),
        "Jonas Okafor",
    ),
    inbox_views.CaseRow(
        "c4",
        "Sofía Delgado",
        "Harbour & Home Berlin",
        1,
        "es",
        "",
        _ago(minutes=12),
        "open",
        "Oak tray",
        None,
        (),
        ("low_stars",),
        inbox_views.Clock("first_reply", "running", _ahead(hours=23)),
    ),
)

TABS = (
    inbox_views.InboxTab("open", 128, "/staff/inbox", True),
    inbox_views.InboxTab("unanswered", 41, "/staff/inbox?view=unanswered"),
    inbox_views.InboxTab("due_soon", 6, "/staff/inbox?view=due_soon"),
    inbox_views.InboxTab("mine", 12, "/staff/inbox?view=mine"),
    inbox_views.InboxTab("resolved", 1904, "/staff/inbox?view=resolved"),
)

INBOX = inbox_views.Inbox(
    TABS, ROWS, inbox_views.Scoring(1240, 3120, "/staff/inbox/scoring"), "/staff/inbox?after=c4"
)

STAFF_REVIEW = staff_case_views.StaffReview(
    "r1",
    _ago(hours=20),
    "Harbour & Home Berlin",
    "en",
    2,
    "Not what I hoped for",
    "The lid arrived cracked and nobody answered my mail.\nBeautiful shape, though.",
    "Ceramic pour-over set",
    True,
    "published",
    NEGATIVE,
    ASPECTS,
    runs=(
        staff_case_views.Run("The lid arrived cracked", "negative", (("quality", "negative"),)),
        staff_case_views.Run(" and nobody answered my mail.\nBeautiful shape, though."),
    ),
    why=(
        staff_case_views.Why("low_stars"),
        staff_case_views.Why("negative_text", ("The lid arrived cracked",)),
    ),
    translation=staff_case_views.Translation("ready", HOSTILE, HOSTILE, beginning=True),
)

CUSTOMER = staff_case_views.CustomerPicture(
    "Mei Lin", True, "Gold", 1240, 14, 128_450, "EUR", _ago(days=23), 3, 2, "mei@example.org",
    "/staff/studio/members/m1",
    (
        staff_case_views.EarlierReview("/r/1", 5, _ago(days=30), HOSTILE, "en", HOSTILE, "hidden"),
        staff_case_views.EarlierReview("/r/2", None, _ago(days=90), "", "de", "", "published"),
    ),
    (staff_case_views.EarlierCase("/c/1", "12", "resolved", _ago(days=90)),),
)  # fmt: skip

EVENTS = (
    staff_case_views.CaseEvent(_ago(hours=20), "opened"),
    staff_case_views.CaseEvent(_ago(hours=19), "taken_over", "Ada Brandt"),
    staff_case_views.CaseEvent(
        _ago(hours=18), "note", "Ada Brandt", "Same batch as three other cracked lids."
    ),
    staff_case_views.CaseEvent(
        _ago(hours=5), "message", "Ada Brandt", "I have sent a new lid today.", delivery="sent"
    ),
    staff_case_views.CaseEvent(_ago(hours=5), "goodwill", "Ada Brandt", "For the trouble", 150),
    staff_case_views.CaseEvent(_ago(hours=2), "customer_message", "Mei Lin", "Thank you, that is kind."),
)

STAFF_CASE = staff_case_views.StaffCase(
    "c1",
    "1042",
    "in_progress",
    1,
    _ago(hours=20),
    ("low_stars", "negative_text"),
    STAFF_REVIEW,
    CUSTOMER,
    composer_views.Composer("k-reply"),
    composer_views.Composer("k-message"),
    composer_views.Composer("k-note"),
    composer_views.Goodwill("k-goodwill", 350, 150),
    (
        WARNING,
        inbox_views.Clock("private_contact", "satisfied", _ago(hours=5)),
        inbox_views.Clock("resolution", "running", _ahead(days=3)),
    ),
    EVENTS,
    "Jonas Okafor",
    False,
    "k-assign",
    "k-assign-2",
    (inbox_views.Person("p1", "Ada Brandt"), inbox_views.Person("p2", "Jonas Okafor")),
    "k-resolve",
    correction=staff_case_views.Correction(
        "k-correct", "negative", 2, (("quality", "negative"), ("service", "")), by="Ada Brandt"
    ),
    alike=(
        staff_case_views.AlikeReview(
            "The lid came cracked.", "en", 1, _ago(days=3), True, "/staff/inbox/cases/c7", "1033", "resolved"
        ),
        staff_case_views.AlikeReview(
            "Der Deckel war gesprungen und niemand meldet sich.", "de", None, _ago(days=40)
        ),
    ),
    previous_href="/staff/inbox/cases/c0",
    next_href="/staff/inbox/cases/c2",
)

MODELS = model_views.Models(
    (
        model_views.ModelPair(
            "regulars-2", "regulars-3", 1204, 0.94, 0.71, 31, 18, 12, 9, 11,
            (
                model_views.ModelDifference("Not bad at all.", "en", "negative", "positive", "/c1"),
                model_views.ModelDifference("Na ja.", "de", "neutral", "negative"),
            ),
        ),
    ),
)  # fmt: skip

TRENDS = trend_views.Trends(
    7,
    56,
    (
        trend_views.TrendRow(
            "product", "Ceramic pour-over set", 31, 14, 14 / 31, 0.1, True, True,
            (
                trend_views.Complaint("The lid arrived cracked.", "en", _ago(hours=20), "/c1", "9"),
                trend_views.Complaint("Der Deckel war gesprungen.", "de", _ago(days=3)),
            ),
        ),
    ),
    (
        trend_views.TrendRow("aspect", "shipping", 210, 12, 12 / 210, 0.05, False, True),
        trend_views.TrendRow("store", "berlin", 6, 2, 1 / 3, 0.1, False, False),
    ),
)  # fmt: skip

DELIVERY = delivery_views.Delivery(
    "c1",
    (
        delivery_views.Outgoing("We are sorry about the lid.", 9, "k-undo", "m2"),
        delivery_views.Outgoing(HOSTILE, 0, "k-undo-2", "m3", True),
    ),
    (
        delivery_views.Undelivered(HOSTILE, True, "The source refuses this.", 8, "k-retry", "m1"),
        delivery_views.Undelivered(HOSTILE, False, message_id="m4"),
    ),
)
TROUBLED_CASE = staff_case_views.StaffCase(
    "c1",
    "1042",
    "resolved",
    2,
    _ago(hours=20),
    ("safety",),
    STAFF_REVIEW,
    staff_case_views.CustomerPicture("", False),
    composer_views.Composer("k-reply", "half a reply", "Somebody else has answered meanwhile.", 350),
    composer_views.Composer("k-message", blocked="No address is known."),
    composer_views.Composer("k-note"),
    composer_views.Goodwill("k-goodwill", 0),
    (BREACHED,),
    (),
    "Ada Brandt",
    True,
    reopen_key="k-reopen",
    conflict="Jonas Okafor replied while you were writing. Nothing of yours was sent.",
    delivery=DELIVERY,
)

STUDIO = studio_views.Studio(
    "Harbour Club",
    "EUR",
    4_812_340,
    210_400,
    91_020,
    30,
    5000,
    "points",
    (
        studio_views.TierCount("Bronze", 3120, 0),
        studio_views.TierCount("Silver", 1204, 1000, "silver"),
        studio_views.TierCount("Gold", 561, 2000),
        studio_views.TierCount("Platinum", 115, 5000),
    ),
    (
        studio_views.ProgrammeVersion(
            3, _ago(days=12), "Ada Brandt", "Gold from 2,000 instead of 2,500", True
        ),
        studio_views.ProgrammeVersion(
            2,
            _ago(days=190),
            "Ada Brandt",
            "Double points for Gold",
            False,
            (hv.Back("tiers", "main", 2, "Bring version 2 back", "k-back"),),
        ),
    ),
    True,
    liability_minor=2_887_404,
    breakage_minor=120_300,
    points_earned=612_900,
    points_redeemed=233_150,
    redemption_rate=0.38,
    months=(
        studio_views.PointsMonth(date(2026, 10, 1), 700_100, 312_000, 0),
        studio_views.PointsMonth(date(2026, 11, 1), 512_900, 233_150, 12_000),
    ),
)

PREVIEW = t.TierPreview(
    "f00dfeed",
    312,
    41,
    4647,
    NOW,
    (
        t.TierMove("Bronze", "Silver", 201, "up"),
        t.TierMove("Silver", "Gold", 111, "up"),
        t.TierMove("Platinum", "Gold", 41, "down"),
        t.TierMove("Bronze", "Bronze", 2919, "same"),
    ),
    tuple(
        t.ExampleMember(name, "Silver", "Gold", 1890 + n, "1,890 points are enough.")
        for n, name in enumerate(("Mei Lin", "王小明", "Sofía Delgado", "Jonas Weber", "林怡君"))
    ),
    "EUR",
    412_00,
    -30_00,
    98_765_00,
)

EXTRAS = (
    t.TierField("multiplier_bronze", "Points, in percent", "100", slider_max=400),
    t.TierField("gift_bronze", "Birthday gift (points)", ""),
)

TIER_RULES = t.TierRules("points", "qualifying", "rolling_days", "365", "always", "free_fall", "0")

DRAFT = t.TierDraft(
    "points",
    "EUR",
    ("Qualifying points of the last 12 months.", "Members rise and fall with it at once."),
    (
        t.TierThreshold("bronze", "Bronze", 0, 0, 0, fixed=True, extras=EXTRAS),
        t.TierThreshold("silver", "Silver", 900, 1000, 4000, 50),
        t.TierThreshold("gold", "Gold", 1800, 2000, 8000, 50),
        t.TierThreshold("platinum", "Platinum", 5200, 5000, 20000, 100),
    ),
    TIER_RULES,
    "main",
    (
        t.SetLink("Tiers", "/staff/studio/tiers?set=main", True),
        t.SetLink("Club", "/staff/studio/tiers?set=club", False),
    ),
    (("set", "main"), ("threshold_silver", "900")),
    PREVIEW,
    "k-publish",
    may_publish=True,
    keep_key="k-keep",
    draft_id="d1",
    draft_name=HOSTILE,
    shown="bronze>silver=201",
)
BEGUN_BEFORE = replace(
    DRAFT,
    publish_key="",
    base=1,
    stale=True,
    rows=(t.Row("Silver begins at", ("250 points", HOSTILE), (False, True)),),
)
LOOKED_UP = replace(
    DRAFT,
    preview=replace(PREVIEW, fingerprint=""),
    publish_key="",
    check_href="/staff/studio/tiers?exact=1",
    second_person=True,
)

STALE_DRAFT = t.TierDraft(
    "spend",
    "EUR",
    ("Spend of the last 12 months.",),
    (
        DRAFT.thresholds[0],
        t.TierThreshold("silver", "Silver", 900, 1000, 4000, problem="Silver must be above Bronze."),
    ),
    TIER_RULES,
    preview=PREVIEW,
    conflict=True,
    differences=(t.Difference("Bronze → Silver", 201, 202),),
)

WRONG_DRAFT = t.TierDraft(
    "events",
    "",
    ("Events.", "A tier is kept to the end of the next period."),
    (
        t.TierThreshold(
            "silver", "Silver", 9, 10, 40, extras=(t.TierField("gift_silver", "Gift", "x", "No."),)
        ),
    ),
    t.TierRules("events", "custom.x", "year", "", "always", "one_step", "0", "Grace needs a period."),
)

TIER_MEMBER = t.TierMember(
    "c-1001",
    "/staff/studio/tiers/members/c-1001",
    tiers=(
        t.MemberTier(
            set_code="main",
            set_name="Tiers",
            tier="Gold",
            since=_ago(days=90),
            basis="override",
            standing="1,890 points",
            next_step="110 points to go until Platinum.",
            keep="Gold is kept until 1 Feb 2027.",
            benefits=("Free shipping", "50 points on the birthday"),
            override="Given by Mina until 1 Feb 2027: a prize",
            tiers=(("silver", "Silver"), ("gold", "Gold")),
            give_key="k-give",
            end_key="k-end",
        ),
        t.MemberTier(
            set_code="club",
            set_name="Club",
            tier="Guest",
            since=_ago(days=400),
            basis="reached",
            standing="0 orders",
            next_step="1 order to go until Friend.",
            keep="",
            benefits=(),
            override="",
            tiers=(("guest", "Guest"),),
            give_key="k-give-2",
        ),
    ),
    changes=(
        t.TierChange(_ago(days=90), "Tiers", "Silver", "Gold", "override", "Mina: a prize"),
        t.TierChange(_ago(days=400), "Tiers", "", "Silver", "joined", ""),
    ),
    problem="Choose a tier and a day.",
    typed=("gold", "2020-01-01", "a prize"),
)

MESSAGE_LOG = mv.MessageLog(
    rows=(
        mv.MessageRow(
            "Points expire soon", "mail", "sent", "", "Mei Lin", "90 points", "/staff/mails/m2", _ago(hours=2)
        ),
        mv.MessageRow(
            "Request for a review", "mail", "held", "", "Wang", "", "", _ago(hours=3), due_at=_ahead(hours=8)
        ),
        mv.MessageRow("Message in a case", "mail", "suppressed", "opted_out", "c-17", "", "", _ago(days=1)),
        mv.MessageRow(
            "Message in a case", "sms", "failed", "no_answer", "Sofia", "", "", _ago(days=1),
            attempts=8, retry_action="/staff/messages/n4/retry", retry_key="k-retry",
        ),
    ),
    states=(
        ("", 4, "/staff/messages", True),
        *((each, 1, f"/staff/messages?only={each}", False) for each in ("held", "sent", "failed")),
    ),
    next_href="/staff/messages?before=n4",
)  # fmt: skip
CHOICES = mv.MessageChoices(
    action="/portal/messages",
    key="k-choices",
    rows=tuple(
        mv.ChoiceRow(
            about, tuple(mv.Choice(f"{about}.{each}", each, each == "mail") for each in ("mail", "sms"))
        )
        for about in ("cases", "orders", "reviews")
    ),
    time_zone="Asia/Shanghai",
    time_zones=("Asia/Hong_Kong", "Asia/Shanghai", "Europe/Berlin"),
    address="mei@example.org",
)
EXPORTS = (
    nv.ExportRow(_ago(hours=1), _ahead(days=7)),
    nv.ExportRow(_ago(days=2), _ahead(days=5), "/portal/profile/exports/e1", 84),
)
PROFILE = nv.Profile(
    action="/portal/profile",
    key="k-profile",
    name="Mei Lin",
    email="mei@example.org",
    external_id="c-1001",
    locale="zh-Hans",
    locales=(("en", "English"), ("zh-Hans", "简体中文")),
    month="02",
    day="29",
    months=(("01", "January"), ("02", "February")),
    messages=CHOICES,
    exports=EXPORTS,
    export_key="k-export",
    erase_key="k-erase",
    confirm="mei@example.org",
    sessions_href="/portal/sessions",
)
PEOPLE = nv.People(
    customer="c-1001",
    found=True,
    name="Mei Lin",
    export_action="/staff/people/p1/export",
    erase_action="/staff/people/p1/erase",
    export_key="k-export",
    erase_key="k-erase",
    exports=EXPORTS,
    rows=(
        nv.ErasureRow("c-7", "staff", "Ada Brandt", _ago(minutes=1), None),
        nv.ErasureRow("c-3", "portal", "", _ago(days=3), _ago(days=3)),
    ),
    next_href="/staff/people?before=e1",
)
AUDIT = ua.AuditLog(
    rows=(
        ua.AuditRow(
            at=_ago(hours=2),
            who="Ada Brandt",
            actor="staff",
            op="update",
            noun="Tier",
            row_id="t1",
            row_href="/staff/audit?what=tiers&row=t1",
            address="192.0.2.7",
            door="POST /staff/studio/tiers",
            changes=(ua.Change("Threshold", "500", "600"), ua.Change("Description", "", "For friends")),
        ),
        ua.AuditRow(
            _ago(days=1), "", "command", "insert", "API key", "k1", "/staff/audit?row=k1", "", "regulars", ()
        ),
    ),
    who="s1",
    actors=(("s1", "Ada Brandt"),),
    what="tiers",
    tables=(("tiers", "Tier"),),
    row="",
    since="2026-11-01",
    until="",
    csv_href="/staff/audit/entries.csv",
    next_href="/staff/audit?before=e1",
)
MAIL_ROWS = (
    operations_views.MailRow(
        "m1", "/staff/mails/m1", "mei@example.org", "Sign in to Harbour & Home", _ago(minutes=4), "kept"
    ),
    operations_views.MailRow(
        "m2", "/staff/mails/m2", "wang@example.org", "您的评价有了新进展", _ago(hours=2), "sent"
    ),
    operations_views.MailRow(
        "m3", "/staff/mails/m3", "sofia@example.org", "A new lid is on its way", _ago(days=1), "failed"
    ),
)
MAIL = operations_views.Mail(
    "mei@example.org",
    "Harbour & Home <no-reply@localhost>",
    "Sign in to Harbour & Home",
    _ago(minutes=4),
    "kept",
    "Hello,\n\nthis link signs you in:\nhttp://127.0.0.1:8000/portal/sign-in/abc",
    "en",
)

DEMO = demo_views.Demo(
    (
        demo_views.DemoStore("Harbour & Home Berlin", ("en",), 1700, 1200),
        demo_views.DemoStore("海港生活 上海", ("zh-Hans",), 2100, 1400),
    ),
    (
        demo_views.DemoSource(
            "CDNOW", "Purchase histories", "Public for research", "https://example.org/cdnow"
        ),
    ),
    42,
    example_email="mei@example.org",
)

PARKED = operations_views.Parked(
    (
        operations_views.ParkedItem(
            "o1",
            "review.score",
            "TimeoutError: the model did not answer within 30 s\n  at sentiment/worker.py",
            8,
            _ago(hours=1),
            "k-o1",
        ),
    )
)

GOALS = gv.PortalGoals(
    (
        gv.Goal("Regular", "", "3 orders in a month", 2, 3, "2 orders so far", 50, 0, _ahead(days=20)),
        gv.Goal(HOSTILE, HOSTILE, "1 order a month, 3 months in a row", 3, 3, "3 of 3 in a row", 0, 2),
    ),
    (gv.ReachedGoal("Regular", _ago(days=3), 50), gv.ReachedGoal(HOSTILE, _ago(days=30), 0)),
    friends=True,
)
GOAL_FIELDS = dict.fromkeys(
    ("code", "name_en", "name_zh_hans", "name_zh_hant", "metric", "target", "period", "periods", "points"),
    "3",
)
STAFF_GOALS = gv.StaffGoals(
    (gv.StaffGoal("regular", "Regular", "3 orders in a month", 50, 2, 120, _ago(days=9), "k1"),),
    gv.GoalForm("k2", "EUR", GOAL_FIELDS, "Something does not fit."),
)

_RULES = ("Points can be spent once the order is delivered.", "Points expire after 730 days.", HOSTILE)
_CARDS = (
    wv.WalletCard("points", "Points", _RULES, 2, _ago(days=30), True),
    wv.WalletCard("credit", HOSTILE, _RULES, 1, _ago(days=300), False),
)
_FIELDS = {
    "settling": "on_delivery",
    "settling_days": "14",
    "expiry": "year",
    "expiry_number": "1",
    "settling_day": "",
    "settling_event": HOSTILE,
    "warn_days": "30",
    "debt_policy": "clamp",
    "code": HOSTILE,
    "name_en": "Store credit",
    "name_zh_hans": "",
    "name_zh_hant": "",
    "version": "",
}
WALLETS = wv.Wallets(_CARDS, wv.WalletForm("k-wallet", "", _FIELDS, "Something does not fit."))
WALLET = wv.Wallets(
    _CARDS,
    wv.WalletForm("k-rules", "points", _FIELDS | {"version": "2"}),
    _CARDS[0],
    (
        wv.WalletVersion(2, _ago(days=30), "Ada Brandt", _RULES),
        wv.WalletVersion(
            1, _ago(days=300), "", _RULES, hv.Back("wallet", "points", 1, "Bring version 1 back", "k-back")
        ),
    ),
)

_SOURCE = sv.SourceCard(
    "a1", "Google", "Main street", "accounts/101/locations/202", "reading", 512, False, _ago(minutes=4),
    _ahead(minutes=11), 240, 512, 297, 300, 60, "", "",
)  # fmt: skip
_REFUSED_SOURCE = replace(
    _SOURCE,
    id="a2",
    source="Trustpilot",
    name=HOSTILE,
    state="refused",
    reviews_more=True,
    last_at=None,
    seen=None,
    quota_left=None,
    problem="The source refuses the credentials: connect it again.",
    detail=HOSTILE,
)
_SOURCE_FORM = sv.SourceForm(
    "google",
    "Google",
    "k-google",
    (
        sv.SourceField("location", False, True, HOSTILE, "As accounts/…/locations/…"),
        sv.SourceField("client_secret", True, True, "", ""),
    ),
    problem="Something does not fit.",
    unfit="location",
    open=True,
)
SOURCES = sv.Sources((_SOURCE, _REFUSED_SOURCE), (_SOURCE_FORM,))
SOURCE = sv.Sources(
    (_SOURCE,),
    (_SOURCE_FORM,),
    replace(_SOURCE, problem="So many reviews are missing.", detail="40 of 40"),
    (
        sv.SourcePass(_ago(minutes=1), "incremental", "running", 50, 2, 1, 0, 0, ""),
        sv.SourcePass(_ago(days=1), "full", "suspicious", 0, 0, 0, 0, 1, HOSTILE),
    ),
    sv.SourceKeys("k-sync", "k-full", "k-accept", "k-off"),
    "https://shop.example/webhooks/reviews/a1",
    "secret-of-webhooks",
)

FRIENDS = fv.PortalFriends(
    "ABCD2345",
    "https://shop.example/hello?ref=ABCD2345",
    60,
    14,
    3000,
    "EUR",
    ("500 points for the friend", HOSTILE),
    (fv.Friend(_ago(days=40), "rewarded", _ago(days=3)), fv.Friend(_ago(days=2), "claimed")),
)
STAFF_REFERRALS = fv.StaffReferrals(
    dict.fromkeys(
        ("landing_url", "min_order", "order_within_days", "kept_after_days", "friends_a_month", "active"),
        "30",
    ),
    "EUR",
    (("claimed", 12), ("rewarded", 7)),
    ("500 points for the friend",),
    "k1",
    "Something does not fit.",
)
_RULE_ROWS = (
    uv.RuleRow("double", HOSTILE, 2, "draft", HOSTILE, True, _ago(days=1), None, "", "k-publish"),
    uv.RuleRow(
        "double", "Double points", 1, "published", "For each order: 2 times the points.", False,
        _ago(days=90), _ago(days=-3), "Ada Brandt", "",
        hv.Back("rule", "double", 1, "Bring version 1 back", "k-back"),
    ),
)  # fmt: skip
RULES = uv.StudioRules(_RULE_ROWS, True)
RULE_FORM = uv.RuleForm(
    "/staff/studio/rules/new",
    "k-rule",
    REWARD_GROUPS,
    "Something does not fit.",
    "For each order: 50 points.",
    (
        uv.Meeting("This rule multiplies the points of “Orders”.", "/staff/studio/rules/orders", "A point."),
        uv.Meeting(HOSTILE, "/staff/studio/rules/x", HOSTILE),
    ),
    uv.RuleFigures(90, 12, 7, 1240),
    (uv.Stacked("Orders", False, False), uv.Stacked(HOSTILE, True, True)),
)
RULE_FORM_WRONG = uv.RuleForm(
    "/staff/studio/rules/new", "k-rule", REWARD_GROUPS, "Something does not fit.", problems=(HOSTILE,)
)
CAMPAIGNS = uv.StudioCampaigns(
    (
        uv.CampaignRow("x", HOSTILE, "published", (HOSTILE, "Twice."), _ago(days=1), None, 40, 100, "k-end"),
        uv.CampaignRow(
            "y", "Later", "draft", ("For joining: 5 points.",), None, _ago(days=-9), 0, None, "k-go"
        ),
    ),
    True,
)
RULE = uv.StudioRule(
    "double", HOSTILE, _RULE_ROWS, None, "k-retire", uv.RuleFigures(90, 12, 7, 1240), beyond_form=True
)
_CHANGE_LINES = (
    hv.ChangeLine(
        "/staff/studio/changes/c1", HOSTILE, "tiers", "main", "asked", _ago(hours=3), "Ada Brandt", ""
    ),
    hv.ChangeLine(
        "/staff/studio/changes/c2", "A year", "wallet", "points", "live", _ago(days=3), "", "Version 2"
    ),
)
CHANGES = hv.Changes(_CHANGE_LINES[:1], _CHANGE_LINES[1:], True, "k-policy")
_COMPARED = (
    hv.Row("Silver begins at", ("1,000 points", "900 points"), (False, True)),
    hv.Row("Members in Silver", ("1,204", "1,405"), (False, True)),
)
CHANGE = hv.ChangePage(
    path="/staff/studio/changes/c1",
    name=HOSTILE,
    kind="tiers",
    subject="main",
    state="asked",
    steps=(
        hv.Step("draft", _ago(days=1), "Ada Brandt"),
        hv.Step("asked", _ago(hours=3), HOSTILE, True),
        hv.Step("approved"),
        hv.Step("live"),
    ),
    heads=("Live", "This change"),
    rows=_COMPARED,
    key="k-step",
    note=HOSTILE,
    stale=True,
    edit_href="/staff/studio/tiers?set=main",
    deeds=(
        hv.Deed("approve", "Approve", "primary", hidden=(("fingerprint", "1-f00d"),)),
        hv.Deed("schedule", "Publish on this date", "", "date", "On"),
        hv.Deed("send-back", "Back to a draft", "", "note", "Why"),
    ),
    preview=PREVIEW,
    differences=(t.Difference("Bronze → Silver", 201, 202),),
)
CHANGE_READ = replace(CHANGE, rows=(), key="", deeds=(), preview=None, stale=False, note="", state="live")
COMPARISON = hv.Comparison(
    "main",
    "Tiers",
    (hv.DraftColumn("Live", "", ""), hv.DraftColumn(HOSTILE, "/staff/studio/changes/c1", "/x", "c1")),
    _COMPARED,
    "k-drafts",
    2,
)
SIMULATOR = iu.Simulator(
    fields=(rv.FormField("amount", "The order amounts to (EUR)", "80", required=True),),
    traces=(
        iu.Trace(
            "Points",
            120,
            (
                iu.TraceLine("Orders", "/staff/studio/rules/orders", HOSTILE, 120, "80 at 100.", True),
                iu.TraceLine(HOSTILE, "/staff/studio/rules/x", "", 0, HOSTILE, False),
            ),
        ),
    ),
    tried=True,
    problem="",
    about="In Silver.",
    form=(rv.FormField("rule", "Rule", "orders:1", "select", options=(("orders:1", HOSTILE),)),),
    runs=(
        iu.BacktestLine("/x", HOSTILE, "Points", _ago(days=90), NOW, 100, 4_700, "Ada"),
        iu.BacktestLine("/x", "Orders", "Points", _ago(days=90), NOW, 40, 0, ""),
    ),
    key="k-run",
    run_problem="Choose a rule.",
)
SIMULATOR_EMPTY = iu.Simulator((), (), False, "No member has this id.", "", (), ())
BACKTEST = iu.BacktestPage(
    name=HOSTILE,
    sentence=HOSTILE,
    wallet="Points",
    starts_at=_ago(days=90),
    ends_at=NOW,
    percent=100,
    progress_href="",
    events=12,
    members=7,
    points=470,
    points_due=480,
    cost_minor=470,
    currency="EUR",
    months=(iu.Month("October 2026", 12, 7, 470, 470),),
    granted=470,
    expected=(470, 400, 540),
)
BACKTEST_RUNS = replace(BACKTEST, percent=40, progress_href="/staff/studio/simulator/b1/progress")
BACKTEST_OTHER = replace(BACKTEST, granted=400, expected=None, months=(), points_due=470)
_SELECT = rv.FormField(
    "map_body", "Text", "Review Text", "select", options=(("", "No column"), ("Review Text", "Review Text"))
)
_CHECK = rv.FormField("mentions", "These are mentions", "", "check")
IMPORTS = iv.Imports(
    (
        iv.ImportLine("/staff/studio/imports/i1", "loox.csv", "checked", "Ada", _ago(hours=1), 1200, 1100, 3),
        iv.ImportLine("", HOSTILE, "done", "", _ago(days=2), 10, 10, 0),
        iv.ImportLine("/staff/studio/imports/i3", "photo.csv", "failed", "Ada", _ago(days=3), 0, 0, 0),
    ),
    (_SELECT, _CHECK),
    "k1",
    32,
    "The file cannot be read: this is a picture.",
)
_OPENING = ow.OpeningLine(
    "/staff/studio/openings/o1", "points.csv", "From the programme before", "done", "Ada", _ago(days=3),
    "Mina", _ago(days=2), 120, 110, 7, 3, 48_200, 5_000,
)  # fmt: skip
_WAITING = replace(
    _OPENING, file_name=HOSTILE, reason=HOSTILE, state="waiting", decided_by="", decided_at=None
)
OPENINGS = ow.Openings((_WAITING, _OPENING), True, "k-openings", "Because", "Say why.")
OPENING = ow.Opening(
    _WAITING,
    True,
    ((4, "points", "is missing"), (9, "", HOSTILE)),
    "k-decide",
    approves=True,
    file_href="/staff/studio/openings/o1/file",
)
IMPORTING = iv.ImportProgress(
    "running", "/staff/studio/imports/i1/progress", 41.5, 500, (("new", 480), ("rejected", 20))
)
IMPORT = iv.ImportPage(
    href="/staff/studio/imports/i1",
    file_name="loox.csv",
    by="Ada",
    created_at=_ago(hours=1),
    size_bytes=123_456,
    format="Loox",
    encoding="UTF-8",
    progress=iv.ImportProgress("checked", "", 100.0, 1200, (("new", 1197), ("rejected", 3))),
    failure="",
    samples=(
        iv.ImportSample(_ago(days=9), "5 / 5", "lamp", "Ana", "Warm light", False),
        iv.ImportSample(_ago(days=9), "", "", "", HOSTILE, True),
    ),
    rejects=(iv.ImportReject(5, "status", "'Paused' does not say whether it is shown"),),
    rejected=3,
    about=(_CHECK,),
    mapping=(_SELECT,),
    key="k2",
    can_start=True,
)
IMPORT_FAILED = iv.ImportPage(
    href="/staff/studio/imports/i2",
    file_name=HOSTILE,
    by="",
    created_at=_ago(hours=1),
    size_bytes=0,
    format="",
    encoding="",
    progress=iv.ImportProgress("failed", "", 0.0, 0, ()),
    failure="no column for a rating or a text",
    samples=(),
    rejects=(),
    rejected=0,
    about=(),
    mapping=(),
)

ADJUSTMENT = lv.AdjustmentLine(
    "a1",
    "Mei Lin",
    "/staff/studio/members/m1",
    6000,
    "points",
    "courtesy",
    "For the long wait in May",
    "waiting",
    "Ada Brandt",
    _ago(hours=3),
    decide_key="k1",
)
ADJUSTED = lv.AdjustmentLine(
    "a2",
    HOSTILE,
    "/staff/studio/members/m2",
    -120,
    "store_credit",
    "correction",
    HOSTILE,
    "posted",
    "Ada Brandt",
    _ago(days=2),
    "Jo",
    _ago(days=1),
)
ADJUSTMENTS = lv.Adjustments(
    (ADJUSTMENT,),
    (ADJUSTED,),
    "/staff/studio/adjustments?before=a2",
    "/staff/studio/adjustments",
    (lv.RoleLimit("owner", 50000), lv.RoleLimit("agent", 0)),
    "k2",
)
MEMBERS = lv.MemberSearch(
    "lin", (lv.FoundMember("/staff/studio/members/m1", "Mei Lin", "c-1", "Gold", _ago(days=400), True),), 1
)
ADJUST_FORM = lv.AdjustForm(
    "/staff/studio/members/m1/adjust",
    "k3",
    (("points", "Points"), ("store_credit", "Store credit")),
    ("correction", "other"),
    50000,
    "12x",
    HOSTILE,
    "other",
    "points",
    "Type a whole number of points, and a note that says why.",
)
STAFF_MEMBER = lv.StaffMemberPage(
    "Mei Lin",
    "c-1",
    "/staff/studio/tiers/members/c-1",
    "Gold",
    _ago(days=400),
    _ago(days=1),
    (lv.WalletBalance("points", 1240, 240, 50, 0), lv.WalletBalance("qualifying", 900, 0, 0, 20)),
    LINES,
    "/staff/studio/members/m1/entries",
    "/staff/studio/members/m1?before=3",
    "/staff/studio/members/m1",
    (ADJUSTED,),
    ADJUST_FORM,
)
MAY = lv.LiabilityMonth(
    date(2026, 5, 1),
    "/staff/studio/liability?month=2026-05-01",
    1000,
    500,
    -200,
    -100,
    -50,
    10,
    1160,
    1160,
    240,
    _ago(days=100),
    "Ada Brandt",
)
JUNE = lv.LiabilityMonth(
    date(2026, 6, 1),
    "/staff/studio/liability?month=2026-06-01",
    1160,
    0,
    0,
    0,
    0,
    0,
    1160,
    1100,
    300,
    current=True,
)
COHORTS = (
    lv.LiabilityCohort(date(2026, 5, 1), 500, 0, 0, 500, 0.71, 355, 145),
    lv.LiabilityCohort(None, 0, 0, 20, -20, 1.0, 0, 0),
)
LIABILITY = lv.Liability(
    "EUR", (JUNE, MAY), JUNE, COHORTS, date(2026, 6, 1), "k4", "/staff/studio/liability.csv"
)
STAFF_ENTRY = lv.StaffEntryPage(
    "Mei Lin",
    "/staff/studio/members/m1",
    ENTRY,
    (portal_views.Input("Posting", "0197"), portal_views.Input("rule", "order")),
)

_BOARD_ROWS = (
    dv.BoardRow(
        "October", (dv.Cell("12", "/staff/studio/dashboards/rows?figure=x", "12"), dv.Cell("–", value=""))
    ),
    dv.BoardRow(HOSTILE, (dv.Cell("7", value="7"), dv.Cell("8%", value="0.08", heat=4))),
)
_BOARD = dv.Board(
    "points", "Earned and burned", "In points.", "bar", "", ("Month", "Earned", HOSTILE), _BOARD_ROWS,
    "/staff/studio/dashboards.csv?board=points",
)  # fmt: skip
DASHBOARDS = dv.Dashboards(
    "May 2026 – October 2026",
    "/staff/studio/dashboards?months=6&until=2026-04",
    "/staff/studio/dashboards?months=6&until=2026-11",
    ((6, "/staff/studio/dashboards?months=6", True), (12, "/staff/studio/dashboards?months=12", False)),
    (dv.Compared("Earned", "1,200", "+12%, before: 1,071"), dv.Compared("Rating", "4.2", "before: 4", "up")),
    (
        _BOARD,
        replace(_BOARD, code="moves", kind="flow", rows=(), empty="Nobody changed tier."),
        replace(_BOARD, code="retention", kind="", unit="percent"),
    ),
)
DASHBOARD_ROWS = dv.DashboardRows(
    "Members behind the figure", "/staff/studio/dashboards", ("Joined", "Customer number", "Tier"),
    (dv.BoardRow("1 May 2026", (dv.Cell(HOSTILE, "/staff/studio/members/m1"), dv.Cell("Gold"))),),
    "/staff/studio/dashboards/rows?after=x", "/staff/studio/dashboards/rows",
)  # fmt: skip
GOAL_BOARD = bv.GoalBoard(
    "November 2026",
    (
        bv.GoalLine("Average stars of reviews", "4.5", "4.2", 0.93, "12 more reviews by 30 Nov 2026", False),
        bv.GoalLine(HOSTILE, "80%", "85% (17 of 20)", 1.0, "Reached.", True),
    ),
    (
        ca.SettingsForm(
            "/staff/studio/goals",
            "Goals",
            "Save",
            "key-goals",
            (rv.FormGroup("Each month", (rv.FormField("rating", "Stars", "4.5", hint="Empty: none"),)),),
            "Look at the numbers.",
        ),
    ),
    (replace(_BOARD, code="came", kind=""), replace(_BOARD, code="people", kind="")),
    ("Monday from 09:00: 1.5 more people",),
)
SEGMENTS = wg.StudioSegments(
    (wg.SegmentRow("/staff/studio/segments/vip", HOSTILE, "vip", HOSTILE, ("review",), 2, _ago(days=3)),),
    (("New customers", "/staff/studio/segments/new?preset=new"),),
)
BACK_OFFICE = ov.BackOffice(
    (
        ov.TableLine("stores", "/staff/backoffice/stores", ("name",)),
        ov.TableLine("ledger_journal", "/staff/backoffice/ledger_journal", ()),
    )
)
PLAIN_TABLE = ov.PlainTable(
    "stores", "id", ("external_id", "name"),
    (ov.PlainRow("s1", (HOSTILE, "–"), "/staff/backoffice/stores/s1"),),
    True, "/staff/backoffice/stores?before=s1", "/staff/backoffice/stores",
)  # fmt: skip
PLAIN_ROW = ov.PlainRowPage(
    "stores", "s1", (("name", HOSTILE),),
    ca.SettingsForm(
        "/staff/backoffice/stores/s1", "Put it right", "Save", "key-repair",
        (
            rv.FormGroup(
                "Columns", (rv.FormField("was:name", "", "x", "hidden"), rv.FormField("name", "name"))
            ),
        ),
        "This cannot be put there.", "/staff/backoffice/stores",
    ),
    (ov.Repair(_ago(days=1), "Ada Brandt", "{}", HOSTILE, "A typing error"),),
)  # fmt: skip
_LOOK = wg.SegmentLook("Members of whom it is true that their tier is Gold.", 1204, 5000, ("review",))
SEGMENT = wg.StudioSegment(
    HOSTILE, "vip", "Members of whom it is true that their tier is Gold.", ("review",), 1204, 5000,
    (wg.SegmentMember("/staff/studio/members/m1", HOSTILE, "Gold", _ago(days=90)),),
    "/staff/studio/segments/vip?after=x", "/staff/studio/segments/vip",
    "/staff/studio/segments/vip/members.csv", "/staff/studio/campaigns/new?segment=s1", "k-list",
    (
        wg.SegmentVersion(2, "/staff/studio/segments/vip?version=2", HOSTILE, _ago(days=3), True),
        wg.SegmentVersion(1, "/staff/studio/segments/vip?version=1", HOSTILE, None, False),
    ),
    wg.SegmentForm("/staff/studio/segments/vip", "k-segment", 2, REWARD_GROUPS, _LOOK, (ANY_GROUPS,), 2),
    True,
)  # fmt: skip

POLICY = pv.ReviewPolicy(
    "Harbour & Home", 1, NOW, True, (pv.PolicyVersion(1, NOW, "/shops/harbour/review-policy?version=1"),)
)
_FIGURE = cv.Figure(12, "/staff/studio/compliance/reviews?rows=hidden&days=90", 0.034)
_STARS_ROW = cv.StarsRow(
    1, _FIGURE, _FIGURE, _FIGURE, _FIGURE, _FIGURE, _FIGURE, _FIGURE, _FIGURE, _FIGURE, 5.25
)
COMPLIANCE = cv.Compliance(
    days=90,
    choices=(
        (30, "/staff/studio/compliance?days=30"),
        (90, "/staff/studio/compliance?days=90"),
        (0, "/staff/studio/compliance?days=0"),
    ),
    rows=(_STARS_ROW, replace(_STARS_ROW, stars=None, answer_hours=None)),
    total=replace(_STARS_ROW, stars=None),
    reasons=(cv.ReasonRow("spam", (_FIGURE, *[cv.Figure(0)] * 5), _FIGURE),),
    delivered=420,
    asked=cv.Figure(400, share=0.95),
    waiting=8,
    answered=73,
    skipped=(cv.Skipped("no_address", _FIGURE), cv.Skipped("", _FIGURE)),
    ledger=_FIGURE,
    insider=cv.Figure(0),
    policy_href="/shops/harbour/review-policy?version=1",
    policy_version=1,
    csv_href="/staff/studio/compliance.csv?days=90",
    json_href="/staff/studio/compliance.json?days=90",
)
COUNTED = cv.ComplianceRows(
    "hidden",
    "/staff/studio/compliance?days=90",
    reviews=(
        cv.CountedReview("/staff/moderation/reviews/r1", 1, "Ada", "Buy pills", "en", NOW, "hidden"),
        cv.CountedReview("/staff/moderation/reviews/r2", None, "", "", "", NOW, "removed"),
    ),
    next_href="/staff/studio/compliance/reviews?rows=hidden&after=x",
)
UNASKED = cv.ComplianceRows(
    "unasked", "/staff/studio/compliance", orders=(cv.CountedOrder("o-1", "c-1", NOW),)
)
FOUND = pv.FoundReview(
    2,
    "Ada",
    "Shop",
    "Wool coat",
    "en",
    NOW,
    (pv.FoundPiece("It was ", False), pv.FoundPiece("late", True)),
    "shown",
)
SEARCH = pv.ReviewSearch(
    "late",
    rows=(FOUND, replace(FOUND, stars=None, author="", language="", state="hidden")),
    asked=True,
    waiting=2,
    next_href="/staff/inbox/search?q=late&after=x",
)
STORE_PRODUCTS = (pv.StoreProduct("Wool coat", "/demo/shop/coat"),)
REVIEW_ON_PAGE = pv.ReviewOnPage(
    4, HOSTILE, HOSTILE, "en", HOSTILE, _ago(days=3), True, True, True, True,
    (ev.Picture("p1", "/media/reviews/p1", "/media/reviews/p1/small"),), HOSTILE,
)  # fmt: skip
REVIEWS_PAGE = pv.ReviewsPage(
    "Harbour & Home",
    "Wool coat",
    4.3,
    2,
    (REVIEW_ON_PAGE, replace(REVIEW_ON_PAGE, stars=None, title="", author="", pictures=(), reply="")),
    "/shops/harbour/review-policy",
    "/shops/harbour/reviews",
    "/shops/harbour/reviews?after=x",
)
STORE_PAGE = pv.StorePage("Harbour & Home", "harbour", "coat", "Wool coat", '{"@type": "Product"}')

CASE_SETTINGS = ca.CaseSettings(
    "remedies",
    "Remedies",
    "What the shop gives.",
    (
        ca.SettingsTable(
            "Authority",
            ("Who", "Points"),
            (
                ca.SettingsLine(
                    ("Agent", HOSTILE), "/staff/inbox/settings/teams?edit=x", "/remove", "key-remove"
                ),
            ),
        ),
        ca.SettingsTable("Nothing", ("Who",), (), "Nothing yet."),
    ),
    (
        ca.SettingsForm(
            "/staff/inbox/settings/teams",
            "New team",
            "Save",
            "key-form",
            (
                rv.FormGroup(
                    "Team",
                    (
                        rv.FormField("team", "", "1", "hidden"),
                        rv.FormField("name", "Name", HOSTILE, hint="A name", required=True),
                        rv.FormField("lead", "Lead", "", "select", options=(("", "nobody"),)),
                        rv.FormField("aspect_price", "Price", "on", "check"),
                        rv.FormField("closed", "Closed", "", "textarea", "Days"),
                    ),
                ),
            ),
            "Check the name.",
            "/staff/inbox/settings/teams",
        ),
    ),
    (
        ca.AskedRemedy(
            "q1", "/staff/inbox/cases/c1", 12, "Refund · €20", HOSTILE, "Mina", _ago(hours=2), "key-q1"
        ),
        ca.AskedRemedy("q2", "/staff/inbox/cases/c2", 13, "60 points", "", "Li", _ago(hours=3), ""),
    ),
)
PATROL = ca.PatrolPage(
    9, 4, 3, 1, 2, 1, 1,
    (
        ca.PatrolLine("/staff/inbox/cases/c1", 12, HOSTILE, "", None, True),
        ca.PatrolLine("/staff/inbox/cases/c2", 13, "", "Mina", _ago(hours=5)),
    ),
)  # fmt: skip
HELP_TEXT = kv.ArticleText("zh-Hant", HOSTILE, ("第一段", HOSTILE))
FOUND_ARTICLES = (
    kv.FoundArticle("/x", HOSTILE, HOSTILE, "en", 0.83, True),
    kv.FoundArticle("/y", "怎样退货？", "", "zh-Hans", 0.5),
)
KNOWLEDGE = kv.KnowledgePage(
    ca.SettingsTable("Articles", ("Article", "State"), (ca.SettingsLine((HOSTILE, "Draft"), "/x"),)),
    ca.SettingsTable("Asked", ("Question",), (), "Nothing yet."),
    HOSTILE,
    FOUND_ARTICLES,
    "/staff/inbox/settings/knowledge/new",
)
ARTICLE = kv.StaffArticle(
    "returns", HOSTILE, (HELP_TEXT,), "draft", 2, 3, 1,
    (kv.VersionLine(2, "draft", HOSTILE, NOW), kv.VersionLine(1, "published", "", _ago(days=3))),
    "k-publish", "k-withdraw", CASE_SETTINGS.forms[0], HOSTILE,
)  # fmt: skip
FURTHER_CASE = replace(
    STAFF_CASE,
    draft=composer_views.Draft("ready", "draft:1", HOSTILE, HOSTILE, ((HOSTILE, "/x"),), "", True),
    call_owed=True,
    reply=composer_views.Composer("k-reply", HOSTILE, HOSTILE, 4096, "", 4096, (("sorry", HOSTILE),), True),
    suggestions=(
        composer_views.Suggestion("article:x", HOSTILE, "/x", HOSTILE, "en", True),
        composer_views.Suggestion("case:1", "Case 3", "/staff/inbox/cases/c3", HOSTILE),
    ),
    state="waiting_for_us",
    further_key="key-further",
    held_out=True,
    surveys=(
        ca.SurveySaid(_ago(days=40), (("csat", 2), ("effort", 3)), HOSTILE),
        ca.SurveySaid(NOW, (("nps", 9),)),
    ),
    priority=(staff_case_views.PriorityPart("urgency", 40), staff_case_views.PriorityPart("age", 5)),
    joined=(
        staff_case_views.JoinedReview(
            "r2",
            _ago(hours=1),
            "Our own pages",
            1,
            "en",
            HOSTILE,
            HOSTILE,
            HOSTILE,
            answer=composer_views.Composer("k-r2", HOSTILE, HOSTILE, 350, limit_bytes=4096, confirm=True),
        ),
        staff_case_views.JoinedReview(
            "r3",
            _ago(hours=1),
            "Google",
            None,
            "en",
            "",
            reply=HOSTILE,
            answer=composer_views.Composer("k-r3", blocked="This source is not connected."),
        ),
    ),
    also_here=("Mina", HOSTILE),
)
REPORTS = qv.Reports(
    month="November 2026",
    earlier_href="/staff/inbox/reports?month=2026-10",
    later_href="/staff/inbox/reports?month=2026-12",
    csv_href="/staff/inbox/reports.csv?month=2026-11",
    goals_href="/staff/studio/goals",
    filters=(rv.FormField("team", "Team", "t1", "select", options=(("", "All"), ("t1", "Delivery"))),),
    month_code="2026-11",
    bars=(qv.Bar("Satisfied", 0.83, "83% (25 of 30)"), qv.Bar("Reopened", 0.0, "too few to say (0 of 0)")),
    tables=(
        qv.ReportTable("By team", "Of this month.", ("Who", "Resolved"), (("Delivery", "12"),), ""),
        qv.ReportTable("By person", "", ("Who", "Resolved"), (), "Nothing was resolved."),
    ),
    boards=tuple((each, "/staff/inbox/trends") for each in DASHBOARDS.boards[:2]),
    forms=CASE_SETTINGS.forms,
)
WEBHOOK_ROW = hk.DeliveryRow(
    "points.earned", "/staff/webhooks/deliveries/d1", "https://shop.example/hooks?shop=1", "failed",
    "refused", 500, 10, _ago(days=4), None, "/staff/webhooks/deliveries/d1/resend", "k-resend",
)  # fmt: skip
ENDPOINT_ROW = hk.EndpointRow(
    "https://shop.example/hooks?shop=1", "/staff/webhooks/e1", "The till", "disabled", "failing",
    _ago(days=4), _ago(days=5), 0, 1204, 17,
)  # fmt: skip
WEBHOOKS = hk.Webhooks(
    endpoints=(
        ENDPOINT_ROW,
        replace(ENDPOINT_ROW, state="on", reason="", failing_since=None, note=HOSTILE, succeeded_at=None),
    ),
    rows=(
        WEBHOOK_ROW,
        replace(WEBHOOK_ROW, state="queued", reason="", attempts=2, next_at=_ahead(hours=2), resend_key=""),
        replace(WEBHOOK_ROW, state="delivered", reason="", status=200, attempts=1),
    ),
    states=(("", "/staff/webhooks", True), ("failed", "/staff/webhooks?only=failed", False)),
    choices=(("e1", "https://shop.example/hooks?shop=1"),),
    types=("points.earned", "tier.changed"),
    endpoint="e1",
    type="",
    state="",
    new_href="/staff/webhooks/new",
    next_href="/staff/webhooks?before=d1",
)
WEBHOOK_FORM = replace(CASE_SETTINGS.forms[0], problem="")
ENDPOINT_PAGE = hk.EndpointPage(
    WEBHOOK_FORM,
    ENDPOINT_ROW,
    "whsec_sample",
    _ahead(hours=20),
    test=hk.Action("/staff/webhooks/e1/test", "k-test"),
    rotate=hk.Action("/staff/webhooks/e1/rotate", "k-rotate"),
    replay=hk.Action("/staff/webhooks/e1/replay", "k-replay"),
    drop=hk.Action("/staff/webhooks/e1/drop", "k-drop"),
    since="2026-11-20T09:30",
)
WEBHOOK_DELIVERY = hk.DeliveryPage(
    WEBHOOK_ROW,
    "01990a3c-0000-7000-8000-000000000001",
    '{"type": "points.earned"}',
    (
        hk.AttemptRow(2, _ago(days=4), 15_000, None, "timeout", ""),
        hk.AttemptRow(1, _ago(days=4), 87, 500, "refused", HOSTILE),
    ),
)

EARNING = rn.PortalEarning(
    ("For each order: 1 point for every €1.00 spent.", "On the member's birthday: 50 points."),
    (
        rn.Ladder(
            "Tiers",
            ("What counts: points.", "Members rise at once."),
            (
                rn.TierStep("Silver", "", (), False),
                rn.TierStep("Gold", "500 points", ("Twice the points",), True),
            ),
        ),
    ),
    "EUR",
    "80",
    rn.TriedAmount(8000, "Gold", 160, (rn.Share(160, "For each order"),), "Platinum", 240),
)
FILTERED = replace(
    INBOX,
    asked="view=open&stars=2",
    more=(
        kw.NamedView("1–2 stars", "/staff/inbox?stars=2", True),
        kw.NamedView("Mine", "/staff/inbox?own=v1", True, "/staff/inbox/views/v1/remove", "k-remove"),
    ),
    filter=kw.FilterFields(
        *("2", "en", "google", "recall", "me", "mismatch"),
        sources=(("google", "Google"),),
        languages=("en", "zh"),
        tags=("recall",),
        keep_key="k-keep",
    ),
    undo="d1",
    undo_key="k-undo",
    bulk_key="k-bulk",
    people=(inbox_views.Person("p1", "Mina"),),
)
SAMPLES = (
    Sample("portal-earning", "portal/earning.html", EARNING, _portal("/portal/earning", "earning")),
    Sample(
        "portal-earning-problem",
        "portal/earning.html",
        rn.PortalEarning((), (), "EUR", HOSTILE, problem="Write an amount"),
        _portal("/portal/earning", "earning"),
    ),
    Sample("staff-inbox-filtered", "staff/inbox.html", FILTERED, _staff("/staff/inbox", "inbox")),
    Sample(
        "staff-case-news",
        "staff/case_news.html",
        kw.CaseNews(
            "/c1",
            DELIVERY,
            ("Bo",),
            (kw.HappenedSince("reply", "Bo", False, NOW), kw.HappenedSince("note", "Ada", True, NOW)),
        ),
        _staff("/staff/inbox/cases/c1/news", ""),
    ),
    Sample(
        "staff-case-news-sent",
        "staff/case_news.html",
        kw.CaseNews("/c1", delivery_views.Delivery("c1"), sent=True),
        _staff("/staff/inbox/cases/c1/news", ""),
    ),
    Sample(
        "staff-design",
        "staff/design.html",
        design.sample(translator("en"), NOW),
        _staff("/staff/design", "demo"),
    ),
    Sample(
        "signin-staff",
        "signin/staff.html",
        signin_views.StaffSignIn("ada@example.org", "/staff/inbox", "wrong"),
        _OUT,
    ),
    Sample("signin-welcome", "signin/welcome.html", zv.Welcome("Mina", "t", 12, "password_unfit"), _OUT),
    Sample("access-staff", "staff/access_staff.html", STAFF, _staff("/staff/access/staff", "access")),
    Sample(
        "access-staff-required",
        "staff/access_staff.html",
        replace(STAFF, required=True),
        _staff("/staff/access/staff", "access"),
    ),
    Sample("access-roles", "staff/access_roles.html", ROLE_TABLE, _staff("/staff/access/roles", "access")),
    Sample("access-keys", "staff/access_keys.html", KEYS, _staff("/staff/access/keys", "access")),
    Sample("access-company", "staff/access_company.html", COMPANY, _staff("/staff/access/company", "access")),
    Sample(
        "access-no-company",
        "staff/access_company.html",
        replace(COMPANY, issuer="", drop_key=""),
        _staff("/staff/access/company", "access"),
    ),
    Sample("access-handoff", "staff/access_handoff.html", HANDOFF, _staff("/staff/access/handoff", "access")),
    Sample(
        "access-no-keys",
        "staff/access_keys.html",
        xv.KeyList((), (), "k"),
        _staff("/staff/access/keys", "access"),
    ),
    Sample("signin-code", "signin/code.html", zv.CodeStep("/staff", "code_wrong"), _OUT),
    Sample("signin-enrol", "signin/enrol.html", ENROL, _OUT),
    Sample(
        "signin-enrol-required",
        "signin/enrol.html",
        replace(ENROL, required=True, problem="password_wrong"),
        _OUT,
    ),
    Sample("recovery-codes", "signin/recovery_codes.html", zv.RecoveryCodes(("AAAA-BBBB",), "/staff"), _OUT),
    Sample(
        "portal-sessions",
        "portal/sessions.html",
        zv.PortalSessions(SESSIONS),
        _portal("/portal/sessions", ""),
    ),
    Sample("staff-account", "staff/account.html", ACCOUNT, _staff("/staff/account", "")),
    Sample(
        "staff-account-secured",
        "staff/account.html",
        replace(ACCOUNT, second_factor=True, problem="password_wrong", problem_of="off"),
        _staff("/staff/account", ""),
    ),
    Sample("signin-customer", "signin/customer.html", signin_views.CustomerSignIn(), _OUT),
    Sample(
        "signin-sent", "signin/sent.html", signin_views.LinkSent("mei@example.org", 15, "/staff/mails"), _OUT
    ),
    Sample(
        "signin-confirm",
        "signin/confirm.html",
        signin_views.LinkConfirm("/portal/sign-in/confirm", "token-1"),
        _OUT,
    ),
    Sample(
        "signin-confirm-other",
        "signin/confirm.html",
        signin_views.LinkConfirm("/portal/sign-in/confirm", "token-1", HOSTILE, "Mei Lin"),
        _OUT,
    ),
    Sample(
        "signin-handoff",
        "signin/handoff.html",
        signin_views.HandoffConfirm("/portal/sign-in/shop", "token-1", "/portal", HOSTILE, "Harbour & Home"),
        _OUT,
    ),
    Sample(
        "signin-handoff-other",
        "signin/handoff.html",
        signin_views.HandoffConfirm(
            "/portal/sign-in/shop", "token-1", "/portal", "Bea", "Harbour & Home", HOSTILE
        ),
        _OUT,
    ),
    Sample(
        "staff-dashboards", "staff/dashboards.html", DASHBOARDS, _staff("/staff/studio/dashboards", "studio")
    ),
    Sample(
        "staff-dashboard-rows",
        "staff/dashboard_rows.html",
        DASHBOARD_ROWS,
        _staff("/staff/studio/dashboards/rows", "studio"),
    ),
    Sample(
        "staff-backoffice", "staff/backoffice.html", BACK_OFFICE, _staff("/staff/backoffice", "backoffice")
    ),
    Sample(
        "staff-backoffice-table",
        "staff/backoffice_table.html",
        PLAIN_TABLE,
        _staff("/staff/backoffice/stores", "backoffice"),
    ),
    Sample(
        "staff-backoffice-row",
        "staff/backoffice_row.html",
        PLAIN_ROW,
        _staff("/staff/backoffice/stores/s1", "backoffice"),
    ),
    Sample("staff-goals", "staff/goal_board.html", GOAL_BOARD, _staff("/staff/studio/goals", "studio")),
    Sample("staff-segments", "staff/segments.html", SEGMENTS, _staff("/staff/studio/segments", "studio")),
    Sample("staff-segment", "staff/segment.html", SEGMENT, _staff("/staff/studio/segments/vip", "studio")),
    Sample(
        "staff-segment-look",
        "staff/segment_look.html",
        _LOOK,
        _staff("/staff/studio/segments/look", "studio"),
    ),
    Sample("portal-home", "portal/home.html", HOME, _portal("/portal", "home")),
    Sample(
        "portal-home-empty",
        "portal/home.html",
        portal_views.PortalHome("", 0, 0, None),
        _portal("/portal", "home"),
    ),
    Sample(
        "portal-join",
        "portal/join.html",
        portal_views.PortalJoin("Mei Lin", "1 point for every €1.00 spent", 30, "k-join"),
        _portal("/portal", "home"),
    ),
    Sample(
        "portal-join-nothing", "portal/join.html", portal_views.PortalJoin(""), _portal("/portal", "home")
    ),
    Sample(
        "portal-activity",
        "portal/activity.html",
        portal_views.PortalActivity(1240, 240, "", LINES, "?after=e1", "?"),
        _portal("/portal/activity", "activity"),
    ),
    Sample(
        "portal-activity-credit",
        "portal/activity.html",
        portal_views.PortalActivity(
            1250,
            0,
            "EUR",
            (replace(LINES[0], kind="credit", currency="EUR"),),
            show="earned",
            shows=("all", "earned"),
            show_href="/portal/activity?wallet=store_credit&show=",
            wallets=(("Points", "/portal/activity", False), (HOSTILE, "/portal/activity?wallet=x", True)),
            points_debt=500,
        ),
        _portal("/portal/activity", "activity"),
    ),
    Sample(
        "portal-activity-empty",
        "portal/activity.html",
        portal_views.PortalActivity(0, 0),
        _portal("/portal/activity", "activity"),
    ),
    Sample(
        "portal-entry-credit",
        "portal/entry.html",
        replace(ENTRY, line=replace(LINES[4], kind="credit", currency="EUR")),
        _portal("/portal/activity/e1", "activity"),
    ),
    Sample("portal-entry", "portal/entry.html", ENTRY, _portal("/portal/activity/e1", "activity")),
    Sample(
        "portal-rewards",
        "portal/rewards.html",
        portal_views.PortalRewards(1240, REWARDS, (VOUCHER,)),
        _portal("/portal/rewards", "rewards"),
    ),
    Sample(
        "portal-rewards-empty",
        "portal/rewards.html",
        portal_views.PortalRewards(0),
        _portal("/portal/rewards", "rewards"),
    ),
    Sample("portal-voucher", "portal/voucher.html", VOUCHER, _portal("/portal/vouchers/v1", "rewards")),
    Sample(
        "portal-reviews",
        "portal/reviews.html",
        portal_review_views.PortalReviews(REVIEWS, waiting=TO_REVIEW),
        _portal("/portal/reviews", "reviews"),
    ),
    Sample(
        "portal-reviews-empty",
        "portal/reviews.html",
        portal_review_views.PortalReviews(),
        _portal("/portal/reviews", "reviews"),
    ),
    Sample(
        "portal-review-form",
        "portal/review_form.html",
        REVIEW_FORM,
        _portal("/portal/reviews/write", "reviews"),
    ),
    Sample(
        "portal-review-edit",
        "portal/review_form.html",
        EDIT_FORM,
        _portal("/portal/reviews/r3/edit", "reviews"),
    ),
    Sample(
        "portal-case",
        "portal/case.html",
        portal_review_views.PortalCase(
            CASE, REVIEWS[0], portal_review_views.CaseThread("c1", MESSAGES), "k-answer", steps=CASE_STEPS
        ),
        _portal("/portal/cases/c1", "reviews"),
    ),
    Sample(
        "portal-thread",
        "portal/thread.html",
        portal_review_views.CaseThread("c1", MESSAGES),
        _portal("/portal/cases/c1", ""),
    ),
    Sample("portal-chat", "portal/chat.html", CHAT, _portal("/portal/chat", "help")),
    Sample(
        "portal-chat-refused",
        "portal/chat.html",
        av.PortalChat((), "k-ask", "k-person", 500, 4000, (), HOSTILE, HOSTILE, HOSTILE, HOSTILE),
        _portal("/portal/chat", "help"),
    ),
    Sample("review-invited", "portal/review_form.html", INVITED, _VISITOR),
    Sample("review-thanks", "portal/review_thanks.html", ev.Thanks("Harbour & Home", TO_REVIEW), _VISITOR),
    Sample("review-thanks-alone", "portal/review_thanks.html", ev.Thanks("Harbour & Home"), _VISITOR),
    *(
        Sample(
            f"review-unsubscribe-{state}",
            "portal/unsubscribe.html",
            ev.Unsubscribe("/messages/unsubscribe?token=t", "k-end", "Harbour & Home", "reviews", state),
            _VISITOR,
        )
        for state in ("", "out", "in")
    ),
    Sample(
        "survey-question",
        "portal/survey.html",
        yv.SurveyPage(
            "Harbour & Home",
            "csat",
            "/surveys/answer?token=t&q=csat",
            1,
            3,
            "k",
            (1, 2, 3, 4, 5),
            4,
            problem="Choose",
        ),
        _VISITOR,
    ),
    Sample(
        "survey-text",
        "portal/survey.html",
        yv.SurveyPage("Harbour & Home", "text", "/surveys/answer?token=t&q=text", 3, 3, "k", text="All good"),
        _VISITOR,
    ),
    Sample(
        "survey-done",
        "portal/survey.html",
        yv.SurveyPage("Harbour & Home", "done", "", 0, 3, "", again_href="/surveys/answer?token=t&q=csat"),
        _VISITOR,
    ),
    Sample("review-link-ended", "portal/review_link_ended.html", ev.LinkEnded(), _OUT),
    Sample(
        "staff-moderation-requests",
        "staff/moderation_requests.html",
        REQUESTS,
        _staff("/staff/moderation/requests", "moderation"),
    ),
    Sample(
        "staff-moderation",
        "staff/moderation.html",
        ev.Moderation(3, (HELD,), REASONS, next_href="/staff/moderation?after=x"),
        _staff("/staff/moderation", "moderation"),
    ),
    Sample(
        "staff-moderation-empty",
        "staff/moderation.html",
        ev.Moderation(0, marketplace=True),
        _staff("/staff/moderation", "moderation"),
    ),
    Sample(
        "staff-moderation-decided",
        "staff/moderation_decisions.html",
        ev.Decisions(3, DECIDED),
        _staff("/staff/moderation/decided", "moderation"),
    ),
    Sample(
        "staff-moderation-nothing-decided",
        "staff/moderation_decisions.html",
        ev.Decisions(3),
        _staff("/staff/moderation/decided", "moderation"),
    ),
    Sample(
        "staff-moderation-review",
        "staff/moderation_review.html",
        ev.ModeratedReview(3, HELD, "hidden", 4, True, STEPS, REASONS, problem="It was written anew."),
        _staff("/staff/moderation/reviews/h1", "moderation"),
    ),
    Sample(
        "staff-moderation-review-of-a-source",
        "staff/moderation_review.html",
        ev.ModeratedReview(3, HELD, "held", None, False, (), REASONS, marketplace=True),
        _staff("/staff/moderation/reviews/h1", "moderation"),
    ),
    Sample(
        "staff-moderation-settings",
        "staff/moderation_settings.html",
        REVIEW_SETTINGS,
        _staff("/staff/moderation/settings", "moderation"),
    ),
    Sample("staff-inbox", "staff/inbox.html", INBOX, _staff("/staff/inbox", "inbox")),
    Sample("staff-inbox-empty", "staff/inbox.html", inbox_views.Inbox(TABS), _staff("/staff/inbox", "inbox")),
    Sample(
        "staff-scoring",
        "staff/scoring.html",
        inbox_views.Scoring(10, 10, "/staff/inbox/scoring"),
        _staff("/staff/inbox", "inbox"),
    ),
    Sample("staff-models", "staff/models.html", MODELS, _staff("/staff/inbox/models", "inbox")),
    Sample(
        "staff-models-none", "staff/models.html", model_views.Models(), _staff("/staff/inbox/models", "inbox")
    ),
    Sample("staff-trends", "staff/trends.html", TRENDS, _staff("/staff/inbox/trends", "inbox")),
    Sample(
        "staff-trends-none",
        "staff/trends.html",
        trend_views.Trends(7, 56),
        _staff("/staff/inbox/trends", "inbox"),
    ),
    Sample("staff-case", "staff/case.html", STAFF_CASE, _staff("/staff/inbox/cases/c1", "inbox")),
    Sample(
        "staff-case-settings",
        "staff/case_settings.html",
        CASE_SETTINGS,
        _staff("/staff/inbox/settings/remedies", "inbox"),
    ),
    Sample("staff-mails-in", "staff/mails_in.html", MAILS_IN, _staff("/staff/inbox/mail", "inbox")),
    Sample(
        "staff-mails-in-none",
        "staff/mails_in.html",
        ca.MailsIn("refused", ("parked", "refused"), 0, (), HOSTILE),
        _staff("/staff/inbox/mail?view=refused", "inbox"),
    ),
    Sample("staff-reports", "staff/reports.html", REPORTS, _staff("/staff/inbox/reports", "inbox")),
    Sample("staff-knowledge", "staff/knowledge.html", KNOWLEDGE, _staff("/staff/inbox/x", "inbox")),
    Sample("staff-article", "staff/knowledge_article.html", ARTICLE, _staff("/staff/inbox/x", "inbox")),
    Sample(
        "portal-help",
        "portal/help.html",
        kv.PortalHelp(HOSTILE, FOUND_ARTICLES),
        _portal("/portal/help", "help"),
    ),
    Sample("portal-help-none", "portal/help.html", kv.PortalHelp("", ()), _portal("/portal/help", "help")),
    Sample(
        "portal-article",
        "portal/help_article.html",
        kv.PortalArticle("returns", 2, HELP_TEXT, "k-helpful", False),
        _portal("/portal/help/returns", "help"),
    ),
    Sample("staff-patrol", "staff/patrol.html", PATROL, _staff("/staff/inbox/patrol", "inbox")),
    Sample("staff-case-further", "staff/case.html", FURTHER_CASE, _staff("/staff/inbox/cases/c1", "inbox")),
    Sample("staff-case-troubled", "staff/case.html", TROUBLED_CASE, _staff("/staff/inbox/cases/c1", "inbox")),
    Sample("staff-studio", "staff/studio.html", STUDIO, _staff("/staff/studio", "studio")),
    Sample("portal-friends", "portal/friends.html", FRIENDS, _portal("/portal/friends", "home")),
    Sample(
        "portal-no-link",
        "portal/friends.html",
        fv.PortalFriends("", "", 60, 14, 3000, "EUR", code_key="k"),
        _portal("/portal/friends", "home"),
    ),
    Sample(
        "staff-referrals",
        "staff/referrals.html",
        STAFF_REFERRALS,
        _staff("/staff/studio/referrals", "studio"),
    ),
    Sample("portal-goals", "portal/goals.html", GOALS, _portal("/portal/achievements", "achievements")),
    Sample(
        "portal-no-goals",
        "portal/goals.html",
        gv.PortalGoals(),
        _portal("/portal/achievements", "achievements"),
    ),
    Sample("staff-sources", "staff/sources.html", SOURCES, _staff("/staff/studio/sources", "studio")),
    Sample("staff-source", "staff/sources.html", SOURCE, _staff("/staff/studio/sources/a1", "studio")),
    Sample(
        "staff-sources-empty",
        "staff/sources.html",
        sv.Sources(()),
        _staff("/staff/studio/sources", "studio"),
    ),
    Sample("staff-wallets", "staff/wallets.html", WALLETS, _staff("/staff/studio/wallets", "studio")),
    Sample("staff-wallet", "staff/wallets.html", WALLET, _staff("/staff/studio/wallets/points", "studio")),
    Sample(
        "staff-achievements",
        "staff/achievements.html",
        STAFF_GOALS,
        _staff("/staff/studio/achievements", "studio"),
    ),
    Sample("staff-rules", "staff/rules.html", RULES, _staff("/staff/studio/rules", "studio")),
    Sample(
        "staff-rules-empty",
        "staff/rules.html",
        uv.StudioRules((), False),
        _staff("/staff/studio/rules", "studio"),
    ),
    Sample("staff-rule", "staff/rule.html", RULE, _staff("/staff/studio/rules/double", "studio")),
    Sample(
        "staff-rule-counting",
        "staff/rule.html",
        replace(RULE, figures=None, figures_href="/staff/studio/rules/double/figures"),
        _staff("/staff/studio/rules/double", "studio"),
    ),
    Sample(
        "staff-rule-gave",
        "staff/rule_figures.html",
        uv.RuleGave(uv.RuleFigures(90, 12, 7, 340), would=False),
        _staff("/staff/studio/rules/double/figures", "studio"),
    ),
    Sample(
        "staff-rule-new",
        "staff/rule.html",
        uv.StudioRule("", "", form=RULE_FORM),
        _staff("/staff/studio/rules/new", "studio"),
    ),
    Sample(
        "staff-rule-wrong",
        "staff/rule.html",
        uv.StudioRule("", "", form=RULE_FORM_WRONG),
        _staff("/staff/studio/rules/new", "studio"),
    ),
    Sample("staff-changes", "staff/changes.html", CHANGES, _staff("/staff/studio/changes", "studio")),
    Sample(
        "staff-changes-none",
        "staff/changes.html",
        hv.Changes((), (), False),
        _staff("/staff/studio/changes", "studio"),
    ),
    Sample("staff-change", "staff/change.html", CHANGE, _staff("/staff/studio/changes/c1", "studio")),
    Sample(
        "staff-change-read", "staff/change.html", CHANGE_READ, _staff("/staff/studio/changes/c1", "studio")
    ),
    Sample(
        "staff-tiers-compare", "staff/tier_compare.html", COMPARISON, _staff("/staff/studio/tiers", "studio")
    ),
    Sample(
        "staff-tiers-compare-none",
        "staff/tier_compare.html",
        hv.Comparison("main", "Tiers", (hv.DraftColumn("Live", "", ""),), ()),
        _staff("/staff/studio/tiers", "studio"),
    ),
    Sample("staff-simulator", "staff/simulator.html", SIMULATOR, _staff("/staff/studio/simulator", "studio")),
    Sample(
        "staff-simulator-none",
        "staff/simulator.html",
        SIMULATOR_EMPTY,
        _staff("/staff/studio/simulator", "studio"),
    ),
    Sample("staff-backtest", "staff/backtest.html", BACKTEST, _staff("/staff/studio/simulator/b", "studio")),
    Sample(
        "staff-backtest-other",
        "staff/backtest.html",
        BACKTEST_OTHER,
        _staff("/staff/studio/simulator/b", "studio"),
    ),
    Sample(
        "staff-backtest-runs",
        "staff/backtest.html",
        BACKTEST_RUNS,
        _staff("/staff/studio/simulator/b", "studio"),
    ),
    Sample(
        "staff-backtest-progress",
        "staff/backtest_progress.html",
        BACKTEST_RUNS,
        _staff("/staff/studio/simulator/b", "studio"),
    ),
    Sample("staff-campaigns", "staff/campaigns.html", CAMPAIGNS, _staff("/staff/studio/campaigns", "studio")),
    Sample(
        "staff-campaign-new",
        "staff/campaigns.html",
        uv.StudioCampaigns((), True, RULE_FORM),
        _staff("/staff/studio/campaigns/new", "studio"),
    ),
    Sample("staff-rewards", "staff/rewards.html", STUDIO_REWARDS, _staff("/staff/studio/rewards", "studio")),
    Sample(
        "staff-rewards-to-look-at",
        "staff/rewards.html",
        rv.StudioRewards((), (), ()),
        _staff("/staff/studio/rewards", "studio"),
    ),
    Sample("staff-reward", "staff/reward.html", STUDIO_REWARD, _staff("/staff/studio/rewards/x", "studio")),
    Sample(
        "staff-reward-new",
        "staff/reward.html",
        rv.StudioRewardPage(None, rv.RewardForm("/staff/studio/rewards/new", "k", REWARD_GROUPS, "product")),
        _staff("/staff/studio/rewards/new", "studio"),
    ),
    Sample("staff-members", "staff/members.html", MEMBERS, _staff("/staff/studio/members", "studio")),
    Sample(
        "staff-nobody", "staff/members.html", lv.MemberSearch("x"), _staff("/staff/studio/members", "studio")
    ),
    Sample(
        "staff-search", "staff/members.html", lv.MemberSearch(""), _staff("/staff/studio/members", "studio")
    ),
    Sample("staff-member", "staff/member.html", STAFF_MEMBER, _staff("/staff/studio/members/m1", "studio")),
    Sample(
        "staff-entry", "staff/member_entry.html", STAFF_ENTRY, _staff("/staff/studio/members/m1", "studio")
    ),
    Sample(
        "staff-adjustments",
        "staff/adjustments.html",
        ADJUSTMENTS,
        _staff("/staff/studio/adjustments", "studio"),
    ),
    Sample("staff-imports", "staff/imports.html", IMPORTS, _staff("/staff/studio/imports", "studio")),
    Sample(
        "staff-imports-look", "staff/imports.html", iv.Imports(()), _staff("/staff/studio/imports", "studio")
    ),
    Sample("staff-openings", "staff/openings.html", OPENINGS, _staff("/staff/studio/openings", "studio")),
    Sample(
        "staff-openings-none",
        "staff/openings.html",
        ow.Openings(()),
        _staff("/staff/studio/openings", "studio"),
    ),
    Sample("staff-opening", "staff/opening.html", OPENING, _staff("/staff/studio/openings/o1", "studio")),
    Sample(
        "staff-opening-done",
        "staff/opening.html",
        ow.Opening(_OPENING, False),
        _staff("/staff/studio/openings/o2", "studio"),
    ),
    Sample("staff-import", "staff/import.html", IMPORT, _staff("/staff/studio/imports/i1", "studio")),
    Sample(
        "staff-import-failed",
        "staff/import.html",
        IMPORT_FAILED,
        _staff("/staff/studio/imports/i2", "studio"),
    ),
    Sample(
        "staff-import-progress",
        "staff/import_progress.html",
        IMPORTING,
        _staff("/staff/studio/imports/i1", "studio"),
    ),
    Sample("staff-liability", "staff/liability.html", LIABILITY, _staff("/staff/studio/liability", "studio")),
    Sample("staff-tiers", "staff/tier_draft.html", DRAFT, _staff("/staff/studio/tiers", "studio")),
    Sample(
        "staff-tiers-stale", "staff/tier_draft.html", STALE_DRAFT, _staff("/staff/studio/tiers", "studio")
    ),
    Sample(
        "staff-tiers-wrong", "staff/tier_draft.html", WRONG_DRAFT, _staff("/staff/studio/tiers", "studio")
    ),
    Sample(
        "staff-tier-member",
        "staff/tier_member.html",
        TIER_MEMBER,
        _staff("/staff/studio/tiers/members", "studio"),
    ),
    Sample(
        "staff-tier-member-unknown",
        "staff/tier_member.html",
        t.TierMember("c-9", "/staff/studio/tiers/members", unknown=True),
        _staff("/staff/studio/tiers/members", "studio"),
    ),
    Sample(
        "staff-begun-before", "staff/tier_preview.html", BEGUN_BEFORE, _staff("/staff/studio/tiers", "studio")
    ),
    Sample("staff-looked-up", "staff/tier_preview.html", LOOKED_UP, _staff("/staff/studio/tiers", "studio")),
    Sample("staff-tier-preview", "staff/tier_preview.html", DRAFT, _staff("/staff/studio/tiers", "studio")),
    Sample("staff-pages", "staff/pages.html", None, _staff("/staff/pages", "")),
    Sample(
        "staff-mails", "staff/mails.html", operations_views.Mails(MAIL_ROWS), _staff("/staff/mails", "mails")
    ),
    Sample(
        "staff-mail",
        "staff/mails.html",
        operations_views.Mails(MAIL_ROWS, MAIL),
        _staff("/staff/mails/m1", "mails"),
    ),
    Sample(
        "staff-mails-empty", "staff/mails.html", operations_views.Mails(), _staff("/staff/mails", "mails")
    ),
    Sample("staff-messages", "staff/messages.html", MESSAGE_LOG, _staff("/staff/messages", "mails")),
    Sample(
        "staff-messages-empty",
        "staff/messages.html",
        mv.MessageLog((), MESSAGE_LOG.states),
        _staff("/staff/messages", "mails"),
    ),
    Sample(
        "staff-message-settings",
        "staff/message_settings.html",
        mv.MessageSettings(CASE_SETTINGS.forms, "whsec_sample"),
        _staff("/staff/messages/settings", "mails"),
    ),
    Sample("api-reference", "public/api_reference.html", None, _OUT),
    Sample("staff-webhooks", "staff/webhooks.html", WEBHOOKS, _staff("/staff/webhooks", "webhooks")),
    Sample(
        "staff-webhooks-empty",
        "staff/webhooks.html",
        replace(WEBHOOKS, endpoints=(), rows=()),
        _staff("/staff/webhooks", "webhooks"),
    ),
    Sample(
        "staff-webhook-endpoint",
        "staff/webhook_endpoint.html",
        ENDPOINT_PAGE,
        _staff("/staff/webhooks/e1", "webhooks"),
    ),
    Sample(
        "staff-webhook-new",
        "staff/webhook_endpoint.html",
        hk.EndpointPage(WEBHOOK_FORM),
        _staff("/staff/webhooks/new", "webhooks"),
    ),
    Sample(
        "staff-webhook-delivery",
        "staff/webhook_delivery.html",
        WEBHOOK_DELIVERY,
        _staff("/staff/webhooks/deliveries/d1", "webhooks"),
    ),
    Sample("portal-messages", "portal/messages.html", CHOICES, _portal("/portal/messages", "")),
    Sample("portal-profile", "portal/profile.html", PROFILE, _portal("/portal/profile", "")),
    Sample(
        "portal-profile-refused",
        "portal/profile.html",
        replace(PROFILE, exports=(), problem="That is not it.", profile_problem="There is no such day."),
        _portal("/portal/profile", ""),
    ),
    Sample("portal-erased", "portal/erased.html", nv.Erased(), _OUT),
    Sample("staff-people", "staff/people.html", PEOPLE, _staff("/staff/people", "people")),
    Sample("staff-people-none", "staff/people.html", nv.People("c-9"), _staff("/staff/people", "people")),
    Sample("staff-audit", "staff/audit.html", AUDIT, _staff("/staff/audit", "audit")),
    Sample(
        "staff-audit-empty",
        "staff/audit.html",
        replace(AUDIT, rows=(), next_href=""),
        _staff("/staff/audit", "audit"),
    ),
    Sample("staff-demo", "staff/demo.html", DEMO, _staff("/staff/demo", "demo")),
    Sample("staff-parked", "staff/parked.html", PARKED, _staff("/staff/parked", "parked")),
    Sample(
        "staff-parked-empty",
        "staff/parked.html",
        operations_views.Parked(),
        _staff("/staff/parked", "parked"),
    ),
    Sample("compliance", "staff/compliance.html", COMPLIANCE, _staff("/staff/studio/compliance", "studio")),
    Sample(
        "compliance-empty",
        "staff/compliance.html",
        replace(COMPLIANCE, rows=(), reasons=(), skipped=(), asked=cv.Figure(0)),
        _staff("/staff/studio/compliance", "studio"),
    ),
    *(
        Sample(
            f"compliance-rows-{n}",
            "staff/compliance_rows.html",
            each,
            _staff("/staff/studio/compliance/reviews", "studio"),
        )
        for n, each in enumerate((COUNTED, UNASKED, cv.ComplianceRows("all", "/staff/studio/compliance")))
    ),
    Sample("review-search", "staff/review_search.html", SEARCH, _staff("/staff/inbox/search", "inbox")),
    Sample(
        "review-search-none",
        "staff/review_search.html",
        pv.ReviewSearch("x", by="meaning", stars="3", asked=True),
        _staff("/staff/inbox/search", "inbox"),
    ),
    Sample(
        "review-search-wrong",
        "staff/review_search.html",
        pv.ReviewSearch("-x", problem="Write at least one word that is to be found."),
        _staff("/staff/inbox/search", "inbox"),
    ),
    Sample("review-policy", "public/review_policy.html", POLICY, _OUT),
    Sample("review-policy-old", "public/review_policy.html", replace(POLICY, current=False), _OUT),
    Sample("storefront", "public/storefront.html", pv.Storefront("Harbour & Home", STORE_PRODUCTS), _OUT),
    Sample("storefront-empty", "public/storefront.html", pv.Storefront("Harbour & Home", ()), _OUT),
    Sample("store-page", "public/store_page.html", STORE_PAGE, _OUT),
    Sample("reviews-page", "public/reviews.html", REVIEWS_PAGE, _OUT),
    Sample(
        "reviews-page-empty",
        "public/reviews.html",
        replace(REVIEWS_PAGE, mean=None, count=0, reviews=(), first_href="", next_href=""),
        _OUT,
    ),
    Sample("error", "error.html", views.Problem(404, "not_found", "0198-sample"), _OUT),
    Sample(
        "error-told",
        "error.html",
        views.Problem(409, "tier_preview_stale", "0198-sample", "Stale", "Look again."),
        _OUT,
    ),
)
