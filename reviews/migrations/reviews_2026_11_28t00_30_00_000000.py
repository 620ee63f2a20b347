from pathlib import Path

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from core.migrate import run_sql

ID = "2026-11-28T00:30:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "looks for rising complaints"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="reviews", description=DESCRIPTION)
    manager.add_raw(run_sql(Path(__file__).with_name("0065_trend_looks.sql")))
    manager.add_raw_backwards(run_sql(Path(__file__).with_name("0065_trend_looks.down.sql")))
    return manager
