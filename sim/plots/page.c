/* page.c - a plain page: headings, preformatted text, inlined pictures. */

#include "plots/page.h"

#include <string.h>

struct page {
	char *title, *subtitle;
	GString *contents; /* links to the sections */
	GString *body;
	unsigned sections;
};

static const char style[] =
    "body{font:16px/1.5 system-ui,'DejaVu Sans',sans-serif;max-width:1240px;margin:2em "
    "auto;padding:0 1em;color:#222}"
    "h1{margin-bottom:0}h2{margin-top:2em;border-bottom:1px solid "
    "#ccc}.sub{color:#555;margin-top:.2em}"
    "pre{background:#f6f6f6;padding:1em;overflow-x:auto;font:14px/1.4 'DejaVu Sans Mono',monospace}"
    "svg{max-width:100%;height:auto}nav a{margin-right:1em}";

struct page *page_new(const char *title, const char *subtitle)
{
	struct page *page = g_new0(struct page, 1);

	page->title = g_markup_escape_text(title, -1);
	page->subtitle = subtitle ? g_markup_escape_text(subtitle, -1) : NULL;
	page->contents = g_string_new(NULL);
	page->body = g_string_new(NULL);
	return page;
}

void page_free(struct page *page)
{
	if (page) {
		g_free(page->title);
		g_free(page->subtitle);
		g_string_free(page->contents, TRUE);
		g_string_free(page->body, TRUE);
		g_free(page);
	}
}

static void add_heading(struct page *page, const char *heading)
{
	g_autofree char *text = g_markup_escape_text(heading, -1);

	page->sections++;
	g_string_append_printf(page->contents, "<a href=\"#s%u\">%s</a>\n", page->sections, text);
	g_string_append_printf(page->body, "<h2 id=\"s%u\">%s</h2>\n", page->sections, text);
}

void page_add_text(struct page *page, const char *heading, const char *text)
{
	if (!text || !*text) {
		return;
	}
	g_autofree char *escaped = g_markup_escape_text(text, -1);

	add_heading(page, heading);
	g_string_append_printf(page->body, "<pre>%s</pre>\n", escaped);
}

bool page_add_picture(struct page *page, const char *heading, const char *path, GError **error)
{
	g_autofree char *svg = NULL;

	if (!g_file_get_contents(path, &svg, NULL, error)) {
		return false;
	}
	const char *start = strstr(svg, "<svg"); /* the XML declaration has no place inside HTML */

	/* Several pictures share the page, so each one's definitions get names of their own. */
	g_auto(GStrv) parts = g_strsplit(start ? start : svg, "gp", -1);
	g_autofree char *prefix = g_strdup_printf("p%ugp", page->sections + 1);
	g_autofree char *renamed = g_strjoinv(prefix, parts);

	add_heading(page, heading);
	g_string_append_printf(page->body, "<figure>%s</figure>\n", renamed);
	return true;
}

char *page_to_html(const struct page *page)
{
	return g_strdup_printf("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta "
	                       "charset=\"utf-8\">\n<title>%s</title>\n"
	                       "<style>%s</style>\n</head>\n<body>\n<h1>%s</h1>\n<p "
	                       "class=\"sub\">%s</p>\n<nav>%s</nav>\n%s</body>\n"
	                       "</html>\n",
	                       page->title, style, page->title,
	                       page->subtitle ? page->subtitle : "", page->contents->str,
	                       page->body->str);
}
