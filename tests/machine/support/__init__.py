"""What the proofs in tests/machine/ share."""
