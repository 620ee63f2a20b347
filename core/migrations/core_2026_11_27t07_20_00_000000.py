from pathlib import Path

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from core.migrate import run_sql

ID = "2026-11-27T07:20:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "sessions that can be listed, a second factor for staff"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="core", description=DESCRIPTION)
    manager.add_raw(run_sql(Path(__file__).with_name("0020_sessions.sql")))
    return manager
