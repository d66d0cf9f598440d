/*
 * A whole run, enumeration, sizing by every strategy, capabilities and all rules, over a
 * configuration space made of the fuzzer's bytes: functions anywhere, bridges that lead anywhere,
 * masks and registers that make no sense, and, in one mode, registers that read differently each
 * time.
 */
#include <string.h>
#include "caps.h"
#include "fuzz.h"
#include "io.h"
#include "runner.h"
#include "session.h"
#include "test.h"

#define BUSES         4
#define FUNCTIONS_MAX 4
#define SPACE         4096
#define ARENA_SIZE    (4u << 20)
/* No machine of so few functions takes more: a loop that does not end in time is a finding. */
#define ACCESSES_MAX  600000

#define NO_PORTS      1u
#define NO_ECAM       2u
#define RESTLESS      4u /* one read in four gives something else */
#define SWEEP         8u /* root buses are not known */

static struct machine {
	unsigned flags;
	uint8_t index[BUSES][256]; /* of function + 1 */
	unsigned functions;
	uint8_t value[FUNCTIONS_MAX][SPACE], writable[FUNCTIONS_MAX][SPACE];
	bool extended[FUNCTIONS_MAX];
	uint32_t cf8;
	uint64_t noise;
	unsigned accesses;
} m;

/* Never touched: only their addresses are used. ECAM, and memory of devices. */
static uint8_t window[BUSES << 20], memory[1 << 20];

static uint32_t noise(void)
{
	m.noise = m.noise * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(m.noise >> 20);
}

static uint32_t access(bool write, unsigned bus, unsigned devfn, unsigned reg, unsigned width,
		       uint32_t value)
{
	unsigned fn = bus < BUSES ? m.index[bus][devfn] : 0;
	uint32_t got = 0;

	FUZZ_CHECK(++m.accesses < ACCESSES_MAX);
	if (!fn-- || (reg >= 256 && !m.extended[fn]))
		return cfg_ones(width);
	for (unsigned i = 0; i < width && reg + i < SPACE; i++) {
		uint8_t *byte = &m.value[fn][reg + i], mask = m.writable[fn][reg + i];

		if (write)
			*byte = (uint8_t)((*byte & ~mask) | (value >> 8 * i & mask));
		got |= (uint32_t)*byte << 8 * i;
	}
	if (m.flags & RESTLESS) {
		uint32_t other = noise();

		if (m.noise >> 62 == 0)
			got ^= other & cfg_ones(width);
	}
	return got;
}

static uint32_t data_port(bool write, uint16_t port, unsigned width, uint32_t value)
{
	if (!(m.cf8 >> 31))
		return cfg_ones(width);
	return access(write, m.cf8 >> 16 & 0xff, m.cf8 >> 8 & 0xff, (m.cf8 & 0xfc) | (port & 3u),
		      width, value);
}

uint32_t sim_port_in(uint16_t port, unsigned width)
{
	if (m.flags & NO_PORTS)
		return cfg_ones(width);
	if (port == 0xcf8 && width == 4)
		return m.cf8;
	return port >= 0xcfc && port <= 0xcff ? data_port(false, port, width, 0) : cfg_ones(width);
}

void sim_port_out(uint16_t port, unsigned width, uint32_t value)
{
	/* The reset register of PC chipsets. */
	FUZZ_CHECK(port != 0xcf9);
	if (port == 0xcf8 && width == 4)
		m.cf8 = value;
	else if (port >= 0xcfc && port <= 0xcff && !(m.flags & NO_PORTS))
		data_port(true, port, width, value);
}

static uint32_t mmio(bool write, const volatile void *address, unsigned width, uint32_t value)
{
	uintptr_t offset = (uintptr_t)address - (uintptr_t)window;

	/* Devices' memory says anything. */
	if ((uintptr_t)address - (uintptr_t)memory < sizeof(memory)) {
		FUZZ_CHECK(++m.accesses < ACCESSES_MAX);
		return noise() & cfg_ones(width);
	}
	FUZZ_CHECK(offset < sizeof(window));
	return access(write, (unsigned)(offset >> 20), offset >> 12 & 0xff, offset & 0xfff, width,
		      value);
}

uint32_t sim_mmio_read(const volatile void *address, unsigned width)
{
	return mmio(false, address, width, 0);
}

void sim_mmio_write(volatile void *address, unsigned width, uint32_t value)
{
	mmio(true, address, width, value);
}

static volatile uint8_t *map(void *context, uint64_t physical, uint64_t len)
{
	(void)context;
	(void)physical;
	FUZZ_CHECK(len);
	return len == sizeof(window) ? window : len <= sizeof(memory) ? memory : NULL;
}

static bool is_ram(void *context, uint64_t physical, uint64_t len)
{
	(void)context;
	(void)physical;
	(void)len;
	return false;
}

static volatile uint8_t *no_map(void *page)
{
	(void)page;
	return NULL;
}

/* A function: where, then its header, then bytes strewn over the rest. */
static void add_function(struct fuzz_input *in)
{
	unsigned bus = fuzz_byte(in) % BUSES, devfn = fuzz_byte(in), fn = m.functions,
		 mode = fuzz_byte(in);

	if (m.index[bus][devfn])
		return;
	m.functions++;
	m.index[bus][devfn] = (uint8_t)(fn + 1);
	m.extended[fn] = mode & 1;
	memset(m.value[fn], 0, mode & 1 ? SPACE : 256);
	memset(m.writable[fn], 0, mode & 1 ? SPACE : 256);
	for (unsigned reg = 0; reg < 0x40; reg++)
		m.value[fn][reg] = fuzz_byte(in);
	/* Writable bits of COMMAND, and of BARs from the size up; or anything at all. */
	m.writable[fn][4] = 0x07;
	for (unsigned reg = 0x10; reg < 0x40; reg++)
		m.writable[fn][reg] = mode & 2 ? fuzz_byte(in) : reg % 4 < 2 ? 0 : 0xff;
	for (unsigned i = 0; i < (mode >> 2 & 31u); i++) {
		unsigned reg = 0x40 + fuzz_number(in, 2) % ((mode & 1 ? SPACE : 256u) - 0x40);

		m.value[fn][reg] = fuzz_byte(in);
		m.writable[fn][reg] = mode & 0x80 ? fuzz_byte(in) : 0;
	}
}

static void build(struct fuzz_input *in)
{
	unsigned count;

	m.flags = fuzz_byte(in);
	memset(m.index, 0, sizeof(m.index));
	m.functions = m.accesses = 0;
	m.cf8 = 0;
	m.noise = m.flags;
	count = fuzz_byte(in) % (FUNCTIONS_MAX + 1);
	for (unsigned i = 0; i < count; i++)
		add_function(in);
	/* Sweeping all that ports reach takes most of the time and finds nothing new. */
	if (!(m.flags & NO_PORTS))
		m.flags &= ~SWEEP;
}

/* What is printed has been formatted, and thereby checked. */
static void put(void *context, const char *text, size_t len)
{
	(void)context;
	(void)text;
	(void)len;
}

static void size_all(struct session *s)
{
	for (unsigned i = 0; s->inventory.known && i < s->inventory.count; i++) {
		const struct pci_function *fn = &s->inventory.known[i].fn;
		struct cfg *cfg = discovery_best_path(s, fn->at);
		struct caps_resource list[CAPS_RESOURCES_MAX];
		struct bar_registers raw;
		struct bar_set set;

		for (unsigned j = 0; j < SIZING_STRATEGIES; j++) {
			sizing_run(cfg, &sizing_strategies[j], fn, &raw);
			bar_decode(fn, &raw, &set, &fuzz_diag);
			FUZZ_CHECK(set.count <= BAR_COUNT);
		}
		FUZZ_CHECK(caps_resources(cfg, fn, list, &fuzz_diag) <= CAPS_RESOURCES_MAX);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t arena_bytes[ARENA_SIZE];
	static struct acpi acpi;
	static struct options options;
	static struct session session;
	struct fuzz_input in = {data, size};
	struct arena arena = {arena_bytes, ARENA_SIZE, 0};
	struct report report = {.put = put};
	struct cfg_counts counts = {0};
	struct pci_root root = {0, 0, BUSES - 1};
	struct platform platform = {.boot = "fuzz",
				    .cpl_reason = "",
				    .tsc_source = "none",
				    .lfence = "unconfirmed",
				    .console = "none",
				    .acpi = &acpi,
				    .map_device = map,
				    .is_ram = is_ram,
				    .is_listed = is_ram,
				    .map_uncached = no_map,
				    .vcpus = 1,
				    .vcpus_reason = "one is enough for this"};

	build(&in);
	acpi = (struct acpi){.found = true};
	if (!(m.flags & NO_ECAM)) {
		acpi.mcfg_found = true;
		acpi.mcfg[acpi.mcfg_count++] =
		    (struct acpi_mcfg_entry){0xb0000000, 0, 0, BUSES - 1};
	}
	if (!(m.flags & SWEEP))
		platform.roots = (struct pci_roots){.root = &root, .count = 1, .capacity = 1};
	options_defaults(&options);
	memcpy(options.tests, "rule.*", 7);
	session = (struct session){.platform = &platform,
				   .options = &options,
				   .report = &report,
				   .arena = &arena,
				   .counts = &counts};
	runner_run(&session, 0);
	FUZZ_CHECK(report.number == (unsigned)(tests_end - tests_start));
	FUZZ_CHECK(report.errors == 0);
	size_all(&session);
	return 0;
}
