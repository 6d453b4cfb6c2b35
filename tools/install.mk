# Installing as distributions expect it: every path below can be set, DESTDIR goes in front of all.

PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
INSTALL ?= install

PKGCONFIGDIR := $(LIBDIR)/pkgconfig
CMAKEDIR := $(LIBDIR)/cmake/respub
PC_FILES := respub.pc respub_schema.pc
CMAKE_FILES := respubConfig.cmake respubConfigVersion.cmake

# Each library as file, soname and development name.
SHARED_NAMES := $(foreach s,$(notdir $(SHARED)),$s.$(VERSION) $s.$(SOVERSION) $s)

INSTALLED := $(COMMAND:$(B)/%=$(BINDIR)/%) \
  $(addprefix $(LIBDIR)/,$(notdir $(ARCHIVES)) $(SHARED_NAMES)) \
  $(addprefix $(INCLUDEDIR)/respub/,$(notdir $(STAGED))) \
  $(addprefix $(PKGCONFIGDIR)/,$(PC_FILES)) \
  $(addprefix $(CMAKEDIR)/,$(CMAKE_FILES))

FILL_IN = sed -e 's|@VERSION@|$(VERSION)|g' -e 's|@SOVERSION@|$(SOVERSION)|g' \
  -e 's|@PREFIX@|$(PREFIX)|g' -e 's|@LIBDIR@|$(LIBDIR)|g' -e 's|@INCLUDEDIR@|$(INCLUDEDIR)|g'

.PHONY: install uninstall

install: $(ARCHIVES) $(SHARED) $(COMMAND) $(STAGED)
install: ## install below PREFIX; BINDIR, LIBDIR, INCLUDEDIR and DESTDIR are respected
	$(INSTALL) -d '$(DESTDIR)$(BINDIR)' '$(DESTDIR)$(LIBDIR)' '$(DESTDIR)$(INCLUDEDIR)/respub' \
	  '$(DESTDIR)$(PKGCONFIGDIR)' '$(DESTDIR)$(CMAKEDIR)'
	$(INSTALL) -m 755 $(COMMAND) '$(DESTDIR)$(BINDIR)'
	$(INSTALL) -m 644 $(ARCHIVES) '$(DESTDIR)$(LIBDIR)'
	$(INSTALL) -m 644 $(STAGED) '$(DESTDIR)$(INCLUDEDIR)/respub'
	for library in $(SHARED); do cp -P $$library $$library.$(SOVERSION) '$(DESTDIR)$(LIBDIR)' && \
	  $(INSTALL) -m 755 $$library.$(VERSION) '$(DESTDIR)$(LIBDIR)' || exit 1; done
	for file in $(PC_FILES); do \
	  $(FILL_IN) tools/package/$$file.in >'$(DESTDIR)$(PKGCONFIGDIR)'/$$file || exit 1; done
	for file in $(CMAKE_FILES); do \
	  $(FILL_IN) tools/package/$$file.in >'$(DESTDIR)$(CMAKEDIR)'/$$file || exit 1; done

uninstall: ## remove what install has put there (same variables)
	rm -f $(INSTALLED:%='$(DESTDIR)%')
	-rmdir '$(DESTDIR)$(INCLUDEDIR)/respub' '$(DESTDIR)$(CMAKEDIR)'
