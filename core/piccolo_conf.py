"""Piccolo's configuration: which packages have migrations. Their order is their dependency."""

from piccolo.conf.apps import AppRegistry

from core.db import DB as DB

APP_REGISTRY = AppRegistry(apps=["core.piccolo_app", "loyalty.piccolo_app", "reviews.piccolo_app"])
