"""Dates, numbers and columns of files."""

import pytest

from core.files.formulas import defused
from reviews.files.formats import generic
from reviews.files.formats.form import DateOrder, normal
from reviews.files.rules import date_of, derived_id, mapping
from tests.fixtures.reviews.shop import NOW


@pytest.mark.parametrize(
    ("text", "order", "day"),
    [
        ("05/03/2024", "dmy", "2024-03-05"),
        ("05/03/2024", "mdy", "2024-05-03"),
        ("05.03.2024 10:30", "dmy", "2024-03-05"),
        ("25/03/2024", None, "2024-03-25"),
        ("03/25/2024", None, "2024-03-25"),
        ("04/04/2024", None, "2024-04-04"),
        ("2024/3/5", None, "2024-03-05"),
        ("2024-03-05", "dmy", "2024-03-05"),
        ("2024-03-05T01:00:00+08:00", None, "2024-03-04"),
        ("2021-05-03 12:00:00 UTC", "dmy", "2021-05-03"),
    ],
)
def test_dates(text: str, order: DateOrder | None, day: str) -> None:
    assert date_of(text, order).date().isoformat() == day


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("05/03/2024", None),
        ("05/03/24", "dmy"),
        ("13/13/2024", "dmy"),
        ("31/02/2024", "dmy"),
        ("03/25/2024", "dmy"),
        ("yesterday", "dmy"),
        ("", "dmy"),
    ],
)
def test_dates_that_cannot_be_read(text: str, order: DateOrder | None) -> None:
    with pytest.raises(ValueError):
        date_of(text, order)


def test_columns_are_found_once_each_and_preferred_names_first() -> None:
    found = mapping(generic.FORMAT, ["Review", "Review Text", "ID", "Date", "评分", "Size"], {})
    assert found.columns == {
        "external_id": "ID",
        "written_at": "Date",
        "rating": "评分",
        "body": "Review Text",
    }
    assert found.unmapped == ("Review", "Size")


def test_names_of_columns() -> None:
    assert [normal(name) for name in (" Review Date ", "E-mail", "评价", "a--b")] == [
        *("review_date", "e_mail", "评价", "a_b")
    ]


def test_a_derived_id_survives_an_edit_of_a_known_author_only() -> None:
    known = {"email": "A@mail.test", "product_sku": "lamp", "body": "one"}
    assert derived_id(known, NOW) == derived_id(known | {"email": "a@mail.test", "body": "two"}, NOW)
    unknown = {"author": "Ana", "product_sku": "lamp", "body": "one"}
    assert derived_id(unknown, NOW) != derived_id(unknown | {"body": "two"}, NOW)
    assert derived_id(known, NOW) != derived_id(known | {"product_sku": "desk"}, NOW)


@pytest.mark.parametrize("cell", ["=1+1", "+x", "-1+2", "@x", "\tx"])
def test_no_cell_is_a_formula(cell: str) -> None:
    assert defused(cell) == f"'{cell}"
    assert defused(f"a{cell}") == f"a{cell}"
