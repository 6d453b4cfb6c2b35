# respub: see `make help`. GNU make. Output goes to $(B); CC, CPPFLAGS, CFLAGS, LDFLAGS and LDLIBS are
# the caller's, what the project itself needs is added to them. SANITIZE=address,undefined (or thread)
# instruments everything; give every variant its own B, or pay for a full rebuild at each change.

B ?= build
PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
BINDIR ?= $(PREFIX)/bin
PKG_CONFIG ?= pkg-config
INSTALL ?= install
CFLAGS ?= -O2 -g
SANITIZE ?=

# The version's only home is resp/resp.h.
VERSION := $(shell sed -n 's/^.define RESPUB_VERSION "\(.*\)"$$/\1/p' resp/resp.h 2>/dev/null)
SOVERSION := $(firstword $(subst ., ,$(VERSION)))

# --- what there is ------------------------------------------------------------------------------

CORE_LAYERS := resp net pubsub broker
LAYERS := $(CORE_LAYERS) schema
HEADERS := $(wildcard $(foreach l,$(LAYERS),$l/$l.h))
STAGED := $(foreach h,$(HEADERS),$(B)/include/respub/$(notdir $h))

objects = $(patsubst %.c,$(B)/obj/%.o,$(wildcard $(1)))
CORE_OBJECTS := $(call objects,$(CORE_LAYERS:=/*.c))
SCHEMA_OBJECTS := $(call objects,schema/*.c)
TOOL_OBJECTS := $(call objects,tools/*.c)
SUPPORT_OBJECTS := $(call objects,tests/support/*.c)

ARCHIVES := $(if $(SCHEMA_OBJECTS),$(B)/librespub_schema.a) $(if $(CORE_OBJECTS),$(B)/librespub.a)
SHARED := $(if $(CORE_OBJECTS),$(B)/librespub.so) $(if $(SCHEMA_OBJECTS),$(B)/librespub_schema.so)
COMMAND := $(if $(TOOL_OBJECTS),$(B)/respub)

# examples/NAME.c is a program; so is a folder examples/NAME/ of sources, which examples/common helps.
EXAMPLE_FILES := $(wildcard examples/*.c)
EXAMPLE_FOLDERS := $(filter-out common,$(sort $(patsubst examples/%/,%,$(dir $(wildcard examples/*/*.c)))))
EXAMPLE_COMMON := $(call objects,examples/common/*.c)
EXAMPLES := $(EXAMPLE_FILES:examples/%.c=$(B)/examples/%) $(EXAMPLE_FOLDERS:%=$(B)/examples/%)

TEST_KINDS := unit integration faults
TESTS := $(patsubst %.c,$(B)/%,$(wildcard $(TEST_KINDS:%=tests/%/*_test.c)))
FUZZERS := $(patsubst tests/fuzz/%.c,$(B)/fuzz/%,$(wildcard tests/fuzz/*_fuzz.c))
BENCHES := $(patsubst %.c,$(B)/%,$(wildcard tests/bench/*.c))

# --- flags --------------------------------------------------------------------------------------

WARNINGS := -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
  -Wold-style-definition -Wpointer-arith -Wcast-qual -Wcast-align -Wwrite-strings -Wundef -Wvla \
  -Wformat=2 -Wdouble-promotion -Wimplicit-fallthrough
SANITIZER := $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-omit-frame-pointer -fno-sanitize-recover=all)
OWN_CPPFLAGS := -I. -D_POSIX_C_SOURCE=200809L
OWN_CFLAGS := -std=c11 -fPIC -pthread $(WARNINGS) $(SANITIZER)
OWN_LDFLAGS := -pthread $(SANITIZER)

# Only the schema layer, the command, the examples and the tests see cJSON.
CJSON_CFLAGS := $(shell $(PKG_CONFIG) --cflags libcjson 2>/dev/null)
CJSON_LIBS := $(or $(shell $(PKG_CONFIG) --libs libcjson 2>/dev/null),-lcjson)
CUNIT_CFLAGS := $(shell $(PKG_CONFIG) --cflags cunit 2>/dev/null)
CUNIT_LIBS := $(or $(shell $(PKG_CONFIG) --libs cunit 2>/dev/null),-lcunit)
HIREDIS_CFLAGS := $(shell $(PKG_CONFIG) --cflags hiredis 2>/dev/null)
HIREDIS_LIBS := $(shell $(PKG_CONFIG) --libs hiredis 2>/dev/null)

LAYER_FLAGS :=
$(B)/obj/schema/%.o $(B)/obj/tools/%.o: LAYER_FLAGS := $(CJSON_CFLAGS)
$(B)/obj/examples/%.o: LAYER_FLAGS := -I$(B)/include $(CJSON_CFLAGS)
$(B)/obj/tests/%.o: LAYER_FLAGS := -I$(B)/include $(CJSON_CFLAGS) $(CUNIT_CFLAGS)
$(B)/obj/tests/bench/%.o: LAYER_FLAGS := -I$(B)/include $(CJSON_CFLAGS) $(HIREDIS_CFLAGS)

# --- targets ------------------------------------------------------------------------------------

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all demo test tests check bench fuzz install uninstall clean help FORCE

all: $(ARCHIVES) $(SHARED) $(COMMAND) $(EXAMPLES) $(STAGED) ## build everything but the tests (default)

demo: ## install what is missing, build, run the market-data demo (REDIS_URL=... uses a real server)
	tools/setup demo
	$(MAKE) all
	B='$(B)' REDIS_URL='$(REDIS_URL)' examples/demo

test: ## install what is missing, build, run every test; the last line is "N passed, N failed"
	tools/setup test
	$(MAKE) all tests
	RESPUB_BUILD='$(abspath $(B))' RESPUB_TOP='$(CURDIR)' tests/run

tests: $(TESTS)

clean: ## remove the output folder
	rm -rf '$(B)'

help: ## this list
	@sed -n 's/^\([a-z][a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | \
	  while IFS="$$(printf '\t')" read -r name text; do printf '  make %-16s %s\n' "$$name" "$$text"; done

# --- how things are made ------------------------------------------------------------------------

# Everything compiled depends on this file, which changes only when the flags do.
FLAGS_NOW := $(strip $(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) $(LDLIBS) $(SANITIZE))
ifneq ($(shell cat '$(B)/flags' 2>/dev/null),$(FLAGS_NOW))
$(B)/flags: FORCE
endif
$(B)/flags:
	@mkdir -p $(@D)
	@printf '%s\n' '$(subst ','\'',$(FLAGS_NOW))' >$@

$(B)/obj/%.o: %.c $(B)/flags | $(STAGED)
	@mkdir -p $(@D)
	$(CC) $(OWN_CPPFLAGS) $(CPPFLAGS) $(OWN_CFLAGS) $(LAYER_FLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# Staged flat, the headers include each other by file name alone.
define stage_header
$(B)/include/respub/$(notdir $(1)): $(1)
	@mkdir -p $$(@D)
	sed 's|^\(#include "\)[a-z]*/\([a-z_]*\.h"\)|\1\2|' $$< >$$@
endef
$(foreach h,$(HEADERS),$(eval $(call stage_header,$h)))

# An archive is written anew, so that the object of a deleted source does not stay in it.
$(B)/librespub.a: $(CORE_OBJECTS)
$(B)/librespub_schema.a: $(SCHEMA_OBJECTS)
$(B)/libtestsupport.a: $(SUPPORT_OBJECTS)
$(B)/%.a:
	rm -f $@
	$(AR) rcs $@ $^

# A sanitizer's run-time is in the program, not in the library: only plain builds can be complete.
SHARED_LDFLAGS = -shared -Wl,-soname,$(notdir $@).$(SOVERSION) -Wl,--version-script=tools/exports.map \
  $(if $(SANITIZE),,-Wl,-z,defs)
$(B)/librespub.so: $(CORE_OBJECTS) tools/exports.map
	$(CC) $(OWN_LDFLAGS) $(LDFLAGS) $(SHARED_LDFLAGS) -o $@.$(VERSION) $(filter %.o,$^) $(LDLIBS)
	ln -sf $(@F).$(VERSION) $@.$(SOVERSION)
	ln -sf $(@F).$(VERSION) $@
$(B)/librespub_schema.so: $(SCHEMA_OBJECTS) tools/exports.map | $(B)/librespub.so
	$(CC) $(OWN_LDFLAGS) $(LDFLAGS) $(SHARED_LDFLAGS) -o $@.$(VERSION) $(filter %.o,$^) \
	  -L$(B) -lrespub $(CJSON_LIBS) $(LDLIBS)
	ln -sf $(@F).$(VERSION) $@.$(SOVERSION)
	ln -sf $(@F).$(VERSION) $@

LINK = @mkdir -p $(@D) && echo '$(CC) -o $@' && \
  $(CC) $(OWN_LDFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^)

$(B)/respub: $(TOOL_OBJECTS) $(ARCHIVES)
	$(LINK) $(CJSON_LIBS) $(LDLIBS)

$(EXAMPLE_FILES:examples/%.c=$(B)/examples/%): $(B)/examples/%: $(B)/obj/examples/%.o $(ARCHIVES)
	$(LINK) $(CJSON_LIBS) $(LDLIBS)

define example_folder
$(B)/examples/$(1): $(call objects,examples/$(1)/*.c) $(EXAMPLE_COMMON) $(ARCHIVES)
	$$(LINK) $$(CJSON_LIBS) -lm $$(LDLIBS)
endef
$(foreach d,$(EXAMPLE_FOLDERS),$(eval $(call example_folder,$d)))

$(TESTS): $(B)/%: $(B)/obj/%.o $(B)/libtestsupport.a $(ARCHIVES)
	$(LINK) $(CJSON_LIBS) $(CUNIT_LIBS) $(LDLIBS)

-include $(shell [ -d '$(B)/obj' ] && find '$(B)/obj' -name '*.d')
