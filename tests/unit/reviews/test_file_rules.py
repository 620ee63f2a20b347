"""Dates, numbers and columns of files."""

import time

import pytest

from core.files.formulas import defused
from reviews.files.formats import generic
from reviews.files.formats.form import DateOrder, normal
from reviews.files.rules import date_of, derived_id, mapping, photos
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


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("05/03/2024 02:30 PM", "2024-03-05T14:30:00+00:00"),
        ("05/03/2024 12:05:06 a.m.", "2024-03-05T00:05:06+00:00"),
        ("05/03/2024, 12:30pm", "2024-03-05T12:30:00+00:00"),
        ("05/03/2024 14:30 +0800", "2024-03-05T06:30:00+00:00"),
        ("05/03/2024 14:30:15.250-05:00", "2024-03-05T19:30:15+00:00"),
        ("05/03/2024 14:30 UTC", "2024-03-05T14:30:00+00:00"),
    ],
)
def test_times_of_day(text: str, at: str) -> None:
    assert date_of(text, "dmy").isoformat() == at


@pytest.mark.parametrize("text", ["05/03/2024 14:30 PM", "05/03/2024 0:30 am", "05/03/2024 14:30 PST"])
def test_a_time_that_would_be_read_wrongly_is_not_read(text: str) -> None:
    with pytest.raises(ValueError):
        date_of(text, "dmy")


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
    nobody = {"product_sku": "lamp", "rating": "5"}
    assert derived_id(nobody, NOW) != derived_id(nobody | {"rating": "1"}, NOW)
    assert derived_id(known, NOW) == derived_id(known | {"rating": "1"}, NOW)


def test_a_cell_made_to_be_slow_is_not() -> None:
    begun = time.process_time()
    assert photos("a" + "," * 300_000 + "b") == ("a" + "," * 300_000 + "b",)
    assert photos("https://a.test/1.jpg ,|; //a.test/2.jpg") == (
        "https://a.test/1.jpg",
        "https://a.test/2.jpg",
    )
    assert time.process_time() - begun < 1


@pytest.mark.parametrize("cell", ["=1+1", "+x", "-1+2", "@x", "\tx"])
def test_no_cell_is_a_formula(cell: str) -> None:
    assert defused(cell) == f"'{cell}"
    assert defused(f"a{cell}") == f"a{cell}"
