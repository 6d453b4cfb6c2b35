# What `make check` runs. Each part can be called alone; each build has its own folder below
# $(B)/check, so that a second run costs only what has changed.

CHECKS := format lint headers gcc symbols sweeps install footprint coverage
CHECKS += amalgamation config static size
CHECKS += clang tidy cppcheck eva asan tsan valgrind foreign
C := $(B)/check
SOURCE_FOLDERS := $(wildcard $(LAYERS) tools examples tests)
C_FILES := $(shell find $(SOURCE_FOLDERS) -name '*.c' | sort)
H_FILES := $(shell find $(SOURCE_FOLDERS) -name '*.h' | sort)
STRICT := -O2 -g -Werror
ALL_GOALS := all tests benches

.PHONY: check $(CHECKS:%=check-%)

check: ## install what is missing, then every check below; all are run, whatever fails
	tools/setup check
	@failed=; for part in $(CHECKS); do echo "=== $$part"; \
	  $(MAKE) --no-print-directory check-$$part || failed="$$failed $$part"; done; \
	if [ -n "$$failed" ]; then echo "=== failed:$$failed"; exit 1; fi; \
	echo "=== all checks passed: $(CHECKS)"

check-format: ## the form that .clang-format gives (clang-format -i mends it)
	@clang-format --dry-run -Werror $(C_FILES) $(H_FILES)

check-lint: ## banned calls, arrows between layers, sizes, shell scripts
	tools/lint

# As C++ and as C, each header alone and as programs get it. A program is more than macros.
HEADER_FLAGS = -Wall -Wextra -Wpedantic -Werror -I$(B)/include $(CJSON_CFLAGS) -fsyntax-only
check-headers: $(STAGED) ## the public headers compile clean by themselves, as C11 and as C++17
	@for header in $(notdir $(STAGED)); do \
	  program="#include <respub/$$header>\nextern int program;\n"; \
	  printf "$$program" | $(CXX) -x c++ -std=c++17 $(HEADER_FLAGS) - && \
	  printf "$$program" | $(CC) -x c -std=c11 $(HEADER_FLAGS) - || exit 1; \
	done

# With -z defs the linker refuses a shared library that needs what nothing gives it.
GCC_BUILD = $(PARALLEL) B='$(C)/gcc' CC=gcc CFLAGS='$(STRICT)' \
  LDFLAGS='$(LDFLAGS) -Wl,-z,defs' $(ALL_GOALS)

check-gcc: ## everything with gcc and warnings as errors
	$(MAKE) $(GCC_BUILD)

check-symbols: ## what the libraries export and need
	$(MAKE) $(GCC_BUILD)
	tools/symbols '$(C)/gcc'

# Without inlining, so that each call shows.
check-sweeps: ## every public function that may allocate is called by a sweep of failing allocations
	$(MAKE) $(PARALLEL) B='$(C)/sweeps' CC=gcc \
	  CFLAGS='-O0 -fno-inline -ffunction-sections -fdata-sections' \
	  $(ARCHIVES:$(B)/%='$(C)/sweeps/%')
	tools/sweeps '$(C)/sweeps'

check-install: ## programs outside the tree build against what is installed
	$(MAKE) $(GCC_BUILD) install PREFIX='$(abspath $(C))/installed'
	tests/install/run '$(abspath $(C))/installed'
	$(MAKE) $(GCC_BUILD) uninstall PREFIX='$(abspath $(C))/installed'
	@left=$$(find '$(C)/installed' ! -type d); [ -z "$$left" ] || { echo "left: $$left"; exit 1; }

check-coverage: ## every branch of resp/ is taken by its tests (also: make coverage)
	tools/coverage '$(C)/coverage'

check-footprint: ## what resp/ takes and needs without an operating system (also: make footprint)
	tools/footprint '$(C)/footprint'

check-amalgamation: amalgamation ## the one-file form compiles alone, and serves the examples
	tests/amalgamation/run '$(AMALGAMATION)'

check-static: ## the command, static with musl, does its work
	$(MAKE) static CJSON_SOURCE="$$(tools/cjson_source '$(B)/cjson')"
	tests/static/run '$(STATIC)/respub'

check-size: size ## no layer and no program is larger than its budget

# Sentences stay in the second: most tests read them.
OFF := $(addprefix -DRESPUB_,$(addsuffix =0,THREADS RESOLVE UNIX RESP3 PATTERNS FAST))
OFF_TESTS := $(filter-out $(C)/off/tests/unit/schema%,$(patsubst %.c,$(C)/off/%,$(wildcard \
  tests/unit/*_test.c)))
check-config: amalgamation ## every combination of the knobs compiles, and what remains works
	tests/config/run '$(AMALGAMATION)'
	$(MAKE) $(PARALLEL) B='$(C)/off' CFLAGS='$(STRICT)' CPPFLAGS='$(OFF)' $(OFF_TESTS)
	RESPUB_BUILD='$(abspath $(C))/off' tests/run $(abspath $(OFF_TESTS))

# The next two install what only they need, and only where it is to be had.
check-eva: ## frama-c: no undefined behaviour in resp/ on bounded input (also: make eva)
	tools/setup eva
	JOBS=$(JOBS) tools/eva '$(C)/eva'

check-foreign: ## other machines, C libraries and optimisations: no warning, tests pass
	tools/setup foreign
	JOBS=$(JOBS) CJSON_FOLDER='$(abspath $(B))/cjson' tools/foreign '$(C)/foreign' $(TARGETS)

.PHONY: coverage eva footprint foreign

coverage eva footprint: %: check-%
foreign: check-foreign ## the same as check-foreign; TARGETS='i386 s390x' for some of it

check-clang: ## everything with clang and warnings as errors, the fuzzers too
	$(MAKE) $(PARALLEL) B='$(C)/clang' CC=clang CFLAGS='$(STRICT)' $(ALL_GOALS)
	$(MAKE) $(FUZZ_BUILD)

check-tidy: $(STAGED) amalgamation ## clang-tidy, with what .clang-tidy says
	@printf '%s\n' $(C_FILES) | xargs -P $(JOBS) -I '{}' tools/tidy '{}' -std=c11 $(OWN_CPPFLAGS) \
	  -I$(B)/include -I$(AMALGAMATION) -DRESPUB_BROKER=1 \
	  $(CJSON_CFLAGS) $(CUNIT_CFLAGS) $(HIREDIS_CFLAGS)

check-cppcheck: ## cppcheck: warnings, performance, portability
	cppcheck --quiet -j $(JOBS) --std=c11 --language=c --enable=warning,performance,portability \
	  --inline-suppr --suppressions-list=tools/cppcheck.txt --error-exitcode=1 -URESPUB_CONFIG -I. \
	  $(SOURCE_FOLDERS)

# $(1) folder, $(2) sanitizers, $(3) how much slower, $(4) more environment. A finding ends a
# program with exit code 99, which none uses for anything else.
comma := ,
define sanitized_tests
	$(MAKE) $(PARALLEL) B='$(C)/$(1)' CFLAGS='-O1 -g' SANITIZE=$(2) all tests
	ASAN_OPTIONS=exitcode=99:detect_stack_use_after_return=1:strict_string_checks=1 \
	UBSAN_OPTIONS=print_stacktrace=1 TSAN_OPTIONS=exitcode=99:halt_on_error=1:second_deadlock_stack=1 \
	RESPUB_BUILD='$(abspath $(C))/$(1)' RESPUB_TEST_SLOW=$(3) RESPUB_TEST_SECONDS=900 $(4) tests/run
endef

check-asan: ## all tests under AddressSanitizer and UndefinedBehaviorSanitizer
	$(call sanitized_tests,asan,address$(comma)undefined,4)

# Its run-time of these compilers cannot place itself when the kernel spreads addresses widely.
NO_RANDOM_ADDRESSES = $$(setarch -R true 2>/dev/null && echo setarch -R)
check-tsan: ## all tests under ThreadSanitizer
	$(call sanitized_tests,tsan,thread,10,RESPUB_TEST_WRAPPER="$(NO_RANDOM_ADDRESSES)" \
	  RESPUB_STRESS_SECONDS=8)

VALGRIND = valgrind --quiet --error-exitcode=99 --leak-check=full --child-silent-after-fork=yes
check-valgrind: ## the unit tests under valgrind
	$(MAKE) $(GCC_BUILD)
	RESPUB_BUILD='$(abspath $(C))/gcc' RESPUB_TEST_SLOW=10 RESPUB_TEST_SECONDS=900 \
	RESPUB_TEST_WRAPPER='$(VALGRIND)' \
	  tests/run $(patsubst %.c,$(abspath $(C))/gcc/%,$(wildcard tests/unit/*_test.c))
