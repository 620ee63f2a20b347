"""The whole installation as one ASGI application, and the server that answers for it."""

import gc

from granian import Granian
from granian.constants import Interfaces, Loops

from admin import access, backoffice, home, inbox, moderation, operations, studio
from admin.demo import page as demo
from admin.demo import storefront
from api import portal, public
from api.app import App, create_app
from api.v1.achievements import v1_achievements
from api.v1.adjustments import v1_adjustments
from api.v1.articles import get_answers, v1_articles
from api.v1.audit import v1_audit
from api.v1.balances import v1_balances
from api.v1.campaigns import v1_campaigns, v1_segments
from api.v1.case_reports import get_case_report
from api.v1.case_settings import v1_case_settings
from api.v1.cases import v1_cases
from api.v1.chains import v1_chains
from api.v1.corrections import post_correction
from api.v1.earns import v1_earns
from api.v1.holds import v1_holds
from api.v1.households import v1_households
from api.v1.liability import v1_liability
from api.v1.members import v1_members
from api.v1.merges import v1_merges
from api.v1.openings import v1_openings
from api.v1.pending import v1_pending
from api.v1.people import v1_people
from api.v1.pools import v1_pools
from api.v1.publishing import v1_publishing
from api.v1.ratings import v1_ratings
from api.v1.referrals import v1_referrals
from api.v1.remedies import v1_remedies
from api.v1.review_accounts import v1_review_accounts
from api.v1.review_search import v1_review_search
from api.v1.reviews import v1_reviews
from api.v1.rewards import v1_rewards
from api.v1.rules import v1_rule_settings, v1_rules
from api.v1.tags import v1_tags
from api.v1.templates import v1_templates
from api.v1.tiers import v1_member_tiers, v1_tiers
from api.v1.transfers import v1_transfers
from api.v1.trends import list_trends
from api.v1.wallets import v1_wallets
from api.v1.webhooks import v1_webhooks
from core import logs
from core.settings import Settings, settings
from core.telemetry import shelf, traces

V1 = (
    v1_members,
    v1_people,
    v1_audit,
    v1_earns,
    v1_openings,
    v1_pending,
    v1_balances,
    v1_merges,
    v1_tags,
    v1_transfers,
    v1_chains,
    v1_adjustments,
    v1_liability,
    v1_households,
    v1_achievements,
    v1_referrals,
    v1_rewards,
    v1_pools,
    v1_holds,
    v1_reviews,
    list_trends,
    get_case_report,
    post_correction,
    v1_review_search,
    v1_review_accounts,
    v1_articles,
    get_answers,
    v1_cases,
    v1_case_settings,
    v1_remedies,
    v1_templates,
    v1_publishing,
    v1_ratings,
    v1_campaigns,
    v1_rule_settings,
    v1_rules,
    v1_segments,
    v1_wallets,
    v1_tiers,
    v1_member_tiers,
    v1_webhooks,
)
"""What /v1 has besides events, one router a noun."""


def create() -> App:
    """The application with all its pages; granian calls this in each of its processes."""
    logs.configure(settings().log_level, settings().log_format)
    shelf.join()
    traces.begin("api")
    pages = [
        home.router,
        public.router,
        public.pages,
        portal.router,
        inbox.router,
        moderation.router,
        studio.router,
        operations.router,
        backoffice.router,
        access.router,
    ]
    if settings().demo:
        pages += [demo.router, storefront.router]
    app = create_app(*pages, v1=V1)
    app.state["demo"] = settings().demo
    app.state["mails_href"] = "/staff/mails" if settings().demo else ""
    # What is made so far stays. To look through it for garbage again and again takes a tenth of a request.
    gc.collect()
    gc.freeze()
    return app


STOPS_WITHIN_S = 20
"""After that a process is killed that still answers somebody. compose.yaml kills everything after 30."""


def serve(installed: Settings, workers: int, application: str = "admin.serve:create") -> None:
    """Answer until TERM or INT."""
    shelf.begin("api")
    server = Granian(
        application,
        address=installed.host,
        port=installed.port,
        interface=Interfaces.ASGI,
        factory=True,
        workers=workers,
        loop=Loops.uvloop,
        log_enabled=False,
        respawn_failed_workers=True,
        workers_kill_timeout=STOPS_WITHIN_S,
    )
    server.serve()
