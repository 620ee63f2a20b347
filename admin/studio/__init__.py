"""The marketer's studio. `router` is what the application is composed of."""

from litestar import Router

from admin.studio import achievements, campaigns, handlers, referrals, rewards, rules, tiers, wallets

router = Router(
    "/staff/studio",
    route_handlers=[
        *handlers.handlers,
        *rules.handlers,
        *campaigns.handlers,
        *tiers.handlers,
        *rewards.handlers,
        *wallets.handlers,
        *achievements.handlers,
        *referrals.handlers,
    ],
    include_in_schema=False,
)
