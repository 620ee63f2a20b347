"""Writing an answer: templates and suggestions send nothing; wordings are refused or confirmed; calls."""

from uuid import UUID

import httpx
import pytest

from admin import inbox
from api import portal
from api.app import App, create_app
from api.v1.reviews import v1_reviews
from api.v1.templates import v1_templates
from core import clock, db
from core.embedded import Services
from reviews.accounts import service as accounts
from reviews.cases import conversation, delivery, service
from reviews.cases.targets import service as targets
from reviews.cases.targets.rules import Fits, Policy, Targets
from reviews.cases.templates import service as templates
from reviews.cases.templates.rules import Template
from reviews.knowledge import service as knowledge
from reviews.knowledge import tasks  # noqa: F401 - registers the handler
from reviews.knowledge.model import ArticleText
from tests.http.conftest import Browser, new_key, write
from tests.http.desk import (
    SCORE,
    Desk,
    a_review,
    act,
    case_path,
    case_row,
    enter,
    hire,
    open_case,
    open_desk,
    send,
    state,
    value,
    work_off,
)
from tests.http.shop import form

GOOGLE = {"location": "accounts/1/locations/2", "client_id": "c", "client_secret": "s", "refresh_token": "r"}
SENT = "SELECT count(*) FROM case_messages WHERE kind = 'public_reply'"


@pytest.fixture(scope="module")
def app(database: Services) -> App:
    return create_app(portal.router, inbox.router, v1=(v1_reviews, v1_templates))


@pytest.fixture
async def desk(merchant: UUID) -> Desk:
    desk = await open_desk(merchant)
    sorry = Template(
        code="sorry", name="Sorry", channel="public",
        texts={"en": "Dear {customer|customer}, sorry. {agent}, {shop}", "zh-Hans": "{customer|顾客}您好"},
    )  # fmt: skip
    about = Template(
        code="order", name="Order", channel="private", texts={"en": "Your order {order} left us."}
    )
    async with db.transaction(merchant):
        for each in (sorry, about):
            await templates.put(each, None, clock.now())
    return desk


async def fill(browser: Browser, case: str, into: str, **typed: str) -> httpx.Response:
    page = await browser.get(case_path(case))
    fields = form(page.text, case_path(case, into)) | typed
    return await browser.post(case_path(case, f"fill/{into}"), fields)


async def test_a_template_goes_behind_what_was_typed_and_sends_nothing(
    browser: Browser, client: httpx.AsyncClient, desk: Desk
) -> None:
    case = await open_case(client, desk, author="Ada <b>")
    await enter(browser, desk.merchant, await hire(desk.merchant))
    before = await state(desk.merchant)
    page = await browser.get(case_path(case))
    assert '<option value="sorry">' in page.text and page.text.count('<option value="order">') == 1
    filled = await fill(browser, case, "reply", text="First words.", template="sorry")
    assert filled.status_code == 200
    assert "First words.\n\nDear Ada &lt;b&gt;, sorry. Mina, " in filled.text
    gap = await fill(browser, case, "message", template="order")
    assert "Your order {order} left us." in gap.text
    for wrong in ("order", "nothing"):
        assert (await fill(browser, case, "reply", template=wrong)).status_code == 404
    assert await state(desk.merchant) == before
    refused = await act(browser, case, "message", text="Your order {order} left us.")
    assert refused.status_code == 422 and "{order} is not filled in" in refused.text
    assert await state(desk.merchant) == before


async def test_suggestions_name_their_source_and_say_nobodys_name(
    browser: Browser, client: httpx.AsyncClient, desk: Desk
) -> None:
    agent, now = await hire(desk.merchant), clock.now()
    solved = await open_case(client, desk, "solved", author="Grace Hopper")
    async with db.transaction(desk.merchant):
        queued = await conversation.reply(
            UUID(solved), "Dear Grace Hopper, a new one left us. Call +49 170 1234567.", agent, 1, now
        )
        await delivery.deliver(queued.message_id, now)
        await service.resolve(UUID(solved), agent, queued.version, now)
        text = ArticleText(
            "It broke on the first day", "We replace it.\n\nOr refund it.", ("I want my money back",)
        )
        await knowledge.put("broken", {"en": text}, None, now)
        await knowledge.publish("broken", None, now)
    await work_off(desk.merchant, "knowledge.embed")
    case = await open_case(client, desk, "new", author="Ada")
    await enter(browser, desk.merchant, agent)
    page = (await browser.get(case_path(case))).text
    assert "/staff/inbox/settings/knowledge/broken" in page and case_path(solved) in page
    assert 'value="article:broken"' in page and "Dear Grace" not in page
    message = await value(desk.merchant, "SELECT id FROM case_messages")
    before = await state(desk.merchant)
    said = await fill(browser, case, "reply", insert=f"case:{message}")
    assert "Dear Ada, a new one left us. Call •••••." in said.text
    assert (
        "We replace it.\n\nOr refund it."
        in (await fill(browser, case, "message", insert="article:broken")).text
    )
    for wrong in ("case:x", f"case:{case}", "article:x", "draft:x", "x"):
        assert (await fill(browser, case, "reply", insert=wrong)).status_code == 404
    assert await state(desk.merchant) == before


async def test_wordings_are_refused_or_confirmed_with_what_was_typed_kept(
    browser: Browser, client: httpx.AsyncClient, desk: Desk
) -> None:
    case = await open_case(client, desk)
    await enter(browser, desk.merchant, await hire(desk.merchant))
    before = await state(desk.merchant)
    for text in ("Please change your review.", "We will sue you.", "Our lawyers will write to you."):
        refused = await act(browser, case, "reply", text=text, confirmed="yes")
        assert refused.status_code in (422, 403) and text in refused.text
    assert await state(desk.merchant) == before
    doubtful = "The change of your rating is shown now."
    refused = await act(browser, case, "reply", text=doubtful)
    assert refused.status_code == 422 and 'name="confirmed"' in refused.text and doubtful in refused.text
    assert await state(desk.merchant) == before
    assert (await act(browser, case, "reply", text=doubtful, confirmed="yes")).status_code == 303
    event = "SELECT detail ->> 'confirmed' FROM case_events WHERE kind = 'reply'"
    assert await value(desk.merchant, event) == '["review"]'
    await enter(browser, desk.merchant, await hire(desk.merchant, "community_manager"))
    legal = await act(browser, case, "message", text="Our lawyers have looked at it.")
    assert legal.status_code == 422 and 'name="confirmed"' in legal.text
    sent = await act(browser, case, "message", text="Our lawyers have looked at it.", confirmed="yes")
    assert sent.status_code == 303


async def test_the_page_says_that_a_call_is_owed_and_logs_it(
    browser: Browser, client: httpx.AsyncClient, desk: Desk
) -> None:
    boss = await hire(desk.merchant, "community_manager")
    policy = Policy("call", "Call", Fits(), Targets(resolution=7200), (), call=True)
    async with db.transaction(desk.merchant):
        await targets.put(policy, boss, clock.now())
    case = await open_case(client, desk)
    await enter(browser, desk.merchant, boss)
    assert "Call the customer before you resolve this." in (await browser.get(case_path(case))).text
    refused = await act(browser, case, "resolve")
    assert refused.status_code == 409 and "asks for a telephone call" in refused.text
    assert "Customers to be called: 1" in (await browser.get("/staff/inbox/patrol")).text
    assert (await act(browser, case, "call", text="All is well.", outcome="reached")).status_code == 303
    assert "Spoke with the customer: All is well." in (await browser.get(case_path(case))).text
    assert (await act(browser, case, "resolve")).status_code == 303
    assert (await case_row(desk.merchant, case))["state"] == "resolved"


async def test_templates_over_the_api_and_on_their_page(
    browser: Browser, client: httpx.AsyncClient, desk: Desk
) -> None:
    key = await new_key(desk.merchant, "knowledge:read", "knowledge:write")
    body = {"name": "Thanks", "channel": "public", "texts": {"en": "Thanks, {customer|customer}."}}
    put = await client.put("/v1/reply-templates/thanks", json=body, headers=write(key))
    assert (put.status_code, put.json()) == (200, {"code": "thanks"} | body)
    wrong = body | {"texts": {"en": "Order {order}"}}
    refused = await client.put("/v1/reply-templates/thanks", json=wrong, headers=write(key))
    assert (refused.status_code, refused.json()["code"]) == (422, "template_unfit")
    listed = (await client.get("/v1/reply-templates", headers=key)).json()["templates"]
    assert [each["code"] for each in listed] == ["order", "sorry", "thanks"]
    gone = await client.delete("/v1/reply-templates/thanks", headers=write(key))
    assert gone.json()["code"] == "thanks"
    root = "/staff/inbox/settings/templates"
    await enter(browser, desk.merchant, await hire(desk.merchant, "community_manager"))
    typed = {"code": "late", "name": "Late", "channel": "private", "text_en": "Sorry, {order|it} is late."}
    page = await browser.get(root)
    assert (await browser.post(root, form(page.text, root) | typed)).status_code == 303
    bad = typed | {"text_en": "Dear {nobody}"}
    refused = await browser.post(root, form((await browser.get(root)).text, root) | bad)
    assert refused.status_code == 422 and "Dear {nobody}" in refused.text
    await enter(browser, desk.merchant, await hire(desk.merchant, "agent"))
    assert (await browser.post(root, typed | {"idempotency_key": "k"})).status_code == 403
    assert await value(desk.merchant, "SELECT count(*) FROM case_templates") == 3


async def test_a_further_review_has_the_limit_of_its_own_source_and_a_doubtful_wording_can_be_meant(
    browser: Browser, client: httpx.AsyncClient, desk: Desk
) -> None:
    case = await open_case(client, desk)
    await send(
        client, desk, a_review("g", source="google", account="accounts/1/locations/2", customer=desk.ada)
    )
    await work_off(desk.merchant, SCORE)
    await enter(browser, desk.merchant, await hire(desk.merchant))
    second = str(await value(desk.merchant, "SELECT id FROM reviews WHERE external_id = 'g'"))
    field = f'id="reply-{second}-text"'
    page = (await browser.get(case_path(case))).text
    assert field not in page and page.count("This source is not connected: reply there") == 1
    async with db.transaction(desk.merchant):
        account = await accounts.connect("google", "", GOOGLE, clock.now())
    page = (await browser.get(case_path(case))).text
    assert "This source is not connected: reply there" not in page
    assert f'{field} name="text" rows="3" required' in page and "maxlength" not in page.split(field)[1][:99]
    assert f'data-counts="reply-{second}-text" data-limit="4096" data-unit="bytes"' in page
    before = await state(desk.merchant)
    too_long = await act(browser, case, "reply", review=second, text="歉" * 1366)
    assert too_long.status_code == 422 and "The source takes at most 4096 bytes" in too_long.text
    assert f'aria-describedby="reply-{second}-text-problem">\n{"歉" * 1366}</textarea>' in too_long.text
    doubtful = "The change of your rating is shown now."
    unsure = await act(browser, case, "reply", review=second, text=doubtful)
    assert unsure.status_code == 422 and f'id="reply-{second}-confirmed" name="confirmed"' in unsure.text
    assert doubtful in unsure.text and 'id="reply-confirmed"' not in unsure.text
    assert await state(desk.merchant) == before
    # Nothing is on its way to Google when the next is sent.
    async with db.transaction(desk.merchant):
        await accounts.disconnect(account)
    for text, confirmed in (("歉" * 1365, ""), (doubtful, "yes")):
        sent = await act(browser, case, "reply", review=second, text=text, confirmed=confirmed)
        assert sent.status_code == 303
        await work_off(desk.merchant, delivery.DUE)
