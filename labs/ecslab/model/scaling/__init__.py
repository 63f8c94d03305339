"""The arithmetic of Application Auto Scaling."""
