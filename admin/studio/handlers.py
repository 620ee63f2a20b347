"""The studio's pages: figures, the tier draft with its preview, publishing."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromQuery, URLEncodedBody

from admin.studio import present
from api.auth import StaffUser, requires_permission
from api.forms import once_to
from api.pages import locale_of, page, see_other
from api.problems import RequestRefused
from core import clock, db
from core.ids import new_id
from loyalty.ledger import queries as ledger
from loyalty.programme import service as programme
from loyalty.programme.service import ProgrammeMissing, Version
from loyalty.tiers import service as tiers
from loyalty.tiers.rules import Tier, TierSet, TiersInvalid
from loyalty.tiers.service import PreviewStale

Staff = Request[StaffUser, Any, Any]

OVERVIEW = "/staff/studio"
DRAFT = "/staff/studio/tiers"


@get("/", guards=[requires_permission("studio.read")])
async def overview(request: Staff, published: FromQuery[int | None] = None) -> Response[Any]:
    """Points as a liability, members by tier, and the versions of the terms."""
    now, locale, user = clock.now(), locale_of(request), request.user
    period = timedelta(days=present.PERIOD_DAYS)
    async with db.transaction(user.merchant_id):
        versions = await programme.versions()
        live = next((version for version in versions if version.state == "published"), None)
        view = present.studio(
            user.shop.name(locale),
            user.shop.currency,
            live,
            await ledger.totals(now + period),
            await ledger.flow(now - period),
            await tiers.counts(),
            versions,
            await programme.authors(),
            live is not None and _may_publish(user),
            locale,
        )
    new = live is not None and live.number == published
    said = [present.published_notice(live, locale)] if live and new else []
    return page(request, "staff/studio.html", view, section="studio", notices=said, now=now)


@get("/tiers", guards=[requires_permission("studio.read")])
async def tier_draft(request: Staff) -> Response[Any]:
    """The thresholds and who would move; htmx gets the preview alone."""
    now, locale, user = clock.now(), locale_of(request), request.user
    fields = {name: str(value) for name, value in request.query_params.items()}
    async with db.transaction(user.merchant_id):
        try:
            live = await programme.live()
        except ProgrammeMissing:
            return see_other(OVERVIEW)
        made = present.draft(live.tiers, fields, locale)
        preview = await tiers.preview(_tier_set(live, made.tiers), now) if made.previewable else None
    key = str(new_id()) if preview and _may_publish(user) else ""
    view = present.tier_draft(made, live, preview, key, "conflict" in fields, locale)
    template = "staff/tier_preview.html" if "hx-request" in request.headers else "staff/tier_draft.html"
    return page(request, template, view, section="studio", now=now)


@post("/tiers/publish", guards=[requires_permission("studio.publish")], status_code=303)
async def publish(request: Staff, data: URLEncodedBody[dict[str, str]]) -> Response[Any]:
    """Move exactly the previewed members, or show who would move by now and change nothing."""
    key = data.get("idempotency_key", "")
    if not 1 <= len(key) <= 255:
        raise RequestRefused("invalid_request", "The form is not right", "idempotency_key", status=422)
    now, user = clock.now(), request.user
    thresholds = {name: value for name, value in data.items() if name.startswith("threshold_")}

    async def effect() -> str:
        live = await programme.live()
        wanted = _tier_set(live, _wanted(live, thresholds))
        as_of = _moment(data.get("as_of", ""))
        made = await tiers.publish(wanted, data.get("fingerprint", ""), as_of, user.member.id, now)
        return f"{OVERVIEW}?published={made.number}"

    said = {name: value for name, value in data.items() if name not in ("csrf_token", "idempotency_key")}
    try:
        return await once_to(request, key, said, effect, now)
    except PreviewStale:
        return see_other(f"{DRAFT}?{urlencode({**thresholds, 'conflict': '1'})}")
    except TiersInvalid:
        return see_other(f"{DRAFT}?{urlencode(thresholds)}")


handlers = [overview, tier_draft, publish]


def _may_publish(user: StaffUser) -> bool:
    return "studio.publish" in user.permissions


def _tier_set(live: Version, wanted: tuple[Tier, ...]) -> TierSet:
    return msgspec.structs.replace(live.primary, tiers=wanted)


def _wanted(live: Version, thresholds: dict[str, str]) -> tuple[Tier, ...]:
    """The tiers that the form asks for. Raises TiersInvalid."""
    made = present.draft(live.tiers, thresholds, "en")
    if made.problems:
        raise TiersInvalid(" ".join(made.problems.values()))
    return made.tiers


def _moment(text: str) -> datetime:
    """When the preview was made. Raises PreviewStale for what is no such moment."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise PreviewStale("the form does not say when its preview was made") from None
    if moment.tzinfo is None:
        raise PreviewStale("the preview's time has no time zone")
    return moment
