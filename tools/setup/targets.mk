# What can be asked for in a kernel's directory; common.mk includes this
# file after its rules.

# --- What a reader asks for -------------------------------------------

# What the programs in tools/ have to know.
export QEMU QEMU_FLAGS MEMORY ACCEL TIMEOUT GDB GDB_FLAGS STRICT NM OPT \
    READELF SIZE

# They end when `make` is killed.
GUARD := $(if $(filter setpriv,$(FOUND)),setpriv --pdeathsig TERM)
TOOL = $(call need,Python 3 ($(PYTHON)),$(call there,$(PYTHON)),PYTHON)@\
    $(GUARD) $(PYTHON) $(ROOT)/tools
SCRIPT := @sh $(ROOT)/tools/setup

# A chapter without grub.cfg has no image yet: its product is the ELF.
ifeq ($(wildcard grub.cfg),)
PRODUCT := $(BUILD)/kernel.elf
run: $(PRODUCT)
	$(SCRIPT)/freestanding.sh $<
debug log usb:
	$(error No machine can start this kernel yet: `make $@` needs the \
	    grub.cfg that chapter 2 adds)
else
PRODUCT := $(BUILD)/kernel.iso
run debug log: $(PRODUCT)
	$(TOOL)/run.py $@ $<
usb: $(BUILD)/usb.iso
	@printf '%s\n' "Write $< to a USB stick, once you know which" \
	    "device that is (lsblk); everything on it will be lost:" "" \
	    "    sudo dd if=$< of=/dev/sdX bs=1M conv=fsync"
endif

all: $(PRODUCT)

test:
	$(TOOL)/test.py . $(if $(TEST),--only '$(TEST)') \
	    $(if $(JUNIT),--junit '$(JUNIT)')

# Counts instructions, from chapter 11 on; KEEP=1 makes the result what
# later ones are compared with.
ifneq ($(wildcard src/mm/block_heap.c),)
measure: $(MEASURES:%.c=$(BUILD)/measure/%.iso) $(BUILD)/kernel.elf
	@KEEP='$(KEEP)' $(PYTHON) $(ROOT)/measure/measure.py $(BUILD) \
	    '$(NAME)' '$(CC_SAYS)' '$(OPT), $(HEAP)'
else
measure:
	@echo 'make measure counts from chapter 11 on: $(NAME) has no' \
	    'src/mm/block_heap.c' >&2; exit 1
endif

# The chapter before this one; for other comparisons name both.
diff:
	$(SCRIPT)/diff.sh '$(FROM)' '$(TO)'

size: $(BUILD)/kernel.elf
	@$(SIZE) $<

disasm: $(BUILD)/kernel.elf
	@$(OBJDUMP) -d -M intel --no-show-raw-insn $<

# Where in the book this directory is, and what is next.
take mine:
	$(TOOL)/book.py $@ . $(STEP)
step:
	$(TOOL)/book.py step '$(STEP)' .
show:
	$(TOOL)/book.py show '$(FILE)' $(if $(STEP),--step $(STEP),.)

doctor:
	$(SCRIPT)/doctor.sh

clean:
	rm -rf $(BUILD)

help:
	@cat $(ROOT)/tools/setup/help.txt

# For the tools: where this tree's products are.
print-build:
	@echo $(BUILD)

# --- What a maintainer asks for ---------------------------------------

C_SOURCES := $(filter %.c,$(SOURCES)) $(TESTS:%=tests/%.c)

# Functions that nothing calls.
unused:
	$(TOOL)/setup/unused.py $(HEAPS)

# What editors that use clangd read; they look in ../build, too.
compile_commands.json:
	$(TOOL)/setup/compile_commands.py "$(CC) $(CFLAGS) $(WARNINGS)" \
	    $(C_SOURCES)

analyze:
	$(SCRIPT)/analyze.sh "$(CC) $(filter-out -MMD -MP,$(CFLAGS)) \
	    $(WARNINGS)" $(C_SOURCES)

.PHONY: all run debug log test measure diff usb size disasm take mine \
    step show doctor clean help print-build unused analyze \
    compile_commands.json
