/*
 * Seeded bugs, each seen in a hypervisor or firmware, or one step from it. To add one: a member of enum
 * sim_bug, a function for the layer that it sits in, a line in this table, and a line in test_rules.c that
 * says which rules catch it.
 */
#include "sim_bugs.h"

#define BUG(name) [SIM_BUG_##name]

const struct sim_bug_hooks sim_bugs[SIM_BUG_COUNT] = {
    BUG(NONE) = {.name = "none"},
    BUG(CFC2_WORD_LANDS_LOW) = {.name = "cfc2-word-lands-low", .port = bug_cfc2_word_lands_low},
    BUG(CFC_READ_LANES_SWAPPED) = {.name = "cfc-read-lanes-swapped", .port = bug_cfc_read_lanes_swapped},
    BUG(CF8_WITHOUT_ENABLE) = {.name = "cf8-without-enable", .port = bug_cf8_without_enable},
    BUG(CF8_BYTE_IS_ADDRESS) = {.name = "cf8-byte-is-address", .port = bug_cf8_byte_is_address},
    BUG(CF8_CLEARED_BY_ACCESS) = {.name = "cf8-cleared-by-access", .answered = bug_cf8_cleared_by_access},
    BUG(CF8_LOSES_REGISTER) = {.name = "cf8-loses-register", .port_answered = bug_cf8_loses_register},
    BUG(CF8_RESERVED_KEPT) = {.name = "cf8-reserved-kept", .port = bug_cf8_reserved_kept},
    BUG(CF8_LOW_BITS_USED) = {.name = "cf8-low-bits-used", .port = bug_cf8_low_bits_used},
    BUG(ABSENT_READS_ZERO) = {.name = "absent-reads-zero", .answered = bug_absent_reads_zero},
    BUG(ABSENT_REMEMBERS) = {.name = "absent-remembers", .answered = bug_absent_remembers},
    BUG(FUNCTIONS_ALIAS) = {.name = "functions-alias", .decoded = bug_functions_alias},
    BUG(BUS_BIT_IGNORED) = {.name = "bus-bit-ignored", .decoded = bug_bus_bit_ignored},
    BUG(ECAM_OFF_BY_START_BUS) = {.name = "ecam-off-by-start-bus", .decoded = bug_ecam_off_by_start_bus},
    BUG(ECAM_PARTS_FROM_LANE_0) = {.name = "ecam-parts-from-lane-0", .decoded = bug_ecam_parts_from_lane_0},
    BUG(ECAM_ODD_BYTE_WRITTEN_BELOW) = {.name = "ecam-odd-byte-written-below",
					.decoded = bug_ecam_odd_byte_written_below},
    BUG(EXTENDED_ALIASES_LOW) = {.name = "extended-aliases-low", .decoded = bug_extended_aliases_low},
    BUG(EXTENDED_PARTS_ZERO) = {.name = "extended-parts-zero", .answered = bug_extended_parts_zero},
    BUG(CONVENTIONAL_EXTENDED) = {.name = "conventional-extended", .answered = bug_conventional_extended},
    BUG(ECAM_STALE_AFTER_PORT) = {.name = "ecam-stale-after-port", .answered = bug_ecam_stale},
    BUG(PORT_STALE_AFTER_ECAM) = {.name = "port-stale-after-ecam", .answered = bug_port_stale},

    BUG(VENDOR_WRITABLE) = {.name = "vendor-writable", .fn_write = bug_vendor_writable},
    BUG(LINE_READ_ONLY) = {.name = "line-read-only", .fn_write = bug_line_read_only},
    BUG(COMMAND_WRITE_DROPPED) = {.name = "command-write-dropped", .fn_write = bug_command_write_dropped},
    BUG(STATUS_NOT_CLEARED) = {.name = "status-not-cleared", .fn_write = bug_status_not_cleared},
    BUG(STATUS_WRITABLE) = {.name = "status-writable", .fn_write = bug_status_writable},
    BUG(COPY_STALE_INTERNALLY) = {.name = "copy-stale-internally",
				  .fn_write = bug_copy_stale_write,
				  .fn_read = bug_copy_stale_read},
    BUG(VIRTIO_WINDOW_STALE) = {.name = "virtio-window-stale"}, /* sim_virtio.c looks at it */
    BUG(BRIDGE_NUMBERS_FIXED) = {.name = "bridge-numbers-fixed", .fn_write = bug_bridge_numbers_fixed},
    BUG(TYPE_BITS_MISSING) = {.name = "type-bits-missing", .fn_read = bug_type_bits_missing},
    BUG(ONLY_ONES_PROBE) = {.name = "only-ones-probe", .fn_write = bug_only_ones_probe},
    BUG(MASK_READ_ONCE) = {.name = "mask-read-once",
			   .fn_write = bug_mask_read_once_write,
			   .fn_read = bug_mask_read_once_read},
    BUG(BAR_NOT_RESTORED) = {.name = "bar-not-restored", .fn_write = bug_bar_not_restored},
    BUG(IO_UPPER_AS_SIZE) = {.name = "io-upper-as-size", .fn_read = bug_io_upper_as_size},
    BUG(HIGH_HALF_LOST) = {.name = "high-half-lost", .fn_write = bug_high_half_lost},
    BUG(HALVES_IN_ORDER) = {.name = "halves-in-order", .fn_write = bug_halves_in_order},
    BUG(ROM_PROBE_ENABLES) = {.name = "rom-probe-enables", .fn_write = bug_rom_probe_enables},
    BUG(NEIGHBOUR_CLOBBERED) = {.name = "neighbour-clobbered", .fn_write = bug_neighbour_clobbered},
    BUG(BAR_FIXED_WITHOUT_DECODE) = {.name = "bar-fixed-without-decode",
				     .fn_write = bug_bar_fixed_without_decode},
    BUG(BAR_FIXED_WHILE_DECODING) = {.name = "bar-fixed-while-decoding",
				     .fn_write = bug_bar_fixed_while_decoding},
    BUG(BAR_REFUSES_LOW) = {.name = "bar-refuses-low", .fn_write = bug_bar_refuses_low},

    BUG(MCFG_LENGTH) = {.name = "mcfg-length", .tables = bug_mcfg_length},
    BUG(MCFG_BACKWARDS) = {.name = "mcfg-backwards", .tables = bug_mcfg_backwards},
    BUG(MCFG_OVERLAP) = {.name = "mcfg-overlap", .tables = bug_mcfg_overlap},
    BUG(MCFG_UNALIGNED) = {.name = "mcfg-unaligned", .tables = bug_mcfg_unaligned},
    BUG(MCFG_IN_RAM) = {.name = "mcfg-in-ram", .tables = bug_mcfg_in_ram},
    BUG(MCFG_OLD_AND_HIGH) = {.name = "mcfg-old-and-high", .tables = bug_mcfg_old_and_high},
    BUG(CAPABILITY_LOOP) = {.name = "capability-loop", .machine = bug_capability_loop},
    BUG(EXTENDED_CAPABILITY_LOOP) = {.name = "extended-capability-loop",
				     .machine = bug_extended_capability_loop},
    BUG(HEADER_TYPE_WRONG) = {.name = "header-type-wrong", .machine = bug_header_type_wrong},
    BUG(BRIDGE_TO_ITSELF) = {.name = "bridge-to-itself", .machine = bug_bridge_to_itself},
    BUG(BRIDGES_OVERLAP) = {.name = "bridges-overlap", .machine = bug_bridges_overlap},
    BUG(TABLE_TRUNCATED) = {.name = "table-truncated", .mask_table = bug_table_truncated},
    BUG(TABLE_FUNCTION_WRONG) = {.name = "table-function-wrong", .mask_table = bug_table_function_wrong},
    BUG(TABLE_MASK_BIT) = {.name = "table-mask-bit", .mask_table = bug_table_mask_bit},
    BUG(TABLE_VALUE_WRONG) = {.name = "table-value-wrong", .mask_table = bug_table_value_wrong},
    BUG(TABLE_FROZEN) = {.name = "table-frozen"}, /* the machine's builder looks at it */
};
