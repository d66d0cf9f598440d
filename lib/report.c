/* KTAP and JSON. */
#include "report.h"
#include "mem.h"
#include "text.h"

static void put(struct report *r, const char *text)
{
	r->put(r->context, text, strlen(text));
}

__attribute__((format(printf, 2, 3))) static void putf(struct report *r, const char *format, ...)
{
	char line[256];
	va_list args;

	va_start(args, format);
	text_vformat(line, sizeof(line), format, args);
	va_end(args);
	put(r, line);
}

void report_version(struct report *r)
{
	put(r, "KTAP version 1\n");
}

void report_plan(struct report *r, unsigned tests)
{
	putf(r, "1..%u\n", tests);
	r->planned = true;
}

void report_note(struct report *r, const char *format, ...)
{
	char line[241];
	va_list args;

	va_start(args, format);
	text_vformat(line, sizeof(line), format, args);
	va_end(args);
	put(r, "# ");
	put(r, line);
	put(r, "\n");
}

void report_result(struct report *r, const char *name, enum report_outcome outcome,
		   const char *reason)
{
	static const char *const label[] = {
	    [REPORT_SKIP] = "SKIP", [REPORT_XFAIL] = "XFAIL", [REPORT_ERROR] = "ERROR"};
	bool ok = outcome == REPORT_PASS || outcome == REPORT_SKIP;

	if (outcome == REPORT_NONE) {
		outcome = REPORT_ERROR;
		reason = "the test ended without a result";
	}
	r->passed += outcome == REPORT_PASS;
	r->failed += outcome == REPORT_FAIL;
	r->errors += outcome == REPORT_ERROR;
	r->skipped += outcome == REPORT_SKIP;
	r->xfailed += outcome == REPORT_XFAIL;
	putf(r, "%sok %u %s", ok ? "" : "not ", ++r->number, name);
	if (label[outcome])
		putf(r, " # %s %s", label[outcome], reason);
	put(r, "\n");
}

static void escaped(struct report *r, const char *text)
{
	put(r, "\"");
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			putf(r, "\\%c", c);
		else if (c < ' ' || c > '~')
			putf(r, "\\u%04x", c);
		else
			putf(r, "%c", c);
	}
	put(r, "\"");
}

static void member(struct report *r, const char *key)
{
	if (r->member)
		put(r, ",");
	r->member = true;
	if (key)
		putf(r, "\"%s\":", key);
}

void report_open(struct report *r, const char *kind)
{
	put(r, "{");
	r->open = true;
	r->member = false;
	report_string(r, "kind", kind);
}

void report_string(struct report *r, const char *key, const char *value)
{
	member(r, key);
	escaped(r, value);
}

void report_number(struct report *r, const char *key, uint64_t value)
{
	member(r, key);
	putf(r, "%llu", (unsigned long long)value);
}

void report_hex(struct report *r, const char *key, uint64_t value, unsigned digits)
{
	member(r, key);
	putf(r, "\"0x%0*llx\"", (int)digits, (unsigned long long)value);
}

void report_bool(struct report *r, const char *key, bool value)
{
	member(r, key);
	put(r, value ? "true" : "false");
}

void report_array(struct report *r, const char *key)
{
	member(r, key);
	put(r, "[");
	r->member = false;
}

void report_array_end(struct report *r)
{
	put(r, "]");
	r->member = true;
}

void report_object(struct report *r, const char *key)
{
	member(r, key);
	put(r, "{");
	r->member = false;
}

void report_object_end(struct report *r)
{
	put(r, "}");
	r->member = true;
}

void report_close(struct report *r)
{
	put(r, "}\n");
	r->open = r->member = false;
}

const char *report_status(const struct report *r)
{
	if (r->errors)
		return "error";
	if (r->failed)
		return "fail";
	return (r->passed || r->xfailed) && !r->unreached ? "pass" : "skip";
}

void report_done(struct report *r, const struct cfg_counts *c)
{
	report_open(r, "done");
	report_string(r, "status", report_status(r));
	report_number(r, "passed", r->passed);
	report_number(r, "failed", r->failed);
	report_number(r, "errors", r->errors);
	report_number(r, "skipped", r->skipped);
	report_number(r, "xfailed", r->xfailed);
	report_object(r, "accesses");
	report_number(r, "cf8_read", c->cf8_read);
	report_number(r, "cf8_write", c->cf8_write);
	report_number(r, "cfc_read", c->cfc_read);
	report_number(r, "cfc_write", c->cfc_write);
	report_number(r, "ecam_read", c->ecam_read);
	report_number(r, "ecam_write", c->ecam_write);
	report_number(r, "calls", c->calls);
	report_object_end(r);
	report_close(r);
}
