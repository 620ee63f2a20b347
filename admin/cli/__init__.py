"""The operators' command line, one module a group of commands; what they do is in admin.commands."""

from admin.cli.regulars import main as main
