# The host tests: lib/ compiled for this machine, against a simulated one. Included by the top Makefile.
#
#   make host-test   builds and runs every test program; the last line is the line coverage of lib/
#   make coverage    that coverage, file by file, of the last run
#
# With CC=clang the same runs under clang, in a directory of its own, because the two compilers' coverage data do not mix.

HOST_CC     ?= $(if $(findstring clang,$(CC)),$(CC),gcc)
HOST_CLANG  := $(findstring clang,$(HOST_CC))
HOST_BUILD  := build/host$(if $(HOST_CLANG),-clang)
HOST_GCOV   := $(if $(HOST_CLANG),llvm-cov gcov,gcov)
HOST_GCOVR  := gcovr --root . --object-directory $(HOST_BUILD)/lib --filter 'lib/' --gcov-executable '$(HOST_GCOV)' $(HOST_BUILD)/lib

HOST_CFLAGS := -std=gnu11 -O1 -g -Wall -Wextra -Wshadow -Wconversion -Werror \
	-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -MMD -MP
HOST_INCLUDE := -include check/host/io.h -Icheck/host -Ilib
HOST_LDFLAGS := -fsanitize=address,undefined --coverage
HOST_LIBS    := -lcmocka

HOST_LIB := $(LIB)
# sim_rules brings the rules and their runner with it.
HOST_SIM := check $(filter-out sim_rules,$(patsubst check/host/%.c,%,$(wildcard check/host/sim*.c)))
HOST_TESTS := $(patsubst check/host/%.c,%,$(wildcard check/host/test_*.c))

HOST_LIB_OBJECTS := $(HOST_LIB:%=$(HOST_BUILD)/lib/%.o)
HOST_SIM_OBJECTS := $(HOST_SIM:%=$(HOST_BUILD)/tests/%.o)
HOST_PROGRAMS    := $(HOST_TESTS:%=$(HOST_BUILD)/%)
# The programs that are a machine of their own.
HOST_ALONE       := $(HOST_BUILD)/test_clock $(HOST_BUILD)/test_uart

# A missing tool is installed, or named, before anything fails for want of it.
$(HOST_BUILD)/tools:
	@tools/need $(if $(HOST_CLANG),clang,gcc) cmocka gcovr
	@mkdir -p $(@D) && touch $@

# The C library's memory functions stay in place (the sanitizers watch them); ours are tested under other names.
HOST_MEM_NAMES := $(foreach name,memcpy memmove memset memcmp strlen strcmp,-D$(name)=barometer_$(name)) -fno-builtin
$(HOST_BUILD)/lib/mem.o: HOST_EXTRA := $(HOST_MEM_NAMES)

$(HOST_LIB_OBJECTS): $(HOST_BUILD)/lib/%.o: lib/%.c check/host/host.mk | $(HOST_BUILD)/tools
	@mkdir -p $(@D)
	$(call say,HOSTCC,$<)$(HOST_CC) $(HOST_CFLAGS) --coverage $(HOST_INCLUDE) $(HOST_EXTRA) -c -o $@ $<

$(HOST_BUILD)/tests/%.o: check/host/%.c check/host/host.mk | $(HOST_BUILD)/tools
	@mkdir -p $(@D)
	$(call say,HOSTCC,$<)$(HOST_CC) $(HOST_CFLAGS) $(HOST_INCLUDE) $(HOST_EXTRA) -c -o $@ $<

# The rules and what runs them, as the image has them. Their table is a section, whose ends the linker script names.
HOST_GUEST         := $(RULES) rules/buses rules/rule rules/place rules/plain rules/deviations rules/told rules/windows rules/occupied team cause direct discovery outcome session runner env inventory
HOST_GUEST_OBJECTS := $(HOST_GUEST:%=$(HOST_BUILD)/guest/%.o)
# Tests beside the rules, for the programs that name them. Those from HOST_SOAK_OBJECTS on need the runner, and no rules.
HOST_SCAN_OBJECTS  := $(patsubst %,$(HOST_BUILD)/guest/%.o,scan repeat decode)
HOST_VERDICT_OBJECTS := $(HOST_SCAN_OBJECTS) $(patsubst %,$(HOST_BUILD)/guest/%.o,enumerate sizing toggle verdict)
HOST_PLAIN_OBJECTS := $(patsubst %,$(HOST_BUILD)/guest/%.o,$(filter-out $(RULES),$(HOST_GUEST)))
HOST_SOAK_OBJECTS  := $(HOST_PLAIN_OBJECTS) $(HOST_BUILD)/guest/soak.o
HOST_BUDGET_OBJECTS := $(HOST_PLAIN_OBJECTS) $(HOST_BUILD)/guest/budget.o
HOST_REPLAY_OBJECTS := $(HOST_PLAIN_OBJECTS) $(patsubst %,$(HOST_BUILD)/guest/%.o,records repeat decode replay)
HOST_MANY_OBJECTS  := $(HOST_PLAIN_OBJECTS) $(HOST_BUILD)/guest/contention.o $(HOST_BUILD)/guest/scan_by_many.o $(HOST_BUILD)/guest/repeat.o $(HOST_BUILD)/guest/decode.o
# clang would put room between the members of that section, to watch it.
HOST_GUEST_CFLAGS  := -Itests -DBAROMETER_VERSION='"host"' $(if $(HOST_CLANG),-mllvm -asan-globals=0,-fno-toplevel-reorder)

$(sort $(HOST_GUEST_OBJECTS) $(HOST_VERDICT_OBJECTS) $(HOST_SOAK_OBJECTS) $(HOST_BUDGET_OBJECTS) $(HOST_REPLAY_OBJECTS) $(HOST_MANY_OBJECTS)): $(HOST_BUILD)/guest/%.o: tests/%.c check/host/host.mk | $(HOST_BUILD)/tools
	@mkdir -p $(@D)
	$(call say,HOSTCC,$<)$(HOST_CC) $(HOST_CFLAGS) $(HOST_INCLUDE) $(HOST_GUEST_CFLAGS) -c -o $@ $<

$(HOST_BUILD)/guest/records.o: $(wildcard tests/records/*.rec)

HOST_RULES_SUPPORT := $(HOST_BUILD)/tests/sim_rules.o $(HOST_BUILD)/tests/rules_doc.o
HOST_RULES_TESTS   := test_aliases test_decode test_large test_rules test_mutation test_only_one_child test_table_sources test_verdict
$(HOST_RULES_TESTS:%=$(HOST_BUILD)/tests/%.o) $(HOST_RULES_SUPPORT): HOST_EXTRA := -Itests
$(HOST_RULES_TESTS:%=$(HOST_BUILD)/%): $(HOST_RULES_SUPPORT) $(HOST_GUEST_OBJECTS) check/host/tests.ld
$(HOST_BUILD)/test_aliases $(HOST_BUILD)/test_only_one_child: $(HOST_SCAN_OBJECTS)
$(HOST_BUILD)/test_decode $(HOST_BUILD)/test_large $(HOST_BUILD)/test_table_sources $(HOST_BUILD)/test_verdict: $(HOST_VERDICT_OBJECTS)
$(HOST_RULES_TESTS:%=$(HOST_BUILD)/%): HOST_LIBS := -lcmocka -T check/host/tests.ld

HOST_PLAIN_TESTS := test_soak test_contention test_budget test_replay
$(HOST_PLAIN_TESTS:%=$(HOST_BUILD)/tests/%.o): HOST_EXTRA := -Itests
$(HOST_PLAIN_TESTS:%=$(HOST_BUILD)/%): $(HOST_BUILD)/tests/sim_rules.o check/host/tests.ld
$(HOST_BUILD)/test_soak: $(HOST_SOAK_OBJECTS)
$(HOST_BUILD)/test_contention: $(HOST_MANY_OBJECTS)
$(HOST_BUILD)/test_budget: $(HOST_BUDGET_OBJECTS)
$(HOST_BUILD)/test_replay: $(HOST_REPLAY_OBJECTS)
$(HOST_PLAIN_TESTS:%=$(HOST_BUILD)/%): HOST_LIBS := -lcmocka -T check/host/tests.ld

# What a loader hands over, as the image has it.
HOST_BOOT_OBJECTS := $(HOST_BUILD)/boot/boot_params.o $(HOST_BUILD)/boot/loader.o $(HOST_BUILD)/boot/start_info.o
$(HOST_BUILD)/boot/%.o: boot/%.c check/host/host.mk | $(HOST_BUILD)/tools
	@mkdir -p $(@D)
	$(call say,HOSTCC,$<)$(HOST_CC) $(HOST_CFLAGS) $(HOST_INCLUDE) -Ikernel -c -o $@ $<

# What may be touched of physical memory, and what is on the screen, as the image has it.
$(HOST_BUILD)/kernel/%.o: kernel/%.c check/host/host.mk | $(HOST_BUILD)/tools
	@mkdir -p $(@D)
	$(call say,HOSTCC,$<)$(HOST_CC) $(HOST_CFLAGS) $(HOST_INCLUDE) -DBAROMETER_VERSION='"host"' -c -o $@ $<

HOST_KERNEL_TESTS := test_clock test_memory test_privilege test_screen
$(HOST_KERNEL_TESTS:%=$(HOST_BUILD)/tests/%.o): HOST_EXTRA := -Ikernel
$(HOST_KERNEL_TESTS:%=$(HOST_BUILD)/%): $(HOST_BUILD)/test_%: $(HOST_BUILD)/kernel/%.o

HOST_BOOT_TESTS := test_boot_params test_start_info
$(HOST_BOOT_TESTS:%=$(HOST_BUILD)/tests/%.o) $(HOST_BUILD)/tests/loader_memory.o: HOST_EXTRA := -Iboot -Ikernel
$(HOST_BOOT_TESTS:%=$(HOST_BUILD)/%): $(HOST_BOOT_OBJECTS) $(HOST_BUILD)/tests/loader_memory.o

# What the last run left in UEFI variables, likewise.
$(HOST_BUILD)/tests/test_efi_variables.o: HOST_EXTRA := -Iboot -Ikernel
$(HOST_BUILD)/test_efi_variables: $(HOST_BUILD)/boot/efi_variables.o

$(HOST_BUILD)/test_clock: $(HOST_BUILD)/lib/hypervisor.o $(HOST_BUILD)/lib/pvclock.o $(HOST_BUILD)/lib/stats.o
$(HOST_BUILD)/test_uart: $(HOST_BUILD)/lib/uart.o
$(filter-out $(HOST_ALONE),$(HOST_PROGRAMS)): $(HOST_SIM_OBJECTS) $(HOST_LIB_OBJECTS)
$(HOST_PROGRAMS): $(HOST_BUILD)/%: $(HOST_BUILD)/tests/%.o
	$(call say,HOSTLD,$@)$(HOST_CC) $(HOST_LDFLAGS) -o $@ $(filter %.o,$^) $(HOST_LIBS)

-include $(wildcard $(addprefix $(HOST_BUILD)/,*/*.d guest/rules/*.d))

$(HOST_BUILD)/print_rules: $(HOST_BUILD)/tests/print_rules.o $(HOST_RULES_SUPPORT) $(HOST_GUEST_OBJECTS) $(HOST_SIM_OBJECTS) $(HOST_LIB_OBJECTS)
	$(call say,HOSTLD,$@)$(HOST_CC) $(HOST_LDFLAGS) -o $@ $^ $(HOST_LIBS) -T check/host/tests.ld

# The tables of rules and of seeded bugs in docs/conformance.md; a test says when they are out of date.
docs: $(HOST_BUILD)/print_rules
	$(HOST_BUILD)/print_rules | tools/doc-table rules
	$(HOST_BUILD)/print_rules bugs | tools/doc-table bugs

.PHONY: host-test coverage docs
.PRECIOUS: $(HOST_BUILD)/tests/%.o

# Every program runs, whatever the one before it did. One that ends without cmocka's summary counts as one failure.
host-test: $(HOST_PROGRAMS)
	@rm -f $(HOST_BUILD)/lib/*.gcda $(HOST_BUILD)/log; : > $(HOST_BUILD)/log; crashed=0; bad=0; \
	for test in $(HOST_TESTS); do \
		echo "== $$test"; \
		$(HOST_BUILD)/$$test > $(HOST_BUILD)/$$test.log 2>&1 || bad=1; \
		cat $(HOST_BUILD)/$$test.log; cat $(HOST_BUILD)/$$test.log >> $(HOST_BUILD)/log; \
		grep -q '^\[  PASSED  \]' $(HOST_BUILD)/$$test.log || crashed=$$((crashed + 1)); \
	done; \
	passed=$$(awk '/^\[  PASSED  \] [0-9]/ { n += $$4 } END { print n + 0 }' $(HOST_BUILD)/log); \
	failed=$$(awk '/^\[  FAILED  \] [0-9]/ { n += $$4 } END { print n + '$$crashed' }' $(HOST_BUILD)/log); \
	echo "host tests: $$passed passed, $$failed failed"; \
	$(HOST_GCOVR) --print-summary -o $(HOST_BUILD)/coverage.txt | sed -n 's/^lines: /lib\/ line coverage: /p'; \
	exit $$bad

coverage:
	@$(HOST_GCOVR)
