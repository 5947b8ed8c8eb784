/* patch_lists.h - lists whose items are known by a merge key (or, for scalars, by their value), and
 * the order of such a list after a merge. @key NULL stands for lists of scalars in all of these.
 * Source: strategicpatch/patch.go, normalizeElementOrder, mergeSortedSlice. */

#pragma once

#include "document/document.h"

/* The place of the first item of @list that has the merge key's value of @item; -1 when there is
 * none. */
int patch_list_find(const struct doc *list, const struct doc *item, const char *key);

/* False and @error unless every item of @list is a map that has @key (a scalar when @key is NULL).
 */
bool patch_list_check(const struct doc *list, const char *key, GError **error);

/* Brings @merged into order: items that @order names stand in its order, the others as in @before;
 * between the two kinds, one of the others comes first only if it stood before the named one in
 * @before. */
void patch_list_arrange(struct doc *merged, const struct doc *order, const struct doc *before,
                        const char *key);

/* Turns @before, a list as it was, into what kubectl and the API server take for it when an element
 * order is set: items that are gone from @merged leave their places to as many items that @added
 * (NULL: none) put there anew. (Their list of before and their merged list share an array.) */
void patch_list_reuse_places(struct doc *before, const struct doc *merged, const struct doc *added,
                             const char *key);
