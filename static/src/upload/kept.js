// What Golden Retriever keeps in this browser of earlier visits.
function kept(name) {
  try {
    const found = JSON.parse(localStorage.getItem(`uppyState:${name}`));
    return found && !(found.expires < Date.now()) ? found : null;
  } catch {
    return null;
  }
}

/** Is there anything at all, were it an empty list? Then it is loaded, and takes a moment. */
export const isKept = (name) => kept(name) !== null;

/** Are there files that an earlier visit left unfinished? */
export const remembers = (name) => Object.values(kept(name)?.metadata?.files ?? {}).length > 0;
