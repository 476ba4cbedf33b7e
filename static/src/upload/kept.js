// What Golden Retriever keeps in this browser of earlier visits.
function kept(name) {
  try {
    const found = JSON.parse(localStorage.getItem(`uppyState:${name}`));
    return found && !(found.expires < Date.now()) ? found : null;
  } catch {
    return null;
  }
}

/** Kept at once: Golden Retriever writes twice a second, and a page may be gone by then. */
export function keep(name, id, meta) {
  const found = kept(name);
  const file = found?.metadata?.files?.[id];
  if (!file) return;
  Object.assign(file.meta, meta);
  localStorage.setItem(`uppyState:${name}`, JSON.stringify(found));
}

/** Is there anything at all, were it an empty list? Then it is loaded, and takes a moment. */
export const isKept = (name) => kept(name) !== null;

/** Are there files that an earlier visit left unfinished? */
export const remembers = (name) => Object.values(kept(name)?.metadata?.files ?? {}).length > 0;
