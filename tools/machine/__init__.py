"""The virtual PC: started, looked at, typed on, explained.

    qemu        class Machine, and every name that other tools use
    qmp         the connection to QEMU, and what it answers
    screen      the text screen; keys: typing; rest: is it done?
    limits      how long things may take on this machine
    errors      how a machine ends, and what may go wrong
    programs    which QEMU, which GDB
    tail        the end of a log that may be endless
    faults      a processor's log in words
    show, debug, log    `make run`, `make debug`, `make log`
    bochs       the same images on another PC, MACHINE=bochs
"""
