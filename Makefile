# respub: see `make help`. GNU make. Output goes to $(B); CC, CPPFLAGS, CFLAGS, LDFLAGS and LDLIBS
# are the caller's, what the project itself needs is added to them. SANITIZE=address,undefined (or
# thread) instruments everything; give every variant its own B, or pay for a full rebuild at each
# change. V=1 shows the commands.

B ?= build
CFLAGS ?= -O2 -g
SANITIZE ?=
PKG_CONFIG ?= pkg-config
REDIS_URL ?=
FUZZ_SECONDS ?= 60
JOBS ?= $(or $(shell nproc 2>/dev/null),2)

# The version's only home is resp/resp.h.
VERSION := $(shell sed -n 's/^.define RESPUB_VERSION "\(.*\)"$$/\1/p' resp/resp.h)
SOVERSION := $(firstword $(subst ., ,$(VERSION)))

# --- what there is ------------------------------------------------------------------------------

CORE_LAYERS := resp net pubsub broker
LAYERS := $(CORE_LAYERS) schema
HEADERS := resp/config.h $(wildcard $(foreach l,$(LAYERS),$l/$l.h))
STAGED := $(foreach h,$(HEADERS),$(B)/include/respub/$(notdir $h))

objects = $(patsubst %.c,$(B)/obj/%.o,$(sort $(wildcard $(1))))
CORE_OBJECTS := $(call objects,$(CORE_LAYERS:=/*.c))
SCHEMA_OBJECTS := $(call objects,schema/*.c)
COMMAND_OBJECTS := $(call objects,tools/*.c)
SUPPORT_OBJECTS := $(call objects,tests/support/*.c)

# In link order. Symbol versions are ELF's: elsewhere only the archives are made.
ARCHIVES := $(if $(SCHEMA_OBJECTS),$(B)/librespub_schema.a) $(if $(CORE_OBJECTS),$(B)/librespub.a)
SHARED := $(patsubst %.a,%.so,$(if $(filter Darwin,$(shell uname)),,$(ARCHIVES)))
COMMAND := $(if $(COMMAND_OBJECTS),$(B)/respub)

# examples/NAME.c is a program; so is a folder examples/NAME/ of sources, which examples/common
# helps.
EXAMPLE_NAMES := $(patsubst examples/%.c,%,$(wildcard examples/*.c))
LIBEVENT_LIBS := $(shell $(PKG_CONFIG) --libs libevent_core 2>/dev/null)
EXAMPLE_NAMES := $(filter-out $(if $(LIBEVENT_LIBS),,libevent_loop),$(EXAMPLE_NAMES))
EXAMPLE_SOURCES := $(wildcard examples/*/*.c)
EXAMPLE_FOLDERS := $(sort $(foreach f,$(EXAMPLE_SOURCES),$(notdir $(patsubst %/,%,$(dir $f)))))
EXAMPLE_FOLDERS := $(filter-out common,$(EXAMPLE_FOLDERS))
EXAMPLE_COMMON := $(call objects,examples/common/*.c)
EXAMPLES := $(addprefix $(B)/examples/,$(EXAMPLE_NAMES) $(EXAMPLE_FOLDERS))

TESTS := $(patsubst %.c,$(B)/%,$(wildcard $(foreach k,unit integration faults,tests/$k/*_test.c)))
FUZZERS := $(patsubst %.c,$(B)/%,$(wildcard tests/fuzz/*_fuzz.c))
BENCHES := $(patsubst %.c,$(B)/%,$(wildcard tests/bench/*.c))

# --- flags --------------------------------------------------------------------------------------

WARNINGS := -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes \
  -Wmissing-prototypes -Wold-style-definition -Wpointer-arith -Wcast-qual -Wcast-align \
  -Wwrite-strings -Wundef -Wvla -Wformat=2 -Wdouble-promotion -Wimplicit-fallthrough
SANITIZER := $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-omit-frame-pointer \
  -fno-sanitize-recover=all)
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
.PHONY: all demo test tests bench benches soak fuzz fuzzers clean help FORCE

all: $(ARCHIVES) $(SHARED) $(COMMAND) $(EXAMPLES) $(STAGED) ## everything but the tests (default)

# Builds that other targets need use all processors, unless the caller has said how many.
PARALLEL = --no-print-directory $(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-j$(JOBS))

demo: ## install what is missing, build, run the market-data demo (REDIS_URL=... for a real server)
	tools/setup demo
	$(MAKE) $(PARALLEL) all
	B='$(B)' REDIS_URL='$(REDIS_URL)' examples/demo

test: ## install what is missing, build, run every test; ends with "N passed, N failed"
	tools/setup test
	$(MAKE) $(PARALLEL) all tests
	RESPUB_BUILD='$(abspath $(B))' tests/run

bench: ## install what is missing, build, run the benchmarks
	tools/setup bench
	$(MAKE) $(PARALLEL) all benches
	@if [ -x tests/bench/run ]; then RESPUB_BUILD='$(abspath $(B))' tests/bench/run; else \
	  for bench in $(BENCHES); do $$bench || exit 1; done; fi

FUZZ_BUILD = $(PARALLEL) B='$(B)/fuzz' CC=clang CFLAGS='-O1 -g -fsanitize=fuzzer-no-link' \
  SANITIZE=address,undefined fuzzers
fuzz: ## install what is missing, build, run each fuzzer for FUZZ_SECONDS (60)
	tools/setup fuzz
	$(MAKE) $(FUZZ_BUILD)
	tools/fuzz '$(B)/fuzz' $(FUZZ_SECONDS)

SOAK_SECONDS ?= 600
soak: ## run random schedules of faults against the subscriber for SOAK_SECONDS (600)
	tools/setup test
	$(MAKE) '$(B)/tests/unit/simulation_test'
	'$(B)/tests/unit/simulation_test' --soak $(SOAK_SECONDS)

tests: $(TESTS)
benches: $(BENCHES)
fuzzers: $(FUZZERS)

include tools/check.mk
include tools/install.mk
include tools/embed.mk

clean: ## remove the output folder
	rm -rf '$(B)'

help: ## this list
	@sed -n 's/^\([a-z][a-z-]*\):.*## \(.*\)/\1 \2/p' $(MAKEFILE_LIST) | \
	  while read -r name text; do printf '  make %-16s %s\n' "$$name" "$$text"; done

# --- how things are made ------------------------------------------------------------------------

say = $(if $(V),,@printf '  %-4s %s\n' '$(1)' '$@' && )

# A file whose text is $(2), touched only when that changes: what depends on it is made anew then.
define remember
ifneq ($$(shell cat '$(1)' 2>/dev/null),$$(strip $(2)))
$(1): FORCE
endif
$(1):
	@mkdir -p $$(@D)
	@printf '%s\n' '$$(subst ','\'',$$(strip $(2)))' >$$@
endef
FLAGS_NOW := $(CC) $(OWN_CPPFLAGS) $(CPPFLAGS) $(OWN_CFLAGS) $(CFLAGS) $(LDFLAGS) $(LDLIBS)
SOURCES_NOW := $(CORE_OBJECTS) $(SCHEMA_OBJECTS) $(COMMAND_OBJECTS) $(SUPPORT_OBJECTS) $(EXAMPLES)
$(eval $(call remember,$(B)/flags,$$(FLAGS_NOW)))
$(eval $(call remember,$(B)/sources,$$(SOURCES_NOW)))

$(B)/obj/%.o: %.c $(B)/flags | $(STAGED)
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(OWN_CPPFLAGS) $(CPPFLAGS) $(OWN_CFLAGS) $(LAYER_FLAGS) $(CFLAGS) \
	  -MMD -MP -c -o $@ $<

# Staged flat, the headers include each other by file name alone.
define stage
$(B)/include/respub/$(notdir $(1)): $(1)
	@mkdir -p $$(@D)
	$$(call say,COPY)sed 's|^\(#include "\)[a-z]*/\([a-z_]*\.h"\)|\1\2|' $$< >$$@
endef
$(foreach h,$(filter-out resp/config.h,$(HEADERS)),$(eval $(call stage,$h)))

# Programs see the values that the library was built with.
CONFIGURED := $(sort $(filter -DRESPUB_%,$(CPPFLAGS) $(CFLAGS)))
$(eval $(call remember,$(B)/configured,$$(CONFIGURED)))
$(B)/include/respub/config.h: resp/config.h $(B)/configured
	@mkdir -p $(@D)
	$(call say,COPY)tools/configure $< $(CONFIGURED) >$@

# An archive is written anew, so that the object of a deleted source does not stay in it.
$(B)/librespub.a: $(CORE_OBJECTS) $(B)/sources
$(B)/librespub_schema.a: $(SCHEMA_OBJECTS) $(B)/sources
$(B)/libtestsupport.a: $(SUPPORT_OBJECTS) $(B)/sources
$(B)/%.a:
	@rm -f $@
	$(call say,AR)$(AR) rcs $@ $(filter %.o,$^)

LINK = $(CC) $(OWN_LDFLAGS) $(LDFLAGS) -o

SONAME = $(@F).$(SOVERSION)
SHARED_FLAGS = -shared -Wl,-soname,$(SONAME) -Wl,--version-script=tools/exports.map
$(B)/librespub.so: $(CORE_OBJECTS)
$(B)/librespub_schema.so: $(SCHEMA_OBJECTS) | $(B)/librespub.so
# The two lie side by side, wherever that is.
$(B)/librespub_schema.so: SHARED_LIBS := -L$(B) -lrespub -Wl,-rpath,'$$ORIGIN' $(CJSON_LIBS)
$(B)/%.so: tools/exports.map $(B)/sources
	$(call say,LD)$(LINK) $@.$(VERSION) $(SHARED_FLAGS) $(filter %.o,$^) $(SHARED_LIBS) $(LDLIBS)
	@ln -sf $(@F).$(VERSION) $(@D)/$(SONAME)
	@ln -sf $(@F).$(VERSION) $@

define link_program
	@mkdir -p $(@D)
	$(call say,LD)$(LINK) $@ $(filter %.o,$^) $(filter %.a,$^) $(1) $(CJSON_LIBS) $(LDLIBS)
endef

$(B)/respub: $(COMMAND_OBJECTS) $(ARCHIVES) $(B)/sources
	$(call link_program)

$(B)/examples/libevent_loop: EXAMPLE_LIBS := $(LIBEVENT_LIBS)
$(EXAMPLE_NAMES:%=$(B)/examples/%): $(B)/examples/%: $(B)/obj/examples/%.o $(ARCHIVES)
	$(call link_program,$(EXAMPLE_LIBS))

define example_folder
$(B)/examples/$(1): $(call objects,examples/$(1)/*.c) $(EXAMPLE_COMMON) $(ARCHIVES) $(B)/sources
	$$(call link_program,-lm)
endef
$(foreach d,$(EXAMPLE_FOLDERS),$(eval $(call example_folder,$d)))

$(TESTS): $(B)/%: $(B)/obj/%.o $(B)/libtestsupport.a $(ARCHIVES)
	$(call link_program,$(CUNIT_LIBS))

# Helpers that speak CUnit are in the archive too, but no fuzzer or benchmark calls them.
$(FUZZERS): $(B)/%: $(B)/obj/%.o $(B)/libtestsupport.a $(ARCHIVES)
	$(call link_program,-fsanitize=fuzzer)

$(BENCHES): $(B)/%: $(B)/obj/%.o $(B)/libtestsupport.a $(ARCHIVES)
	$(call link_program,$(HIREDIS_LIBS) -lm)

-include $(shell [ -d '$(B)/obj' ] && find '$(B)/obj' -name '*.d')
