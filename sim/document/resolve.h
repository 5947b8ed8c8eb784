/* resolve.h - what a plain (unquoted) YAML scalar means.
 *
 * The rules of YAML 1.1 as Kubernetes applies them: `yes`, `on` and `y` are booleans, 0x1f and 017
 * are whole numbers, 1_000 is a thousand; a date stays text. Source: sigs.k8s.io/yaml,
 * goyaml.v2/resolve.go. */

#pragma once

#include "document/document.h"

struct resolution {
	enum doc_kind kind; /* DOC_NULL ... DOC_STRING */
	bool truth;
	int64_t whole;
	double number;  /* also of whole numbers */
	bool timestamp; /* text, but a date or a time: quoted when written */
};

struct resolution resolve_plain(const char *text);

/* Whether @text, written without quotes, would be read as text by every reader of YAML 1.1 (numbers
 * of base 60 too). */
bool resolve_is_plain_text(const char *text);
