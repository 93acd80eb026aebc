# The build rules of every kernel here.  A chapter's Makefile includes
# this file; so does a directory of your own beside the chapters.  Run
# `make help` for what can be made.
#
# Everything that is generated goes to ../build/, so that a chapter's
# directory holds sources only and `diff -r` between two chapters shows
# what a reader should see.  Paths are relative: a blank in the path
# above does no harm.

# `make` alone makes the bootable image.
all:

# --- Names ------------------------------------------------------------

# The directory of this file, as seen from a chapter: `..`.
ROOT := $(patsubst %/common.mk,%,$(lastword $(MAKEFILE_LIST)))

# The directory we are in, without the path above it.
empty :=
blank := $(empty) $(empty)
NAME := $(lastword $(subst /, ,$(subst $(blank),-,$(CURDIR))))

# --- Tools ------------------------------------------------------------

# One question to the shell: which of these programs are there, how many
# processors, and where is GRUB?
FOUND := $(shell for program in x86_64-elf-gcc x86_64-linux-gnu-gcc \
    ccache nasm python3 xorriso mformat git; do \
    command -v $$program >/dev/null && echo $$program; done; \
    setpriv --pdeathsig TERM true 2>/dev/null && echo setpriv; \
    echo jobs=$$(getconf _NPROCESSORS_ONLN); \
    root=$(ROOT); . $(ROOT)/tools/setup/grub.sh; say_grub)
found = $(patsubst $(1)=%,%,$(filter $(1)=%,$(FOUND)))

# A compiler made for bare metal is the first choice, one for Linux on
# x86-64 makes good kernels with the flags below, and so does the
# machine's own if it makes code for x86-64.  `make toolchain` builds
# the first kind.
ifndef CROSS_COMPILE
CROSS_COMPILE := $(patsubst %gcc,%,$(firstword \
    $(filter x86_64-elf-gcc,$(FOUND)) \
    $(wildcard $(ROOT)/build/toolchain/bin/x86_64-elf-gcc) \
    $(filter x86_64-linux-gnu-gcc,$(FOUND))))
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
GRUB_MKRESCUE ?= $(call found,mkrescue)
GRUB_MODULES ?= $(call found,modules)

# Where ccache is installed, nothing is compiled twice, not even in
# another directory.  `CCACHE=` does without.
CCACHE ?= $(filter ccache,$(FOUND))
CCACHE_DIR ?= $(patsubst %/common.mk,%,$(realpath \
    $(ROOT)/common.mk))/build/ccache
CCACHE_MAXSIZE ?= 1G
export CCACHE_DIR CCACHE_MAXSIZE

# As many jobs at once as there are processors.  (What starts `make`
# itself says how many it wants.)
JOBS ?= $(call found,jobs)
ifeq ($(MAKELEVEL)$(filter-out all run debug log usb size disasm,\
    $(MAKECMDGOALS))$(word 2,$(MAKECMDGOALS)),0)
MAKEFLAGS += -j$(JOBS)
endif

# $(call need,WHAT,IS IT THERE,VARIABLE): stops with one line if a tool
# is missing, before anything else can fail because of it.
need = $(if $(strip $(2)),,$(error $(1) is missing: ./setup.sh in the \
    directory above installs it$(if $(3),; $(3)= names one elsewhere)))
there = $(shell command -v $(firstword $(1)) 2>/dev/null)

# --- Variants ---------------------------------------------------------

# A kernel built in another way goes to another directory.  A switch
# chooses flags or objects, never text: no source has an #ifdef.
OPT ?= -O2
VARIANT := $(filter-out -O2,$(OPT))
given = $(filter command environment,$(firstword $(origin $(1))))
VARIANT := $(VARIANT)$(if $(call given,CC),-$(notdir $(firstword $(CC))))
VARIANT := $(VARIANT)$(if $(call given,CROSS_COMPILE),-$(patsubst \
    %-,%,$(notdir $(CROSS_COMPILE))))
# Each function in a section of its own, for `make unused`.
VARIANT := $(VARIANT)$(if $(SECTIONS),-sections)

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

# What make or the shell would take for more than a name becomes `?`.
MARK := LC_ALL=C tr -c 'A-Za-z0-9_./+\n\200-\377-' '?'

# A file becomes part of the kernel by existing.  Sorted, because `find`
# lists files in an order that differs from one file system to the next;
# names that begin with a dot are those of editors and file managers.
FILES := $(sort $(shell find src $(wildcard tests) -name '.*' -prune \
    -o \( -name '*.c' -o -name '*.asm' \) -print | $(MARK)))
SOURCES := $(filter src/%,$(FILES))
OBJECTS := $(SOURCES:%=$(BUILD)/%.o)

STRANGE := $(strip $(foreach file,$(FILES),\
    $(if $(findstring ?,$(file)),$(file))))
ifneq ($(STRANGE),)
$(error A file name has a blank, or another sign that means something to \
    make (shown as ?): rename or remove $(STRANGE))
endif

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
# Nor does the debugging information name the directory: the same source
# makes the same object anywhere.
HERE := '-ffile-prefix-map=$(CURDIR)=.'
export PWD := $(CURDIR)
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
# A section that the script does not name is an error, not a surprise at
# run time: it may be a slip of the pen, as in `section .bss:`.
ifneq ($(findstring /DISCARD/,$(file <linker.ld)),)
LDFLAGS += -T $(ROOT)/tools/setup/sections.ld --orphan-handling=error
endif
LDFLAGS += $(LDSCRIPT:%=-T %)
ifdef SECTIONS
CFLAGS += -ffunction-sections -fdata-sections
LDFLAGS += --gc-sections
endif
ifdef STRICT
WARNINGS += -Werror
NASMFLAGS += -Werror
LDFLAGS += --fatal-warnings
endif

# --- Saying what is done ----------------------------------------------

# One short line a step; V=1 shows the commands themselves, -s nothing.
QUIET := $(if $(V),,@)
ifeq ($(V)$(findstring s,$(firstword -$(MAKEFLAGS))),)
say = $(info $(empty)  $(1))
endif

# Says why, where the reason is not in a source, and fails.
failed = sh $(ROOT)/tools/setup/failed.sh $(BUILD)

# $(call remember,TEXT,DIRECTORIES): a file that is new only if the text
# is, and directories for what comes after it.
remember = mkdir -p $(sort $(@D) $(2)) 2>/dev/null && [ -w $(@D) ] && \
    { printf '%s\n' "$(1)" | cmp -s - $@ || \
    printf '%s\n' "$(1)" 2>/dev/null > $@; } 2>/dev/null || \
    { rm -f $@ 2>/dev/null; $(failed); }

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
	$(call need,A C compiler for x86-64 ($(CC)),$(CC_FITS),CROSS_COMPILE)
	@$(call remember,$(COMMANDS),$(dir $(OBJECTS)) \
	    $(addprefix $(BUILD)/,tests proofs/kernel measure))

# A proof and a kernel that measures come from the directories above.
vpath %.c $(ROOT)

compile = $(CCACHE) $(CC) $(CFLAGS) $(WARNINGS) $(HERE) -c $< -o $@

$(BUILD)/%.c.o: %.c $(BUILD)/commands
	$(call say,CC      $<)
	$(QUIET)$(compile) || $(failed)

$(BUILD)/%.asm.o: %.asm $(BUILD)/commands
	$(call need,NASM ($(NASM)),$(call there,$(NASM)),NASM)
	$(call say,NASM    $<)
	$(QUIET)$(NASM) $(NASMFLAGS) -MD $(@:.o=.d) -MP $< -o $@ || \
	    $(failed)

# The map tells which section of which object ended up where.
link = $(LD) $(LDFLAGS) -Map=$(@:.elf=.map) -o $@ $(filter %.o,$^)

# Which objects there are: a source that was deleted is linked no longer.
$(BUILD)/objects: $(BUILD)/commands FORCE
	@$(call remember,$(OBJECTS))

$(BUILD)/%.elf: $(LDSCRIPT) $(BUILD)/objects
	$(call say,LD      $@)
	$(QUIET)$(link) || $(failed) $(filter %.o,$^)

$(BUILD)/kernel.elf: $(CORE) $(MAIN)
$(BUILD)/tests/unit.elf: $(CORE) $(UNIT)
$(TESTS:%=$(BUILD)/tests/%.elf): $(BUILD)/tests/%.elf: \
    $(CORE) $(HARNESS) $(BUILD)/tests/%.c.o

PROOFS := $(notdir $(wildcard $(ROOT)/proofs/kernel/*.c))
$(PROOFS:%.c=$(BUILD)/proofs/%.elf): $(BUILD)/proofs/%.elf: \
    $(CORE) $(HARNESS) $(BUILD)/proofs/kernel/%.c.o
MEASURES := $(notdir $(wildcard $(ROOT)/measure/*.c))
$(MEASURES:%.c=$(BUILD)/measure/%.elf): $(BUILD)/measure/%.elf: \
    $(CORE) $(BUILD)/measure/%.c.o

# --- The bootable image -----------------------------------------------

# What GRUB needs to read a CD, show no menu, and load a Multiboot2
# kernel; all the rest of it would be 19 MB.  It looks for every kind of
# partition table, and complains, slowly, of those it cannot read.
GRUB_TABLES := $(sort $(basename $(notdir \
    $(wildcard $(GRUB_MODULES)/part_*.mod))))
GRUB_FLAGS := -d $(GRUB_MODULES) --locales= --themes= --fonts= \
    --install-modules='multiboot2 normal $(GRUB_TABLES)'

# The same sources make the same image, byte for byte: every date in it
# is this one.
IMAGE_DATE := 2020010100000000
IMAGE_DATES := -- -volume_date all_file_dates =1577836800 \
    -volume_date uuid $(IMAGE_DATE)

CD = $(@:.iso=.cd)
MENU := grub.cfg
define image
	$(call need,GRUB (grub-mkrescue),$(GRUB_MKRESCUE),GRUB_MKRESCUE)
	$(call need,GRUB for BIOS machines (i386-pc),$(wildcard \
	    $(GRUB_MODULES)/cdboot.img),GRUB_MODULES)
	$(call need,xorriso,$(filter xorriso,$(FOUND)))
	$(call say,IMAGE   $@)
	@rm -rf $(CD) $@ && mkdir -p $(CD)/boot/grub
	$(QUIET)$(OBJCOPY) --strip-all $< $(CD)/boot/kernel.elf
	$(QUIET)cat $(MENU) > $(CD)/boot/grub/grub.cfg
	$(QUIET)$(GRUB_MKRESCUE) $(GRUB_FLAGS) -o $@ $(CD) $(IMAGE_DATES) \
	    > $@.log 2>&1 || { tail -n 5 $@.log >&2; rm -f $@; $(failed); }
endef
$(BUILD)/%.iso: $(BUILD)/%.elf grub.cfg
	$(image)

# For a USB stick, and for machines with UEFI firmware too, where GRUB
# then says in words why there is no text screen.
$(BUILD)/usb.iso: MENU := $(ROOT)/tools/setup/usb.cfg grub.cfg
$(BUILD)/usb.iso: GRUB_FLAGS := --locales= --themes= --fonts= \
    --install-modules='multiboot2 normal echo test sleep minicmd \
    $(GRUB_TABLES)'
$(BUILD)/usb.iso: $(BUILD)/kernel.elf grub.cfg
	$(call need,mformat (mtools),$(filter mformat,$(FOUND)))
	$(image)

# --- More of it -------------------------------------------------------

# The tests of what touches no hardware run on the host, too.
include $(ROOT)/tools/setup/host.mk

# What can be asked for: run, test and the others.
include $(ROOT)/tools/setup/targets.mk

FORCE:
.PHONY: FORCE
.SECONDARY:
.DELETE_ON_ERROR:
# No rule of Make's own: they would look for more than we have.
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules

-include $(OBJECTS:.o=.d) $(wildcard \
    $(BUILD)/tests/*.d $(BUILD)/proofs/kernel/*.d $(BUILD)/measure/*.d)
