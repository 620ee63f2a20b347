"""Files that were damaged on their way: each is read or refused with a reason, none ends the importer."""

import gzip
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

from hypothesis import strategies as st

from core import clock
from core.errors import DomainError
from loyalty.openings import files as openings
from reviews import files as reviews
from tests.chaos.world import World
from tests.fuzz.examples import examples
from tests.fuzz.tally import Tally

FIXTURES = Path(__file__).parents[1] / "fixtures" / "reviews"
FILES = sorted(path for path in FIXTURES.iterdir() if path.suffix in (".csv", ".json", ".ndjson", ".xml"))
OPENINGS = (
    b"id,customer_id,points,earned_at,expires_at\nb1,c1,100,2025-01-01,2030-01-01\nb2,c2,5,2025-02-03T04:05:06Z,\n",
    b'{"id": "b3", "customer_id": "c3", "points": 7, "earned_at": "2025-01-01"}\n',
)
BITS = (
    *(b"", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b'"', b'""', b",", b";", b"\t", b"\n", b"\r", b"\r\n\r\n"),
    *(b"{", b"}", b"[", b"[" * 5000, b"null", b"1e999", b"-1", b"NaN", b"9" * 400, b"\\u0000", b"\\ud800"),
    *(b"<!DOCTYPE a [<!ENTITY b 'c'>]>", b"&b;", b"<a>" * 3000, b"]]>", b"2026-02-30", b"\xe9", b"\x81\x30"),
    *(b"a" * 70_000, b"PK\x03\x04", b"\x1f\x8b\x08"),
)


@st.composite
def damaged(draw: st.DrawFn, whole: tuple[bytes, ...]) -> bytes:
    """A file with some bytes gone, others in their place, or parts twice; perhaps packed, perhaps cut off."""
    content = draw(st.sampled_from(whole))
    for _ in range(draw(st.integers(0, 6))):
        at = draw(st.integers(0, len(content)))
        gone = draw(st.sampled_from((0, 0, 1, 2, 50, 1000)))
        bit = draw(st.one_of(st.sampled_from(BITS), st.binary(max_size=8), st.just(content[at : at + 300])))
        content = content[:at] + bit + content[at + gone :]
    pack = draw(st.sampled_from(PACKERS))
    packed = pack(content)
    return packed[: draw(st.integers(0, len(packed)))] if draw(st.integers(0, 5)) == 0 else packed


def _plain(content: bytes) -> bytes:
    return content


def _zipped(content: bytes) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("reviews.csv", content)
    return whole.getvalue()


PACKERS: tuple[Callable[[bytes], bytes], ...] = (_plain, _plain, _plain, gzip.compress, _zipped)


async def test_reviews_of_any_file(world: World, tally: Tally, tmp_path: Path) -> None:
    """A dry run does everything and keeps nothing."""
    contents = tuple(path.read_bytes()[:30_000] for path in FILES)
    for number, content in enumerate(examples(damaged(contents), 150, "reviews")):
        path = tmp_path / f"{number}.file"
        path.write_bytes(content)
        tally.files += 1
        try:
            await reviews.import_file(path, "auto", world.merchant, _ignore, dry_run=True, now=clock.now())
        except DomainError:
            pass
        except Exception as error:
            tally.fault("crashes", _told("reviews", path, content, error))


async def test_balances_of_any_file(world: World, tally: Tally, tmp_path: Path) -> None:
    for number, content in enumerate(examples(damaged(OPENINGS), 100, "openings")):
        path = tmp_path / f"{number}.file"
        path.write_bytes(content)
        tally.files += 1
        try:
            await openings.import_file(
                path, world.merchant, _ignore, now=clock.now(), dry_run=True, create_members=True
            )
        except DomainError:
            pass
        except Exception as error:
            tally.fault("crashes", _told("openings", path, content, error))


def _ignore(done: int, total: int) -> None:
    """Nobody looks."""


def _told(what: str, path: Path, content: bytes, error: Exception) -> str:
    return f"{what}: {path.name} {content[:200]!r}: {type(error).__name__}: {error}"[:800]
