"""Reviews by the API, in and out."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from api.app import App
from core.embedded import Services
from core.ids import new_id
from reviews.scoring.service import EXPLAIN
from tests.conftest import new_merchant
from tests.http.conftest import new_key, rows, write
from tests.http.desk import ANGRY, SCORE, Desk, a_review, desk_app, send, state, value, work_off
from tests.http.test_errors import problem


@pytest.fixture(scope="module")
def app(database: Services) -> App:
    return desk_app()


async def read(client: httpx.AsyncClient, desk: Desk, path: str) -> Any:
    answer = await client.get(f"/v1/reviews{path}", headers=desk.key)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_review_comes_back_with_what_the_model_found(client: httpx.AsyncClient, desk: Desk) -> None:
    body = a_review(rating=2.5, scale_min=0, scale_max=10, product_sku="SKU-1", lang="en", author="Ada L.")
    sent = await send(client, desk, body)
    [result] = sent.json()["results"]
    assert (sent.status_code, result["status"], result["version"]) == (200, "new", 1)
    before = await read(client, desk, f"/{result['review_id']}")
    assert before["score"] is None
    assert before["flags"] == []
    await work_off(desk.merchant, SCORE)

    found = await read(client, desk, f"/{result['review_id']}")
    assert (found["rating"], found["scale_min"], found["scale_max"], found["stars"]) == (2.5, 0, 10, 2.0)
    assert found["written_at"] == "2026-01-05T09:00:00Z"
    assert found["body"] == ANGRY
    assert found["score"]["sentiment"] == "negative"
    assert sum(found["score"][name] for name in ("negative", "neutral", "positive")) == pytest.approx(
        1, abs=1e-3
    )
    assert found["flags"] == ["rating", "sentiment"]
    assert (await read(client, desk, ""))["reviews"] == [found]


async def test_of_many_each_has_its_own_result(client: httpx.AsyncClient, desk: Desk) -> None:
    assert (await send(client, desk, a_review("known"))).status_code == 200
    edited = a_review("known", body="On reflection, fine.", rating=4, edited_at="2026-02-01T00:00:00Z")
    sent = [
        a_review("known"),
        edited,
        a_review("off", rating=6),
        a_review("none", rating=None, body=" "),
        a_review("late", written_at="2999-01-01T00:00:00Z"),
        a_review("beyond", reply="Sorry", replied_at="9999-12-31T23:59:59-14:00"),
        a_review("new", extra={"a": ["\u0000b", 1]}),
    ]
    answer = await send(client, desk, sent)
    results = answer.json()["results"]
    assert [(each["external_id"], each["status"]) for each in results] == [
        ("known", "unchanged"),
        ("known", "changed"),
        ("off", "rejected"),
        ("none", "rejected"),
        ("late", "rejected"),
        ("beyond", "rejected"),
        ("new", "new"),
    ]
    assert {each["code"] for each in results[2:6]} == {"review_invalid"}
    assert [each["field"] for each in results[2:6]] == ["rating", "body", "written_at", "replied_at"]
    assert results[4]["detail"] == "is in the future"
    assert "review_id" not in results[2]
    assert await rows(desk.merchant, "reviews") == 2
    assert await rows(desk.merchant, "review_versions") == 3


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"rating": "five"}, "invalid_request"),
        ({"rating": 6}, "review_invalid"),
        ({"rating": 1e300}, "review_invalid"),
        ({"scale_min": 5}, "review_invalid"),
        ({"written_at": "2026-01-05T10:00:00"}, "invalid_request"),
        ({"written_at": "0001-01-01T00:00:00+14:00"}, "review_invalid"),
        ({"verified": True}, "invalid_request"),
        ({"customer_id": str(UUID(int=1))}, "invalid_request"),
        ({"source": "First Party"}, "invalid_request"),
        ({"source": "first_party\n"}, "invalid_request"),
        ({"external_id": ""}, "invalid_request"),
        ({"external_id": "a\u0000b"}, "review_invalid"),
        ({"body": "x" * 100_001}, "invalid_request"),
        ({"body": "", "rating": None}, "review_invalid"),
    ],
)
async def test_one_review_that_is_not_right_is_refused(
    client: httpx.AsyncClient, desk: Desk, wrong: dict[str, Any], code: str
) -> None:
    before = await state(desk.merchant)
    problem(await send(client, desk, a_review() | wrong), 422, code)
    assert await state(desk.merchant) == before


async def test_too_many_and_no_review_at_all(client: httpx.AsyncClient, desk: Desk) -> None:
    before = await state(desk.merchant)
    problem(await send(client, desk, [a_review(str(n)) for n in range(501)]), 413, "too_many_reviews")
    for body in ("x", 1, None, {"review": a_review()}, [[a_review()]]):
        problem(await send(client, desk, body), 422, "invalid_request")
    assert await state(desk.merchant) == before
    assert (await send(client, desk, [])).json() == {"results": []}


async def test_the_same_key_writes_once(client: httpx.AsyncClient, desk: Desk) -> None:
    headers = write(desk.key)
    first = await client.post("/v1/reviews", json=[a_review()], headers=headers)
    before = await state(desk.merchant)
    again = await client.post("/v1/reviews", json=[a_review()], headers=headers)
    assert again.headers["idempotency-replayed"] == "true"
    assert again.content == first.content
    problem(
        await client.post("/v1/reviews", json=[a_review("r2")], headers=headers),
        422,
        "idempotency_key_reused",
    )
    assert await state(desk.merchant) == before
    other = await send(client, desk, [a_review()])
    assert other.json()["results"][0]["status"] == "unchanged"


async def test_what_was_removed_stays_removed(client: httpx.AsyncClient, desk: Desk) -> None:
    async def remove(**fields: Any) -> httpx.Response:
        named = {"source": "first_party", "external_id": "r1"} | fields
        return await client.post("/v1/reviews/removals", json=named, headers=write(desk.key))

    sent = await send(client, desk, a_review())
    review_id = sent.json()["results"][0]["review_id"]
    assert (await remove(removed_at="2026-01-06T00:00:00Z")).json() == {"status": "removed"}
    assert (await remove(removed_at="2026-01-06T00:00:00Z")).json() == {"status": "unchanged"}
    assert (await read(client, desk, f"/{review_id}"))["state"] == "tombstone"
    # One that is removed before it comes is not there, and does not come back.
    assert (await remove(external_id="unseen")).json() == {"status": "removed"}
    assert [each["external_id"] for each in (await read(client, desk, ""))["reviews"]] == ["r1"]
    assert (await send(client, desk, a_review("unseen"))).status_code == 200
    assert await value(desk.merchant, "SELECT state FROM reviews WHERE external_id = 'unseen'") == "tombstone"
    before = await state(desk.merchant)
    for wrong, code in (
        ({"removed_at": "2999-01-01T00:00:00Z"}, "review_invalid"),
        ({"removed_at": "2026-01-01"}, "invalid_request"),
        ({"source": "?"}, "invalid_request"),
        ({"external_id": "\u0000"}, "value_invalid"),
    ):
        problem(await remove(**wrong), 422, code)
    assert await state(desk.merchant) == before


async def test_the_list_pages_on_and_filters(client: httpx.AsyncClient, desk: Desk) -> None:
    for n in range(5):
        await send(client, desk, [a_review(f"{n}-{m}", product_sku=f"SKU-{m}") for m in range(2)])
    seen: list[str] = []
    after: str | None = ""
    while after is not None:
        page = await read(client, desk, f"?limit=3&after={after}")
        seen += [each["external_id"] for each in page["reviews"]]
        after = page["next_after"]
    assert len(seen) == len(set(seen)) == 10
    assert sorted(seen, reverse=True)[:2] == sorted(seen[:2], reverse=True), "the latest first"
    found = await read(client, desk, "?product=SKU-1")
    assert {each["product_sku"] for each in found["reviews"]} == {"SKU-1"}
    assert len(found["reviews"]) == 5
    assert found["next_after"] is None
    for query, code in (
        ("after=x", "cursor_invalid"),
        ("limit=0", "invalid_request"),
        ("limit=201", "invalid_request"),
    ):
        problem(await client.get(f"/v1/reviews?{query}", headers=desk.key), 422, code)


async def test_scopes_and_merchants_keep_apart(client: httpx.AsyncClient, desk: Desk) -> None:
    review_id = (await send(client, desk, a_review())).json()["results"][0]["review_id"]
    reader = await new_key(desk.merchant, "reviews:read")
    writer = await new_key(desk.merchant, "reviews:write")
    before = await state(desk.merchant)
    for path, body in (
        ("/v1/reviews", a_review("r9")),
        ("/v1/reviews/removals", {"source": "first_party", "external_id": "r1"}),
    ):
        problem(await client.post(path, json=body, headers=write(reader)), 403, "scope_missing")
        problem(await client.post(path, json=body, headers=writer), 400, "idempotency_key_missing")
        problem(await client.post(path, json=body, headers={"idempotency-key": "k"}), 401, "api_key_invalid")
    for path in ("/v1/reviews", f"/v1/reviews/{review_id}"):
        problem(await client.get(path, headers=writer), 403, "scope_missing")
    stranger = await new_key(await new_merchant(), "reviews:read")
    problem(await client.get(f"/v1/reviews/{review_id}", headers=stranger), 404, "not_found")
    assert (await client.get("/v1/reviews", headers=stranger)).json() == {"reviews": [], "next_after": None}
    problem(await client.get(f"/v1/reviews/{new_id()}", headers=reader), 404, "not_found")
    assert await state(desk.merchant) == before


async def test_similar_reviews_and_the_words_that_count(client: httpx.AsyncClient, desk: Desk) -> None:
    sent = [
        a_review("one"),
        a_review("two", body=f"{ANGRY}!"),
        a_review("far", rating=5, body="Lovely colour."),
    ]
    results = (await send(client, desk, sent)).json()["results"]
    path = f"/{results[0]['review_id']}"
    assert await read(client, desk, f"{path}/similar") == {"reviews": []}
    await work_off(desk.merchant, SCORE)
    await work_off(desk.merchant, EXPLAIN)
    [near] = (await read(client, desk, f"{path}/similar"))["reviews"]
    assert near["review"]["id"] == results[1]["review_id"]
    assert (near["near_duplicate"], near["case_state"]) == (True, "new")
    found = await read(client, desk, path)
    assert found["score"]["evidence"]["sentiment"] == "negative"
    assert found["score"]["evidence"]["words"]
    assert near["review"] == await read(client, desk, f"/{results[1]['review_id']}")
    other = await new_key(await new_merchant(), "reviews:read")
    answer = await client.get(f"/v1/reviews{path}/similar", headers=other)
    assert answer.status_code == 404


async def test_a_correction_by_api_changes_no_score(client: httpx.AsyncClient, desk: Desk) -> None:
    [result] = (await send(client, desk, a_review())).json()["results"]
    path = f"/v1/reviews/{result['review_id']}/corrections"
    said = {"sentiment": "neutral", "stars": 3, "aspects": {"service": "negative"}}
    answer = await client.post(path, json=said, headers=write(desk.key))
    assert answer.status_code == 200, answer.text
    contrary = await client.post(path, json={"sentiment": "positive", "stars": 1}, headers=write(desk.key))
    problem(contrary, 422, "correction_unfit")
    reader = await new_key(desk.merchant, "reviews:read")
    assert (await client.post(path, json=said, headers=write(reader))).status_code == 403
    assert await rows(desk.merchant, "review_corrections") == 1
