"""Files that somebody fetches."""

from uuid import UUID

from litestar.response import Stream

from core.people import export


async def zip_of(found: export.Export, merchant_id: UUID) -> Stream:
    """The zip of a person, part by part. Raises core.people.export.ExportNotReady."""
    found.expect_ready()
    headers = {
        "Content-Disposition": f'attachment; filename="personal-data-{found.asked_at:%Y-%m-%d}.zip"',
        "Content-Length": str(found.size_bytes),
        "Cache-Control": "private, no-store",
    }
    return Stream(export.read(found, merchant_id), media_type="application/zip", headers=headers)
