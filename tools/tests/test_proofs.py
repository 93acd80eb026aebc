"""The headers of this project's proofs."""

import glob
import os
import re
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))


class Headers(unittest.TestCase):
    """What they say of the chapters."""

    def test_each_pattern_names_a_file_of_a_chapter(self):
        for path in glob.glob(os.path.join(ROOT, "proofs", "*", "*.*")):
            with open(path, encoding="utf-8") as file:
                head = file.read().splitlines()[:30]
            for line in head:
                said = re.match(r"\W*(?:needs|once):\s*(.*)", line)
                for pattern in said[1].split() if said else ():
                    self.assertTrue(
                        glob.glob(os.path.join(ROOT, "[0-9][0-9]-*",
                                               pattern)),
                        "%s: %s" % (path, pattern))


if __name__ == "__main__":
    unittest.main()
