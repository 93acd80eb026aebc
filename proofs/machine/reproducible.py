"""The same sources give the same image, byte for byte: from another
directory, on another file system, at another time.

needs: linker.ld grub.cfg
when: thorough
once: linker.ld grub.cfg
"""

import os
import shutil
import tempfile

from support import scratch


def first_difference(one, other):
    """Where two byte strings differ."""
    for at, (a, b) in enumerate(zip(one, other)):
        if a != b:
            return at
    return min(len(one), len(other))


def test_the_image_is_the_same_wherever_it_is_built(kernel):
    """The files are written in another order, into a directory of
    another name with a space above it."""
    elsewhere = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    root = tempfile.mkdtemp(prefix="same bytes ", dir=elsewhere)
    try:
        scratch.link_root(root)
        tree = os.path.join(root, "another-name")
        files = sorted(scratch.sources(kernel.tree).items(), reverse=True)
        scratch.write_tree(tree, dict(files))
        for path, _ in files:
            os.utime(os.path.join(tree, path), (1e9, 1e9))
        product = os.path.join(scratch.build_directory(tree), "kernel.iso")
        scratch.make(tree, os.path.relpath(product, tree))
        with open(product, "rb") as file:
            theirs = file.read()
    finally:
        shutil.rmtree(root, ignore_errors=True)
    with open(kernel.image, "rb") as file:
        ours = file.read()
    assert ours == theirs, "the images differ from byte %#x on" % (
        first_difference(ours, theirs))
