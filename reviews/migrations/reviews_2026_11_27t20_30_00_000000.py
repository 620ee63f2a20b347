from pathlib import Path

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from core.migrate import run_sql

ID = "2026-11-27T20:30:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "reviews in a staff member's language"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="reviews", description=DESCRIPTION)
    manager.add_raw(run_sql(Path(__file__).with_name("0062_translations.sql")))
    manager.add_raw_backwards(run_sql(Path(__file__).with_name("0062_translations.down.sql")))
    return manager
