#include "scenario/expect.h"

#include "kube/quantity.h"
#include "scenario/expect_quantity.h"

#include <math.h>
#include <string.h>

/* The line, and how far it has been read. */
struct cursor {
	const char *at;
	const struct doc *line;
	GError **error;
};

static bool refuse(const struct cursor *c, const char *format, ...) G_GNUC_PRINTF(2, 3);

static bool refuse(const struct cursor *c, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	g_autofree char *message = g_strdup_vprintf(format, arguments);

	va_end(arguments);
	doc_error_at(c->error, c->line, "%s", message);
	return false;
}

static void skip_blanks(struct cursor *c)
{
	c->at += strspn(c->at, " \t");
}

/* The word at the cursor: up to a blank or one of @stops; to be freed. */
static char *take_word(struct cursor *c, const char *stops)
{
	skip_blanks(c);
	size_t length = strcspn(c->at, stops);
	char *word = g_strndup(c->at, length);

	c->at += length;
	return word;
}

/* Whether @text comes next, as a whole word; it is taken then. */
static bool take(struct cursor *c, const char *text)
{
	size_t length = strlen(text);

	skip_blanks(c);
	if (strncmp(c->at, text, length) != 0 ||
	    (g_ascii_isalnum(text[length - 1]) &&
	     (g_ascii_isalnum(c->at[length]) || c->at[length] == '.'))) {
		return false;
	}
	c->at += length;
	return true;
}

static bool take_instant(struct cursor *c, const char *after, sim_time *value)
{
	g_autofree char *word = take_word(c, " \t");

	if (!duration_parse(word, value)) {
		return refuse(c, "after `%s` comes an instant such as 90s or 1m30s, not '%s'",
		              after, word);
	}
	return true;
}

/* --- terms --- */

void expect_term_clear(struct expect_term *term)
{
	g_clear_pointer(&term->name, g_free);
	g_clear_pointer(&term->object, g_free);
	g_clear_pointer(&term->keys, g_strfreev);
	g_clear_pointer(&term->values, g_strfreev);
	g_clear_pointer(&term->scenario, g_free);
}

void expectation_clear(struct expectation *e)
{
	expect_term_clear(&e->left);
	expect_term_clear(&e->right);
	g_free(e->line);
	g_free(e->text);
	memset(e, 0, sizeof(*e));
}

static bool check_object(const struct cursor *c, const struct expect_quantity *quantity,
                         const struct expect_term *term)
{
	g_autofree char *words = expect_object_words(quantity->of);

	if (!term->object) {
		return refuse(c, "`%s` needs an object: %s(%s)", term->name, term->name, words);
	}
	if (!(expect_object_class(term->object) & quantity->of)) {
		return refuse(c, "`%s` is of %s, not of '%s'", term->name, words, term->object);
	}
	return true;
}

/* Words that a key may have; a misspelt one would count nothing and pass. */
static bool check_value(const struct cursor *c, const char *key, const char *value,
                        const char *name)
{
	static const struct {
		const char *quantity, *key;
		const char *words[10];
	} known[] = {
	    {"probes", "type", {"startup", "readiness", "liveness", NULL}},
	    {"probes", "result", {"success", "failure", "error", NULL}},
	    {"events", "type", {"Normal", "Warning", NULL}},
	    {NULL,
	     "cause",
	     {"4xx", "5xx", "refused", "reset", "timeout", "connect-timeout", "no-endpoint", NULL}},
	};
	char *end;

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		if (g_str_equal(known[i].key, key) &&
		    (!known[i].quantity || g_str_equal(known[i].quantity, name)) &&
		    !g_strv_contains(known[i].words, value)) {
			g_autofree char *words = g_strjoinv(", ", (GStrv)known[i].words);

			return refuse(c, "`%s` of `%s` is one of %s, not '%s'", key, name, words,
			              value);
		}
	}
	if (g_str_equal(key, "revision") &&
	    (g_ascii_strtoull(value, &end, 10) == 0 || *end || !g_ascii_isdigit(*value))) {
		return refuse(c, "`revision` is a whole number from 1, not '%s'", value);
	}
	return true;
}

static bool check_arguments(const struct cursor *c, const struct expect_quantity *quantity,
                            const struct expect_term *term)
{
	for (unsigned i = 0; term->keys && term->keys[i]; i++) {
		const char *key = term->keys[i];

		if (!g_strv_contains(quantity->keys, key)) {
			const char *nearest = doc_nearest(key, quantity->keys);

			return refuse(c, "`%s` takes no `%s`%s%s%s", term->name, key,
			              nearest ? "; did you mean `" : "", nearest ? nearest : "",
			              nearest ? "`?" : "");
		}
		if (g_str_equal(key, "cause") && expect_object_class(term->object) != OF_LOAD) {
			return refuse(c, "`cause` goes with a load only, not with '%s'",
			              term->object);
		}
		if (!check_value(c, key, term->values[i], term->name)) {
			return false;
		}
	}
	if (g_str_equal(quantity->name, "condition") &&
	    !(term->keys && g_strv_contains((const char *const *)term->keys, "type"))) {
		return refuse(c,
		              "`condition` needs `type`: condition(hpa/web, type=ScalingLimited)");
	}
	return true;
}

/* "(OBJECT, key=value ...)" into @term. */
static bool take_arguments(struct cursor *c, struct expect_term *term)
{
	g_autoptr(GStrvBuilder) keys = g_strv_builder_new();
	g_autoptr(GStrvBuilder) values = g_strv_builder_new();

	if (!take(c, "(")) {
		return true;
	}
	for (bool first = true; !take(c, ")"); first = false) {
		if (!first && !take(c, ",")) {
			return refuse(c, "the parenthesis after `%s` is not closed", term->name);
		}
		g_autofree char *word = take_word(c, ",)=");

		g_strstrip(word);
		if (*c->at == '=' && *word) {
			c->at++;
			g_autofree char *value = take_word(c, ",)");

			g_strv_builder_add(keys, word);
			g_strv_builder_add(values, g_strstrip(value));
		} else if (*word && first) {
			term->object = g_steal_pointer(&word);
		} else {
			return refuse(c, "expected OBJECT, key=value ... after `%s(`", term->name);
		}
	}
	term->keys = g_strv_builder_end(keys);
	term->values = g_strv_builder_end(values);
	return true;
}

/* NAME(OBJECT, key=value ...) [of FILE] */
static bool take_term(struct cursor *c, struct expect_term *term,
                      const struct expect_quantity **quantity)
{
	term->name = take_word(c, " \t(<>=!");
	*quantity = expect_quantity_find(term->name);
	if (!*quantity) {
		g_autofree const char **names = expect_quantity_names();
		const char *nearest = doc_nearest(term->name, names);

		return refuse(c, "there is no quantity `%s`%s%s%s", term->name,
		              nearest ? "; did you mean `" : "", nearest ? nearest : "",
		              nearest ? "`?" : "");
	}
	if (!take_arguments(c, term) || !check_object(c, *quantity, term) ||
	    !check_arguments(c, *quantity, term)) {
		return false;
	}
	if (take(c, "of")) {
		term->scenario = take_word(c, " \t");
		if (!*term->scenario) {
			return refuse(c, "after `of` comes the file of another scenario");
		}
	}
	return true;
}

/* --- values --- */

/* "25%" as 0.25. */
static bool parse_percent(const char *text, double *value)
{
	char *end;

	*value = g_ascii_strtod(text, &end) / 100;
	return end != text && g_str_equal(end, "%") && isfinite(*value);
}

static bool parse_plain(const char *text, double *value)
{
	char *end;

	*value = g_ascii_strtod(text, &end);
	return end != text && !*end && isfinite(*value);
}

static bool parse_value(const struct cursor *c, const struct expect_quantity *quantity,
                        const char *text, double *value)
{
	int64_t whole;

	switch (quantity->unit) {
	case EXPECT_SECONDS:
		if (duration_parse(text, &whole)) {
			*value = (double)whole / 1e9;
			return true;
		}
		if (g_str_has_prefix(quantity->name, "replicaSeconds") &&
		    parse_plain(text, value)) {
			return true;
		}
		return refuse(c, "`%s` is a length of time such as 350ms, not '%s'", quantity->name,
		              text);
	case EXPECT_CORES: /* a percentage is one of a core, as monitoring shows it */
		if (parse_percent(text, value)) {
			return true;
		}
		if (quantity_parse(text, &whole, NULL)) {
			*value = (double)whole / 1e3;
			return true;
		}
		return refuse(
		    c, "`%s` is a quantity such as 250m, or a percentage of a core, not '%s'",
		    quantity->name, text);
	case EXPECT_BYTES:
		if (quantity_parse(text, &whole, NULL)) {
			*value = (double)whole / 1e3;
			return true;
		}
		return refuse(c, "`%s` is a quantity such as 700Mi, not '%s'", quantity->name,
		              text);
	case EXPECT_PERCENT:
		if (parse_percent(text, value) || (parse_plain(text, value) && *value == 0)) {
			return true;
		}
		return refuse(c, "`%s` is a percentage such as 5%%, not '%s'", quantity->name,
		              text);
	default:
		if (g_str_equal(quantity->name, "rps") && g_str_has_suffix(text, "/s")) {
			g_autofree char *number = g_strndup(text, strlen(text) - 2);

			return parse_plain(number, value) ||
			       refuse(c, "`rps` is a number such as 80 or 80/s, not '%s'", text);
		}
		return parse_plain(text, value) ||
		       refuse(c, "`%s` is a number, not '%s'", quantity->name, text);
	}
}

/* "in LOW..HIGH" */
static bool take_range(struct cursor *c, struct expectation *e,
                       const struct expect_quantity *quantity)
{
	g_autofree char *word = take_word(c, " \t");
	char *dots = strstr(word, "..");

	if (!dots) {
		return refuse(c, "after `in` comes a range such as 420ms..650ms, not '%s'", word);
	}
	*dots = '\0';
	if (!parse_value(c, quantity, word, &e->low) ||
	    !parse_value(c, quantity, dots + 2, &e->high)) {
		return false;
	}
	if (e->low > e->high) {
		return refuse(c, "the range %s..%s is empty", word, dots + 2);
	}
	return true;
}

/* Another quantity, with a factor before it: `70% of latency.p95(locust) of other.yaml`, `2 *
 * ready(deployment/web)`. True when there is none as well: *@found tells. */
static bool take_other(struct cursor *c, struct expectation *e,
                       const struct expect_quantity *quantity, bool *found)
{
	struct cursor ahead = *c;
	const struct expect_quantity *other;
	g_autofree char *word = take_word(&ahead, " \t(");
	double factor;

	*found = false;
	if ((parse_percent(word, &factor) && take(&ahead, "of")) ||
	    (parse_plain(word, &factor) && take(&ahead, "*"))) {
		e->factor = factor;
		c->at = ahead.at;
	} else if (*ahead.at != '(') {
		return true;
	}
	*found = e->has_right = true;
	if (!take_term(c, &e->right, &other)) {
		return false;
	}
	if (other->unit != quantity->unit) {
		return refuse(c, "`%s` and `%s` have different units", quantity->name, other->name);
	}
	return true;
}

static bool take_comparison(struct cursor *c, struct expectation *e)
{
	static const struct {
		const char *text;
		enum expect_comparison comparison;
	} signs[] = {{"==", EXPECT_EQ}, {"!=", EXPECT_NE}, {"<=", EXPECT_LE}, {">=", EXPECT_GE},
	             {"<", EXPECT_LT},  {">", EXPECT_GT},  {"in", EXPECT_IN}};

	for (size_t i = 0; i < G_N_ELEMENTS(signs); i++) {
		if (take(c, signs[i].text)) {
			e->comparison = signs[i].comparison;
			return true;
		}
	}
	g_autofree char *word = take_word(c, " \t");

	return refuse(c, "expected ==, !=, <, <=, >, >= or in after `%s`, not '%s'", e->left.name,
	              word);
}

static bool take_text(struct cursor *c, struct expectation *e)
{
	static const char *const statuses[] = {"True", "False", "Unknown", NULL};

	e->text = take_word(c, " \t");
	if (e->comparison != EXPECT_EQ && e->comparison != EXPECT_NE) {
		return refuse(c, "`%s` can only be compared by == and !=", e->left.name);
	}
	if (!g_strv_contains(statuses, e->text)) {
		return refuse(c, "`%s` is True, False or Unknown, not '%s'", e->left.name, e->text);
	}
	return true;
}

static bool take_right(struct cursor *c, struct expectation *e,
                       const struct expect_quantity *quantity)
{
	bool other;

	if (!take_comparison(c, e)) {
		return false;
	}
	e->unit = quantity->unit;
	if (e->unit == EXPECT_TEXT) {
		return take_text(c, e);
	}
	if (e->comparison == EXPECT_IN) {
		return take_range(c, e, quantity);
	}
	if (!take_other(c, e, quantity, &other)) {
		return false;
	}
	if (other) {
		return true;
	}
	g_autofree char *word = take_word(c, " \t");

	if (!*word) {
		return refuse(c, "a value is missing");
	}
	if (!parse_value(c, quantity, word, &e->low)) {
		return false;
	}
	e->high = e->low;
	return true;
}

/* --- when --- */

static bool take_from_to(struct cursor *c, struct expectation *e, bool may_end)
{
	if (take(c, "from") && !take_instant(c, "from", &e->from)) {
		return false;
	}
	if (may_end && take(c, "to")) {
		if (!take_instant(c, "to", &e->to)) {
			return false;
		}
		if (e->from != SIM_NEVER && e->from >= e->to) {
			return refuse(c, "`to` must lie after `from`");
		}
	}
	return true;
}

static bool take_when(struct cursor *c, struct expectation *e,
                      const struct expect_quantity *quantity)
{
	e->from = e->to = SIM_NEVER;
	skip_blanks(c);
	if (!*c->at) {
		e->when = quantity->changes ? EXPECT_AT_END : EXPECT_WHOLE_RUN;
		return true;
	}
	if (!quantity->changes) {
		return refuse(c, "`%s` is of the whole run, so nothing may follow: '%s'",
		              quantity->name, c->at);
	}
	if (take(c, "at")) {
		e->when = take(c, "end") ? EXPECT_AT_END : EXPECT_AT;
		return e->when == EXPECT_AT_END || take_instant(c, "at", &e->from);
	}
	if (take(c, "by")) {
		e->when = EXPECT_BY;
		return take_instant(c, "by", &e->to);
	}
	if (take(c, "always") || take(c, "never")) {
		e->when = c->at[-1] == 's' ? EXPECT_ALWAYS : EXPECT_NEVER;
		return take_from_to(c, e, true);
	}
	if (take(c, "for")) {
		e->when = EXPECT_FOR;
		if (!take_instant(c, "for", &e->span)) {
			return false;
		}
		if (e->span <= 0) {
			return refuse(c, "after `for` comes a length of time longer than 0s");
		}
		return take_from_to(c, e, false);
	}
	return refuse(
	    c,
	    "expected at T, by T, always [from T] [to T], never ..., for D [from T] or at end, "
	    "not '%s'",
	    c->at);
}

/* --- lines --- */

/* finding(RULE [, OBJECT]) */
static bool take_finding(struct cursor *c, struct expectation *e)
{
	if (!take(c, "(")) {
		return refuse(c, "`finding` needs a rule: finding(probe-path-not-served)");
	}
	e->is_finding = true;
	e->left.name = g_strstrip(take_word(c, ",)"));
	if (take(c, ",")) {
		e->left.object = g_strstrip(take_word(c, ")"));
	}
	if (!*e->left.name || (e->left.object && !*e->left.object) || !take(c, ")")) {
		return refuse(c, "expected finding(RULE) or finding(RULE, OBJECT)");
	}
	return true;
}

static bool take_line(struct cursor *c, struct expectation *e)
{
	const struct expect_quantity *quantity;

	if (take(c, "no findings")) {
		e->no_findings = true;
		return true;
	}
	if (take(c, "finding")) {
		return take_finding(c, e);
	}
	if (!take_term(c, &e->left, &quantity)) {
		return false;
	}
	return take_right(c, e, quantity) && take_when(c, e, quantity);
}

bool expectation_parse(struct expectation *e, const struct doc *line, GError **error)
{
	GError *fault = NULL;
	struct cursor c = {.at = doc_string(line), .line = line, .error = &fault};

	memset(e, 0, sizeof(*e));
	e->where = doc_where(line);
	e->from = e->to = SIM_NEVER;
	e->factor = 1;
	if (!c.at) {
		doc_error_at(error, line, "an expectation must be a string, not %s%s",
		             doc_kind_name(doc_kind_of(line)),
		             doc_kind_of(line) == DOC_MAP ? " (put it in quotes)" : "");
		return false;
	}
	e->line = g_strdup(c.at);
	bool good = take_line(&c, e);

	skip_blanks(&c);
	if (good && *c.at) {
		good = refuse(&c, "nothing is expected after the expectation: '%s'", c.at);
	}
	if (!good) {
		expectation_clear(e);
		g_propagate_error(error, fault);
	}
	return good;
}

bool expect_term_parse(struct expect_term *term, enum expect_unit *unit, const struct doc *text,
                       GError **error)
{
	GError *fault = NULL;
	struct cursor c = {.at = doc_string(text), .line = text, .error = &fault};
	const struct expect_quantity *quantity;

	memset(term, 0, sizeof(*term));
	if (!c.at) {
		doc_error_at(error, text, "a quantity must be a string, not %s",
		             doc_kind_name(doc_kind_of(text)));
		return false;
	}
	bool good = take_term(&c, term, &quantity);

	skip_blanks(&c);
	if (good && *c.at) {
		good = refuse(&c, "nothing is expected after the quantity: '%s'", c.at);
	}
	if (!good) {
		expect_term_clear(term);
		g_propagate_error(error, fault);
		return false;
	}
	if (unit) {
		*unit = quantity->unit;
	}
	return true;
}
