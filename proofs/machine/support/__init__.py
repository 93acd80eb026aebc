"""What the proofs in proofs/machine/ share."""
