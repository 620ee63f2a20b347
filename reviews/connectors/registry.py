"""Every source with a connector. A new one is a module and a line here."""

from core.errors import NotFound
from reviews.connectors.app_store import AppStore
from reviews.connectors.google import Google
from reviews.connectors.model import About, Connector
from reviews.connectors.trustpilot import Trustpilot
from reviews.connectors.woocommerce import WooCommerce

CONNECTORS: tuple[type[Connector], ...] = (Google, Trustpilot, WooCommerce, AppStore)

_BY_SOURCE = {each.about.source.code: each for each in CONNECTORS}


def connector_of(source: str) -> type[Connector]:
    """The connector of a source. Raises NotFound."""
    if source not in _BY_SOURCE:
        raise NotFound(f"no source {source!r} can be connected; there are: {', '.join(_BY_SOURCE)}")
    return _BY_SOURCE[source]


def about(source: str) -> About:
    """What is known of a source. Raises NotFound."""
    return connector_of(source).about


def is_connectable(source: str) -> bool:
    """Whether there is a connector for this source."""
    return source in _BY_SOURCE
