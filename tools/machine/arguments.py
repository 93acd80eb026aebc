"""QEMU's command line."""


def of(machine):
    """The arguments of a machine's QEMU, without the program's name."""
    result = ["-accel", machine.accel, "-machine", machine.machine,
              "-m", machine.memory_size, "-nodefaults", "-vga", "std"]
    if machine.cpu:
        result += ["-cpu", machine.cpu]
    if machine.disk:
        result += ["-drive", "format=raw,if=ide,file="
                   + escaped(machine.image)]
    else:
        result += ["-boot", "d", "-cdrom", machine.image]
    result += ["-display", machine.display,
               "-chardev", "file,id=serial,path="
               + escaped(machine.serial_path), "-serial", "chardev:serial",
               "-device", "isa-debug-exit,iobase=0xf4,iosize=0x04",
               "-chardev", "socket,id=qmp,path="
               + escaped(machine.path("qmp")),
               "-mon", "chardev=qmp,mode=control"]
    if machine.no_reboot:
        result.append("-no-reboot")
    if machine.stay:
        result.append("-no-shutdown")
    if machine.paused:
        result.append("-S")
    if machine.gdb:
        result += ["-gdb", "unix:" + escaped(machine.gdb_socket)
                   + ",server=on,wait=off"]
    if machine.tail:
        # Not its standard error, on which its own complaints are.
        result += ["-d", machine.log_items,
                   "-D", "/dev/fd/%d" % machine.tail.writing]
    return result + machine.flags


def escaped(path):
    """A path as a value among QEMU's options, where a comma ends one."""
    return path.replace(",", ",,")
