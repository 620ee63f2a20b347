"""Kombu's transport for Valkey, made to survive that Valkey goes away."""

from typing import Any

import structlog
from kombu.transport import redis

log = structlog.get_logger(__name__)


class QoS(redis.QoS):
    """Knows which messages this worker holds."""

    def restore_unacked_once(self, stderr: Any = None) -> None:
        """Hand messages back when a channel closes, if that can be done.

        When the connection is lost, kombu tries this on a channel without a connection, and the error
        (any sort, an AttributeError too) would end the worker. Nothing depends on it: the outbox sends
        these rows again when their lease ends.
        """
        try:
            super().restore_unacked_once(stderr)  # type: ignore[no-untyped-call]
        except Exception as error:
            log.warning("messages could not be handed back", messages=len(self._delivered), error=repr(error))
            self._delivered.clear()


class Channel(redis.Channel):
    """A channel of this transport."""

    QoS = QoS


class Transport(redis.Transport):
    """Named by `broker_transport` of core.celery_app."""

    Channel = Channel
