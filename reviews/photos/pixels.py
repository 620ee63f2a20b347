"""From an upload to a picture of our own: whatever else the file held stays behind. Slow: not for the loop.

A file's name and declared type are never looked at: what decodes as JPEG, PNG or WebP is a picture. It is
written anew from its pixels, so that neither metadata (place, camera, thumbnail) nor anything appended to the
file is kept.
"""

import io
import struct
import warnings
from dataclasses import dataclass

from PIL import Image, ImageOps

from core.errors import DomainError, Kind

FORMATS = ("JPEG", "PNG", "WEBP")
BYTES_LIMIT = 10 * 1024 * 1024
PIXELS_LIMIT = 64_000_000
"""Of what phones take; a small file may claim to unfold into far more."""
LONG_SIDE_PX = 2048
SMALL_SIDE_PX = 400
QUALITY = 86

# Pillow warns above this many and refuses above twice as many; both are refusals here.
Image.MAX_IMAGE_PIXELS = PIXELS_LIMIT
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)


class PhotoRefused(DomainError):
    """This file cannot become a picture; `extra["reason"]` is too_large, not_an_image or too_many_pixels."""

    code = "photo_refused"
    kind = Kind.INVALID
    title = "This file cannot be used as a picture"

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail, reason=reason)
        self.reason = reason


@dataclass(frozen=True)
class Picture:
    """A picture made here: JPEG without metadata, upright, on white."""

    width: int
    height: int
    image: bytes
    small: bytes


def picture(upload: bytes) -> Picture:
    """Decode an upload and write it anew. Raises PhotoRefused."""
    if len(upload) > BYTES_LIMIT:
        raise PhotoRefused("too_large", f"it is larger than {BYTES_LIMIT // 1024 // 1024} MB")
    whole = _pixels(upload)
    small = whole.copy()
    small.thumbnail((SMALL_SIDE_PX, SMALL_SIDE_PX))
    return Picture(*whole.size, _jpeg(whole), _jpeg(small))


def _pixels(upload: bytes) -> Image.Image:
    try:
        with Image.open(io.BytesIO(upload), formats=FORMATS) as found:
            if found.width * found.height > PIXELS_LIMIT:
                raise PhotoRefused("too_many_pixels", f"{found.width} x {found.height} pixels")
            found.draft("RGB", (LONG_SIDE_PX, LONG_SIDE_PX))  # JPEG alone: decodes no more than is needed
            found.load()
            return _flat(found)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PhotoRefused("too_many_pixels", str(error)) from error
    # What Pillow's decoders raise on a file that is broken or made to break them.
    except (OSError, SyntaxError, ValueError, TypeError, EOFError, LookupError, struct.error) as error:
        raise PhotoRefused("not_an_image", "it is no JPEG, PNG or WebP image") from error


def _flat(found: Image.Image) -> Image.Image:
    """Upright, at most LONG_SIDE_PX long, what was transparent on white."""
    upright = ImageOps.exif_transpose(found)
    upright.thumbnail((LONG_SIDE_PX, LONG_SIDE_PX))
    if upright.mode in ("RGB", "L"):
        return upright.convert("RGB")
    see_through = upright.convert("RGBA")
    ground = Image.new("RGBA", see_through.size, "white")
    return Image.alpha_composite(ground, see_through).convert("RGB")


def _jpeg(image: Image.Image) -> bytes:
    bare = Image.new("RGB", image.size)
    bare.paste(image)  # the pixels, and no `info` that save() would write along
    out = io.BytesIO()
    bare.save(out, "JPEG", quality=QUALITY, optimize=True)
    return out.getvalue()
