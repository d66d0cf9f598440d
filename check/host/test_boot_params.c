/* What a loader hands over by the Linux boot protocol, sound and unsound. */
#include "boot_params.h"
#include "check.h"
#include "loader_memory.h"

static uint8_t params[BOOT_PARAMS_LEN];
static struct handoff handoff;

static uint8_t *put_entry(uint8_t *at, uint64_t start, uint64_t len, uint32_t type)
{
	put(at, 8, start);
	put(at + 8, 8, len);
	put(at + 16, 4, type);
	return at + 20;
}

static void add_entry(uint64_t start, uint64_t len, uint32_t type)
{
	put_entry(params + 0x2d0 + 20 * params[0x1e8]++, start, len, type);
}

static void take(void)
{
	memset(&handoff, 0, sizeof(handoff));
	boot_params_take(params, &loader, &handoff);
}

static int setup(void **state)
{
	(void)state;
	memset(params, 0, sizeof(params));
	memset(memory, 0xaa, sizeof(memory));
	memcpy(params + 0x202, "HdrS", 4);
	params[0x210] = 0xff;
	add_entry(0, 0x9fc00, 1);
	add_entry(0x100000, 0x7f00000, 1);
	return 0;
}

static void assert_note(const char *text, bool options_lost)
{
	for (unsigned i = 0; i < handoff.note_count; i++)
		if (strcmp(handoff.note[i].text, text) == 0) {
			assert_int_equal(handoff.note[i].options_lost, options_lost);
			return;
		}
	fail_msg("no note: %s", text);
}

static void test_plain(void **state)
{
	(void)state;
	put(params + 0x070, 8, 0xe0000);
	put(params + 0x228, 4, BASE);
	strcpy((char *)memory, "list reads=3");
	take();
	assert_int_equal(handoff.note_count, 0);
	assert_int_equal(handoff.rsdp, 0xe0000);
	assert_string_equal(handoff.options[1], "list reads=3");
	assert_true(handoff.loader_adds_words);
	assert_int_equal(handoff.range_count, 2);
	assert_int_equal(handoff.range[1].start, 0x100000);
	assert_int_equal(handoff.range[1].len, 0x7f00000);
	assert_true(handoff.range[1].ram);
	assert_int_equal(handoff.screen.width, 0);
	/* Behind the image, which lies in it. */
	assert_int_equal(handoff.arena.start, 0x260000);
	assert_int_equal(handoff.arena.len, 0x8000000 - 0x260000);
}

static void test_qemu_adds_no_words(void **state)
{
	(void)state;
	params[0x210] = 0xb0;
	take();
	assert_false(handoff.loader_adds_words);
}

static void test_no_header(void **state)
{
	(void)state;
	params[0x202] = 'h';
	take();
	assert_note("boot_params has no setup header", true);
	assert_int_equal(handoff.range_count, 0);
}

static void test_command_line(void **state)
{
	(void)state;
	put(params + 0x228, 4, 5);
	take();
	assert_note("the command line is not in the first 4 GiB", true);
	put(params + 0x228, 4, BASE);
	put(params + 0x0c8, 4, 1);
	take();
	assert_note("the command line is not in the first 4 GiB", true);
	put(params + 0x0c8, 4, 0);
	take();
	assert_note("command line is longer than 2047 characters", true);
	assert_string_equal(handoff.options[1], "");
	memory[2047] = 0;
	take();
	assert_int_equal(handoff.note_count, 0);
	assert_int_equal(strlen(handoff.options[1]), 2047);
	/* The last byte there is ends it; and does not. */
	put(params + 0x228, 4, BASE + sizeof(memory) - 2);
	memory[sizeof(memory) - 1] = 0;
	take();
	assert_string_equal(handoff.options[1], "\xaa");
	memory[sizeof(memory) - 1] = 'x';
	take();
	assert_note("the command line is not in the first 4 GiB", true);
	assert_string_equal(handoff.options[1], "");
}

static void test_memory_map(void **state)
{
	(void)state;
	add_entry(0xfffffffffffff000, 0x2000, 1); /* wraps around */
	add_entry(0x9000000, 0, 1);               /* empty */
	add_entry(0x9000000, 0x1000, 5);          /* broken */
	add_entry(0xb0000000, 0x10000000, 2);
	take();
	assert_int_equal(handoff.note_count, 0);
	assert_int_equal(handoff.range_count, 4);
	assert_int_equal(handoff.range[2].start, 0x9000000);
	assert_true(handoff.range[2].unreadable);
	assert_int_equal(handoff.range[3].start, 0xb0000000);
	assert_false(handoff.range[3].ram || handoff.range[3].unreadable);
	params[0x1e8] = 129;
	assert_false(handoff.ranges_lost);
	take();
	assert_note("boot_params: more than 128 E820 entries; the rest is not read", false);
	assert_true(handoff.ranges_lost);
	params[0x1e8] = 0;
	take();
	assert_note("boot_params: no memory map", false);
	assert_int_equal(handoff.arena.len, 0);
}

/* struct setup_data at BASE + at. */
static uint8_t *node(unsigned at, uint64_t next, uint32_t type, uint32_t len)
{
	put(memory + at, 8, next);
	put(memory + at + 8, 4, type);
	put(memory + at + 12, 4, len);
	return memory + at + 16;
}

static void test_setup_data(void **state)
{
	(void)state;
	put(params + 0x250, 8, BASE);
	node(0, BASE + 0x40, 9, 32); /* random seed: nothing to us */
	put_entry(put_entry(node(0x40, 0, 1, 40), 0x100000000, 0x1000, 1), 0x110000000, 0x1000, 3);
	take();
	assert_int_equal(handoff.note_count, 0);
	assert_int_equal(handoff.range_count, 4);
	assert_int_equal(handoff.range[3].start, 0x110000000);
	assert_false(handoff.ranges_lost);
}

/* What cannot be read may have said what is RAM. */
static void assert_ranges_lost(const char *note)
{
	take();
	assert_note(note, false);
	assert_true(handoff.ranges_lost);
	assert_int_equal(handoff.range_count, 2);
}

static void test_setup_data_lost(void **state)
{
	(void)state;
	put(params + 0x250, 8, BASE);
	/* Data or a part beyond what can be read; one that is too long to be true. */
	node(0, 0, 1, sizeof(memory) - 15);
	assert_ranges_lost("boot_params: the memory map's extension cannot be read");
	node(0, 0, 1, UINT32_MAX);
	assert_ranges_lost("boot_params: the memory map's extension cannot be read");
	node(0, BASE + sizeof(memory) - 8, 9, 32);
	assert_ranges_lost("boot_params: setup_data is not in the first 4 GiB");
	put(params + 0x250, 8, UINT64_MAX);
	assert_ranges_lost("boot_params: setup_data is not in the first 4 GiB");
	/* A part that is its own next. */
	put(params + 0x250, 8, BASE);
	node(0, BASE, 9, 32);
	assert_ranges_lost("boot_params: setup_data has more than 64 parts; the rest is not read");
}

/* As many parts as are read lose nothing. */
static void test_setup_data_parts(void **state)
{
	(void)state;
	put(params + 0x250, 8, BASE);
	for (unsigned i = 0; i < 64; i++)
		node(i * 0x20, i < 63 ? BASE + (i + 1) * 0x20 : 0, 9, 16);
	take();
	assert_int_equal(handoff.note_count, 0);
	assert_false(handoff.ranges_lost);
	node(63 * 0x20, BASE + 64 * 0x20, 9, 16);
	node(64 * 0x20, 0, 9, 16);
	assert_ranges_lost("boot_params: setup_data has more than 64 parts; the rest is not read");
}

static void test_more_ranges_than_are_kept(void **state)
{
	uint8_t *at;

	(void)state;
	put(params + 0x250, 8, BASE);
	at = node(0, BASE, 1, 20 * 300);
	for (unsigned i = 0; i < 300; i++)
		at = put_entry(at, 0x100000000 + i * 0x2000, 0x1000, 1);
	take();
	assert_note("the memory map has more than 512 ranges: no device memory is mapped, for it "
		    "may be RAM",
		    false);
	assert_true(handoff.ranges_lost);
	assert_int_equal(handoff.range_count, HANDOFF_RANGES_MAX);
}

static const uint8_t acpi2[16] = {0x71, 0xe8, 0x68, 0x88, 0xf1, 0xe4, 0xd3, 0x11,
				  0xbc, 0x22, 0x00, 0x80, 0xc7, 0x3c, 0x88, 0x81};

static void test_rsdp_from_efi(void **state)
{
	(void)state;
	memcpy(params + 0x1c0, "EL64", 4);
	put(params + 0x1c4, 4, BASE);
	memcpy(memory, "IBI SYST", 8);
	put(memory + 104, 8, 2);
	put(memory + 112, 8, BASE + 0x100);
	memcpy(memory + 0x118, acpi2, 16);
	put(memory + 0x128, 8, 0x7f7e014);
	take();
	assert_int_equal(handoff.rsdp, 0x7f7e014);
	put(memory + 104, 8, 1);
	take();
	assert_int_equal(handoff.rsdp, 0);
	put(memory + 104, 8, UINT64_MAX);
	take();
	assert_int_equal(handoff.rsdp, 0);
	put(memory + 104, 8, 2);
	put(memory + 112, 8, BASE + sizeof(memory) - 47);
	take();
	assert_int_equal(handoff.rsdp, 0);
	put(params + 0x1d8, 4, 1);
	take();
	assert_int_equal(handoff.rsdp, 0);
}

static void test_screen(void **state)
{
	static const uint8_t bgr[8] = {8, 16, 8, 8, 8, 0, 8, 24};

	(void)state;
	params[0x00f] = 0x23;
	put(params + 0x012, 2, 1024);
	put(params + 0x014, 2, 768);
	put(params + 0x016, 2, 32);
	put(params + 0x018, 4, 0xfd000000);
	put(params + 0x024, 2, 4096);
	memcpy(params + 0x026, bgr, 8);
	take();
	assert_int_equal(handoff.screen.base, 0xfd000000);
	assert_int_equal(handoff.screen.width, 1024);
	assert_int_equal(handoff.screen.height, 768);
	assert_int_equal(handoff.screen.stride, 1024);
	put(params + 0x024, 2, 4092);
	take();
	assert_int_equal(handoff.screen.width, 0);
	put(params + 0x024, 2, 4096);
	put(params + 0x016, 2, 24);
	take();
	assert_int_equal(handoff.screen.width, 0);
	put(params + 0x016, 2, 32);
	params[0x00f] = 1;
	take();
	assert_int_equal(handoff.screen.width, 0);
	/* Over RAM it is none. */
	params[0x00f] = 0x70;
	put(params + 0x018, 4, 0x400000);
	take();
	assert_int_equal(handoff.screen.width, 0);
}

/* The arena is the largest piece within reach, on either side of the image, from 1 MiB on. */
static void test_arena(void **state)
{
	struct handoff h;

	(void)state;
	memset(&h, 0, sizeof(h));
	loader_take_range(&loader, &h, 0, IMAGE + 0x60000, LOADER_RAM);
	assert_int_equal(h.arena.start, 0x100000);
	assert_int_equal(h.arena.len, 0x100000);
	loader_take_range(&loader, &h, 0x100000000, 0x40000000, LOADER_RAM);
	assert_int_equal(h.arena.start, 0x100000);
	loader_take_range(&loader, &h, 0xfff00000, 0x40000000, 2);
	assert_int_equal(h.arena.start, 0x100000);
	loader_take_range(&loader, &h, 0xffe00000, 0x40000000, LOADER_RAM);
	assert_int_equal(h.arena.start, 0xffe00000);
	assert_int_equal(h.arena.len, 0x200000);
	loader_take_range(&loader, &h, 0x40000000, 0x40000000, LOADER_RAM);
	assert_int_equal(h.arena.start, 0x40000000);
	assert_int_equal(h.arena.len, 256u << 20);
}

/* barometer.cfg, which GRUB hands over as the initrd. */
static void take_config(uint64_t physical, uint64_t len)
{
	put(params + 0x218, 4, physical);
	put(params + 0x0c0, 4, physical >> 32);
	put(params + 0x21c, 4, len);
	put(params + 0x0c4, 4, len >> 32);
	take();
}

static void test_config(void **state)
{
	(void)state;
	memset(memory, 'x', sizeof(memory));
	memcpy(memory, "# list\nreads=3", 14);
	take_config(BASE, 14);
	assert_int_equal(handoff.note_count, 0);
	assert_string_equal(handoff.options[0], "# list\nreads=3");
	take_config(0, 0);
	assert_int_equal(handoff.note_count, 0);
	assert_string_equal(handoff.options[0], "");
	take_config(BASE, 2047);
	assert_int_equal(handoff.note_count, 0);
	assert_int_equal(strlen(handoff.options[0]), 2047);
	take_config(BASE, 2048);
	assert_note("barometer.cfg (the initrd) is longer than 2047 bytes", true);
	assert_string_equal(handoff.options[0], "");
	take_config(BASE, 14 | 1ull << 32);
	assert_note("barometer.cfg (the initrd) is longer than 2047 bytes", true);
	take_config(BASE + sizeof(memory) - 13, 14);
	assert_note("barometer.cfg (the initrd) is not in the first 4 GiB", true);
	take_config(BASE | 1ull << 32, 14);
	assert_note("barometer.cfg (the initrd) is not in the first 4 GiB", true);
	assert_string_equal(handoff.options[0], "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_plain, setup),
	    cmocka_unit_test_setup(test_qemu_adds_no_words, setup),
	    cmocka_unit_test_setup(test_no_header, setup),
	    cmocka_unit_test_setup(test_command_line, setup),
	    cmocka_unit_test_setup(test_config, setup),
	    cmocka_unit_test_setup(test_memory_map, setup),
	    cmocka_unit_test_setup(test_setup_data, setup),
	    cmocka_unit_test_setup(test_setup_data_lost, setup),
	    cmocka_unit_test_setup(test_setup_data_parts, setup),
	    cmocka_unit_test_setup(test_more_ranges_than_are_kept, setup),
	    cmocka_unit_test_setup(test_rsdp_from_efi, setup),
	    cmocka_unit_test_setup(test_screen, setup),
	    cmocka_unit_test_setup(test_arena, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
