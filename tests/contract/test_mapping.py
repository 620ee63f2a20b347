"""What each source says of a review, and what we make of it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from core import clock, db
from reviews.accounts import service
from reviews.connectors.model import AccountUnfit
from tests.contract.conftest import Joined, fake_of, join, write
from tests.contract.fakes.app_store import FakeAppStore
from tests.contract.fakes.google import FakeGoogle
from tests.contract.fakes.trustpilot import FakeTrustpilot
from tests.contract.fakes.woocommerce import FakeWooCommerce

AT = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
REVIEW = """
    SELECT r.external_id, r.account, r.author, r.rating_norm::float AS stars, r.reply, r.replied_at,
           r.solicited, r.product_sku, r.product_name, r.published, r.moderation, r.written_at, r.edited_at,
           v.title, v.body, v.lang, v.rating_raw::float AS rating, v.photo_urls, v.extra
    FROM reviews r JOIN review_versions v ON (v.review_id, v.number) = (r.id, r.version) ORDER BY 1
"""


async def stored(joined: Joined) -> dict[str, dict[str, Any]]:
    rows = await joined.rows(REVIEW)
    return {row["external_id"]: dict(row) | {"extra": db.from_json(row["extra"])} for row in rows}


async def test_google(merchant: UUID) -> None:
    with fake_of(FakeGoogle) as fake:
        joined = await join(merchant, fake)
        fake.add("1", 5, "Great <b>café</b> ☕", AT)
        fake.add("2", 1, "", AT)
        fake.add("3", 0, "No stars", AT)
        fake.reviews["1"] |= {
            "reviewReply": {
                "comment": "Thanks",
                "updateTime": "2026-02-04T00:00:00Z",
                "reviewReplyState": "APPROVED",
            },
            "reviewMediaItems": [{"thumbnailUrl": "https://lh3.example/a"}, {"videoUrl": "x"}],
            "somethingNew": {"a": 1},
        }
        fake.reviews["2"]["reviewReply"] = {"comment": "Rude", "reviewReplyState": "REJECTED"}
        assert (await joined.read())["rejected"] == 0
        found = await stored(joined)
    first = found["1"]
    assert (first["stars"], first["rating"], first["body"]) == (5.0, 5.0, "Great <b>café</b> ☕")
    assert (first["account"], first["author"]) == (fake.account, "Guest 1")
    assert (first["written_at"], first["reply"]) == (AT, "Thanks")
    assert first["photo_urls"] == ["https://lh3.example/a"]
    assert first["extra"] == {"somethingNew": {"a": 1}}
    assert (found["2"]["stars"], found["2"]["body"], found["2"]["reply"]) == (1.0, "", "")
    assert (found["3"]["stars"], found["3"]["body"]) == (None, "No stars")


async def test_trustpilot(merchant: UUID) -> None:
    with fake_of(FakeTrustpilot) as fake:
        joined = await join(merchant, fake)
        for name in ("1", "2", "3"):
            fake.add(name, int(name), f"Text {name}", AT)
        fake.reviews["1"] |= {"updatedAt": "2026-02-05T00:00:00.000Z", "language": "da"}
        fake.reviews["2"] |= {"status": "archived", "invitation": None}
        del fake.reviews["3"]["invitation"]
        await joined.read()
        found = await stored(joined)
    first = found["1"]
    assert (first["stars"], first["title"], first["body"], first["lang"]) == (1.0, "Text 1", "Text 1", "da")
    assert (first["edited_at"], first["written_at"]) == (datetime(2026, 2, 5, tzinfo=UTC), AT)
    assert (first["solicited"], found["2"]["solicited"], found["3"]["solicited"]) == (True, False, None)
    assert (first["published"], found["2"]["published"]) == (True, False)
    assert first["extra"]["isVerified"] is True and first["extra"]["tags"] == [
        {"group": "Generic", "value": "vip"}
    ]
    assert "guest1@mail.example" not in str(found)


async def test_woocommerce(merchant: UUID) -> None:
    with fake_of(FakeWooCommerce) as fake:
        joined = await join(merchant, fake)
        for name in ("1", "2", "3", "4", "5"):
            fake.add(name, int(name) - 1, f"Text {name}", AT)
        fake.reviews["2"]["status"] = "hold"
        fake.reviews["3"]["status"] = "spam"
        await joined.read()
        found = await stored(joined)
        assert set(found) == {"1", "2", "4", "5"}
        assert (found["1"]["stars"], found["5"]["stars"]) == (None, 4.0)
        assert (found["2"]["published"], found["2"]["moderation"]) == (False, "hidden")
        first = found["1"]
        assert (first["product_sku"], first["product_name"]) == ("22", "Mug & saucer")
        assert (first["body"], first["written_at"]) == ("<p>Text 1</p>\n", AT)
        assert (first["extra"]["verified"], "reviewer_avatar_urls" in first["extra"]) == (True, False)

        # Into the bin and out of it, approved after all: by listing all.
        fake.reviews["4"]["status"] = "trash"
        fake.reviews["3"]["status"] = "approved"
        await joined.ask(full=True)
        done = await joined.read()
        assert (done["removed"], done["new"]) == (1, 1)
        assert set(await joined.texts()) == {"1", "2", "3", "5"}


async def test_app_store(merchant: UUID) -> None:
    with fake_of(FakeAppStore) as fake:
        assert isinstance(fake, FakeAppStore)
        joined = await join(merchant, fake)
        fake.add("1", 2, "Crashes 💥", AT)
        fake.add("2", 5, "Fine", AT)
        fake.posted["1"] = "Update, please"
        await joined.read()
        found = await stored(joined)
        first = found["1"]
        assert (first["stars"], first["title"], first["body"]) == (2.0, "Crashes 💥", "Crashes 💥")
        assert (first["written_at"], first["author"], first["extra"]) == (AT, "Guest 1", {"territory": "USA"})
        assert (first["reply"], found["2"]["reply"]) == ("Update, please", "")
        assert str(first["replied_at"]) == "2026-01-02 03:04:05+00:00"

        # Its customer writes anew: another review takes the place of the first.
        fake.delete("1")
        fake.add("3", 4, "Better", AT + timedelta(days=1))
        await joined.ask(full=True)
        done = await joined.read()
        assert (done["new"], done["removed"]) == (1, 1)


@pytest.mark.parametrize("shape", ["lines", "one line", "bare"])
async def test_the_key_of_app_store_is_taken_as_people_paste_it(merchant: UUID, shape: str) -> None:
    with fake_of(FakeAppStore) as fake:
        key = fake.fields["private_key"]
        if shape != "lines":
            key = key.replace("\n", "")
        if shape == "bare":
            key = key.replace("-----BEGIN PRIVATE KEY-----", "").replace("-----END PRIVATE KEY-----", "")
        async with db.transaction(merchant):
            given = fake.fields | {"private_key": key}
            account_id = await service.connect("app_store", "", given, clock.now())
            for wrong in ("no key", "AAAA", key[:-20]):
                with pytest.raises(AccountUnfit, match="private_key"):
                    await service.connect("app_store", "", given | {"private_key": wrong}, clock.now())
        write(fake, 2)
        assert (await Joined(merchant, fake, account_id).read())["new"] == 2


async def test_a_later_reply_and_another_state_come_without_a_new_wording(merchant: UUID) -> None:
    with fake_of(FakeTrustpilot) as fake:
        joined = await join(merchant, fake)
        write(fake, 2)
        await joined.read()
        fake.reviews["1"]["companyReply"] = {"text": "Thanks!", "createdAt": "2026-01-02T03:04:05Z"}
        fake.reviews["2"]["status"] = "archived"
        await joined.ask(full=True)
        assert (await joined.read())["changed"] == 2
        found = await stored(joined)
        assert (found["1"]["reply"], found["2"]["published"]) == ("Thanks!", False)
        assert await joined.versions() == 2


async def test_trustpilots_page_past_the_last_is_empty_and_the_end(merchant: UUID) -> None:
    with fake_of(FakeTrustpilot) as fake:
        joined = await join(merchant, fake)
        write(fake, 100)
        done = await joined.read()
        assert (done["state"], done["new"], done["pages"]) == ("done", 100, 2)


async def test_google_stops_where_it_has_read_before(merchant: UUID) -> None:
    with fake_of(FakeGoogle) as fake:
        joined = await join(merchant, fake)
        write(fake, 200)
        await joined.read()
        before = fake.lists()
        fake.edit("5", "Text 5, edited", clock.now() - timedelta(minutes=1))
        await joined.ask()
        found = await joined.read()
        assert (found["mode"], found["changed"], fake.lists() - before) == ("incremental", 1, 1)


async def test_a_reply_that_was_deleted_at_its_source_is_gone_here_too(merchant: UUID) -> None:
    with fake_of(FakeTrustpilot) as fake:
        joined = await join(merchant, fake)
        write(fake, 2)
        for name in ("1", "2"):
            fake.reviews[name]["companyReply"] = {"text": "Thanks!", "createdAt": "2026-01-02T03:04:05Z"}
        await joined.read()
        # One of these was sent just now: a list that is a little late does not take it back.
        await joined.rows("UPDATE reviews SET replied_at = now() WHERE external_id = '2' RETURNING id")
        for name in ("1", "2"):
            fake.reviews[name]["companyReply"] = None
        await joined.ask(full=True)
        assert (await joined.read())["changed"] == 1
        found = await stored(joined)
        assert (found["1"]["reply"], found["2"]["reply"]) == ("", "Thanks!")
