"""What can be found."""

from typing import Literal, NamedTuple

Kind = Literal["lost", "doubled", "wrong", "stuck"]


class Finding(NamedTuple):
    """One thing that is not as it should be.

    lost: it was acknowledged and is not there; doubled: it is there more than once, or nobody asked for it;
    wrong: a sum, a state or a time differs from what the journal gives; stuck: work that nobody does.
    """

    kind: Kind
    what: str
    subject: str
