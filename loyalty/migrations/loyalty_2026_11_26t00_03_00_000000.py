from pathlib import Path

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from core.migrate import run_sql

ID = "2026-11-26T00:03:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "the one writer of the points ledger"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="loyalty", description=DESCRIPTION)
    for file in sorted(Path(__file__).with_name("0003_ledger_writer").glob("*.sql")):
        manager.add_raw(run_sql(file))
    return manager
