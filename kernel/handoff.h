/*
 * What the kernel asks of a boot path: one struct, the same whichever way control arrived. It lies
 * in the image, so it stays valid; every address in it is physical, and identity mapped until the
 * kernel has its own page tables.
 */
#ifndef BAROMETER_KERNEL_HANDOFF_H
#define BAROMETER_KERNEL_HANDOFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HANDOFF_RANGES_MAX   512
#define HANDOFF_OPTIONS_MAX  2048
#define HANDOFF_NOTES_MAX    4
#define HANDOFF_FIRMWARE_MAX 64

/* What firmware lists: RAM, ACPI tables, its reserved memory, devices. */
struct handoff_range {
	uint64_t start, len; /* bytes */
	bool ram;            /* that an operating system may use */
	bool unreadable;     /* device memory, which may mind being read, or broken */
};

/* A root bridge that firmware knows: its root bus and the last bus number it decodes. */
struct handoff_root {
	uint16_t segment;
	uint8_t bus, last;
};

/* A linear frame buffer of 32 bits a pixel, red, green and blue in either order. */
struct handoff_screen {
	uint64_t base;          /* physical */
	uint32_t width, height; /* pixels; 0: there is none */
	uint32_t stride;        /* pixels from one line to the next */
};

/* Memory of firmware's that keep() below works in. */
struct handoff_firmware {
	uint64_t start, len; /* bytes; physical */
	bool code, device;   /* neither: data */
};

/* A log that is to become a file of the image's own volume, and how the run ends. */
struct handoff_log {
	const char *text;
	size_t len; /* bytes */
	uint32_t crc;
	uint32_t exit;  /* enum options_exit */
	uint32_t value; /* that isa-debug-exit is told; 0: nothing */
};

struct handoff_volume {
	const char
	    *fault; /* why no file can be written there, in at most 38 characters; NULL: it can */
	uint64_t room; /* bytes that the file may have */
	bool in_vain;  /* the last run's log should have been there and was not */
	/*
	 * Takes the log over; the next start of the image writes the file. Called at most once, in
	 * ring 0 with interrupts off and firmware[] mapped. Returns NULL, or why not, like fault.
	 */
	const char *(*keep)(const struct handoff_log *log);
	struct handoff_firmware firmware[HANDOFF_FIRMWARE_MAX];
	unsigned firmware_count;
};

struct handoff {
	const char *boot; /* "efi", "pvh" or "linux" */
	uint64_t rsdp;    /* physical; 0: not given */
	struct handoff_range range[HANDOFF_RANGES_MAX];
	unsigned range_count;
	bool ranges_lost; /* there may be more: what `range` does not list may be anything */
	struct handoff_range arena; /* RAM that is the kernel's to use, writable now, below 4 GiB */
	/*
	 * A page of RAM below 640 KiB that the boot path took for other processors to start in; 0:
	 * one is to be found in `range`.
	 */
	uint64_t low_page;
	const struct handoff_root *root; /* in RAM that the memory map lists */
	unsigned root_count;             /* 0: firmware does not say */
	struct handoff_screen screen;
	struct handoff_volume volume; /* that the image was started from; keep NULL: not known */
	/* Command line text, NUL-terminated, weakest first: barometer.cfg, then the boot loader's
	 * options. */
	char options[2][HANDOFF_OPTIONS_MAX];
	bool loader_adds_words; /* of its own to the second of them, or may */
	/* What the boot path has to complain about. */
	struct {
		const char *text;
		bool options_lost; /* what was asked for is not known: nothing may be run */
	} note[HANDOFF_NOTES_MAX];
	unsigned note_count;
};

/* Adds a line for the log; static text only. The run goes on with what there is. */
static inline void handoff_note(struct handoff *handoff, const char *text)
{
	if (handoff->note_count < HANDOFF_NOTES_MAX)
		handoff->note[handoff->note_count++].text = text;
}

/* The same for a memory map that could not be kept or read to its end. */
static inline void handoff_ranges_lost(struct handoff *handoff, const char *text)
{
	handoff->ranges_lost = true;
	handoff_note(handoff, text);
}

/* Adds to the memory map, joined to the last range where that goes on. False, after a note, when
 * there is no more room. */
static inline bool handoff_add_range(struct handoff *handoff, struct handoff_range range)
{
	unsigned count = handoff->range_count;
	struct handoff_range *last = count ? &handoff->range[count - 1] : NULL;

	if (last && last->start + last->len == range.start && last->ram == range.ram &&
	    last->unreadable == range.unreadable) {
		last->len += range.len;
		return true;
	}
	if (count == HANDOFF_RANGES_MAX) {
		handoff_ranges_lost(handoff, "the memory map has more than 512 ranges: no device "
					     "memory is mapped, for it may be RAM");
		return false;
	}
	handoff->range[handoff->range_count++] = range;
	return true;
}

/* The same as handoff_note() for a command line that could not be read, or not to its end. */
static inline void handoff_options_lost(struct handoff *handoff, const char *text)
{
	if (handoff->note_count == HANDOFF_NOTES_MAX)
		handoff->note_count--;
	handoff->note[handoff->note_count].text = text;
	handoff->note[handoff->note_count++].options_lost = true;
}

/* Never returns. Interrupts are off, boot services are gone; switches to the kernel's stack and
 * calls kernel_main(). */
_Noreturn void kernel_enter(struct handoff *handoff);

#endif
