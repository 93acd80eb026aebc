# Tests on the host; common.mk includes this file.

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
	    $(call there,$(HOSTCC)),HOSTCC)
	@$(call remember,$(HOST_COMMANDS),$(dir $(HOST_SUPPORT) \
	    $(HOST_SOURCES:%=$(BUILD)/host/%) $(HOST_TESTS:%=$(BUILD)/host/%)))

define host_compile
	$(call say,HOSTCC  $<)
	$(QUIET)$(CCACHE) $(HOSTCC) $(HOST_CFLAGS) $(WARNINGS) $(HERE) \
	    -c $< -o $@
endef
$(BUILD)/host/src/%.c.o: src/%.c $(BUILD)/host/commands
	$(host_compile)
$(BUILD)/host/%.c.o: $(ROOT)/proofs/host/%.c $(BUILD)/host/commands
	$(host_compile)

# The linker takes from an archive only what somebody asked for, so a
# driver that could not run here is compiled and never linked.
$(HOST_ARCHIVE): $(HOST_SOURCES:%=$(BUILD)/host/%.o) $(BUILD)/objects
	$(call say,AR      $@)
	$(QUIET)rm -f $@ && ar rcs $@ $(filter %.o,$^)

define host_link
	$(call say,HOSTLD  $@)
	$(QUIET)$(HOSTCC) $(HOST_CFLAGS) -o $@ $(filter %.o,$^) $(HOST_ARCHIVE)
endef
$(BUILD)/host/unit: $(HOST_TESTS:%=$(BUILD)/host/%.o) \
    $(HOST_SUPPORT) $(HOST_ARCHIVE)
	$(host_link)
$(BUILD)/host/%: $(BUILD)/host/%.c.o $(HOST_SUPPORT) $(HOST_ARCHIVE)
	$(host_link)

-include $(wildcard $(BUILD)/host/*.d $(BUILD)/host/*/*.d \
    $(BUILD)/host/*/*/*.d)
