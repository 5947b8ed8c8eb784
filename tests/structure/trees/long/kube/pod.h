/* one
 * two
 * three
 * four */
