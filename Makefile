# barometer: `make run` does the main job, `make test` proves it. `make help` lists the rest.

CROSS_COMPILE ?= x86_64-linux-gnu-
CC_TARGET     ?= $(CROSS_COMPILE)gcc
LD            := $(CROSS_COMPILE)ld
OBJCOPY       := $(CROSS_COMPILE)objcopy
NASM          ?= nasm

# `make V=1` shows whole commands.
say = $(if $(V),,@echo '  $(1)	$(2)';)

VERSION := $(shell git describe --always --dirty 2>/dev/null || echo unknown)

# What is in the image. The tests run in the order in which they are listed here.
LIB    := $(patsubst lib/%.c,%,$(wildcard lib/*.c))
RULES  := $(addprefix rules/,acpi identity lane lane_write cf8 absence absence_bus header bar rom bar_virtual capability region coherence virtio bridge mask_table \
	status command holds side destructive answers passes vcpus untouched)
TESTS  := acpi enumerate sizing toggle resources $(filter-out rules/untouched,$(RULES)) scan access direct_map reads contention scan_by_many replay budget soak dump rules/untouched verdict trap
TESTS_SUPPORT := $(filter-out $(TESTS),$(patsubst tests/%.c,%,$(wildcard tests/*.c tests/rules/*.c)))
KERNEL := $(patsubst kernel/%.c,%,$(wildcard kernel/*.c))
KERNEL_ASM := enter trampoline traps xen_page
EFI    := efi efi_log efi_machine efi_screen efi_options efi_variables

COMMON_OBJECTS := $(LIB:%=build/lib/%.o) $(TESTS:%=build/tests/%.o) $(TESTS_SUPPORT:%=build/tests/%.o) \
	$(KERNEL:%=build/kernel/%.o) $(KERNEL_ASM:%=build/kernel/%_asm.o)
EFI_OBJECTS := $(EFI:%=build/boot/%.o)
LINUX_OBJECTS := build/boot/boot_params.o build/boot/linux.o build/boot/loader.o build/boot/head_asm.o
PVH_OBJECTS := build/boot/pvh.o build/boot/start_info.o build/boot/pvh_asm.o

# One set of objects serves both images: position independent, no red zone (exceptions use the stack), no SSE (nobody saves
# it), frame pointers (backtraces). No frame is larger than the page below the stack that is never mapped, so that an overflow
# cannot step over it; that nothing calls itself is clang-tidy's to watch.
CFLAGS := -std=gnu11 -O2 -g -Wall -Wextra -Wshadow -Wconversion -Wmissing-prototypes -Wstrict-prototypes -Wundef -Werror \
	-Wframe-larger-than=4096 \
	-ffreestanding -fpie -fvisibility=hidden -fno-stack-protector -fno-strict-aliasing -fno-omit-frame-pointer \
	-fno-optimize-sibling-calls -fno-asynchronous-unwind-tables -fcf-protection=none -fno-tree-loop-distribute-patterns -fno-toplevel-reorder \
	-mno-red-zone -mgeneral-regs-only -MMD -MP \
	-Ilib -Iboot -Ikernel -Itests
EFI_CFLAGS := -isystem /usr/include/efi -isystem /usr/include/efi/x86_64 -DGNU_EFI_USE_MS_ABI -fshort-wchar
VERSION_CFLAGS := -DBAROMETER_VERSION='"$(VERSION)"'
LDFLAGS := -nostdlib -z noexecstack -z max-page-size=4096 -z norelro --build-id=none --fatal-warnings -T linker.ld

GNUEFI_CRT0 := /usr/lib/crt0-efi-x86_64.o
GNUEFI_LIB  := /usr/lib/libgnuefi.a
PE_SECTIONS := .text .reloc .rodata .relro .data .dynamic .rela .dynsym

.PHONY: all run test test-long qemu linux seabios ovmf check-series boots-seabios boots-ovmf bench compare boots differential test-patched test-mutants test-random lint lint-tools lint-format lint-clang lint-tidy lint-analyzer lint-cppcheck lint-shell clean help FORCE

all: build/barometer.efi build/barometer.elf build/barometer.bz

run: all
	@tools/need qemu-system-x86_64 OVMF jq socat python3
	./run.sh $(ARGS)

test: all
	check/run

test-long: all
	check/run --long

# Patched QEMU, in the cache; the last line is the path of the binary.
qemu:
	@hypervisor/build-qemu

# Linux with the patches of guest/linux, in the cache; the last line is the folder that it is in. ARGS='--first 0' and others.
linux:
	@guest/linux/build $(ARGS)

# SeaBIOS with the patches of guest/seabios, likewise.
seabios:
	@guest/seabios/build $(ARGS)

# OVMF with the patches of guest/ovmf, likewise.
ovmf:
	@guest/ovmf/build $(ARGS)

# Configuration accesses from reset to /init, stock and with each patch of Linux and QEMU added; writes docs/results.md.
boots:
	@tools/need qemu-system-x86_64 jq python3 lspci
	qemu=$$(hypervisor/build-qemu) && guest/linux/boots "$$qemu"

# Configuration accesses of SeaBIOS, stock and with each of its patches added, and by function; writes docs/results.md.
boots-seabios:
	@tools/need qemu-system-x86_64 jq python3 lspci
	qemu=$$(hypervisor/build-qemu) && kernel=$$(guest/linux/build) && guest/seabios/boots --kernel "$$kernel" "$$qemu"

# Configuration accesses of OVMF, stock and with each of its patches added; writes docs/results.md.
boots-ovmf:
	@tools/need qemu-system-x86_64 jq python3 lspci
	qemu=$$(hypervisor/build-qemu) && guest/ovmf/boots "$$qemu"

# Each patch of the series for QEMU, Linux, SeaBIOS and OVMF: style, then a build and a boot of what the series is up to there. Takes two
# hours or three.
check-series: all
	@tools/need qemu-system-x86_64 OVMF jq socat python3
	hypervisor/check-series
	qemu=$$(hypervisor/build-qemu) && guest/linux/check-series --patched "$$qemu" && guest/seabios/check-series "$$qemu" && guest/ovmf/check-series "$$qemu"

# Wall time of a scan against that of an image that exits at once, on the same machine.
bench: all
	check/bench-boot

# Stock against patched QEMU, and Linux on both; writes docs/results.md.
compare: all
	@tools/need qemu-system-x86_64 OVMF jq socat python3 lspci
	qemu=$$(hypervisor/build-qemu) && hypervisor/compare "$$qemu"

# The same random operations on stock and patched QEMU, by seed. ARGS='--seed 7 --operations 100000', shapes and others.
differential:
	@tools/need python3 qemu-img
	stock=$$(hypervisor/build-qemu --stock) && qemu=$$(hypervisor/build-qemu) && hypervisor/differential $(ARGS) "$$stock" "$$qemu"

# The tests on the patched QEMU, features off and on.
test-patched: all
	check/run-patched

# Seeded bugs in a real QEMU, one boot each: are they caught, by the rules that are there for them? ARGS='--write' and others.
test-mutants: all
	check/run-mutants $(ARGS)

# Random machines in the QEMU that is installed, all rules on each: none may be blamed. ARGS='--seed 500 --count 100' and others.
test-random: all
	@tools/need qemu-system-x86_64 OVMF
	check/random-machines $(or $(ARGS),--count 40)

include check/nested/nested.mk
include check/host/host.mk
include check/fuzz/fuzz.mk
include tools/tools.mk
include package/package.mk

help:
	@echo 'make          the images: build/barometer.efi, build/barometer.elf, build/barometer.bz'
	@echo "make run      boot the default machine and measure it; ARGS='--boot pvh ...' are run.sh's"
	@echo 'make test     lint, host unit tests, system tests; test-long: those of each kind that take long, and a short fuzz'
	@echo 'make iso      build/barometer.iso, for a CD, a disk or a USB stick, UEFI or BIOS; tools/iso-words changes its options'
	@echo 'make disk     build/barometer.raw and the same as VMDK, VHDX, VHD, qcow2, OVA and for Google Cloud; tools/disk-words likewise'
	@echo 'make sign     signed copies for Secure Boot: KEY=file CERT=file'
	@echo 'make report   build/report.html from LOG=... (default build/serial.log)'
	@echo 'make install  the command barometer, under DESTDIR and PREFIX (/usr/local)'
	@echo 'make deb      the same as a Debian package in build/; test-deb installs and runs it in a clean Debian'
	@echo 'make qemu     QEMU with the patches of hypervisor/, built into the cache'
	@echo 'make linux    Linux with the patches of guest/linux/, built into the cache'
	@echo 'make seabios  SeaBIOS with the patches of guest/seabios/, built into the cache'
	@echo 'make ovmf     OVMF with the patches of guest/ovmf/, built into the cache'
	@echo 'make boots    the configuration accesses of whole boots, with each patch added: writes docs/results.md'
	@echo 'make boots-seabios  the same of SeaBIOS alone, and by its functions; boots-ovmf: of OVMF'
	@echo 'make check-series  every patch of the series for QEMU, Linux, SeaBIOS and OVMF: style, build and boot at each step'
	@echo 'make fuzz     libFuzzer over the parsers and the whole suite, FUZZ_RUNS executions each; fuzz-short: seconds'
	@echo 'make bench    what a run costs beyond QEMU itself'
	@echo 'make compare  stock against patched QEMU, Linux as a witness: writes docs/results.md'
	@echo 'make differential  random operations on stock and patched QEMU'
	@echo 'make test-patched  the tests on the patched QEMU'
	@echo 'make test-mutants  seeded bugs in a real QEMU, one boot each: caught by the right rules, legal changes not flagged'
	@echo 'make test-random  random machines in QEMU, all rules on each: none may be blamed'
	@echo 'make check-pages  a page of every kind, and pictures of each, in build/pages; ARGS=--patched QEMU for a real one'
	@echo 'make test-nested  under ordinary KVM, in an inner host of Debian packages; lab: builds it; lab-shell: a shell in it'
	@echo 'make lint     formatting, clang warnings, clang-tidy, cppcheck, shellcheck'
	@echo 'make host-test, coverage, docs  the host unit tests alone; line coverage of lib/; the tables in docs/conformance.md'
	@echo 'make clean    remove build/'

# ---- images ---------------------------------------------------------------------------------------------------

# The first thing built, so that a missing tool is installed, or named, before anything fails for want of it.
build/tools:
	@tools/need $(CC_TARGET) nasm gnu-efi
	@mkdir -p build && touch $@

# One file, two ways in: the entry is the 64-bit one of the Linux boot protocol, PVH's is in a note.
build/barometer.elf: $(COMMON_OBJECTS) $(LINUX_OBJECTS) $(PVH_OBJECTS) linker.ld
	$(call say,LD,$@)$(LD) $(LDFLAGS) -static --defsym=IMAGE_BASE=0x200000 -e linux_entry64 -o $@ $(COMMON_OBJECTS) $(LINUX_OBJECTS) $(PVH_OBJECTS)

# The same objects, position independent, behind a setup header. head.asm knows one kind of relocation.
build/barometer.bz.so: $(COMMON_OBJECTS) $(LINUX_OBJECTS) linker.ld
	$(call say,LD,$@)$(LD) $(LDFLAGS) -pie --no-dynamic-linker -z text --defsym=IMAGE_BASE=0 -e linux_entry64 -o $@ $(COMMON_OBJECTS) $(LINUX_OBJECTS)
	@! readelf -rW $@ | grep R_X86_64 | grep -v R_X86_64_RELATIVE

build/barometer.bz.bin: build/barometer.bz.so
	$(call say,OBJCOPY,$@)$(OBJCOPY) -O binary $< $@

build/barometer.bz: boot/setup.asm build/barometer.bz.bin Makefile
	$(call say,NASM,$@)$(NASM) -f bin -Werror -w+all -dPAYLOAD='"build/barometer.bz.bin"' -dINIT_SIZE=$$(stat -c %s build/barometer.bz.bin) -o $@ $<

build/barometer.so: $(COMMON_OBJECTS) $(EFI_OBJECTS) linker.ld
	$(call say,LD,$@)$(LD) $(LDFLAGS) -shared -Bsymbolic -z nocombreloc --defsym=IMAGE_BASE=0 -e _start -o $@ $(GNUEFI_CRT0) $(COMMON_OBJECTS) $(EFI_OBJECTS) $(GNUEFI_LIB)

build/barometer.efi: build/barometer.so
	$(call say,OBJCOPY,$@)$(OBJCOPY) --strip-all $(PE_SECTIONS:%=-j %) --target efi-app-x86_64 --subsystem=10 $< $@

# ---- objects --------------------------------------------------------------------------------------------------

$(EFI_OBJECTS): CFLAGS += $(EFI_CFLAGS)

build/%_asm.o: %.asm Makefile | build/tools
	@mkdir -p $(@D)
	$(call say,NASM,$<)$(NASM) -f elf64 -Werror -w+all -o $@ $<

build/boot/head_asm.o: boot/long_mode.inc

# The version changes with every commit; only what prints it is built again.
VERSIONED := build/kernel/main.o build/kernel/screen.o build/tests/env.o
$(VERSIONED): CFLAGS += $(VERSION_CFLAGS)
$(VERSIONED): build/version

build/version: FORCE
	@mkdir -p build
	@echo '$(VERSION)' | cmp -s - $@ || echo '$(VERSION)' > $@

build/%.o: %.c Makefile | build/tools
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC_TARGET) $(CFLAGS) -c -o $@ $<

-include $(COMMON_OBJECTS:.o=.d) $(EFI_OBJECTS:.o=.d) $(LINUX_OBJECTS:.o=.d) $(PVH_OBJECTS:.o=.d)

# Their bytes are in it.
build/tests/records.o: $(wildcard tests/records/*.rec)

# ---- checks ---------------------------------------------------------------------------------------------------

GUEST_SOURCES := $(wildcard lib/*.c kernel/*.c tests/*.c tests/rules/*.c) boot/boot_params.c boot/efi_variables.c boot/linux.c boot/loader.c boot/pvh.c boot/start_info.c
EFI_SOURCES   := $(filter-out $(GUEST_SOURCES),$(EFI:%=boot/%.c))
HEADERS       := $(wildcard lib/*.h kernel/*.h tests/*.h tests/rules/*.h boot/*.h)
SCRIPTS       := $(shell git ls-files | xargs grep -lE '^\#!.*(bash|sh)$$' 2>/dev/null)
CLANG_FLAGS   := --target=x86_64-linux-gnu $(filter-out -fno-tree-loop-distribute-patterns -fno-toplevel-reorder -MMD -MP,$(CFLAGS)) -DBAROMETER_VERSION=__FILE__

# Each is a goal of its own, so that one can be run alone.
lint: lint-format lint-clang lint-analyzer lint-cppcheck lint-shell

lint-tools:
	@tools/need clang clang-format clang-tidy cppcheck shellcheck gnu-efi

lint-format: lint-tools
	@echo clang-format; clang-format --dry-run -Werror $(GUEST_SOURCES) $(EFI_SOURCES) $(HEADERS) $(wildcard check/host/*.[ch])
	check/width

lint-clang: lint-tools
	@for source in $(GUEST_SOURCES); do clang $(CLANG_FLAGS) -fsyntax-only $$source || exit 1; done
	@for source in $(EFI_SOURCES); do clang $(CLANG_FLAGS) $(EFI_CFLAGS) -fsyntax-only $$source || exit 1; done

# All that .clang-tidy names, or all but the analyzer, which takes nearly all of the time.
lint-analyzer: TIDY_CHECKS :=
lint-tidy: TIDY_CHECKS := --checks=-clang-analyzer-*
lint-analyzer lint-tidy: lint-tools
	@echo clang-tidy; printf '%s\n' $(GUEST_SOURCES) | \
		xargs -P $$(nproc) -n 6 sh -c 'clang-tidy --quiet $(TIDY_CHECKS) "$$@" -- $(CLANG_FLAGS) 2>/dev/null' sh

lint-cppcheck: lint-tools
	@echo cppcheck; cppcheck --quiet -j "$$(nproc)" --std=c11 --enable=warning,performance,portability --error-exitcode=1 --suppress=missingIncludeSystem \
		--suppress=comparePointers --suppress=ctuuninitvar -Ilib -Iboot -Ikernel -Itests -DBAROMETER_VERSION=__FILE__ lib kernel boot $(wildcard tests/*.c tests/rules/*.c)

lint-shell: lint-tools
	@echo shellcheck; shellcheck -x $(SCRIPTS)

clean:
	rm -rf build
