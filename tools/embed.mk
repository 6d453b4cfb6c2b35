# Builds for programs that embed the library.

AMALGAMATION := $(B)/amalgamation

.PHONY: amalgamation

amalgamation: $(AMALGAMATION)/respub.c ## all layers as one source and one header, for other builds
$(AMALGAMATION)/respub.c: tools/amalgamate LICENSE $(B)/sources $(wildcard $(LAYERS:=/*.[ch]))
	tools/amalgamate '$(AMALGAMATION)'
