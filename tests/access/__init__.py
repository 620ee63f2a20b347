"""Who may do what, asked of every door of the application; found from its routes, none is forgotten."""
