"""`regulars …` as an operator runs it: in a process of its own."""

import asyncio
import os
import sys


async def regulars(*arguments: str, given: str = "", **environment: str) -> tuple[int, str, str]:
    """Exit code, output and errors; `given` is its standard input."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "admin.cli"),
        *arguments,
        env=os.environ | environment,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, errors = await process.communicate(given.encode())
    return process.returncode or 0, out.decode(), errors.decode()
