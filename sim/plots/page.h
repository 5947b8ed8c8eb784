/* page.h - report.html: one file with everything inside, readable without a network. */

#pragma once

#include <glib.h>
#include <stdbool.h>

struct page;

/* A page headed @title; @subtitle may be NULL. */
struct page *page_new(const char *title, const char *subtitle);
void page_free(struct page *page);

/* A section of text in columns, as a terminal shows it. Empty text is left out. */
void page_add_text(struct page *page, const char *heading, const char *text);

/* The picture in the SVG file @path, inlined. False and @error when it cannot be read. */
bool page_add_picture(struct page *page, const char *heading, const char *path, GError **error);

/* The whole page; caller frees. */
char *page_to_html(const struct page *page);
