from pathlib import Path

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from core.migrate import run_sql

ID = "2026-11-27T22:15:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "survivors of merges who came back"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="loyalty", description=DESCRIPTION)
    manager.add_raw(run_sql(Path(__file__).with_name("0067_merges_rejoined.sql")))
    manager.add_raw_backwards(run_sql(Path(__file__).with_name("0067_merges_rejoined.down.sql")))
    return manager
