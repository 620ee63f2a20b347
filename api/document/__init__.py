"""The OpenAPI document: what the framework finds in our handlers, and what every operation has besides."""
