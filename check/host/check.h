/*
 * What every host test needs: cmocka, a diagnostic sink that remembers, and both access paths onto
 * the simulated machine.
 */
#ifndef BAROMETER_CHECK_HOST_CHECK_H
#define BAROMETER_CHECK_HOST_CHECK_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdbool.h>
#include <string.h>
#include <stdio.h>
#include <cmocka.h>
#include "acpi.h"
#include "diag.h"
#include "ecam.h"
#include "pci.h"
#include "pio.h"

/* Lines said since heard_reset(), each ended by a newline. */
extern const struct diag heard;
void heard_reset(void);
const char *heard_text(void);
unsigned heard_lines(void);

/*
 * Fails, showing what was said, unless some line holds the text; or unless nothing at all was said.
 */
void assert_heard(const char *text);
void assert_silent(void);

/* Both paths onto the machine that `sim` now is, ECAM already probed. */
struct rig {
	struct cfg_counts counts;
	struct acpi acpi;
	struct pio pio_state;
	struct ecam ecam_state;
	struct cfg pio, ecam;
};

void rig_init(struct rig *rig);

/* lib/'s counts must be what the machine saw, exactly. */
void assert_counts(const struct rig *rig);

#define MAP_MAX 1024

/* A map with room for any machine, and its root buses from the simulator itself. */
struct walked {
	struct pci_function fn[MAP_MAX];
	struct pci_map map;
};

void walked_init(struct walked *walked);
/* The simulator's own root buses, in room that the next call uses again. */
void sim_roots(struct pci_roots *roots);

/* The function of a map at an address, or NULL. */
const struct pci_function *find_in(const struct pci_map *map, struct cfg_address at);

/* A tree walk over a path from the simulator's own roots; diagnostics go to `heard`. */
void walk_tree(struct walked *walked, struct cfg *cfg);

/*
 * Bytes of stack between here and the deepest access to the machine since stack_watch(), which
 * takes the place of a seeded bug.
 */
void stack_watch(void);
size_t stack_used(void);

/* The map must hold exactly these functions of the machine, once each. */
void assert_found_all(const struct walked *walked, unsigned segments_below);

#endif
