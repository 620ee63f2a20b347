from pathlib import Path

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from core.migrate import run_alone, run_sql

ID = "2026-11-27T16:45:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "answers that are over are found"


async def forwards() -> MigrationManager:
    manager = MigrationManager(
        migration_id=ID, app_name="core", description=DESCRIPTION, wrap_in_transaction=False
    )
    manager.add_raw(run_alone(Path(__file__).with_name("0045_keys_end.sql")))
    manager.add_raw_backwards(run_sql(Path(__file__).with_name("0045_keys_end.down.sql")))
    return manager
