/* fields_private.h - shorthand for the tables of fields. For those files only. */

#pragma once

#include "kube/fields.h"

#define S(name)                                                                                    \
	{                                                                                          \
		name, FIELD_STRING, NULL                                                           \
	}
#define I(name)                                                                                    \
	{                                                                                          \
		name, FIELD_INT, NULL                                                              \
	}
#define L(name)                                                                                    \
	{                                                                                          \
		name, FIELD_LONG, NULL                                                             \
	}
#define B(name)                                                                                    \
	{                                                                                          \
		name, FIELD_BOOL, NULL                                                             \
	}
#define Q(name)                                                                                    \
	{                                                                                          \
		name, FIELD_QUANTITY, NULL                                                         \
	}
#define IS(name)                                                                                   \
	{                                                                                          \
		name, FIELD_INT_OR_STRING, NULL                                                    \
	}
#define SS(name)                                                                                   \
	{                                                                                          \
		name, FIELD_STRINGS, NULL                                                          \
	}
#define LL(name)                                                                                   \
	{                                                                                          \
		name, FIELD_INTS, NULL                                                             \
	}
#define SM(name)                                                                                   \
	{                                                                                          \
		name, FIELD_STRING_MAP, NULL                                                       \
	}
#define QM(name)                                                                                   \
	{                                                                                          \
		name, FIELD_QUANTITY_MAP, NULL                                                     \
	}
#define O(name, table)                                                                             \
	{                                                                                          \
		name, FIELD_OBJECT, table                                                          \
	}
#define OO(name, table)                                                                            \
	{                                                                                          \
		name, FIELD_OBJECTS, table                                                         \
	}
#define ANY(name)                                                                                  \
	{                                                                                          \
		name, FIELD_ANY, NULL                                                              \
	}
#define END                                                                                        \
	{                                                                                          \
		NULL, FIELD_ANY, NULL                                                              \
	}

extern const struct field fields_name_only[];
extern const struct field fields_field_ref[];
extern const struct field fields_resource_field_ref[];
