"""compose.yaml and Dockerfile, as far as they can be judged without an engine."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from admin.backup import tools
from core.embedded.record import APP_ROLE, DATABASE
from core.settings import Settings

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "compose.yaml").read_text(encoding="utf-8")
SERVICES: dict[str, dict[str, Any]] = YAML(typ="safe").load(TEXT)["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
ENDING = {"migrate", "tools"}
STAYING = {name: service for name, service in OURS.items() if name not in ENDING}
OPERATIONS = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")


def test_the_file_follows_the_compose_schema() -> None:
    argv = ["check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(ROOT / "compose.yaml")]
    done = subprocess.run([sys.executable, "-m", *argv], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_each_service_runs_its_command() -> None:
    words = {name: [*service.get("entrypoint", ()), *service["command"]] for name, service in OURS.items()}
    assert {name: " ".join(each) for name, each in words.items()} == {
        "migrate": "regulars migrate",
        "api": "regulars serve",
        "worker": "regulars worker --queues events",
        "worker-scoring": "regulars worker --queues scoring",
        "scheduler": "regulars scheduler",
        "metrics": "regulars metrics",
        "tools": "regulars doctor",
    }


def test_each_service_that_stays_has_its_health_check() -> None:
    assert {name: " ".join(service["healthcheck"]["test"]) for name, service in STAYING.items()} == {
        "api": "CMD regulars health api",
        "worker": "CMD regulars health worker",
        "worker-scoring": "CMD regulars health worker",
        "scheduler": "CMD regulars health scheduler",
        "metrics": "CMD regulars health metrics",
    }
    assert all(SERVICES[name]["healthcheck"]["test"] for name in ("postgres", "valkey"))


def test_migrate_runs_once_and_the_others_wait_for_it() -> None:
    assert OURS["migrate"]["restart"] == "no"
    assert OURS["migrate"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    for service in STAYING.values():
        assert {name: wait["condition"] for name, wait in service["depends_on"].items()} == {
            "migrate": "service_completed_successfully",
            "postgres": "service_healthy",
            "valkey": "service_healthy",
        }


def test_only_what_ends_knows_the_superuser() -> None:
    knowing = [
        name for name, service in OURS.items() if "REGULARS_DATABASE_ADMIN_URL" in service["environment"]
    ]
    assert set(knowing) == ENDING
    assert all(SERVICES[name]["restart"] == "no" for name in ENDING)
    assert SERVICES["tools"]["profiles"] == ["tools"], "it is run when somebody asks for it"


@pytest.mark.parametrize("name", OURS)
def test_ours_run_as_the_images_own_user_on_a_read_only_system(name: str) -> None:
    service = OURS[name]
    users = re.findall(r"^USER (\S+)$", DOCKERFILE, re.MULTILINE)
    assert users == [service["user"]]
    assert int(service["user"].split(":")[0]) > 0
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["image"] == OURS["api"]["image"]


def test_every_variable_is_a_setting() -> None:
    names = {f"REGULARS_{field}".upper() for field in Settings.model_fields}
    for service in OURS.values():
        assert set(service["environment"]) <= names
    assert set(re.findall(r"REGULARS_[A-Z_]+(?==)", DOCKERFILE)) <= names


def test_addresses_name_the_applications_role_and_database() -> None:
    environment = OURS["api"]["environment"]
    assert environment["REGULARS_DATABASE_URL"].startswith(f"postgresql://{APP_ROLE}:")
    assert environment["REGULARS_DATABASE_URL"].endswith(f"@postgres:5432/{DATABASE}")
    assert SERVICES["postgres"]["environment"]["POSTGRES_DB"] == DATABASE


def test_secrets_have_no_default() -> None:
    used = re.findall(r"\$\{(\w*(?:PASSWORD|SECRET)\w*)([^}]*)\}", TEXT)
    assert {name for name, _ in used} == {
        "REGULARS_APP_PASSWORD",
        "REGULARS_ADMIN_PASSWORD",
        "REGULARS_VALKEY_PASSWORD",
        "REGULARS_SECRET_KEY",
    }
    assert all(rest.startswith(":?") for _, rest in used)


def test_data_is_in_named_volumes() -> None:
    mounts = {name: service["volumes"] for name, service in SERVICES.items()}
    assert mounts["postgres"] == ["postgres-data:/var/lib/postgresql"]
    assert mounts["valkey"] == ["valkey-data:/data"]
    declared = YAML(typ="safe").load(TEXT)["volumes"]
    backups = mounts["tools"].pop()
    assert backups == "${REGULARS_BACKUPS:-./backups}:/backups"
    assert {mount.split(":")[0] for each in mounts.values() for mount in each} == set(declared)


def test_the_image_installs_the_lock_and_has_a_health_check() -> None:
    assert "pip install --require-hashes --no-deps -r requirements.lock" in DOCKERFILE
    assert 'CMD ["regulars", "health", "api"]' in DOCKERFILE
    assert 'CMD ["regulars", "serve"]' in DOCKERFILE


def test_the_image_has_what_a_backup_calls(tmp_path: Path) -> None:
    """The very lines of the Dockerfile, with the wheel that is here, into a folder of ours."""
    assert "COPY --from=build /opt/postgres /opt/postgres" in DOCKERFILE
    folder = re.findall(r"ENV PATH=/opt/venv/bin:(/opt/postgres\S+):", DOCKERFILE)[0]
    [lines] = re.findall(r"^RUN (site=.*?[^\\])$", DOCKERFILE, re.MULTILINE | re.DOTALL)
    script = lines.replace("\\\n", "").replace("/opt/postgres", str(tmp_path / "postgres"))
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    subprocess.run(["sh", "-ec", script], check=True, env={"PATH": path})
    there = tmp_path / "postgres" / Path(folder).relative_to("/opt/postgres")
    assert {each.name for each in there.iterdir()} == set(tools.NAMES)
    for each in there.iterdir():
        said = subprocess.run([each, "--version"], capture_output=True, text=True, env={"PATH": path})
        assert "(PostgreSQL) 18" in said.stdout, said.stderr


def test_the_documents_tell_every_variable_that_has_to_be_set() -> None:
    told = set(re.findall(r"^(REGULARS_\w+)=", OPERATIONS, re.MULTILINE))
    needed = set(re.findall(r"\$\{(REGULARS_\w+):\?", TEXT))
    assert needed <= told <= set(re.findall(r"\$\{(REGULARS_\w+)", TEXT))


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not installed")
def test_the_documents_env_file_is_one(tmp_path: Path) -> None:
    """Its lines, run by a shell and read as compose reads them, are settings that are valid."""
    [script] = re.findall(r"^```sh\n(umask.*?\nEND\n)", OPERATIONS, re.MULTILINE | re.DOTALL)
    subprocess.run(["sh", "-ec", script], cwd=tmp_path, check=True)
    assert (tmp_path / ".env").stat().st_mode & 0o077 == 0
    pairs = (line.partition("=") for line in (tmp_path / ".env").read_text("utf-8").splitlines())
    told = {name: "".join(shlex.split(value)) if "'" in value else value for name, _, value in pairs}
    names = {f"REGULARS_{field}".upper() for field in Settings.model_fields}
    environment = {name: value for name, value in told.items() if name in names}
    run = [sys.executable, "-c", "from core.settings import Settings; print(Settings().trusted_proxies)"]
    done = subprocess.run(
        run, cwd=ROOT, env={**environment, "PATH": ""}, capture_output=True, text=True, check=True
    )
    assert done.stdout == "(IPv4Network('172.16.0.0/12'),)\n"


def test_the_documents_name_services_that_there_are() -> None:
    told = re.findall(
        r"docker compose (?:exec|run --rm(?: -T)?(?: --volume \S+ \S+)?|stop) ([a-z -]+)", OPERATIONS
    )
    words = {word for each in told for word in each.split()}
    assert {"api", "tools", "worker-scoring", "scheduler", "valkey"} <= words
    assert words - set(SERVICES) <= {
        "regulars",
        "doctor",
        "ledger",
        "verify",
        "backup",
        "merchant",
        "programme",
        "corner",
        "sh",
        "-c",
    }
