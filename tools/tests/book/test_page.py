"""`make propagate` after a page was rewritten with its directory.

    python3 -m unittest tests.book.test_page
"""

import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from smallbook import Case  # noqa: E402

B_FILE = 'int both(void)\n{\n    return greet(1) + leave();\n}\n'


class PageTest(Case):
    def anew(self, *changes):
        """Changes chapter 1's page, and makes its directory from that."""
        for old, new in changes:
            text = self.read('book/01-one.md')
            self.assertIn(old, text)
            self.write('book/01-one.md', text.replace(old, new))
        self.make_directories(only=['01-one'])

    def test_what_it_changes_at_its_end_is_carried(self):
        self.anew(('who + 1', 'who + 7'),
                  ('# One', '# One, anew'),
                  ('    int way = 0;\n+    return', '    int way = 5;\n'
                   '+    return'),
                  ('**New file: `gone.c`**', '**New file: `more.c`**\n\n'
                   '```c\nint more;\n```\n\n**New file: `gone.c`**'))
        out = self.propagate(page='1')
        self.change('book/02-two.md', '\n    int way = 0;\n',
                    '\n    int way = 5;\n')
        self.assert_true()
        for name in '02-two', '03-three':
            self.assertIn('who + 7', self.read(name + '/a.c'))
            self.assertEqual(self.read(name + '/more.c'), 'int more;\n')
        self.assertIn(' {\n     int way = 5;\n-    return way;\n',
                      self.read('book/02-two.md'))
        self.assertIn('     int way = 5;\n+    way *= 10;',
                      self.read('book/side/extra.md'))
        self.assertIn('# One, anew', self.read('book/01-one.md'))
        self.assertIn('propagate: 01-one: 3 listings', out)

    def test_a_file_under_another_name(self):
        self.anew(('New file: `a.c`', 'New file: `core.c`'),
                  ('--- a/a.c\n+++ b/a.c', '--- a/core.c\n+++ b/core.c'),
                  ('New file: `old.c`', 'New file: `start.c`'))
        out = self.propagate(page='01')
        self.change('book/02-two.md', '*From `a.c`', '*From `core.c`')
        self.assert_true()
        self.assertIn('// Never comes back.', self.read('02-two/core.c'))
        self.assertIn('**Move file: `start.c` to `new.c`**',
                      self.read('book/02-two.md'))
        self.assertNotIn('a/a.c', self.read('book/side/extra.md'))
        self.assertNotIn('exact', out)

    def test_a_file_that_is_gone_takes_its_listings_along(self):
        page = self.read('book/01-one.md')
        start = page.index('**New file: `gone.c`**')
        self.anew((page[start:page.index('**New file: `old.c`**')], ''))
        self.assertIn('was taken out', self.propagate(page='01-one'))
        self.assert_true()
        self.assertNotIn('Delete file', self.read('book/02-two.md'))

    def test_a_file_that_a_later_chapter_brought(self):
        self.anew(('**New file: `gone.c`**', '**New file: `b.c`**\n\n```c\n'
                   + B_FILE + '```\n\n**New file: `gone.c`**'))
        self.propagate(page='1')
        self.assert_true()
        self.assertNotIn('`b.c`', self.read('book/02-two.md'))

    def test_a_listing_that_cannot_be_written_again(self):
        self.anew(('**New file: `gone.c`**', '**New file: `b.c`**\n\n```c\n'
                   + B_FILE.replace('1', '2') + '```\n\n'
                   '**New file: `gone.c`**'))
        self.assertIn('conflict at', self.propagate(page='1', status=1))
        for where, _, names in os.walk(self.path('build')):
            if 'conflicts' in where and 'b.c' in names:
                with open(os.path.join(where, 'b.c'), 'w') as stream:
                    stream.write(B_FILE)
        self.assert_refused('book/02-two.md:37: b.c is there already',
                            page='1')

    def test_a_page_that_does_not_lead_to_its_directory(self):
        self.change('book/01-one.md', '# One', '# 1')
        self.assert_refused('01-one/ is as it was', page='1')
        self.write('01-one/a.c', self.read('01-one/a.c') + '// More.\n')
        self.assert_refused('does not lead to its directory', page='1')
        self.assert_refused('there is no chapter 7', page='7')

    def test_files_that_git_does_not_have_are_not_overwritten(self):
        self.anew(('who + 1', 'who + 7'))
        self.change('03-three/a.c', 'int greet', 'long greet')
        self.assert_refused('03-three/a.c would be written, and is not '
                            'committed', only_trees='1')

    def test_directories_only(self):
        self.change('01-one/a.c', 'who + 1', 'who + 7')
        self.change('01-one/a.c', 'A nod', 'One nod')
        out = self.propagate(only_trees='1')
        self.assertIn('who + 7', self.read('03-three/a.c'))
        self.assertIn('// One nod, for two', self.read('03-three/a.c'))
        self.assertIn('way + 2', self.read('02-two/a.c'))
        self.assertEqual(self.changed(), [
            '01-one/a.c', '02-two/a.c', '03-three/a.c'])
        self.assertIn('merged word by word', out)

    def test_the_chapter_as_it_was_some_commits_ago(self):
        self.anew(('who + 1', 'who + 7'))
        self.commit()
        self.anew(('int leave', 'long leave'))
        self.commit()
        self.propagate(page='1', since='HEAD~2')
        self.assertIn('who + 7', self.read('03-three/a.c'))
        self.assertIn(' long leave(void)', self.read('book/02-two.md'))
        self.assert_true()


if __name__ == '__main__':
    unittest.main()
