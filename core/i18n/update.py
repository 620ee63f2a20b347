"""Collects the messages of the source tree into the catalogues: ``python -m core.i18n.update``.

New messages arrive untranslated, vanished ones leave. ``--check`` writes nothing, prints what is
wrong (see core.i18n.check) and exits with 1 if anything is.
"""

import io
import sys
from pathlib import Path

import click
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from core.i18n.locales import TRANSLATED, Locale, catalogue_path

ROOT = Path(__file__).parents[2]
SOURCES = ("admin", "api", "core", "loyalty", "reviews")

_METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2.ext:babel_extract")]
_OPTIONS = {"**/templates/**.html": {"trimmed": "true", "newstyle_gettext": "true", "silent": "false"}}
_KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None,
    "gettext": None,
    "mark": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
}


def extract(root: Path = ROOT) -> Catalog:
    """Every message of the source tree, with the files it is in."""
    template = Catalog(project="Regulars", charset="utf-8")
    for source in SOURCES:
        found = extract_from_dir(root / source, _METHODS, _OPTIONS, keywords=_KEYWORDS)
        for name, _line, message, _comments, context in found:
            template.add(message, locations=[(f"{source}/{name}", 0)], context=context)
    return template


def updated(locale: Locale, template: Catalog) -> bytes:
    """The catalogue of a language with exactly the template's messages, old translations kept."""
    catalogue = _read(locale)
    catalogue.update(template, no_fuzzy_matching=True, update_creation_date=False)
    catalogue.obsolete.clear()
    out = io.BytesIO()
    write_po(out, catalogue, width=110, sort_output=True, include_lineno=False, ignore_obsolete=True)
    return out.getvalue()


def _read(locale: Locale) -> Catalog:
    path = catalogue_path(locale)
    if not path.exists():
        return Catalog(
            locale=locale.replace("-", "_"),
            header_comment="# Messages of Regulars; python -m core.i18n.update brings them up to date.",
            project="Regulars",
            version="1",
            last_translator="Regulars",
            language_team="Regulars",
            msgid_bugs_address="none",
            fuzzy=False,
        )
    with path.open("rb") as file:
        return read_po(file, locale=locale.replace("-", "_"))


def main(arguments: list[str]) -> int:
    """Updates the catalogues or, with --check, reports what is wrong with them."""
    from core.i18n.check import problems

    template = extract()
    if "--check" not in arguments:
        for locale in TRANSLATED:
            catalogue_path(locale).parent.mkdir(parents=True, exist_ok=True)
            catalogue_path(locale).write_bytes(updated(locale, template))
    found = problems(template)
    for problem in found:
        click.echo(problem)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
