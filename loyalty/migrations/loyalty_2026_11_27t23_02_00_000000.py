from pathlib import Path

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from core.migrate import run_sql

ID = "2026-11-27T23:02:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "files of opening balances"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="loyalty", description=DESCRIPTION)
    manager.add_raw(run_sql(Path(__file__).with_name("0069_opening_imports.sql")))
    manager.add_raw_backwards(run_sql(Path(__file__).with_name("0069_opening_imports.down.sql")))
    return manager
