"""Settings that are valid by themselves and wrong for an installation, and keys that others can read."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from admin.doctor.report import Finding, ok, problem, warning
from api import secret
from core import vault
from core.settings import Settings

MIN_SECRET_CHARS = 32
HERE = {"localhost", "127.0.0.1", "::1"}
OTHERS = 0o077
KEY_COMMAND = "openssl rand -hex 32"


def look(settings: Settings, environment: Mapping[str, str] = os.environ) -> Iterator[Finding]:
    """All that can be said of settings without asking a server."""
    yield _names(environment)
    yield _public_url(settings)
    yield _proxies(settings)
    yield _secret_key(settings)
    yield _encryption_keys(settings)
    yield _key_files(settings)


def _names(environment: Mapping[str, str]) -> Finding:
    known = {f"REGULARS_{field}".upper() for field in Settings.model_fields}
    strange = sorted(each for each in environment if each.startswith("REGULARS_") and each not in known)
    if strange:
        return warning(
            "settings",
            f"{', '.join(strange)}: no such setting",
            "Correct the names: core/settings.py lists all.",
        )
    return ok("settings", "valid, and every REGULARS_ variable is one")


def _public_url(settings: Settings) -> Finding:
    parts = urlsplit(settings.public_url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return problem(
            "public_url", f"{settings.public_url!r} is no address", "Set REGULARS_PUBLIC_URL to https://…"
        )
    if settings.public_url.endswith("/"):
        return problem("public_url", "it ends with a slash", "Set REGULARS_PUBLIC_URL without it.")
    if parts.scheme == "https" and not settings.cookies_secure:
        return problem(
            "public_url",
            "it is https, but cookies would be sent without TLS, too",
            "Set REGULARS_COOKIES_SECURE=true.",
        )
    if parts.scheme == "http" and parts.hostname not in HERE:
        return problem(
            "public_url",
            f"{settings.public_url}: passwords and points travel in the clear",
            "Put a proxy with TLS in front and set REGULARS_PUBLIC_URL=https://… with"
            " REGULARS_COOKIES_SECURE=true.",
        )
    if parts.scheme == "http":
        return warning(
            "public_url",
            f"{settings.public_url} can be reached from this machine alone: links in mails lead nowhere",
            "Set REGULARS_PUBLIC_URL to the address that people use.",
        )
    return ok("public_url", settings.public_url)


def _proxies(settings: Settings) -> Finding:
    told = ", ".join(map(str, settings.trusted_proxies))
    if settings.cookies_secure and not told:
        return warning(
            "trusted_proxies",
            "TLS ends at a proxy in front, and everybody seems to come from there: attempts to sign in are"
            " counted together",
            'Set REGULARS_TRUSTED_PROXIES to the proxy\'s address or network, as ["10.0.0.0/8"].',
        )
    return ok("trusted_proxies", told or "none: whoever connects is who is there")


def _secret_key(settings: Settings) -> Finding:
    given = settings.secret_key.get_secret_value()
    if not given:
        return ok(
            "secret_key",
            f"not set: {settings.data_dir / secret.FILE_NAME} is used (several machines need one in common)",
        )
    if len(given) < MIN_SECRET_CHARS:
        return problem(
            "secret_key",
            f"it has {len(given)} characters: forms could be forged",
            f"Set REGULARS_SECRET_KEY to the output of: {KEY_COMMAND}",
        )
    return ok("secret_key", "set")


def _encryption_keys(settings: Settings) -> Finding:
    file = settings.data_dir / vault.FILE_NAME
    given = bool(settings.encryption_keys.get_secret_value().strip())
    if not given and not file.exists():
        return ok("encryption_keys", f"not set: {file} will be made when first needed")
    try:
        vault.vault()
    except (vault.KeyUnfit, OSError) as error:
        return problem(
            "encryption_keys",
            str(error),
            f"Each key is the output of: {KEY_COMMAND}. Never drop one that has sealed something.",
        )
    return ok("encryption_keys", "set" if given else f"not set: {file} is used; back it up")


def _key_files(settings: Settings) -> Finding:
    names = (secret.FILE_NAME, vault.FILE_NAME, "services.json")
    files = [Path("regulars.env"), *(settings.data_dir / name for name in names)]
    open_to_others = [file for file in files if file.exists() and file.stat().st_mode & OTHERS]
    if open_to_others:
        listed = " ".join(str(file) for file in open_to_others)
        return problem("key_files", f"other accounts can read {listed}", f"chmod 600 {listed}")
    return ok("key_files", "only their owner can read files with keys and passwords")
