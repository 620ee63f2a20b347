"""What the forms of a case carry."""

from typing import Annotated
from uuid import UUID

from msgspec import Meta

from api.forms import KeyedForm

Version = Annotated[int, Meta(ge=0, lt=2**31)]


class PageForm(KeyedForm, forbid_unknown_fields=True, kw_only=True):
    """`within`: the query of the list from which the page of the case was opened."""

    within: str = ""


class CaseForm(PageForm, forbid_unknown_fields=True, kw_only=True):
    """`version`: of the case as the person saw it."""

    version: Version


class TextForm(CaseForm, forbid_unknown_fields=True, kw_only=True):
    """A reply, a message, a note, or what was agreed."""

    text: str = ""

    @property
    def plain(self) -> str:
        """The text with the line ends of our own; browsers send two characters for each."""
        return self.text.replace("\r\n", "\n")


class MessageForm(TextForm, forbid_unknown_fields=True, kw_only=True):
    """What goes out.

    `confirmed`: the person has looked at a questionable wording. `template`: the one chosen in the picker,
    which sends nothing.
    """

    confirmed: str = ""
    template: str = ""


class ReplyForm(MessageForm, forbid_unknown_fields=True, kw_only=True):
    """Which review of the case is answered; None: the one that opened it."""

    review: UUID | None = None


class GoodwillForm(CaseForm, forbid_unknown_fields=True, kw_only=True):
    """Points as they were typed, and what the customer reads with them."""

    points: str = ""
    reason: str = ""


class AssignForm(CaseForm, forbid_unknown_fields=True, kw_only=True):
    """Whom the case goes to; empty: to whoever posts it."""

    staff_id: str = ""


class TriageForm(CaseForm, forbid_unknown_fields=True, kw_only=True):
    """Which team the case goes to."""

    team_id: str


class TagForm(PageForm, forbid_unknown_fields=True, kw_only=True):
    """A tag as it was typed, or as it stands on the case."""

    tag: str = ""


class CorrectForm(PageForm, forbid_unknown_fields=True, kw_only=True):
    """What the text says to a person: a sentiment, stars or nothing; of each aspect a polarity or nothing."""

    sentiment: str = ""
    stars: str = ""
    quality: str = ""
    price: str = ""
    shipping: str = ""
    service: str = ""
    packaging: str = ""
    accuracy: str = ""
    usability: str = ""
    design: str = ""


class UndoForm(PageForm, forbid_unknown_fields=True, kw_only=True):
    """Which message is taken back, or sent again."""

    message: UUID
