"""Google's two feeds of reviews: of products (version 2.4, always complete) and of merchants (5.0).

As documented at developers.google.com/product-review-feeds and /merchant-review-feeds; the columns are
those of the Merchant API, so a table with these columns is read too.
"""

import re
from collections.abc import Iterable, Mapping
from functools import partial
from xml.etree.ElementTree import Element, SubElement
from xml.sax.saxutils import escape

import msgspec

from reviews.files.formats.form import Cells, Field, Fields, Format
from reviews.files.formats.writers import XmlWriter
from reviews.files.outgoing import Outgoing, moment, number, yes

LIMIT_BYTES = 100 * 1000 * 1000

_SOLICITED = {
    "unsolicited": "no",
    "post_fulfillment": "yes",
    "after_fulfillment": "yes",
    "point_of_sale": "yes",
}
_PRODUCT = ("skus", "mpns", "gtins", "asins")
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

COLUMNS: Mapping[Field, tuple[str, ...]] = {
    "external_id": ("review_id",),
    "written_at": ("review_time",),
    "edited_at": ("update_time",),
    "removed_at": ("removed_at",),
    "rating": ("rating",),
    "scale_min": ("min_rating",),
    "scale_max": ("max_rating",),
    "title": ("title",),
    "body": ("content",),
    "lang": ("review_language",),
    "author": ("reviewer_username",),
    "store": ("merchant_id",),
    "product_sku": ("sku",),
    "product_name": ("product_name",),
    "order": ("transaction_id",),
    "photo_urls": ("reviewer_image_links",),
    "hidden": ("is_spam",),
    "solicited": ("collection_method",),
    "incentivised": ("is_incentivized_review",),
}


def adapt(fields: Fields, cells: Cells) -> Fields:
    """How a review was asked for says whether it was; who wants to be anonymous has no name here."""
    adapted = dict(fields)
    if method := fields.get("solicited", "").lower():
        adapted["solicited"] = _SOLICITED.get(method, method)
    if cells.get("reviewer_is_anonymous", "").lower() == "true":
        adapted["author"] = ""
    return adapted


def product_cells(element: Element) -> dict[str, str]:
    """A <review> of the product feed; with the names of the Merchant API."""
    link, rating = element.find("review_url"), element.find("ratings/overall")
    names = {name: _texts(element, f"products/product/product_ids/{name}/{name[:-1]}") for name in _PRODUCT}
    product_names = _texts(element, "products/product/product_name")
    return {
        "review_id": _text(element, "review_id"),
        **_reviewer(element.find("reviewer/name")),
        "reviewer_id": _text(element, "reviewer/reviewer_id"),
        "review_language": _text(element, "review_language"),
        "review_country": _text(element, "review_country"),
        "review_time": _text(element, "review_timestamp"),
        "title": _text(element, "title"),
        "content": _text(element, "content"),
        "pros": _listed(_texts(element, "pros/pro")),
        "cons": _listed(_texts(element, "cons/con")),
        "review_link": "" if link is None else (link.text or "").strip(),
        "review_link_type": "" if link is None else link.get("type", ""),
        "reviewer_image_links": _listed(_texts(element, "reviewer_images/reviewer_image/url")),
        **_rating(rating),
        "sku": next((found[0] for found in names.values() if found), ""),
        "product_name": next(iter(product_names), ""),
        "product_names": _listed(product_names),
        "product_links": _listed(_texts(element, "products/product/product_url")),
        **{name: _listed(found) for name, found in names.items()},
        "brands": _listed(_texts(element, "products/product/product_ids/brands/brand")),
        "is_spam": _text(element, "is_spam"),
        "collection_method": _text(element, "collection_method"),
        "transaction_id": _text(element, "transaction_id"),
        "is_verified_purchase": _text(element, "is_verified_purchase"),
        "is_incentivized_review": _text(element, "is_incentivized_review"),
    }


def merchant_cells(element: Element) -> dict[str, str]:
    """A <review> of the merchant feed."""
    return {
        "review_id": element.get("id", ""),
        "merchant_id": element.get("mid", ""),
        **_reviewer(element.find("reviewer_name")),
        "review_time": _text(element, "create_timestamp"),
        "update_time": _text(element, "last_update_timestamp"),
        "review_country": _text(element, "country_code"),
        "title": _text(element, "title"),
        "content": _text(element, "content"),
        **_rating(element.find("ratings/overall")),
        "customer_service": _text(element, "ratings/customer_service"),
        "collection_method": _text(element, "collection_method"),
    }


def deleted_cells(element: Element) -> dict[str, str]:
    """A <deleted_review>: its id, and when it went."""
    at = _text(element, "last_update_timestamp") or "now"
    return {"review_id": element.get("id") or _text(element, "review_id"), "removed_at": at}


def _reviewer(name: Element | None) -> dict[str, str]:
    if name is None:
        return {"reviewer_username": ""}
    return {"reviewer_username": name.text or "", "reviewer_is_anonymous": name.get("is_anonymous", "")}


def _rating(overall: Element | None) -> dict[str, str]:
    if overall is None:
        return {}
    return {
        "rating": (overall.text or "").strip(),
        "min_rating": overall.get("min", ""),
        "max_rating": overall.get("max", ""),
    }


def _text(element: Element, path: str) -> str:
    return element.findtext(path) or ""


def _texts(element: Element, path: str) -> list[str]:
    return [found.text.strip() for found in element.iterfind(path) if found.text and found.text.strip()]


def _listed(texts: list[str]) -> str:
    return msgspec.json.encode(texts).decode() if texts else ""


def product_element(out: Outgoing) -> Element:
    """A <review> of the product feed, its elements in the order that the schema wants."""
    review, element = out.review, Element("review")
    _add(element, "review_id", review.external_id)
    name = _add(SubElement(element, "reviewer"), "name", review.author or "Anonymous")
    if not review.author:
        name.set("is_anonymous", "true")
    _add(element, "is_verified_purchase", yes(out.verified))
    _add(element, "is_incentivized_review", yes(review.incentivised))
    _add(element, "review_timestamp", moment(review.written_at))
    _add_some(element, "title", review.title)
    _add(element, "content", review.body)
    _add_some(element, "review_language", review.lang)
    _add_some(element, "review_country", str(review.extra.get("review_country", "")))
    for group, each in (("pros", "pro"), ("cons", "con")):
        _add_each(element, group, each, _list(review.extra.get(group)))
    link = _add_some(element, "review_url", str(review.extra.get("review_link", "")))
    if link is not None:
        link.set("type", str(review.extra.get("review_link_type") or "group"))
    if review.photo_urls:
        images = SubElement(element, "reviewer_images")
        for url in review.photo_urls:
            _add(SubElement(images, "reviewer_image"), "url", url)
    _add_rating(element, out)
    _add_product(element, out)
    _add(element, "is_spam", yes(review.hidden))
    if review.solicited is not None:
        _add(element, "collection_method", "post_fulfillment" if review.solicited else "unsolicited")
    _add_some(element, "transaction_id", review.order)
    return element


def merchant_element(out: Outgoing) -> Element:
    """A <review> of the merchant feed."""
    review = out.review
    element = Element("review", {"id": _clean(review.external_id), "mid": _clean(review.store or "1")})
    _add_some(element, "reviewer_name", review.author)
    _add(element, "create_timestamp", moment(review.written_at))
    _add(element, "last_update_timestamp", moment(review.edited_at or review.written_at))
    _add_some(element, "country_code", str(review.extra.get("review_country", "")))
    _add_some(element, "title", review.title)
    _add(element, "content", review.body)
    _add_rating(element, out)
    if review.solicited is not None:
        _add(element, "collection_method", "after_fulfillment" if review.solicited else "unsolicited")
    return element


def _add_rating(element: Element, out: Outgoing) -> None:
    review = out.review
    if review.rating is not None:
        overall = _add(SubElement(element, "ratings"), "overall", number(review.rating))
        overall.set("min", number(review.scale_min))
        overall.set("max", number(review.scale_max))


def _add_product(element: Element, out: Outgoing) -> None:
    review, product = out.review, SubElement(SubElement(element, "products"), "product")
    ids = SubElement(product, "product_ids")
    known = {name: _list(review.extra.get(name)) for name in (*_PRODUCT, "brands")}
    if review.product_sku and not any(review.product_sku in known[name] for name in _PRODUCT):
        known["skus"] = [review.product_sku, *known["skus"]]
    for group in ("gtins", "mpns", "skus", "brands", "asins"):
        _add_each(ids, group, group[:-1], known[group])
    _add_some(product, "product_name", review.product_name)
    for link in _list(review.extra.get("product_links"))[:1]:
        _add(product, "product_url", link)


def _list(listed: object) -> list[str]:
    try:
        found = msgspec.json.decode(str(listed or "[]"))
    except (msgspec.DecodeError, RecursionError):
        return []
    return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []


def _add(element: Element, name: str, text: str) -> Element:
    child = SubElement(element, name)
    child.text = _clean(text)
    return child


def _add_some(element: Element, name: str, text: str) -> Element | None:
    return _add(element, name, text) if text else None


def _add_each(element: Element, group: str, name: str, texts: Iterable[str]) -> None:
    if texts:
        parent = SubElement(element, group)
        for text in texts:
            _add(parent, name, text)


def _clean(text: str) -> str:
    """Without what XML has no way to say."""
    return _NO_XML.sub("", text)


_XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
_PRODUCT_SCHEMA = "http://www.google.com/shopping/reviews/schema/product/2.4/product_reviews.xsd"
PRODUCT_END = "</reviews>\n</feed>"


def product_head(publisher: str) -> str:
    """What the product feed of a publisher begins with."""
    return f"""<feed xmlns:vc="http://www.w3.org/2007/XMLSchema-versioning" {_XSI} \
xsi:noNamespaceSchemaLocation="{_PRODUCT_SCHEMA}">
<version>2.4</version>
<publisher><name>{escape(_clean(publisher))}</name></publisher>
<reviews>"""


_MERCHANT_HEAD = f"""<feed xmlns="http://schemas.google.com/merchant_reviews/5.0" {_XSI} \
xsi:schemaLocation="http://schemas.google.com/merchant_reviews/5.0 \
http://www.gstatic.com/productsearch/static/reviews/5.0/merchant_reviews.xsd">
<reviews>"""

PRODUCT = Format(
    code="google_product",
    source="google_product",
    container="xml",
    columns=COLUMNS,
    marks=("product_reviews",),
    private=frozenset({"reviewer_id", "reviewer_is_anonymous"}),
    adapt=adapt,
    elements={"review": product_cells, "deleted_review": deleted_cells},
    complete=True,
    limit_bytes=LIMIT_BYTES,
    own_only=True,
    writer=partial(XmlWriter, product_element, product_head("Regulars"), PRODUCT_END),
)
MERCHANT = Format(
    code="google_merchant",
    source="google_merchant",
    container="xml",
    columns=COLUMNS,
    marks=("merchant_reviews",),
    private=frozenset({"reviewer_id", "reviewer_is_anonymous"}),
    adapt=adapt,
    elements={"review": merchant_cells, "deleted_review": deleted_cells},
    own_only=True,
    writer=partial(XmlWriter, merchant_element, _MERCHANT_HEAD, "</reviews>\n</feed>"),
)
