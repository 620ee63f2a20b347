"""What somebody types that fits no rule, segment or reward is said at its field, in their language."""

import pytest

from admin import studio
from api.app import App, create_app
from core.embedded import Services
from core.ids import new_id
from tests.http.conftest import Browser, rows
from tests.http.shop import Shop, enter_as_staff, speak

STUDIO = "/staff/studio"
RULE = {"code": "r", "trigger": "order", "effect": "fixed", "number": "5", "wallet:points": "on"}
SEGMENT = {"code": "s", "name": "S"}
REWARD = {"code": "w", "kind": "percent_off", "name_en": "W", "cost_points": "9", "percent": "9"}
PRODUCT = REWARD | {"kind": "product", "sku": "A", "quantity": "1"}

AT_MOST = "请输入整数，最大 {}。"
AT_LEAST = "请输入不小于 {} 的整数。"
LONG = "超出长度：最多{}个字符。"
EVENT = "请输入小写字母、点或下划线，例如 {}。"
WRONG = [
    ("rules", RULE, "priority", "5000", AT_MOST.format("1,000")),
    ("rules", RULE, "number", "2000000000", AT_MOST.format("1,000,000,000")),
    ("rules", RULE | {"effect": "multiply"}, "number", "101", AT_MOST.format("100")),
    ("rules", RULE | {"effect": "multiply"}, "number", "1", AT_LEAST.format("2")),
    ("rules", RULE | {"effect": "percent"}, "number", "9901", AT_MOST.format("9,900")),
    ("rules", RULE | {"effect": "per_amount"}, "number", "100001", AT_MOST.format("100,000")),
    ("rules", RULE, "limit_times", "1000001", AT_MOST.format("1,000,000")),
    ("rules", RULE, "limit_points", "1000000001", AT_MOST.format("1,000,000,000")),
    ("rules", RULE, "until_hour", "25", AT_MOST.format("24")),
    ("rules", RULE, "member_days", "1000001", AT_MOST.format("1,000,000")),
    ("rules", RULE, "quantity", "1000001", AT_MOST.format("1,000,000")),
    ("rules", RULE, "exclusive_group", "g" * 101, LONG.format("100")),
    ("rules", RULE | {"trigger": "custom_event"}, "event", "Cart Abandoned", EVENT.format("cart_abandoned")),
    ("rules", RULE | {"field_is": "x"}, "field", "Plan B", "请输入小写字母、数字或下划线，例如 plan。"),
    ("rules", RULE | {"field": "plan"}, "field_is", "x" * 201, LONG.format("200")),
    ("rules", RULE, "channels", "x" * 201, "最多 200 项，每项不超过 200 个字符。"),
    ("campaigns", RULE, "priority", "5000", AT_MOST.format("1,000")),
    ("segments", SEGMENT, "countries", "Taiwan", "请输入两个字母的代码，用逗号分隔，例如 GB, TW。"),
    ("segments", SEGMENT, "any1.countries", "Taiwan", "请输入两个字母的代码，用逗号分隔，例如 GB, TW。"),
    ("segments", SEGMENT, "event", "Cart Abandoned", EVENT.format("custom.cart_abandoned")),
    ("segments", SEGMENT, "discount_least", "150", AT_MOST.format("100")),
    ("segments", SEGMENT | {"discount_least": "5"}, "discount_orders", "1001", AT_MOST.format("1,000")),
    ("segments", SEGMENT | {"orders_least": "5"}, "orders_days", "36501", AT_MOST.format("36,500")),
    ("segments", SEGMENT, "joined_below", "1000001", AT_MOST.format("1,000,000")),
    ("segments", SEGMENT, "tags", "x" * 201, "最多 200 项，每项不超过 200 个字符。"),
    ("rewards", REWARD, "percent", "150", AT_MOST.format("100")),
    ("rewards", REWARD, "valid_days", "3661", AT_MOST.format("3,660")),
    ("rewards", REWARD, "limit_member", "1000001", AT_MOST.format("1,000,000")),
    ("rewards", REWARD, "limit_times", "1000001", AT_MOST.format("1,000,000")),
    ("rewards", REWARD, "stock", "3000000000", AT_MOST.format("999,999,999")),
    ("rewards", REWARD, "name_en", "x" * 201, LONG.format("200")),
    ("rewards", REWARD, "description_en", "x" * 2001, LONG.format("2000")),
    ("rewards", PRODUCT, "quantity", "1001", AT_MOST.format("1,000")),
    ("rewards", PRODUCT, "sku", "x" * 201, LONG.format("200")),
    # Of what no control offers it is only said that it does not fit.
    ("rules", RULE, "wallet:" + "x" * 201, "on", "有内容不符。"),
    ("segments", SEGMENT, "store:" + "x" * 201, "on", "有内容不符。"),
    ("rewards", REWARD, "pool", "none", "没有这个券码池。"),
]


@pytest.fixture(scope="module")
def app(database: Services) -> App:
    return create_app(studio.router)


@pytest.mark.parametrize(
    ("place", "fields", "field", "typed", "said"),
    WRONG,
    ids=[f"{n}-{place}-{field[:20]}" for n, (place, _, field, _, _) in enumerate(WRONG)],
)
async def test_what_does_not_fit_is_said_in_words(
    browser: Browser, shop: Shop, place: str, fields: dict[str, str], field: str, typed: str, said: str
) -> None:
    await enter_as_staff(browser, shop.merchant, "marketer")
    speak(browser, "zh-Hans")
    path, kept = f"{STUDIO}/{place}", {"rules": "earning_rules"}.get(place, place)
    before = await rows(shop.merchant, kept)
    sent = fields | {field: typed, "idempotency_key": str(new_id())}
    answer = await browser.post(f"{path}/new", sent, path)
    assert answer.status_code == 422 and said in answer.text
    assert "Expected `" not in answer.text and "- at `$" not in answer.text
    assert await rows(shop.merchant, kept) == before
