"""The ECS API on top of the simulated data plane."""
