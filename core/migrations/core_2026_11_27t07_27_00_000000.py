from pathlib import Path

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from core.migrate import run_sql

ID = "2026-11-27T07:27:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "texts of mails are sealed under the key of who reads them"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="core", description=DESCRIPTION)
    manager.add_raw(run_sql(Path(__file__).with_name("0027_sealed_mails.sql")))
    return manager
