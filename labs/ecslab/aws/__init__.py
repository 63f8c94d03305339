"""The seam to moto and botocore: the only package that knows their insides."""
