"""The tables of docs/integration.md: ``python -m tests.http.webhook_types`` writes them."""

import re
from pathlib import Path

from api import limits
from core.settings import Settings
from core.webhooks import catalogue, endpoints

PAGE = Path(__file__).parents[2] / "docs" / "integration.md"


def types() -> str:
    """What can be told, as the catalogue has it."""
    rows = [f"| `{each.code}` | {each.says} |\n" for each in catalogue.all_types().values()]
    return "".join(["| type | what has happened |\n", "|---|---|\n", *rows])


def numbers() -> str:
    """What a program may ask, as the code has it."""
    fields = Settings.model_fields
    said = {
        "requests of one key in a minute": f"{fields['api_requests_per_minute'].default:,}"
        " (`REGULARS_API_REQUESTS_PER_MINUTE`)",
        "bytes of a body": f"{fields['request_body_limit_bytes'].default:,}"
        " (`REGULARS_REQUEST_BODY_LIMIT_BYTES`)",
        "brackets deep, JSON": str(limits.JSON_DEPTH),
        "seconds until an answer begins": f"{limits.REQUEST_TIME_S:.0f}",
        "webhook endpoints": str(endpoints.LIMIT),
    }
    rows = [f"| {what} | {number} |\n" for what, number in said.items()]
    return "".join(["| at most | |\n", "|---|---|\n", *rows])


def written(text: str) -> str:
    """The page with today's tables."""
    for name, table in (("types", types()), ("limits", numbers())):
        place = re.compile(rf"(<!-- {name}: [^\n]*-->\n).*?(<!-- end of {name} -->)", re.DOTALL)
        text = place.sub(lambda found, table=table: f"{found[1]}\n{table}\n{found[2]}", text)  # type: ignore[misc]
    return text


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text("utf-8")), "utf-8")
