"""Compilers that remember what they compiled, for one run of the proof.

Two states of the reader's tree have most of their files in common. So a
small program (cc.sh) stands in PATH before every compiler that `make`
could choose, and takes an object that another state has made of exactly
the same input. The strict build at a chapter's end does without it.
"""

import os
import shlex
import shutil

NAMES = ('gcc', 'cc', 'x86_64-linux-gnu-gcc', 'x86_64-elf-gcc')
WRAPPER = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'cc.sh')


class Compilers:
    """The directory to stand first in PATH."""

    def __init__(self, directory):
        self.path = os.path.join(directory, 'bin')
        self.objects = os.path.join(directory, 'objects')
        os.makedirs(self.path)
        os.makedirs(self.objects)
        with open(WRAPPER, encoding='utf-8') as stream:
            text = stream.read()
        for name in NAMES:
            real = shutil.which(name)
            if real and shutil.which('sha256sum'):
                place = os.path.join(self.path, name)
                with open(place, 'w', encoding='utf-8') as stream:
                    stream.write(text.replace('@REAL@', shlex.quote(real)))
                os.chmod(place, 0o755)

    def environment(self, place):
        """What a run in a place (run-ab12/0007) needs to use them."""
        return {'PATH': self.path + os.pathsep + os.environ.get('PATH', ''),
                'BOOK_CC_CACHE': self.objects, 'BOOK_CC_PLACE': place}
