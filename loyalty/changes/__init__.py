"""Changes of the terms on their way: draft, asked, approved, scheduled, live; and back."""
