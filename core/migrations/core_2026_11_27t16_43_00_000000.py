from pathlib import Path

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from core.migrate import run_sql

ID = "2026-11-27T16:43:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "a figure that nobody asks for"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="core", description=DESCRIPTION)
    manager.add_raw(run_sql(Path(__file__).with_name("0043_unused_lag.sql")))
    manager.add_raw_backwards(run_sql(Path(__file__).with_name("0043_unused_lag.down.sql")))
    return manager
