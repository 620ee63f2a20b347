"""The two shipped data files, read and written. The same content always gives the same bytes."""

import csv
import gzip
import io
from collections.abc import Iterable
from datetime import date
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import msgspec

from admin.demo.shapes import Purchase, Text

PURCHASES = "purchases.csv.gz"
REVIEWS = "reviews.jsonl.gz"
HEADER = ("customer", "day", "items", "amount_cents")


def data_folder() -> Traversable:
    """Where the shipped files are, installed or not."""
    return files("admin.demo") / "data"


def read_purchases(folder: Traversable | Path | None = None) -> list[Purchase]:
    """All purchases, by customer and day. Raises FileNotFoundError, ValueError for a broken line."""
    packed = ((folder or data_folder()) / PURCHASES).read_bytes()
    rows = csv.reader(io.StringIO(gzip.decompress(packed).decode()))
    next(rows)
    return [
        Purchase(int(customer), date.fromisoformat(day), int(items), int(cents))
        for customer, day, items, cents in rows
    ]


def read_texts(folder: Traversable | Path | None = None) -> list[Text]:
    """All review texts, by id. Raises FileNotFoundError, msgspec.ValidationError for a broken line."""
    packed = ((folder or data_folder()) / REVIEWS).read_bytes()
    decoder = msgspec.json.Decoder(Text)
    return decoder.decode_lines(gzip.decompress(packed))


def write_purchases(path: Path, purchases: Iterable[Purchase]) -> None:
    """The file that read_purchases() reads."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows((p.customer, p.day.isoformat(), p.items, p.amount_cents) for p in purchases)
    path.write_bytes(_gzip(out.getvalue().encode()))


def write_texts(path: Path, texts: Iterable[Text]) -> None:
    """The file that read_texts() reads."""
    path.write_bytes(_gzip(msgspec.json.Encoder().encode_lines(list(texts))))


def _gzip(content: bytes) -> bytes:
    """Without time and file name in the header, so that packing again changes no byte."""
    out = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=out, mtime=0) as stream:
        stream.write(content)
    return out.getvalue()
