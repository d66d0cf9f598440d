/* The seeded bugs' hooks, by the layer that they sit in. struct sim_bug_hooks says when each is
 * called. */
#ifndef BAROMETER_CHECK_HOST_SIM_BUGS_H
#define BAROMETER_CHECK_HOST_SIM_BUGS_H

#include "sim.h"

/* sim_bugs_access.c */
bool bug_cfc2_word_lands_low(struct sim_port *p);
bool bug_cfc_read_lanes_swapped(struct sim_port *p);
bool bug_cf8_without_enable(struct sim_port *p);
bool bug_cf8_byte_is_address(struct sim_port *p);
void bug_cf8_cleared_by_access(struct sim_access *a, const struct sim_fn *fn);
void bug_cf8_loses_register(struct sim_port *p);
bool bug_cf8_reserved_kept(struct sim_port *p);
bool bug_cf8_low_bits_used(struct sim_port *p);
void bug_absent_reads_zero(struct sim_access *a, const struct sim_fn *fn);
void bug_absent_remembers(struct sim_access *a, const struct sim_fn *fn);
bool bug_functions_alias(struct sim_access *a);
bool bug_bus_bit_ignored(struct sim_access *a);
bool bug_ecam_off_by_start_bus(struct sim_access *a);
bool bug_ecam_parts_from_lane_0(struct sim_access *a);
bool bug_ecam_odd_byte_written_below(struct sim_access *a);
bool bug_extended_aliases_low(struct sim_access *a);
void bug_extended_parts_zero(struct sim_access *a, const struct sim_fn *fn);
void bug_conventional_extended(struct sim_access *a, const struct sim_fn *fn);
void bug_ecam_stale(struct sim_access *a, const struct sim_fn *fn);
void bug_port_stale(struct sim_access *a, const struct sim_fn *fn);

/* sim_bugs_registers.c */
bool bug_vendor_writable(struct sim_fn *fn, struct sim_access *a);
bool bug_line_read_only(struct sim_fn *fn, struct sim_access *a);
bool bug_command_write_dropped(struct sim_fn *fn, struct sim_access *a);
bool bug_status_not_cleared(struct sim_fn *fn, struct sim_access *a);
bool bug_status_writable(struct sim_fn *fn, struct sim_access *a);
bool bug_copy_stale_write(struct sim_fn *fn, struct sim_access *a);
void bug_copy_stale_read(struct sim_fn *fn, struct sim_access *a);
bool bug_bridge_numbers_fixed(struct sim_fn *fn, struct sim_access *a);
void bug_type_bits_missing(struct sim_fn *fn, struct sim_access *a);
bool bug_only_ones_probe(struct sim_fn *fn, struct sim_access *a);
bool bug_mask_read_once_write(struct sim_fn *fn, struct sim_access *a);
void bug_mask_read_once_read(struct sim_fn *fn, struct sim_access *a);
bool bug_bar_not_restored(struct sim_fn *fn, struct sim_access *a);
void bug_io_upper_as_size(struct sim_fn *fn, struct sim_access *a);
bool bug_high_half_lost(struct sim_fn *fn, struct sim_access *a);
bool bug_halves_in_order(struct sim_fn *fn, struct sim_access *a);
bool bug_rom_probe_enables(struct sim_fn *fn, struct sim_access *a);
bool bug_neighbour_clobbered(struct sim_fn *fn, struct sim_access *a);
bool bug_bar_fixed_without_decode(struct sim_fn *fn, struct sim_access *a);
bool bug_bar_fixed_while_decoding(struct sim_fn *fn, struct sim_access *a);
bool bug_bar_refuses_low(struct sim_fn *fn, struct sim_access *a);

/* sim_bugs_tables.c */
void bug_mcfg_length(void);
void bug_mcfg_backwards(void);
void bug_mcfg_overlap(void);
void bug_mcfg_unaligned(void);
void bug_mcfg_in_ram(void);
void bug_mcfg_old_and_high(void);
void bug_capability_loop(void);
void bug_extended_capability_loop(void);
void bug_header_type_wrong(void);
void bug_bridge_to_itself(void);
void bug_bridges_overlap(void);
uint32_t bug_table_truncated(uint8_t *table, uint32_t len);
uint32_t bug_table_function_wrong(uint8_t *table, uint32_t len);
uint32_t bug_table_mask_bit(uint8_t *table, uint32_t len);
uint32_t bug_table_value_wrong(uint8_t *table, uint32_t len);

#endif
