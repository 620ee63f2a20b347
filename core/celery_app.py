"""The Celery application: how ids of work travel through Valkey. See core.outbox for the work itself."""

import re
from dataclasses import dataclass
from typing import Any

from celery import Celery

from core.outbox.registry import QUEUES, Turn
from core.settings import settings

HANDLER_MODULES = (
    "core.mail.tasks",
    "core.notifications.tasks",
    "core.people.tasks",
    "loyalty.backtests.tasks",
    "core.webhooks.tasks",
    "loyalty.expiry.tasks",
    "loyalty.holds.tasks",
    "loyalty.rewards.tasks",
    "loyalty.tiers.tasks",
    "reviews.fraud.tasks",
    "reviews.intake.tasks",
    "reviews.moderation.tasks",
    "reviews.scoring.tasks",
    "reviews.versions.tasks",
    "reviews.search.tasks",
    "reviews.translating.tasks",
    "reviews.knowledge.tasks",
    "reviews.accounts.tasks",
    "reviews.cases.tasks",
    "reviews.cases.care.tasks",
    "reviews.files.tasks",
)
"""Modules that register outbox handlers and tasks. Named, not imported: core knows no package above it."""

PERIODIC_MODULES = (
    "core.purge",
    "loyalty.achievements.tasks",
    "loyalty.changes.tasks",
    "loyalty.earning.tasks",
    "loyalty.expiry.tasks",
    "loyalty.figures.tasks",
    "loyalty.holds.tasks",
    "loyalty.openings.tasks",
    "loyalty.rewards.tasks",
    "loyalty.settling.tasks",
    "loyalty.referrals.tasks",
    "reviews.invitations.tasks",
    "reviews.ratings.tasks",
    "reviews.surveys.tasks",
    "reviews.trends.tasks",
)
"""Modules with tasks of PERIODIC that handle no topic."""


@dataclass(frozen=True)
class Periodic:
    """A task that runs once in each stretch of `every_s` seconds, however many schedulers run."""

    name: str
    task: str
    every_s: int
    queue: str = "events"


PERIODIC: tuple[Periodic, ...] = (
    Periodic("purge", "core.purge", 3600),
    Periodic("notifications", "core.notifications", 60),
    Periodic("settling", "loyalty.settling", 600),
    Periodic("expiry", "loyalty.expiry", 600),
    Periodic("holds", "loyalty.holds", 30),
    Periodic("rewards", "loyalty.rewards", 30),
    Periodic("tiers", "loyalty.tiers", 60),
    Periodic("changes", "loyalty.changes", 60),
    Periodic("birthdays", "loyalty.birthdays", 3600),
    Periodic("achievements", "loyalty.achievements", 600),
    Periodic("referrals", "loyalty.referrals", 600),
    Periodic("figures", "loyalty.figures", 3600),
    Periodic("openings", "loyalty.openings", 3600),
    Periodic("clocks", "reviews.cases.sweep", 30),
    Periodic("patrol", "reviews.cases.patrol", 900),
    Periodic("trends", "reviews.trends", 1800),
    Periodic("care", "reviews.cases.care", 60),
    Periodic("files", "reviews.files.tidy", 3600),
    Periodic("late orders", "reviews.intake.prove_late", 3600),
    Periodic("invitations", "reviews.invitations", 60),
    Periodic("surveys", "reviews.surveys", 300),
    Periodic("traces", "reviews.fraud.purge", 3600),
    Periodic("ratings", "reviews.ratings.fold", 10),
    Periodic("sources", "reviews.accounts.read", 15),
    Periodic("knowledge", "reviews.knowledge.refresh", 600, queue="scoring"),
    Periodic("embeddings", "reviews.scoring.refresh", 600, queue="scoring"),
)
"""Packages add a line each; the task is the name of a shared_task in one of the modules above."""

TASK_TIME_LIMIT_S = 300
"""A child that takes longer is killed; its message is delivered again."""


def _configuration() -> dict[str, Any]:
    """Read when first needed, not when this module is imported."""
    return {
        "broker_url": broker_url(settings().valkey_url),
        "broker_transport": "core.transport:Transport",
        # Valkey may be away for as long as it takes.
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "broker_transport_options": {
            # Longer than any task may take; the outbox sends lost rows again much sooner.
            "visibility_timeout": 2 * TASK_TIME_LIMIT_S,
            # Look for what dead workers held every 2 s, not every 100 s.
            "unacked_restore_interval": 2,
            "unacked_restore_throttle": 1,
            # Each queue is a list for each turn; workers read the lists in this order.
            "priority_steps": [int(turn) for turn in Turn],
            "socket_connect_timeout": 5,
            "socket_timeout": 10,
            "socket_keepalive": True,
        },
        "accept_content": ["json"],
        "task_serializer": "json",
        "task_ignore_result": True,
        "task_queues": {name: {} for name in QUEUES},
        "task_default_queue": QUEUES[0],
        "task_create_missing_queues": False,
        "task_time_limit": TASK_TIME_LIMIT_S,
        "worker_prefetch_multiplier": 1,
        "worker_redirect_stdouts": False,
        "worker_proc_alive_timeout": 30,
        # In KB.
        "worker_max_memory_per_child": settings().worker_memory_limit_mb * 1_000,
    }


def broker_url(valkey_url: str) -> str:
    """The address as Celery spells it: valkey:// and redis:// are one protocol."""
    return re.sub("^valkey", "redis", valkey_url)


app = Celery("regulars", include=["core.outbox.tasks", *PERIODIC_MODULES, *HANDLER_MODULES])
app.add_defaults(_configuration)
