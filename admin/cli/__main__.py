"""`python -m admin.cli`: the same as `regulars`."""

from admin.cli import main

main()
