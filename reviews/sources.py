"""Where reviews live, and what a reply to them may be."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Source:
    """`published_here`: our own pages show its reviews, so a reply is public as soon as we say so."""

    code: str
    published_here: bool
    reply_limit_chars: int
    reply_limit_bytes: int = 0
    """In UTF-8, where the source counts so; 0: it does not."""


FIRST_PARTY = "first_party"
"""Written with us: judged by our policy, and the only ones that may earn points."""

OURS = tuple(
    Source(code, published_here=True, reply_limit_chars=4000)
    # Written with us, or moved here from a file.
    for code in (
        *(FIRST_PARTY, "import", "judgeme", "loox", "shopify", "yotpo", "okendo", "powerreviews", "meta"),
        "google_product",
    )
)
GOOGLE = Source("google", published_here=False, reply_limit_chars=4096, reply_limit_bytes=4096)
TRUSTPILOT = Source("trustpilot", published_here=False, reply_limit_chars=4096)
WOOCOMMERCE = Source("woocommerce", published_here=False, reply_limit_chars=65_525, reply_limit_bytes=65_525)
APP_STORE = Source("app_store", published_here=False, reply_limit_chars=5970)

_BY_CODE = {source.code: source for source in (*OURS, GOOGLE, TRUSTPILOT, WOOCOMMERCE, APP_STORE)}


def source_of(code: str) -> Source:
    """A source by its code; one that nothing is known of lives elsewhere, and cannot be replied to yet."""
    return _BY_CODE.get(code) or Source(code, published_here=False, reply_limit_chars=4000)
