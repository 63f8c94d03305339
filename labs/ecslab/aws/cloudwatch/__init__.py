"""Amazon CloudWatch: metrics and alarms, answered by the simulation in moto's place."""
