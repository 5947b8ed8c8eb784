/* schema_text.h - the JSON Schema of podsim's files, written as YAML, in pieces. */

#pragma once

extern const char *const schema_pieces[]; /* to be joined; ends with NULL */
