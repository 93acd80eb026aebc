"""What a maintainer asks for: `make propagate` and `make diffs`."""
