"""The shared look: templates, styles and the view models that pages are rendered from."""
