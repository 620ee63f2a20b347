from pathlib import Path

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from core.migrate import run_sql

ID = "2026-11-27T09:40:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "whose pages hand customers over; ended sessions go"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="core", description=DESCRIPTION)
    manager.add_raw(run_sql(Path(__file__).with_name("0040_handoff_sites.sql")))
    manager.add_raw_backwards(run_sql(Path(__file__).with_name("0040_handoff_sites.down.sql")))
    return manager
