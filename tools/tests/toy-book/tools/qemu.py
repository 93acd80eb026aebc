"""A machine that boots text: the image's lines are its screen, the first
in light cyan; lines that begin with `serial:` came over the serial line.
What is typed appears in the last line."""


class QemuError(Exception):
    pass


class MachineEnded(QemuError):
    pass


def limit(_):
    return 0.1


def slowness():
    return 1.0


class Rest:
    def look(self, _):
        return False


class Screen:
    def __init__(self, lines):
        self.lines = (lines + [''] * 25)[:25]
        self.cells = [[(char, 0x0b if row == 0 else 0x07)
                       for char in line.ljust(80)]
                      for row, line in enumerate(self.lines)]


class Machine:
    shutdown_reason = None

    def __init__(self, image, *, flags=(), stay=False, accel=None,
                 environment=True):
        with open(image, encoding='utf-8') as stream:
            text = stream.read()
        if 'qemu32' in flags:
            text = 'ERR: 2\n'
        self.flags, self.rests, self.typed = flags, 0, ''
        lines = text.splitlines()
        self.shown = [t for t in lines if not t.startswith('serial:')]
        self.said = [t[8:] for t in lines if t.startswith('serial:')]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def alive(self):
        return True

    def screen(self):
        return Screen(self.shown)

    def serial(self):
        return '\n'.join(self.said)

    def wait_rest(self, _):
        self.rests += 1
        if 'restless' in self.flags:
            raise QemuError('it does not come to rest')

    def type(self, keys):
        assert self.rests
        if not self.typed:
            self.shown.append('')
        self.typed += keys
        self.shown[-1] = 'typed ' + self.typed

    def how_it_ended(self):
        return 'it still runs'
