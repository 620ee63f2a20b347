"""From an upload to a picture: only the pixels are kept, and only of what is a picture."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from reviews.photos import pixels
from reviews.photos.pixels import PhotoRefused, picture
from tests.factories import photos


def opened(jpeg: bytes) -> Image.Image:
    return Image.open(io.BytesIO(jpeg))


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        ("JPEG", "RGB"),
        ("JPEG", "L"),
        ("JPEG", "CMYK"),
        ("PNG", "RGBA"),
        ("PNG", "P"),
        ("PNG", "1"),
        ("WEBP", "RGB"),
    ],
)
def test_every_kind_becomes_a_jpeg(kind: str, mode: str) -> None:
    made = picture(photos.image(kind=kind, mode=mode))
    assert (made.width, made.height) == (60, 40)
    for jpeg in (made.image, made.small):
        with opened(jpeg) as found:
            assert (found.format, found.mode, found.size) == ("JPEG", "RGB", (60, 40))


def test_metadata_and_whatever_is_appended_stay_behind_and_the_picture_stands_upright() -> None:
    upload = photos.with_metadata()
    assert b"SecretCam" in upload and b"at home" in upload and b"an archive" in upload
    made = picture(upload)
    assert (made.width, made.height) == (40, 60)
    for jpeg in (made.image, made.small):
        with opened(jpeg) as found:
            assert dict(found.getexif()) == {}
            assert not {"exif", "comment", "icc_profile", "xmp"} & set(found.info)
        assert not any(word in jpeg for word in (b"SecretCam", b"at home", b"an archive", b"Exif"))


def test_large_pictures_are_made_smaller() -> None:
    made = picture(photos.image(4000, 1000))
    assert (made.width, made.height) == (2048, 512)
    with opened(made.small) as small:
        assert small.size == (400, 100)


def test_what_is_transparent_is_white() -> None:
    clear = Image.new("RGBA", (8, 8), (255, 0, 0, 0))
    out = io.BytesIO()
    clear.save(out, "PNG")
    with opened(picture(out.getvalue()).image) as found:
        assert found.getpixel((4, 4)) == (255, 255, 255)


@pytest.mark.parametrize(
    ("upload", "reason"),
    [
        (b"", "not_an_image"),
        (b"<html><script>alert(1)</script>", "not_an_image"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "not_an_image"),
        (b"GIF89a" + bytes(100), "not_an_image"),
        (photos.image()[:200], "not_an_image"),
        (photos.image(kind="PNG")[:60], "not_an_image"),
        (photos.image(kind="GIF"), "not_an_image"),
        (photos.bomb(), "too_many_pixels"),
        (photos.bomb(9_000, 9_000), "too_many_pixels"),
        (photos.image() + bytes(pixels.BYTES_LIMIT), "too_large"),
    ],
)
def test_what_is_no_picture_is_refused(upload: bytes, reason: str) -> None:
    with pytest.raises(PhotoRefused) as refused:
        picture(upload)
    assert refused.value.reason == reason


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(["JPEG", "PNG", "WEBP"]), st.data())
def test_a_damaged_file_is_a_picture_or_refused(kind: str, data: st.DataObject) -> None:
    upload = bytearray(photos.image(kind=kind))
    for _ in range(data.draw(st.integers(1, 8))):
        upload[data.draw(st.integers(0, len(upload) - 1))] = data.draw(st.integers(0, 255))
    try:
        assert picture(bytes(upload)).image.startswith(b"\xff\xd8")
    except PhotoRefused as refused:
        assert refused.reason in ("not_an_image", "too_many_pixels")
