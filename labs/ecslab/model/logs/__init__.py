"""Amazon CloudWatch Logs as pure rules: filter patterns, and queries of Logs Insights."""
