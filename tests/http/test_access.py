"""The owners' pages about who gets in: staff and API keys."""

import asyncio
import re
import secrets
from datetime import timedelta
from uuid import UUID

import httpx
import pytest

from admin import access, operations
from api.app import App, create_app
from api.cookies import STAFF_SESSION
from core import clock, db
from core.design.words import codes
from core.embedded import Services
from core.ids import new_id
from core.mail import service as mail
from core.people import api_keys, second_factor, sessions, staff, staff_links, team, throttle
from core.people.roles import PERMISSIONS
from tests.http.conftest import Browser, _transport, new_key, rows
from tests.http.shop import enter_as_staff, form

PASSWORD = "a good long password"
STAFF = "/staff/access/staff"
KEYS = "/staff/access/keys"


@pytest.fixture(scope="module")
def app(database: Services) -> App:
    return create_app(access.router, operations.router)


def unique_email() -> str:
    return f"{secrets.token_hex(6)}@example.test"


async def hire(merchant: UUID, role: str = "agent") -> tuple[UUID, str]:
    """Somebody with a session."""
    async with db.transaction(merchant):
        staff_id = await staff.create(unique_email(), "Otto", role, PASSWORD, clock.now())
        return staff_id, await sessions.start(clock.now(), staff_id=staff_id)


async def post(browser: Browser, path: str, **fields: str) -> httpx.Response:
    return await browser.post(path, {"idempotency_key": str(new_id()), **fields})


async def invite(browser: Browser, email: str, **other: str) -> httpx.Response:
    fields = {"name": "Nora", "role": "agent", "locale": "zh-Hant", "points": "50", "email": email}
    return await post(browser, f"{STAFF}/invite", **(fields | other))


async def newest_link(merchant: UUID) -> str:
    async with db.transaction(merchant):
        body = (await mail.newest(1))[0].body
    found = re.search(r"/staff/welcome\?token=(\S+)", body)
    assert found
    return found[1]


async def role_of(merchant: UUID, staff_id: UUID) -> str:
    async with db.transaction(merchant):
        return str(await db.fetchval("SELECT role FROM staff WHERE id = $1", staff_id))


def test_every_permission_has_words() -> None:
    assert set(codes("permission")) == set(PERMISSIONS)
    assert set(codes("key_overlap")) == set(api_keys.OVERLAPS)


# --- staff ----------------------------------------------------------------------------------------


async def test_whoever_is_invited_chooses_a_password_once(browser: Browser, merchant: UUID, app: App) -> None:
    await enter_as_staff(browser, merchant, "owner")
    email = unique_email()
    assert (await invite(browser, email)).headers["location"] == f"{STAFF}?notice=invited"
    token = await newest_link(merchant)
    assert "Invited" in (await browser.get(STAFF)).text
    async with httpx.AsyncClient(transport=_transport(app), base_url="http://shop.test") as client:
        nora = Browser(client)
        for _ in range(2):
            assert "Nora" in (await nora.get("/staff/welcome", params={"token": token})).text
        assert (await nora.post("/staff/welcome", {"token": token, "password": "short"})).status_code == 422
        answer = await nora.post("/staff/welcome", {"token": token, "password": PASSWORD})
        assert (answer.status_code, answer.headers["location"]) == (303, "/staff")
        assert (await nora.get("/staff/account")).status_code == 200
        again = await nora.post("/staff/welcome", {"token": token, "password": "another long password"})
        assert "problem=staff_link_expired" in again.headers["location"]
    assert await staff.sign_in(email, PASSWORD, email, clock.now())
    async with db.transaction(merchant):
        [kept] = await db.fetch(
            "SELECT role, locale, goodwill_limit_points FROM staff WHERE email = $1", email
        )
    assert tuple(kept) == ("agent", "zh-Hant", 50)


async def test_a_link_is_for_once_for_three_days_and_for_the_newest_mail(
    browser: Browser, merchant: UUID
) -> None:
    await enter_as_staff(browser, merchant, "owner")
    staff_id, session = await hire(merchant)
    tokens = []
    for _ in range(2):
        assert (await post(browser, f"{STAFF}/{staff_id}/link")).status_code == 303
        tokens.append(await newest_link(merchant))
    late = clock.now() + staff_links.TTL
    for token, at in ((tokens[0], clock.now()), (tokens[1], late), ("made up", clock.now())):
        with pytest.raises(staff_links.LinkInvalid):
            await staff_links.use(token, PASSWORD, at)
    assert await sessions.find(session, clock.now()), "nothing was changed"
    outcomes = await asyncio.gather(
        *(staff_links.use(tokens[1], f"{PASSWORD} {n}", clock.now()) for n in range(4)),
        return_exceptions=True,
    )
    assert sum(isinstance(outcome, str) for outcome in outcomes) == 1
    assert await sessions.find(session, clock.now()) is None


async def test_a_new_password_voids_links_that_are_on_their_way(browser: Browser, merchant: UUID) -> None:
    """Whoever has got hold of an old mail does not get in after the owner of the account has acted."""
    await enter_as_staff(browser, merchant, "owner")
    staff_id, token = await hire(merchant)
    session = await sessions.find(token, clock.now())
    assert session
    async with db.transaction(merchant):
        email = await db.fetchval("SELECT email FROM staff WHERE id = $1", staff_id)

    async def by_themselves() -> None:
        await staff.change_password(session, PASSWORD, f"{PASSWORD} of my own", clock.now())

    async def by_the_operator() -> None:
        await staff.set_password(email, f"{PASSWORD} of the operator", clock.now())

    for change in (by_themselves, by_the_operator):
        assert (await post(browser, f"{STAFF}/{staff_id}/link")).status_code == 303
        link = await newest_link(merchant)
        async with db.transaction(merchant):
            await change()
        with pytest.raises(staff_links.LinkInvalid):
            await staff_links.use(link, f"{PASSWORD} of a thief", clock.now())


async def test_addresses_are_not_tried_out_by_inviting_them(
    browser: Browser, merchant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One address signs in to one shop, so an invitation tells whether it is anybody's at any shop."""
    monkeypatch.setattr(throttle, "INVITATIONS", throttle.Limit("invitation", 2, 60))
    await enter_as_staff(browser, merchant, "owner")
    staff_id, _ = await hire(merchant)
    assert [(await invite(browser, unique_email())).status_code for _ in range(3)] == [303, 303, 429]
    assert (await post(browser, f"{STAFF}/{staff_id}/link")).status_code == 429
    assert await rows(merchant, "staff") == 4 and await rows(merchant, "staff_links") == 2


async def test_a_link_does_not_go_round_the_second_factor(browser: Browser, merchant: UUID) -> None:
    staff_id, _ = await hire(merchant)
    async with db.transaction(merchant):
        await db.execute(
            "INSERT INTO staff_second_factors"
            " (staff_id, merchant_id, secret, last_step, tries_since, created_at)"
            " VALUES ($1, $2, '', 0, now(), now())",
            staff_id,
            merchant,
        )
        await staff_links.send(staff_id, clock.now())
    form = {"token": await newest_link(merchant), "password": PASSWORD}
    assert (await browser.post("/staff/welcome", form)).status_code == 303
    answer = await browser.get("/staff/account")
    assert answer.headers["location"].startswith("/staff/sign-in/code")


async def test_the_mail_with_the_link_can_be_read_by_nobody_else(browser: Browser, merchant: UUID) -> None:
    await enter_as_staff(browser, merchant, "owner")
    await invite(browser, unique_email())
    token = await newest_link(merchant)
    await enter_as_staff(browser, merchant, "community_manager")
    async with db.transaction(merchant):
        mail_id = (await mail.newest(1))[0].id
    for path in ("/staff/mails", f"/staff/mails/{mail_id}"):
        answer = await browser.get(path)
        assert answer.status_code == 200
        assert token not in answer.text


@pytest.mark.parametrize(
    "wrong",
    [{"email": "nobody"}, {"name": " "}, {"role": "king"}, {"points": "-1"}, {"locale": "fr"}],
    ids=str,
)
async def test_an_invitation_that_makes_no_sense_is_told_so(
    browser: Browser, merchant: UUID, wrong: dict[str, str]
) -> None:
    await enter_as_staff(browser, merchant, "owner")
    answer = await invite(browser, **({"email": unique_email()} | wrong))
    assert answer.status_code == 422
    assert 'class="alert problem"' in answer.text
    assert (await rows(merchant, "staff"), await rows(merchant, "mails")) == (1, 0)


async def test_an_address_that_is_taken_is_told_so(browser: Browser, merchant: UUID) -> None:
    await enter_as_staff(browser, merchant, "owner")
    email = unique_email()
    await invite(browser, email)
    assert (await invite(browser, email.upper())).status_code == 409
    assert (await rows(merchant, "staff"), await rows(merchant, "mails")) == (2, 1)


async def test_another_role_holds_at_once_and_is_signed_in_for_again(
    browser: Browser, merchant: UUID
) -> None:
    await enter_as_staff(browser, merchant, "owner")
    staff_id, session = await hire(merchant)
    await post(browser, f"{STAFF}/{staff_id}/change", role="agent", points="70")
    assert await sessions.find(session, clock.now()), "only the limit"
    answer = await post(browser, f"{STAFF}/{staff_id}/change", role="auditor", points="")
    assert answer.headers["location"] == f"{STAFF}?notice=changed"
    assert await role_of(merchant, staff_id) == "auditor"
    assert await sessions.find(session, clock.now()) is None


async def test_who_is_switched_off_is_out_until_switched_on(browser: Browser, merchant: UUID) -> None:
    await enter_as_staff(browser, merchant, "owner")
    staff_id, session = await hire(merchant)
    await post(browser, f"{STAFF}/{staff_id}/link")
    token = await newest_link(merchant)
    await post(browser, f"{STAFF}/{staff_id}/off")
    assert await sessions.find(session, clock.now()) is None
    with pytest.raises(staff_links.LinkInvalid):
        await staff_links.use(token, PASSWORD, clock.now())
    await post(browser, f"{STAFF}/{staff_id}/on")
    async with db.transaction(merchant):
        assert await staff.find(staff_id)
    assert await sessions.find(session, clock.now()) is None, "but the session stays ended"


async def test_a_shop_keeps_an_owner(browser: Browser, merchant: UUID) -> None:
    await enter_as_staff(browser, merchant, "owner")
    async with db.transaction(merchant):
        own = await db.fetchval("SELECT id FROM staff")
    for deed, fields in (("off", {}), ("change", {"role": "agent"})):
        assert (await post(browser, f"{STAFF}/{own}/{deed}", **fields)).status_code == 409
    assert await role_of(merchant, own) == "owner"
    assert (await browser.get(STAFF)).status_code == 200


async def test_of_two_owners_who_remove_each_other_one_stays(merchant: UUID) -> None:
    both = [(await hire(merchant, "owner"))[0] for _ in range(2)]

    async def remove(staff_id: UUID) -> None:
        async with db.transaction(merchant):
            await team.switch_off(staff_id, clock.now())

    outcomes = await asyncio.gather(*map(remove, both), return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["LastOwner", "NoneType"]


async def test_an_owner_resets_the_second_factor_of_others_only(browser: Browser, merchant: UUID) -> None:
    await enter_as_staff(browser, merchant, "owner")
    staff_id, session = await hire(merchant)
    async with db.transaction(merchant):
        own = await db.fetchval("SELECT id FROM staff WHERE role = 'owner'")
        for each in (own, staff_id):
            await db.execute(
                "INSERT INTO staff_second_factors"
                " (staff_id, merchant_id, secret, last_step, tries_since, created_at)"
                " VALUES ($1, $2, '', 0, now(), now())",
                each,
                merchant,
            )
            await second_factor.new_recovery_codes(each)
    assert (await post(browser, f"{STAFF}/{own}/reset")).status_code == 409
    assert await rows(merchant, "staff_second_factors") == 2
    assert (await post(browser, f"{STAFF}/{staff_id}/reset")).headers["location"] == f"{STAFF}?notice=reset"
    async with db.transaction(merchant):
        left = await db.fetch("SELECT DISTINCT staff_id FROM staff_recovery_codes")
    assert [row["staff_id"] for row in left] == [own]
    assert await rows(merchant, "staff_second_factors") == 1
    assert await sessions.find(session, clock.now()) is None


async def test_an_owner_can_require_a_second_factor_of_everybody(browser: Browser, merchant: UUID) -> None:
    await enter_as_staff(browser, merchant, "owner")
    await post(browser, f"{STAFF}/second-factor", required="on")
    answer = await browser.get(STAFF)
    assert answer.headers["location"] == "/staff/sign-in/enrol?next=%2Fstaff%2Faccess%2Fstaff"
    refused = await post(browser, f"{STAFF}/second-factor")
    assert refused.headers["location"] == "/staff/sign-in/enrol"
    async with db.transaction(merchant):
        assert await second_factor.required_of_all()


async def test_roles_are_a_table_that_everybody_of_the_staff_may_read(
    browser: Browser, merchant: UUID
) -> None:
    await enter_as_staff(browser, merchant, "agent")
    shown = (await browser.get("/staff/access/roles")).text
    assert shown.count("<tr>") == len(PERMISSIONS) + 1
    assert "Manage API keys" in shown
    assert (await browser.get(STAFF)).status_code == 403


# --- keys -----------------------------------------------------------------------------------------


async def test_a_key_is_shown_once_and_opens_what_was_ticked(browser: Browser, merchant: UUID) -> None:
    await enter_as_staff(browser, merchant, "owner")
    fields = {"name": "Till", "events:write": "on", "idempotency_key": str(new_id())}
    answer = await browser.post(f"{KEYS}/make", fields)
    [key] = re.findall(r"rk_[0-9a-f]{16}_[\w-]{43}", answer.text)
    found = await api_keys.find(key, clock.now())
    assert found and found.scopes == {"events:write"}
    # The same post again makes no other one, and shows none.
    again = await browser.post(f"{KEYS}/make", fields)
    assert (again.status_code, again.headers["location"]) == (303, f"{KEYS}?notice=made")
    assert key.split("_")[2] not in (await browser.get(KEYS)).text
    assert await rows(merchant, "api_keys") == 1
    async with db.transaction(merchant):
        kept = str(await db.fetch("SELECT body FROM idempotency_keys"))
    assert key.split("_")[2] not in kept


@pytest.mark.parametrize("wrong", [{"name": ""}, {"name": "x" * 101}, {"events:write": ""}], ids=str)
async def test_a_key_without_name_or_scope_is_not_made(
    browser: Browser, merchant: UUID, wrong: dict[str, str]
) -> None:
    await enter_as_staff(browser, merchant, "owner")
    answer = await post(browser, f"{KEYS}/make", **({"name": "Till", "events:write": "on"} | wrong))
    assert answer.status_code == 422
    assert await rows(merchant, "api_keys") == 0


async def test_a_key_is_replaced_without_a_gap(browser: Browser, merchant: UUID) -> None:
    await enter_as_staff(browser, merchant, "owner")
    old = (await new_key(merchant, "events:write", "members:read"))["authorization"].split()[1]
    async with db.transaction(merchant):
        [listed] = await api_keys.listed()
    answer = await post(browser, f"{KEYS}/{listed.id}/replace", overlap="hour")
    [new] = re.findall(r"rk_[0-9a-f]{16}_[\w-]{43}", answer.text)
    now = clock.now()
    both = [await api_keys.find(key, now) for key in (old, new)]
    assert both[0] and both[1] and both[0].scopes == both[1].scopes
    later = now + timedelta(hours=1)
    for look in (api_keys.find, api_keys.find_recent):
        assert await look(old, later) is None
        assert await look(new, later)
    # It is replaced once; twice would leave two keys that nobody knows of.
    assert (await post(browser, f"{KEYS}/{listed.id}/replace", overlap="hour")).status_code == 409
    assert await rows(merchant, "api_keys") == 2


async def test_a_key_is_revoked_at_once(browser: Browser, merchant: UUID) -> None:
    await enter_as_staff(browser, merchant, "owner")
    key = (await new_key(merchant, "events:write"))["authorization"].split()[1]
    assert await api_keys.find_recent(key, clock.now())
    async with db.transaction(merchant):
        [listed] = await api_keys.listed()
    assert (await post(browser, f"{KEYS}/{listed.id}/revoke")).headers["location"] == f"{KEYS}?notice=revoked"
    assert await api_keys.find_recent(key, clock.now()) is None
    assert form((await browser.get(KEYS)).text, f"{KEYS}/make")
    assert f"{listed.id}/revoke" not in (await browser.get(KEYS)).text


async def test_it_is_told_when_a_key_was_last_used(merchant: UUID) -> None:
    key = (await new_key(merchant, "events:write"))["authorization"].split()[1]
    now = clock.now()

    async def used() -> object:
        async with db.transaction(merchant):
            [listed] = await api_keys.listed()
        return listed.last_used_at

    assert await used() is None
    await api_keys.find(key, now)
    await api_keys.find(key, now + api_keys.USED_EVERY / 2)
    assert await used() == now, "not written for every request"
    await api_keys.find(key, now + api_keys.USED_EVERY)
    assert await used() == now + api_keys.USED_EVERY


async def test_a_wrong_secret_is_no_use_of_a_key(merchant: UUID) -> None:
    key = (await new_key(merchant, "events:write"))["authorization"].split()[1]
    assert await api_keys.find(key[:-1] + ("A" if key[-1] != "A" else "B"), clock.now()) is None
    async with db.transaction(merchant):
        [listed] = await api_keys.listed()
    assert listed.last_used_at is None


async def test_signing_in_by_a_link_makes_a_session_of_this_browser(browser: Browser, merchant: UUID) -> None:
    staff_id, _ = await hire(merchant)
    async with db.transaction(merchant):
        await staff_links.send(staff_id, clock.now())
    await browser.post("/staff/welcome", {"token": await newest_link(merchant), "password": PASSWORD})
    found = await sessions.find(browser.client.cookies[STAFF_SESSION], clock.now())
    assert found and found.staff_id == staff_id
