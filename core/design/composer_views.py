"""What staff write with: texts to customers, what can be put into them, goodwill; see views."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Composer:
    """A form that sends a text (field `text`)."""

    idempotency_key: str
    text: str = ""
    """What was typed before a problem."""
    problem: str = ""
    """In the reader's language; the form opens with it."""
    limit_chars: int = 4000
    blocked: str = ""
    """Why it cannot be used now, in the reader's language; empty: it can."""
    limit_bytes: int = 0
    """In UTF-8, where the source counts so; 0: it does not."""
    templates: tuple[tuple[str, str], ...] = ()
    """Code and name of what can be put in."""
    confirm: bool = False
    """The problem is a wording that may be meant: the form asks to confirm it."""


@dataclass(frozen=True)
class Suggestion:
    """Something that can be put into a composer: posts `insert` = `key` with it. `href`: where it is from."""

    key: str
    title: str
    href: str
    text: str
    language: str = ""
    article: bool = False
    """Of the knowledge base; else what was said in another case."""


@dataclass(frozen=True)
class Draft:
    """What a language model wrote, from these sources (title, href); inserted like a suggestion, by `key`."""

    state: str = ""
    """asked, ready or failed; "": nobody has asked yet."""
    key: str = ""
    text: str = ""
    model: str = ""
    sources: tuple[tuple[str, str], ...] = ()
    because: str = ""
    """Why it failed, in the reader's language."""
    asks: bool = False
    """Another one can be asked for: posts to …/draft."""


@dataclass(frozen=True)
class Goodwill:
    """The form that gives points (fields `points`, `reason`)."""

    idempotency_key: str
    limit_points: int
    """What this person may still give on this case; 0: nothing."""
    given_points: int = 0
    """Given on this case so far."""
    points: str = ""
    """What was typed before a problem."""
    reason: str = ""
    problem: str = ""
    blocked: str = ""
    """Why it cannot be used now, in the reader's language; empty: it can."""
