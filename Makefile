# Every chapter at once, or one: `make test CHAPTER=03`.  The rules that
# build a kernel are in common.mk; this file only passes on what is asked.

CHAPTERS := $(sort $(wildcard [0-9][0-9]-*))

# CHAPTER may be a number, a name, or a directory of your own.
ifdef CHAPTER
TREES := $(firstword $(wildcard $(CHAPTER)-*/Makefile) \
    $(wildcard $(CHAPTER)/Makefile))
TREES := $(TREES:/Makefile=)
ifeq ($(TREES),)
$(error There is no chapter or directory $(CHAPTER))
endif
else
TREES := $(CHAPTERS)
endif

# For what is done with one kernel: the one asked for, else the last.
TREE := $(lastword $(TREES))

PYTHON ?= python3

all:
	@for tree in $(TREES); do $(MAKE) --no-print-directory -C $$tree || exit 1; done

run debug log measure diff usb disasm:
	@$(MAKE) --no-print-directory -C $(TREE) $@

size:
	@for tree in $(TREES); do $(MAKE) -s -C $$tree size || exit 1; done

# Goes on after a chapter that fails, and adds up.
test:
	@$(PYTHON) tools/test.py $(TREES) $(if $(TEST),--only '$(TEST)') \
	    $(if $(JUNIT),--junit '$(JUNIT)')

doctor:
	@sh tools/doctor.sh

new:
	@sh tools/new.sh '$(NAME)' '$(FROM)'

toolchain:
	@sh tools/toolchain.sh

# --- What a maintainer asks for ---------------------------------------

# What CI runs, but for setting up, the site and the other compilers.
check:
	$(MAKE) test THOROUGH=1
	$(MAKE) test-tools
	$(MAKE) check-book
	$(MAKE) analyze

check-book:
	@$(PYTHON) tools/book.py check

propagate:
	@$(PYTHON) tools/book.py propagate $(ARGS)

step:
	@$(PYTHON) tools/book.py step $(STEP) $(DIR)

# Where in the book a reader's own directory is.
mine:
	@$(PYTHON) tools/book.py mine '$(DIR)' $(STEP)

history:
	@$(PYTHON) tools/book.py history $(if $(DIR),'$(DIR)')

diffs:
	@$(PYTHON) tools/book.py diffs

test-tools:
	@sh tools/tests/setup/checks.sh
	@$(PYTHON) tools/test_tools.py

# The reading site, from book/*.md and, where check-book has run, the
# screens that it saw.  BASE=/book/ if it will live in a subdirectory.
SITE := site
SITE_PACKAGES := $(SITE)/node_modules/.package-lock.json

site: $(SITE_PACKAGES)
	@cd $(SITE) && SITE_BASE='$(BASE)' npm run --silent build
	@echo "build/site/ is what a web server needs; to read it here: make site-dev"

site-dev: $(SITE_PACKAGES)
	@cd $(SITE) && npm run --silent dev

# In a browser, below an address that is not the top.
SITE_TEST := $(CURDIR)/build/site-test
site-test: $(SITE_PACKAGES)
	@command -v "$${CHROMIUM:-/usr/bin/chromium}" >/dev/null || { echo \
	    "site-test needs Chromium (Debian: apt install chromium)" >&2; exit 1; }
	@cd $(SITE) && SITE_BASE=/in/a/subdirectory/ SITE_OUT='$(SITE_TEST)' \
	    npm run --silent build
	@cd $(SITE) && node test/site.mjs '$(SITE_TEST)' /in/a/subdirectory/ $(PAGE)

# Exactly the packages of the lockfile.
$(SITE_PACKAGES): $(SITE)/package-lock.json
	@{ command -v node && command -v npm; } >/dev/null || { echo \
	    "The site needs Node.js 18 or newer and npm (Debian: apt install nodejs npm)" \
	    >&2; exit 1; }
	@cd $(SITE) && npm ci --silent --no-audit --no-fund
	@touch $@

mutants:
	@$(PYTHON) tools/mutants.py $(TREES)

# Two trees at a time; what is said of one stays together.
analyze:
	@$(MAKE) --no-print-directory -j2 -O $(TREES:%=analyze/%)
$(TREES:%=analyze/%): analyze/%:
	@$(MAKE) -s -C $* analyze

clean:
	rm -rf $(TREES:%=build/%) $(TREES:%=build/%-*)

help:
	@echo "./setup.sh        install what is missing"
	@echo "make doctor       which tools are there, which are missing"
	@echo "make new NAME=my-kernel    begin a directory of your own"
	@echo
	@echo "For all chapters, or for one (CHAPTER=03, CHAPTER=my-kernel):"
	@echo "make              the bootable images"
	@echo "make test         run the tests; TEST=name for one,"
	@echo "                  THOROUGH=1 for some that take longer, too,"
	@echo "                  FRESH=1 for those that were green before, too"
	@echo "make size         how large the kernels are"
	@echo "make clean        remove what was made"
	@echo
	@echo "For one chapter, the last if you name none:"
	@echo "make run          boot it in QEMU"
	@echo "make debug        boot it stopped, with GDB attached"
	@echo "make log          boot it, explain the exceptions before a reset"
	@echo "make measure      how many instructions it takes (chapter 11)"
	@echo "make diff         what changed since the chapter before"
	@echo "make usb          an image for a USB stick"
	@echo "make disasm       its instructions"
	@echo
	@echo "For a reader who is lost:"
	@echo "make mine DIR=my-kernel    where in the book it is, and the first"
	@echo "                  difference (STEP=3.40: from that checkpoint)"
	@echo "make step STEP=3.40        the tree at a checkpoint; with DIR= it is"
	@echo "                  brought into a directory of your own"
	@echo "make history      a git repository with a commit for each listing"
	@echo
	@echo "For maintainers:"
	@echo "make check        everything below, as CI does"
	@echo "make test-tools   the tools' own tests"
	@echo "make check-book   the book, from an empty directory to the end"
	@echo "make propagate    one chapter's edit, into its listings and all later"
	@echo "                  chapters (ARGS=--dry-run, --continue, --abort)"
	@echo "make diffs        what each chapter changes, in book/diffs/"
	@echo "make analyze      GCC's analyser, cppcheck, clang-tidy"
	@echo "make site         the book as a web site, in build/site/ (BASE=/book/)"
	@echo "make site-dev     the same while you write, on a local address"
	@echo "make site-test    the site in a browser (PAGE=03-vga.html for one page)"
	@echo "make mutants      break each statement: do the tests notice?"
	@echo "make toolchain    build a cross-compiler for x86_64-elf"

.PHONY: all run debug log measure diff usb disasm size test doctor new \
    toolchain check check-book propagate step mine history diffs test-tools \
    site site-dev site-test mutants analyze clean help
