# The build rules of every kernel here.  A chapter's Makefile includes
# this file; so does a directory of your own beside the chapters.  Run
# `make help` for what can be made.
#
# Everything that is generated goes to ../build/, so that a chapter's
# directory holds sources only and `diff -r` between two chapters shows
# what a reader should see.  All paths are relative: a space in the path
# above does no harm.

# `make` alone makes the bootable image.
all:

# --- Names ------------------------------------------------------------

# The directory of this file, as seen from a chapter: `..`.
ROOT := $(patsubst %/common.mk,%,$(lastword $(MAKEFILE_LIST)))

# The directory we are in, without the path above it.
NAME := $(lastword $(subst /, ,$(CURDIR)))

# --- Tools ------------------------------------------------------------

# One question to the shell: which of these programs are there?
PROGRAMS := $(shell for program in \
    x86_64-elf-gcc x86_64-linux-gnu-gcc nasm python3 xorriso \
    grub-mkrescue grub2-mkrescue i686-elf-grub-mkrescue \
    x86_64-elf-grub-mkrescue; do \
    command -v $$program >/dev/null && echo $$program; done; true)

# A compiler made for bare metal is the first choice, one for Linux on
# x86-64 makes good kernels with the flags below, and so does the
# machine's own if it makes code for x86-64.  `make toolchain` builds
# the first kind.
ifndef CROSS_COMPILE
CROSS_COMPILE := $(patsubst %gcc,%,$(firstword \
    $(filter x86_64-elf-gcc,$(PROGRAMS)) \
    $(wildcard $(ROOT)/build/toolchain/bin/x86_64-elf-gcc) \
    $(filter x86_64-linux-gnu-gcc,$(PROGRAMS))))
endif
ifeq ($(origin CC),default)
CC := $(CROSS_COMPILE)gcc
endif
ifeq ($(origin LD),default)
LD := $(CROSS_COMPILE)ld
endif
OBJCOPY ?= $(CROSS_COMPILE)objcopy
OBJDUMP ?= $(CROSS_COMPILE)objdump
READELF ?= $(CROSS_COMPILE)readelf
NM ?= $(CROSS_COMPILE)nm
SIZE ?= $(CROSS_COMPILE)size
NASM ?= nasm
HOSTCC ?= cc
PYTHON ?= python3
QEMU ?= qemu-system-x86_64
GDB ?= gdb
GRUB_MKRESCUE ?= $(firstword $(filter %-mkrescue,$(PROGRAMS)))

# GRUB's modules for machines with a BIOS.  Where GRUB keeps them
# differs; without them grub-mkrescue makes an image that does not boot,
# and says nothing.
GRUB_MODULES ?= $(firstword $(wildcard /usr/lib/grub/i386-pc \
    /usr/share/grub/i386-pc /usr/share/grub2/i386-pc \
    /usr/local/lib/grub/i386-pc $(ROOT)/build/grub/i386-pc))

# $(call need,WHAT,IS IT THERE,WHERE IT COMES FROM): stops with one line
# if a tool is missing, before anything else can fail because of it.
need = $(if $(strip $(2)),,$(error $(1) is missing: \
    run ./setup.sh in the directory above, or see `make doctor`))
found = $(shell command -v $(firstword $(1)) 2>/dev/null || true)

# --- Variants ---------------------------------------------------------

# A kernel built in another way goes to another directory.  A switch
# chooses flags or objects, never text: no source has an #ifdef.
OPT ?= -O2
VARIANT :=
ifneq ($(OPT),-O2)
VARIANT := $(VARIANT)$(OPT)
endif
given = $(filter command environment,$(firstword $(origin $(1))))
ifneq ($(call given,CC),)
VARIANT := $(VARIANT)-$(notdir $(firstword $(CC)))
endif
ifneq ($(call given,CROSS_COMPILE),)
VARIANT := $(VARIANT)-$(patsubst %-,%,$(notdir $(CROSS_COMPILE)))
endif

# The heap that kmalloc() stands on.  All that a tree has are compiled;
# the linker makes kernel_heap another name of the chosen one.  What a
# tree lacks is replaced by the last in the list that it has.
HEAPS := page bump list block
HEAPS_HERE := $(foreach heap,$(HEAPS),\
    $(if $(wildcard src/mm/$(heap)_heap.c),$(heap)))
ALLOCATOR ?= block
ifneq ($(words $(ALLOCATOR)) $(words $(filter $(HEAPS),$(ALLOCATOR))),1 1)
$(error ALLOCATOR is one of $(HEAPS), not $(ALLOCATOR))
endif
HEAP := $(lastword $(HEAPS_HERE) $(filter $(ALLOCATOR),$(HEAPS_HERE)))
ifneq ($(HEAP),$(lastword $(HEAPS_HERE)))
VARIANT := $(VARIANT)-$(HEAP)
endif

BUILD := $(ROOT)/build/$(NAME)$(VARIANT)

# --- Sources ----------------------------------------------------------

# A file becomes part of the kernel by existing.  Sorted, because `find`
# lists files in an order that differs from one file system to the next.
SOURCES := $(sort $(shell find src -name '*.c' -o -name '*.asm'))
OBJECTS := $(SOURCES:%=$(BUILD)/%.o)

# Three kinds of kernel are linked from the same objects: the kernel
# proper has a main and shows something; the unit-test kernel has a main
# of its own and every *_test.c; each file in tests/ is a main too.
MAIN := $(filter $(BUILD)/src/kernel/main.c.o \
    $(BUILD)/src/kernel/demo.c.o,$(OBJECTS))
UNIT := $(filter $(BUILD)/src/test/% %_test.c.o,$(OBJECTS))
HARNESS := $(filter-out %/main.c.o %_test.c.o,$(UNIT))
CORE := $(filter-out $(MAIN) $(UNIT),$(OBJECTS))
TESTS := $(sort $(patsubst tests/%.c,%,$(wildcard tests/*.c)))

# --- Flags for the compiler -------------------------------------------

# C17 with GNU's extensions, of which we use three: inline assembly,
# attributes, and named sections.
CFLAGS := -std=gnu17 $(OPT) -g
# There is no C library below us.  GCC must neither assume one nor turn
# the loop in our memset into a call of memset.
CFLAGS += -ffreestanding
# Only the headers that come with the compiler, so that `#include
# <stdio.h>` is an error and not an accident.
CFLAGS += -nostdinc -isystem '$(shell $(CC) -print-file-name=include \
    2>/dev/null)'
# Our own headers are named by their path from src/.
CFLAGS += -Isrc
# An interrupt overwrites what a function keeps below the stack pointer.
CFLAGS += -mno-red-zone
# No vector or floating-point registers: nobody saves them for us when
# an interrupt arrives, and nobody has switched them on.
CFLAGS += -mgeneral-regs-only
# The kernel runs at the address it is linked for.
CFLAGS += -fno-pic -fno-pie
# These need help from a C library or an operating system, or guard
# against attacks on programs; some systems switch them on by default.
CFLAGS += -fno-stack-protector -fcf-protection=none
# Tables for unwinding the stack, which nothing here reads.
CFLAGS += -fno-asynchronous-unwind-tables
# rbp links every stack frame to its caller's; a call in last position
# stays a call: a backtrace shows who called whom.
CFLAGS += -fno-omit-frame-pointer -fno-optimize-sibling-calls
# A kernel reads the same memory as different structures.
CFLAGS += -fno-strict-aliasing
# __FILE__ is `lib/format.c`, wherever the kernel is built.
CFLAGS += -fmacro-prefix-map=src/= -fmacro-prefix-map=$(ROOT)/=
# Remember which headers each object was made from.
CFLAGS += -MMD -MP

# On from the first chapter, because they are expensive to add later.
# They are errors only under STRICT=1, so that a kernel with a call
# commented out still builds and runs.
WARNINGS := -Wall -Wextra -Wconversion -Wsign-conversion -Wshadow \
    -Wundef -Wvla -Wcast-qual -Wwrite-strings -Wpointer-arith \
    -Wstrict-prototypes -Wmissing-prototypes -Wformat=2
# A larger frame could step over the guard page below a stack.
WARNINGS += -Wframe-larger-than=1024

# Clang has to be told which machine it makes code for; GCC not to probe
# the stack page by page.
ifneq ($(findstring clang,$(CC)),)
CFLAGS += --target=x86_64-unknown-none-elf
# It refuses an attribute of GCC's that lib/owned.h uses.
CFLAGS += -iquote $(ROOT)/tools/clang
else
CFLAGS += -fno-stack-clash-protection
endif

# NASM 2.16.03, asked for all warnings, has one for every 32-bit address
# in 32-bit code; older versions do not know its name.
NASMFLAGS := -f elf64 -g -F dwarf -w+all -w-unknown-warning \
    -w-reloc-abs-dword -w-reloc-rel-dword
ifdef STRICT
WARNINGS += -Werror
NASMFLAGS += -Werror
LDSTRICT := --fatal-warnings
endif

# --- Flags for the linker ---------------------------------------------

# No start-up code, no library, no dynamic loader.
LDFLAGS := -nostdlib -static
# Pages of 4 KiB; with larger ones the Multiboot2 header would lie too
# deep in the file for GRUB to find it.
LDFLAGS += -z max-page-size=4096
# NASM's objects say nothing about the stack; it is never executed.
LDFLAGS += -z noexecstack
# No note that differs from build to build.
LDFLAGS += --build-id=none
ifneq ($(HEAP),)
LDFLAGS += --defsym=kernel_heap=$(HEAP)_heap
endif
LDSCRIPT := $(wildcard linker.ld)
LDFLAGS += $(LDSCRIPT:%=-T %) $(LDSTRICT)

# --- Saying what is done ----------------------------------------------

# One short line a step; V=1 shows the commands themselves, -s nothing.
QUIET := @
say = @printf '  %-7s %s\n' '$(1)' '$(2)'
ifdef V
QUIET :=
say = @:
endif
ifneq ($(findstring s,$(firstword -$(MAKEFLAGS))),)
say = @:
endif

# --- Compiling and linking --------------------------------------------

# What the compiler says of itself: its machine first, then its version.
CC_SAYS := $(shell { $(CC) -dumpmachine && \
    $(CC) --version | head -n 1; } 2>/dev/null)
CC_FITS = $(filter x86_64-%,$(CC_SAYS)) $(findstring clang,$(CC))

# Holds the commands and the compiler's version.  Every object depends
# on it: another flag or another compiler compiles everything again.
COMMANDS := $(CC) $(CFLAGS) $(WARNINGS) $(LD) $(LDFLAGS) \
    $(NASM) $(NASMFLAGS) $(CC_SAYS)
$(BUILD)/commands: FORCE
	$(call need,A C compiler for x86-64 ($(CC)),$(CC_FITS))
	@mkdir -p $(@D)
	@printf '%s\n' "$(COMMANDS)" | cmp -s - $@ || \
	    printf '%s\n' "$(COMMANDS)" > $@

$(BUILD)/src/%.c.o: src/%.c $(ROOT)/common.mk $(BUILD)/commands
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(QUIET)$(CC) $(CFLAGS) $(WARNINGS) -c $< -o $@

$(BUILD)/tests/%.c.o: tests/%.c $(ROOT)/common.mk $(BUILD)/commands
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(QUIET)$(CC) $(CFLAGS) $(WARNINGS) -c $< -o $@

$(BUILD)/proofs/%.c.o: $(ROOT)/proofs/kernel/%.c $(ROOT)/common.mk \
    $(BUILD)/commands
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(QUIET)$(CC) $(CFLAGS) $(WARNINGS) -c $< -o $@

$(BUILD)/src/%.asm.o: src/%.asm $(ROOT)/common.mk $(BUILD)/commands
	$(call need,NASM ($(NASM)),$(call found,$(NASM)))
	@mkdir -p $(@D)
	$(call say,NASM,$<)
	$(QUIET)$(NASM) $(NASMFLAGS) -MD $(@:.o=.d) -MP $< -o $@

# The map tells which section of which object ended up where.
link = $(LD) $(LDFLAGS) -Map=$(@:.elf=.map) -o $@ $(filter %.o,$^)

# Which objects there are: a source that was deleted is linked no longer.
$(BUILD)/objects: FORCE
	@mkdir -p $(@D)
	@echo '$(OBJECTS)' | cmp -s - $@ || echo '$(OBJECTS)' > $@

$(BUILD)/%.elf: $(LDSCRIPT) $(BUILD)/objects
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(QUIET)$(link)

$(BUILD)/kernel.elf: $(CORE) $(MAIN)
$(BUILD)/tests/unit.elf: $(CORE) $(UNIT)
$(TESTS:%=$(BUILD)/tests/%.elf): $(BUILD)/tests/%.elf: \
    $(CORE) $(HARNESS) $(BUILD)/tests/%.c.o

# A proof from ../proofs/kernel is a kernel of its own, like a test.
PROOFS := $(patsubst $(ROOT)/proofs/kernel/%.c,%,\
    $(sort $(wildcard $(ROOT)/proofs/kernel/*.c)))
$(PROOFS:%=$(BUILD)/proofs/%.elf): $(BUILD)/proofs/%.elf: \
    $(CORE) $(HARNESS) $(BUILD)/proofs/%.c.o

# A kernel that measures, from ../measure.
MEASURES := $(patsubst $(ROOT)/measure/%.c,%,\
    $(sort $(wildcard $(ROOT)/measure/*.c)))
$(BUILD)/measure/%.c.o: $(ROOT)/measure/%.c $(ROOT)/common.mk \
    $(BUILD)/commands
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(QUIET)$(CC) $(CFLAGS) $(WARNINGS) -c $< -o $@

$(MEASURES:%=$(BUILD)/measure/%.elf): $(BUILD)/measure/%.elf: \
    $(CORE) $(BUILD)/measure/%.c.o

# --- The bootable image -----------------------------------------------

# What GRUB needs to read a CD, show no menu, and load a Multiboot2
# kernel; all the rest of it would be 19 MB.  It looks for every kind of
# partition table, and complains, slowly, of those it cannot read.
GRUB_TABLES := $(sort $(basename $(notdir \
    $(wildcard $(GRUB_MODULES)/part_*.mod))))
GRUB_FLAGS := --install-modules='multiboot2 normal $(GRUB_TABLES)' \
    --locales= --themes= --fonts=

# The same sources make the same image, byte for byte: every date in it
# is this one.
IMAGE_DATE := 2020010100000000
IMAGE_DATES := -- -volume_date all_file_dates =1577836800 \
    -volume_date uuid $(IMAGE_DATE)

$(BUILD)/%.iso: $(BUILD)/%.elf grub.cfg
	$(call need,GRUB (grub-mkrescue),$(GRUB_MKRESCUE))
	$(call need,GRUB for BIOS machines (i386-pc),$(GRUB_MODULES))
	$(call need,xorriso,$(call found,xorriso))
	@rm -rf $(BUILD)/$*.cd $@
	@mkdir -p $(BUILD)/$*.cd/boot/grub
	$(call say,IMAGE,$@)
	$(QUIET)$(OBJCOPY) --strip-all $< $(BUILD)/$*.cd/boot/kernel.elf
	$(QUIET)cp grub.cfg $(BUILD)/$*.cd/boot/grub/
	$(QUIET)$(GRUB_MKRESCUE) -d $(GRUB_MODULES) $(GRUB_FLAGS) -o $@ \
	    $(BUILD)/$*.cd $(IMAGE_DATES) > $@.log 2>&1 || \
	    { cat $@.log >&2; rm -f $@; exit 1; }

# For a USB stick, and for machines with UEFI firmware too, where GRUB
# then says in words why there is no text screen.
USB_MODULES := multiboot2 normal echo test sleep minicmd $(GRUB_TABLES)
$(BUILD)/usb.iso: $(BUILD)/kernel.elf grub.cfg $(ROOT)/tools/usb.cfg
	$(call need,GRUB (grub-mkrescue),$(GRUB_MKRESCUE))
	$(call need,mformat (mtools),$(call found,mformat))
	@rm -rf $(BUILD)/usb.cd
	@mkdir -p $(BUILD)/usb.cd/boot/grub
	$(call say,IMAGE,$@)
	$(QUIET)$(OBJCOPY) --strip-all $< $(BUILD)/usb.cd/boot/kernel.elf
	$(QUIET)cat $(ROOT)/tools/usb.cfg grub.cfg \
	    > $(BUILD)/usb.cd/boot/grub/grub.cfg
	$(QUIET)$(GRUB_MKRESCUE) --locales= --themes= --fonts= \
	    --install-modules='$(USB_MODULES)' \
	    -o $@ $(BUILD)/usb.cd > $@.log 2>&1 || \
	    { cat $@.log >&2; rm -f $@; exit 1; }

# --- Tests on the host ------------------------------------------------

# What touches no hardware is compiled a second time, for the machine we
# sit at, where the sanitizers watch every access.  No object of the
# kernel is linked there: the kernel's memset would blind them.
# proofs/host/include comes before src/ and replaces the two headers of
# inline assembly, and the collecting of tests by the linker.
HOST_CFLAGS := -std=gnu17 -O1 -g -I$(ROOT)/proofs/host/include -Isrc \
    -fsanitize=address,undefined -fno-sanitize-recover=all \
    -fno-omit-frame-pointer -fno-strict-aliasing \
    -fmacro-prefix-map=src/= -fmacro-prefix-map=$(ROOT)/= -MMD -MP

HOST_SOURCES := $(filter-out src/boot/start.c src/test/% \
    src/kernel/main.c src/kernel/demo.c src/kernel/panic.c %_test.c %.asm,\
    $(SOURCES))
HOST_ARCHIVE := $(BUILD)/host/libkernel.a
HOST_TESTS := $(filter src/boot/%_test.c src/containers/%_test.c \
    src/lib/%_test.c src/mm/%_test.c src/task/%_test.c,$(SOURCES))

# What stands in for the machine.  A file that has the path of a source
# prepares that module, in trees that have it.
HOST_SUPPORT := $(patsubst $(ROOT)/proofs/host/support/%.c,\
    $(BUILD)/host/support/%.c.o,\
    $(sort $(wildcard $(ROOT)/proofs/host/support/*.c)) \
    $(wildcard $(SOURCES:src/%=$(ROOT)/proofs/host/support/%)))

# The kernel's memory functions go by other names here, so that the
# sanitizers keep theirs.
$(BUILD)/host/src/lib/string.c.o: HOST_CFLAGS += -ffreestanding \
    -Dmemcpy=kernel_memcpy -Dmemmove=kernel_memmove \
    -Dmemset=kernel_memset -Dmemcmp=kernel_memcmp

HOST_COMMANDS := $(HOSTCC) $(HOST_CFLAGS) $(WARNINGS) \
    $(shell $(HOSTCC) --version 2>/dev/null | head -n 1)
$(BUILD)/host/commands: FORCE
	$(call need,A C compiler for this machine ($(HOSTCC)),\
	    $(call found,$(HOSTCC)))
	@mkdir -p $(@D)
	@printf '%s\n' "$(HOST_COMMANDS)" | cmp -s - $@ || \
	    printf '%s\n' "$(HOST_COMMANDS)" > $@

host_compile = $(HOSTCC) $(HOST_CFLAGS) $(WARNINGS) -c $< -o $@

$(BUILD)/host/src/%.c.o: src/%.c $(ROOT)/common.mk $(BUILD)/host/commands
	@mkdir -p $(@D)
	$(call say,HOSTCC,$<)
	$(QUIET)$(host_compile)

$(BUILD)/host/support/%.c.o: $(ROOT)/proofs/host/support/%.c \
    $(ROOT)/common.mk $(BUILD)/host/commands
	@mkdir -p $(@D)
	$(call say,HOSTCC,$<)
	$(QUIET)$(host_compile)

$(BUILD)/host/proofs/%.c.o: $(ROOT)/proofs/host/%.c \
    $(ROOT)/common.mk $(BUILD)/host/commands
	@mkdir -p $(@D)
	$(call say,HOSTCC,$<)
	$(QUIET)$(host_compile)

# The linker takes from an archive only what somebody asked for, so a
# driver that could not run here is compiled and never linked.
$(HOST_ARCHIVE): $(HOST_SOURCES:%=$(BUILD)/host/%.o) $(BUILD)/objects
	@mkdir -p $(@D)
	$(call say,AR,$@)
	$(QUIET)rm -f $@ && ar rcs $@ $(filter %.o,$^)

host_link = $(HOSTCC) $(HOST_CFLAGS) -o $@ $(filter %.o,$^) $(HOST_ARCHIVE)

$(BUILD)/host/unit: $(HOST_TESTS:%=$(BUILD)/host/%.o) \
    $(HOST_SUPPORT) $(HOST_ARCHIVE)
	$(call say,HOSTLD,$@)
	$(QUIET)$(host_link)

$(BUILD)/host/%: $(BUILD)/host/proofs/%.c.o $(HOST_SUPPORT) $(HOST_ARCHIVE)
	$(call say,HOSTLD,$@)
	$(QUIET)$(host_link)

# --- What a reader asks for -------------------------------------------

# A chapter without grub.cfg has no image yet: its product is the ELF.
ifeq ($(wildcard grub.cfg),)
PRODUCT := $(BUILD)/kernel.elf
else
PRODUCT := $(BUILD)/kernel.iso
endif

# What the programs in tools/ have to know.
export QEMU QEMU_FLAGS MEMORY ACCEL TIMEOUT GDB GDB_FLAGS STRICT NM OPT \
    READELF SIZE
TOOL = $(call need,Python 3,$(call found,$(PYTHON)))@$(PYTHON) $(ROOT)/tools

all: $(PRODUCT)

ifeq ($(wildcard grub.cfg),)
run: $(PRODUCT)
	@sh $(ROOT)/tools/freestanding.sh $<
else
run: $(PRODUCT)
	$(TOOL)/run.py run $<
endif

debug: $(PRODUCT)
	$(TOOL)/run.py debug $<

log: $(PRODUCT)
	$(TOOL)/run.py log $<

test:
	$(TOOL)/test.py . --build $(BUILD) \
	    $(if $(TEST),--only '$(TEST)') \
	    $(if $(JUNIT),--junit '$(JUNIT)')

# Counts instructions, from chapter 11 on; KEEP=1 makes the result what
# later ones are compared with.
ifneq ($(wildcard src/mm/block_heap.c),)
measure: $(MEASURES:%=$(BUILD)/measure/%.iso) $(BUILD)/kernel.elf
	$(call need,Python 3,$(call found,$(PYTHON)))@KEEP='$(KEEP)' \
	    $(PYTHON) $(ROOT)/measure/measure.py $(BUILD) '$(NAME)' \
	    '$(CC_SAYS)' '$(OPT), $(HEAP)'
else
measure:
	@echo 'make measure counts from chapter 11 on: $(NAME) has no' \
	    'src/mm/block_heap.c' >&2; exit 1
endif

# The chapter before this one; for other comparisons name both.
CHAPTERS := $(sort $(notdir $(wildcard $(ROOT)/[0-9][0-9]-*)))
before = $(lastword $(filter-out $(NAME),$(filter %,$(foreach c,\
    $(CHAPTERS),$(if $(filter $(NAME),$(firstword \
    $(sort $(c) $(NAME)))),,$(c))))))
FROM ?= $(before)
TO ?= $(NAME)
diff:
	$(call need,The directory to compare with (FROM=),$(FROM))
	@cd $(ROOT) && { git diff --no-index $(FROM) $(TO); [ $$? -le 1 ]; }

usb: $(BUILD)/usb.iso
	@echo
	@echo "$< can be written to a USB stick.  Find out which device it is"
	@echo "(lsblk); everything on it will be lost:"
	@echo
	@echo "    sudo dd if=$< of=/dev/sdX bs=1M conv=fsync"

size: $(BUILD)/kernel.elf
	@$(SIZE) $<

disasm: $(BUILD)/kernel.elf
	@$(OBJDUMP) -d -M intel --no-show-raw-insn $<

doctor:
	@sh $(ROOT)/tools/doctor.sh

clean:
	rm -rf $(BUILD)

help:
	@echo "make          the bootable image, in $(BUILD)"
	@echo "make run      boot it in QEMU"
	@echo "make test     run the tests; TEST=name for one,"
	@echo "              THOROUGH=1 for some that take longer, too"
	@echo "make debug    boot it stopped, with GDB attached"
	@echo "make log      boot it, explain the exceptions before a reset"
	@echo "make measure  how many instructions it takes (chapter 11)"
	@echo "make diff     what changed since the chapter before (FROM=, TO=)"
	@echo "make usb      an image for a USB stick"
	@echo "make size     how large it is"
	@echo "make disasm   its instructions"
	@echo "make doctor   which tools are there, which are missing"
	@echo "make clean    remove what was made"
	@echo
	@echo "Variables: CROSS_COMPILE, CC, OPT, QEMU, QEMU_FLAGS, MEMORY,"
	@echo "ACCEL, TIMEOUT, GDB, GRUB_MKRESCUE, GRUB_MODULES, STRICT=1, V=1;"
	@echo "from chapter 11 on ALLOCATOR=page, bump, list or block (as it is)"

# For the tools: where this tree's products are.
print-build:
	@echo $(BUILD)

# --- What a maintainer asks for ---------------------------------------

C_SOURCES := $(filter %.c,$(SOURCES)) $(TESTS:%=tests/%.c)

# A structure that others define has fields that nobody here reads.
analyze:
	$(QUIET)for file in $(C_SOURCES); do \
	    $(CC) $(filter-out -MMD -MP,$(CFLAGS)) $(WARNINGS) -Werror \
	        -fanalyzer -c $$file -o /dev/null || exit 1; done
	$(QUIET)cppcheck --quiet --error-exitcode=1 --inline-suppr \
	    --enable=warning,style,performance,portability --std=c11 \
	    --suppress=unmatchedSuppression --suppress=unusedStructMember \
	    -Isrc src $(wildcard tests)
	$(QUIET)clang-tidy --quiet --config-file=$(ROOT)/.clang-tidy \
	    $(C_SOURCES) -- -std=gnu17 -iquote $(ROOT)/tools/clang -Isrc \
	    -ffreestanding \
	    -mno-red-zone -mgeneral-regs-only

FORCE:
.PHONY: all run debug log test measure diff usb size disasm doctor \
    clean help print-build analyze FORCE
.SECONDARY:
.DELETE_ON_ERROR:
# No rule of Make's own: they would look for more than we have.
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules

-include $(OBJECTS:.o=.d) $(TESTS:%=$(BUILD)/tests/%.c.d) \
    $(wildcard $(BUILD)/proofs/*.d $(BUILD)/measure/*.d \
    $(BUILD)/host/src/*/*.d $(BUILD)/host/proofs/*.d \
    $(BUILD)/host/support/*.d)
