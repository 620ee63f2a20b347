"""Image files as people and attackers upload them."""

import io
import struct
import zlib
from typing import Any

from PIL import Image


def image(width: int = 60, height: int = 40, kind: str = "JPEG", mode: str = "RGB", **save: Any) -> bytes:
    """A picture whose left half is red and whose right half is blue."""
    drawn = Image.new("RGB", (width, height), "red")
    drawn.paste("blue", (width // 2, 0, width, height))
    drawn = drawn.convert(mode)
    out = io.BytesIO()
    drawn.save(out, kind, **save)
    return out.getvalue()


def with_metadata() -> bytes:
    """A JPEG lying on its side, with a place, a camera, a comment and something appended."""
    exif = Image.Exif()
    exif[0x0112] = 6  # orientation: turn by 90 degrees
    exif[0x010F] = "SecretCam"
    exif.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)  # GPS latitude
    return image(exif=exif, comment=b"at home") + b"PK\x03\x04 an archive behind the picture"


def bomb(width: int = 50_000, height: int = 50_000) -> bytes:
    """A PNG of a few hundred bytes that claims 2.5 thousand million pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(b"\x00" * 100_000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
