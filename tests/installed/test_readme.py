"""The README's API lines, run as they stand against a served shop."""

import asyncio
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import msgspec
import pytest

from admin.demo.shop import REWARDS, TIERS
from core import clock, db, tenancy
from core.embedded import Services
from core.ids import new_id
from core.people import api_keys
from loyalty.programme import service as programme
from loyalty.programme.service import Setup
from loyalty.rewards import catalogue

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")


async def _shop() -> str:
    """A shop as the demo's, without its history; answers an API key."""
    code = f"readme-{new_id().hex[-8:]}"
    merchant_id = await tenancy.create_merchant(code, {"en": "Shop"}, "UTC", "USD", clock.now())
    async with db.transaction(merchant_id):
        await tenancy.create_store("juniper", {"en": "Juniper"}, "USD", "UTC")
        await programme.create(Setup(tiers=TIERS, earn_rates={"USD": 100}), clock.now())
        for name, wanted, stock in REWARDS:
            await catalogue.offer(name, wanted, clock.now(), stock)
        return await api_keys.create("README", sorted(api_keys.SCOPES), clock.now())


@pytest.fixture
def server(database: Services, tmp_path: Path) -> Iterator[str]:
    """The application in a process of its own; yields its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    environment = os.environ | {"REGULARS_PORT": str(port), "REGULARS_DATA_DIR": str(tmp_path)}
    with (tmp_path / "log").open("wb") as log:
        argv = [sys.executable, "-m", "admin.cli", "serve"]
        child = subprocess.Popen(argv, cwd=ROOT, env=environment, stdout=log, stderr=log)
        url = f"http://127.0.0.1:{port}"
        try:
            for _ in range(300):
                try:
                    if httpx.get(f"{url}/health/ready", trust_env=False).is_success:
                        break
                except httpx.HTTPError:
                    time.sleep(0.1)
            yield url
        finally:
            child.terminate()
            child.wait(30)


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
async def test_the_api_lines_do_what_the_readme_says(server: str) -> None:
    (block,) = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    lines = block.split("\n", 1)[1]
    environment = os.environ | {"REGULARS": server, "KEY": await _shop()}
    script = lines.replace("curl -sS", "echo; curl -sS --noproxy '*' --fail-with-body")
    done = await asyncio.to_thread(
        subprocess.run, ["bash", "-e", "-c", script], env=environment, capture_output=True, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    joined, events, member, voucher, again, review = [
        msgspec.json.decode(line) for line in done.stdout.split(b"\n") if line.strip()
    ]
    assert joined["customer_id"] == "ada"
    assert [each["status"] for each in events["results"]] == ["applied", "applied"]
    points = next(each for each in member["balances"] if each["wallet"] == "points")
    assert points["points_active"] == 99 and points["points_pending"] == 0
    assert voucher == again and voucher["state"] == "issued"
    assert review
