"""What the kernel knows of the machine's memory, and the frames that it
hands out, on a small machine and on the usual one.

needs: src/mm/memory.h src/mm/frame.h src/kernel/demo.h linker.ld grub.cfg
once: src/kernel/init.c src/mm/memory* src/mm/frame.* src/mm/paging.*
once: src/mm/address.h src/boot/multiboot2.* linker.ld
once: src/boot/boot.asm src/boot/header.asm
"""

from support.frames import Boot, check_frames, check_map, check_tables


def test_the_usual_machine(kernel):
    """The memory map, and every frame that is free."""
    boot = Boot(kernel)
    check_map(boot)
    check_tables(boot)
    check_frames(boot)


def test_a_machine_with_32_mib(kernel):
    """`-m 32M`."""
    boot = Boot(kernel, memory="32M")
    check_map(boot)
    check_frames(boot)
