"""Amazon CloudWatch as pure rules: statistics, metric math, and the states of alarms."""
