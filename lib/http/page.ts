/** The rows of a page and the number of rows in all. */
interface Listing<Item> {
  items: Item[];
  total: number;
}

/** Returns a listing as the API answers it. */
export const pageOf = <Item>(
  { limit, offset }: { limit: number; offset: number },
  { items, total }: Listing<Item>,
): { items: Item[]; pagination: { total: number; limit: number; offset: number } } => ({
  items,
  pagination: { total, limit, offset },
});
