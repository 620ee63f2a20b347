"""The form of a review, for customers who are signed in and who were invited: what it shows and posts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from litestar import Request
from litestar.datastructures import UploadFile

from core.design import review_views as views
from core.errors import DomainError
from core.i18n import Locale, in_language, mark, translator
from core.ids import new_id
from reviews.attributes import Attribute
from reviews.photos.pixels import BYTES_LIMIT, PhotoRefused
from reviews.photos.service import PHOTO_LIMIT, Photo, TooManyPhotos
from reviews.writing.model import BODY_LIMIT_CHARS, Draft, Subject
from reviews.writing.service import DraftUnfit, ReviewChanged, ReviewExists

BODY_LIMIT_BYTES = PHOTO_LIMIT * BYTES_LIMIT + 1024 * 1024

_UNFIT = {
    "stars": mark("Please choose how many stars you give."),
    "attributes": mark("Please choose 1 to 5 stars, or none."),
    "title": mark("The title is too long."),
    "body": mark("The text is too long."),
    "author": mark("The name is too long."),
}
_REFUSED = {
    "too_large": mark("A picture may have at most %(num)s MB. Please choose your pictures again."),
    "not_an_image": mark("A file is no JPEG, PNG or WebP picture. Please choose your pictures again."),
    "too_many_pixels": mark("A picture has too many pixels. Please choose your pictures again."),
}


_MEANWHILE = {
    ReviewExists.code: mark(
        "You have written about this already. What you typed now was not saved and stands below; new pictures"
        " have to be chosen again."
    ),
    ReviewChanged.code: mark(
        "This review was changed elsewhere after you opened this page. What you typed was not saved and"
        " stands below; new pictures have to be chosen again."
    ),
}


@dataclass(frozen=True)
class Posted:
    """What the form said."""

    key: str
    draft: Draft
    kept: tuple[UUID, ...]
    """The pictures it had and keeps."""
    uploads: tuple[bytes, ...]
    version: int = 0
    """The wording it was opened with; 0: none."""


async def read(request: Request[Any, Any, Any], locale: Locale, asked: Sequence[Attribute]) -> Posted:
    """The posted form; what is missing is empty, and a number that is none is 0."""
    form = await request.form()

    def text(name: str) -> str:
        value = form.get(name, "")
        return value.replace("\r\n", "\n") if isinstance(value, str) else ""

    stars = {each.code: _number(text(f"attribute_{each.code}")) for each in asked}
    uploads = [each for each in form.getall("photos", []) if isinstance(each, UploadFile)]
    read_bytes = [await each.read() for each in uploads]
    return Posted(
        key=text("idempotency_key") or str(new_id()),
        draft=Draft(
            stars=_number(text("stars")),
            title=text("title"),
            body=text("text"),
            author=text("author"),
            attributes={code: number for code, number in stars.items() if number},
            insider=text("insider") == "1",
        ),
        kept=tuple(_ids(form.getall("kept", []))),
        uploads=tuple(each for each in read_bytes if each),  # a browser sends an empty file for none
        version=_number(text("version")),
    )


def view(
    about: str,
    action: str,
    back_href: str,
    draft: Draft,
    asked: Sequence[Attribute],
    locale: Locale,
    **more: Any,
) -> views.ReviewForm:
    """The form with what was said so far."""
    words = translator(locale)
    return views.ReviewForm(
        about=about,
        action=action,
        key=str(new_id()),
        back_href=back_href,
        stars=views.StarField("stars", words.gettext("Your stars"), draft.stars, required=True),
        attributes=tuple(
            views.StarField(
                f"attribute_{each.code}", in_language(each.name, locale), draft.attributes.get(each.code, 0)
            )
            for each in asked
        ),
        title=draft.title,
        text=draft.body,
        author=draft.author,
        insider=draft.insider,
        picture_limit=PHOTO_LIMIT,
        picture_limit_mb=BYTES_LIMIT // 1024 // 1024,
        text_limit=BODY_LIMIT_CHARS,
        **more,
    )


def pictures(found: Sequence[Photo]) -> tuple[views.Picture, ...]:
    """Pictures with their addresses."""
    return tuple(
        views.Picture(str(each.id), f"/media/reviews/{each.id}", f"/media/reviews/{each.id}/small")
        for each in found
    )


def dropped(found: Sequence[Photo], posted: Posted) -> tuple[str, ...]:
    """Those of the pictures that were unticked; what came after the form was opened it did not know."""
    return tuple(
        str(each.id) for each in found if each.first_version <= posted.version and each.id not in posted.kept
    )


def about(subject: Subject, locale: Locale) -> str:
    """What a review is about, in the reader's language."""
    return (subject.name or subject.sku) if subject.sku else in_language(subject.store_name, locale)


def problem(error: DomainError, locale: Locale) -> str:
    """What to change, in the reader's language; empty: nothing that could be changed on the page."""
    words = translator(locale)
    if isinstance(error, DraftUnfit):
        return words.gettext(_UNFIT[error.field])
    if isinstance(error, PhotoRefused):
        return words.gettext(_REFUSED[error.reason], num=BYTES_LIMIT // 1024 // 1024)
    if isinstance(error, TooManyPhotos):
        return words.gettext("A review has at most %(num)s pictures.", num=PHOTO_LIMIT)
    return words.gettext(_MEANWHILE[error.code]) if error.code in _MEANWHILE else ""


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else 0


def _ids(given: Sequence[Any]) -> list[UUID]:
    found = []
    for each in given:
        try:
            found.append(UUID(str(each)))
        except ValueError:
            continue  # not one of ours: nothing is kept by it
    return found
