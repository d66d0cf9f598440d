/* Reading records of boots. */
#include "mem.h"
#include "record.h"

static const char magic[] = "barometer-record 1\n";

const char *const record_kind_names[RECORD_KINDS] = {
    [RECORD_ABSENT] = "absent", [RECORD_HOST] = "host",       [RECORD_PORT] = "port",
    [RECORD_BRIDGE] = "bridge", [RECORD_EXPRESS] = "express", [RECORD_ENDPOINT] = "endpoint",
};

/* A cursor; nothing is read at or after end. */
struct cursor {
	const char *at, *end;
};

static char peek(const struct cursor *c)
{
	return c->at < c->end ? *c->at : '\n';
}

static bool take(struct cursor *c, char wanted)
{
	if (c->at == c->end || *c->at != wanted)
		return false;
	c->at++;
	return true;
}

static bool take_text(struct cursor *c, const char *wanted)
{
	size_t len = strlen(wanted);

	if ((size_t)(c->end - c->at) < len || memcmp(c->at, wanted, len) != 0)
		return false;
	c->at += len;
	return true;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* least to most digits, as many as there are. */
static bool take_hex(struct cursor *c, unsigned least, unsigned most, uint32_t *value)
{
	unsigned n = 0;

	*value = 0;
	for (; n < most && hex_digit(peek(c)) >= 0; n++)
		*value = *value << 4 | (uint32_t)hex_digit(*c->at++);
	return n >= least;
}

/* "1f:05.3" */
static bool take_function(struct cursor *c, uint32_t *function)
{
	uint32_t bus, device, fn;

	if (!take_hex(c, 2, 2, &bus) || !take(c, ':') || !take_hex(c, 2, 2, &device) ||
	    !take(c, '.') || !take_hex(c, 1, 1, &fn) || device > 31 || fn > 7)
		return false;
	*function = bus << 8 | device << 3 | fn;
	return true;
}

static bool take_access(struct cursor *c, struct record_access *access)
{
	uint32_t reg, width = 4, value = 0;
	bool write = peek(c) == 'w';

	if (!take(c, 'w') && !take(c, 'r'))
		return false;
	if (!take_hex(c, 2, 3, &reg) || (take(c, '.') && !take_hex(c, 1, 1, &width)))
		return false;
	if ((width != 1 && width != 2 && width != 4) || reg % width)
		return false;
	if (write && (!take(c, '=') || !take_hex(c, 1, 8, &value)))
		return false;
	if ((width < 4 && value >> 8 * width) || (peek(c) != ' ' && peek(c) != '\n'))
		return false;
	*access = (struct record_access){
	    .reg = (uint16_t)reg, .width = (uint8_t)width, .write = write, .value = value};
	return true;
}

static void skip_line(struct cursor *c)
{
	while (peek(c) != '\n')
		c->at++;
	take(c, '\n');
}

void record_begin(struct record_walk *walk, const struct record *record)
{
	*walk =
	    (struct record_walk){.record = record, .at = record->body, .line = record->body_line};
}

static bool fail(struct record_walk *w, const char *fault)
{
	w->fault = fault;
	return false;
}

/* Enters the next line of accesses; false at the end, and when the line is none. */
static bool enter_line(struct record_walk *w, struct cursor *c)
{
	while (c->at < c->end && (peek(c) == '#' || peek(c) == '\n')) {
		skip_line(c);
		w->line++;
	}
	if (c->at == c->end)
		return false;
	if (!take_function(c, &w->function))
		return fail(w, "begins with no function, such as 00:1f.3");
	w->last = w->function;
	w->step = 1;
	if (take(c, '-') && (!take_function(c, &w->last) || !take(c, '/') ||
			     !take_hex(c, 1, 4, &w->step) || !w->step || w->last < w->function))
		return fail(w, "has a range that is none, such as 00:00.0-00:1f.0/8");
	if (peek(c) != ' ')
		return fail(w, "has no access");
	w->words = (size_t)(c->at - w->record->text);
	w->inside = true;
	return true;
}

bool record_next(struct record_walk *w, struct record_access *access)
{
	const struct record *r = w->record;
	struct cursor c = {r->text + w->at, r->text + r->len};
	bool more;

	for (;;) {
		if (w->inside && peek(&c) == '\n') {
			w->inside = w->last - w->function >= w->step;
			if (w->inside) {
				w->function += w->step;
				c.at = r->text + w->words;
			} else {
				take(&c, '\n');
				w->line++;
			}
		}
		if (w->inside || !enter_line(w, &c))
			break;
	}
	more = w->inside && !w->fault;
	if (more && !(take(&c, ' ') && take_access(&c, access)))
		more = fail(w, "has an access that is none, such as r00, r0e.1 or w04.2=103");
	if (more)
		access->function = (uint16_t)w->function;
	w->at = (size_t)(c.at - r->text);
	return more;
}

/* The kind whose name is the rest of the line, or RECORD_ABSENT: none. */
static unsigned take_kind(struct cursor *c)
{
	for (unsigned kind = RECORD_ABSENT + 1; kind < RECORD_KINDS; kind++) {
		struct cursor name = *c;

		if (take_text(&name, record_kind_names[kind]) && peek(&name) == '\n') {
			*c = name;
			take(c, '\n');
			return kind;
		}
	}
	return RECORD_ABSENT;
}

static const char *header_fault(struct record *r, struct cursor *c)
{
	uint32_t function;
	unsigned kind;

	if (!take_text(c, magic))
		return "is not 'barometer-record 1'";
	for (r->body_line = 2;; r->body_line++) {
		if (take_text(c, "function ")) {
			if (!take_function(c, &function) || !take(c, ' '))
				return "names no function, such as 00:1f.3";
			kind = take_kind(c);
			if (kind == RECORD_ABSENT)
				return "is of no kind that is known";
			if (r->kind[function] != RECORD_ABSENT)
				return "names a function that is named above";
			if (r->functions == RECORD_FUNCTIONS_MAX)
				return "goes beyond 1024 functions";
			r->kind[function] = (uint8_t)kind;
			r->functions++;
		} else if (peek(c) == '#') {
			skip_line(c);
		} else {
			r->body = (size_t)(c->at - r->text);
			return NULL;
		}
	}
}

bool record_check(struct record *r, const char *text, size_t len, uint8_t *kind,
		  const struct diag *diag)
{
	struct cursor c = {text, text + len};
	struct record_access access;
	struct record_walk walk;
	const char *fault;

	memset(kind, RECORD_ABSENT, RECORD_ADDRESSES);
	*r = (struct record){.text = text, .len = len, .kind = kind, .body_line = 1};
	fault = header_fault(r, &c);
	if (fault) {
		diag_say(diag, "record: line %u %s", r->body_line, fault);
		return false;
	}
	record_begin(&walk, r);
	while (record_next(&walk, &access))
		if (++r->accesses > RECORD_ACCESSES_MAX) {
			diag_say(diag, "record: line %u goes beyond %u accesses", walk.line,
				 RECORD_ACCESSES_MAX);
			return false;
		}
	if (walk.fault)
		diag_say(diag, "record: line %u %s", walk.line, walk.fault);
	else if (!r->accesses)
		diag_say(diag, "record: %zu bytes without an access", len);
	return !walk.fault && r->accesses;
}
