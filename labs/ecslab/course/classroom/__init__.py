"""Grading a class: submissions in, results out, resumable at any moment."""
