# Every chapter at once, or one: `make test CHAPTER=03`.  The rules that
# build a kernel are in common.mk; this file only passes on what is asked.

PYTHON ?= python3

# As many jobs at once as there are processors; several goals are made one
# after the other.
JOBS ?= $(shell getconf _NPROCESSORS_ONLN)
ifeq ($(MAKELEVEL)$(filter-out all run debug log usb size disasm analyze,\
    $(MAKECMDGOALS))$(word 2,$(MAKECMDGOALS)),0)
MAKEFLAGS += -j$(JOBS)
endif

# Each tree is quoted for the shell, because a name may have a blank.
# CHAPTER is a number, a name, or a directory of your own.
TREES := $(patsubst %/,'%',$(sort $(wildcard [0-9][0-9]-*/)))
TREE := $(lastword $(TREES))
ifneq ($(CHAPTER),)
FOUND := $(shell sh tools/setup/chapter.sh '$(CHAPTER)' 2>&1)
ifneq ($(findstring : ,$(FOUND)),)
$(error $(subst chapter: ,,$(FOUND)))
endif
TREES := '$(FOUND)'
TREE := $(TREES)
endif

# What is started ends when this make is killed.
GUARD := $(shell setpriv --pdeathsig TERM true 2>/dev/null && \
    echo setpriv --pdeathsig TERM)
ONE = @+$(GUARD) $(MAKE) --no-print-directory -C $(TREE)
EACH = @+for tree in $(TREES); do $(MAKE) --no-print-directory -C "$$tree"
BOOK = @command -v $(PYTHON) >/dev/null || { echo "Python 3 ($(PYTHON)) is \
    missing: ./setup.sh installs it; PYTHON= names another" >&2; exit 1; }; \
    $(PYTHON) tools/book.py
TOOL = $(subst tools/book.py,tools,$(BOOK))

all:
	$(EACH) || exit 1; done

run debug log measure diff usb disasm:
	$(ONE) $@

size:
	$(EACH) -s size || exit 1; done

# These go on after a chapter that fails, and add up.
test:
	$(TOOL)/test.py $(TREES) $(if $(TEST),--only '$(TEST)') \
	    $(if $(JUNIT),--junit '$(JUNIT)')

unused:
	$(EACH) -s unused || bad=1; done; [ -z "$$bad" ]

compile_commands.json:
	$(EACH) -s compile_commands.json || exit 1; done

doctor:
	@sh tools/setup/doctor.sh

new:
	@sh tools/setup/new.sh '$(NAME)' '$(FROM)'

toolchain:
	@sh tools/setup/toolchain.sh

# --- For a reader's own directory: DIR=my-kernel ----------------------

mine take:
	$(BOOK) $@ '$(DIR)' $(STEP)

step:
	$(BOOK) step '$(STEP)' $(if $(DIR),'$(DIR)')

show:
	$(BOOK) show '$(FILE)' $(if $(STEP),--step $(STEP),'$(DIR)')

history:
	$(BOOK) history $(if $(DIR),'$(DIR)')

# --- What a maintainer asks for ---------------------------------------

# What CI runs, but for setting up, the site and the other compilers.
check:
	$(MAKE) test THOROUGH=1
	$(MAKE) test-tools
	$(MAKE) check-book
	$(MAKE) analyze

check-book:
	$(BOOK) check

propagate:
	$(BOOK) propagate $(ARGS)

diffs budget:
	$(BOOK) $@

test-tools:
	@sh tools/tests/setup/checks.sh
	$(TOOL)/test_tools.py

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
	$(TOOL)/mutants.py $(TREES)

# What is said of one tree stays together.
ANALYZE := $(if $(CHAPTER),,$(patsubst '%',analyze/%,$(TREES)))
ifneq ($(ANALYZE),)
MAKEFLAGS += -O
analyze: $(ANALYZE)
$(ANALYZE): analyze/%:
	@$(MAKE) -s -C $* analyze
else
analyze:
	$(ONE) -s analyze
endif

clean:
	@for tree in $(TREES); do name=$$(echo "$$tree" | tr ' ' -); \
	    rm -rf "build/$$name" "build/$$name"-*; done

help:
	@cat tools/setup/help-root.txt

.PHONY: all run debug log measure diff usb disasm size test unused \
    compile_commands.json doctor new toolchain mine take step show history \
    check check-book propagate diffs budget test-tools site site-dev \
    site-test mutants analyze $(ANALYZE) clean help
