"""Settings: from the environment (``REGULARS_…``), with the file ``regulars.env`` beside it.

The environment wins over the file. An empty ``database_url`` or ``valkey_url`` means: the embedded
server of ``data_dir`` (see core.embedded).
"""

from functools import lru_cache
from pathlib import Path

from pydantic import Field, IPvAnyNetwork, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Everything an installation can set. Units are in the names."""

    model_config = SettingsConfigDict(
        env_prefix="REGULARS_", env_file="regulars.env", extra="forbid", frozen=True
    )

    # Where the data is.
    database_url: str = ""
    """PostgreSQL 18 as the ordinary application role; empty: the embedded server."""
    database_admin_url: str = ""
    """The same database as a role that may create roles and extensions; only `migrate` uses it."""
    valkey_url: str = ""
    """Valkey, broker and cache; empty: the embedded server."""
    data_dir: Path = Path("var")
    """Folder of the embedded servers and of files that outlive a process."""
    erasure_journal: Path | None = None
    """File that names whom this installation has erased, by opaque ids; empty: erasures.ndjson in data_dir.
    It is no part of a backup of the database: a restored one is told of it again."""
    wal_dir: Path | None = None
    """Where the embedded PostgreSQL keeps its log, for `regulars wal restore`; empty: it keeps none."""

    # What the outside sees.
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    public_url: str = "http://127.0.0.1:8000"
    """Address in links and mails, without a slash at its end."""
    trusted_proxies: tuple[IPvAnyNetwork, ...] = ()
    """JSON list of the addresses or networks of proxies in front, such as `["10.0.0.0/8"]`: who comes through
    them is who they say (X-Forwarded-For). Empty: whoever connects."""
    secret_key: SecretStr = SecretStr("")
    """Signs the forms of pages; empty: made once and kept in data_dir."""
    encryption_keys: SecretStr = SecretStr("")
    """Seal what is secret and read again: 32 bytes each in base64 or hexadecimal, the first for what is new;
    empty: one made once and kept in data_dir."""
    cookies_secure: bool = False
    """True behind HTTPS: cookies are then sent over HTTPS only."""
    smtp_url: str = ""
    """smtp://user:password@host:port; empty: mails are only kept, readable on a page."""
    mail_from: str = "Regulars <no-reply@localhost>"

    # What it reaches.
    outgoing_proxy: str = ""
    """Requests to other systems go through it, as http://user:password@host:port; empty: straight."""
    private_hosts: tuple[str, ...] = ()
    """JSON list of names or addresses that may be reached in a private network or without HTTPS."""
    source_urls: dict[str, str] = {}
    """JSON object, other addresses for the APIs of review sources: `{"google": "http://127.0.0.1:9000"}`."""

    draft_url: str = ""
    """An OpenAI-compatible endpoint, up to /v1, that drafts answers and translates reviews for staff; empty:
    neither. One in a private network or without HTTPS has to be among the private hosts."""
    draft_key: SecretStr = SecretStr("")
    """Its key; empty: it wants none."""
    draft_model: str = ""
    """Name of its model."""

    # How it runs.
    demo: bool = False
    """Set by `regulars demo`: shows the page about the demo."""
    log_level: str = Field(default="INFO", pattern="^(DEBUG|INFO|WARNING|ERROR|CRITICAL)$")
    log_format: str = Field(default="json", pattern="^(json|text)$")
    metrics_enabled: bool = True
    """Whether processes count what they do, for `regulars metrics`."""
    metrics_host: str = "127.0.0.1"
    metrics_port: int = Field(default=9464, ge=1, le=65535)
    metrics_token: SecretStr = SecretStr("")
    """Whoever reads the figures brings it as a bearer token; must be set where other machines can ask."""
    otlp_url: str = ""
    """Where traces are sent by OTLP over HTTP, as http://collector:4318; empty: none are made. Needs the
    extra `traces`."""
    trace_ratio: float = Field(default=1.0, ge=0, le=1)
    """The part of all requests that is traced, if any is."""
    model_dir: Path | None = None
    """Folder of a sentiment model, ours or any sequence classifier in Hugging Face's format; empty: the one
    that is shipped."""
    shadow_model_dir: Path | None = None
    """A second model that reads what the first one answers, to be compared with it; empty: none."""
    worker_memory_limit_mb: int = Field(default=1_500, ge=1)
    """A child of a worker that has ever held more ends after its task, and its model is loaded anew. Several
    times what the shipped model takes; a larger one needs more, else it is loaded for every message."""
    database_pool_size: int = Field(default=8, ge=1, le=1000)
    api_requests_per_minute: int = Field(default=60_000, ge=1)
    """Of one API key, over all processes: against programs that run wild."""
    request_body_limit_bytes: int = Field(default=2 * 1024 * 1024, ge=1)
    session_ttl_s: int = Field(default=14 * 24 * 3600, ge=1)
    """After that everybody signs in again, however busy they are."""
    staff_idle_s: int = Field(default=12 * 3600, ge=60)
    """A session of staff that nobody used for so long has ended."""
    customer_idle_s: int = Field(default=7 * 24 * 3600, ge=60)
    """The same of customers."""
    login_link_ttl_s: int = Field(default=15 * 60, ge=1)
    idempotency_ttl_s: int = Field(default=7 * 24 * 3600, ge=1)


@lru_cache
def settings() -> Settings:
    """The settings of this process, read once."""
    return Settings()
