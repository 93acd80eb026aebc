"""The project's places, and the one walk over a directory."""

import hashlib
import os

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, "build")


def below(directory, skip=()):
    """The files below a directory, as sorted paths relative to it, with
    "/" between their parts.

    Left out are names that begin with a dot (editors and file managers
    leave such files anywhere), Python's caches, and the paths in `skip`,
    files or directories.  A link to a directory counts as a file.
    """
    found = []
    for place, directories, names in os.walk(directory):
        links = [name for name in directories
                 if os.path.islink(os.path.join(place, name))]
        inside = os.path.relpath(place, directory)
        paths = {name: os.path.normpath(os.path.join(inside, name))
                 .replace(os.sep, "/") for name in directories + names}

        def wanted(name):
            return (not name.startswith(".") and name != "__pycache__"
                    and paths[name] not in skip)

        directories[:] = sorted(name for name in directories
                                if name not in links and wanted(name))
        found += [paths[name] for name in names + links if wanted(name)]
    return sorted(found)


def read(path):
    """A file's bytes; none if there is no such file."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except (FileNotFoundError, NotADirectoryError):
        return b""


def read_text(path):
    """A file's text; none if there is no such file."""
    return read(path).decode("utf-8", "replace").replace("\r\n", "\n")


def write(path, content):
    """Writes a file in one step: whoever reads it meanwhile, or writes
    it too, sees all of one or all of the other.  Makes its directory."""
    data = content.encode() if isinstance(content, str) else content
    os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
    # Threads of one process write as well as other processes.
    temporary = "%s.%s" % (path, os.urandom(4).hex())
    try:
        with open(temporary, "wb") as file:
            file.write(data)
        os.replace(temporary, path)
    except BaseException as error:
        if os.path.exists(temporary):
            os.remove(temporary)
        if isinstance(error, OSError):
            error.filename = path       # which people know
        raise


def digest(*parts):
    """One digest of texts and byte strings, in their order."""
    result = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogateescape") \
            if isinstance(part, str) else part
        result.update(b"%d:" % len(data))
        result.update(data)
    return result.hexdigest()


def digest_below(directory, skip=()):
    """A digest of a directory: its files' paths, bytes, and whether they
    can be executed."""
    parts = []
    for path in below(directory, skip):
        full = os.path.join(directory, path)
        parts += [path, "x" if os.access(full, os.X_OK) else "",
                  read(full) if os.path.isfile(full) else b""]
    return digest(*parts)
