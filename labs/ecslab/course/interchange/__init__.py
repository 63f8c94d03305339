"""Labs in the forms of other graders."""
