"""Where the book's tools meet QEMU, and nowhere else."""

import importlib.util
import os
import sys
import threading

from qemu import parse_keys  # noqa: F401, for the forms

_lock = threading.Lock()


def module(root):
    """What the repository at `root` starts its machines with."""
    with _lock:
        if 'book_qemu' not in sys.modules:
            path = os.path.join(root, 'tools', 'qemu.py')
            spec = importlib.util.spec_from_file_location('book_qemu', path)
            found = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(found)
            sys.modules['book_qemu'] = found
        return sys.modules['book_qemu']
