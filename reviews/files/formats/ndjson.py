"""One JSON object a line, with the names of the generic format."""

from reviews.files.formats import generic
from reviews.files.formats.form import Format

FORMAT = Format("ndjson", "import", "ndjson", generic.COLUMNS, private=generic.PRIVATE)
