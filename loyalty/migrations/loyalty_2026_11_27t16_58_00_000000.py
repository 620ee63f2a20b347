from pathlib import Path

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from core.migrate import run_alone, run_sql

ID = "2026-11-27T16:58:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "merges found by who was merged"


async def forwards() -> MigrationManager:
    manager = MigrationManager(
        migration_id=ID, app_name="loyalty", description=DESCRIPTION, wrap_in_transaction=False
    )
    manager.add_raw(
        run_alone(Path(__file__).with_name("0058_merges_found.down.sql"))
    )  # what was cut off before
    manager.add_raw(run_alone(Path(__file__).with_name("0058_merges_found.sql")))
    manager.add_raw_backwards(run_sql(Path(__file__).with_name("0058_merges_found.down.sql")))
    return manager
