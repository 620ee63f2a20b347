"""What a module imports, for tests of what it must not know."""

import ast


def imported(source: str) -> set[str]:
    """Names in full: `from reviews.cases import remedies` is `reviews.cases` and `reviews.cases.remedies`."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names
