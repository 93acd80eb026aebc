# The rules of the toy book: programs for this machine, and an "image"
# that is nothing but what the program prints.
NAME := $(lastword $(subst /, ,$(CURDIR)))
B := ../build/$(NAME)
CFLAGS := -Wall -Wextra -Wno-error=implicit-function-declaration

all: $(B)/kernel.iso

$(B)/kernel.iso: $(B)/kernel.elf
	@$< > $@

$(B)/kernel.elf: $(wildcard src/*.c src/*.h)
	@mkdir -p $(B)
	@echo '  CC      $(NAME)'
	@$(CC) $(CFLAGS) -o $@ $(filter %.c,$^)

$(B)/tests/%.iso: tests/%.c
	@mkdir -p $(@D)
	@cp $< $@

run: $(B)/kernel.elf
	@$<

print-build:
	@echo $(B)

.PHONY: all run print-build
