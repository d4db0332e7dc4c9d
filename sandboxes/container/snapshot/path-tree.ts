/**
 * What is known of paths, kept by the names that they are made of: a path of 4,000 characters takes no more memory than its last name,
 * and a look-up the time of reading the path once, however deep it lies.
 */

interface Place<T> {
  value: T | undefined;
  /** By their names; only where there are any, for most places are files. */
  below: Map<string, Place<T>> | undefined;
}

/** A class, for what is known of all paths is one state. */
export class PathTree<T> {
  readonly #root: Place<T> = { value: undefined, below: undefined };

  set(path: string, value: T): void {
    let place = this.#root;
    for (const name of namesOf(path)) {
      place.below ??= new Map();
      let next = place.below.get(name);
      if (!next) place.below.set(copyOf(name), (next = { value: undefined, below: undefined }));
      place = next;
    }
    place.value = value;
  }

  /** What is known of a path itself and, from the top, of the folders that it is in. */
  at(path: string): { above: T[]; own: T | undefined } {
    const above: T[] = [];
    let place: Place<T> | undefined = this.#root;
    for (const name of namesOf(path)) {
      if (place.value !== undefined) above.push(place.value);
      place = place.below?.get(name);
      if (!place) return { above, own: undefined };
    }
    return { above, own: place.value };
  }
}

function* namesOf(path: string): Generator<string> {
  for (let from = 0; from < path.length;) {
    const slash = path.indexOf("/", from);
    const end = slash === -1 ? path.length : slash;
    if (end > from) yield path.slice(from, end);
    from = end + 1;
  }
}

/** A piece of a string holds the whole string in memory. */
function copyOf(name: string): string {
  return Buffer.from(name, "utf16le").toString("utf16le");
}
