"""The controllers of the simulated data plane: tasks, services, traffic."""
