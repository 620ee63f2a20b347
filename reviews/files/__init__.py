"""Reviews from files, in the formats that other systems write."""

from reviews.files.export import Exported, export_file
from reviews.files.formats import FORMATS
from reviews.files.rules import Choices
from reviews.files.service import Report, import_file

__all__ = ["FORMATS", "Choices", "Exported", "Report", "export_file", "import_file"]
