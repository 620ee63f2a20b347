"""The hash chain of an account: pure, so that whoever has an export can run it without a database.

    hash = sha256(hash of the posting before it, nothing for the first  ||  content)

docs/decisions/0001-ledger.md describes the content byte by byte.
"""

import hashlib
from collections.abc import Iterable

import msgspec


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """One posting in the chain of its account. `content` is the text that is hashed, hashes are hexadecimal.

    `forgotten`, of a posting whose note went with its member: the hash of the content as it is now.
    """

    seq: int
    content: str
    hash: str
    forgotten: str = ""


def first_broken(links: Iterable[Link]) -> int | None:
    """The `seq` of the first posting that is not what was written, or is missing; None: all are.

    The links are those of one account, from its first posting on, in their order.
    """
    before = b""
    for expected, link in enumerate(links, start=1):
        found = hashlib.sha256(before + link.content.encode()).digest()
        if link.seq != expected or found.hex() != (link.forgotten or link.hash):
            return expected
        before = bytes.fromhex(link.hash)
    return None
