# What makes of the image and its logs something to hand on. Included by the Makefile.

# Options that a new ISO starts with; tools/iso-words changes them later. None: everything, with defaults.
WORDS ?=
# Logs that the page is made of.
LOG ?= build/serial.log

.PHONY: iso sign report check-pages

# Always made anew: it takes no time, and WORDS may have changed.
iso: build/barometer.efi
	@tools/need xorriso mcopy
	$(call say,ISO,build/barometer.iso)tools/make-iso $< build/barometer.iso '$(WORDS)'

# Signed copies of the image and of the ISO for Secure Boot, in a folder that run.sh takes as BUILD.
sign: build/barometer.efi
	$(if $(and $(KEY),$(CERT)),,$(error usage: make sign KEY=file.key CERT=file.pem))
	@tools/need xorriso mcopy sbsign
	@mkdir -p build/signed
	$(call say,SIGN,build/signed/barometer.efi)tools/sign '$(KEY)' '$(CERT)' $< build/signed/barometer.efi
	$(call say,ISO,build/signed/barometer.iso)tools/make-iso build/signed/barometer.efi build/signed/barometer.iso '$(WORDS)'

report:
	@tools/need python3
	$(call say,REPORT,build/report.html)tools/report -o build/report.html $(LOG)

# A page of every kind, to look at. ARGS='--patched QEMU' for one log of a QEMU with the patches instead of a made up one.
check-pages: all
	@tools/need qemu-system-x86_64 python3 chromium jq socat
	check/report-pages $(ARGS) build/pages
