"""Staff sign in with an account of their company: to the provider, and back."""

from typing import Any

import structlog
from litestar import Response, Router, get
from litestar.params import FromQuery

from api.cookies import STAFF_SESSION, given, gone, own_cookie
from api.entry.signin import STAFF_HOME, Visitor, address_of, device_of, signed_in
from api.pages import safe_path, see_other
from core import clock
from core.people import throttle
from core.people.company import service
from core.people.company.errors import CompanyRefused, CompanyUnavailable, CompanyUnknown

log = structlog.get_logger(__name__)

STATE = "regulars_company"
PATH = "/staff/sign-in/company"


@get(PATH)
async def leave(request: Visitor, shop: FromQuery[str] = "", next: FromQuery[str] = "") -> Response[Any]:
    """To the provider of a shop; what cannot be is said on the page for signing in."""
    try:
        await throttle.attempt((throttle.PER_ADDRESS, address_of(request)))
        leaving = await service.leave(shop.strip().lower(), safe_path(next, STAFF_HOME), clock.now())
    except throttle.TooManyAttempts:
        return _no("too_many")
    except CompanyUnknown:
        return _no("company_unknown")
    except CompanyUnavailable as error:
        log.warning("company_sign_in_unavailable", reason=error.detail)
        return _no("company_unavailable")
    answer = see_other(leaving.address)
    answer.cookies = [own_cookie(STATE, leaving.state, int(service.FLOW_TTL.total_seconds()))]
    return answer


@get(service.BACK_PATH)
async def back(request: Visitor, code: FromQuery[str] = "") -> Response[Any]:
    """From the provider, with a code or with an error; why nobody gets in is in the log alone."""
    # `state` is a word that Litestar keeps for itself.
    state, kept = request.query_params.get("state", ""), given(request, STATE)
    try:
        entered = await service.enter(state, kept, code, clock.now(), device_of(request))
    except CompanyRefused as error:
        log.warning("company_sign_in_refused", reason=error.detail)
        return _no("company_refused")
    except CompanyUnavailable as error:
        log.warning("company_sign_in_unavailable", reason=error.detail)
        return _no("company_unavailable")
    answer = await signed_in(request, STAFF_SESSION, entered.token, safe_path(entered.next_path, STAFF_HOME))
    answer.cookies = [*answer.cookies, gone(STATE)]
    return answer


router = Router("/", route_handlers=[leave, back], include_in_schema=False)


def _no(problem: str) -> Response[Any]:
    answer = see_other(f"/staff/sign-in?problem={problem}")
    answer.cookies = [gone(STATE)]
    return answer
