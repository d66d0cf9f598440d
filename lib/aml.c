/* _CBA and _S5 in their constant forms. */
#include "aml.h"
#include "mem.h"

#define NAME_OP    0x08
#define PACKAGE_OP 0x12
#define METHOD_OP  0x14
#define RETURN_OP  0xa4
#define EXT_OP     0x5b
#define DEVICE_OP  0x82

/* An integer constant (ACPI 6.4, 20.2.3) at `at`; false when there is none. */
static bool constant(const uint8_t *aml, size_t len, size_t at, uint64_t *value)
{
	size_t left = at < len ? len - at : 0;

	if (left >= 1 && aml[at] <= 1)
		*value = aml[at];
	else if (left >= 2 && aml[at] == 0x0a)
		*value = aml[at + 1];
	else if (left >= 3 && aml[at] == 0x0b)
		*value = mem_le16(aml + at + 1);
	else if (left >= 5 && aml[at] == 0x0c)
		*value = mem_le32(aml + at + 1);
	else if (left >= 9 && aml[at] == 0x0e)
		*value = mem_le64(aml + at + 1);
	else
		return false;
	return true;
}

/*
 * What the object whose four-character name stands at `at` evaluates to, when that is a constant.
 */
static bool object(const uint8_t *aml, size_t len, size_t at, uint64_t *value)
{
	if (at >= 1 && aml[at - 1] == NAME_OP)
		return constant(aml, len, at + 4, value);
	/* Method: its package length, one byte for one this short, stands between the opcode and
	 * the name; then flags and Return. */
	if (at >= 2 && aml[at - 2] == METHOD_OP && at + 5 < len && aml[at + 5] == RETURN_OP)
		return constant(aml, len, at + 6, value);
	return false;
}

static bool find_object(const uint8_t *aml, size_t len, size_t *at, const char *name,
			uint64_t *value)
{
	for (; *at + 4 <= len; (*at)++)
		if (memcmp(aml + *at, name, 4) == 0 && object(aml, len, *at, value)) {
			*at += 4;
			return true;
		}
	return false;
}

/* A part of the definition block. */
struct scope {
	size_t start, end;
};

/* A package length (20.2.4) at `at`: how many bytes it is of, itself included; false when cut off. */
static bool package(const uint8_t *aml, size_t len, size_t at, struct scope *inside)
{
	size_t more, size;

	if (at >= len)
		return false;
	more = aml[at] >> 6;
	size = more ? aml[at] & 0xf : aml[at] & 0x3f;
	if (more > 3 || more >= len - at)
		return false;
	for (size_t i = 1; i <= more; i++)
		size |= (size_t)aml[at + i] << (8 * i - 4);
	*inside = (struct scope){at + 1 + more, at + size};
	return size > more && size <= len - at;
}

/* The first character of a name string (20.2.2): a segment's, a prefix, or a root's. */
static bool begins_name(uint8_t c)
{
	return (c >= 'A' && c <= 'Z') || c == '_' || c == '\\' || c == '^' || c == 0x2e ||
	       c == 0x2f;
}

/*
 * The innermost Device that a byte lies in; without any, the whole block. Bytes that only look like a
 * Device are not told from one, but for their length and name: that they hold a whole bridge would be
 * an odd accident.
 */
static struct scope device_of(const uint8_t *aml, size_t len, size_t byte)
{
	struct scope device = {0, len};

	for (size_t at = 0; at + 3 < byte; at++) {
		struct scope inside;

		if (aml[at] == EXT_OP && aml[at + 1] == DEVICE_OP &&
		    package(aml, len, at + 2, &inside) && inside.start < inside.end &&
		    inside.end > byte && begins_name(aml[inside.start]))
			device = inside;
	}
	return device;
}

/* Directly in the device, not in one that is in it. */
static bool belongs(const uint8_t *aml, size_t len, struct scope device, size_t byte)
{
	return device_of(aml, len, byte).start == device.start;
}

static void find_segment(const uint8_t *aml, size_t len, struct scope device, size_t at,
			 struct aml_window *window)
{
	uint64_t segment;

	while (find_object(aml, device.end, &at, "_SEG", &segment)) {
		if (!belongs(aml, len, device, at - 4))
			continue;
		window->segment = (uint16_t)segment;
		return;
	}
}

static void find_buses(const uint8_t *aml, size_t len, struct scope device, size_t at,
		       struct aml_window *window)
{
	/* WordBusNumber: tag, length 13, resource type 2 (bus numbers); minimum and maximum at 8 and
	 * 10. */
	static const uint8_t bus_range[] = {0x88, 0x0d, 0x00, 0x02};

	for (; at + 16 <= device.end; at++) {
		if (memcmp(aml + at, bus_range, sizeof(bus_range)) != 0 ||
		    !belongs(aml, len, device, at))
			continue;
		window->first = mem_le16(aml + at + 8);
		window->last = mem_le16(aml + at + 10);
		return;
	}
}

bool aml_next_window(const uint8_t *aml, size_t len, size_t *at, struct aml_window *window)
{
	struct scope device;
	uint64_t base;
	size_t from;

	if (!find_object(aml, len, at, "_CBA", &base))
		return false;
	*window = (struct aml_window){.base = base, .last = 255};
	device = device_of(aml, len, *at - 4);
	/* In no Device at all there is no telling whose it is: what follows is taken. */
	from = device.start ? device.start : *at;
	find_segment(aml, len, device, from, window);
	find_buses(aml, len, device, from, window);
	return true;
}

/* How many bytes the constant at `at` is of; constant() has said that it is one. */
static size_t constant_len(const uint8_t *aml, size_t at)
{
	switch (aml[at]) {
	case 0x0a:
		return 2;
	case 0x0b:
		return 3;
	case 0x0c:
		return 5;
	case 0x0e:
		return 9;
	default:
		return 1;
	}
}

/* The values for PM1a_CNT and PM1b_CNT at the start of the package (7.4.2); one alone is for both. */
static bool sleep_package(const uint8_t *aml, size_t len, size_t at, uint8_t type[2])
{
	struct scope inside;
	uint64_t value;

	if (at >= len || aml[at] != PACKAGE_OP || !package(aml, len, at + 1, &inside) ||
	    inside.start >= inside.end || aml[inside.start] == 0 ||
	    !constant(aml, inside.end, inside.start + 1, &value))
		return false;
	type[0] = type[1] = (uint8_t)value;
	at = inside.start + 1;
	at += constant_len(aml, at);
	if (aml[inside.start] >= 2 && constant(aml, inside.end, at, &value))
		type[1] = (uint8_t)value;
	return true;
}

bool aml_soft_off(const uint8_t *aml, size_t len, uint8_t type[2])
{
	for (size_t at = 1; at + 4 <= len; at++) {
		bool named = aml[at - 1] == NAME_OP ||
			     (at >= 2 && aml[at - 1] == '\\' && aml[at - 2] == NAME_OP);

		if (named && memcmp(aml + at, "_S5_", 4) == 0 &&
		    sleep_package(aml, len, at + 4, type))
			return true;
	}
	return false;
}
