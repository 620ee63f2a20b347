"""From a file that was sent to what its page shows, and from its forms to what is said about it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast, get_args

from admin.studio.refusals import in_words
from core.design import import_views as views
from core.design.reward_views import FormField
from core.design.words import word
from core.errors import DomainError, Kind
from core.files.encodings import Encoding
from core.files.errors import RowRejected
from core.i18n import Locale, Translator, mark, translator
from core.ids import new_id
from reviews.files.detection import AUTO
from reviews.files.formats import FORMATS
from reviews.files.formats.form import DateOrder
from reviews.files.rules import NOTHING_SAID, Choices, scale_of
from reviews.files.uploads import UPLOAD_LIMIT_BYTES, Findings, Sent

COUNTS = ("new", "changed", "late", "facts", "unchanged", "removed", "returned", "rejected")
FIELDS = (
    *("external_id", "written_at", "edited_at", "rating", "scale_min", "scale_max", "title", "body", "lang"),
    *("author", "email", "customer", "product_sku", "product_name", "order", "store", "photo_urls"),
    *("published", "hidden", "solicited", "incentivised", "reply", "replied_at", "kind"),
)
"""Those that people choose a column for."""
_MOVING = ("checking", "running")
_CHANGEABLE = ("checking", "checked", "failed")
_ORDERS: Mapping[str, str] = {
    "": mark("As written; ambiguous dates are rejected"),
    "dmy": mark("Day, month, year"),
    "mdy": mark("Month, day, year"),
    "ymd": mark("Year, month, day"),
}


class ChoicesInvalid(DomainError):
    """What the form says about a file cannot be; the detail says why."""

    code = "review_choices_invalid"
    kind = Kind.INVALID
    title = "This cannot be said about a file"


@dataclass(frozen=True)
class About:
    """What a form says about a file."""

    format: str
    encoding: str
    date_order: DateOrder | None
    scale: tuple[Decimal, Decimal] | None
    mentions: bool

    def choices(self, columns: dict[str, str]) -> Choices:
        """The same for the import."""
        return Choices(columns=columns, date_order=self.date_order, scale=self.scale, mentions=self.mentions)


def about(posted: Mapping[str, Any]) -> About:
    """Read the fields of _about(). Raises ChoicesInvalid."""
    scale = str(posted.get("scale", "")).strip()
    order, encoding = str(posted.get("date_order", "")), str(posted.get("encoding", ""))
    if order not in _ORDERS or encoding not in ("", *get_args(Encoding)):
        raise ChoicesInvalid("a select was posted with something that it does not offer")
    try:
        on = scale_of(scale) if scale else None
    except ValueError as error:
        raise ChoicesInvalid(str(error)) from error
    return About(
        format=str(posted.get("format", "")) or AUTO,
        encoding=encoding,
        date_order=cast("DateOrder | None", order or None),
        scale=on,
        mentions=posted.get("mentions") == "on",
    )


def columns(posted: Mapping[str, Any]) -> dict[str, str]:
    """Column by field, as the mapping's selects say; '' for none."""
    return {field: str(posted[f"map_{field}"]) for field in FIELDS if f"map_{field}" in posted}


def listed(found: Sequence[Sent], path: str, may: bool, locale: Locale, problem: str) -> views.Imports:
    """The list, with the form that sends a file."""
    words = translator(locale)
    return views.Imports(
        lines=tuple(
            views.ImportLine(
                href=f"{path}/{each.run.id}" if each.run.staff_id else "",
                file_name=each.run.file_name,
                state=each.run.state,
                by=each.by,
                created_at=cast("Any", each.run.created_at),
                rows=each.run.rows,
                new=each.run.counts["new"],
                rejected=each.run.counts["rejected"],
            )
            for each in found
        ),
        fields=_about(words, AUTO, "", NOTHING_SAID) if may else (),
        key=str(new_id()) if may else "",
        limit_mb=UPLOAD_LIMIT_BYTES >> 20,
        problem=problem,
    )


def page(
    sent: Sent, rejected: Sequence[RowRejected], href: str, may: bool, locale: Locale
) -> views.ImportPage:
    """One file."""
    run, found, words = sent.run, sent.findings, translator(locale)
    changes = may and run.state in _CHANGEABLE
    return views.ImportPage(
        href=href,
        file_name=run.file_name,
        by=sent.by,
        created_at=cast("Any", run.created_at),
        size_bytes=run.size_bytes,
        format=words.gettext(_format_name(found.format)) if found else "",
        encoding=found.encoding if found else "",
        progress=progress(sent, href),
        failure=in_words(run.failure, locale),
        samples=tuple(_sample(each) for each in found.samples) if found else (),
        rejects=tuple(
            views.ImportReject(each.line, each.column, in_words(each.reason, locale)) for each in rejected
        ),
        rejected=run.counts["rejected"],
        about=_about(words, found.format if found else AUTO, run.encoding, run.choices) if changes else (),
        mapping=_mapping(words, found) if changes and found else (),
        key=str(new_id()) if changes else "",
        can_start=may and run.state == "checked",
    )


def progress(sent: Sent, href: str) -> views.ImportProgress:
    """How far it is."""
    run = sent.run
    return views.ImportProgress(
        state=run.state,
        href=f"{href}/progress" if run.state in _MOVING else "",
        percent=100 * run.bytes_done / run.size_bytes if run.size_bytes else 0.0,
        rows=run.rows,
        counts=tuple((code, run.counts[code]) for code in COUNTS if run.counts[code]),
    )


def _sample(sample: Any) -> views.ImportSample:
    return views.ImportSample(
        sample.written_at, sample.rating, sample.product, sample.author, sample.text, sample.hidden
    )


def _about(words: Translator, format: str, encoding: str, choices: Choices) -> tuple[FormField, ...]:
    text = words.gettext
    low_high = "..".join(str(end) for end in choices.scale) if choices.scale else ""
    formats = [(AUTO, text(mark("Found by itself"))), *((code, text(_format_name(code))) for code in FORMATS)]
    encodings = [("", text(mark("Found by itself"))), *((each, each.upper()) for each in get_args(Encoding))]
    orders = [(code, text(label)) for code, label in _ORDERS.items()]
    return (
        FormField("format", text(mark("Format")), format, "select", options=tuple(formats)),
        FormField(
            "date_order", text(mark("Dates such as 05/03/2024")), choices.date_order or "", "select",
            options=tuple(orders),
        ),
        FormField("encoding", text(mark("Encoding")), encoding, "select", options=tuple(encodings)),
        FormField(
            "scale", text(mark("Scale of ratings")), low_high,
            hint=text(mark("Only if the rows do not say it, such as 0-10. Empty: 1 to 5.")),
        ),
        FormField(
            "mentions", text(mark("These are mentions without ratings: posts, mails, chats")),
            "on" if choices.mentions else "", "check",
        ),
    )  # fmt: skip


def _mapping(words: Translator, found: Findings) -> tuple[FormField, ...]:
    names = [("", words.gettext(mark("No column"))), *((name, name) for name in found.names)]
    return tuple(
        FormField(
            f"map_{field}", word(words, "review_field", field), found.columns.get(field, ""), "select",
            options=tuple(names),
        )
        for field in FIELDS
    )  # fmt: skip


_NAMES = {
    "generic": mark("Any table"),
    "ndjson": "NDJSON",
    "judgeme": "Judge.me",
    "judgeme_import": "Judge.me (import)",
    "loox": "Loox",
    "loox_import": "Loox (import)",
    "shopify": "Shopify Product Reviews",
    "yotpo": "Yotpo",
    "okendo": "Okendo",
    "powerreviews": "PowerReviews",
    "meta": "Meta",
    "google_product": "Google product reviews",
    "google_merchant": "Google merchant reviews",
    "trustpilot": "Trustpilot",
    "google_business": "Google Business Profile",
}


def _format_name(code: str) -> str:
    return _NAMES.get(code, code)
