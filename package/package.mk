# Installing, and the Debian package. Included by the Makefile.

PREFIX  ?= /usr/local
DESTDIR ?=

.PHONY: install deb test-deb

install: all iso
	$(call say,INSTALL,$(DESTDIR)$(PREFIX))package/install '$(DESTDIR)' '$(PREFIX)'

# The package, in build/; lintian has the last word.
deb: all iso
	@tools/need dpkg-deb lintian
	@rm -f build/barometer_*_all.deb
	package/make-deb build
	lintian --allow-root --fail-on error build/barometer_*_all.deb

# The package installed and run in a clean Debian: a download of some 200 MB the first time.
test-deb: all iso
	check/run-deb
