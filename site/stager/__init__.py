"""Turns the course's executed notebooks into the plain Markdown that MkDocs reads."""
