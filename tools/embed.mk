# Builds for programs that embed the library, and what those cost.

AMALGAMATION := $(B)/amalgamation

.PHONY: amalgamation static size

amalgamation: $(AMALGAMATION)/respub.c ## all layers as two sources and headers, for other builds
$(AMALGAMATION)/respub.c: tools/amalgamate LICENSE $(B)/sources $(wildcard $(LAYERS:=/*.[ch]))
	tools/amalgamate '$(AMALGAMATION)'

# A build of its own, because everything in it has another compiler.
STATIC := $(B)/static
CJSON_SOURCE ?=
SMALL := -Os -ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables
static: ## build/static/respub with musl, fully static: make static CJSON_SOURCE=folder of cJSON.c
	@command -v musl-gcc >/dev/null || { echo 'make static needs musl-gcc (Debian: musl-tools).'; \
	  exit 1; } >&2
	@[ -f '$(CJSON_SOURCE)/cJSON.c' ] || { \
	  echo 'make static compiles cJSON too: name the folder of its cJSON.c with CJSON_SOURCE=...'; \
	  echo 'On Debian: make static CJSON_SOURCE="$$(tools/cjson_source $(B)/cjson)"'; exit 1; } >&2
	@mkdir -p '$(STATIC)/include/cjson'
	@cp '$(CJSON_SOURCE)/cJSON.h' '$(STATIC)/include/cjson'
	musl-gcc $(SMALL) -DENABLE_LOCALES -c -o '$(STATIC)/cJSON.o' '$(CJSON_SOURCE)/cJSON.c'
	$(MAKE) $(PARALLEL) B='$(STATIC)' CC=musl-gcc CFLAGS='$(SMALL)' \
	  LDFLAGS='-static -s -Wl,--gc-sections' CJSON_CFLAGS='-I$(STATIC)/include' \
	  CJSON_LIBS='$(STATIC)/cJSON.o' '$(STATIC)/respub'

size: amalgamation ## what each layer takes: code, data, heap, stack; fails beyond its budget
	@tools/size '$(AMALGAMATION)'
	@echo && tools/footprint '$(B)/footprint'
