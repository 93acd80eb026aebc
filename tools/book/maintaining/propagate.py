"""`make propagate`: one mended line, carried through the whole book.

After an edit in one chapter's directory that is not committed yet, this
folds it into the listings of the chapter's page that introduced the
lines, replays every later listing and chapter, and writes the later
chapters' directories, the listings and the diffs of chapters that are
different now. Prose is not rewritten: what a person has to read again is told.
"""

import hashlib
import os
import shutil
import subprocess
from difflib import unified_diff

from .diffs import PLACE as DIFFS
from .diffs import refreshed
from .history import Refused, Repository, steps
from .leftovers import leftovers, paragraph
from .plan import Plan
from ..reading.replay import CHAPTER, read_book
from ..reading.report import Report
from ..reading.rewriting import Cannot
from ..reading.tree import read_tree

PLACE = os.path.join('build', 'book', 'propagate')


def propagate(root, action='', dry_run=False, staged=False):
    """Does it all; returns the exit status."""
    try:
        return Propagation(root, dry_run, staged).run(action)
    except Refused as reason:
        print('propagate: %s' % reason)
        return 1


class Propagation:
    """One run of the command."""

    def __init__(self, root, dry_run, staged):
        self.root, self.dry_run, self.staged = root, dry_run, staged
        self.place = os.path.join(root, PLACE)
        self.base = os.path.join(self.place, 'base')
        self.result = os.path.join(self.place, 'result')
        self.state = os.path.join(self.place, 'state')
        self.repository = Repository(os.path.join(self.place, 'repository'))

    def run(self, action):
        begun = os.path.exists(self.state)
        if action == 'abort':
            self.forget()
            print('propagate: forgotten' if begun else
                  'propagate: there was nothing to forget')
            return 0
        if begun != (action == 'continue'):
            raise Refused('an earlier run waits for you: go on with '
                          '--continue, or forget it with --abort' if begun
                          else 'there is nothing to go on with')
        self.export()
        chapter = self.edited()
        if chapter is None:
            self.forget()
            print('propagate: no chapter has an edit that is not committed')
            return 0
        self.report = Report()
        self.book = read_book(self.base, self.report)
        edit = read_tree(os.path.join(self.root, chapter), chapter)
        self.plan = Plan(self.book, chapter, edit)
        self.replay(action, self.digest(edit))
        return self.finish(edit) if self.conflict is None else 1

    def forget(self):
        shutil.rmtree(self.place, ignore_errors=True)

    def export(self):
        """The pages and chapters before the edit, to build/."""
        shutil.rmtree(self.base, ignore_errors=True)
        os.makedirs(self.base)
        environment = dict(os.environ)
        if not self.staged:
            environment['GIT_INDEX_FILE'] = os.path.join(self.place, 'index')
            self.git(environment, 'read-tree', 'HEAD')
        paths = self.git(environment, 'ls-files', '-z').split(b'\0')
        paths = [path for path in paths if path.startswith(b'book/')
                 or CHAPTER.match(os.fsdecode(path.split(b'/')[0]))]
        self.git(environment, 'checkout-index', '-f', '-z', '--stdin',
                 '--prefix=%s/base/' % PLACE, data=b'\0'.join(paths))

    def git(self, environment, *arguments, data=None):
        run = subprocess.run(['git', *arguments], cwd=self.root, input=data,
                             env=environment, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE)
        if run.returncode:
            raise Refused(run.stderr.decode(errors='replace').strip())
        return run.stdout

    def edited(self):
        """The one chapter whose files differ from the base."""
        places = (self.root, self.base)
        names = sorted({name for place in places
                        for name in os.listdir(place) if CHAPTER.match(name)})
        found = []
        for name in names:
            now, before = (read_tree(os.path.join(place, name), name)
                           for place in places)
            if now.snapshot() != before.snapshot():
                found.append(name)
        for page in ('book/%s.md' % name for name in names):
            if read(self.root, page) != read(self.base, page):
                found.append(page)
        if len(found) > 1 or found and found[0].startswith('book/'):
            raise Refused('%s: not committed; there may be edits in one '
                          'chapter\'s directory and nowhere else' % (
                              ', '.join(found)))
        return found[0] if found else None

    def digest(self, edit):
        """A name for all that the work starts from."""
        total = hashlib.sha256()
        for page in sorted(self.book.pages):
            total.update(read(self.base, page))
        for tree in self.plan.steps[-1].tree, edit:
            total.update(repr(sorted(tree.snapshot().items())).encode())
        return total.hexdigest()

    def replay(self, action, digest):
        """Folds the edit in; self.conflict names what is in the way."""
        plan = self.plan
        if action == 'continue':
            with open(self.state) as stream:
                if stream.read() != digest:
                    raise Refused('the pages or chapters are not as they '
                                  'were: --abort, and begin again')
            found = self.repository.go_on()
        else:
            self.repository.create(
                [(s.name, s.tree) for s in plan.steps], plan.first,
                [plan.tree(n) for n in range(plan.first, plan.contact)])
            found = self.repository.rebase(plan.contact)
        self.conflict = found[0] if found else None
        if not found:
            return
        print('propagate: conflict at %s:' % self.repository.stopped_at())
        for path in found:
            print('    %s/repository/%s' % (PLACE, path))
        if self.dry_run:
            self.forget()
            print('(forgotten, since this is a dry run)')
            return
        with open(self.state, 'w') as stream:
            stream.write(digest)
        print('Mend these files (git status works there), then --continue; '
              'or --abort.')

    def finish(self, edit):
        """Writes listings and chapters; nothing before all is proven."""
        plan = self.plan
        self.now = self.repository.snapshots([s.name for s in plan.steps])
        here = self.now[plan.tip(plan.chapter)]
        for path, what in edit.snapshot().items():
            if here.get(path) != what:
                raise Refused('the listings would not lead to %s/%s as it '
                              'is now; see the history in %s/repository'
                              % (plan.chapter, path, PLACE))
        pages, changed = self.rewritten()
        files = self.changes(pages)
        self.prove(files)
        if os.path.isdir(os.path.join(self.base, DIFFS)):
            files.update((path, content and (content, False)) for
                         path, content in refreshed(self.result).items())
        words = self.words(pages, changed, files)
        if not self.dry_run:
            for path, what in files.items():
                write(self.root, path, what)
        self.forget()
        print('\n'.join(words))
        return 0

    def rewritten(self):
        """The pages as they will be, and where in them listings changed:
        (page -> lines, [(page, line, whether it is still there)])."""
        pages, changed, before, before2 = {}, [], {}, {}
        for number, step in enumerate(self.plan.steps):
            after = {path: file.lines
                     for path, file in step.tree.files.items()}
            after2 = self.lines(number)
            if step.item and (before, after) != (before2, after2):
                try:
                    edits = step.item.rewrite(
                        self.book.pages[step.page], before, after, before2,
                        after2)
                except Cannot as reason:
                    raise Refused('%s: cannot be written again: %s'
                                  % (step.name, reason))
                for edit in edits:
                    pages.setdefault(step.page, []).append(edit)
                if edits:
                    changed.append((step.page, step.item.line, bool(
                        edits[-1][2] or len(edits) > 1)))
            before, before2 = after, after2
        for page, edits in pages.items():
            changed = [(p, line + shift(edits, line) if p == page else line,
                        there) for p, line, there in changed]
            lines = list(self.book.pages[page].lines)
            for start, end, new in reversed(edits):
                lines[start:end] = new
            pages[page] = lines
        return pages, changed

    def lines(self, number):
        """A step's tree as it is now, as lines."""
        return {path: content.decode('utf-8', 'surrogateescape')
                .split('\n')[:-1]
                for path, (content, _) in self.now[number].items()}

    def changes(self, pages):
        """What is to be written: path -> (content, executable) or None
        for a file that goes."""
        files = {page: ('\n'.join(lines).encode(), False)
                 for page, lines in pages.items()}
        for chapter in self.book.chapters:
            if chapter <= self.plan.chapter:
                continue
            tip = self.plan.tip(chapter)
            old, new = self.plan.steps[tip].tree.snapshot(), self.now[tip]
            for path in sorted(old.keys() | new.keys()):
                if old.get(path) != new.get(path):
                    files['%s/%s' % (chapter, path)] = new.get(path)
        return files

    def prove(self, files):
        """The new pages must lead through exactly the new trees."""
        shutil.rmtree(self.result, ignore_errors=True)
        shutil.copytree(self.base, self.result)
        chapter = self.plan.chapter
        shutil.rmtree(os.path.join(self.result, chapter))
        shutil.copytree(os.path.join(self.root, chapter),
                        os.path.join(self.result, chapter))
        for path, what in files.items():
            write(self.result, path, what)
        report = Report()
        self.after = read_book(self.result, report)
        found = steps(self.after)
        self.ends = {step.chapter: step.tree for step in found}
        found = [step.tree.snapshot() for step in found]
        same = [now for number, now in enumerate(self.now)
                if not number or now != self.now[number - 1]]
        if [now for number, now in enumerate(found)
                if not number or now != found[number - 1]] != same:
            raise Refused('the new listings would not lead through the '
                          'new trees; they are in %s/result' % PLACE)
        known = {problem.text for problem in self.report.problems}
        self.mend = [str(problem) for problem in report.problems
                     if problem.text not in known]

    def words(self, pages, changed, files):
        """What is written, and what a person has to read again."""
        words = []
        if self.dry_run:
            for path in files:
                old, new = ((what or b'').decode(errors='replace')
                            .splitlines(True) for what in
                            (read(self.base, path), (files[path] or [b''])[0]))
                words += [text.rstrip('\n') for text in unified_diff(
                    old, new, 'a/' + path, 'b/' + path)]
        words.append(
            'propagate: %s: %d listings and %d files of later chapters %s'
            % (self.plan.chapter, len(changed),
               sum(bool(CHAPTER.match(path.split('/')[0])) for path in files),
               'would change' if self.dry_run else 'changed'))
        told = [('Paragraphs to read again, their listing is another now:',
                 [paragraph(self.after.pages[page], line, there)
                  for page, line, there in changed]),
                ('Merges that were not exact, to be looked at:',
                 ['%s: %s: %s' % merge for merge in
                  self.repository.inexact()]),
                ('Merged by git, not as the lines were before; look at it:',
                 self.doubts()),
                ('Folded in as well as could be told:', self.plan.notes),
                ('Carried too, though no listing tells it yet:', [
                    step.chapter for step in self.plan.steps
                    if step.item is None]),
                ('To mend:', self.mend),
                ('Not rewritten, to be looked at:',
                 leftovers(self.root, self.after, self.plan, self.ends))]
        for title, lines in told:
            if lines:
                words += [title] + ['  ' + text for text in lines]
        return words

    def doubts(self):
        """Files of later chapters that lost or gained something else than
        the edit, in a merge that git took for exact."""
        told = {path for _, path, _ in self.repository.inexact()}
        found = []
        for chapter in self.book.chapters:
            tip = self.plan.tip(chapter)
            wanted = self.plan.tree(tip).snapshot()
            found += ['%s/%s' % (chapter, path) for path in sorted(wanted)
                      if wanted[path] != self.now[tip].get(path)
                      and path not in told]
        return found


# --- Files and lines -----------------------------------------------------

def shift(edits, line):
    """How far a line (from 1) of a page moves."""
    return sum(len(new) - (end - start) for start, end, new in edits
               if end < line)


def read(root, path):
    """The content of a file, None if there is none."""
    try:
        with open(os.path.join(root, path), 'rb') as stream:
            return stream.read()
    except FileNotFoundError:
        return None


def write(root, path, what):
    """Writes a file whole, or removes it."""
    full = os.path.join(root, path)
    if what is None:
        os.remove(full)
        return
    content, executable = what
    os.makedirs(os.path.dirname(full), exist_ok=True)
    if not os.path.exists(full):
        mode = 0o755 if executable else 0o644
    else:
        mode = os.stat(full).st_mode & 0o777
        mode = mode | 0o111 if executable else mode & ~0o111
    with open(full + '.new', 'wb') as stream:
        stream.write(content)
    os.chmod(full + '.new', mode)
    os.replace(full + '.new', full)
