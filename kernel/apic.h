/*
 * The local APIC, as far as other processors are started with it (Intel SDM volume 3, 10.6 and
 * 8.4.4): xAPIC through memory, x2APIC through its registers.
 */
#ifndef BAROMETER_KERNEL_APIC_H
#define BAROMETER_KERNEL_APIC_H

#include <stdbool.h>
#include <stdint.h>

/* Finds the APIC of the processor that runs, and in which mode firmware left it. Ring 0, once. */
void apic_init(void);

/*
 * Makes it ready to send, at either privilege level. wide: there are IDs that do not fit the 8 bits
 * of xAPIC, for which x2APIC is turned on where the processor has it. NULL, or why nothing can be
 * sent.
 */
const char *apic_ready(bool wide);

/* Whether a processor with that ID can be sent to. */
bool apic_reaches(uint32_t id);

/* "xapic" or "x2apic". */
const char *apic_mode(void);

/* INIT, and SIPI with a page number below 100h, to one processor. */
void apic_send_init(uint32_t id);
void apic_send_startup(uint32_t id, uint8_t page);

/* This processor's own ID, from CPUID. Ring 0: at CPL 3 there are hypervisors that let the host's
 * processor answer. */
uint32_t apic_id(void);

/*
 * WRMSR that works at CPL 3 as well: there it faults, and the handler of the fault writes the
 * register when it was this very instruction (kernel/traps.c).
 */
void apic_write_msr(uint32_t msr, uint64_t value);
extern char apic_wrmsr[]; /* the instruction, two bytes */

#endif
