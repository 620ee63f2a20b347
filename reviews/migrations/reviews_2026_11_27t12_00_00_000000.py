from pathlib import Path

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from core.migrate import run_alone, run_sql

ID = "2026-11-27T12:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "cases of one state listed by number"


async def forwards() -> MigrationManager:
    manager = MigrationManager(
        migration_id=ID, app_name="reviews", description=DESCRIPTION, wrap_in_transaction=False
    )
    manager.add_raw(
        run_alone(Path(__file__).with_name("0060_state_numbers.down.sql"))
    )  # what was cut off before
    manager.add_raw(run_alone(Path(__file__).with_name("0060_state_numbers.sql")))
    manager.add_raw_backwards(run_sql(Path(__file__).with_name("0060_state_numbers.down.sql")))
    return manager
