"""Variants of a kernel: a copy of its tree with other files in it,
built in a directory of its own below the build directory."""

import contextlib
import fcntl
import os
import shutil

from testing.trees import run_make

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__)))))


def make(directory, *arguments):
    """Runs make; returns what it said.  The variables of the command
    line by which we were started hold here too."""
    made = run_make(directory, "-j2", *arguments)
    assert made.status == 0, "make %s fails:\n%s" % (
        " ".join(arguments), made.output[-2000:])
    return made.output


def build_directory(tree, *variables):
    """Where make puts what it makes of a tree."""
    said = make(tree, "-s", "print-build", *variables).strip()
    return os.path.join(tree, said.split("\n")[-1])


def sources(tree):
    """The files of a kernel's tree, by path: their bytes."""
    result = {}
    for base, directories, names in os.walk(tree):
        directories[:] = [name for name in directories
                          if not name.startswith(".")]
        for name in names:
            path = os.path.join(base, name)
            with open(path, "rb") as file:
                result[os.path.relpath(path, tree)] = file.read()
    return result


def write_tree(directory, files):
    """Makes the directory hold just these files.  What is already so
    stays untouched, so that make finds little to do."""
    have = sources(directory) if os.path.isdir(directory) else {}
    for path in set(have) - set(files):
        os.remove(os.path.join(directory, path))
    for path, content in files.items():
        if have.get(path) != content:
            full = os.path.join(directory, path)
            os.makedirs(os.path.dirname(full), exist_ok=True)
            with open(full, "wb") as file:
                file.write(content)


def link_root(root, host=False):
    """Makes a directory look like the project's root to a tree in it:
    what builds and runs tests, without the proofs.  With `host`, also
    what tests on the host are made of."""
    os.makedirs(root, exist_ok=True)
    names = ["common.mk", "tools"]
    if host:
        os.makedirs(os.path.join(root, "proofs", "host"), exist_ok=True)
        names += ["proofs/host/include", "proofs/host/support"]
    # What set-up and `make toolchain` put there must be found here, too.
    os.makedirs(os.path.join(root, "build"), exist_ok=True)
    names += [name for name in ("build/toolchain", "build/grub")
              if os.path.isdir(os.path.join(ROOT, name))]
    for name in names:
        path = os.path.join(root, name)
        if not os.path.lexists(path):
            os.symlink(os.path.join(ROOT, name), path)


def variant_tree(kernel, name, changes, host=False):
    """Writes the kernel's tree with some files changed (path -> text,
    None for a file to be left out); the path of the new tree."""
    files = sources(kernel.tree)
    for path, text in changes.items():
        if text is None:
            files.pop(path, None)
        else:
            files[path] = text.encode()
    root = os.path.join(kernel.build, "variants", name)
    link_root(root, host)
    tree = os.path.join(root, os.path.basename(kernel.tree))
    write_tree(tree, files)
    return tree


def lend_objects(kernel, build, changes):
    """Puts the kernel's own objects into the build directory of a new
    variant of it, but for those that are made of what has changed.  If
    the variant's flags are other ones, make compiles all of them again."""
    if os.path.exists(os.path.join(build, "commands")):
        return
    changed = [path.encode() for path in changes]
    os.makedirs(build, exist_ok=True)
    copy(kernel.build, build, "commands")
    for base, _, names in os.walk(os.path.join(kernel.build, "src")):
        for name in names:
            made = os.path.join(base, name)
            rules = os.path.splitext(made)[0] + ".d"
            if not made.endswith(".o") or not os.path.exists(rules):
                continue
            with open(rules, "rb") as file:
                words = file.read().split()
            if not any(path in words or path + b":" in words
                       for path in changed):
                copy(kernel.build, build, os.path.relpath(rules,
                                                          kernel.build))
                copy(kernel.build, build, os.path.relpath(made,
                                                          kernel.build))


def copy(source, target, path):
    """Copies a file from one directory to another, as a new one."""
    place = os.path.join(target, path)
    os.makedirs(os.path.dirname(place), exist_ok=True)
    shutil.copyfile(os.path.join(source, path), place)


@contextlib.contextmanager
def alone(kernel, name):
    """Proofs run side by side, and some share a variant: only one at a
    time writes and makes it.  The others then find it made."""
    directory = os.path.join(kernel.build, "variants")
    os.makedirs(directory, exist_ok=True)
    with open(os.path.join(directory, name + ".lock"), "w",
              encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def variant(kernel, name, changes, target="kernel.iso"):
    """Builds a variant of the kernel; the path of the product."""
    with alone(kernel, name):
        tree = variant_tree(kernel, name, changes)
        build = build_directory(tree)
        lend_objects(kernel, build, changes)
        product = os.path.join(build, target)
        make(tree, os.path.relpath(product, tree))
    return product
