# Fuzzing with libFuzzer (clang and its runtime). Included by the top Makefile.
#
#   make fuzz         every target for FUZZ_RUNS executions, one after the other; findings stay in build/fuzz/
#   make fuzz-short   every target for FUZZ_SECONDS, from an empty corpus: what `make test-long` runs

FUZZ_TARGETS ?= options acpi table record boot efi config
FUZZ_RUNS    ?= 10000000
FUZZ_SECONDS ?= 5
FUZZ_BUILD   := build/fuzz
FUZZ_CC      ?= clang

FUZZ_CFLAGS = -std=gnu11 -O2 -g -Wall -Wextra -Wshadow -Wconversion -Werror $(FUZZ_COVERAGE) -fsanitize=address,undefined \
	-fno-sanitize-recover=all -fno-omit-frame-pointer -mllvm -asan-globals=0 -MMD -MP \
	-include check/host/io.h -Icheck/fuzz -Icheck/host -Ilib -Itests -Iboot -Ikernel -DBAROMETER_VERSION='"fuzz"'

FUZZ_COVERAGE := -fsanitize=fuzzer-no-link

# A run of all rules makes thousands of accesses and prints hundreds of lines: what only carries them is watched by the
# sanitizers but not followed for coverage, which makes the config target several times faster. Nor are the targets themselves.
FUZZ_CARRIERS := acpi acpi_power aml arena diag ecam fwcfg madt measure mem options pio report stats text
FUZZ_CONFIG_OBJECTS := $(FUZZ_CARRIERS:%=$(FUZZ_BUILD)/carrier/%.o) $(filter-out $(FUZZ_CARRIERS:%=$(FUZZ_BUILD)/lib/%.o),$(HOST_LIB:%=$(FUZZ_BUILD)/lib/%.o)) \
	$(FUZZ_BUILD)/fuzz/fuzz_diag.o
$(FUZZ_CARRIERS:%=$(FUZZ_BUILD)/carrier/%.o) $(FUZZ_TARGETS:%=$(FUZZ_BUILD)/fuzz/fuzz_%.o) $(FUZZ_BUILD)/guest/runner.o $(FUZZ_BUILD)/guest/env.o $(FUZZ_BUILD)/guest/inventory.o: FUZZ_COVERAGE :=

FUZZ_LIB_OBJECTS   := $(HOST_LIB:%=$(FUZZ_BUILD)/lib/%.o) $(FUZZ_BUILD)/fuzz/fuzz_diag.o
FUZZ_GUEST_OBJECTS := $(HOST_GUEST:%=$(FUZZ_BUILD)/guest/%.o)
FUZZ_PROGRAMS      := $(FUZZ_TARGETS:%=$(FUZZ_BUILD)/fuzz_%)

# The C library's memory functions stay in place, as in the host tests.
$(FUZZ_BUILD)/lib/mem.o $(FUZZ_BUILD)/carrier/mem.o: FUZZ_EXTRA := $(HOST_MEM_NAMES)

$(FUZZ_BUILD)/tools:
	@tools/need clang libclang-rt
	@mkdir -p $(@D) && touch $@

$(FUZZ_BUILD)/lib/%.o: lib/%.c check/fuzz/fuzz.mk | $(FUZZ_BUILD)/tools
	@mkdir -p $(@D)
	$(call say,FUZZCC,$<)$(FUZZ_CC) $(FUZZ_CFLAGS) $(FUZZ_EXTRA) -c -o $@ $<

$(FUZZ_BUILD)/carrier/%.o: lib/%.c check/fuzz/fuzz.mk | $(FUZZ_BUILD)/tools
	@mkdir -p $(@D)
	$(call say,FUZZCC,$<)$(FUZZ_CC) $(FUZZ_CFLAGS) $(FUZZ_EXTRA) -c -o $@ $<

$(FUZZ_BUILD)/guest/%.o: tests/%.c check/fuzz/fuzz.mk | $(FUZZ_BUILD)/tools
	@mkdir -p $(@D)
	$(call say,FUZZCC,$<)$(FUZZ_CC) $(FUZZ_CFLAGS) -c -o $@ $<

$(FUZZ_BUILD)/fuzz/%.o: check/fuzz/%.c check/fuzz/fuzz.mk | $(FUZZ_BUILD)/tools
	@mkdir -p $(@D)
	$(call say,FUZZCC,$<)$(FUZZ_CC) $(FUZZ_CFLAGS) -c -o $@ $<

$(FUZZ_BUILD)/boot/%.o: boot/%.c check/fuzz/fuzz.mk | $(FUZZ_BUILD)/tools
	@mkdir -p $(@D)
	$(call say,FUZZCC,$<)$(FUZZ_CC) $(FUZZ_CFLAGS) -c -o $@ $<

FUZZ_BOOT_OBJECTS := $(FUZZ_BUILD)/boot/boot_params.o $(FUZZ_BUILD)/boot/loader.o $(FUZZ_BUILD)/boot/start_info.o
$(FUZZ_BUILD)/fuzz_boot: $(FUZZ_BOOT_OBJECTS)
$(FUZZ_BUILD)/fuzz_efi: $(FUZZ_BUILD)/boot/efi_variables.o
$(FUZZ_BUILD)/fuzz_boot $(FUZZ_BUILD)/fuzz_acpi: $(FUZZ_BUILD)/fuzz/fuzz_memory.o

# Only the machine has the runner and the rules.
$(FUZZ_BUILD)/fuzz_config: $(FUZZ_GUEST_OBJECTS)
$(FUZZ_BUILD)/fuzz_config: FUZZ_LDFLAGS := -T check/host/tests.ld
# fwcfg, which nothing else touches ports for.
FUZZ_NO_PORTS := $(patsubst %,$(FUZZ_BUILD)/fuzz_%,options acpi record boot efi)
$(FUZZ_NO_PORTS): $(FUZZ_BUILD)/fuzz/no_ports.o
$(FUZZ_NO_PORTS) $(FUZZ_BUILD)/fuzz_table: $(FUZZ_BUILD)/fuzz/no_mmio.o

$(filter-out %_config,$(FUZZ_PROGRAMS)): $(FUZZ_LIB_OBJECTS)
$(FUZZ_BUILD)/fuzz_config: $(FUZZ_CONFIG_OBJECTS)

$(FUZZ_PROGRAMS): $(FUZZ_BUILD)/fuzz_%: $(FUZZ_BUILD)/fuzz/fuzz_%.o
	$(call say,FUZZLD,$@)$(FUZZ_CC) -fsanitize=fuzzer,address,undefined -o $@ $(filter %.o,$^) $(FUZZ_LDFLAGS)

-include $(FUZZ_LIB_OBJECTS:.o=.d) $(FUZZ_CONFIG_OBJECTS:.o=.d) $(FUZZ_GUEST_OBJECTS:.o=.d) $(FUZZ_BOOT_OBJECTS:.o=.d) $(FUZZ_BUILD)/boot/efi_variables.d $(FUZZ_TARGETS:%=$(FUZZ_BUILD)/fuzz/fuzz_%.d)

.PHONY: fuzz fuzz-short $(FUZZ_TARGETS:%=fuzz-short-%)
.PRECIOUS: $(FUZZ_BUILD)/fuzz/%.o

FUZZ_OPTIONS := -max_len=1024 -len_control=0 -entropic=0 -timeout=10 -print_final_stats=1 -artifact_prefix=$(FUZZ_BUILD)/

fuzz: $(FUZZ_PROGRAMS)
	@for target in $(FUZZ_TARGETS); do \
		mkdir -p $(FUZZ_BUILD)/corpus/$$target; \
		echo "== $$target, $(FUZZ_RUNS) executions"; \
		$(FUZZ_BUILD)/fuzz_$$target $(FUZZ_OPTIONS) -runs=$(FUZZ_RUNS) $(FUZZ_BUILD)/corpus/$$target > $(FUZZ_BUILD)/$$target.log 2>&1 || \
			{ tail -40 $(FUZZ_BUILD)/$$target.log; echo "a finding of $$target is in $(FUZZ_BUILD)/"; exit 1; }; \
		grep -E '^Done|^stat::number_of_executed_units|^stat::average' $(FUZZ_BUILD)/$$target.log; \
	done

fuzz-short: $(FUZZ_TARGETS:%=fuzz-short-%)

$(FUZZ_TARGETS:%=fuzz-short-%): fuzz-short-%: $(FUZZ_BUILD)/fuzz_%
	@log=$(FUZZ_BUILD)/$*.short.log; \
	$< $(FUZZ_OPTIONS) -seed=1 -max_total_time=$(FUZZ_SECONDS) > $$log 2>&1 || \
		{ tail -40 $$log; echo "not ok fuzz $*: the finding is in $(FUZZ_BUILD)/"; exit 1; }; \
	echo "ok fuzz $*: $$(sed -n 's/^Done \([0-9]*\) runs in \([0-9]*\) second.*/\1 executions in \2 s/p' $$log)"
