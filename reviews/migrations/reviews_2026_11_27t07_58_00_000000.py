from pathlib import Path

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from core.migrate import run_sql

ID = "2026-11-27T07:58:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "tags on cases, lists of one's own, deeds on many that can be taken back"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="reviews", description=DESCRIPTION)
    manager.add_raw(run_sql(Path(__file__).with_name("0058_desk.sql")))
    manager.add_raw_backwards(run_sql(Path(__file__).with_name("0058_desk.down.sql")))
    return manager
