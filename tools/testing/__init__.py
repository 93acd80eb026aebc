"""Running the tests of kernels: `make test` in a tree, or at the root.

    trees       what there is to run: trees, programs, proofs' headers
    building    making the programs, and one line about what doesn't build
    spoken      reading what a program said about its tests
    verdicts    judging that together with how the program ended
    host, kernel, proofs    running a program, by its kind
    content     what a result depends on, so that it can be remembered
    batch       all programs of all trees, side by side
    shown       results for people, and in files for machines
    command     the command line
"""

from machine import faults, qemu

__all__ = ["faults", "qemu"]
