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

/* A part of the definition block. */
struct scope {
	size_t start, end;
};

/*
 * A package length (20.2.4) at `at`: how many bytes it is of, itself included; false when cut off.
 */
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

/* A Device that encloses what is looked at; the whole block is the outermost. */
struct device {
	size_t end;
	bool has_base, has_segment, has_buses;
	struct aml_window window;
};

/* Real ones are fewer than ten deep. What is in a deeper one counts for the last that has room. */
#define DEPTH_MAX 32

struct pass {
	const uint8_t *aml;
	size_t len;
	struct device device[DEPTH_MAX];
	unsigned depth;
	struct aml_window *windows;
	unsigned max, count;
};

static void enter(struct pass *p, size_t end)
{
	p->device[p->depth++] = (struct device){.end = end, .window = {.last = 255}};
}

static void leave(struct pass *p)
{
	const struct device *device = &p->device[--p->depth];

	if (device->has_base && p->count++ < p->max)
		p->windows[p->count - 1] = device->window;
}

/*
 * Whether a Device begins at `at`, and where it ends. Bytes that only look like one are not told
 * from it, but for their length and name: that they hold a whole bridge would be an odd accident.
 */
static bool begins_device(const struct pass *p, size_t at, struct scope *inside)
{
	return at + 2 < p->len && p->aml[at] == EXT_OP && p->aml[at + 1] == DEVICE_OP &&
	       package(p->aml, p->len, at + 2, inside) && inside->start < inside->end &&
	       begins_name(p->aml[inside->start]);
}

static void take_base(struct pass *p, uint64_t base)
{
	struct device *device = &p->device[p->depth - 1];

	/*
	 * In no Device at all there is no telling whose a _CBA is: what follows, up to the next,
	 * is.
	 */
	if (p->depth == 1 && device->has_base) {
		leave(p);
		enter(p, p->len);
	}
	if (device->has_base)
		return;
	device->window.base = base;
	device->has_base = true;
}

/* WordBusNumber: tag, length 13, resource type 2 (bus numbers); minimum and maximum at 8 and 10. */
static bool is_bus_range(const struct pass *p, size_t at)
{
	static const uint8_t tag[] = {0x88, 0x0d, 0x00, 0x02};

	return p->len - at >= 16 && memcmp(p->aml + at, tag, sizeof(tag)) == 0;
}

static void look(struct pass *p, size_t at)
{
	struct device *device = &p->device[p->depth - 1];
	bool named = p->len - at >= 4, ours = p->depth > 1 || device->has_base;
	uint64_t value;

	if (named && memcmp(p->aml + at, "_CBA", 4) == 0 && object(p->aml, p->len, at, &value)) {
		take_base(p, value);
	} else if (named && ours && !device->has_segment && memcmp(p->aml + at, "_SEG", 4) == 0 &&
		   object(p->aml, p->len, at, &value)) {
		device->window.segment = (uint16_t)value;
		device->has_segment = true;
	} else if (ours && !device->has_buses && is_bus_range(p, at)) {
		device->window.first = mem_le16(p->aml + at + 8);
		device->window.last = mem_le16(p->aml + at + 10);
		device->has_buses = true;
	}
}

unsigned aml_windows(const uint8_t *aml, size_t len, struct aml_window *windows, unsigned max)
{
	struct pass pass = {.aml = aml, .len = len, .windows = windows, .max = max};
	struct scope inside;

	enter(&pass, len);
	for (size_t at = 0; at < len; at++) {
		while (pass.depth > 1 && at >= pass.device[pass.depth - 1].end)
			leave(&pass);
		if (pass.depth < DEPTH_MAX && begins_device(&pass, at, &inside))
			enter(&pass, inside.end);
		else
			look(&pass, at);
	}
	while (pass.depth)
		leave(&pass);
	return pass.count;
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

/*
 * The values for PM1a_CNT and PM1b_CNT at the start of the package (7.4.2); one alone is for both.
 */
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
