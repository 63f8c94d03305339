"""Pure values and rules: nothing here knows of time, moto or notebooks."""
