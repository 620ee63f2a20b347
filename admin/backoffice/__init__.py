"""The back office: plain tables to look at and, where nothing follows from them, to put right by hand."""

from admin.backoffice.pages import router

__all__ = ["router"]
