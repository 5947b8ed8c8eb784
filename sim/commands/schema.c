/* schema.c - podsim schema: what editors need to complete and check scenarios and studies. */

#include "commands/all.h"
#include "commands/schema_text.h"
#include "document/document.h"

#include <string.h>

static const char examples[] =
    "  podsim schema > podsim.schema.json\n"
    "  # first line of a scenario, for editors with a YAML language server:\n"
    "  # yaml-language-server: $schema=./podsim.schema.json\n";

static int print_schema(void)
{
	g_autofree char *text = g_strjoinv("", (char **)schema_pieces);
	GError *error = NULL;
	g_autoptr(GPtrArray) documents = doc_read_text(text, -1, "schema", &error);

	if (!documents) {
		return command_fail(error); /* a fault of ours */
	}
	g_autofree char *json = doc_to_json(documents->pdata[0], 2);
	g_autofree char *whole = g_strconcat(json, g_str_has_suffix(json, "\n") ? "" : "\n", NULL);

	return command_print(whole);
}

int command_schema(int argc, char **argv)
{
	int code;

	if (command_parse("schema", "",
	                  "Prints the JSON Schema (draft 2020-12) of Scenario and Study files.",
	                  examples, NULL, &argc, &argv, 0, 0, &code)) {
		code = print_schema();
	}
	return code;
}
