"""The second factor of staff: each code once, few tries, sealed at rest."""

import asyncio
import base64
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pyotp
import pytest

from core import db
from core.people import second_factor, staff
from core.people.devices import device
from core.people.second_factor import CodeWrong
from core.people.throttle import TooManyAttempts
from tests.conftest import new_merchant

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
STEP = timedelta(seconds=second_factor.STEP_S)


class Person:
    """Somebody of the staff with an authenticator."""

    def __init__(self, merchant: UUID, id: UUID) -> None:
        self.merchant, self.id, self.secret = merchant, id, ""

    def shows(self, at: datetime) -> str:
        return pyotp.TOTP(self.secret).at(at)

    async def set_up(self, now: datetime = NOW) -> list[str]:
        drafted = second_factor.draft(self.id, "mina@example.test", "Shop")
        self.secret = drafted.secret.replace("-", "")
        async with db.transaction(self.merchant):
            return list(await second_factor.set_up(drafted.sealed, self.shows(now), self.id, now))

    async def prove(self, code: str, now: datetime) -> None:
        await second_factor.prove(code, self.merchant, self.id, now)


async def hire(merchant: UUID) -> Person:
    async with db.transaction(merchant):
        email = f"{merchant.hex}@example.test"
        return Person(merchant, await staff.create(email, "Mina", "agent", "a good long password", NOW))


@pytest.fixture
async def person(merchant: UUID) -> Person:
    return await hire(merchant)


async def test_what_the_qr_code_says_is_what_authenticators_expect(person: Person) -> None:
    drafted = second_factor.draft(person.id, "mina@example.test", "Juniper & Moon")
    read = pyotp.parse_uri(drafted.address)
    assert isinstance(read, pyotp.TOTP)
    assert (read.name, read.issuer, read.interval, read.digits) == (
        "mina@example.test",
        "Juniper & Moon",
        30,
        6,
    )
    assert read.secret == drafted.secret.replace("-", "")
    assert len(base64.b32decode(read.secret)) >= 16
    again = second_factor.drafted(drafted.sealed, person.id, "mina@example.test", "Juniper & Moon")
    assert again.secret == drafted.secret


async def test_nothing_is_set_up_by_a_wrong_code_or_with_a_secret_of_somebody_else(person: Person) -> None:
    other = await hire(await new_merchant())
    drafted = second_factor.draft(other.id, "x@example.test", "Shop")
    code = pyotp.TOTP(drafted.secret.replace("-", "")).at(NOW)
    own = second_factor.draft(person.id, "x@example.test", "Shop").sealed
    for sealed, given_code in ((drafted.sealed, code), (own, "000000"), ("no", code), ("é", code)):
        async with db.transaction(person.merchant):
            with pytest.raises(CodeWrong):
                await second_factor.set_up(sealed, given_code, person.id, NOW)
    async with db.transaction(person.merchant):
        found = await staff.find(person.id)
    assert found is not None and not found.has_second_factor


async def test_the_secret_is_sealed_and_recovery_codes_are_digests(person: Person) -> None:
    codes = await person.set_up()
    async with db.transaction(person.merchant):
        kept = str(await db.fetch("SELECT * FROM staff_second_factors"))
        kept += str(await db.fetch("SELECT * FROM staff_recovery_codes"))
    assert person.secret not in kept
    assert not [code for code in codes if code in kept or code.replace("-", "") in kept]
    assert len(set(codes)) == second_factor.RECOVERY_CODES
    assert all(len(base64.b32decode(code.replace("-", ""))) * 8 >= 112 for code in codes)


async def test_a_code_counts_once_even_when_it_comes_many_times_at_once(person: Person) -> None:
    await person.set_up(NOW - 4 * STEP)
    code = person.shows(NOW)
    outcomes = await asyncio.gather(*(person.prove(code, NOW) for _ in range(5)), return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["CodeWrong"] * 4 + ["NoneType"]
    # Nor again within the window in which it would still fit, nor one from before it.
    for replayed, at in ((code, NOW + STEP), (person.shows(NOW - STEP), NOW)):
        with pytest.raises(CodeWrong):
            await person.prove(replayed, at)
    await person.prove(person.shows(NOW + STEP), NOW + STEP)


async def test_the_code_that_set_it_up_opens_nothing(person: Person) -> None:
    await person.set_up()
    with pytest.raises(CodeWrong):
        await person.prove(person.shows(NOW), NOW)


@pytest.mark.parametrize("off", range(-5, 6))
def test_a_clock_may_be_off_by_one_step(off: int) -> None:
    secret = "JBSWY3DPEHPK3PXP" * 2
    step = second_factor._step_of(secret, pyotp.TOTP(secret).at(NOW + off * STEP), NOW)
    this = int(NOW.timestamp()) // second_factor.STEP_S
    assert step == (this + off if abs(off) <= second_factor.CLOCKS_APART_STEPS else None)


async def test_a_recovery_code_works_once_however_it_is_typed(person: Person) -> None:
    first, second, *_ = await person.set_up()
    await person.prove(first.lower().replace("-", " "), NOW)
    with pytest.raises(CodeWrong):
        await person.prove(first, NOW)
    async with db.transaction(person.merchant):
        assert await second_factor.recovery_codes_left(person.id) == second_factor.RECOVERY_CODES - 1
        await second_factor.new_recovery_codes(person.id)
    with pytest.raises(CodeWrong):
        await person.prove(second, NOW)


async def test_tries_are_few_and_a_right_code_does_not_help_then(person: Person) -> None:
    codes = await person.set_up(NOW - 10 * STEP)
    for _ in range(second_factor.TRIES):
        with pytest.raises(CodeWrong):
            await person.prove("000000", NOW)
    for code in (person.shows(NOW), codes[0]):
        with pytest.raises(TooManyAttempts) as refused:
            await person.prove(code, NOW)
        assert 0 < refused.value.extra["retry_after_s"] <= second_factor.TRIES_WINDOW.total_seconds()
    later = NOW + second_factor.TRIES_WINDOW
    await person.prove(person.shows(later), later)
    # A success starts the counting anew.
    for _ in range(second_factor.TRIES):
        with pytest.raises(CodeWrong):
            await person.prove("000000", later)


async def test_a_code_of_one_person_is_none_of_another(person: Person) -> None:
    other = await hire(await new_merchant())
    codes = await person.set_up()
    await other.set_up()
    with pytest.raises(CodeWrong):
        await other.prove(codes[0], NOW)
    await person.prove(codes[0], NOW)


@pytest.mark.parametrize(
    ("agent", "said"),
    [
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "Firefox · Windows",
        ),
        (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140",
            "Edge · Linux",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1",
            "Safari · iOS",
        ),
        (
            "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36",
            "Chrome · Android",
        ),
        ("curl/8.0", ""),
        ("", ""),
    ],
)
def test_a_browser_is_named_as_people_know_it(agent: str, said: str) -> None:
    assert device(agent) == said
