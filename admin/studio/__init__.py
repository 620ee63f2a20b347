"""The marketer's studio. `router` is what the application is composed of."""

from litestar import Router

from admin.studio import (
    achievements,
    adjustments,
    campaigns,
    changes,
    compliance,
    dashboards,
    goals,
    handlers,
    imports,
    liability,
    members,
    openings,
    referrals,
    rewards,
    rules,
    segments,
    simulator,
    sources,
    tiers,
    wallets,
)

router = Router(
    "/staff/studio",
    route_handlers=[
        *handlers.handlers,
        *dashboards.handlers,
        *goals.handlers,
        *members.handlers,
        *rules.handlers,
        *segments.handlers,
        *simulator.handlers,
        *campaigns.handlers,
        *tiers.handlers,
        *changes.handlers,
        *rewards.handlers,
        *wallets.handlers,
        *achievements.handlers,
        *referrals.handlers,
        *sources.handlers,
        *adjustments.handlers,
        *compliance.handlers,
        *liability.handlers,
        *imports.handlers,
        *openings.handlers,
    ],
    include_in_schema=False,
)
