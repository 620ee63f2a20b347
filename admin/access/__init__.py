"""Who gets in, and how. `router` is what the application is composed of."""

from litestar import Router

from admin.access import account, company, keys, people, shop_keys

router = Router(
    "/staff",
    route_handlers=[
        *account.handlers,
        *people.handlers,
        *keys.handlers,
        *shop_keys.handlers,
        *company.handlers,
    ],
    include_in_schema=False,
)
