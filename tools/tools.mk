# What makes of the image and its logs something to hand on. Included by the Makefile.

# Options that a new ISO or disk image starts with; tools/iso-words and tools/disk-words change them later. None: everything, with
# defaults.
WORDS ?=
# Logs that the page is made of.
LOG ?= build/serial.log

DISK_FORMATS := vmdk vhdx vhd qcow2 ova tar.gz

.PHONY: iso disk sign report check-pages

# Always made anew: it takes no time, and WORDS may have changed.
iso: build/barometer.efi build/barometer.bz
	@tools/need xorriso mcopy grub-mkimage grub-pc-bin
	$(call say,ISO,build/barometer.iso)tools/make-iso $< build/barometer.iso '$(WORDS)'

# The same volume on a disk, and that disk in the formats that others import (docs/clouds.md).
disk: build/barometer.efi build/barometer.bz
	@tools/need mcopy grub-mkimage grub-pc-bin python3 qemu-img
	$(call say,DISK,build/barometer.raw)tools/make-raw $< build/barometer.raw '$(WORDS)'
	$(call say,DISK,$(DISK_FORMATS:%=build/barometer.%))for format in $(DISK_FORMATS); do \
		tools/disk-format build/barometer.raw build/barometer.$$format || exit; done

# Signed copies of the image and of the ISO for Secure Boot, in a folder that run.sh takes as BUILD.
sign: build/barometer.efi build/barometer.bz
	$(if $(and $(KEY),$(CERT)),,$(error usage: make sign KEY=file.key CERT=file.pem))
	@tools/need xorriso mcopy grub-mkimage grub-pc-bin sbsign
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
