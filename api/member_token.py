"""A signed word of who the visitor of a shop's page is: for an hour, to read with, never to write."""

import base64
import binascii
import hashlib
import hmac
import struct
from datetime import datetime, timedelta
from uuid import UUID

from api.secret import secret_key
from core.errors import DomainError, Kind

VALID = timedelta(hours=1)
_FIELDS = struct.Struct(">16s16sQ")


class MemberTokenInvalid(DomainError):
    """It is none of ours, of another shop, or its time is over."""

    code = "member_token_invalid"
    kind = Kind.UNAUTHENTICATED
    title = "The token is not valid, or not any more"


def make(merchant_id: UUID, customer_id: UUID, now: datetime) -> str:
    """A token for this customer of this merchant."""
    ends = int((now + VALID).timestamp())
    said = _FIELDS.pack(merchant_id.bytes, customer_id.bytes, ends)
    return _text(said + _signature(said))


def customer_of(token: str, merchant_id: UUID, now: datetime) -> UUID:
    """Whose token it is. Raises MemberTokenInvalid."""
    try:
        whole = base64.urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
    except (ValueError, binascii.Error) as error:
        raise MemberTokenInvalid() from error
    said, signature = whole[: _FIELDS.size], whole[_FIELDS.size :]
    if len(said) < _FIELDS.size or not hmac.compare_digest(signature, _signature(said)):
        raise MemberTokenInvalid()
    merchant, customer, ends = _FIELDS.unpack(said)
    if merchant != merchant_id.bytes or now.timestamp() >= ends:
        raise MemberTokenInvalid()
    return UUID(bytes=customer)


def _signature(said: bytes) -> bytes:
    return hmac.new(secret_key(), b"member-token\n" + said, hashlib.sha256).digest()


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
