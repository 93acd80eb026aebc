"""Compilers that remember what they compiled, for one run of the proof.

Two states of the reader's tree have most of their files in common. So a
small program (cc.c) stands in PATH before every compiler that `make`
could choose, and takes an object that another state has made of exactly
the same input. The strict build at a chapter's end does without it.
"""

import os
import shutil
import subprocess

NAMES = ('gcc', 'cc', 'x86_64-linux-gnu-gcc', 'x86_64-elf-gcc')
SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'cc.c')


class Compilers:
    """The directory to stand first in PATH. Without a compiler for this
    machine nothing stands there, and everything is compiled."""

    def __init__(self, directory):
        self.path = os.path.join(directory, 'bin')
        self.real = os.path.join(directory, 'compilers')
        self.objects = os.path.join(directory, 'objects')
        for place in (self.path, self.real, self.objects):
            os.makedirs(place)
        program = os.path.join(directory, 'cc')
        if not self.make(program):
            return
        for name in NAMES:
            compiler = shutil.which(name)
            if compiler:
                os.symlink(compiler, os.path.join(self.real, name))
                os.symlink(program, os.path.join(self.path, name))

    @staticmethod
    def make(program):
        """Compiles cc.c; false if that cannot be done."""
        compiler = os.environ.get('HOSTCC') or 'cc'
        try:
            return subprocess.run(
                [compiler, '-std=gnu17', '-O2', '-o', program, SOURCE],
                check=False, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL).returncode == 0
        except OSError:
            return False

    def environment(self, place):
        """What a run in a place (run-ab12/0007) needs to use them."""
        return {'PATH': self.path + os.pathsep + os.environ.get('PATH', ''),
                'BOOK_CC_REAL': self.real, 'BOOK_CC_CACHE': self.objects,
                'BOOK_CC_PLACE': place}
