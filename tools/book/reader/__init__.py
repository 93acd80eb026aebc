"""What a reader asks for: `make step`, `make mine`, `make history`."""
